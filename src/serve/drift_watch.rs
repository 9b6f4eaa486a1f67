//! The task that judges windows of requests once they have ended, and does what the settings say.

use std::sync::Arc;
use std::time::Duration;

use super::State;
use super::project::{Project, RunStart};
use crate::clock::{instant_ms, rfc3339};
use crate::config::DriftAction;
use crate::pipeline::{Env, Error, drift};
use crate::registry::DriftEpisodeRow;
use crate::serving::model_slot::ModelSlot;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(15);
/// Looks after which old rows are removed: some minutes.
const CLEAN: u32 = 20;
/// Milliseconds of a day.
const DAY_MS: f64 = 86_400_000.0;
/// What an episode says while its run is being started, and since when.
const STARTING: &str = "a run is being started";
const SINCE: &str = " since ";
/// After how long another server starts the run.
const GIVEN_UP_MS: i64 = 300_000;

/// Looks until the server ends.
pub async fn watch(state: Arc<State>) {
    let Some(project) = &state.project else {
        return;
    };
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut looks = 0u32;
    loop {
        interval.tick().await;
        for model in state.served_models.models() {
            let Some(env) = project.envs.get(&model.name) else {
                continue;
            };
            if let Err(error) = look(project, &model, &env, looks.is_multiple_of(CLEAN)).await {
                let causes = crate::text::causes(&error).join(": ");
                tracing::warn!(
                    model = model.name,
                    causes,
                    "drift cannot be looked for: failed to {error}"
                );
            }
        }
        looks = looks.wrapping_add(1);
    }
}

async fn look(
    project: &Project,
    model: &ModelSlot,
    env: &Env,
    is_clean: bool,
) -> Result<(), Error> {
    let now_ms = env.clock.now_ms();
    let labels = &env.config.labels;
    if is_clean {
        let (before_ms, held_ms) = (now_ms - labels.keep_ms(), now_ms - labels.hold_ms());
        // More than any registry holds are all.
        let most = i64::try_from(labels.keep_answers).unwrap_or(i64::MAX);
        env.registry
            .remove_old_answers(&model.name, before_ms, most, held_ms)
            .await?;
    }
    if !env.config.drift.enabled {
        return Ok(());
    }
    if let Some(served) = model.champion() {
        let champion = (served.version, &served.bundle);
        for news in drift::check_windows(env, champion, now_ms).await? {
            tracing::warn!(model = model.name, "{news}");
        }
    }
    let episodes = env.registry.open_drift_episodes(&model.name).await?;
    for episode in episodes.iter().filter(|it| wants_run(it, now_ms)) {
        retrain(project, env, episode, now_ms).await?;
    }
    if is_clean {
        let before_ms = now_ms - (env.config.drift.keep_days * DAY_MS) as i64;
        env.registry
            .remove_old_drift(&model.name, before_ms)
            .await?;
    }
    Ok(())
}

/// Whether a run is still to be started for it: not where the rows came with a run, which trained.
fn wants_run(episode: &DriftEpisodeRow, now_ms: i64) -> bool {
    let done = episode.done.as_deref();
    done.is_none_or(|done| is_given_up(done, now_ms))
        && episode.kind == "requests"
        && episode.action == DriftAction::Retrain.name()
}

/// Whether a start that was begun came to nothing, since the server that began it has ended. A run that it had submitted after all is found
/// in the queue, or finds nothing new.
fn is_given_up(done: &str, now_ms: i64) -> bool {
    let Some(since) = done.strip_prefix(STARTING) else {
        return false;
    };
    // Servers of before wrote no time.
    let since = since.strip_prefix(SINCE).and_then(instant_ms);
    since.is_none_or(|since| now_ms - since > GIVEN_UP_MS)
}

/// Starts a run, once per episode, whichever server is first.
async fn retrain(
    project: &Project,
    env: &Env,
    episode: &DriftEpisodeRow,
    now_ms: i64,
) -> Result<(), Error> {
    let starting = format!("{STARTING}{SINCE}{}", rfc3339(now_ms));
    if !env.registry.claim_drift_episode(episode, &starting).await? {
        return Ok(());
    }
    let started = project.starter.start(&episode.model, true, "drift").await;
    let done = match &started {
        RunStart::Started { run, .. } => format!("run {run} was started"),
        RunStart::Busy(why) => format!("no run was started: {why}"),
        RunStart::Failed(why) => format!("no run could be started: {why}"),
    };
    tracing::warn!(model = episode.model, "drift: {done}");
    let row = DriftEpisodeRow {
        done: Some(done),
        ..episode.clone()
    };
    env.registry.save_drift_episode(&row).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_nothing_came_of_is_taken_up_again() {
        let now_ms = 1_800_000_000_000;
        let starting = |ago_ms: i64| format!("{STARTING}{SINCE}{}", rfc3339(now_ms - ago_ms));
        assert!(!is_given_up(&starting(0), now_ms));
        assert!(!is_given_up(&starting(299_000), now_ms));
        assert!(is_given_up(&starting(301_000), now_ms));
        assert!(
            is_given_up(STARTING, now_ms),
            "as servers of before wrote it"
        );
        for done in ["run x was started", "no run was started: y", ""] {
            assert!(!is_given_up(done, now_ms), "{done}");
        }
    }
}
