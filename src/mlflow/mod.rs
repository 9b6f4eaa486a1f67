//! An MLflow server that is kept up to date: a run for each version, a registered model with a version for each of ours,
//! and the aliases `champion` and `challenger`.
//!
//! In: what happened, out of the outbox. Out: calls of MLflow's REST interface, each of which may be made twice. A project without
//! a server is not affected, and a dead server delays nothing: the outbox tries again. It must not know how a run works, or
//! HTTP routes of our own.

mod client;
mod error;
mod files;
mod mirror;
mod record;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use mirror::Mirror;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::clock::Clock;
use crate::config::{Mlflow, Topic};
use crate::notify::{Event, Sink};
use crate::pipeline::Env;
use crate::text::causes;

/// What the outbox calls for a server.
pub fn sink(
    settings: &Mlflow,
    project: PathBuf,
    envs: BTreeMap<String, Arc<Env>>,
    clock: Clock,
) -> Sink {
    let mirror = Arc::new(Mirror {
        settings: settings.clone(),
        project,
        envs,
    });
    let (taking, looking) = (Arc::clone(&mirror), mirror);
    let seen: Arc<Mutex<HashMap<String, i64>>> = Arc::default();
    Sink {
        channel: Mlflow::CHANNEL,
        take: Arc::new(move |event: &Event, timeout: Duration| {
            let runtime = tokio::runtime::Handle::current();
            let taken = runtime.block_on(taking.take(event, timeout));
            taken.map_err(|error| {
                let mut parts = vec![error.to_string()];
                parts.extend(causes(&error));
                parts.join(": ")
            })
        }),
        look: Arc::new(move || {
            let (mirror, seen) = (Arc::clone(&looking), Arc::clone(&seen));
            async move { moved(&mirror, &seen, clock).await }.boxed()
        }),
    }
}

/// An event for each model whose champion is another than when this process looked last, unless the run that moved it reports
/// of it: it was moved by hand, or before the server was named.
async fn moved(mirror: &Mirror, seen: &Mutex<HashMap<String, i64>>, clock: Clock) -> Vec<Event> {
    let mut events = Vec::new();
    for (model, env) in &mirror.envs {
        // What cannot be read now is read at the next look.
        let Ok(Some((id, operation))) = env.registry.last_operation(model).await else {
            continue;
        };
        let before = seen
            .lock()
            .ok()
            .and_then(|mut seen| seen.insert(model.clone(), id));
        let Some(champion) = operation.version.filter(|_| before != Some(id)) else {
            continue;
        };
        let now_ms = clock.now_ms();
        let began_ms = env.registry.told_since(Mlflow::CHANNEL, now_ms).await;
        let is_told = began_ms.is_ok_and(|began_ms| operation.at_ms >= began_ms);
        if is_told && operation.run.is_some() {
            continue;
        }
        let subject = format!("{model}: version {champion} is the champion");
        let mut facts = serde_json::Map::new();
        facts.insert("champion".to_string(), champion.get().into());
        events.push(Event {
            kind: Topic::Promoted,
            model: model.clone(),
            key: format!("operation/{id}"),
            at_ms: now_ms,
            text: format!("{subject}.\n"),
            subject,
            facts,
        });
    }
    events
}
