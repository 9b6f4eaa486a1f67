//! `labels wanted`: which logged requests to label so that an open decision can be made.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};

use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::live::ASKED_SOURCE;
use crate::model_types::PredictionId;
use crate::overview::{LabelsWanted, labels_wanted};
use crate::pipeline::{Env, logged_requests, newest_requests};

#[derive(Debug, Args)]
pub struct WantedArgs {
    /// Version that is not decided on: a number or `latest`; the newest such version if not given
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    /// Write the requests to a CSV file with an empty column `label` to be filled in, for `unseat labels FILE`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Logged requests that are looked through for the rows.
const MOST_LOGGED: usize = 20_000;
/// Rows that are shown one by one.
const MOST_LINES: usize = 20;

pub async fn wanted(global: &Global, args: &WantedArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let found = labels_wanted(&env, args.version.as_deref()).await?;
    env.registry.close().await;
    if let Some(path) = &args.output {
        let log = logged_requests(&env.config).await?;
        write(path, &sheet(&env, &log, &found))?;
    }
    if global.json {
        output::line(&found);
        return Ok(failure::DONE);
    }
    output::say(&output::plain(&found.says));
    if let Some(path) = &args.output {
        let n = found.rows.len();
        output::say(&format!("wrote {n} rows to {}", path.display()));
    } else if !found.rows.is_empty() {
        let mut rows = vec![
            ["id", "direction", "stands for", "label"]
                .map(str::to_string)
                .to_vec(),
        ];
        rows.extend(found.rows.iter().take(MOST_LINES).map(|row| {
            vec![
                output::plain(&row.id),
                row.direction.name().replace('_', " "),
                format!("{:.1}", row.weight),
                row.label.as_deref().map(output::plain).unwrap_or_default(),
            ]
        }));
        output::say(&output::table(&rows));
        if found.rows.len() > MOST_LINES {
            output::say(&format!(
                "and {} more: `-o FILE` writes all of them, with the rows",
                found.rows.len() - MOST_LINES
            ));
        }
    }
    Ok(failure::DONE)
}

/// The rows as a table to be filled in: what is requested, and the request where the log still holds it.
fn sheet(env: &Env, log: &Path, found: &LabelsWanted) -> String {
    let logged: HashMap<PredictionId, Map<String, Value>> =
        newest_requests(log, &env.config.name, MOST_LOGGED, |_| true)
            .into_iter()
            .map(|row| (row.id, row.cells))
            .collect();
    let own = ["id", "label", "source", "direction", "weight"];
    let mut names: Vec<&str> = Vec::new();
    for row in &found.rows {
        let cells = logged.get(&row.id).into_iter().flat_map(Map::keys);
        for name in cells.map(String::as_str) {
            if !own.contains(&name)
                && Some(name) != env.config.target.as_deref()
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
    }
    let mut out = String::new();
    let header: Vec<String> = own.iter().chain(&names).map(|it| cell(it)).collect();
    out += &header.join(",");
    out += "\n";
    for row in &found.rows {
        let label = row.label.as_deref().map(cell).unwrap_or_default();
        let direction = row.direction.name();
        let (id, weight) = (cell(&row.id), row.weight);
        // A text cannot fail to be written to.
        let _ = write!(out, "{id},{label},{ASKED_SOURCE},{direction},{weight}");
        for name in &names {
            let value = logged.get(&row.id).and_then(|cells| cells.get(*name));
            let text = match value {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => cell(text),
                Some(other) => other.to_string(),
            };
            out += ",";
            out += &text;
        }
        out += "\n";
    }
    out
}

/// A cell of CSV.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.is_empty() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| {
        let error = anyhow::Error::from(error).context(format!("write {}", path.display()));
        Failure::new(Kind::Store, error)
    })
}
