//! Answers of numbers beside their labels, week by week: how well they were ranked.

use serde::Serialize;

use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::config::decision::Flags;
use crate::live::ranking::{Alike, First, alike, by_week};
use crate::live::{Effective, Labelled, Stated, effective};
use crate::model_types::VersionNumber;

/// Milliseconds of a week.
const WEEK_MS: i64 = 7 * 86_400_000;

/// The answers of one version in one week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LiveWeek {
    /// The version that answered.
    pub version: VersionNumber,
    /// Monday, 00:00 UTC.
    pub from: String,
    /// The Monday after it; does not belong to it.
    pub to: String,
    /// Answers.
    pub answers: u64,
    /// Of them, with a number as the label that counts.
    pub labelled: u64,
    /// How alike labels and answers rank those rows: Spearman correlation, overlap of the worst 10 % and 20 %.
    #[serde(flatten)]
    pub ranking: Alike,
}

/// Which rows are the worst ones for a version: those that it flags.
pub fn first_of(bundle: Option<&Bundle>) -> First {
    match bundle.and_then(|bundle| bundle.flag).map(|flag| flag.side) {
        Some(Flags::Smallest) => First::Smallest,
        Some(Flags::Largest) | None => First::Largest,
    }
}

/// Each week in which a version answered, newest first. A week is that of the answer, however late its label is.
pub fn weeks(version: VersionNumber, rows: &[Labelled], first: First) -> Vec<LiveWeek> {
    let by_week = by_week(rows.iter().map(|row| Some(row.answer.at_ms)));
    let week = |(from_ms, rows_of): (i64, Vec<usize>)| {
        let pairs = rows_of.iter().filter_map(|&at| {
            let truth = number_of(&rows[at])?;
            Some((truth, rows[at].answer.value))
        });
        let (truth, given): (Vec<f64>, Vec<f64>) = pairs.unzip();
        LiveWeek {
            version,
            from: rfc3339(from_ms),
            to: rfc3339(from_ms + WEEK_MS),
            answers: rows_of.len() as u64,
            labelled: truth.len() as u64,
            ranking: alike(&truth, &given, first),
        }
    };
    by_week.into_iter().rev().map(week).collect()
}

/// The label that counts, where it is a number.
fn number_of(row: &Labelled) -> Option<f64> {
    let stated: Vec<Stated> = row.stated.iter().map(|(it, _)| it.clone()).collect();
    match effective(&stated) {
        Effective::Label(label) => label.label.parse().ok(),
        Effective::None | Effective::Conflict(_) => None,
    }
}
