//! `run`: all stages once, and at the end the one line that matters.

use clap::Args;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::global::Global;
use super::{Failure, Kind, context, failure, interrupt, notify, output};
use crate::config::Severity;
use crate::drift::Verdict;
use crate::evaluate::{Interval, Metric};
use crate::model_types::{Outcome, RunId};
use crate::pipeline::{self, RunOptions, RunReport, SideScore};

#[derive(Debug, Args)]
pub struct RunArgs {
    /// Folder with the source files, instead of `input_folder_path`
    #[arg(long, value_name = "DIR")]
    input: Option<String>,
    /// How the gate compares: `better`, `not_worse` or `naive`
    #[arg(long, value_name = "MODE")]
    gate: Option<String>,
    /// Train even when the same data and settings reached a verdict before
    #[arg(long)]
    force: bool,
    /// Only say what would be done: read and hash the files, train nothing, write nothing
    #[arg(long, conflicts_with = "run_id")]
    dry_run: bool,
    /// Exit with 10 when there was nothing new, 11 when rejected, 12 when inconclusive, 13 when locked, 16 when
    /// equivalent
    #[arg(long)]
    detailed_exit_code: bool,
    /// Id of the run, when who starts it has to know it before
    #[arg(long, hide = true, value_name = "ID", value_parser = run_id)]
    run_id: Option<RunId>,
    /// What is recorded as having started the run
    #[arg(long, hide = true, value_parser = ["cli", "api", "schedule", "up"], default_value = "cli")]
    trigger: String,
    /// Megabytes of memory that it may take
    #[arg(long, hide = true, value_name = "N")]
    memory_mb: Option<u64>,
}

impl RunArgs {
    /// Keeps this process, which does nothing else, below the memory that it was given.
    pub fn limit_memory(&self) -> Result<(), Failure> {
        let Some(megabytes) = self.memory_mb else {
            return Ok(());
        };
        let bytes = Some(megabytes.saturating_mul(1 << 20));
        let limit = Rlimit {
            current: bytes,
            maximum: bytes,
        };
        // What is written to counts, not addresses that are only reserved: of those an allocator takes any number.
        setrlimit(Resource::Data, limit).map_err(|error| {
            let error = anyhow::Error::from(error).context("limit the memory");
            Failure::new(Kind::Internal, error)
        })
    }
}

fn run_id(text: &str) -> Result<RunId, String> {
    if pipeline::is_run_id(text) {
        Ok(RunId::new(text))
    } else {
        Err("a run id is like 20261121T075003Z-123a0b1c2".to_string())
    }
}

pub async fn run(global: &Global, args: &RunArgs) -> Result<u8, Failure> {
    let mut flags = Vec::new();
    if let Some(input) = &args.input {
        flags.push(("input_folder_path", input.clone()));
    }
    if let Some(mode) = &args.gate {
        flags.push(("gate.require", mode.clone()));
    }
    let (config, registry) = context::project(global, &flags).await?;
    context::warn_of_unnamed(global, &config, &registry).await?;
    let models = context::models(global, &config)?;
    if args.dry_run {
        return super::dry_run::dry_run(global, &registry, models, args.force).await;
    }
    let several = models.len() > 1;
    if several && args.run_id.is_some() {
        let error = Failure::usage("use one run id for several models");
        return Err(error.hint("add `--model NAME`"));
    }
    interrupt::watch(global, &registry, context::clock()?)?;
    notify::at_the_beginning(&registry, &config, context::clock()?).await;
    let mut code = failure::DONE;
    let mut failed = None;
    let mut runs = Vec::new();
    for model in models {
        let name = model.name.clone();
        let env = context::env(global, &registry, model).await?;
        let id = args.run_id.clone().unwrap_or_else(|| env.new_run_id());
        runs.push(id.clone());
        let options = RunOptions {
            trigger: args.trigger.clone(),
            force: args.force,
            id: Some(id),
        };
        if several && !global.json {
            output::talk(&output::bold(&name));
        }
        match pipeline::run(&env, &options).await {
            Ok(report) => {
                if args.detailed_exit_code && code == failure::DONE {
                    code = code_of(&report);
                }
                show(global, &report);
            }
            // One model's trouble must not keep the others from their run; the exit code is that of the first.
            Err(error) => {
                let error = Failure::from(error).detailed(args.detailed_exit_code);
                if several {
                    error.print(global.json);
                }
                failed.get_or_insert(error);
            }
        }
    }
    notify::at_the_end(&registry, &config, context::clock()?, &runs).await;
    registry.close().await;
    match failed {
        Some(error) => Err(error),
        None => Ok(code),
    }
}

pub fn code_of(report: &RunReport) -> u8 {
    match report.outcome {
        Outcome::NothingNew => failure::NOTHING_NEW,
        Outcome::Reject => failure::REJECTED,
        Outcome::Equivalent => failure::EQUIVALENT,
        Outcome::Inconclusive => failure::INCONCLUSIVE,
        Outcome::Promote
        | Outcome::Retune
        | Outcome::Pinned
        | Outcome::Frozen
        | Outcome::Waiting
        | Outcome::Rescored
        | Outcome::Ingested
        | Outcome::Trained
        | Outcome::Scored
        | Outcome::Reported
        | Outcome::Adopted => failure::DONE,
    }
}

/// Prints what came of a run or a stage.
pub fn show(global: &Global, report: &RunReport) {
    if global.json {
        return output::line(report);
    }
    let metric = report.scores.metric;
    let sides = [
        ("challenger", &report.scores.challenger),
        ("champion", &report.scores.champion),
    ];
    let mut rows = Vec::new();
    let champion = report.scores.champion.as_ref().map(|it| it.version);
    for (role, side) in sides {
        // The champion scored by hand has nothing to be compared with but itself.
        let is_champion = |side: &SideScore| role == "challenger" && champion == Some(side.version);
        if let Some(side) = side.as_ref().filter(|side| !is_champion(side)) {
            rows.push(vec![
                role.to_string(),
                format!("version {}", side.version),
                value(side, metric),
            ]);
        }
    }
    if !rows.is_empty() {
        output::say(&output::table(&rows));
    }
    if let (Some(learner), Some(n)) = (report.learner, report.chosen_from) {
        output::say(&format!(
            "learner     {learner}, chosen by `auto` from {n} candidates"
        ));
    }
    if let Some(page) = report
        .artifacts
        .iter()
        .find(|file| file.ends_with("report.html"))
    {
        output::say(&format!("report      {page}"));
    }
    let is_told = |says: &str| report.reasons.iter().any(|reason| reason.contains(says));
    for finding in &report.findings {
        if finding.severity >= Severity::Warn && !is_told(&finding.says) {
            let says = output::plain(&finding.says);
            output::say(&format!(
                "warning     check `{}`: {says}",
                finding.check.name()
            ));
        }
    }
    if let Some(drift) = report
        .drift
        .as_ref()
        .filter(|it| it.verdict >= Verdict::Warn)
    {
        output::say(&format!("drift       {}", output::plain(&drift.reason)));
    }
    for reason in report.reasons.iter().skip(1) {
        output::say(&format!("also        {}", output::plain(reason)));
    }
    output::say(&last_line(report));
}

/// `f1 0.7863 (95 % 0.77 to 0.80)`.
fn value(side: &SideScore, metric: Metric) -> String {
    let Some(value) = side.scores.get(metric) else {
        return format!("{} is not defined on these rows", metric.name());
    };
    let interval = side
        .intervals
        .iter()
        .find(|interval| interval.metric == metric);
    // A width that does not show is none.
    let shown = interval.map(|found| found.interval);
    let shown = shown.map(|Interval { low, high }| (format!("{low:.4}"), format!("{high:.4}")));
    match shown.filter(|(low, high)| low != high) {
        Some((low, high)) => format!("{} {value:.4} ({low} to {high})", metric.name()),
        None => format!("{} {value:.4}", metric.name()),
    }
}

/// The one important line.
fn last_line(report: &RunReport) -> String {
    let why = report
        .reasons
        .first()
        .map(|reason| format!(": {}", output::plain(reason)))
        .unwrap_or_default();
    let version = report
        .version
        .map(|version| version.to_string())
        .unwrap_or_default();
    let stays = match report.champion {
        Some(champion) => format!("version {champion} stays the champion"),
        None => "there is no champion".to_string(),
    };
    match report.outcome {
        Outcome::Promote => format!(
            "{} version {version} is the champion{why}",
            output::green("promoted")
        ),
        Outcome::Reject => format!(
            "{} version {version}, {stays}{why}",
            output::bold("rejected")
        ),
        Outcome::Retune if report.champion == report.version => format!(
            "{} version {version}, the champion before with another threshold, is the champion{why}",
            output::green("retuned")
        ),
        Outcome::Retune => format!(
            "{} version {version} is passed over for another threshold of the champion, {stays}{why}",
            output::bold("retune")
        ),
        Outcome::Equivalent => format!(
            "{} version {version} is no better and no worse, {stays}{why}",
            output::bold("equivalent")
        ),
        Outcome::Inconclusive if report.champion.is_none() => {
            format!("{} version {version}, {stays}{why}", output::bold("held"))
        }
        Outcome::Inconclusive => format!(
            "{} on version {version}, {stays}{why}",
            output::bold("inconclusive")
        ),
        Outcome::Waiting => format!(
            "{} version {version} would be promoted and {stays} until it is approved: unseat approve {version}{why}",
            output::bold("waiting")
        ),
        Outcome::Pinned => format!(
            "{} version {version} would be promoted, but {stays}{why}",
            output::bold("pinned")
        ),
        Outcome::Frozen => format!(
            "{} version {version} would be promoted, but rows drift and {stays}{why}",
            output::bold("frozen")
        ),
        Outcome::NothingNew => format!("{}{why}", output::bold("nothing new")),
        Outcome::Rescored => format!("{}{why}", output::bold("scored again")),
        Outcome::Scored if report.artifacts.is_empty() => format!(
            "{} version {version}; the score is in the database, the files of a version that was decided on stay as the gate saw them{why}",
            output::bold("scored")
        ),
        other @ (Outcome::Ingested
        | Outcome::Trained
        | Outcome::Scored
        | Outcome::Reported
        | Outcome::Adopted) => {
            let files = report.artifacts.join(", ");
            format!("{} {files}{why}", output::bold(other.name()))
        }
    }
}
