//! `models list|show`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::global::Global;
use super::{Failure, context, failure, output};
use crate::clock::rfc3339;
use crate::diagnose::{self, Stale};
use crate::model_types::VersionNumber;
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
    /// Give a model of the database the name that config.json has for it now
    Rename {
        /// The name in the database
        #[arg(value_name = "OLD")]
        old: String,
        /// The name in config.json
        #[arg(value_name = "NEW")]
        new: String,
    },
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
        Some(ModelsCommand::Rename { old, new }) => rename(global, old, new).await,
        Some(ModelsCommand::Show { name }) => {
            let mut global = global.clone();
            global.model = name.clone().or(global.model);
            show(&global).await
        }
    }
}

async fn rename(global: &Global, old: &str, new: &str) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let Some(model) = config.models.get(new) else {
        return Err(
            Failure::usage(format!("rename `{old}`: config.json names no model `{new}`")).hint(
                format!("set `name` to `{new}` there, or rename the entry of `models`, and then rename it here; until then nothing runs"),
            ),
        );
    };
    if config.models.contains_key(old) {
        return Err(
            Failure::usage(format!("rename `{old}`: config.json still names it"))
                .hint("take it out there first; two names cannot have one model's versions"),
        );
    }
    let env = context::env(global, &registry, model.clone()).await?;
    pipeline::rename(&env, old).await?;
    let champion = registry.champion(new).await?;
    registry.close().await;
    if global.json {
        output::line(&json!({"model": new, "before": old, "champion": champion}));
        return Ok(failure::DONE);
    }
    let champion = champion.map_or("there is no champion".to_string(), |champion| {
        format!("version {} is the champion", champion.version)
    });
    output::say(&format!("{old} is {new} from now on; {champion}"));
    Ok(failure::DONE)
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
                let state = || run.state.to_string();
                run.outcome.map_or_else(state, |it| it.to_string())
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
    for name in registry.model_names().await? {
        if config.models.contains_key(&name) {
            continue;
        }
        let champion = registry.champion(&name).await?;
        let versions = registry.versions(&name).await?.len();
        if champion.is_none() && versions == 0 {
            continue;
        }
        let number = champion.as_ref().map(|c| c.version.to_string());
        rows.push(vec![
            name.clone(),
            number.unwrap_or("none".to_string()),
            champion
                .as_ref()
                .map_or(String::new(), |c| rfc3339(c.since_ms)),
            versions.to_string(),
            String::new(),
            "no setting names it".to_string(),
            String::new(),
        ]);
        values.push(json!({
            "model": name, "champion": champion, "versions": versions, "is_configured": false,
        }));
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
        let (version, state) = (probation.version, probation.state.of_version());
        output::say(&format!("probation of version {version}: {state}{reason}"));
    }
    let mut rows = vec![
        ["when", "what", "version", "before", "who", "why"]
            .map(str::to_string)
            .to_vec(),
    ];
    let number = |version: Option<VersionNumber>| {
        version.map_or(String::new(), |version| version.to_string())
    };
    for operation in operations {
        rows.push(vec![
            rfc3339(operation.at_ms),
            operation.action.to_string(),
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
async fn learner(env: &pipeline::Env, version: VersionNumber) -> Result<Option<String>, Failure> {
    let version = env.registry.version(&env.config.name, version).await?;
    Ok(version.and_then(|version| pipeline::TrainingRecord::of(&version).learner))
}
