//! The schemas of `/prediction` in the API document: what [`super::rows`] reads and [`super::prediction_response`] writes.
//! Nothing is read or written through them; tests check them against the reader and the writer.

use std::collections::BTreeMap;

use crate::serving::served::WarningKind;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

/// Rows, and what is wanted beside their predictions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PredictionRequest {
    /// One object per row: column and value. Every column that the model learns from must be there; `null` is a missing
    /// value.
    pub rows: Vec<BTreeMap<String, Value>>,
    /// The model; may be left out where there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Another version than the champion: a number, `v3`, or `champion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = version)]
    pub version: Option<Value>,
    /// Adds the probability of every class.
    #[serde(skip_serializing_if = "is_false")]
    pub probabilities: bool,
    /// P(positive) from which on a row is positive, instead of the one that was chosen on the validation part. Only for
    /// models with two classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub threshold: Option<f64>,
    /// Adds this many of the most probable classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub top_n: Option<usize>,
    /// Adds what each column contributed.
    #[serde(skip_serializing_if = "is_false")]
    pub explain: bool,
    /// Adds what would have turned the answer: per column the nearest value that does so alone. Only for linear models with two
    /// classes.
    #[serde(skip_serializing_if = "is_false")]
    pub flips: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a row of the answer may be.
#[derive(Debug, Serialize, ToSchema)]
pub struct PredictionAnswer {
    /// The model that answered.
    pub model: String,
    /// Its version.
    #[schema(minimum = 1)]
    pub version: i64,
    /// Id of the request, as in `X-Request-Id`.
    pub request_id: String,
    /// One per row, in the order of the rows.
    pub predictions: Vec<Prediction>,
}

/// The prediction of a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct Prediction {
    /// Id of this prediction; no other has it.
    pub id: String,
    /// The class, spelled as in the training data, or the number.
    #[schema(schema_with = label)]
    pub prediction: Value,
    /// Of the positive class where there are two, else of the class that is predicted; not there where numbers are predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1, nullable = false)]
    pub probability: Option<f64>,
    /// Whether the number is among the share that is flagged; only where `learner.decision.by` is `capacity` and a number is predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub flagged: Option<bool>,
    /// Of every class; with `probabilities`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub probabilities: BTreeMap<String, f64>,
    /// The most probable classes, in order; with `top_n`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<Likely>,
    /// What each column added to the margin; with `explain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contributions: Option<Contributions>,
    /// What would have turned the answer, nearest first; with `flips`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flips: Vec<Flip>,
    /// What is unusual about the row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A class and how likely it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Likely {
    /// The class.
    #[schema(schema_with = label)]
    pub prediction: Value,
    /// Its probability.
    #[schema(minimum = 0, maximum = 1)]
    pub probability: f64,
}

/// Bias and columns add up to the margin: the log-odds of the positive class, with more than two classes the predicted
/// class' margin before the softmax, or the predicted number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contributions {
    /// What the model says of no row in particular.
    pub bias: f64,
    /// What each column added; `null` where the sum is beyond all numbers.
    pub columns: BTreeMap<String, Option<f64>>,
    /// Per column of texts, what its words added, largest first, at most 50 of them; not there where no column is one of texts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, Vec<ExplainedWord>>,
}

/// A word, a group of words or a piece of a word in a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedWord {
    /// As it is counted: in lower case; a piece of a word in quotes.
    pub word: String,
    /// What it added.
    pub contribution: f64,
}

/// A column and the nearest value that turns the answer while all others stay as they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Flip {
    /// The column.
    pub column: String,
    /// The value: of the column's kind.
    #[schema(schema_with = label)]
    pub value: Value,
    /// How far it is: standard deviations of a number, √2 for another category.
    #[schema(minimum = 0)]
    pub distance: f64,
    /// Whether the training data reached so far.
    pub is_seen: bool,
}

/// Something unusual about a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct Warning {
    /// The column.
    pub column: String,
    /// What is unusual about its value.
    pub warning: WarningKind,
}

/// A class: a number or truth value where the target was one.
pub fn label() -> Object {
    let kinds = SchemaType::from_iter([Type::String, Type::Number, Type::Boolean]);
    let label = ObjectBuilder::new().schema_type(kinds);
    let words = "The class, spelled as in the training data: a number or truth value where the target was one; or the predicted number.";
    label.description(Some(words)).build()
}

/// A version as a request names it.
pub fn version() -> Object {
    let kinds = SchemaType::from_iter([Type::Integer, Type::String, Type::Null]);
    let version = ObjectBuilder::new().schema_type(kinds);
    let words =
        "Another version than the champion: a number, `v3`, or `champion`, which is the default.";
    version
        .pattern(Some("^(champion|v?[0-9]{1,18})$"))
        .minimum(Some(0))
        .maximum(Some(1_000_000_000_000_i64))
        .description(Some(words))
        .build()
}

/// A stream in Arrow's IPC format
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct ArrowStream(#[expect(dead_code, reason = "for the document only")] Vec<u8>);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model_types::VersionNumber;
    use crate::serve::rows;

    #[test]
    fn a_warning_is_written_by_the_name_that_is_documented() {
        for kind in [
            WarningKind::UnknownCategory,
            WarningKind::OutsideTrainingRange,
        ] {
            assert_eq!(json!(kind), kind.name());
        }
    }

    #[test]
    fn the_reader_knows_every_key_that_is_documented_and_no_other() {
        let all = PredictionRequest {
            rows: vec![BTreeMap::new()],
            model: Some("m".to_string()),
            version: Some(json!("v3")),
            probabilities: true,
            threshold: Some(0.25),
            top_n: Some(2),
            explain: true,
            flips: true,
        };
        let body = serde_json::to_vec(&all).expect("JSON");
        let expected = rows::Options {
            model: Some("m".to_string()),
            version: Some(VersionNumber::new(3)),
            probabilities: true,
            threshold: Some(0.25),
            top_n: Some(2),
            explain: true,
            flips: true,
        };
        assert_eq!(rows::read_options(&body).expect("readable"), expected);
        let rejected = rows::read_options(br#"{"rows": [], "other": 1}"#);
        assert!(rejected.is_err());
    }
}
