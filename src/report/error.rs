//! Why a report cannot be made.

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded font does not load.
    #[error("load the embedded font")]
    Font,
    /// The drawing backend refused a shape.
    #[error("draw on the picture")]
    Draw(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The compressor refused the picture.
    #[error("compress the picture")]
    Encode(#[source] std::io::Error),
}
