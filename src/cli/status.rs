//! `status`: one screen that shows whether anything needs attention.

use std::sync::Arc;

use clap::Args;

use super::{Failure, Global, context, failure, output};
use crate::config::Config;
use crate::overview::{self, ModelStatus, Status, short, span};
use crate::pipeline::Env;
use crate::registry::Registry;

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// End with exit code 15 when something needs attention
    #[arg(long)]
    detailed_exit_code: bool,
}

pub async fn status(global: &Global, args: &StatusArgs) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let envs = envs(global, &config, &registry).await?;
    let status = overview::status(&registry, &config.project, &envs).await?;
    let needs = status.models.iter().any(|model| !model.needs.is_empty());
    if global.json {
        output::line(&status);
    } else {
        say(&status);
    }
    registry.close().await;
    Ok(if needs && args.detailed_exit_code {
        failure::NEEDS
    } else {
        failure::DONE
    })
}

impl From<overview::Error> for Failure {
    fn from(error: overview::Error) -> Self {
        match error {
            overview::Error::Pipeline(error) => error.into(),
            overview::Error::Schedule(error) => error.into(),
        }
    }
}

/// What the stages of each model may touch: of the named one, or of all.
pub async fn envs(
    global: &Global,
    config: &Config,
    registry: &Registry,
) -> Result<Vec<Arc<Env>>, Failure> {
    let mut envs = Vec::new();
    for model in context::models(global, config)? {
        envs.push(Arc::new(context::env(global, registry, model).await?));
    }
    Ok(envs)
}

fn say(status: &Status) {
    output::say(&output::bold(&status.says));
    for notice in &status.notices {
        output::say(&format!("note: {}", output::plain(notice)));
    }
    for model in &status.models {
        output::say("");
        of_model(model);
    }
    let (queue, mut rows) = (&status.queue, Vec::new());
    rows.push(vec![
        "queue".to_string(),
        format!(
            "{} waiting, {} running, {} dead-lettered in 7 days; {} workers",
            queue.queued,
            queue.running,
            queue.dead,
            queue.workers.len()
        ),
    ]);
    if let Some(disk) = &status.disk {
        let megabytes = |bytes: u64| output::thousands(bytes / 1_000_000);
        rows.push(vec![
            "disk".to_string(),
            format!(
                "{} MB free, database {} MB",
                megabytes(disk.free_bytes),
                megabytes(disk.database_bytes)
            ),
        ]);
    }
    output::say("");
    output::say(&output::table(&rows));
}

fn of_model(model: &ModelStatus) {
    output::say(&format!("{}: {}", output::bold(&model.model), model.says));
    for need in &model.needs {
        output::say(&format!("  needs you: {}", output::plain(need)));
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut fact = |name: &str, value: String| rows.push(vec![format!("  {name}"), value]);
    if let Some(decision) = &model.decision {
        let delta = decision.delta.map_or(String::new(), |delta| {
            format!(", {} {delta:+.4}", decision.metric.name())
        });
        let keys = decision.p_all.zip(decision.p_trusted);
        let keys = keys.map_or(String::new(), |(all, trusted)| {
            format!(", P(better) {} and {}", short(all), short(trusted))
        });
        fact(
            "last decision",
            format!(
                "version {}: {}{delta}{keys}",
                decision.version, decision.verdict
            ),
        );
    }
    let never = || "never".to_string();
    fact(
        "last success",
        model.last_success.clone().unwrap_or_else(never),
    );
    fact(
        "last failure",
        model.last_failure.clone().unwrap_or_else(never),
    );
    if let Some(data) = &model.data {
        let rows = output::thousands(data.rows.max(0) as u64);
        fact(
            "data",
            format!("{rows} rows, {} old", span(data.age_seconds)),
        );
    }
    for drift in &model.drift {
        let reason = output::plain(&drift.reason);
        fact(
            &format!("drift, {}", drift.rows),
            format!("{}: {reason} ({})", drift.verdict, drift.at),
        );
    }
    if let Some(probation) = &model.probation {
        let words = probation.state.of_version();
        fact(
            "probation",
            format!("version {} {words}", probation.version),
        );
    }
    let schedule = &model.schedule;
    fact(
        "next runs",
        match (schedule.next.is_empty(), &schedule.cron) {
            (_, Some(_)) if schedule.paused => {
                let by = schedule.paused_by.clone().unwrap_or_default();
                format!("paused by {by}")
            }
            (false, Some(cron)) => format!("{} ({cron})", schedule.next.join(", ")),
            _ => "no schedule".to_string(),
        },
    );
    let newest = overview::fold(&model.timeline).into_iter().take(5);
    for (at, (entry, more)) in newest.enumerate() {
        let more = match more {
            0 => String::new(),
            n => format!(" (and {n} more before)"),
        };
        let name = if at == 0 { "runs" } else { "" };
        fact(
            name,
            format!(
                "{}  {}  {}{more}",
                entry.at,
                entry.outcome.words(),
                output::plain(&entry.why)
            ),
        );
    }
    output::say(&output::table(&rows));
}
