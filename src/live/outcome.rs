//! What becomes of a label.

use serde::{Deserialize, Serialize};

use crate::model_types::PredictionId;

/// A label as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Id of the answer.
    pub id: PredictionId,
    /// The true class, or the true number, as it is spelled.
    pub label: String,
    /// When it was seen to be so, in milliseconds since 1970.
    pub observed_ms: i64,
    /// Who says so; may be empty.
    pub source: String,
}

/// A label that was recorded before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// The label.
    pub label: String,
    /// When it was seen to be so.
    pub observed_ms: i64,
    /// Who said so.
    pub source: String,
}

/// What is known of an id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Whether the answer is kept.
    pub is_answered: bool,
    /// What was said of it before.
    pub stated: Vec<Stated>,
}

/// What became of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is the first of its answer.
    Recorded,
    /// It says what is known.
    Unchanged,
    /// It is newer than what was known, and counts in its place; both are kept.
    Replaced,
    /// It is older than what is known; it is kept and does not count.
    Superseded,
    /// It says something else of the same time; neither counts until a newer one settles it.
    Conflict,
    /// Its answer is not known yet; it is kept and waits.
    Held,
    /// There is no answer of the id.
    Unknown,
    /// The answer was so long ago that it is kept no more.
    TooLate,
    /// It is not a label of this model.
    Invalid,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 9] = [
        Outcome::Recorded,
        Outcome::Unchanged,
        Outcome::Replaced,
        Outcome::Superseded,
        Outcome::Conflict,
        Outcome::Held,
        Outcome::Unknown,
        Outcome::TooLate,
        Outcome::Invalid,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Recorded => "recorded",
            Outcome::Unchanged => "unchanged",
            Outcome::Replaced => "replaced",
            Outcome::Superseded => "superseded",
            Outcome::Conflict => "conflict",
            Outcome::Held => "held",
            Outcome::Unknown => "unknown",
            Outcome::TooLate => "too_late",
            Outcome::Invalid => "invalid",
        }
    }

    /// Whether the label is kept.
    pub fn is_kept(self) -> bool {
        matches!(
            self,
            Outcome::Recorded
                | Outcome::Replaced
                | Outcome::Superseded
                | Outcome::Conflict
                | Outcome::Held
        )
    }
}

/// What counts of all that was said of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effective<'a> {
    /// Nothing was said.
    None,
    /// This label.
    Label(&'a Stated),
    /// Two labels of the same time contradict one another.
    Conflict(i64),
}

/// The newest label counts; where the newest contradict one another, none does. The order in which they came does not matter.
pub fn effective(stated: &[Stated]) -> Effective<'_> {
    let Some(newest) = stated.iter().map(|it| it.observed_ms).max() else {
        return Effective::None;
    };
    let mut latest = stated.iter().filter(|it| it.observed_ms == newest);
    let Some(first) = latest.next() else {
        return Effective::None;
    };
    if latest.all(|other| other.label == first.label) {
        Effective::Label(first)
    } else {
        Effective::Conflict(newest)
    }
}

/// How long answers are kept and labels wait, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spans {
    /// An answer is kept.
    pub keep_ms: i64,
    /// A label waits.
    pub hold_ms: i64,
}

/// What becomes of a label that is one of the model's.
pub fn outcome(given: &Given, known: &Known, now_ms: i64, spans: Spans) -> Outcome {
    let is_stated = known.stated.iter().any(|it| {
        (it.label.as_str(), it.observed_ms, it.source.as_str())
            == (
                given.label.as_str(),
                given.observed_ms,
                given.source.as_str(),
            )
    });
    if !known.is_answered {
        let answered_ms = given.id.made_ms();
        return match answered_ms {
            Some(at_ms) if at_ms < now_ms - spans.keep_ms => Outcome::TooLate,
            Some(at_ms) if at_ms < now_ms - spans.hold_ms => Outcome::Unknown,
            _ if is_stated => Outcome::Unchanged,
            _ => Outcome::Held,
        };
    }
    match effective(&known.stated) {
        Effective::None => Outcome::Recorded,
        Effective::Label(stated) if stated.label == given.label => Outcome::Unchanged,
        Effective::Label(stated) if given.observed_ms > stated.observed_ms => Outcome::Replaced,
        Effective::Conflict(at_ms) if given.observed_ms > at_ms => Outcome::Replaced,
        _ if is_stated => Outcome::Unchanged,
        Effective::Label(stated) if given.observed_ms < stated.observed_ms => Outcome::Superseded,
        Effective::Conflict(at_ms) if given.observed_ms < at_ms => Outcome::Superseded,
        Effective::Label(_) | Effective::Conflict(_) => Outcome::Conflict,
    }
}
