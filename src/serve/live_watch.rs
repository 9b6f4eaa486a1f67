//! The task that computes how good the newest answers were, whenever labels came and every few minutes; and starts a run
//! once enough labels came.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::State;
use super::admin::heavy;
use super::project::{Project, RunStart};
use crate::model_types::VersionNumber;
use crate::pipeline::live::keep_summary;
use crate::pipeline::{Env, Error, Stage};

/// How often is looked for new labels.
const EVERY: Duration = Duration::from_secs(5);
/// Looks after which it is computed again although no label came: estimates follow the answers. Some minutes.
const AGAIN: u32 = 60;

/// What shows that labels arrived: the version, how many labels ever did, and when the last one did.
type Seen = (VersionNumber, i64, i64);

/// Looks until the server ends.
pub async fn watch(state: Arc<State>) {
    let Some(project) = &state.project else {
        return;
    };
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seen: HashMap<String, Seen> = HashMap::new();
    // How many labels had come when it was last decided whether they start a run.
    let mut asked: HashMap<String, i64> = HashMap::new();
    let mut looks = 0u32;
    loop {
        interval.tick().await;
        looks = looks.wrapping_add(1);
        for model in state.served_models.models() {
            let (Some(env), Some(served)) = (project.envs.get(&model.name), model.champion())
            else {
                continue;
            };
            if !env.config.labels.enabled {
                continue;
            }
            let known = seen.get(&model.name).copied();
            let is_time = looks.is_multiple_of(AGAIN);
            match look(env.clone(), served.version, known.filter(|_| !is_time)).await {
                Ok(now) => {
                    seen.insert(model.name.clone(), now);
                    let (_, labels, _) = now;
                    let is_fresh = asked.get(&model.name) != Some(&labels);
                    if is_fresh && starts_run(project, &env, labels).await {
                        asked.insert(model.name.clone(), labels);
                    }
                }
                Err(error) => {
                    let causes = crate::text::causes(&error).join(": ");
                    tracing::warn!(
                        model = model.name,
                        causes,
                        "the live score cannot be computed: failed to {error}"
                    );
                }
            }
        }
    }
}

/// Works it out unless what was seen is still so.
async fn look(env: Arc<Env>, version: VersionNumber, known: Option<Seen>) -> Result<Seen, Error> {
    let totals = env.registry.label_totals(&env.config.name).await?;
    let labels = totals.iter().map(|it| it.labels).sum();
    let last_ms = totals.iter().map(|it| it.last_ms).max().unwrap_or(0);
    let now = (version, labels, last_ms);
    if known != Some(now) {
        // It takes a while where there are many answers; whatever keeps it from its end is logged there.
        let _ = heavy(async move { keep_summary(&env, version).await }).await;
    }
    Ok(now)
}

/// Runs that are looked at to find the last one that was more than a stage by hand.
const RUNS: i64 = 50;

/// Starts a run where this many labels have come since the last one began as the settings ask for. True when that is decided: a
/// run was started, or none is to be; false when it has to be asked again.
async fn starts_run(project: &Project, env: &Env, labels: i64) -> bool {
    let model = &env.config.name;
    let Some(least) = env.config.retrain.on_labels else {
        return true;
    };
    match is_due(env, labels, least).await {
        Ok(true) => {}
        Ok(false) => return true,
        Err(error) => {
            let causes = crate::text::causes(&error).join(": ");
            tracing::warn!(model, causes, "labels start no run: failed to {error}");
            return false;
        }
    }
    match project.starter.start(model, false, "labels").await {
        RunStart::Started { run, .. } => {
            tracing::info!(model, "{least} labels and more came: run {run} was started");
            true
        }
        RunStart::Busy(_) => false,
        RunStart::Failed(why) => {
            tracing::warn!(model, "labels came, and no run could be started: {why}");
            true
        }
    }
}

/// Whether at least this many labels came since the last run began; stages by hand are no runs.
async fn is_due(env: &Env, labels: i64, least: u64) -> Result<bool, Error> {
    if (labels.max(0) as u64) < least {
        return Ok(false);
    }
    let model = &env.config.name;
    let runs = env.registry.run_lines(Some(model), RUNS).await?;
    let is_stage = |trigger: &str| Stage::ALL.iter().any(|stage| stage.name() == trigger);
    let last = runs.iter().find(|run| !is_stage(&run.trigger));
    let since_ms = last.map_or(0, |run| run.started_ms);
    let is_due = env
        .registry
        .has_labels_since(model, since_ms, least)
        .await?;
    Ok(is_due)
}
