//! Ticks: slots of the schedule. Each leaves exactly one row, whatever came of it.

use serde::{Deserialize, Serialize};

use super::db::{Row, Tx, query};
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::{Outcome, RunId, named};

named! {
    /// What came of a tick.
    pub enum TickOutcome: "an outcome of a tick" {
        /// Its job waits or is worked on.
        Pending = "pending",
        /// Its run put a new version in production.
        Promoted = "promoted",
        /// Its run's version was rejected.
        Rejected = "rejected",
        /// Its run moved the champion's threshold.
        Retuned = "retuned",
        /// Its run's version is no better and no worse than the champion.
        Equivalent = "equivalent",
        /// There was not enough evidence.
        Inconclusive = "inconclusive",
        /// There was nothing new to learn from.
        NothingNew = "nothing_new",
        /// Its run ended in another way: scored again, or the champion is pinned.
        Ran = "ran",
        /// Its run broke off, was cancelled or was dead-lettered.
        Failed = "failed",
        /// It was left out: a run was still under way, or the schedule is paused.
        Skipped = "skipped",
        /// No scheduler was running when it was due.
        Missed = "missed",
    }
}

impl TickOutcome {
    /// What a run's outcome means for its tick.
    pub fn of_run(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Promote => TickOutcome::Promoted,
            Outcome::Reject => TickOutcome::Rejected,
            Outcome::Retune => TickOutcome::Retuned,
            Outcome::Equivalent => TickOutcome::Equivalent,
            Outcome::Inconclusive => TickOutcome::Inconclusive,
            Outcome::NothingNew => TickOutcome::NothingNew,
            Outcome::Pinned
            | Outcome::Frozen
            | Outcome::Waiting
            | Outcome::Rescored
            | Outcome::Ingested
            | Outcome::Trained
            | Outcome::Scored
            | Outcome::Reported
            | Outcome::Adopted => TickOutcome::Ran,
        }
    }
}

/// A tick as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TickRow {
    /// The model.
    pub model: String,
    /// The time it stands for; jitter does not change it.
    pub tick_ms: i64,
    /// What came of it.
    pub outcome: TickOutcome,
    /// Why.
    pub reason: String,
    /// Its job.
    pub job: Option<String>,
    /// Its run.
    pub run: Option<RunId>,
    /// When this was recorded.
    pub at_ms: i64,
}

/// Adds a tick, unless it is there already: then nothing happens and the answer is `false`.
///
/// # Errors
/// When the statement fails.
pub async fn add_tick(connection: &mut Tx, tick: &TickRow) -> Result<bool, Error> {
    let added = query(
        "INSERT INTO ticks (model, tick_ms, outcome, reason, job, run, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (model, tick_ms) DO NOTHING",
    )
    .bind(&tick.model)
    .bind(tick.tick_ms)
    .bind(tick.outcome.name())
    .bind(&tick.reason)
    .bind(&tick.job)
    .bind(&tick.run)
    .bind(tick.at_ms)
    .execute(connection)
    .await
    .doing("record the tick")?;
    Ok(added.rows_affected() == 1)
}

/// Says what came of a job's tick. A job without one changes nothing.
///
/// # Errors
/// When the statement fails.
pub async fn end_tick(
    connection: &mut Tx,
    job: &str,
    outcome: TickOutcome,
    reason: &str,
    run: Option<&str>,
    at_ms: i64,
) -> Result<(), Error> {
    query(
        "UPDATE ticks SET outcome = ?, reason = ?, run = COALESCE(?, run), at_ms = ? WHERE job = ? AND outcome = 'pending'",
    )
    .bind(outcome.name())
    .bind(reason)
    .bind(run)
    .bind(at_ms)
    .bind(job)
    .execute(connection)
    .await
    .doing("record what came of the tick")?;
    Ok(())
}

impl Registry {
    /// Per model and outcome: how many ticks there are, and when the last of them was, in milliseconds.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn tick_counts(&self) -> Result<Vec<(String, TickOutcome, i64, i64)>, Error> {
        let rows = query(
            "SELECT model, outcome, COUNT(*) AS ticks, MAX(tick_ms) AS last_ms FROM ticks GROUP BY model, outcome",
        )
        .fetch_all(&self.pool())
        .await
        .doing("count ticks")?;
        let count = |row: &Row| {
            let (model, outcome) = (row.get("model"), row.named("outcome")?);
            Ok((model, outcome, row.get("ticks"), row.get("last_ms")))
        };
        rows.iter().map(count).collect()
    }

    /// The newest ticks first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn ticks(&self, model: Option<&str>, limit: i64) -> Result<Vec<TickRow>, Error> {
        let rows = query(
            "SELECT * FROM ticks WHERE (? IS NULL OR model = ?) ORDER BY tick_ms DESC, model LIMIT ?",
        )
        .bind(model)
        .bind(model)
        .bind(limit)
        .fetch_all(&self.pool())
        .await
        .doing("list ticks")?;
        rows.iter().map(tick_of).collect()
    }
}

fn tick_of(row: &Row) -> Result<TickRow, Error> {
    Ok(TickRow {
        model: row.get("model"),
        tick_ms: row.get("tick_ms"),
        outcome: row.named("outcome")?,
        reason: row.get("reason"),
        job: row.get("job"),
        run: row.get("run"),
        at_ms: row.get("at_ms"),
    })
}
