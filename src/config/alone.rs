//! Settings where there is no `config.json`: defaults, and what overrides them.

use std::path::Path;

use serde_json::Map;

use super::load::{Overrides, name_the_source, take_part};
use super::server::Server;
use super::stores::{Artifacts, Stores};
use super::{Error, merge};

/// The server's settings where there is no file, only what overrides it.
///
/// # Errors
/// [`Error::Invalid`] lists every problem at once.
pub fn server_alone(overrides: &Overrides) -> Result<Server, Error> {
    let mut object = Map::new();
    let mut problems = Vec::new();
    let given = overrides.environment.iter().chain(&overrides.flags);
    for (path, text) in given.filter(|(path, _)| path.starts_with("server.")) {
        problems.extend(merge::set(&mut object, path, text).err());
    }
    let server: Server = take_part(&mut object, "server", &mut problems);
    problems.extend(server.problems());
    name_the_source(&mut problems, overrides);
    if problems.is_empty() {
        return Ok(server);
    }
    Err(Error::Invalid {
        path: "(no file)".to_string(),
        problems,
    })
}

/// How stores are reached where there is no file, only what overrides it.
///
/// # Errors
/// [`Error::Invalid`] lists every problem at once.
pub fn stores_alone(project: &Path, overrides: &Overrides) -> Result<Stores, Error> {
    let mut object = Map::new();
    let mut problems = Vec::new();
    let given = overrides.environment.iter().chain(&overrides.flags);
    for (path, text) in given.filter(|(path, _)| path.starts_with("artifacts.")) {
        problems.extend(merge::set(&mut object, path, text).err());
    }
    let artifacts: Artifacts = take_part(&mut object, "artifacts", &mut problems);
    let stores = Stores::read(&object, project, &artifacts, &mut problems);
    name_the_source(&mut problems, overrides);
    if problems.is_empty() {
        return Ok(stores);
    }
    Err(Error::Invalid {
        path: "(no file)".to_string(),
        problems,
    })
}
