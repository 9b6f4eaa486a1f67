//! `jobs list|show|submit|cancel|retry`.

use crate::model_types::Outcome;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::clock::rfc3339;
use crate::config::Config;
use crate::jobs::{self, Queue, Submitted};
use crate::pipeline;
use crate::registry::{Cancel, JobRow, JobState, NewJob, Registry};

/// Bytes of a run's log that are shown.
const SHOWN_BYTES: u64 = 32 << 10;
/// Lines of it.
const SHOWN_LINES: usize = 10;
/// How often a job that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub struct JobsArgs {
    #[command(subcommand)]
    command: Option<JobsCommand>,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// One line per job, newest first
    List {
        /// Most jobs to list
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// A job with the end of its run's log
    Show {
        /// Job id, a unique beginning of one, or `latest`
        #[arg(value_name = "JOB", default_value = "latest")]
        job: String,
    },
    /// Ask for a run; a worker does it
    Submit {
        /// Train even when the same data and settings reached a verdict before
        #[arg(long)]
        force: bool,
        /// Wait for its end
        #[arg(long)]
        wait: bool,
    },
    /// Take a job back; a run under way is ended
    Cancel {
        /// Job id, a unique beginning of one, or `latest`
        #[arg(value_name = "JOB")]
        job: String,
    },
    /// Try a job again that failed, was cancelled or dead-lettered
    Retry {
        /// Job id, a unique beginning of one, or `latest`
        #[arg(value_name = "JOB")]
        job: String,
    },
}

pub async fn jobs(global: &Global, args: &JobsArgs) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let usual = JobsCommand::List { limit: 20 };
    match args.command.as_ref().unwrap_or(&usual) {
        JobsCommand::List { limit } => {
            let model = global.model.as_deref();
            list(global, registry.jobs(model, i64::from(*limit)).await?);
            Ok(failure::DONE)
        }
        JobsCommand::Show { job } => {
            show(global, &config, &find(&registry, job).await?).await;
            Ok(failure::DONE)
        }
        JobsCommand::Submit { force, wait } => {
            submit(global, &config, &registry, *force, *wait).await
        }
        JobsCommand::Cancel { job } => cancel(global, &registry, job).await,
        JobsCommand::Retry { job } => retry(global, &registry, job).await,
    }
}

fn list(global: &Global, jobs: Vec<JobRow>) {
    if global.json {
        return output::line(&jobs);
    }
    let head = [
        "job",
        "model",
        "by",
        "asked",
        "state",
        "outcome",
        "attempts",
        "next attempt",
        "why",
    ];
    let mut rows = vec![head.map(str::to_string).to_vec()];
    for job in jobs {
        let next = next_attempt(&job).unwrap_or_default();
        rows.push(vec![
            job.id,
            job.model,
            job.trigger,
            rfc3339(job.created_ms),
            job.state.says(),
            job.outcome.map(Outcome::words).unwrap_or_default(),
            job.attempts.to_string(),
            next,
            output::plain(&job.error.unwrap_or_default()),
        ]);
    }
    output::say(&output::table(&rows));
}

/// When a job that waits to be tried again is started, at the earliest.
fn next_attempt(job: &JobRow) -> Option<String> {
    let waits = job.state == JobState::Queued && job.attempts > 0;
    waits.then(|| rfc3339(job.not_before_ms))
}

async fn find(registry: &Registry, id: &str) -> Result<JobRow, Failure> {
    let mut found = registry.find_jobs(id).await?;
    match (found.pop(), found.is_empty()) {
        (Some(job), true) => Ok(job),
        (None, _) => {
            let error = anyhow::anyhow!("find a job whose id begins with `{id}`");
            Err(Failure::new(Kind::Data, error).hint("`unseat jobs` shows the ids"))
        }
        (Some(_), false) => {
            let error = anyhow::anyhow!("find one job: several ids begin with `{id}`");
            Err(Failure::new(Kind::Data, error).hint("give more of the id"))
        }
    }
}

async fn show(global: &Global, config: &Config, job: &JobRow) {
    if let (Some(model), Some(run)) = (config.models.get(&job.model), &job.run) {
        pipeline::fetch_log(model, run).await;
    }
    let log = job.run.as_ref().and_then(|run| {
        let path = pipeline::run_log(&config.project, run);
        pipeline::log_end(&path, SHOWN_BYTES).ok()
    });
    let lines: Vec<&str> = log.iter().flat_map(|log| log.lines()).collect();
    let lines = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    if global.json {
        return output::line(&json!({"job": job, "log": lines}));
    }
    let moment = |ms: Option<i64>| ms.map(rfc3339);
    let facts = [
        ("job", Some(job.id.clone())),
        ("model", Some(job.model.clone())),
        (
            "asked",
            Some(format!(
                "{} by {} ({})",
                rfc3339(job.created_ms),
                job.actor,
                job.trigger
            )),
        ),
        ("tick", moment(job.tick_ms)),
        ("state", Some(job.state.to_string())),
        ("outcome", job.outcome.map(|it| it.to_string())),
        ("why", job.error.as_deref().map(output::plain)),
        ("attempts", Some(job.attempts.to_string())),
        ("next attempt", next_attempt(job)),
        ("run", job.run.clone().map(String::from)),
        ("worker", job.worker.clone()),
        ("begun", moment(job.started_ms)),
        ("ended", moment(job.ended_ms)),
    ];
    let rows: Vec<_> = facts
        .into_iter()
        .filter_map(|(name, value)| Some(vec![name.to_string(), value?]))
        .collect();
    output::say(&output::table(&rows));
    for line in lines.iter().filter_map(|line| brief(line)) {
        output::say(&output::plain(&line));
    }
}

/// A line of a run's log for people: time and message. Its report is nothing for them.
fn brief(line: &str) -> Option<String> {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(line) else {
        return Some(line.to_string());
    };
    let at = value["timestamp"].as_str()?;
    let at = at.get(11..19).unwrap_or(at);
    Some(format!("{at}  {}", value["message"].as_str()?))
}

async fn submit(
    global: &Global,
    config: &Config,
    registry: &Registry,
    force: bool,
    wait: bool,
) -> Result<u8, Failure> {
    let model = context::model(global, config)?;
    let queue = Queue::of(registry);
    let (clock, ids) = (context::clock()?, context::ids()?);
    let asked = jobs::new_job(ids, &model.name, "cli", &context::actor(), clock.now());
    let job = NewJob { force, ..asked };
    match jobs::submit(&queue, &job, model.schedule.overlap).await? {
        Submitted::Busy(open) => return Err(busy(&open)),
        Submitted::Queued(_) | Submitted::Known | Submitted::LeftOut(_) => {}
    }
    if registry.living_workers().await?.is_empty() && !global.quiet {
        output::talk("no worker is running; `unseat worker` starts one");
    }
    if !wait {
        if global.json {
            output::line(&json!({"job": job.id, "run": job.run, "model": job.model}));
        } else {
            output::say(&format!("job {} waits for a worker", job.id));
        }
        return Ok(failure::DONE);
    }
    let job = end_of(registry, &job.id).await?;
    show(global, config, &job).await;
    Ok(if job.state == JobState::Done {
        failure::DONE
    } else {
        failure::FAILED
    })
}

async fn end_of(registry: &Registry, id: &str) -> Result<JobRow, Failure> {
    loop {
        let job = find(registry, id).await?;
        if !job.is_open() {
            return Ok(job);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn busy(open: &JobRow) -> Failure {
    let (id, model, state) = (&open.id, &open.model, &open.state);
    let error = anyhow::anyhow!("queue a run of `{model}`: job {id} is {state}");
    let hint = format!("wait for its end, or cancel it with `unseat jobs cancel {id}`");
    Failure::new(Kind::Locked, error).hint(hint)
}

async fn cancel(global: &Global, registry: &Registry, id: &str) -> Result<u8, Failure> {
    let job = find(registry, id).await?;
    let now_ms = context::clock()?.now_ms();
    let cancelled = registry
        .cancel_job(&job.id, &context::actor(), now_ms)
        .await?;
    let (word, text) = match cancelled {
        Cancel::Ended => ("cancelled", "is cancelled"),
        Cancel::Asked => ("asked", "is asked to end; its worker ends its run"),
        Cancel::Over => {
            let error = anyhow::anyhow!("cancel the job {}: it is {}", job.id, job.state);
            return Err(Failure::new(Kind::Data, error));
        }
    };
    if global.json {
        output::line(&json!({"job": job.id, "state": word}));
    } else {
        output::say(&format!("job {} {text}", job.id));
    }
    Ok(failure::DONE)
}

async fn retry(global: &Global, registry: &Registry, id: &str) -> Result<u8, Failure> {
    let job = find(registry, id).await?;
    let queue = Queue::of(registry);
    let clock = context::clock()?;
    let run = context::ids()?.run_id(&job.model, clock.now());
    match jobs::retry(&queue, &job, &run).await? {
        Some(Submitted::Busy(open)) => return Err(busy(&open)),
        Some(_) => {}
        None => {
            let error = anyhow::anyhow!("try the job {} again: it is {}", job.id, job.state);
            let hint = "`unseat jobs submit` asks for another run";
            return Err(Failure::new(Kind::Data, error).hint(hint));
        }
    }
    if global.json {
        output::line(&json!({"job": job.id, "run": run, "model": job.model}));
    } else {
        output::say(&format!("job {} waits for a worker", job.id));
    }
    Ok(failure::DONE)
}
