//! What probation needs of a project: how far two versions differ on the test rows, and taking a version back.

use serde::Serialize;

use super::error::Error;
use super::model_lock::with_model_lock;
use super::versions::{load_bundle, read_scored, version_of};
use super::{Env, production};
use crate::clock::rfc3339;
use crate::evaluate::{ClassPredictions, Predictions};
use crate::model_types::VersionNumber;
use crate::registry::{Action, Lock, Operation, ProbationEnd, ProbationRow, ProbationState};

/// Who takes a version back by itself, in the operations.
pub const ACTOR: &str = "probation";

/// How far two versions differ on the test rows that the gate saw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TestShift {
    /// Number of test rows.
    pub rows: u64,
    /// Share of rows with another label, in [0, 1]; of numbers 0, as no two versions say exactly the same.
    pub labels: f64,
    /// Mean over the rows of the total variation between the two predicted distributions, in [0, 1]; of numbers the mean of
    /// [`numbers_apart`].
    pub scores: f64,
}

/// How far a version differs from the one before it on the test rows of its scoring; `None` when it was scored beside
/// another champion, or beside none.
///
/// # Errors
/// When the registry cannot be reached, or the stored predictions cannot be read.
pub async fn test_shift(
    env: &Env,
    version: VersionNumber,
    previous: VersionNumber,
) -> Result<Option<TestShift>, Error> {
    let version = version_of(env, version).await?;
    let scored = read_scored(env, &version).await?;
    let is_beside = |side: &super::SideScore| side.version == previous;
    if !scored.record.champion.as_ref().is_some_and(is_beside) {
        return Ok(None);
    }
    let champion = scored.champion.as_ref();
    let shift = |champion: &Predictions| match (&scored.challenger, champion) {
        (Predictions::Classes(one), Predictions::Classes(other)) => shift(one, other),
        (Predictions::Numbers(one), Predictions::Numbers(other)) => shift_of_numbers(one, other),
        _ => None,
    };
    Ok(champion.and_then(shift))
}

/// How far two sets of predictions of the same rows are apart; `None` without rows or when one holds what is not a number.
fn shift(one: &ClassPredictions, other: &ClassPredictions) -> Option<TestShift> {
    let rows = one.len();
    let mut labels = 0.0;
    let mut scores = 0.0;
    for row in 0..rows {
        labels += f64::from(one.labels[row] != other.labels[row]);
        let apart = |class| (one.probability(row, class) - other.probability(row, class)).abs();
        scores += (0..one.n_classes).map(apart).sum::<f64>() / 2.0;
    }
    let shift = TestShift {
        rows: rows as u64,
        labels: labels / rows as f64,
        scores: scores / rows as f64,
    };
    (rows > 0 && shift.scores.is_finite()).then_some(shift)
}

/// Why there is nothing to do, with a version that waits for approval.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn with_held(env: &Env, why: String) -> Result<String, Error> {
    let held = env.registry.held_version(&env.config.name).await?;
    Ok(match held {
        Some(held) => format!(
            "{why}; version {held} is held: look at it with `unseat gate explain {held}`, and `unseat promote {held}` makes it the champion"
        ),
        None => why,
    })
}

/// How far two predicted numbers are apart, in [0, 1]: |a − b| / (|a| + |b|), 0 where both are 0. It has no unit, so it means
/// the same on test rows and on rows of requests. Source: Canberra distance, Lance and Williams, 1967.
pub fn numbers_apart(one: f64, other: f64) -> f64 {
    let size = one.abs() + other.abs();
    if size == 0.0 {
        return 0.0;
    }
    // Halved first: the sum of two large numbers need not be one.
    let (half, half_other) = (one / 2.0, other / 2.0);
    (half - half_other).abs() / (half.abs() + half_other.abs())
}

/// [`shift`] of predicted numbers.
fn shift_of_numbers(one: &[f64], other: &[f64]) -> Option<TestShift> {
    let sum: f64 = one
        .iter()
        .zip(other)
        .map(|(a, b)| numbers_apart(*a, *b))
        .sum();
    let rows = one.len();
    let scores = sum / rows as f64;
    (rows > 0 && rows == other.len() && scores.is_finite()).then_some(TestShift {
        rows: rows as u64,
        labels: 0.0,
        scores,
    })
}

/// What is said of a version that production has rejected: a run does not make it again by itself.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn taken_back(
    env: &Env,
    version: Option<VersionNumber>,
) -> Result<Option<String>, Error> {
    let rows = env.registry.probations(&env.config.name).await?;
    let is_it = |row: &&ProbationRow| {
        Some(row.version) == version && row.state == ProbationState::RolledBack
    };
    Ok(rows.iter().find(is_it).map(|row| {
        format!(
            "version {}, of the same data and settings, was rolled back on probation: {}",
            row.version,
            row.reason.as_deref().unwrap_or("no reason is recorded")
        )
    }))
}

/// Makes the version before the one on probation the champion again, under the model's lock. Tells whether it was done: not
/// when the champion was moved or the probation concluded meanwhile.
///
/// # Errors
/// When a run holds the lock, or the version before cannot be loaded. The probation then continues.
pub async fn take_back(
    env: &Env,
    row: &ProbationRow,
    end: &ProbationEnd<'_>,
) -> Result<bool, Error> {
    with_model_lock(env, &row.model, |lock| async move {
        locked(env, &lock, row, end).await
    })
    .await
}

async fn locked(
    env: &Env,
    lock: &Lock,
    row: &ProbationRow,
    end: &ProbationEnd<'_>,
) -> Result<bool, Error> {
    // Verified before the pointer moves: bytes, parts, golden rows.
    load_bundle(env, row.previous).await?;
    let operation = Operation {
        action: Action::Rollback,
        version: Some(row.previous),
        previous: Some(row.version),
        reason: end.reason.to_string(),
        actor: ACTOR.to_string(),
        run: None,
        at_ms: end.at_ms,
    };
    let is_done = env.registry.take_back(lock, row, end, &operation).await?;
    if is_done {
        // `up` has a line of its own for it.
        tracing::warn!(
            target: "unseat::feed",
            model = row.model,
            version = row.version.get(),
            "rolled back at {}: {}",
            rfc3339(end.at_ms),
            end.reason
        );
        // The pointer has moved; a copy that stays behind is made true by the next run.
        if let Err(error) = production::publish(env).await {
            tracing::error!(model = row.model, "{error}");
        }
    }
    Ok(is_done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(labels: &[u32], probabilities: &[f64]) -> ClassPredictions {
        ClassPredictions {
            n_classes: 2,
            labels: labels.to_vec(),
            probabilities: probabilities.to_vec(),
        }
    }

    #[test]
    fn the_shift_is_by_row_and_not_of_sums() {
        // Each is positive once in two rows: only row by row do they differ.
        let one = predictions(&[1, 0], &[0.9, 0.1]);
        let other = predictions(&[0, 1], &[0.1, 0.9]);
        let found = shift(&one, &other).expect("two rows");
        assert_eq!((found.rows, found.labels), (2, 1.0));
        assert!((found.scores - 0.8).abs() < 1e-12);
        let same = shift(&one, &one).expect("two rows");
        assert_eq!((same.labels, same.scores), (0.0, 0.0));
    }

    #[test]
    fn numbers_are_apart_by_their_size_and_not_their_unit() {
        let found = shift_of_numbers(&[10.0, 0.0, -4.0], &[30.0, 0.0, 4.0]).expect("three rows");
        assert_eq!((found.rows, found.labels, found.scores), (3, 0.0, 0.5));
        let thousandfold = shift_of_numbers(&[1e4, 0.0, -4e3], &[3e4, 0.0, 4e3]);
        assert_eq!(thousandfold.map(|shift| shift.scores), Some(0.5));
        assert_eq!(numbers_apart(f64::MAX, -f64::MAX), 1.0);
        assert_eq!(shift_of_numbers(&[], &[]), None);
        assert_eq!(shift_of_numbers(&[f64::NAN], &[1.0]), None);
    }

    #[test]
    fn no_rows_and_no_numbers_are_no_shift() {
        assert_eq!(shift(&predictions(&[], &[]), &predictions(&[], &[])), None);
        let odd = predictions(&[1], &[f64::NAN]);
        assert_eq!(shift(&odd, &odd), None);
    }
}
