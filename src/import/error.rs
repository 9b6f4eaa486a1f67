//! Why a model of another program cannot be taken in.

/// Why a file cannot become a version; each completes "failed to …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are no ONNX model.
    #[error("read it as an ONNX model: {0}")]
    NotOnnx(String),
    /// A set of operators, or a version of one, that is not known here.
    #[error("read its operators: {0}")]
    Opset(String),
    /// A node that has no form here.
    #[error("take in the node `{node}` ({op}): {why}")]
    Node {
        /// Its name, or that of its first output.
        node: String,
        /// Its operator, with the set where that is not ONNX's own.
        op: String,
        /// What of it has no form.
        why: String,
    },
    /// An input that is no column of the project, or not of its kind.
    #[error("give the input `{input}` a column: {why}")]
    Input {
        /// The input.
        input: String,
        /// Why none fits.
        why: String,
    },
    /// `--columns` does not fit.
    #[error("read the columns in their order: {0}")]
    Columns(String),
    /// Classes of the file that are not those of the project.
    #[error("match its classes with those of `{target}`: {why}")]
    Classes {
        /// The project's target.
        target: String,
        /// What does not match.
        why: String,
    },
    /// It predicts something else than the project wants.
    #[error("predict `{target}` with it: {why}")]
    Target {
        /// The project's target.
        target: String,
        /// What it predicts, and what is wanted.
        why: String,
    },
    /// Outputs that are no answer of a classifier or a regressor.
    #[error("find what it answers: {0}")]
    Outputs(String),
    /// What a column goes through has no form as one step.
    #[error("take in what becomes of the column `{column}`: {why}")]
    Column {
        /// The column.
        column: String,
        /// Why not.
        why: String,
    },
}
