//! `config check|show|schema`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::global::Global;
use super::{Failure, Kind, context, failure, output, reading};
use crate::config::raw::{Keep, RawConfig};
use crate::config::{Config, DatabaseLocation, ModelConfig, shape};
use crate::data;
use crate::pipeline::{self, Preview};

#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the configuration and say what a run would do, touching nothing
    Check,
    /// Print every setting as it is in force
    Show,
    /// Print the JSON Schema of config.json
    Schema,
}

pub async fn config(global: &Global, args: &ConfigArgs) -> Result<u8, Failure> {
    match args.command {
        ConfigCommand::Schema => output::pretty(&shape::schema_of::<RawConfig>()),
        ConfigCommand::Show => show(global, &context::load(global, &[])?),
        ConfigCommand::Check => return check(global, &context::load(global, &[])?).await,
    }
    Ok(failure::DONE)
}

fn show(global: &Global, config: &Config) {
    let value = json!({
        "project": config.project,
        "database_url": config.database_url,
        "database": config.database,
        "artifact_url": config.stores.url,
        "artifacts": config.stores.asked,
        "server": config.server,
        "jobs": config.jobs,
        "notify": config.notify,
        "models": config.models.values().collect::<Vec<_>>(),
    });
    if global.json {
        output::line(&value);
    } else {
        output::pretty(&value);
    }
}

/// Says what a run would do, and what it would fail for as far as headers and first rows tell.
async fn check(global: &Global, config: &Config) -> Result<u8, Failure> {
    let notes = against_the_database(config).await?;
    let mut plans = Vec::new();
    for model in config.models.values() {
        pipeline::fetch_data(model).await?;
        let input = pipeline::look_at_input(model).await;
        plans.push(plan(model, &found(input.as_ref().ok())));
    }
    let is_logged = config.server.prediction_log.sample > 0.0;
    let seen: Vec<(&ModelConfig, Preview)> = config
        .models
        .values()
        .map(|model| {
            let mut preview = pipeline::preview(model);
            if model.labels.sets_aside() && !is_logged {
                preview.notes.push(unlogged("test_share", "hold out"));
            }
            if model.labels.trains() && !is_logged {
                preview.notes.push(unlogged("train", "learn from"));
            }
            (model, preview)
        })
        .collect();
    let problems: usize = seen.iter().map(|(_, preview)| preview.problems.len()).sum();
    if global.json {
        let models: Vec<_> = seen
            .iter()
            .zip(&plans)
            .map(|((model, preview), plan)| {
                let reading = reading::json_of(model);
                json!({"model": model.name, "plan": plan, "reading": reading, "problems": preview.problems, "notes": preview.notes})
            })
            .collect();
        output::line(&json!({"valid": problems == 0, "models": models, "notes": notes}));
        return Ok(if problems == 0 {
            failure::DONE
        } else {
            failure::USAGE
        });
    }
    for ((model, preview), plan) in seen.iter().zip(&plans) {
        output::say(&output::bold(&model.name));
        for line in plan.iter().cloned().chain(reading::lines_of(model)) {
            output::say(&format!("  {line}"));
        }
        for note in &preview.notes {
            output::say(&format!("  note: {}", output::plain(note)));
        }
        for problem in &preview.problems {
            output::say(&format!(
                "  problem: a run would fail to {}",
                output::plain(problem)
            ));
        }
    }
    let is_there = match context::look(config).await? {
        Some(_) => "is there",
        None => "will be made",
    };
    let database = match config.database_place() {
        DatabaseLocation::File(path) => path.display().to_string(),
        DatabaseLocation::Server(_) => "on the server".to_string(),
    };
    output::say(&format!("the database {database} {is_there}"));
    for note in notes {
        output::say(&format!("note: {note}"));
    }
    if problems == 0 {
        output::say("the configuration is valid");
        return Ok(failure::DONE);
    }
    let many = match problems {
        1 => "1 problem".to_string(),
        n => format!("{n} problems"),
    };
    let error = anyhow::anyhow!("use the configuration: {many} with the data, as said above");
    Err(Failure::new(Kind::Config, error)
        .hint("correct the keys or the files that are named; nothing was written"))
}

fn unlogged(key: &str, to: &str) -> String {
    format!(
        "`labels.{key}` finds no row to {to}: `server.prediction_log.sample` is 0, and whole rows are kept only there"
    )
}

/// What the database, if there is one, has to say of the settings. It is only looked at.
///
/// # Errors
/// When a run would be rejected, since what is deployed is another model's or unknown to the database.
async fn against_the_database(config: &Config) -> Result<Vec<String>, Failure> {
    let Some(registry) = context::look(config).await? else {
        let path = config
            .database_file()
            .unwrap_or_else(|| "on the server".into());
        for model in config.models.values() {
            pipeline::look_without_database(model, &path).await?;
        }
        return Ok(Vec::new());
    };
    let notes = context::unnamed(config, &registry).await?;
    for model in config.models.values() {
        if let Some(lost) = pipeline::look_for_lost(model, &registry).await? {
            return Err(pipeline::Error::Lost(Box::new(lost)).into());
        }
    }
    registry.close().await;
    Ok(notes)
}

/// What a run would do with the input that was found, in words.
fn plan(model: &ModelConfig, input: &str) -> Vec<String> {
    let target = model.target.as_deref().unwrap_or("the last column");
    let keep = match model.ingest.keep {
        Keep::Folder => "what is in the folder now",
        Keep::Accumulate => "what is in the folder now and everything seen before",
    };
    vec![
        format!("ingest {}: {input}, {keep}", model.input_folder),
        format!(
            "train {} on {:.0} % of the rows to predict {target}, seed {}",
            model.learner.kind.name(),
            100.0 * (1.0 - model.split.validation),
            model.split.seed
        ),
        format!(
            "score on {}: {}",
            model.test_folder,
            found(data::scan(&model.test_folder.here()).ok().as_ref())
        ),
        format!(
            "promote if {} is {} (confidence {})",
            model.metric.name(),
            model.gate.require.name(),
            model.gate.confidence
        ),
        format!(
            "keep versions in {} and the champion's copy in {}",
            model.model_folder, model.deployment_folder
        ),
    ]
}

fn found(scan: Option<&data::Scan>) -> String {
    match scan {
        Some(scan) => match scan.files.len() {
            0 => "no data file yet".to_string(),
            1 => "1 file".to_string(),
            n => format!("{n} files"),
        },
        None => "the folder is not there yet".to_string(),
    }
}
