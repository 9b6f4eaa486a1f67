//! `config check|show|schema`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Global, context, failure, output};
use crate::config::raw::{Keep, RawConfig};
use crate::config::{Config, ModelConfig, shape};
use crate::data;

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

pub fn config(global: &Global, args: &ConfigArgs) -> Result<u8, Failure> {
    match args.command {
        ConfigCommand::Schema => output::pretty(&shape::schema_of::<RawConfig>()),
        ConfigCommand::Show => show(global, &context::load(global, &[])?),
        ConfigCommand::Check => check(global, &context::load(global, &[])?),
    }
    Ok(failure::DONE)
}

fn show(global: &Global, config: &Config) {
    let value = json!({
        "project": config.project,
        "database_url": config.database_url,
        "server": config.server,
        "jobs": config.jobs,
        "notify": config.notify,
        "models": config.models.values().collect::<Vec<_>>(),
    });
    if global.json {
        output::line(&value)
    } else {
        output::pretty(&value)
    }
}

fn check(global: &Global, config: &Config) {
    if global.json {
        let models: Vec<_> = config
            .models
            .values()
            .map(|model| json!({"model": model.name, "plan": plan(model)}))
            .collect();
        output::line(&json!({"valid": true, "models": models}));
        return;
    }
    for model in config.models.values() {
        output::say(&output::bold(&model.name));
        for line in plan(model) {
            output::say(&format!("  {line}"));
        }
    }
    let database = config.database_path();
    let is_there = if database.exists() {
        "is there"
    } else {
        "will be made"
    };
    output::say(&format!("the database {} {is_there}", database.display()));
    output::say("the configuration is valid");
}

/// What a run would do, in words.
fn plan(model: &ModelConfig) -> Vec<String> {
    let target = model.target.as_deref().unwrap_or("the last column");
    let keep = match model.ingest.keep {
        Keep::Folder => "what stands in the folder now",
        Keep::Accumulate => "what stands in the folder now and everything seen before",
    };
    vec![
        format!(
            "ingest {}: {}, {keep}",
            model.input_folder.display(),
            found(&model.input_folder)
        ),
        format!(
            "train {:?} on {:.0} % of the rows to predict {target}, seed {}",
            model.learner.kind,
            100.0 * (1.0 - model.split.validation),
            model.split.seed
        )
        .to_lowercase(),
        format!(
            "score on {}: {}",
            model.test_folder.display(),
            found(&model.test_folder)
        ),
        format!(
            "promote if {} is {:?} (confidence {})",
            model.metric.name(),
            model.gate.require,
            model.gate.confidence
        )
        .to_lowercase(),
        format!(
            "keep versions in {} and the champion's copy in {}",
            model.model_folder.display(),
            model.deployment_folder.display()
        ),
    ]
}

fn found(folder: &std::path::Path) -> String {
    match data::scan(folder) {
        Ok(scan) => match scan.files.len() {
            0 => "no data file yet".to_string(),
            1 => "1 file".to_string(),
            n => format!("{n} files"),
        },
        Err(_) => "the folder is not there yet".to_string(),
    }
}
