//! `schedule`: when runs are due, what came of past ticks, and changing it. Without a subcommand it follows the schedule.

use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::global::Global;
use super::live::Live;
use super::running::Running;
use super::{Failure, context, failure, notify, output};
use crate::clock::rfc3339;
use crate::config::{Config, ModelConfig};
use crate::diagnose;
use crate::jobs::{Launcher, Queue};
use crate::registry::{Registry, ScheduleRow};
use crate::schedule::{self, Origin, Plan, Scheduler};
use crate::serve::{SettingsNews, Signals, Wish};

#[derive(Debug, Args)]
pub struct ScheduleArgs {
    /// Do what is due now, wait for its runs, and end: for an outside cron, a timer or a CronJob
    #[arg(long)]
    once: bool,
    #[command(subcommand)]
    command: Option<ScheduleCommand>,
}

#[derive(Debug, Subcommand)]
enum ScheduleCommand {
    /// Each model's schedule, and when it is due next
    Show,
    /// The next ticks
    Next {
        /// How many
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
        count: u32,
        /// After this time (RFC 3339) instead of now
        #[arg(long, value_name = "TIME")]
        at: Option<DateTime<Utc>>,
    },
    /// What came of past ticks, and why
    Log {
        /// Most ticks to list
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Put an expression in place of config.json's, at once
    Set {
        /// Cron expression, like `15 3 * * *`, or `@daily`
        #[arg(value_name = "CRON")]
        cron: String,
        /// IANA time zone, instead of config.json's
        #[arg(long, value_name = "ZONE")]
        timezone: Option<String>,
    },
    /// Go back to config.json's expression
    Unset,
    /// Leave ticks out until `resume`
    Pause,
    /// Let ticks fire again; those of the pause are not made up for
    Resume,
}

pub async fn schedule(global: &Global, args: &ScheduleArgs) -> Result<u8, Failure> {
    let seen = Live::look(global);
    let (config, registry) = context::project(global, &[]).await?;
    let models = context::models(global, &config)?;
    let clock = context::clock()?;
    match &args.command {
        None => return follow(global, config, models, registry, args.once, seen).await,
        Some(ScheduleCommand::Show) => show(global, &models, &registry).await?,
        Some(ScheduleCommand::Next { count, at }) => {
            let after = at.unwrap_or_else(|| clock.now());
            next(global, &models, &registry, *count, after).await?;
        }
        Some(ScheduleCommand::Log { limit }) => log(global, &registry, &models, *limit).await?,
        Some(ScheduleCommand::Set { cron, timezone }) => {
            let model = context::model(global, &config)?;
            let zone = timezone.as_ref().unwrap_or(&model.schedule.timezone);
            schedule::parse(cron, zone)?;
            let (set, zone) = (Some(cron.as_str()), Some(zone.as_str()));
            registry
                .set_schedule(&model.name, set, zone, &context::actor(), clock.now_ms())
                .await?;
            show(global, &[model], &registry).await?;
        }
        Some(ScheduleCommand::Unset) => {
            let model = context::model(global, &config)?;
            registry
                .set_schedule(&model.name, None, None, &context::actor(), clock.now_ms())
                .await?;
            show(global, &[model], &registry).await?;
        }
        Some(ScheduleCommand::Pause) => pause(global, &models, &registry, true).await?,
        Some(ScheduleCommand::Resume) => pause(global, &models, &registry, false).await?,
    }
    registry.close().await;
    Ok(failure::DONE)
}

async fn pause(
    global: &Global,
    models: &[ModelConfig],
    registry: &Registry,
    pauses: bool,
) -> Result<(), Failure> {
    let (actor, now_ms) = (context::actor(), context::clock()?.now_ms());
    for model in models {
        if pauses {
            registry.pause_schedule(&model.name, &actor, now_ms).await?;
        } else {
            registry
                .resume_schedule(&model.name, &actor, now_ms)
                .await?;
        }
    }
    show(global, models, registry).await
}

/// A model's plan and what is stored about it.
async fn plan_of(
    model: &ModelConfig,
    registry: &Registry,
) -> Result<(Option<Plan>, ScheduleRow), Failure> {
    let row = registry.schedule(&model.name).await?;
    let plan = Plan::of(model, &row)?;
    Ok((plan, row))
}

async fn show(global: &Global, models: &[ModelConfig], registry: &Registry) -> Result<(), Failure> {
    let now = context::clock()?.now();
    let mut all = Vec::new();
    let mut rows = vec![
        ["model", "schedule", "zone", "from", "next"]
            .map(str::to_string)
            .to_vec(),
    ];
    for model in models {
        let (plan, row) = plan_of(model, registry).await?;
        // A schedule that is paused has no next time: a date would be one on which nothing happens.
        let awake = plan.as_ref().filter(|_| !row.is_paused());
        let next = awake.and_then(|plan| plan.next_after(now));
        all.push(told(model, plan.as_ref(), &row, next));
        let Some(plan) = plan else {
            rows.push(vec![model.name.clone(), "none".to_string()]);
            continue;
        };
        let next = match next {
            _ if row.is_paused() => format!("paused by {}", row.paused_by.unwrap_or_default()),
            Some(next) => shown(next, plan.zone),
            None => "never".to_string(),
        };
        let from = match &plan.origin {
            Origin::Config => "config.json".to_string(),
            Origin::Set { by, at_ms } => format!("{by}, {}", rfc3339(*at_ms)),
        };
        rows.push(vec![
            model.name.clone(),
            plan.expression.to_string(),
            plan.zone.name().to_string(),
            from,
            next,
        ]);
    }
    if global.json {
        output::line(&all);
    } else {
        output::say(&output::table(&rows));
    }
    if !global.quiet {
        for notice in registry.notices().await? {
            let (command, pid, text) = (notice.command, notice.process.pid, notice.text);
            let said = format!(
                "`unseat {command}` (process {pid}): {}",
                output::plain(&text)
            );
            output::talk(&format!("{} {said}", output::yellow("note:")));
        }
    }
    Ok(())
}

fn told(
    model: &ModelConfig,
    plan: Option<&Plan>,
    row: &ScheduleRow,
    next: Option<DateTime<Utc>>,
) -> Value {
    json!({
        "model": model.name,
        "cron": plan.map(|plan| plan.expression.to_string()),
        "timezone": plan.map(|plan| plan.zone.name()),
        "overlap": model.schedule.overlap,
        "origin": plan.map(|plan| &plan.origin),
        "is_paused": row.is_paused(),
        "paused_by": row.paused_by,
        "next": next,
    })
}

async fn next(
    global: &Global,
    models: &[ModelConfig],
    registry: &Registry,
    count: u32,
    after: DateTime<Utc>,
) -> Result<(), Failure> {
    let mut all = Vec::new();
    let mut is_any = false;
    let mut paused = Vec::new();
    for model in models {
        let (Some(plan), row) = plan_of(model, registry).await? else {
            continue;
        };
        is_any = true;
        if row.is_paused() {
            let by = row.paused_by.unwrap_or_default();
            paused.push(format!("{}: paused by {by}", model.name));
            continue;
        }
        let ticks = plan.ticks_after(after);
        for at in ticks.take(count as usize) {
            all.push((at, model.name.clone(), plan.zone));
        }
    }
    if !is_any {
        let error = Failure::usage("find a schedule: no model has one");
        return Err(
            error.hint("set `schedule.cron` in config.json, or `unseat schedule set '15 3 * * *'`")
        );
    }
    all.sort_by(|(a, one, _), (b, other, _)| (a, one).cmp(&(b, other)));
    all.truncate(count as usize);
    if global.json {
        let ticks: Vec<_> = all
            .iter()
            .map(|(at, model, zone)| json!({"model": model, "at": at, "local": at.with_timezone(zone).to_rfc3339()}))
            .collect();
        output::line(&ticks);
        return Ok(());
    }
    let mut rows = vec![["at", "local", "model"].map(str::to_string).to_vec()];
    for (at, model, zone) in all {
        rows.push(vec![rfc3339(at.timestamp_millis()), shown(at, zone), model]);
    }
    if rows.len() > 1 {
        output::say(&output::table(&rows));
    }
    for paused in paused {
        output::say(&paused);
    }
    Ok(())
}

/// A time as the wall of a zone shows it.
fn shown(at: DateTime<Utc>, zone: chrono_tz::Tz) -> String {
    at.with_timezone(&zone)
        .format("%a %Y-%m-%d %H:%M:%S %Z")
        .to_string()
}

/// What is wrong now is above what came of past ticks: runs by hand and jobs fail without a tick.
async fn say_trouble(
    global: &Global,
    registry: &Registry,
    models: &[ModelConfig],
) -> Result<(), Failure> {
    let now_ms = context::clock()?.now_ms();
    for model in models {
        let trouble = diagnose::trouble(registry, model, now_ms).await?;
        let failure = trouble.failure.as_ref().map(|failure| failure.says());
        for says in failure.into_iter().chain(trouble.says_quarantined()) {
            if !global.quiet {
                let (name, says) = (&model.name, output::plain(&says));
                output::talk(&format!("{} {name}: {says}", output::yellow("note:")));
            }
        }
    }
    Ok(())
}

async fn log(
    global: &Global,
    registry: &Registry,
    models: &[ModelConfig],
    limit: u32,
) -> Result<(), Failure> {
    let ticks = registry
        .ticks(global.model.as_deref(), i64::from(limit))
        .await?;
    if global.json {
        output::line(&ticks);
        return Ok(());
    }
    say_trouble(global, registry, models).await?;
    let mut rows = vec![
        ["tick", "model", "outcome", "run", "why"]
            .map(str::to_string)
            .to_vec(),
    ];
    for tick in ticks {
        rows.push(vec![
            rfc3339(tick.tick_ms),
            tick.model,
            tick.outcome.words(),
            tick.run.map(String::from).unwrap_or_default(),
            tick.reason,
        ]);
    }
    output::say(&output::table(&rows));
    Ok(())
}

/// Follows the schedules until a signal, or does what is due now.
async fn follow(
    global: &Global,
    config: Config,
    models: Vec<ModelConfig>,
    registry: Registry,
    once: bool,
    seen: Option<Vec<u8>>,
) -> Result<u8, Failure> {
    let queue = Queue::of(&registry);
    let clock = context::clock()?;
    let jobs_now = Arc::new(ArcSwap::from_pointee(config.jobs.clone()));
    let scheduler = Arc::new(Scheduler {
        queue: queue.clone(),
        models: ArcSwap::from_pointee(models),
        clock,
        ids: context::ids()?,
        launcher: Some(Launcher {
            queue: queue.clone(),
            settings: jobs_now.clone(),
            project: config.project.clone(),
            clock,
        }),
    });
    let running = Running::begin(Some(&registry), "schedule", None).await;
    if once {
        let done = async {
            for model in scheduler.models.load_full().iter() {
                scheduler.poll(model).await?;
            }
            super::worker::until_empty(global, &config, queue, Vec::new()).await
        };
        let done = done.await;
        running.end().await;
        return done;
    }
    let mut signals = Signals::listen()?;
    let (stop, stopped) = watch::channel(false);
    let live = Live::new(
        "schedule",
        global,
        Vec::new(),
        &registry,
        clock,
        &config,
        seen,
    );
    let telling = notify::deliver_live(registry.clone(), live.settings(), clock, stopped.clone());
    let followed = scheduler.clone();
    let apply = async |fresh: &Config| {
        let models = context::models(global, fresh)?;
        followed.models.store(Arc::new(models));
        jobs_now.store(Arc::new(fresh.jobs.clone()));
        Ok(())
    };
    let say = super::worker::say(global);
    let told = super::worker::say(global);
    // This role has no log of its own.
    let hear = |news: SettingsNews| news.says().iter().for_each(|says| told(says));
    let following = live.follow(hear, stopped.clone(), apply, say);
    let schedules = schedule::run(scheduler.clone(), stopped);
    if !global.quiet {
        output::talk("following the schedule; jobs wait for `unseat worker`");
    }
    let waiting = async {
        while signals.next().await == Wish::Refresh {}
        stop.send_replace(true);
    };
    let (ran, (), (), ()) = tokio::join!(schedules, telling, waiting, following);
    running.end().await;
    ran?;
    registry.close().await;
    Ok(failure::DONE)
}
