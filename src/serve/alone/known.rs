//! In the place of `diagnostics/known.rs` without the feature `train`: what came with the bundle.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::diagnose::{self, DataSummary};
use crate::serve::diagnostics::bundle_score::{no_champion, of_bundle};
use crate::serve::diagnostics::reported_score::ReportedScore;
use crate::serve::{Problem, Served, State};
use crate::serving::model_slot::ModelSlot;

/// A finding of the checks; there is none.
#[derive(Debug, Clone, Serialize)]
pub enum Finding {}

/// How old a project's parts are; there is none.
#[derive(Debug, Clone, Serialize)]
pub enum Freshness {}

/// A comparison of rows with those of training; there is none.
#[derive(Debug, Clone, Serialize)]
pub enum HistoryEntry {}

/// How long a run took; there is none.
#[derive(Debug, Clone, Serialize)]
pub enum Timings {}

/// What is known of a model.
#[derive(Debug, Default)]
pub struct ModelFacts {
    /// Column → share of missing values.
    pub missing_values: Option<Map<String, Value>>,
    /// Nothing.
    pub freshness: Option<Freshness>,
    /// Nothing.
    pub timings: Vec<Timings>,
    /// Nothing.
    pub checks: Option<Vec<Finding>>,
    /// Nothing.
    pub drift: Option<Vec<HistoryEntry>>,
    /// What is wrong, in sentences.
    pub problems: Vec<String>,
}

/// The score that came with the bundle, and the bundle.
///
/// # Errors
/// 503 without a bundle, 404 without a score.
pub async fn of_champion(
    state: &Arc<State>,
    model: &ModelSlot,
    _: Instant,
) -> Result<(ReportedScore, Arc<Served>), Problem> {
    let served = model.champion().ok_or_else(no_champion)?;
    let told = of_bundle(&state.served_models.source, &served).await?;
    Ok((told, served))
}

/// What the bundle knows of the data set that it was learned from.
///
/// # Errors
/// 503 without a bundle.
pub async fn summary(_: &State, model: &ModelSlot) -> Result<Arc<DataSummary>, Problem> {
    let served = model.champion().ok_or_else(no_champion)?;
    Ok(Arc::new(DataSummary::of_profile(&served.bundle.profile)))
}

/// What its bundle knows of a model.
///
/// # Errors
/// Nothing.
pub async fn facts(state: &State, model: &ModelSlot) -> Result<Arc<ModelFacts>, Problem> {
    let mut facts = ModelFacts::default();
    match summary(state, model).await {
        Ok(summary) => facts.missing_values = Some(diagnose::missing_by_name(&summary.columns)),
        Err(problem) => facts.problems.push(problem.message),
    }
    Ok(Arc::new(facts))
}

/// Nothing was run.
///
/// # Errors
/// Nothing.
pub async fn seconds(_: &State, _: &ModelSlot) -> Result<[Option<f64>; 2], Problem> {
    Ok([None, None])
}
