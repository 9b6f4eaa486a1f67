//! `predict FILE`: the file's own columns as they stand, with predictions beside them.

mod engine;
mod format;
mod given;
mod kept;
mod unusual;
mod write_output;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use polars::prelude::{Column, DataFrame};
use serde_json::json;

use self::given::Given;
use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::bundle::Bundle;
use crate::data;
use crate::evaluate::Predictions;
use crate::features::{self, Unreadable, as_taken, unreadable};
use crate::model_types::VersionNumber;
use crate::pipeline;
use crate::text::nearest;
use format::Format;
use kept::{filtered, spread};

#[derive(Debug, Clone, Args)]
pub struct PredictArgs {
    /// File to predict: CSV (also .gz, .zst), JSON, NDJSON or Parquet; `-` is stdin; for a model of related tables, a folder
    /// with a file for each or a JSON file that holds them
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File to write, its form by its ending; without it, CSV on stdout (NDJSON with --json)
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Version to predict with: a number, `latest` or `champion`
    #[arg(long = "version", value_name = "VERSION", default_value = "champion")]
    version: String,
    /// Format of stdin; without it, what its first bytes say
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// What becomes of a row in which a cell cannot be what its column is: a text among numbers, a time in another form
    #[arg(long, value_name = "WHAT", default_value = "fail")]
    on_bad_row: OnBadRow,
    /// Has the project's engine predict: FILE is a file or a folder that it sees, OUT a folder of Parquet that is not there yet
    #[arg(long, requires = "output")]
    engine: bool,
}

impl PredictArgs {
    /// The same with another version.
    pub fn of_version(&self, version: VersionNumber) -> PredictArgs {
        PredictArgs {
            version: version.to_string(),
            ..self.clone()
        }
    }
}

/// What becomes of such a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnBadRow {
    /// Nothing is predicted; the first such cell is named, as the server does with 422
    Fail,
    /// The cell counts as missing; how many there are is said
    Missing,
    /// The row is left out; how many there are is said
    Skip,
}

pub async fn predict(global: &Global, args: &PredictArgs) -> Result<u8, Failure> {
    if let (true, Some(out)) = (args.engine, &args.output) {
        return engine::predict(global, &args.file, out, &args.version).await;
    }
    if let Some(path) = &args.output {
        write_output::check(path)?;
    }
    let env = context::open(global, &[]).await?;
    let version = pipeline::pick_version(&env, &args.version).await?;
    let pipeline::LoadedVersion { number, bundle, .. } =
        pipeline::load_bundle(&env, version.number).await?;
    env.registry.close().await;
    let mut given = Given::read(&args.file, args.format, &env.config, &bundle)?;
    for note in &given.notes {
        warn(global, note, json!({ "note": note }));
    }
    check_columns(&given.frame, &bundle)?;
    let reads = bundle.transformer.reads(&bundle.reading);
    let nulls = &env.config.ingest.null_values;
    let found = unreadable(&given.frame, &reads, nulls);
    let keep = judge(global, args.on_bad_row, &given, &found)?;
    given.frame = as_taken(given.frame, &reads, nulls).map_err(pipeline::Error::from)?;
    for dates in &bundle.transformer.prepare.dates {
        let column = given.frame.column(&dates.column);
        let far = column.map_or(0, |column| dates.far(column));
        if far > 0 {
            let text = format!(
                "`{}`: {} far outside the times of training",
                dates.column,
                cells(far as u64)
            );
            warn(
                global,
                &text,
                json!({"column": dates.column, "cells": far, "warning": "outside_training_range"}),
            );
        }
    }
    let frame = match &keep {
        None => given.frame.clone(),
        Some(keep) => filtered(&given.frame, keep)?,
    };
    say_unusual(global, &frame, &bundle)?;
    let frame = data::rules::enforce(frame, &bundle.rules)?;
    let answers = bundle
        .scorer()
        .answer_frame(&frame)
        .map_err(pipeline::Error::from)?;
    let mut added = columns(&bundle, answers);
    for (from, to) in make_room(&mut added, &given.own.names()) {
        let note = format!("the file has a column `{from}`; the model's is written as `{to}`");
        warn(global, &note, json!({"column": from, "written_as": to}));
    }
    let added = match &keep {
        None => added,
        Some(keep) => added
            .iter()
            .map(|column| spread(column, keep))
            .collect::<Result<_, _>>()?,
    };
    write_output::write(
        &given.own,
        &added,
        keep.as_deref(),
        args.output.as_deref(),
        global.json,
    )?;
    if let Some(path) = &args.output {
        report(
            global,
            path,
            frame.height(),
            number,
            &found,
            keep.as_deref(),
        );
    }
    Ok(failure::DONE)
}

/// Something that the user must hear, whether or not there is to be talk: a line, or an object on stderr with `--json`.
fn warn(global: &Global, text: &str, details: serde_json::Value) {
    if global.json {
        output::talk(&json!({"warning": text, "details": details}).to_string());
    } else {
        output::talk(&format!(
            "{} {}",
            output::yellow("warning:"),
            output::plain(text)
        ));
    }
}

/// Says what the rows have that training did not have: a line for texts, one for numbers, and an object for each column
/// with `--json`.
fn say_unusual(global: &Global, frame: &DataFrame, bundle: &Bundle) -> Result<(), Failure> {
    let found = unusual::unusual(frame, bundle).map_err(pipeline::Error::from)?;
    for (kind, what) in [
        (
            "unknown_category",
            "texts that training did not have, or too rarely to learn from",
        ),
        (
            "outside_training_range",
            "numbers outside the range of training",
        ),
        (
            "no_value",
            "no value in any row, where each row of training had one",
        ),
    ] {
        let of_kind: Vec<_> = found.iter().filter(|it| it.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let columns: Vec<String> = of_kind
            .iter()
            .map(|it| format!("`{}` ({})", it.column, cells(it.cells)))
            .collect();
        let details: Vec<_> = of_kind
            .iter()
            .map(|it| json!({"column": it.column, "cells": it.cells, "warning": kind}))
            .collect();
        warn(
            global,
            &format!("{what}: {}", columns.join(", ")),
            json!(details),
        );
    }
    Ok(())
}

/// Names what the model needs and the file lacks, each with the nearest column that is there.
fn check_columns(frame: &DataFrame, bundle: &Bundle) -> Result<(), Failure> {
    let reads = bundle.transformer.reads(&bundle.reading);
    let needed: Vec<String> = reads.into_iter().map(|read| read.name).collect();
    let is_absent = |name: &&String| frame.column(name).is_err();
    let absent: Vec<String> = needed.iter().filter(is_absent).cloned().collect();
    if absent.is_empty() {
        return Ok(());
    }
    let there: Vec<String> = frame
        .get_column_names_owned()
        .iter()
        .map(ToString::to_string)
        .collect();
    let near = absent.iter().filter_map(|name| {
        // A column that the model needs itself is not an other one.
        let others = there.iter().filter(|it| !needed.contains(it));
        let near = nearest(name, others.map(String::as_str), 0.4)?;
        Some(format!("`{near}` may be `{name}`; rename it in the file"))
    });
    let near: Vec<String> = near.collect();
    let error = pipeline::Error::from(features::Error::MissingColumns(absent));
    let failure = Failure::new(Kind::Data, error.into());
    if !near.is_empty() {
        return Err(failure.hint(near.join("; ")));
    }
    if bundle.related.is_some() {
        return Err(failure.hint(given::TABLES));
    }
    let there = there.iter().take(20).map(|name| format!("`{name}`"));
    let there = there.collect::<Vec<_>>().join(", ");
    Err(failure.hint(format!(
        "the data needs every column that the model was trained on; the file has {there}"
    )))
}

/// What becomes of cells that cannot be read: rows to keep, where some are left out.
fn judge(
    global: &Global,
    on_bad_row: OnBadRow,
    given: &Given,
    found: &[Unreadable],
) -> Result<Option<Vec<bool>>, Failure> {
    if found.is_empty() {
        return Ok(None);
    }
    if let Some(whole) = found.iter().find(|it| it.is_whole()) {
        let error = anyhow::anyhow!(
            "read the column `{}` of {}: none of its {} can be read; {}",
            whole.column,
            given.name,
            cells(whole.of),
            whole.wanted
        );
        return Err(Failure::new(Kind::Data, error).hint(
            "write the column as the training data has it; `ingest` in config.json has settings for other forms of numbers and times",
        ));
    }
    if on_bad_row == OnBadRow::Fail {
        let first = found.iter().min_by_key(|it| it.rows.first());
        let (Some(first), Some(row)) = (first, first.and_then(|it| it.rows.first())) else {
            return Ok(None);
        };
        let place = match given.line_of(*row as usize)? {
            Some(line) => format!("line {line}"),
            None => format!("row {}", row + 1),
        };
        let others: Vec<String> = found.iter().map(Unreadable::says).collect();
        let error = anyhow::anyhow!(
            "read {}, {place}, column `{}`: {}; {}",
            given.name,
            first.column,
            first.wanted,
            others.join("; ")
        );
        return Err(Failure::new(Kind::Data, error).hint(
            "fix the cells, or take `--on-bad-row missing` (they count as missing) or `--on-bad-row skip` (their rows are left out)",
        ));
    }
    for it in found {
        let (what, outcome) = match on_bad_row {
            OnBadRow::Skip => ("skipped", "their rows are left out"),
            _ => ("missing", "they count as missing"),
        };
        warn(
            global,
            &format!("{}; {outcome}", it.says()),
            json!({"column": it.column, "cells": it.rows.len(), "of": it.of, "rows": what}),
        );
    }
    if on_bad_row == OnBadRow::Missing {
        return Ok(None);
    }
    let mut keep = vec![true; given.frame.height()];
    for row in found.iter().flat_map(|it| &it.rows) {
        keep[*row as usize] = false;
    }
    Ok(Some(keep))
}

fn cells(n: u64) -> String {
    format!(
        "{} cell{}",
        output::thousands(n),
        if n == 1 { "" } else { "s" }
    )
}

/// Gives the model's columns names that the file does not have; which were renamed to what.
fn make_room(added: &mut [Column], own: &[String]) -> Vec<(String, String)> {
    let mut renamed = Vec::new();
    for at in 0..added.len() {
        let name = added[at].name().to_string();
        if !own.contains(&name) {
            continue;
        }
        let is_taken = |other: &String| {
            own.contains(other) || added.iter().any(|it| it.name().as_str() == other)
        };
        let free = (2..)
            .map(|n| format!("{name}_{n}"))
            .find(|other| !is_taken(other));
        if let Some(free) = free {
            added[at].rename(free.as_str().into());
            renamed.push((name, free));
        }
    }
    renamed
}

/// `prediction`; of numbers of which a share is flagged also `flagged`; of classes also `probability` of the positive one or `probability_<class>` of each.
fn columns(bundle: &Bundle, answers: Predictions) -> Vec<Column> {
    let predictions = match answers {
        Predictions::Numbers(numbers) => {
            let flagged = bundle.flag.map(|flag| {
                let flags: Vec<bool> = numbers.iter().map(|number| flag.flags(*number)).collect();
                Column::new("flagged".into(), flags)
            });
            let predicted = Column::new("prediction".into(), numbers);
            return std::iter::once(predicted).chain(flagged).collect();
        }
        Predictions::Classes(predictions) => predictions,
    };
    let labels: Vec<&str> = predictions
        .labels
        .iter()
        .map(|&label| bundle.classes[label as usize].as_str())
        .collect();
    let mut columns = vec![Column::new("prediction".into(), labels)];
    if bundle.is_binary() {
        columns.push(Column::new("probability".into(), predictions.probabilities));
    } else {
        for (at, class) in bundle.classes.iter().enumerate() {
            let values: Vec<f64> = (0..predictions.len())
                .map(|row| predictions.probability(row, at))
                .collect();
            columns.push(Column::new(format!("probability_{class}").into(), values));
        }
    }
    columns
}

/// What was written, on stdout with `--json`, else as talk.
fn report(
    global: &Global,
    path: &Path,
    rows: usize,
    version: VersionNumber,
    found: &[Unreadable],
    keep: Option<&[bool]>,
) {
    let skipped = keep.map_or(0, |keep| keep.iter().filter(|keep| !**keep).count());
    if global.json {
        let unreadable: Vec<serde_json::Value> = found
            .iter()
            .map(|it| json!({"column": it.column, "cells": it.rows.len(), "of": it.of}))
            .collect();
        output::line(&json!({
            "version": version,
            "rows": rows,
            "skipped": skipped,
            "unreadable": unreadable,
            "written": path.display().to_string(),
        }));
    } else if !global.quiet {
        output::talk(&format!(
            "{} rows predicted by version {version}, written to {}",
            output::thousands(rows as u64),
            path.display()
        ));
    }
}
