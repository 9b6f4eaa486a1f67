//! A value that names a class.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A class as it may be written in JSON: text, number or truth value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Label {
    /// A text label.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
}

impl Label {
    /// The label as data sets spell it.
    pub fn spelled(&self) -> String {
        match self {
            Label::Text(text) => text.clone(),
            Label::Integer(number) => number.to_string(),
            Label::Number(number) => number.to_string(),
            Label::Boolean(flag) => flag.to_string(),
        }
    }
}
