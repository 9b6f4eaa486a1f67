//! `models list|show`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, Global, context, failure, output};
use crate::clock::rfc3339;
use crate::diagnose::{self, Stale};
use crate::pipeline;
use crate::registry::ProbationState;

#[derive(Debug, Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: Option<ModelsCommand>,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// One line per model
    List,
    /// A model's champion and every operation on it
    Show {
        /// The model
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

pub async fn models(global: &Global, args: &ModelsArgs) -> Result<u8, Failure> {
    match &args.command {
        None | Some(ModelsCommand::List) => list(global).await,
        Some(ModelsCommand::Show { name }) => {
            let mut global = global.clone();
            global.model = name.clone().or(global.model);
            show(&global).await
        }
    }
}

async fn list(global: &Global) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let mut rows = vec![
        [
            "model", "champion", "since", "versions", "last run", "outcome", "stale",
        ]
        .map(str::to_string)
        .to_vec(),
    ];
    let mut values = Vec::new();
    let now_ms = context::clock()?.now_ms();
    for (name, model) in &config.models {
        let stale = diagnose::staleness(&registry, model, now_ms).await?;
        let champion = registry.champion(name).await?;
        let versions = registry.versions(name).await?.len();
        let probation = registry.probations(name).await?.into_iter().next();
        let is_watched = probation
            .as_ref()
            .is_some_and(|it| it.state == ProbationState::Watching);
        let last = registry.shown_runs(Some(name), 1, now_ms).await?.pop();
        rows.push(vec![
            name.clone(),
            champion.as_ref().map_or("none".to_string(), |c| {
                let pinned = if c.pinned { " (pinned)" } else { "" };
                let watched = if is_watched { " (on probation)" } else { "" };
                format!("{}{pinned}{watched}", c.version)
            }),
            champion
                .as_ref()
                .map_or(String::new(), |c| rfc3339(c.since_ms)),
            versions.to_string(),
            last.as_ref()
                .map_or("never".to_string(), |run| rfc3339(run.started_ms)),
            last.as_ref().map_or(String::new(), |run| {
                run.outcome.clone().unwrap_or_else(|| run.state.clone())
            }),
            reasons(&stale),
        ]);
        values.push(
            json!({
                "model": name, "champion": champion, "versions": versions, "last_run": last, "stale": stale,
                "probation": probation,
            }),
        );
    }
    if global.json {
        output::line(&values);
    } else {
        output::say(&output::table(&rows));
    }
    Ok(failure::DONE)
}

/// `untrained, fall`; nothing of a model that is not stale.
fn reasons(stale: &[Stale]) -> String {
    let names: Vec<_> = stale.iter().map(|stale| stale.reason.name()).collect();
    names.join(", ")
}

async fn show(global: &Global) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let champion = env.registry.champion(&env.config.name).await?;
    let operations = env.registry.operations(&env.config.name).await?;
    let stale = diagnose::staleness(&env.registry, &env.config, env.clock.now_ms()).await?;
    let probation = env.registry.probations(&env.config.name).await?;
    let probation = probation.into_iter().next();
    let learner = match &champion {
        Some(champion) => learner(&env, champion.version).await?,
        None => None,
    };
    if global.json {
        output::line(&json!({
            "model": env.config.name, "champion": champion, "operations": operations, "stale": stale,
            "probation": probation, "learner": learner,
        }));
        return Ok(failure::DONE);
    }
    let now = champion.map_or("none".to_string(), |champion| {
        let pinned = if champion.pinned { " (pinned)" } else { "" };
        format!("version {}{pinned}", champion.version)
    });
    output::say(&format!("{}: champion {now}", env.config.name));
    if let Some(learner) = &learner {
        output::say(&format!("learner: {learner}"));
    }
    for stale in &stale {
        output::say(&format!("stale: it {}", stale.says));
    }
    if let Some(probation) = probation {
        let reason = probation
            .reason
            .map_or(String::new(), |it| format!(": {it}"));
        let (version, state) = (probation.version, probation.state.words());
        output::say(&format!("probation of version {version}: {state}{reason}"));
    }
    let mut rows = vec![
        ["when", "what", "version", "before", "who", "why"]
            .map(str::to_string)
            .to_vec(),
    ];
    let number =
        |version: Option<i64>| version.map_or(String::new(), |version| version.to_string());
    for operation in operations {
        rows.push(vec![
            rfc3339(operation.at_ms),
            operation.action,
            number(operation.version),
            number(operation.previous),
            operation.actor,
            operation.reason,
        ]);
    }
    output::say(&output::table(&rows));
    Ok(failure::DONE)
}

/// The learner of a version, where its record has it.
async fn learner(env: &pipeline::Env, version: i64) -> Result<Option<String>, Failure> {
    let version = env.registry.version(&env.config.name, version).await?;
    let record = version.and_then(|version| version.record);
    let learner = record.and_then(|record| record["learner"].as_str().map(str::to_string));
    Ok(learner)
}
