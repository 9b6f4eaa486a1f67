//! What a user can do about each failure: its kind and the next step, by the error that caused it.

#[cfg(feature = "train")]
mod project;
#[cfg(feature = "train")]
mod run;

use super::failure::{Failure, Kind};
use super::listener;
use crate::{artifacts, config, http, serving};

const READ_ONLY: &str = "here the project can be looked at, predicted with and served; change it where its folder can be written";

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        let hint = match &error {
            config::Error::Unreadable { source, .. }
                if source.kind() == std::io::ErrorKind::InvalidData =>
            {
                "save the file as UTF-8"
            }
            config::Error::Unreadable { .. } => {
                "make a project with `unseat init DIR`, or name its folder with `-C DIR`"
            }
            config::Error::NotJson { .. } => "fix the file at that place",
            config::Error::KeyTwice { .. } => "remove one of the two",
            config::Error::Invalid { .. } => {
                "`unseat config schema` prints every key with its meaning and default"
            }
        };
        let hint = hint.to_string();
        Failure::new(Kind::Config, error.into()).hint(hint)
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        let (kind, hint) = match error {
            http::Error::Listen {
                ref address,
                ref source,
            } if source.kind() == std::io::ErrorKind::AddrInUse => {
                let hint = listener::in_use(listener::on(address));
                return Failure::new(Kind::Store, error.into()).hint(hint);
            }
            http::Error::Settings(_) => (
                Kind::Config,
                "docs/config.md has every key of `server` with its meaning",
            ),
            http::Error::Open { .. } => (
                Kind::Config,
                "`unseat token NAME ROLE` makes a token for `server.tokens`; or listen on 127.0.0.1, which only this machine reaches; or add `--insecure`, if anyone may use it",
            ),
            http::Error::Unknown { .. } => (
                Kind::Store,
                "write the address as ADDR:PORT, like 127.0.0.1:8000; a name must be one that this machine can look up",
            ),
            http::Error::Unreadable { .. } => (
                Kind::Config,
                "check that the file is there and that you may read it; its path is relative to the project's folder",
            ),
            http::Error::Unusable { key, .. } => (
                Kind::Config,
                match key {
                    "server.tokens_file" => {
                        "one `<name> <role> <sha256>` per line; `unseat token NAME ROLE` prints such a line"
                    }
                    _ => {
                        "both files are PEM: the certificate with those that signed it behind it, and its own private key"
                    }
                },
            ),
            http::Error::Signals { .. } => (
                Kind::Internal,
                "please report this, with the system that it runs on",
            ),
            http::Error::Listen { ref source, .. } => (
                Kind::Store,
                match source.kind() {
                    std::io::ErrorKind::AddrNotAvailable => {
                        "the address is not one of this machine: 127.0.0.1 is this machine alone, 0.0.0.0 is all its addresses"
                    }
                    std::io::ErrorKind::PermissionDenied => {
                        "ports below 1024 are for the system: take a higher one with `--listen ADDR:PORT`"
                    }
                    _ => "write the address as ADDR:PORT, like 127.0.0.1:8000",
                },
            ),
            http::Error::Log { .. } => (
                Kind::Store,
                "name a file in a folder that is there and that you may write, or `off`, or `stderr`",
            ),
        };
        Failure::new(kind, error.into()).hint(hint)
    }
}

impl From<serving::Error> for Failure {
    fn from(error: serving::Error) -> Self {
        let (kind, hint) = match error {
            #[cfg(feature = "train")]
            serving::Error::Pipeline(error) => return error.into(),
            serving::Error::Artifacts(error) => return error.into(),
            serving::Error::Stored { .. } => (
                Kind::Store,
                "the file was changed by another program: restore it from a backup",
            ),
            serving::Error::LeftOut { .. } => (
                Kind::Usage,
                "docs/deploy.md says what a build that only serves leaves out",
            ),
            serving::Error::Silent(_) => (
                Kind::Store,
                "check that the server behind it is up and can be reached from here",
            ),
            serving::Error::Bundle { .. } => (
                Kind::Store,
                "bring the file back from where it was copied from, or make it again with `unseat run`",
            ),
            serving::Error::File { .. } => (
                Kind::Store,
                "check that the file is there and that you may read it; `--bundle` wants a folder with `trainedmodel.json`, like production_deployment",
            ),
            serving::Error::NoModel(_) => (
                Kind::Config,
                "docs/config.md has every key of `server` with its meaning",
            ),
            serving::Error::Log(_) => (
                Kind::Store,
                "name a file in a folder that is there and that you may write, or `off`, or `stderr`",
            ),
            serving::Error::Count(_) => (
                Kind::Store,
                "the system gives no thread; raise its bound on processes",
            ),
        };
        Failure::new(kind, error.into()).hint(hint)
    }
}

impl From<artifacts::Error> for Failure {
    fn from(error: artifacts::Error) -> Self {
        let hint = hint_on_artifacts(&error);
        Failure::new(Kind::Store, error.into()).hint(hint)
    }
}

/// What to do about a store, or a folder of artifacts.
fn hint_on_artifacts(error: &artifacts::Error) -> &'static str {
    match error {
        artifacts::Error::Gone { .. } => {
            "bring the file back from a backup; for the champion `prod_deployment_path` has a copy"
        }
        artifacts::Error::ReadOnly { .. } => READ_ONLY,
        artifacts::Error::Store { trouble, .. } => trouble.hint(),
        _ => {
            "check that you may write there and that the disk has room, then run again; the champion is what it was"
        }
    }
}
