//! Why what is to be served cannot be.

/// Why what is to be served cannot be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is to be served cannot be read.
    #[error(transparent)]
    Pipeline(#[from] crate::pipeline::Error),
    /// The database does not answer.
    #[error("ask the database: it does not answer")]
    Silent,
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
