//! How long the stages took.

use crate::model_types::{Outcome, RunId};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::rfc3339;
use crate::pipeline::{Env, Error, Stage};
use crate::registry::RunRow;

/// Runs whose timings are reported.
const RECENT_RUNS: i64 = 5;

/// The stages of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timings {
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started_at: String,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Milliseconds per stage, and `fit` for the learner alone.
    pub timings_ms: Map<String, Value>,
}

/// How long training and ingest took when they were done last, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StageSeconds {
    /// Training.
    pub train: Option<f64>,
    /// Ingest.
    pub ingest: Option<f64>,
}

/// The last runs with timings, newest first.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn timings(env: &Env) -> Result<Vec<Timings>, Error> {
    let runs = env
        .registry
        .runs(Some(&env.config.name), RECENT_RUNS)
        .await?;
    let timings = runs.iter().filter_map(|run| {
        Some(Timings {
            run: run.id.clone(),
            started_at: rfc3339(run.started_ms),
            outcome: run.outcome,
            timings_ms: in_order(run)?.clone(),
        })
    });
    Ok(timings.collect())
}

/// The times of the run that trained last, and of the one that made the newest data set. They may lie far behind the last
/// runs, most of which find nothing new.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn stage_seconds(env: &Env) -> Result<StageSeconds, Error> {
    let model = &env.config.name;
    let trained = env.registry.versions(model).await?.into_iter().next();
    let ingested = env.registry.latest_dataset(model).await?;
    Ok(StageSeconds {
        train: seconds(env, trained.map(|version| version.run), Stage::Train).await?,
        ingest: seconds(env, ingested.map(|dataset| dataset.run), Stage::Ingest).await?,
    })
}

async fn seconds(env: &Env, run: Option<RunId>, stage: Stage) -> Result<Option<f64>, Error> {
    let Some(run) = run else { return Ok(None) };
    let runs = env.registry.find_runs(&run).await?;
    let milliseconds = runs
        .iter()
        .find_map(|run| run.report()?.timings_ms.remove(stage.name()));
    Ok(milliseconds.map(|milliseconds| milliseconds / 1e3))
}

/// The stages as they were recorded, in the order in which they were passed.
fn in_order(run: &RunRow) -> Option<&Map<String, Value>> {
    run.record.as_ref()?.get("timings_ms")?.as_object()
}
