//! `/schedule` and `/ticks`: when runs are due, and what came of past ticks.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::common::{detached, env_of, limit, project, trouble};
use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::registry::{ScheduleRow, TickRow};
use crate::schedule::{Origin, Plan};
use crate::serve::audit;
use crate::serve::{Problem, Reply, Request, State};

/// Next ticks that are listed.
const NEXT: usize = 5;

/// A model's schedule.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleView {
    /// The model.
    pub model: String,
    /// The cron expression; nothing where runs are started by hand.
    pub cron: Option<String>,
    /// The zone in which it is read.
    pub timezone: Option<String>,
    /// Who set it, when it is not `config.json`'s.
    pub set_by: Option<String>,
    /// Whether ticks are left out at present.
    pub paused: bool,
    /// Who paused it.
    pub paused_by: Option<String>,
    /// Every tick up to here has its row.
    pub settled_until: Option<String>,
    /// The next ticks, in the schedule's zone.
    pub next: Vec<String>,
}

/// What came of a tick.
#[derive(Debug, Serialize, ToSchema)]
pub struct TickView {
    /// The model.
    pub model: String,
    /// The time that it stands for.
    pub tick: String,
    /// `pending`, `promoted`, `rejected`, `retuned`, `equivalent`, `inconclusive`, `nothing_new`, `ran`, `failed`, `skipped` or `missed`.
    pub outcome: String,
    /// Why.
    pub reason: String,
    /// Its job.
    pub job: Option<String>,
    /// Its run.
    pub run: Option<String>,
    /// When this was recorded.
    pub at: String,
}

/// Each model's schedule, and its next ticks.
#[utoipa::path(
    get, path = "/schedule", operation_id = "list_schedules", tag = "manage",
    responses(
        (status = 200, description = "The schedules", body = Vec<ScheduleView>),
        (status = 409, description = "The server serves one bundle and has no schedule"),
    )
)]
pub async fn list(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let now = state.clock.now();
    let mut views = Vec::new();
    for env in project.envs.all().values() {
        let row = project
            .registry
            .schedule(&env.config.name)
            .await
            .map_err(trouble)?;
        views.push(view(&env.config, row, now)?);
    }
    Ok(Reply::json(&views).compressible())
}

fn view(
    model: &ModelConfig,
    row: ScheduleRow,
    now: DateTime<Utc>,
) -> Result<ScheduleView, Problem> {
    let plan = Plan::of(model, &row).map_err(|error| Problem::internal(&error))?;
    // A schedule that is paused has no next time: a date would be one on which nothing happens.
    let awake = plan.as_ref().filter(|_| !row.is_paused());
    let next = awake.map(|plan| {
        let ticks = plan.ticks_after(now).take(NEXT);
        ticks
            .map(|at| {
                at.with_timezone(&plan.zone)
                    .to_rfc3339_opts(SecondsFormat::Secs, true)
            })
            .collect()
    });
    let set_by = match plan.as_ref().map(|plan| &plan.origin) {
        Some(Origin::Set { by, .. }) => Some(by.clone()),
        _ => None,
    };
    Ok(ScheduleView {
        model: model.name.clone(),
        cron: plan.as_ref().map(|plan| plan.expression.to_string()),
        timezone: plan.as_ref().map(|plan| plan.zone.name().to_string()),
        set_by,
        paused: row.is_paused(),
        paused_by: row
            .paused_by
            .filter(|_| row.paused_ms.is_some() && row.resumed_ms.is_none()),
        settled_until: row.cursor_ms.map(rfc3339),
        next: next.unwrap_or_default(),
    })
}

/// Outcomes of past ticks, newest first, with reasons.
#[utoipa::path(
    get, path = "/ticks", operation_id = "list_ticks", tag = "manage",
    params(
        ("model" = Option<String>, Query, description = "Ticks of this model only"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "Most ticks to list; 20 if not given"),
    ),
    responses(
        (status = 200, description = "The ticks", body = Vec<TickView>),
        (status = 409, description = "The server serves one bundle and has no schedule"),
    )
)]
pub async fn ticks(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let limit = limit(&request)?;
    let model = request.query("model");
    if let Some(name) = &model {
        state.served_models.model(Some(name))?;
    }
    let rows = project.registry.ticks(model.as_deref(), limit).await;
    let views: Vec<_> = rows.map_err(trouble)?.into_iter().map(told).collect();
    Ok(Reply::json(&views).compressible())
}

fn told(tick: TickRow) -> TickView {
    TickView {
        model: tick.model,
        tick: rfc3339(tick.tick_ms),
        outcome: tick.outcome.to_string(),
        reason: tick.reason,
        job: tick.job,
        run: tick.run.map(String::from),
        at: rfc3339(tick.at_ms),
    }
}

/// Pauses a model's schedule: until it is resumed, no run is due.
#[utoipa::path(
    post, path = "/models/{model}/schedule/pause", operation_id = "pause_schedule", tag = "manage",
    params(("model" = String, Path, description = "The model's name")),
    responses(
        (status = 200, description = "The schedule as it is now", body = ScheduleView),
        (status = 409, description = "The server serves one bundle and has no schedule"),
    )
)]
pub async fn pause(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    changed(state, request, true).await
}

/// Resumes a model's schedule; runs that were due while it was paused are not caught up.
#[utoipa::path(
    post, path = "/models/{model}/schedule/resume", operation_id = "resume_schedule", tag = "manage",
    params(("model" = String, Path, description = "The model's name")),
    responses(
        (status = 200, description = "The schedule as it is now", body = ScheduleView),
        (status = 409, description = "The server serves one bundle and has no schedule"),
    )
)]
pub async fn resume(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    changed(state, request, false).await
}

async fn changed(state: Arc<State>, request: Request, pauses: bool) -> Result<Reply, Problem> {
    detached(async move {
        let action = if pauses { "pause" } else { "resume" };
        let model = request.param("model").to_string();
        let answer = paused(&state, &request, &model, pauses).await;
        audit::record(&state, &request, action, Some(&model), None, &answer).await;
        answer
    })
    .await
}

async fn paused(
    state: &State,
    request: &Request,
    model: &str,
    pauses: bool,
) -> Result<Reply, Problem> {
    let env = env_of(state, model)?;
    let (registry, now) = (&env.registry, state.clock.now());
    let (by, now_ms) = (&request.caller.name, now.timestamp_millis());
    let done = if pauses {
        registry.pause_schedule(model, by, now_ms).await
    } else {
        registry
            .resume_schedule(model, by, now_ms)
            .await
            .map(|_| ())
    };
    done.map_err(trouble)?;
    let row = registry.schedule(model).await.map_err(trouble)?;
    Ok(Reply::json(&view(&env.config, row, now)?))
}
