//! Why the engine could not do something. Messages complete "failed to …" and hold no cell of the data.

/// Why the engine could not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no session.
    #[error("open a session of the engine at {url}: {why}")]
    Open {
        /// Its address.
        url: String,
        /// What was said.
        why: String,
    },
    /// The server went away while it worked.
    #[error(
        "{doing} with the engine at {url}: the connection was lost for {seconds} s; see whether the server runs, then run again (`engine.lost_seconds` says how long to wait)"
    )]
    Lost {
        /// What was being done.
        doing: String,
        /// Its address.
        url: String,
        /// How long it was looked for.
        seconds: u64,
    },
    /// A signal ended the query.
    #[error("{0} with the engine: it was interrupted, here and in the server")]
    Interrupted(String),
    /// The server rejected, or failed at, a query.
    #[error("{doing} with the engine at {url}: {why}")]
    Query {
        /// What was being done.
        doing: String,
        /// Its address.
        url: String,
        /// What the server said, without what it said of the data.
        why: String,
    },
    /// The answer has another form than the question asks for.
    #[error("read the engine's answer: {0}")]
    Answer(String),
    /// What was written is not what was read.
    #[error(
        "verify what the engine wrote to {path}: {written} rows are there, {expected} were counted before{more}; nothing was taken in"
    )]
    Unverified {
        /// Where.
        path: String,
        /// Rows that were read back.
        written: u64,
        /// Rows that should be there.
        expected: u64,
        /// What else is different.
        more: &'static str,
    },
    /// The files cannot be read by the engine.
    #[error("read the input with the engine: {0}")]
    Input(String),
    /// The model cannot be made.
    #[error("learn with the engine: {0}")]
    Learn(String),
    /// The solver on this machine could not continue.
    #[error(transparent)]
    Solve(#[from] crate::learners::Error),
    /// Features cannot be made.
    #[error(transparent)]
    Features(#[from] crate::features::Error),
}
