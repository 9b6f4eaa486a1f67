//! From global flags and variables to settings, of a project or without one.

use std::path::{Path, PathBuf};
use std::sync::Once;

use chrono::{DateTime, Utc};

use super::global::Global;
use super::{Failure, Kind, log_start};
use crate::artifacts;
use crate::clock::Clock;
use crate::config::{self, Config, Overrides, Server, variables};
use crate::model_types::{Location, scheme_of};

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
            log_start::warn(global, &unknown.to_string());
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
    let stores = if is_alone || !cfg!(feature = "train") {
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

/// The settings of the server that commands ask: the project's; of a build without projects what variables say.
///
/// # Errors
/// When they cannot be used.
pub fn asked_server(global: &Global) -> Result<Server, Failure> {
    if cfg!(feature = "train") {
        Ok(load(global, &[])?.server)
    } else {
        server_settings(global, &[])
    }
}
