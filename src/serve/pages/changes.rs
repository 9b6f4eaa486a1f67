//! Who changed what: champions moved, runs submitted and cancelled, schedules changed, logins rejected; whatever way they came.

use std::sync::Arc;

use maud::{Markup, html};

use super::kit::{View, table, when};
use super::trouble::trouble;
use crate::overview::{self, Change};
use crate::serve::admin::project;
use crate::serve::{Problem, Reply, Request, State};

/// Changes that are shown.
const SHOWN: usize = 200;

/// The list.
pub async fn changes(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let project = project(&state)?;
    let envs: Vec<_> = project.envs.all().values().cloned().collect();
    let folder = envs
        .first()
        .map(|env| env.config.project.clone())
        .unwrap_or_default();
    let log = state.settings.path(&folder, &state.settings.audit_log);
    let names: Vec<String> = envs.iter().map(|env| env.config.name.clone()).collect();
    let found = overview::changes(&project.registry, &names, &log, SHOWN).await;
    let found = found.map_err(|error| trouble(error.into()))?;
    let rows: Vec<Vec<Markup>> = found.iter().map(|change| row(&view, change)).collect();
    let heads = [
        "when", "who", "what", "model", "version#", "outcome", "way", "why",
    ];
    let body = html! {
        h1 { "Changes" }
        div class="card" {
            @if rows.is_empty() { p class="soft" { "Nothing was changed yet." } }
            @else { (table("Newest first", &heads, &rows)) }
        }
    };
    Ok(view.page("Changes", &body))
}

fn row(view: &View, change: &Change) -> Vec<Markup> {
    let tone = match change.outcome.as_str() {
        "done" => "quiet",
        _ => "bad",
    };
    vec![
        when(&change.at),
        html! { (change.by) },
        html! { b { (change.action.replace('_', " ")) } },
        html! { @if let Some(model) = &change.model { a href=(view.link(&format!("ui/models/{model}"))) { (model) } } },
        html! { @if let Some(version) = change.version { (version) } },
        html! { span class=(tone) { (change.outcome) } },
        html! { (change.way) @if let Some(address) = &change.address { span class="soft" { " from " (address) } } },
        html! { (change.why) },
    ]
}
