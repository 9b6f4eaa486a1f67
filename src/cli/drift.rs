//! `drift`: whether rows are still like those that the champion was trained on.

use std::path::{Path, PathBuf};

use clap::Args;
use polars::prelude::DataFrame;

use super::global::Global;
use super::progress::warn;
use super::{Failure, Kind, context, failure, output};
use crate::bundle::Bundle;
use crate::config::ModelConfig;
use crate::data::{self, ReadOptions};
use crate::drift::{ColumnDrift, Verdict};
use crate::model_types::{RunId, VersionNumber};
use crate::pipeline::drift::{self as pipeline_drift, DriftAnswer, DriftCheck, RowsKind};
use crate::pipeline::{self, Env, read_options};

#[derive(Debug, Args)]
pub struct DriftArgs {
    /// What is compared: a file; `data` or the id of a run (its data set); `test` (the test rows); `requests` or a time like
    /// `24h` or `7d` (what servers answered)
    #[arg(long, value_name = "WHAT", default_value = "data")]
    against: String,
    /// Exit with 14 when it drifts, and with 12 when there are no rows or too few to tell
    #[arg(long)]
    detailed_exit_code: bool,
}

pub async fn drift(global: &Global, args: &DriftArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let (version, bundle) = pipeline_drift::champion(&env).await?;
    let check = compared(&env, (version, &bundle), &args.against).await?;
    let answer =
        DriftAnswer::of(&env, check, bundle.reference.as_ref(), &RowsKind::RECORDED).await?;
    env.registry.close().await;
    if global.json {
        output::line(&answer);
    } else {
        say(&answer);
    }
    if answer.check.rows == 0 {
        warn(global, &answer.check.reason);
    }
    Ok(match answer.check.verdict {
        Verdict::Drift if args.detailed_exit_code => failure::DRIFT,
        Verdict::Unknown if args.detailed_exit_code => failure::INCONCLUSIVE,
        _ => failure::DONE,
    })
}

async fn compared(
    env: &Env,
    champion: (VersionNumber, &Bundle),
    against: &str,
) -> Result<DriftCheck, Failure> {
    let path = Path::new(against);
    if path.exists() {
        let frame = read(path, &env.config, champion.1)?;
        let of = (RowsKind::File, against);
        return Ok(pipeline_drift::of_rows(env, champion, of, &frame).await?);
    }
    let done = match against {
        "data" => pipeline_drift::of_data(env, champion, None).await,
        "test" => {
            let (_, bundle) = champion;
            let folder = pipeline::refresh(&env.config.test_folder).await?;
            let scan = data::scan(&folder)?;
            let options = known(&env.config, bundle);
            let read = data::read(&folder, &scan, &options, None)?;
            pipeline_drift::of_rows(env, champion, (RowsKind::Test, ""), &read.frame).await
        }
        run if pipeline::is_run_id(run) => {
            let run = RunId::new(run);
            pipeline_drift::of_data(env, champion, Some(&run)).await
        }
        text => match pipeline_drift::span(text, env.config.drift.window, env.clock.now_ms()) {
            Some(window) => pipeline_drift::of_requests(env, champion, window).await,
            None => {
                let error = format!("compare with `{text}`: it is not a file, a run or a time");
                return Err(Failure::usage(error).hint(
                    "give a file, `data`, `test`, `requests`, the id of a run, or a time like `24h` or `7d`",
                ));
            }
        },
    };
    Ok(done?)
}

/// How files are read that the champion's data is compared with: each column by its kind there.
fn known(config: &ModelConfig, bundle: &Bundle) -> ReadOptions {
    ReadOptions {
        rules: Vec::new(),
        kinds: bundle
            .profile
            .iter()
            .map(|column| (column.name.clone(), column.kind))
            .collect(),
        reading: bundle.reading.clone(),
        ..read_options(config, false)
    }
}

/// The rows of a file, or of every file of a folder.
fn read(path: &Path, config: &ModelConfig, bundle: &Bundle) -> Result<DataFrame, Failure> {
    if let Some(plan) = &bundle.related {
        let folder: PathBuf = path.to_path_buf();
        if !folder.is_dir() {
            let error = anyhow::anyhow!("compare {}: one flat file is not enough", path.display());
            return Err(Failure::new(Kind::Data, error)
                .hint("this model reads related tables: give a folder with a file for each"));
        }
        let scan = data::scan(&folder)?;
        let read = pipeline::read_tables(config, &plan.settings, &folder, &scan, Some(plan))?;
        let rows = crate::joins::flatten(plan, &read.tables, crate::joins::Rows::ToPredict);
        return Ok(rows.map_err(pipeline::Error::from)?.frame);
    }
    let options = known(config, bundle);
    if path.is_dir() {
        Ok(data::read(path, &data::scan(path)?, &options, None)?.frame)
    } else {
        Ok(data::read_file(path, &options)?)
    }
}

/// The comparison for people: a sentence, the columns, what to do about it.
fn say(answer: &DriftAnswer) {
    let check = &answer.check;
    let verdict = match check.verdict {
        Verdict::Drift => output::red("drift"),
        Verdict::Warn => output::yellow("warning"),
        Verdict::Ok => output::green("no drift"),
        Verdict::Unknown => output::bold("unknown"),
    };
    output::say(&format!("{verdict}: {}", output::plain(&check.reason)));
    if !check.features.is_empty() {
        let header = [
            "column",
            "verdict",
            "PSI",
            "beyond chance",
            "p adjusted",
            "importance",
            "why",
        ];
        let mut rows = vec![header.map(str::to_string).to_vec()];
        let columns = check.prediction.iter().chain(&check.features);
        rows.extend(columns.map(line));
        output::say(&output::table(&rows));
    }
    for change in &check.schema {
        let column = output::plain(&change.column);
        output::say(&format!(
            "column `{column}`: {}",
            output::plain(&change.reason)
        ));
    }
    if let Some(joint) = &check.joint {
        output::say(&match joint.auc.zip(joint.p_value) {
            Some((auc, p)) => format!(
                "all columns together: a classifier separates the rows with an area under the ROC curve of {auc:.3} (½ is chance), p {p:.4}"
            ),
            None => format!("all columns together: unknown, {}", joint.reason),
        });
    }
    if let Some(slow) = &check.slow {
        output::say(&format!(
            "against version {}, since which no drift was reported: {}: {}",
            slow.version,
            slow.verdict.name(),
            output::plain(&slow.reason)
        ));
    }
    if check.reference_rows == 0 {
        return;
    }
    output::talk(&format!(
        "{} rows compared with {} that version {} of `{}` was trained on",
        output::thousands(check.rows),
        output::thousands(check.reference_rows),
        check.version,
        check.model
    ));
}

fn line(column: &ColumnDrift) -> Vec<String> {
    vec![
        output::plain(&column.key()),
        column.verdict.name().to_string(),
        format!("{:.3}", column.psi),
        format!("{:.3}", column.effect),
        match column.p_adjusted {
            p if p < 0.0001 => "< 0.0001".to_string(),
            p => format!("{p:.4}"),
        },
        column
            .importance
            .map_or(String::new(), |share| format!("{:.0} %", 100.0 * share)),
        output::plain(&column.reason),
    ]
}
