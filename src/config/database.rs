//! Where the registry is: a file of the project, or a Postgres server that many machines share.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::paths::below;
use super::problem::Problem;

/// The database when nothing is said.
pub const DEFAULT_URL: &str = "sqlite://unseat.db";
const FILE: &str = "sqlite://";
const SERVER: [&str; 2] = ["postgres://", "postgresql://"];

/// How a database server is used; of no meaning where the database is a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// File with the server's password; or `UNSEAT_DATABASE_PASSWORD`, or what Postgres' own clients read (`PGPASSWORD`, `~/.pgpass`).
    pub password_file: Option<String>,
    /// Connections that one process keeps at most.
    pub connections: u32,
    /// Seconds after which the server gives a statement up.
    pub statement_seconds: u32,
}

impl Default for Database {
    fn default() -> Self {
        Database {
            password_file: None,
            connections: 8,
            statement_seconds: 60,
        }
    }
}

impl Database {
    /// What is wrong with them.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut within = |key: &str, value: u32, most: u32| {
            if value == 0 || value > most {
                let reason = format!("{value} is not from 1 to {most}");
                problems.push(Problem::at(&format!("database.{key}"), reason));
            }
        };
        within("connections", self.connections, 1000);
        within("statement_seconds", self.statement_seconds, 86_400);
        problems
    }
}

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// In a file.
    File(PathBuf),
    /// On a server, at this URL, which holds no password.
    Server(String),
}

impl DatabaseLocation {
    /// Reads a URL; a file is below the project's folder.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(url: &str, project: &Path) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix(FILE).filter(|path| !path.is_empty()) {
            return Ok(DatabaseLocation::File(below(project, path)));
        }
        let Some(rest) = SERVER.iter().find_map(|scheme| url.strip_prefix(scheme)) else {
            return Err(
                "write it as sqlite://FILE or postgres://USER@HOST:5432/DATABASE".to_string(),
            );
        };
        let (authority, options) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = authority.split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        let is_secret = |option: &str| option.split('=').next() == Some("password");
        if user.contains(':') || options.split('&').any(is_secret) {
            return Err(
                "holds a password; put it into a file and name that in `database.password_file`, or into UNSEAT_DATABASE_PASSWORD"
                    .to_string(),
            );
        }
        Ok(DatabaseLocation::Server(url.to_string()))
    }
}

/// The URL that the settings name, or the usual one.
pub(super) fn database_url(
    object: &Map<String, Value>,
    project: &Path,
    problems: &mut Vec<Problem>,
) -> String {
    let url = object.get("database_url").and_then(Value::as_str);
    let url = url.unwrap_or(DEFAULT_URL);
    if let Err(reason) = DatabaseLocation::read(url, project) {
        problems.push(Problem::at("database_url", reason));
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_file_or_a_server_and_holds_no_password() {
        let read = |url| DatabaseLocation::read(url, Path::new("p"));
        let file = DatabaseLocation::File(PathBuf::from("p/state/unseat.db"));
        assert_eq!(read("sqlite://state/unseat.db"), Ok(file));
        for url in [
            "postgres://me@db.example.org:5432/unseat?sslmode=verify-full",
            "postgresql://db/unseat",
            "postgres:///unseat?host=/run/postgresql",
        ] {
            assert_eq!(read(url), Ok(DatabaseLocation::Server(url.to_string())));
        }
        for url in [
            "sqlite://",
            "mysql://host/db",
            "unseat.db",
            "postgres://me:secret@db/unseat",
            "postgres://me@db/unseat?sslmode=require&password=secret",
        ] {
            assert!(read(url).is_err(), "{url}");
        }
    }
}
