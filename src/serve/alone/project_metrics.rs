//! In the place of `project_metrics.rs` without the feature `train`: a bundle alone has no such metrics.

use prometheus::GaugeVec;
use prometheus::proto::MetricFamily;

use crate::serve::State;
use crate::serve::scrape::Now;
use crate::serving::model_slot::ModelSlot;
use crate::serving::served::Served;

/// There is no registry to ask.
pub async fn recall(_: &State) {}

/// There are none.
pub async fn gather(_: &State, _: &Now) -> Option<MetricFamily> {
    None
}

/// There is no probation.
pub fn probation(_: &GaugeVec, _: &ModelSlot) {}

/// Nothing is scored again.
pub fn known_score(_: &State, _: &ModelSlot, _: &Served, _: &GaugeVec) {}
