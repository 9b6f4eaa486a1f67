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
