//! Why a report cannot be made.

/// Why a plot could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded font does not load.
    #[error("load the embedded font")]
    Font,
    /// The drawing backend failed.
    #[error("draw the plot")]
    Draw(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The compressor failed.
    #[error("compress the plot")]
    Encode(#[source] std::io::Error),
}
