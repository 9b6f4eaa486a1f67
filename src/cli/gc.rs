//! `gc`: removes what is old by the settings of `retention`, or says what would go.

use clap::Args;

use super::{Failure, Global, context, failure, output};
use crate::pipeline::{self, Fate, Retained, RetainedKind, Why};
use crate::text;

#[derive(Debug, Args)]
pub struct GcArgs {
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Let what is younger than a day go, too: nothing younger than this many hours goes
    #[arg(long, value_name = "HOURS")]
    min_age: Option<f64>,
}

pub async fn gc(global: &Global, args: &GcArgs) -> Result<u8, Failure> {
    let mut flags = Vec::new();
    if let Some(hours) = args.min_age {
        flags.push(("retention.min_age_hours", hours.to_string()));
    }
    let (config, registry) = context::project(global, &flags).await?;
    if !args.dry_run {
        context::finish_removals(&config, &registry).await?;
    }
    let models = context::models(global, &config)?;
    let several = models.len() > 1;
    let mut failed = None;
    for model in models {
        let name = model.name.clone();
        let env = context::env(global, &registry, model).await?;
        let done = if args.dry_run {
            pipeline::look(&env).await
        } else {
            pipeline::collect(&env).await
        };
        match done {
            Ok(retained) => {
                if several && !global.json {
                    output::say(&output::bold(&name));
                }
                show(global, &retained);
            }
            // One model that is at work must not keep the others from being cleared.
            Err(error) => {
                let error = Failure::from(error);
                if several {
                    error.print(global.json);
                }
                failed.get_or_insert(error);
            }
        }
    }
    registry.close().await;
    match failed {
        Some(error) => Err(error),
        None => Ok(failure::DONE),
    }
}

fn show(global: &Global, retained: &Retained) {
    if global.json {
        return output::line(retained);
    }
    let verb = if retained.dry_run {
        "would go"
    } else {
        "removed"
    };
    let (going, staying): (Vec<&Fate>, Vec<&Fate>) =
        retained.fates.iter().partition(|fate| fate.why.goes());
    let has_files = |fate: &&&Fate| !is_row(fate.kind);
    let mut rows: Vec<Vec<String>> = going
        .iter()
        .filter(has_files)
        .map(|fate| line(verb, fate))
        .collect();
    // What stays within its bounds needs no word; what stays although it could go does.
    let is_held = |fate: &&&Fate| has_files(fate) && ![Why::Within, Why::Young].contains(&fate.why);
    rows.extend(
        staying
            .iter()
            .filter(is_held)
            .map(|fate| line("stays", fate)),
    );
    if !rows.is_empty() {
        output::say(&output::table(&rows));
    }
    let quiet = staying.iter().filter(|fate| !is_held(fate));
    let quiet = counted(quiet.copied());
    if !quiet.is_empty() {
        output::say(&format!("kept within the bounds: {quiet}"));
    }
    let what = counted(going.iter().copied());
    if going.is_empty() {
        output::say(&format!("{} is old enough to go", output::bold("nothing")));
    } else {
        let bytes = size(retained.bytes_freed);
        output::say(&format!("{} {what}: {bytes}", output::bold(verb)));
    }
    if retained.logs_packed > 0 {
        let be = if retained.dry_run { "to be " } else { "" };
        output::say(&format!(
            "{be}compressed {}",
            text::counted(retained.logs_packed as u64, "log")
        ));
    }
}

fn line(verb: &str, fate: &Fate) -> Vec<String> {
    vec![
        verb.to_string(),
        format!("{} {}", name(fate.kind), output::plain(&fate.id)),
        fate.why.to_string(),
    ]
}

/// Whether it is a row of the database only; of those there are many, and they are counted.
fn is_row(kind: RetainedKind) -> bool {
    match kind {
        RetainedKind::Version
        | RetainedKind::Dataset
        | RetainedKind::Log
        | RetainedKind::PredictionLog => false,
        RetainedKind::Run | RetainedKind::Tick | RetainedKind::Job => true,
    }
}

fn name(kind: RetainedKind) -> &'static str {
    match kind {
        RetainedKind::Version => "version",
        RetainedKind::Dataset => "data set",
        RetainedKind::Log => "log",
        RetainedKind::PredictionLog => "prediction log",
        RetainedKind::Run => "run",
        RetainedKind::Tick => "tick",
        RetainedKind::Job => "job",
    }
}

/// `2 versions, 1 run`.
fn counted<'a>(fates: impl Iterator<Item = &'a Fate>) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for fate in fates {
        *counts.entry(fate.kind).or_insert(0) += 1;
    }
    let parts = counts
        .into_iter()
        .map(|(kind, n)| text::counted(n as u64, name(kind)));
    parts.collect::<Vec<_>>().join(", ")
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", output::thousands(bytes / 1_000_000)),
    }
}
