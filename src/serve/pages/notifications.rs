//! Notifications: what was sent to whom, what waits, what failed.

use std::sync::Arc;

use maud::{Markup, html};

use super::kit::{View, table, when_ms};
use super::trouble::trouble;
use crate::registry::{MessageRow, MessageState};
use crate::serve::admin::project;
use crate::serve::{Problem, Reply, Request, State};

/// Messages that are shown.
const SHOWN: i64 = 100;

/// The outbox.
pub async fn notifications(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let project = project(&state)?;
    let messages = project.registry.messages(None, None, SHOWN).await;
    let messages = messages.map_err(|error| trouble(error.into()))?;
    let rows: Vec<Vec<Markup>> = messages.iter().map(row).collect();
    let heads = [
        "when",
        "model",
        "event",
        "channel",
        "subject",
        "state",
        "attempts#",
        "error",
    ];
    let body = html! {
        h1 { "Notifications" }
        div class="card" {
            @if rows.is_empty() {
                p { "Nothing was sent. Channels are set in " code { "notify.channels" } "; " code { "unseat notify test" } " tries them." }
            } @else { (table("Newest first", &heads, &rows)) }
        }
    };
    Ok(view.page("Notifications", &body))
}

fn row(message: &MessageRow) -> Vec<Markup> {
    let body: serde_json::Value = serde_json::from_str(&message.body).unwrap_or_default();
    let subject = body["subject"].as_str().unwrap_or_default().to_string();
    let is = |state: MessageState| message.state == state;
    let (words, tone) = match message.state.name() {
        _ if is(MessageState::GivenUp) => ("dead-lettered", "bad"),
        _ if is(MessageState::Sent) => ("sent", "good"),
        _ if message.error.is_some() => ("waits for another attempt", "warn"),
        other => (other, "quiet"),
    };
    vec![
        when_ms(message.created_ms),
        html! { (message.model) },
        html! { (message.kind.replace('_', " ")) },
        html! { (message.channel) },
        html! { (subject) },
        html! { b class=(tone) { (words) } @if message.ended_ms.is_none() { div class="small" { "due " (when_ms(message.next_ms)) } } },
        html! { (message.attempts) },
        html! { (message.error.as_deref().unwrap_or("")) },
    ]
}
