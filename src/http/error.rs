//! Why the server cannot start.

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
    /// Anyone who can reach the address could do everything.
    #[error("listen on {address} without tokens: anyone who reaches it could do everything")]
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
    /// A log that cannot be started.
    #[error("{what}")]
    Log {
        /// What could not be done.
        what: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
