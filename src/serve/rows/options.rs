//! What is in a body beside its rows.

use serde::Deserialize;

use crate::model_types::{NotAVersion, VersionNumber, VersionSelector};
use crate::serve::{Code, Problem};

/// What a caller may ask for beside predictions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// The model, where there are several.
    pub model: Option<String>,
    /// Another version than the champion.
    pub version: Option<VersionNumber>,
    /// The probability of every class.
    pub probabilities: bool,
    /// Another threshold of P(positive).
    pub threshold: Option<f64>,
    /// The likeliest classes.
    pub top_n: Option<usize>,
    /// What each column contributed.
    pub explain: bool,
    /// What would have turned the answer.
    pub flips: bool,
}

/// `3` or `"v3"` or `"3"`.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum VersionName {
    /// `3`.
    Number(VersionNumber),
    /// Anything else.
    Text(String),
}

/// A version out of a text: `3`, `v3`; `champion` is none in particular.
pub fn version_of(text: &str) -> Result<Option<VersionNumber>, Problem> {
    match text.parse() {
        Ok(VersionSelector::Champion) => Ok(None),
        Ok(VersionSelector::Number(number)) => Ok(Some(number)),
        // A number that no version can have is reported as one that is not there.
        Ok(VersionSelector::Latest) | Err(NotAVersion) => text.parse().map(Some).map_err(|_| {
            let why = "the version is not a number like 3, nor `champion`";
            Problem::new(Code::BadRequest, why)
        }),
    }
}
