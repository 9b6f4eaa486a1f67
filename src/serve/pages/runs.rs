//! All runs in one timeline, and one run.

use std::sync::Arc;

use maud::{Markup, html};

use super::glyph;
use super::kit::{View, count, facts, table, took, when};
use super::squares::{files, is_live, times};
use super::trouble::trouble;
use crate::overview::{self, Entry, RunStatus, fold};
use crate::serve::admin::{env_of, find_run, limit, project};
use crate::serve::{Problem, Reply, Request, State};

/// Entries that are shown when nothing is said.
const USUAL: i64 = 100;
/// Lines of a log that are shown.
const LOG_LINES: usize = 200;

/// The timeline.
pub async fn runs(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let project = project(&state)?;
    let limit = match request.query("limit") {
        None => USUAL,
        Some(_) => limit(&request)?,
    };
    let model = request.query("model").filter(|name| !name.is_empty());
    if let Some(name) = &model {
        state.served_models.model(Some(name))?;
    }
    let folder = project
        .envs
        .all()
        .values()
        .next()
        .map(|env| env.config.project.clone());
    let entries = overview::timeline(
        &project.registry,
        &folder.unwrap_or_default(),
        model.as_deref(),
        limit,
        state.clock.now_ms(),
    )
    .await;
    let entries = entries.map_err(|error| trouble(error.into()))?;
    let names: Vec<String> = project.envs.all().keys().cloned().collect();
    let only = request.query("outcome").unwrap_or_default();
    let bad_only = only == "failed";
    let shown: Vec<Entry> = entries
        .into_iter()
        .filter(|entry| !bad_only || entry.outcome.is_bad() || entry.quarantined > 0)
        .collect();
    let body = html! {
        h1 { "Runs" }
        (choose(&view, &names, model.as_deref(), bad_only))
        div id="live" data-live=[is_live(&shown).then_some("")] { (timeline(&view, &shown)) }
        @if shown.len() as i64 >= limit {
            p { a href=(view.link(&format!("ui/runs?limit={}&model={}", (limit * 3).min(1000), model.as_deref().unwrap_or("")))) { "Show more" } }
        }
    };
    Ok(view.page("Runs", &body))
}

fn choose(view: &View, names: &[String], model: Option<&str>, bad_only: bool) -> Markup {
    html! {
        form method="get" action=(view.link("ui/runs")) class="acts" {
            label { span { "Model" } select name="model" {
                option value="" { "all" }
                @for name in names { option value=(name) selected[model == Some(name)] { (name) } }
            } }
            label { span { "Which" } select name="outcome" {
                option value="" { "all" }
                option value="failed" selected[bad_only] { "failed or with quarantined files" }
            } }
            button { "Show" }
        }
    }
}

fn timeline(view: &View, entries: &[Entry]) -> Markup {
    let rows: Vec<Vec<Markup>> = fold(entries)
        .into_iter()
        .map(|(entry, more)| row(view, entry, more))
        .collect();
    let heads = [
        "when",
        "model",
        "outcome",
        "version#",
        "started by",
        "took#",
        "why",
    ];
    html! {
        div class="card" {
            @if rows.is_empty() { p class="soft" { "Nothing has run yet." } }
            @else { (table("Newest first; what says the same is one line", &heads, &rows)) }
        }
    }
}

fn row(view: &View, entry: &Entry, more: usize) -> Vec<Markup> {
    let by = match &entry.by {
        Some(by) if *by != entry.trigger => format!("{} ({by})", entry.trigger),
        _ => entry.trigger.clone(),
    };
    vec![
        html! {
            @match &entry.run {
                Some(run) => { a href=(view.link(&format!("ui/runs/{run}"))) { (when(&entry.at)) } }
                None => { (when(&entry.at)) }
            }
        },
        html! { a href=(view.link(&format!("ui/models/{}", entry.model))) { (entry.model) } },
        glyph::tag(entry.outcome),
        html! {
            @if let Some(version) = entry.version {
                a href=(view.link(&format!("ui/models/{}/versions/{version}", entry.model))) { (version) }
            }
        },
        html! { (by) },
        html! { (took(entry.duration_ms.map(|ms| ms as f64))) },
        html! {
            (entry.why)
            @if more > 0 { span class="soft" { " (and " (times(more)) " before)" } }
            @if entry.quarantined > 0 { " " span class="bad" { (files(entry.quarantined)) " quarantined" } }
        },
    ]
}

/// A run.
pub async fn run(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let project = project(&state)?;
    let row = find_run(project, request.param("run")).await?;
    let env = env_of(&state, &row.model)?;
    let shown = project
        .registry
        .with_the_dead(vec![row.clone()], state.clock.now_ms())
        .await;
    let row = shown
        .map_err(|error| trouble(error.into()))?
        .pop()
        .unwrap_or(row);
    let found =
        tokio::task::spawn_blocking(move || overview::run_status(&env, &row, LOG_LINES)).await;
    let found = found.map_err(|error| Problem::internal(&error))?;
    let found = found.map_err(|error| trouble(error.into()))?;
    let job = project.registry.open_jobs_of(&found.model).await;
    let job = job.map_err(|error| trouble(error.into()))?;
    let job = job
        .into_iter()
        .find(|job| job.run.as_deref() == Some(&found.run));
    let body = page(&view, &found, job.as_ref().map(|job| job.id.as_str()));
    Ok(view.page(&format!("Run {}", found.run), &body))
}

fn page(view: &View, run: &RunStatus, job: Option<&str>) -> Markup {
    html! {
        h1 { "Run " span class="mono" { (run.run) } }
        div id="live" data-live=[run.is_running.then_some("")] {
            @if run.is_running { noscript { p class="note info" { "This page does not follow the run without a script; load it again to see how far it is." } } }
            p class="lead" { (glyph::tag(run.outcome)) @if let Some(reason) = run.reasons.first() { " – " (reason) } }
            (head(view, run))
            (stages(run))
            @if run.is_running && view.may_change() && let Some(job) = job {
                div class="acts" { (view.button("cancel", "danger", "Cancel the run", &[("job", job), ("run", &run.run)])) }
            }
            @if run.reasons.len() > 1 {
                section class="card" aria-label="Reasons" { h2 { "Why" } ul { @for reason in &run.reasons { li { (reason) } } } }
            }
            @if !run.quarantined.is_empty() {
                section class="card" aria-label="Quarantined files" {
                    h2 { "Quarantined files" }
                    ul { @for file in &run.quarantined { li { (file) } } }
                }
            }
            @if !run.findings.is_empty() { (findings(run)) }
            (log(run))
        }
    }
}

fn head(view: &View, run: &RunStatus) -> Markup {
    let model = &run.model;
    let mut pairs = vec![
        (
            "model",
            html! { a href=(view.link(&format!("ui/models/{model}"))) { (model) } },
        ),
        ("started by", html! { (run.trigger) }),
        ("began", when(&run.started)),
        (
            "took",
            html! { (took(Some(run.duration_ms as f64))) @if run.is_running { " so far" } },
        ),
    ];
    if let Some(version) = run.version {
        let link = view.link(&format!("ui/models/{model}/versions/{version}"));
        pairs.push(("version", html! { a href=(link) { (version) } }));
    }
    if let Some(rows) = run.rows {
        let duplicates = run.duplicates.unwrap_or_default();
        pairs.push(("rows", html! { (count(rows)) span class="soft" { ", " (count(duplicates)) " duplicates dropped" } }));
    }
    html! { section class="card" aria-label="Run" { (facts(&pairs)) } }
}

fn stages(run: &RunStatus) -> Markup {
    html! {
        ol class="stages" aria-label="Stages" {
            @for stage in &run.stages {
                li class=(stage.state) { b { (stage.stage) } span class="soft small" { (stage.state) " " (took(stage.duration_ms)) } }
            }
        }
    }
}

fn findings(run: &RunStatus) -> Markup {
    let rows: Vec<Vec<Markup>> = run
        .findings
        .iter()
        .map(|(severity, check, says)| {
            let tone = if severity == "block" { "bad" } else { "warn" };
            vec![
                html! { b class=(tone) { (severity) } },
                html! { (check) },
                html! { (says) },
            ]
        })
        .collect();
    html! {
        section class="card" aria-label="Findings" {
            h2 { "Findings" }
            (table("What the checks found, the worst first", &["severity", "check", "what"], &rows))
        }
    }
}

fn log(run: &RunStatus) -> Markup {
    html! {
        section class="card" aria-label="Log" {
            h2 { "Log" }
            @if run.log.is_empty() {
                p class="soft" { "The run has no log here: runs of the schedule, of jobs and of the API keep one; a run by hand writes to its terminal." }
            } @else {
                pre class="log" tabindex="0" {
                    @for (at, level, message) in &run.log {
                        @let at = at.get(11..19).unwrap_or(at);
                        span class="soft" { (at) } " "
                        @if level == "warn" { span class="warn" { "warn " } } @else if level == "error" { span class="bad" { "error " } }
                        (message) "\n"
                    }
                }
            }
        }
    }
}
