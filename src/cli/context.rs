//! From global flags to a configuration, a registry and the model to work on.

use std::path::{Path, PathBuf};

use super::global::Global;
pub use super::settings::{bundle_place, clock, file, folder, load, server_settings};
use super::{Failure, Kind, progress};
use crate::config::{Config, DatabaseLocation, ModelConfig};
use crate::pipeline::{Env, Ids, finish_model_removals, finish_rename, finish_restore};
use crate::registry::{Registry, ServerSettings};

/// Who asks, for the records.
pub fn actor() -> String {
    std::env::var("USER").unwrap_or_else(|_| "cli".to_string())
}

/// This program, to be started again.
pub fn this_program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        let error = anyhow::Error::from(error).context("find this program");
        Failure::new(Kind::Internal, error)
    })
}

/// `-C` and `--set` as this process was given them, for one that is started by it.
pub fn global_flags(global: &Global) -> Vec<String> {
    let mut flags = vec![
        "--project".to_string(),
        global.project.to_string_lossy().into_owned(),
    ];
    for setting in &global.settings {
        flags.extend(["--set".to_string(), setting.clone()]);
    }
    flags
}

/// The models to work on: the one that was named, or all.
pub fn models(global: &Global, config: &Config) -> Result<Vec<ModelConfig>, Failure> {
    let Some(name) = &global.model else {
        return Ok(config.models.values().cloned().collect());
    };
    match config.models.get(name) {
        Some(model) => Ok(vec![model.clone()]),
        None => {
            let names: Vec<_> = config.models.keys().cloned().collect();
            let error = Failure::usage(format!("find the model `{name}`"));
            Err(error.hint(format!("the project has {}", names.join(", "))))
        }
    }
}

/// The one model to work on.
pub fn model(global: &Global, config: &Config) -> Result<ModelConfig, Failure> {
    let mut models = models(global, config)?;
    if global.model.is_none() && config.created.len() + 1 == models.len() {
        // A model that is created later does not change what commands without a name mean.
        models.retain(|model| !config.created.contains(&model.name));
    }
    match (models.pop(), models.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => {
            let names: Vec<_> = config.models.keys().cloned().collect();
            Err(Failure::usage("choose a model: the project has several")
                .hint(format!("add `--model NAME`, one of {}", names.join(", "))))
        }
    }
}

/// Configuration and registry, with the models that were created by request.
pub async fn project(
    global: &Global,
    flags: &[(&str, String)],
) -> Result<(Config, Registry), Failure> {
    let config = load(global, flags)?;
    if finish_restore(&config.project)? {
        tracing::warn!("a restore that was cut off was finished");
    }
    let registry = registry(&config).await?;
    let config = with_created(config, &registry).await?;
    finish_renames(global, &config, &registry).await?;
    Ok((config, registry))
}

/// A configuration with the models that were created by request. One that does not fit is left out and logged.
pub async fn with_created(mut config: Config, registry: &Registry) -> Result<Config, Failure> {
    for model in registry.created_models().await? {
        if let Err(problems) = config.add_created(&model.name, &model.settings) {
            let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
            let said = said.join("; ");
            tracing::warn!(model = model.name, "a created model is left out: {said}");
        }
    }
    Ok(config)
}

/// Makes up for renames whose process died before every folder had its new name.
async fn finish_renames(
    global: &Global,
    config: &Config,
    registry: &Registry,
) -> Result<(), Failure> {
    if registry.is_read_only() {
        return Ok(());
    }
    for rename in registry.pending_renames().await? {
        if let Some(model) = config.models.get(&rename.new) {
            let env = env(global, registry, model.clone()).await?;
            if finish_rename(&env).await? {
                let (old, new) = (rename.old, rename.new);
                tracing::info!("renaming {old} to {new} was finished");
            }
        }
    }
    Ok(())
}

/// Finishes what removals of models left undone when their process died. What goes wrong is logged, and tried again at the next start.
pub async fn finish_removals(config: &Config, registry: &Registry) -> Result<(), Failure> {
    let origin = (clock()?, ids()?);
    match finish_model_removals(registry, config, origin).await {
        Ok(names) => {
            for model in names {
                tracing::info!(model, "the removal of a model was finished");
            }
        }
        Err(error) => {
            let causes = crate::text::causes(&error).join(": ");
            tracing::warn!("the removal of a model cannot be finished: {error} {causes}");
        }
    }
    Ok(())
}

/// What is said of models with a champion that the database has and no setting names.
pub async fn unnamed(config: &Config, registry: &Registry) -> Result<Vec<String>, Failure> {
    let mut said = Vec::new();
    for name in registry.model_names().await? {
        if config.models.contains_key(&name) {
            continue;
        }
        let Some(champion) = registry.champion(&name).await? else {
            continue;
        };
        let rename = match config.models.keys().next() {
            Some(new) if config.models.len() == 1 => format!("models rename {name} {new}"),
            _ => format!("models rename {name} NEW"),
        };
        said.push(format!(
            "the database has `{name}` with champion version {}, which no setting names; if it has a new name, `unseat {rename}` gives it that",
            champion.version
        ));
    }
    Ok(said)
}

/// Says so on stderr.
pub async fn warn_of_unnamed(
    global: &Global,
    config: &Config,
    registry: &Registry,
) -> Result<(), Failure> {
    for line in unnamed(config, registry).await? {
        if !global.quiet {
            super::output::talk(&format!("note: {line}"));
        }
        tracing::debug!("{line}");
    }
    Ok(())
}

/// Opens the registry.
pub async fn registry(config: &Config) -> Result<Registry, Failure> {
    Ok(match config.database_place() {
        DatabaseLocation::File(path) => Registry::open(&path).await?,
        DatabaseLocation::Server(url) => Registry::open_server(&server(config, url)?).await?,
    })
}

/// Looks at the registry and changes nothing; `None` where there is none of this program's version yet.
pub async fn look(config: &Config) -> Result<Option<Registry>, Failure> {
    Ok(match config.database_place() {
        DatabaseLocation::File(path) if !path.exists() => None,
        DatabaseLocation::File(path) => Some(Registry::look(&path).await?),
        DatabaseLocation::Server(url) => Registry::look_at_server(&server(config, url)?).await?,
    })
}

fn server(config: &Config, url: String) -> Result<ServerSettings, Failure> {
    Ok(ServerSettings {
        url,
        password: database_password(config)?,
        connections: config.database.connections,
        statement_seconds: config.database.statement_seconds,
    })
}

/// The password of the database server, where it is said: `UNSEAT_DATABASE_PASSWORD`, or the file that the settings name.
pub fn database_password(config: &Config) -> Result<Option<String>, Failure> {
    if let Ok(password) = std::env::var("UNSEAT_DATABASE_PASSWORD") {
        return Ok(Some(password));
    }
    let file = config.database.password_file.as_ref();
    file.map(|file| password_in(&config.project.join(file)))
        .transpose()
}

/// What a file with a password holds, without the end of its line.
pub fn password_in(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let error = anyhow::Error::from(error);
        let error = error.context(format!(
            "read the database's password from {}",
            file.display()
        ));
        Failure::new(Kind::Config, error)
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_string())
}

/// Where run ids come from: chance, or `UNSEAT_SEED`.
pub fn ids() -> Result<Ids, Failure> {
    match std::env::var("UNSEAT_SEED") {
        Err(_) => Ok(Ids::Random),
        Ok(text) => text.parse().map(Ids::Seeded).map_err(|error| {
            Failure::new(
                Kind::Usage,
                anyhow::Error::from(error).context("read UNSEAT_SEED as a whole number"),
            )
        }),
    }
}

/// Everything that a run of a model may touch.
pub async fn env(global: &Global, registry: &Registry, model: ModelConfig) -> Result<Env, Failure> {
    let env = env_as_set(global, registry, model)?;
    env.find_places().await?;
    Ok(env)
}

/// The same, which does not know yet where files were kept before.
pub fn env_as_set(
    global: &Global,
    registry: &Registry,
    model: ModelConfig,
) -> Result<Env, Failure> {
    let listener = progress::listener(global);
    Ok(Env::open(
        model,
        registry.clone(),
        clock()?,
        ids()?,
        listener,
    )?)
}

/// Configuration, registry and the one model's environment, for commands on one model.
pub async fn open(global: &Global, flags: &[(&str, String)]) -> Result<Env, Failure> {
    let (config, registry) = project(global, flags).await?;
    let model = model(global, &config)?;
    env(global, &registry, model).await
}
