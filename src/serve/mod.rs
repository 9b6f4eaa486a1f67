//! The project over HTTP: predictions, scores and diagnostics of what is deployed.
//!
//! `routes` is the table of contents. A request goes through `answer`: route, caller, limits, handler, what is told of
//! it; handlers take a `Request` and return a `Reply` or a `Problem`. `fleet` holds what is served, `follow` swaps
//! it when the champion moves. It must not know training: a run is started through `state::StartRun`, elsewhere.

mod accept;
mod answer;
mod body;
mod borrowed;
mod budget;
mod connection;
mod contents;
mod cors;
mod created;
mod diagnostics;
mod fleet;
mod follow;
mod forms;
mod guard;
mod health;
mod manage;
mod observe;
mod openapi;
mod pack;
mod place;
mod prediction;
mod probation;
mod problem;
mod reply;
mod request;
mod rotate;
mod router;
mod routes;
mod rows;
mod scored;
mod settings_news;
mod signals;
mod source;
mod state;
mod v2;
mod written;

#[cfg(test)]
mod tests;

pub use crate::pipeline::run_log;
pub use accept::{Bound, bind};
pub use contents::{Listed, contents, problem_forms};
pub use created::{Created, OpenModel, follow_settings, sync as sync_created};
pub use fleet::{Fleet, Served};
pub use follow::{load_all, load_each};
pub use guard::Guard;
pub use observe::Observer;
pub use settings_news::SettingsNews;
pub use signals::{Signals, Wish};
pub use source::Source;
pub use state::{ModelStart, Project, RunStart, StartRun, State};

use problem::{Code, Problem};
use reply::Reply;
use request::Request;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("listen on {address}")]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The name of the address stands for none.
    #[error("look up the address {address}")]
    Unknown {
        /// The address as it was given.
        address: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Everybody who reaches the address could do everything.
    #[error("listen on {address} without tokens: whoever reaches it could do everything")]
    Open {
        /// What the address stands for.
        address: std::net::SocketAddr,
    },
    /// A file of the settings that cannot be read.
    #[error("read `{key}`, {}", .path.display())]
    Unreadable {
        /// The setting that names it.
        key: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the settings whose content is no good.
    #[error("use `{key}`, {}: {reason}", .path.display())]
    Unusable {
        /// The setting that names it.
        key: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system does not let us hear signals.
    #[error("listen for signals")]
    Signals {
        /// What it said.
        #[source]
        source: std::io::Error,
    },
    /// Settings that cannot be used.
    #[error("{0}")]
    Settings(String),
    /// What is to be served cannot be read.
    #[error(transparent)]
    Pipeline(#[from] crate::pipeline::Error),
    /// A bundle that was named by its folder.
    #[error("serve the bundle in {}", .folder.display())]
    Bundle {
        /// The folder.
        folder: std::path::PathBuf,
        /// Why not.
        #[source]
        source: crate::bundle::Error,
    },
    /// A log that cannot be begun.
    #[error("{what}")]
    Log {
        /// What could not be done.
        what: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file that was named in the settings.
    #[error("read {}", .path.display())]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
