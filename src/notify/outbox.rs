//! From what happened to rows of the outbox: one per channel that wants to know.

use super::message::Event;
use super::{Error, Post};
use crate::registry::{NewMessage, RunRow, RunState};

/// How far back to look for events that were not reported because the process died.
const LOOK_BACK_MS: i64 = 86_400_000;

/// Puts an event into the outbox, once for each channel that subscribes to it; an event that was put in before is not repeated.
/// Cheap, and never in the way of who calls: a failure is logged.
pub async fn happened(post: &Post, event: &Event) {
    put(post, event, messages(post, event)).await;
}

/// As [`happened`], for one channel only.
pub(super) async fn happened_for(post: &Post, event: &Event, channel: &str) {
    let mut messages = messages(post, event);
    messages.retain(|message| message.channel == channel);
    put(post, event, messages).await;
}

async fn put(post: &Post, event: &Event, messages: Vec<NewMessage>) {
    if messages.is_empty() {
        return;
    }
    if let Err(error) = post.registry.enqueue(&messages).await {
        let told = Error::from(error).told();
        tracing::warn!(
            model = event.model,
            "{} cannot be reported: failed to {told}",
            event.kind.name()
        );
    }
}

/// Remembers that the channels are notified from now on, unless they are already. A failure is logged.
pub async fn begin(post: &Post) {
    for (name, _) in post.settings.named() {
        let began = post.registry.told_since(&name, post.clock.now_ms()).await;
        if let Err(error) = began {
            let told = Error::from(error).told();
            tracing::warn!(channel = name, "messages may be lost: failed to {told}");
        }
    }
}

/// Reports the outcome of a run that has just ended. A run that was never recorded, since another one was under way, is not reported.
pub async fn run_ended(post: &Post, run: &str) {
    if post.is_silent() {
        return;
    }
    match post.registry.find_runs(run).await {
        Ok(rows) => {
            for row in &rows {
                match events(post, row).await {
                    Ok(events) => {
                        for event in &events {
                            happened(post, event).await;
                        }
                    }
                    Err(error) => warn(run, error),
                }
            }
        }
        Err(error) => warn(run, error),
    }
}

fn warn(run: &str, error: crate::registry::Error) {
    let told = Error::from(error).told();
    tracing::warn!(
        run,
        "the end of the run cannot be reported: failed to {told}"
    );
}

/// What a run's end is worth telling, also beside the runs before it.
async fn events(post: &Post, run: &RunRow) -> Result<Vec<Event>, crate::registry::Error> {
    let mut events = Event::of_run(run);
    let drift = of_drift(post, &run.model, run.started_ms).await?;
    events.extend(
        drift
            .into_iter()
            .filter(|event| event.at_ms >= run.started_ms),
    );
    if run.state == RunState::Done {
        let before = post.registry.failures_before(&run.model, &run.id).await?;
        events.extend(Event::recovered(run, &before));
    }
    Ok(events)
}

/// What drift that began, continued or ended since then is worth telling.
async fn of_drift(
    post: &Post,
    model: &str,
    since_ms: i64,
) -> Result<Vec<Event>, crate::registry::Error> {
    let rows = post.registry.drift_episodes(model, 50).await?;
    let fresh = rows
        .iter()
        .filter(|row| row.ended_ms.unwrap_or(row.last_ms) >= since_ms);
    Ok(fresh.flat_map(super::drift::of_drift).collect())
}

/// What ends of probations are worth telling.
async fn verdicts_of_probation(
    post: &Post,
    model: &str,
    since_ms: i64,
) -> Result<Vec<Event>, crate::registry::Error> {
    let rows = post.registry.probations(model).await?;
    let fresh = rows
        .iter()
        .filter(|row| row.ended_ms.is_some_and(|ended_ms| ended_ms >= since_ms));
    Ok(fresh.filter_map(Event::of_probation).collect())
}

/// Reports runs whose process died before it did: everything that ended in the last day, but nothing from before a
/// channel was there.
///
/// # Errors
/// When the registry cannot answer.
pub async fn catch_up(post: &Post) -> Result<(), Error> {
    let now_ms = post.clock.now_ms();
    for model in &post.models {
        let since_ms = now_ms - LOOK_BACK_MS;
        let runs = post.registry.runs_ended_since(model, since_ms).await?;
        let mut told = verdicts_of_probation(post, model, since_ms).await?;
        told.extend(of_drift(post, model, since_ms).await?);
        for run in &runs {
            told.extend(events(post, run).await?);
        }
        owe(post, &told).await?;
    }
    Ok(())
}

/// Puts ends of probations into the outbox soon after they come: until then the last message that people have is wrong.
pub(super) async fn catch_up_on_probations(post: &Post) -> Result<(), Error> {
    let since_ms = post.clock.now_ms() - LOOK_BACK_MS;
    for model in &post.models {
        let mut events = verdicts_of_probation(post, model, since_ms).await?;
        events.extend(of_drift(post, model, since_ms).await?);
        if !events.is_empty() {
            owe(post, &events).await?;
        }
    }
    Ok(())
}

/// Puts what happened since a channel was there into the outbox, unless it is in it.
async fn owe(post: &Post, events: &[Event]) -> Result<(), Error> {
    for (name, _) in post.settings.named() {
        let now_ms = post.clock.now_ms();
        let began_ms = post.registry.told_since(&name, now_ms).await?;
        let fresh = events.iter().filter(|event| event.at_ms >= began_ms);
        let mut owed = Vec::new();
        for message in fresh.flat_map(|event| messages(post, event)) {
            let is_owed = message.channel == name;
            if is_owed && !post.registry.has_topic(&message.topic).await? {
                owed.push(message);
            }
        }
        if !owed.is_empty() {
            post.registry.enqueue(&owed).await?;
        }
    }
    Ok(())
}

fn messages(post: &Post, event: &Event) -> Vec<NewMessage> {
    let named = post.settings.named();
    let wanted = named
        .iter()
        .filter(|(_, channel)| channel.wants(event.kind));
    // An event is texts and numbers: it can be written.
    let body = serde_json::to_string(event).unwrap_or_default();
    wanted
        .map(|(name, _)| NewMessage {
            topic: event.topic(name),
            model: event.model.clone(),
            kind: event.kind.name().to_string(),
            channel: name.clone(),
            body: body.clone(),
            at_ms: post.clock.now_ms(),
        })
        .collect()
}
