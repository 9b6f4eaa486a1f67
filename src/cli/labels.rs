//! `labels`: what answers turned out to be, from a file; without one, how good the answers were.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::global::Global;
use super::labels_wanted::{WantedArgs, wanted};
use super::progress::warn;
use super::{Failure, context, failure, output};
use crate::pipeline::drift::{champion, span};
use crate::pipeline::live::{
    LabelsReport, LiveAnswer, LiveWeek, LiveWindow, give, keep_summary, live, read_labels,
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LabelsArgs {
    #[command(subcommand)]
    command: Option<LabelsCommand>,
    /// File with the columns `id`, `label` (or the target's name), and where they are known `observed_at` and `source`; without
    /// one, how good the answers were is shown
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Say what would become of each label, and write nothing
    #[arg(long, requires = "file")]
    dry_run: bool,
    /// Answers of how long are shown: `24h`, `7d`, or since an instant
    #[arg(
        long,
        value_name = "TIME",
        default_value = "7d",
        conflicts_with = "file"
    )]
    window: String,
    /// Exit with 12 when no answer is kept of that time
    #[arg(long, conflicts_with = "file")]
    detailed_exit_code: bool,
}

#[derive(Debug, Subcommand)]
enum LabelsCommand {
    /// Name the logged requests whose labels would settle a decision that the gate left open
    Wanted(WantedArgs),
}

/// Labels of one transaction.
const AT_ONCE: usize = 5000;
/// Labels that are shown one by one.
const MOST_LINES: usize = 20;

pub async fn labels(global: &Global, args: &LabelsArgs) -> Result<u8, Failure> {
    if let Some(LabelsCommand::Wanted(args)) = &args.command {
        return wanted(global, args).await;
    }
    let env = context::open(global, &[]).await?;
    let Some(file) = &args.file else {
        let now_ms = env.clock.now_ms();
        let Some((from_ms, to_ms)) = span(&args.window, env.config.drift.window, now_ms) else {
            let error = format!("read the time `{}`", args.window);
            return Err(
                Failure::usage(error).hint("give it like `24h`, `7d` or 2026-11-29T00:00:00Z")
            );
        };
        let answer = live(&env, (from_ms, to_ms + 1)).await?;
        env.registry.close().await;
        if global.json {
            output::line(&answer);
        } else {
            say_live(&answer);
        }
        let Some(reason) = answer.reason else {
            return Ok(failure::DONE);
        };
        warn(global, reason);
        return Ok(if args.detailed_exit_code {
            failure::INCONCLUSIVE
        } else {
            failure::DONE
        });
    };
    let (version, bundle) = champion(&env).await?;
    let given = read_labels(file, &bundle.target)?;
    let mut whole: Option<LabelsReport> = None;
    // Each part is recorded whole; what was recorded before a failure is `unchanged` the next time.
    for part in given.chunks(AT_ONCE) {
        let report = give(&env, &bundle, part.to_vec(), args.dry_run).await?;
        whole = Some(match whole {
            None => report,
            Some(mut whole) => {
                for (outcome, n) in report.counts {
                    *whole.counts.entry(outcome).or_default() += n;
                }
                whole.labels.extend(report.labels);
                whole
            }
        });
    }
    if !args.dry_run && !given.is_empty() {
        // The check for staleness sees what has just been added.
        keep_summary(&env, version).await?;
    }
    env.registry.close().await;
    let report = whole.unwrap_or_else(|| LabelsReport {
        model: env.config.name.clone(),
        dry_run: args.dry_run,
        counts: Default::default(),
        labels: Vec::new(),
    });
    if global.json {
        output::line(&report);
    } else {
        say_report(&report);
    }
    Ok(failure::DONE)
}

fn say_report(report: &LabelsReport) {
    for item in report
        .labels
        .iter()
        .filter(|item| item.reason.is_some())
        .take(MOST_LINES)
    {
        output::say(&format!(
            "{} {}: {}",
            output::plain(&item.id),
            item.outcome.name().replace('_', " "),
            item.reason.unwrap_or_default()
        ));
    }
    let counts = report.counts.iter();
    let counts: Vec<String> = counts
        .map(|(outcome, n)| format!("{n} {}", outcome.replace('_', " ")))
        .collect();
    let what = if counts.is_empty() {
        "no label in the file".to_string()
    } else {
        counts.join(", ")
    };
    let dry = if report.dry_run {
        " (nothing was written)"
    } else {
        ""
    };
    output::say(&format!("{what}{dry}"));
}

fn say_live(answer: &LiveAnswer) {
    if let Some(reason) = answer.reason {
        return output::say(reason);
    }
    let header = [
        "version",
        "from",
        "answers",
        "labelled",
        answer.metric.name(),
        "interval",
        "estimated",
        "difference",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    rows.extend(answer.versions.iter().chain(&answer.days).map(line));
    output::say(&output::table(&rows));
    if !answer.weeks.is_empty() {
        let header = [
            "week from",
            "version",
            "answers",
            "labelled",
            "spearman",
            "worst 10 %",
            "worst 20 %",
        ];
        let mut rows = vec![header.map(str::to_string).to_vec()];
        rows.extend(answer.weeks.iter().map(week));
        output::say(&output::table(&rows));
    }
    output::talk(&format!("estimated: {}", answer.assumption));
}

/// Begin, coverage and ranking of a week.
fn week(week: &LiveWeek) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.4}"));
    vec![
        week.from.split('T').next().unwrap_or_default().to_string(),
        week.version.to_string(),
        week.answers.to_string(),
        week.labelled.to_string(),
        number(week.ranking.spearman),
        number(week.ranking.worst_10),
        number(week.ranking.worst_20),
    ]
}

fn line(window: &LiveWindow) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.4}"));
    let labelled = &window.labelled;
    let share = labelled.coverage.share().map_or(String::new(), |share| {
        let waits = if window.is_immature {
            ", more to come"
        } else {
            ""
        };
        format!(
            "{} ({:.0} %{waits})",
            labelled.coverage.labelled,
            100.0 * share
        )
    });
    vec![
        window.version.to_string(),
        window.from.clone(),
        labelled.coverage.answers.to_string(),
        share,
        number(labelled.score),
        labelled.interval.map_or(String::new(), |it| {
            format!("{:.4} to {:.4}", it.low, it.high)
        }),
        window.estimated.map_or(String::new(), |it| {
            format!(
                "{:.4} ({:.4} to {:.4})",
                it.value, it.interval.low, it.interval.high
            )
        }),
        number(window.difference),
    ]
}
