//! `predict FILE`: the input's columns with predictions beside them.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use polars::prelude::{Column, DataFrame};

use super::{Failure, Global, Kind, context, failure, output};
use crate::bundle::Bundle;
use crate::data::{self, ReadOptions};
use crate::evaluate::Answers;
use crate::features;
use crate::pipeline;

#[derive(Debug, Args)]
pub struct PredictArgs {
    /// File to predict: CSV (also .gz, .zst), JSON, NDJSON or Parquet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File to write, its form by its ending; without it, CSV on stdout (NDJSON with --json)
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Version to predict with: a number, `latest` or `champion`
    #[arg(long = "version", value_name = "VERSION", default_value = "champion")]
    version: String,
}

pub async fn predict(global: &Global, args: &PredictArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let version = pipeline::pick_version(&env, &args.version).await?;
    let (number, _, bundle) = pipeline::load_bundle(&env, version.number).await?;
    env.registry.close().await;
    let options = ReadOptions {
        null_values: env.config.ingest.null_values.clone(),
        kinds: bundle
            .profile
            .iter()
            .map(|column| (column.name.clone(), column.kind))
            .collect(),
        ..ReadOptions::default()
    };
    let mut frame = data::read_file(&args.file, &options)?;
    if !global.quiet {
        texts_for_numbers(&frame, &bundle)
            .iter()
            .for_each(|note| output::talk(&output::plain(note)));
    }
    frame = data::rules::enforce(frame, &bundle.rules)?;
    let answers = bundle
        .scorer()
        .answer_frame(&frame)
        .map_err(pipeline::Error::from)?;
    add_columns(&mut frame, &bundle, answers)?;
    match &args.output {
        Some(path) => {
            data::write_file(&mut frame, path)?;
            let rows = output::thousands(frame.height() as u64);
            if !global.quiet {
                output::talk(&format!(
                    "{rows} rows predicted by version {number}, written to {}",
                    path.display()
                ));
            }
        }
        None => print(&mut frame, global.json)?,
    }
    Ok(failure::DONE)
}

/// Says which columns have text where the model learned from numbers.
fn texts_for_numbers(frame: &DataFrame, bundle: &Bundle) -> Vec<String> {
    let found = data::Schema::of(frame);
    let numbers = bundle.transformer.inputs.iter();
    let numbers = numbers.filter(|input| features::is_numeric(input.kind));
    numbers
        .filter(|input| {
            let column = found.get(&input.name);
            column.is_some_and(|column| !features::is_numeric(column.kind))
        })
        .map(|input| {
            format!(
                "note: `{}` has text where the model learned from numbers; what is no number counts as missing",
                input.name
            )
        })
        .collect()
}

/// The columns that say what the model says: see [`columns`].
fn add_columns(frame: &mut DataFrame, bundle: &Bundle, answers: Answers) -> Result<(), Failure> {
    for column in columns(bundle, answers) {
        if frame.column(column.name()).is_ok() {
            let error = anyhow::anyhow!(
                "add the column `{}`: the file has one of that name",
                column.name()
            );
            return Err(Failure::new(Kind::Data, error).hint("rename the column in the file"));
        }
        frame.with_column(column).map_err(data::Error::from)?;
    }
    Ok(())
}

/// `prediction`; of classes also `probability` of the positive one or `probability_<class>` of each.
fn columns(bundle: &Bundle, answers: Answers) -> Vec<Column> {
    let predictions = match answers {
        Answers::Numbers(numbers) => return vec![Column::new("prediction".into(), numbers)],
        Answers::Classes(predictions) => predictions,
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

fn print(frame: &mut DataFrame, as_json: bool) -> Result<(), Failure> {
    let store = |error: std::io::Error| {
        Failure::new(
            Kind::Store,
            anyhow::Error::from(error).context("write the result"),
        )
    };
    let ending = if as_json { ".ndjson" } else { ".csv" };
    let file = tempfile::Builder::new()
        .suffix(ending)
        .tempfile()
        .map_err(store)?;
    data::write_file(frame, file.path())?;
    let mut written = std::fs::File::open(file.path()).map_err(store)?;
    let mut stdout = std::io::stdout().lock();
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = std::io::copy(&mut written, &mut stdout).and_then(|_| stdout.flush());
    Ok(())
}
