//! From global flags to a configuration, a registry and the model to work on.

use std::path::{Path, PathBuf};
use std::sync::Once;

use chrono::{DateTime, Utc};

use super::global::Global;
use super::{Failure, Kind, progress};
use crate::artifacts;
use crate::clock::Clock;
use crate::config::{self, Config, DatabaseLocation, ModelConfig, Overrides, Server, variables};
use crate::model_types::{Location, scheme_of};
use crate::pipeline::{Env, Ids, finish_model_removals, finish_rename, finish_restore};
use crate::registry::{Registry, ServerSettings};

/// Loads the configuration. `flags` come after `--set`.
pub fn load(global: &Global, flags: &[(&str, String)]) -> Result<Config, Failure> {
    let overrides = overrides(global, flags)?;
    Ok(config::load(&file(global), &overrides)?)
}

/// The project's `config.json`.
pub fn file(global: &Global) -> PathBuf {
    if global.project.is_file() {
        global.project.clone()
    } else {
        global.project.join("config.json")
    }
}

fn overrides(global: &Global, flags: &[(&str, String)]) -> Result<Overrides, Failure> {
    // A variable that is not a text is none of ours.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let variables: Vec<(String, String)> = variables.collect();
    artifacts::know_variables(variables.iter().cloned());
    let variables = variables::of(variables.into_iter());
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        for unknown in &variables.unknown {
            progress::warn(global, &unknown.to_string());
        }
    });
    let mut overrides = Overrides {
        environment: variables.settings,
        flags: Vec::new(),
    };
    for setting in &global.settings {
        let Some((key, value)) = setting.split_once('=') else {
            let error = Failure::usage(format!("read `--set {setting}`: it has no `=`"));
            return Err(error.hint("write it as KEY=VALUE, like --set gate.confidence=0.9"));
        };
        overrides.flags.push((key.to_string(), value.to_string()));
    }
    overrides.flags.extend(
        flags
            .iter()
            .map(|(key, value)| (key.to_string(), value.clone())),
    );
    Ok(overrides)
}

/// The folder of the project, below which its settings name files.
pub fn folder(global: &Global) -> PathBuf {
    let is_file = global.project.is_file();
    let parent = global.project.parent().filter(|_| is_file);
    parent.unwrap_or(&global.project).to_path_buf()
}

/// Where a bundle is that is named by its folder, its file or its URL.
pub fn bundle_place(global: &Global, path: &Path) -> Result<Location, Failure> {
    let overrides = overrides(global, &[])?;
    let stores = config::alone::stores_alone(&folder(global), &overrides)?;
    let text = path.to_string_lossy();
    if scheme_of(&text).is_none() {
        return Ok(Location::Folder(path.to_path_buf()));
    }
    stores
        .place(Path::new(""), &text)
        .map_err(|reason| Failure::usage(format!("serve {text}: it {reason}")))
}

/// Where the prediction log's files go; `is_alone`: of a server without a project.
pub fn prediction_log_place(
    global: &Global,
    settings: &Server,
    is_alone: bool,
) -> Result<Location, Failure> {
    let overrides = overrides(global, &[])?;
    let stores = if is_alone {
        config::alone::stores_alone(&folder(global), &overrides)?
    } else {
        config::load(&file(global), &overrides)?.stores
    };
    let text = &settings.prediction_log.folder;
    stores.place(&folder(global), text).map_err(|reason| {
        Failure::usage(format!(
            "use `server.prediction_log.folder` `{text}`: it {reason}"
        ))
    })
}

/// The server's settings where there is no project: defaults, `UNSEAT_SERVER__…` variables and flags.
pub fn server_settings(global: &Global, flags: &[(&str, String)]) -> Result<Server, Failure> {
    Ok(config::alone::server_alone(&overrides(global, flags)?)?)
}

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

/// The clock: the system's, or `UNSEAT_NOW`.
pub fn clock() -> Result<Clock, Failure> {
    match std::env::var("UNSEAT_NOW") {
        Err(_) => Ok(Clock::System),
        Ok(text) => match DateTime::parse_from_rfc3339(&text) {
            Ok(at) => Ok(Clock::Fixed(at.with_timezone(&Utc))),
            Err(error) => Err(Failure::new(
                Kind::Usage,
                anyhow::Error::from(error).context("read UNSEAT_NOW as a time"),
            )
            .hint("write it as RFC 3339, like 2026-01-31T00:00:00Z, or leave it unset")),
        },
    }
}

/// Where AWS Lambda hands out its events, `HOST:PORT`, when it is what started this process.
pub fn lambda_runtime() -> Option<String> {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").ok();
    address.filter(|address| !address.is_empty())
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
