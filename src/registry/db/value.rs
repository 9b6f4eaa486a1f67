//! What is bound to a placeholder.

use crate::model_types::{PredictionId, RunId, Sha256, VersionNumber};

/// A value of one of the few types that tables hold; `None` is NULL of that type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(Option<String>),
    /// A whole number.
    Whole(Option<i64>),
    /// A number.
    Number(Option<f64>),
    /// A condition.
    Flag(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Some(text.to_string()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(Some(text.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Value::Text(text)
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Value::Text(text.clone())
    }
}

impl From<Option<&String>> for Value {
    fn from(text: Option<&String>) -> Self {
        Value::Text(text.cloned())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Value::Text(text.map(str::to_string))
    }
}

impl From<&PredictionId> for Value {
    fn from(id: &PredictionId) -> Self {
        id.as_str().into()
    }
}

impl From<&RunId> for Value {
    fn from(run: &RunId) -> Self {
        run.as_str().into()
    }
}

impl From<Option<&RunId>> for Value {
    fn from(run: Option<&RunId>) -> Self {
        run.map(RunId::as_str).into()
    }
}

impl From<&Option<RunId>> for Value {
    fn from(run: &Option<RunId>) -> Self {
        run.as_ref().into()
    }
}

impl From<&Sha256> for Value {
    fn from(hash: &Sha256) -> Self {
        hash.as_str().into()
    }
}

impl From<&Option<Sha256>> for Value {
    fn from(hash: &Option<Sha256>) -> Self {
        hash.as_deref().into()
    }
}

impl From<VersionNumber> for Value {
    fn from(version: VersionNumber) -> Self {
        version.get().into()
    }
}

impl From<Option<VersionNumber>> for Value {
    fn from(version: Option<VersionNumber>) -> Self {
        version.map(VersionNumber::get).into()
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Whole(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Value::Whole(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(Some(number))
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}
