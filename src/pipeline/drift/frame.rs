//! A frame checked against a version's reference.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{Column, DataFrame};

use super::check::{DriftCheck, SchemaChange, SlowDrift, Which};
use super::reference::answered;
use crate::bundle::Bundle;
use crate::config::drift::{Drift as Settings, DriftAction};
use crate::data::Schema;
use crate::drift::{
    Binner, Counts, Drift, Levels, Reference, Subject, count_answers, judge, values_of,
};
use crate::features::is_encoded_as_number;
use crate::model_types::VersionNumber;
use crate::pipeline::Error;
use crate::pipeline::dataset::take;

/// What rows are checked against.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    /// The version.
    pub bundle: &'a Bundle,
    /// The settings.
    pub settings: &'a Settings,
    /// Share of each column in its permutation importance.
    pub importance: &'a BTreeMap<String, f64>,
    /// What was found in the windows before, newest first; `None` where rows are looked at once.
    pub before: Option<&'a [BTreeSet<String>]>,
    /// Rows of which it is compared, too, what the model says: never of those that it learned from.
    pub predicted: Predicted<'a>,
    /// The version against which slow drift is seen, where that is another one.
    pub slow: Option<(VersionNumber, &'a Bundle)>,
}

/// Rows of which it is compared what a model says.
#[derive(Debug, Clone, Copy)]
pub enum Predicted<'a> {
    /// None of them.
    None,
    /// All of them.
    All,
    /// These.
    Rows(&'a [u32]),
}

/// What is said of a version without a reference.
pub fn no_reference(version: VersionNumber) -> String {
    format!(
        "version {version} has no reference, since it was trained by a program that made none; the next version will have one (`unseat run --force` trains one now)"
    )
}

/// The levels for windows of some length.
pub fn levels(settings: &Settings, window_ms: i64) -> Levels {
    Levels {
        alpha: settings.alpha(window_ms),
        least_effect: settings.min_effect,
        large_effect: settings.large_effect,
    }
}

/// Columns of a reference whose drift does not matter.
pub fn ignored(settings: &Settings, reference: &Reference) -> BTreeSet<String> {
    let names = reference.columns.iter().map(|column| &column.name);
    let is_ignored = |name: &&String| settings.action_of(name) == Some(DriftAction::Ignore);
    names.filter(is_ignored).cloned().collect()
}

/// Compares rows with what a version was trained on.
///
/// # Errors
/// When a column cannot be made of those that are there.
pub fn compare_rows(
    frame: &DataFrame,
    against: &Against<'_>,
    which: Which,
) -> Result<DriftCheck, Error> {
    let Against { bundle, slow, .. } = *against;
    let schema = schema_changes(bundle, frame);
    let is_other = |(version, _): &(VersionNumber, &Bundle)| *version != which.version;
    let slow = match slow.filter(is_other) {
        None => None,
        Some((version, bundle)) => {
            let of_slow = Against {
                bundle,
                slow: None,
                before: None,
                predicted: Predicted::None,
                ..*against
            };
            judged(frame, &of_slow, &which)?.map(|(drift, _)| SlowDrift {
                version,
                verdict: drift.verdict,
                reason: drift.reason.clone(),
                columns: drift.drifting().map(|it| it.key()).collect(),
                found: Vec::new(),
            })
        }
    };
    let check = match judged(frame, against, &which)? {
        Some((drift, counts)) => DriftCheck {
            counts: Some(counts),
            ..DriftCheck::of(which, drift, schema)
        },
        None => {
            let why = no_reference(which.version);
            DriftCheck {
                schema,
                ..DriftCheck::unknown(which, frame.height() as u64, why)
            }
        }
    };
    Ok(DriftCheck { slow, ..check })
}

fn judged(
    frame: &DataFrame,
    against: &Against<'_>,
    which: &Which,
) -> Result<Option<(Drift, Counts)>, Error> {
    let bundle = against.bundle;
    let Some(reference) = &bundle.reference else {
        return Ok(None);
    };
    let (whole, absent) = completed(bundle, frame);
    let prepared = bundle.transformer.prepared(&whole)?;
    let mut counts = Counts::none(reference);
    Binner::new(reference).count(&prepared, &mut counts);
    let rows = match against.predicted {
        Predicted::None => None,
        Predicted::All => Some(whole.clone()),
        Predicted::Rows(rows) => Some(Cow::Owned(take(&whole, rows)?)),
    };
    let rows = rows.filter(|rows| absent.is_empty() && rows.height() > 0);
    if let Some((column, rows)) = reference.prediction.as_ref().zip(rows) {
        let answers = bundle.scorer().answer_frame(&rows)?;
        count_answers(
            &column.layout,
            answered(bundle, &answers),
            &mut counts.prediction,
        );
    }
    let (from_ms, to_ms) = which.window_ms;
    let drift = judge(&Subject {
        reference,
        counts: &counts,
        values: &values_of(reference, &prepared),
        absent: &absent,
        importance: against.importance,
        ignored: &ignored(against.settings, reference),
        before: against.before,
        levels: levels(against.settings, (to_ms - from_ms).max(DAY_MS)),
    });
    Ok(Some((drift, counts)))
}

/// Data sets and files are taken to come once a day at the most.
const DAY_MS: i64 = 86_400_000;

/// The frame with every column that the model reads, missing throughout where it is not there, and which those are.
fn completed<'f>(bundle: &Bundle, frame: &'f DataFrame) -> (Cow<'f, DataFrame>, BTreeSet<String>) {
    let reads = bundle.transformer.reads(&bundle.reading);
    let absent: Vec<_> = reads
        .into_iter()
        .filter(|read| frame.column(&read.name).is_err())
        .collect();
    if absent.is_empty() {
        return (Cow::Borrowed(frame), BTreeSet::new());
    }
    let mut whole = frame.clone();
    for read in &absent {
        let empty = Column::full_null(
            read.name.as_str().into(),
            frame.height(),
            &read.kind.dtype(),
        );
        // It is as long as the others.
        let _ = whole.with_column(empty);
    }
    whole.rechunk_mut();
    let names = absent.into_iter().map(|read| read.name);
    (Cow::Owned(whole), names.collect())
}

/// Columns of the training data that are not there, are of another kind, or are new.
fn schema_changes(bundle: &Bundle, frame: &DataFrame) -> Vec<SchemaChange> {
    let now = Schema::of(frame);
    let change = |column: &str, change: &str, reason: String| SchemaChange {
        column: column.to_string(),
        change: change.to_string(),
        reason,
    };
    let mut changes = Vec::new();
    let reads = bundle.transformer.reads(&bundle.reading);
    for column in &bundle.profile {
        match now.get(&column.name) {
            // Labels come later, and what is not read may stay away.
            None if reads.iter().any(|read| read.name == column.name) => changes.push(change(
                &column.name,
                "missing",
                "the model reads it, and it is not there".to_string(),
            )),
            Some(other)
                if is_encoded_as_number(other.kind) != is_encoded_as_number(column.kind)
                    && column.missing < column.rows =>
            {
                changes.push(change(
                    &column.name,
                    "kind",
                    format!("was {} in training and is {}", column.kind, other.kind),
                ));
            }
            None | Some(_) => {}
        }
    }
    let is_known = |name: &str| {
        bundle.profile.iter().any(|it| it.name == name)
            || bundle.target == name
            || reads.iter().any(|read| read.name == name)
    };
    let added = now.columns.iter().filter(|column| !is_known(&column.name));
    changes.extend(added.map(|column| {
        change(
            &column.name,
            "added",
            "training did not have it".to_string(),
        )
    }));
    changes
}
