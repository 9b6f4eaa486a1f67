//! Why what is to be served cannot be.

/// What a project's versions are known by; also the name of the check.
pub const DATABASE: &str = "database";

/// What is said of a database, or a store, that does not answer.
pub fn silence_of(place: &str) -> String {
    format!(
        "the {place} does not answer; what was loaded continues to be served, and nothing can be changed or followed until it does"
    )
}

/// Why what is to be served cannot be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is to be served of a project cannot be read.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Pipeline(#[from] crate::pipeline::Error),
    /// A store, or a folder of artifacts.
    #[error(transparent)]
    Artifacts(#[from] crate::artifacts::Error),
    /// A stored file is not what it should be.
    #[error("read {what}")]
    Stored {
        /// Which.
        what: String,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
    /// The bundle needs what this build of the program leaves out.
    #[error("serve the bundle in {}: {why}", .folder.display())]
    LeftOut {
        /// The folder.
        folder: std::path::PathBuf,
        /// What it needs.
        why: &'static str,
    },
    /// What says which version is the champion does not answer: the database, or the store of a bundle.
    #[error("query the {0}: it does not answer")]
    Silent(&'static str),
    /// A bundle that was named by its folder.
    #[error("serve the bundle in {}", .folder.display())]
    Bundle {
        /// The folder.
        folder: std::path::PathBuf,
        /// Why not.
        #[source]
        source: crate::bundle::Error,
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
    /// No model of the name.
    #[error("find the model `{0}`")]
    NoModel(String),
    /// The prediction log cannot be started.
    #[error("start the prediction log")]
    Log(#[source] std::io::Error),
    /// Counting rows cannot be started.
    #[error("start counting the rows of requests")]
    Count(#[source] std::io::Error),
}
