//! The task that works out how good the newest answers were, whenever labels came and every few minutes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::State;
use super::manage::heavy;
use crate::pipeline::live::keep_summary;
use crate::pipeline::{Env, Error};

/// How often is looked for new labels.
const EVERY: Duration = Duration::from_secs(5);
/// Looks after which it is worked out again although no label came: estimates follow the answers. Some minutes.
const AGAIN: u32 = 60;

/// What tells that labels came: the version, how many labels ever came, and when the last one did.
type Seen = (i64, i64, i64);

/// Looks until the server ends.
pub async fn watch(state: Arc<State>) {
    let Some(project) = &state.project else {
        return;
    };
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let mut looks = 0u32;
    loop {
        interval.tick().await;
        looks = looks.wrapping_add(1);
        for model in state.fleet.models() {
            let (Some(env), Some(served)) = (project.envs.get(&model.name), model.champion())
            else {
                continue;
            };
            if !env.config.labels.enabled {
                continue;
            }
            let known = seen.get(&model.name).copied();
            let is_time = looks.is_multiple_of(AGAIN);
            match look(env, served.version, known.filter(|_| !is_time)).await {
                Ok(now) => {
                    seen.insert(model.name.clone(), now);
                }
                Err(error) => {
                    let causes = crate::text::causes(&error).join(": ");
                    tracing::warn!(
                        model = model.name,
                        causes,
                        "the live score cannot be worked out: failed to {error}"
                    );
                }
            }
        }
    }
}

/// Works it out unless what was seen is still so.
async fn look(env: Arc<Env>, version: i64, known: Option<Seen>) -> Result<Seen, Error> {
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
