//! `gate backtest`: what would have been trained, decided and live over past data, by each policy.

use std::path::PathBuf;

use clap::Args;

use super::global::Global;
use super::policy_file::read_policy;
use super::{Failure, Kind, context, failure, output};
use crate::data::parse_time;
use crate::pipeline::backtest::{Backtest, Plan, Step, Steps, backtest as play, beside};
use crate::report::lines_svg;

#[derive(Debug, Args)]
pub struct BacktestArgs {
    /// First step, like 2026-01-01
    #[arg(long, value_name = "DATE", value_parser = instant, required_unless_present = "data_sets")]
    from: Option<i64>,
    /// End: no step begins then or later
    #[arg(long, value_name = "DATE", value_parser = instant, required_unless_present = "data_sets")]
    to: Option<i64>,
    /// From one step to the next: `12h`, `1d`, `1w`
    #[arg(long, value_name = "TIME", default_value = "1w", value_parser = length)]
    every: i64,
    /// Take a step for each data set that was kept instead, within the time where one is given
    #[arg(long, conflicts_with = "every")]
    data_sets: bool,
    /// File with a policy: the content of `gate` in config.json, as JSON. Without it, config.json's with what `--set` says
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Write a plot of it, as SVG
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// An instant in milliseconds.
fn instant(text: &str) -> Result<i64, String> {
    let micros = parse_time(text);
    micros
        .map(|micros| micros.div_euclid(1000))
        .ok_or_else(|| "give it like 2026-01-01 or 2026-01-01T06:00:00Z".to_string())
}

/// A length in milliseconds.
fn length(text: &str) -> Result<i64, String> {
    let hours = match text.chars().next_back() {
        Some('h') => Some(1),
        Some('d') => Some(24),
        Some('w') => Some(7 * 24),
        _ => None,
    };
    let number = text.get(..text.len().saturating_sub(1));
    let number = number.and_then(|number| number.parse::<i64>().ok());
    match hours.zip(number) {
        Some((hours, number)) if (1..=10_000).contains(&number) => Ok(hours * number * 3_600_000),
        _ => Err("give it like `12h`, `1d` or `1w`".to_string()),
    }
}

pub async fn backtest(global: &Global, args: &BacktestArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let policies = match &args.policy {
        Some(file) => beside(&read_policy(file)?, "the file's"),
        None => beside(&env.config.gate, "the project's"),
    };
    let steps = match (args.from, args.to) {
        (Some(from_ms), Some(to_ms)) if !args.data_sets => Steps::Time {
            from_ms,
            to_ms,
            every_ms: args.every,
        },
        (from_ms, to_ms) => Steps::DataSets { from_ms, to_ms },
    };
    let plan = Plan { steps, policies };
    let played = play(&env, &plan).await?;
    env.registry.close().await;
    if let Some(path) = &args.output {
        std::fs::write(path, plot(&played)).map_err(|error| {
            let error = anyhow::Error::from(error).context(format!("write {}", path.display()));
            Failure::new(Kind::Store, error)
        })?;
    }
    if global.json {
        output::line(&played);
    } else {
        say(&played);
        if let Some(path) = &args.output {
            output::say(&format!("plot  {}", path.display()));
        }
    }
    Ok(failure::DONE)
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_string(), |value| format!("{value:.4}"))
}

fn say(played: &Backtest) {
    let metric = played.metric.name();
    let mut head: Vec<String> = ["step", "rows", "test", "version", metric]
        .map(str::to_string)
        .to_vec();
    head.extend(played.summaries.iter().map(|it| it.policy.clone()));
    head.push("best".to_string());
    let mut table = vec![head];
    table.extend(played.steps.iter().map(line));
    output::say(&output::table(&table));
    for step in &played.steps {
        if let Some(why) = &step.why {
            output::talk(&format!("note: {}: {}", step.at, output::plain(why)));
        }
    }
    let head = [
        "policy",
        "promoted",
        "worse",
        "missed",
        metric,
        "below the best",
    ];
    let mut table = vec![head.map(str::to_string).to_vec()];
    for it in &played.summaries {
        table.push(vec![
            it.policy.clone(),
            it.promoted.to_string(),
            it.worse.to_string(),
            it.missed.to_string(),
            number(it.score),
            number(it.cost),
        ]);
    }
    output::say("");
    output::say(&output::table(&table));
    if let Some(first) = played.summaries.first() {
        output::say(&format!(
            "{metric} is that of what would have been live, on the rows until the next step; the first version all the time: {}",
            number(first.never)
        ));
    }
    for note in &played.notes {
        output::talk(&format!("note: {note}"));
    }
}

/// A step as a row: what each policy says of the new version, what is live then, and its metric until the next step.
fn line(step: &Step) -> Vec<String> {
    let mut cells = vec![
        step.at.get(..16).unwrap_or(&step.at).replace('T', " "),
        step.train_rows.to_string(),
        step.test_rows.to_string(),
        step.version.map_or("-".to_string(), |it| it.to_string()),
        number(step.challenger),
    ];
    cells.extend(step.policies.iter().map(|live| {
        let verdict = live.verdict.map_or("-", |it| it.name());
        let champion = live
            .champion
            .map_or("none".to_string(), |it| format!("v{it}"));
        format!("{verdict}, {champion} {}", number(live.score))
    }));
    cells.push(number(step.best));
    cells
}

fn plot(played: &Backtest) -> String {
    let steps: Vec<String> = played
        .steps
        .iter()
        .map(|step| step.at.get(..10).unwrap_or(&step.at).to_string())
        .collect();
    let mut lines: Vec<(&str, Vec<Option<f64>>)> = played
        .summaries
        .iter()
        .enumerate()
        .map(|(at, it)| {
            let live = played.steps.iter().map(|step| step.policies[at].score);
            (it.policy.as_str(), live.collect())
        })
        .collect();
    lines.push((
        "best so far",
        played.steps.iter().map(|step| step.best).collect(),
    ));
    let title = format!(
        "{}: {} of what would have been live",
        played.model,
        played.metric.title()
    );
    lines_svg(&title, &steps, &lines)
}
