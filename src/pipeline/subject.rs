//! What a report is about.

use super::scores::Scored;
use super::{DatasetRecord, Stage};
use crate::bundle::Bundle;
use crate::checks::Finding;
use crate::gate::Decision;
use crate::registry::VersionRow;

/// What a report is written of.
pub struct Subject<'a> {
    /// The version.
    pub version: &'a VersionRow,
    /// Its bundle.
    pub bundle: &'a Bundle,
    /// Its scoring.
    pub scored: &'a Scored,
    /// The gate's decision, if there was one.
    pub decision: Option<&'a Decision>,
    /// How its data set was made.
    pub dataset: &'a DatasetRecord,
    /// What training noted.
    pub notes: &'a [String],
    /// What the checks found before training.
    pub findings: &'a [Finding],
    /// How long each stage took.
    pub timings: &'a [(Stage, f64)],
}
