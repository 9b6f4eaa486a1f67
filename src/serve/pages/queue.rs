//! Jobs, workers, schedules and next runs, with what can be done about them.

use std::sync::Arc;

use maud::{Markup, html};

use super::kit::{View, table, when, when_ms};
use super::trouble::trouble;
use crate::overview::{self, QueueStatus, ScheduleStatus, without_folder};
use crate::registry::{JobRow, JobState};
use crate::serve::admin::project;
use crate::serve::{Problem, Reply, Request, State};

/// Jobs that are shown.
const SHOWN: i64 = 50;

/// The queue and the schedules.
pub async fn queue(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let project = project(&state)?;
    let now = state.clock.now();
    let status = overview::queue(&project.registry, now.timestamp_millis()).await;
    let status = status.map_err(trouble)?;
    let mut schedules = Vec::new();
    for (name, env) in project.envs.all().iter() {
        let schedule = overview::schedule(&project.registry, &env.config, now).await;
        schedules.push((name.clone(), schedule.map_err(trouble)?));
    }
    let jobs = project.registry.jobs(None, SHOWN).await;
    let mut jobs = jobs.map_err(|error| trouble(error.into()))?;
    for job in &mut jobs {
        if let (Some(env), Some(error)) = (project.envs.get(&job.model), &mut job.error) {
            *error = without_folder(error, &env.config.project);
        }
    }
    let live = status.queued + status.running > 0;
    let body = html! {
        h1 { "Queue and schedule" }
        div id="live" data-live=[live.then_some("")] {
            p class="lead" { (says(&status)) }
            (schedule_table(&view, &schedules))
            (job_table(&view, &jobs))
        }
    };
    Ok(view.page("Queue and schedule", &body))
}

fn says(status: &QueueStatus) -> String {
    let workers = match status.workers.len() {
        0 => "No worker is there; the server starts one when it is asked for a run".to_string(),
        1 => "1 worker is there".to_string(),
        n => format!("{n} workers are there"),
    };
    let dead = match status.dead {
        0 => String::new(),
        n => format!("; {n} dead-lettered in 7 days"),
    };
    format!(
        "{} waiting, {} running{dead}. {workers}.",
        status.queued, status.running
    )
}

fn schedule_table(view: &View, schedules: &[(String, ScheduleStatus)]) -> Markup {
    let rows: Vec<Vec<Markup>> = schedules
        .iter()
        .map(|(name, it)| {
            let set_by = it.set_by.as_deref().unwrap_or("config.json");
            vec![
                html! { a href=(view.link(&format!("ui/models/{name}"))) { (name) } },
                html! { span class="mono" { (it.cron.as_deref().unwrap_or("none")) } },
                html! { (it.timezone.as_deref().unwrap_or("")) },
                html! { @if it.cron.is_some() { (set_by) } },
                html! {
                    @if it.paused { b class="warn" { "paused by " (it.paused_by.as_deref().unwrap_or("unknown")) } }
                    @for at in &it.next { div { (when(at)) } }
                },
                html! {
                    @if view.may_change() {
                        div class="acts" {
                            (view.button("run", "", "Run now", &[("model", name)]))
                            @if it.paused { (view.button("resume", "", "Resume", &[("model", name)])) }
                            @else if it.cron.is_some() { (view.button("pause", "", "Pause", &[("model", name)])) }
                        }
                    }
                },
            ]
        })
        .collect();
    html! {
        section class="card" aria-label="Schedules" {
            h2 { "Schedules" }
            (table("Next runs, each in its schedule's zone", &["model", "cron", "zone", "set by", "next runs", ""], &rows))
        }
    }
}

fn job_table(view: &View, jobs: &[JobRow]) -> Markup {
    let rows: Vec<Vec<Markup>> = jobs.iter().map(|job| row(view, job)).collect();
    let heads = [
        "job",
        "model",
        "submitted",
        "by",
        "state",
        "attempts#",
        "why",
        "",
    ];
    html! {
        section class="card" aria-label="Jobs" {
            h2 { "Jobs" }
            @if rows.is_empty() { p class="soft" { "No job was submitted yet." } }
            @else { (table("Newest first", &heads, &rows)) }
        }
    }
}

fn row(view: &View, job: &JobRow) -> Vec<Markup> {
    let is = |state: JobState| job.state == state;
    let (words, tone) = match job.state.name() {
        _ if is(JobState::DeadLettered) => ("dead-lettered", "bad"),
        _ if is(JobState::Failed) => ("failed", "bad"),
        _ if is(JobState::Running) => ("running", "info"),
        other => (other, "quiet"),
    };
    let waits_again = is(JobState::Queued) && job.attempts > 0;
    let may_retry = is(JobState::DeadLettered) || is(JobState::Failed) || is(JobState::Cancelled);
    let id = job.id.as_str();
    vec![
        html! { span class="mono" { @match &job.run {
            Some(run) if job.attempts > 0 => { a href=(view.link(&format!("ui/runs/{run}"))) { (id) } }
            _ => { (id) }
        } } },
        html! { (job.model) },
        when_ms(job.created_ms),
        html! { (job.actor) span class="soft" { " by " (job.trigger) } },
        html! {
            b class=(tone) { (words) }
            @if let Some(outcome) = &job.outcome { span class="soft" { ": " (outcome.words()) } }
            @if waits_again { div class="small" { "next attempt " (when_ms(job.not_before_ms)) } }
        },
        html! { (job.attempts) },
        html! { (job.error.as_deref().unwrap_or("")) @if let Some(by) = &job.cancelled_by { " " span class="soft" { "cancelled by " (by) } } },
        html! {
            @if view.may_change() {
                @if job.is_open() { (view.button("cancel", "danger", "Cancel", &[("job", id)])) }
                @else if may_retry { (view.button("retry", "", "Retry", &[("job", id)])) }
            }
        },
    ]
}
