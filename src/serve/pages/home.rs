//! The overview: all models, first in a sentence, then their runs, decisions, data and service.

use std::path::Path;
use std::sync::Arc;

use maud::{Markup, html};

use super::kit::{View, bytes, count, facts, when};
use super::squares::{is_live, legend, squares};
use super::trouble::trouble;
use super::{chart, login};
use crate::http::auth::ANONYMOUS;
use crate::overview::{self, DecisionStatus, ModelStatus, Status, short, span};
use crate::pipeline::Env;
use crate::serve::project::Project;
use crate::serve::{Problem, Reply, Request, State};

/// The overview; the login form for unauthenticated callers where a token is needed.
pub async fn home(state: &State, request: &Request) -> Result<Reply, Problem> {
    let view = View::of(state, request);
    if state.guard.is_guarded() && request.caller.name == ANONYMOUS {
        return Ok(login::page(state, &view, "", None));
    }
    let Some(project) = &state.project else {
        return Ok(view.page("Overview", &of_bundle(state)));
    };
    let envs = envs(project);
    let make = overview::status(&project.registry, folder(&envs), &envs);
    let status = state.overview.get(&project.registry, &envs, make).await;
    let status = status.map_err(trouble)?;
    Ok(view.page("Overview", &page(state, &view, &status)))
}

/// Refreshes the overview, off the path of requests.
pub async fn refresh(state: &State, project: &Project) {
    let envs = envs(project);
    let make = overview::status(&project.registry, folder(&envs), &envs);
    let done = state.overview.refresh(&project.registry, &envs, make);
    // The next caller gets the error.
    let _ = done.await;
}

fn envs(project: &Project) -> Vec<Arc<Env>> {
    project.envs.all().values().cloned().collect()
}

fn folder(envs: &[Arc<Env>]) -> &Path {
    let first = envs.first();
    first.map_or(Path::new(""), |env| env.config.project.as_path())
}

fn page(state: &State, view: &View, status: &Status) -> Markup {
    let live = status.models.iter().any(|model| is_live(&model.timeline));
    html! {
        h1 { "Overview" }
        div id="live" data-live=[live.then_some("")] {
            p class="lead" { (status.says) }
            @for says in news(state, status) { p class="note warn" { (says) } }
            @for model in &status.models { (card(state, view, model)) }
            @if status.models.is_empty() { p class="card" { "There is no model yet." } }
            (legend())
            (service(view, status))
        }
    }
}

/// What concerns all models.
fn news(state: &State, status: &Status) -> Vec<String> {
    let settings = state.settings_news().and_then(|news| news.says());
    let database = state.served_models.database().map(|says| says.to_string());
    let told = status.notices.iter().cloned();
    let mut news: Vec<String> = settings.into_iter().chain(database).chain(told).collect();
    news.dedup();
    news
}

fn card(state: &State, view: &View, model: &ModelStatus) -> Markup {
    let name = &model.model;
    let alarm = state
        .served_models
        .model(Some(name))
        .ok()
        .and_then(|it| it.alarm());
    html! {
        section class="card" aria-label=(name) {
            h2 { a href=(view.link(&format!("ui/models/{name}"))) { (name) } }
            p { (model.says) @if model.needs.is_empty() && alarm.is_none() { " " span class="good" { "Nothing needs you." } } }
            @for need in &model.needs { p class="note" { (need) } }
            @if let Some(alarm) = alarm { p class="note" { (alarm) } }
            (squares(view, &model.timeline, &model.schedule))
            @if let Some(decision) = &model.decision { (decided(view, name, "Last decision", decision)) }
            (facts(&numbers(model)))
            div class="acts" {
                @if view.may_change() { (view.button("run", "main", "Run now", &[("model", name)])) }
                a class="button" href=(view.link(&format!("ui/models/{name}/try"))) { "Try it" }
                a class="button" href=(view.link(&format!("ui/models/{name}/data"))) { "Data" }
                a class="button" href=(view.link(&format!("ui/models/{name}/drift"))) { "Drift" }
            a class="button" href=(view.link(&format!("ui/models/{name}/live"))) { "Labels" }
            }
        }
    }
}

fn numbers(model: &ModelStatus) -> Vec<(&'static str, Markup)> {
    let never = || html! { span class="soft" { "never" } };
    let time = |at: &Option<String>| at.as_deref().map_or_else(never, when);
    let mut facts = Vec::new();
    if let Some(data) = &model.data {
        facts.push((
            "data",
            html! { (count(data.rows as u64)) " rows, " (span(data.age_seconds)) " old" },
        ));
    }
    facts.push(("last success", time(&model.last_success)));
    facts.push(("last failure", time(&model.last_failure)));
    let next = match (model.schedule.next.first(), &model.schedule.cron) {
        (Some(next), Some(cron)) => {
            html! { (when(next)) " " span class="soft keep" { "by " (cron) } }
        }
        (_, Some(_)) if model.schedule.paused => {
            let by = model.schedule.paused_by.as_deref().unwrap_or("unknown");
            html! { span class="warn" { "paused by " (by) } }
        }
        _ => html! { span class="soft" { "no schedule" } },
    };
    facts.push(("next run", next));
    for drift in &model.drift {
        let tone = match drift.verdict.as_str() {
            "drift" => "bad",
            "warn" => "warn",
            "unknown" => "info",
            _ => "good",
        };
        let name = match drift.rows.as_str() {
            "data" => "drift of the data",
            "test" => "drift of the test rows",
            _ => "drift of requests",
        };
        let verdict = &drift.verdict;
        facts.push((
            name,
            html! { b class=(tone) { (verdict) } " " span class="soft" { (when(&drift.at)) } },
        ));
    }
    if let Some(probation) = &model.probation {
        let words = probation.state.of_version();
        facts.push((
            "probation",
            html! { "version " (probation.version) " " (words) },
        ));
    }
    facts
}

/// A gain of the threshold that is smaller rounds to none.
const WORTH_SAYING: f64 = 0.001;

/// The last decision as numbers and a bar.
pub fn decided(view: &View, model: &str, title: &str, decision: &DecisionStatus) -> Markup {
    let version = decision.version;
    let link = view.link(&format!("ui/models/{model}/versions/{version}"));
    html! {
        h3 { (title) ": " a href=(link) { "version " (version) } ", " (words(decision.verdict)) }
        @if let Some(reason) = decision.reasons.first() { p { (reason) } }
        @if let Some(delta) = decision.delta {
            @let level = decision.level.map_or(String::new(), |level| format!("{:.0} % interval", 100.0 * level));
            @let says = format!(
                "{} of the challenger minus the champion's: {} {} {}; the grey band around 0 counts as no difference",
                decision.metric.title(), signed(delta), reach(decision), level
            );
            (chart::difference(delta, decision.interval, decision.rope, &says))
            p class="soft small" {
                "Difference of " (decision.metric.title()) " " b { (signed(delta)) }
                @if decision.interval.is_some() { " (" (reach(decision)) ", " (level) ")" }
                " on " (count(decision.rows)) " test rows"
                @if let Some(p) = decision.p_all { "; P(better) by all evidence " (short(p)) }
                @if let Some(p) = decision.p_trusted { ", by the test rows alone " (short(p)) }
                @if let Some(gain) = decision.threshold_gain.filter(|gain| *gain >= WORTH_SAYING) { "; " (signed(gain)) " of it by another threshold alone" }
                @if let Some(from) = decision.from { "; from: " (from) }
                @if let Some(labels) = decision.labels_wanted { "; " (labels) " labels would settle it" }
                @if decision.attempts > 0 { "; " (decision.attempts) " versions were judged by these rows" }
                @if let Some(worse) = decision.expected_worse { "; expected worse among the promotions by these rows before: " (short(worse)) }
            }
        }
    }
}

/// A verdict as what came of it.
fn words(verdict: &str) -> &str {
    match verdict {
        "promote" => "promoted",
        "reject" => "rejected",
        "retune" => "passed over for another threshold of the champion",
        other => other,
    }
}

/// The interval of the difference.
fn reach(decision: &DecisionStatus) -> String {
    let ends = decision.interval;
    ends.map_or(String::new(), |(low, high)| {
        format!("{} to {}", signed(low), signed(high))
    })
}

/// A number with its sign.
fn signed(value: f64) -> String {
    if value >= 0.0 {
        format!("+{}", short(value))
    } else {
        format!("−{}", short(-value))
    }
}

fn service(view: &View, status: &Status) -> Markup {
    let queue = &status.queue;
    let mut pairs = vec![
        (
            "queue",
            html! { a href=(view.link("ui/queue")) { (queue.queued) " waiting, " (queue.running) " running" } },
        ),
        (
            "dead-lettered in 7 days",
            html! { span class=[(queue.dead > 0).then_some("bad")] { (queue.dead) } },
        ),
        ("workers", html! { (queue.workers.len()) }),
    ];
    if let Some(disk) = &status.disk {
        pairs.push((
            "disk",
            html! { (bytes(disk.free_bytes)) " free; database " (bytes(disk.database_bytes)) },
        ));
    }
    html! { section class="card" aria-label="Service" { h2 { "Service" } (facts(&pairs)) } }
}

/// What is served where there is no project.
fn of_bundle(state: &State) -> Markup {
    html! {
        h1 { "Overview" }
        p class="lead" { "This server serves one bundle; it has no registry, runs or schedule." }
        @for model in state.served_models.models() {
            div class="card" {
                h2 { (model.name) }
                @match model.champion() {
                    Some(served) => { p { "Version " (served.version) " answers." } }
                    None => { p class="bad" { "No version is loaded." } }
                }
            }
        }
    }
}
