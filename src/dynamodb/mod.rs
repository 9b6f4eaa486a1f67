//! A table of DynamoDB with a row for each model that was created by request, as an older service kept its registry there:
//! `{"key": "model", "sort": id, "data": the request, "status": "started" | "active"}`. Its clients continue to read it.
//!
//! In: what happened, out of the outbox. Out: one signed, conditional call for each change, which may be made twice. A dead table
//! delays nothing: the outbox tries again. It must not know how a run works, or HTTP routes of our own.

mod client;
mod error;
mod row;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;

pub use error::Error;

use self::client::Client;
use self::row::{Mark, Row};
use crate::clock::Clock;
use crate::config::{DynamoDb, Topic};
use crate::notify::{Event, Sink};
use crate::registry::Registry;
use crate::text::causes;

/// What the outbox calls for a table.
pub fn sink(settings: &DynamoDb, registry: &Registry, clock: Clock) -> Sink {
    let (settings, taken_from) = (settings.clone(), registry.clone());
    let (looked_at, seen) = (registry.clone(), Arc::<Mutex<Seen>>::default());
    Sink {
        channel: DynamoDb::CHANNEL,
        take: Arc::new(move |event: &Event, timeout: Duration| {
            let runtime = tokio::runtime::Handle::current();
            let taken = runtime.block_on(take(&settings, &taken_from, event, timeout));
            taken.map_err(|error| {
                let mut parts = vec![error.to_string()];
                parts.extend(causes(&error));
                parts.join(": ")
            })
        }),
        look: Arc::new(move || {
            let (registry, seen) = (looked_at.clone(), Arc::clone(&seen));
            async move { changed(&registry, &seen, clock).await }.boxed()
        }),
    }
}

/// Writes the row of a model as the registry has the model now, or takes it out.
async fn take(
    settings: &DynamoDb,
    registry: &Registry,
    event: &Event,
    timeout: Duration,
) -> Result<(), Error> {
    let client = Client::open(settings, timeout)?;
    if event.model.is_empty() {
        // A test of the channel.
        return client.describe().await;
    }
    match row::of(registry, &event.model).await? {
        Some(row) => client.write(&row).await,
        // A model of `config.json` has none.
        None => Ok(()),
    }
}

/// What this process saw when it looked last.
#[derive(Default)]
struct Seen {
    /// As long as it stays, no row has changed.
    mark: Option<Mark>,
    states: HashSet<String>,
}

/// An event for each row that is another than when this process looked last. The outbox keeps one that it had before.
async fn changed(registry: &Registry, seen: &Mutex<Seen>, clock: Clock) -> Vec<Event> {
    let last = seen.lock().unwrap_or_else(PoisonError::into_inner).mark;
    // What cannot be read now is read at the next look.
    let Ok(Some((mark, rows))) = row::changed_since(registry, last).await else {
        return Vec::new();
    };
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.mark = Some(mark);
    let new = rows.iter().filter(|row| seen.states.insert(row.state()));
    new.map(|row| event_of(row, clock.now_ms())).collect()
}

fn event_of(row: &Row, at_ms: i64) -> Event {
    let subject = format!("{}: {}", row.model, row.status_name());
    Event {
        kind: Topic::Promoted,
        model: row.model.clone(),
        key: row.state(),
        at_ms,
        text: format!("{subject}.\n"),
        subject,
        facts: serde_json::Map::new(),
    }
}
