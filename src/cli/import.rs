//! `import`: a model of another program as a challenger for the gate.

use std::path::{Path, PathBuf};

use clap::Args;

use super::global::Global;
use super::run::{code_of, show};
use super::{Failure, Kind, context, failure, interrupt, notify, output};
use crate::pipeline::{self, Import, WouldImport};

/// ONNX is protobuf, which cannot hold more.
const MOST_BYTES: u64 = i32::MAX as u64;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The model: a scikit-learn or LightGBM model as ONNX, or one that `unseat export` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Give the version a name, like `v0`, by which commands and `/v0/predict` know it, too
    #[arg(long, visible_alias = "version-name", value_name = "NAME")]
    name: Option<String>,
    /// The columns in the order in which the file reads them, where its inputs are not named as they are
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// The project's classes in the order of the file's, where they are spelled otherwise there
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    classes: Option<Vec<String>>,
    /// Probability of the positive class from which on a row is positive, instead of the file's own rule
    #[arg(long, value_name = "P", value_parser = probability)]
    threshold: Option<f64>,
    /// How the gate compares: `better`, `not_worse` or `naive`
    #[arg(long, value_name = "MODE")]
    gate: Option<String>,
    /// Only say what would come of it: read the file and the data, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Exit with 10 when the file was imported before, 11 when rejected, 12 when inconclusive, 13 when locked, 16 when equivalent
    #[arg(long)]
    detailed_exit_code: bool,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err("a threshold is a probability from 0 to 1".to_string()),
    }
}

pub async fn import(global: &Global, args: &ImportArgs) -> Result<u8, Failure> {
    let asked = Import {
        file: name_of(&args.file),
        bytes: read(&args.file)?,
        columns: args.columns.clone(),
        classes: args.classes.clone(),
        threshold: args.threshold,
        name: args.name.clone(),
    };
    let flags: Vec<_> = args
        .gate
        .iter()
        .map(|mode| ("gate.require", mode.clone()))
        .collect();
    let (config, registry) = context::project(global, &flags).await?;
    let model = context::model(global, &config)?;
    let env = context::env(global, &registry, model).await?;
    if args.dry_run {
        let would = pipeline::would_import(&env, &asked).await;
        registry.close().await;
        say(global, &would?);
        return Ok(failure::DONE);
    }
    interrupt::watch(global, &registry, context::clock()?)?;
    let id = env.new_run_id();
    let done = pipeline::import(&env, &id, &asked).await;
    notify::at_the_end(&registry, &config, context::clock()?, &[id]).await;
    registry.close().await;
    let report = done.map_err(|error| Failure::from(error).detailed(args.detailed_exit_code))?;
    show(global, &report);
    Ok(if args.detailed_exit_code {
        code_of(&report)
    } else {
        failure::DONE
    })
}

/// The file's own name.
fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What the file holds.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let shown = file.display();
    let refuse = |error: anyhow::Error, hint: &str| {
        Failure::new(Kind::Data, error.context(format!("read {shown}"))).hint(hint.to_string())
    };
    let there = std::fs::metadata(file)
        .map_err(|error| refuse(error.into(), "name an .onnx file that is there"))?;
    if there.is_dir() {
        let error = anyhow::anyhow!("it is a folder");
        return Err(refuse(error, "name the .onnx file in it"));
    }
    if there.len() > MOST_BYTES {
        let error = anyhow::anyhow!("it has more than 2 GB, and no ONNX file can hold more");
        return Err(refuse(
            error,
            "export a smaller model: fewer or less deep trees",
        ));
    }
    std::fs::read(file)
        .map_err(|error| refuse(error.into(), "name an .onnx file that you may read"))
}

/// Prints what an import would make.
fn say(global: &Global, would: &WouldImport) {
    if global.json {
        return output::line(would);
    }
    let list = |names: &[String]| output::plain(&names.join(", ")).to_string();
    let mut rows = vec![
        vec!["file".to_string(), output::plain(&would.says).to_string()],
        vec!["sha256".to_string(), would.sha256.to_string()],
        vec!["columns".to_string(), list(&would.columns)],
    ];
    if !would.classes.is_empty() {
        rows.push(vec!["classes".to_string(), list(&would.classes)]);
    }
    if let Some(threshold) = would.threshold {
        rows.push(vec!["threshold".to_string(), threshold.to_string()]);
    }
    output::say(&output::table(&rows));
    for note in &would.notes {
        output::say(&format!("note: {}", output::plain(note)));
    }
    output::say(&match would.same_as {
        Some(version) => format!(
            "{} would be nothing new: version {version} came of the same file",
            would.model
        ),
        None => format!(
            "{} would have a new version, for the gate to decide on",
            would.model
        ),
    });
}
