//! Sums over all runs that have ended. Rows of old runs are removed; these stay, so that what is counted never falls.

use super::db::{Row, Tx, query};
use super::error::Doing;
use super::{CameTo, Error, Registry, RunRow};

/// What came of all runs of a model that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTotal {
    /// The model.
    pub model: String,
    /// What came of them.
    pub outcome: CameTo,
    /// How many.
    pub runs: i64,
    /// Milliseconds that they took together.
    pub took_ms: i64,
    /// When the last one ended.
    pub last_ms: i64,
    /// Files that they quarantined.
    pub quarantined: i64,
}

impl RunTotal {
    /// Whether runs that ended like this did what they were to do.
    pub fn is_success(&self) -> bool {
        !self.outcome.broke_off()
    }
}

/// Adds a run that has ended, inside the transaction that ends it.
///
/// # Errors
/// When the statement fails.
pub(super) async fn add(connection: &mut Tx, run: &RunRow) -> Result<(), Error> {
    let ended_ms = run.ended_ms.unwrap_or(run.started_ms);
    query(
        "INSERT INTO run_totals (model, outcome, runs, took_ms, last_ms, quarantined) VALUES (?, ?, 1, ?, ?, ?)
         ON CONFLICT (model, outcome) DO UPDATE SET runs = run_totals.runs + 1,
             took_ms = run_totals.took_ms + excluded.took_ms, last_ms = excluded.last_ms,
             quarantined = run_totals.quarantined + excluded.quarantined",
    )
    .bind(&run.model)
    .bind(run.came_to().name())
    .bind((ended_ms - run.started_ms).max(0))
    .bind(ended_ms)
    .bind(run.quarantined().len() as i64)
    .execute(connection)
    .await
    .doing("count the run")?;
    Ok(())
}

impl Registry {
    /// Sums over all runs, by model and by what came of them.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn run_totals(&self) -> Result<Vec<RunTotal>, Error> {
        let rows = query("SELECT * FROM run_totals ORDER BY model, outcome")
            .fetch_all(&self.pool())
            .await
            .doing("look at the sums of runs")?;
        rows.iter().map(total_of).collect()
    }
}

fn total_of(row: &Row) -> Result<RunTotal, Error> {
    Ok(RunTotal {
        model: row.get("model"),
        outcome: row.named("outcome")?,
        runs: row.get("runs"),
        took_ms: row.get("took_ms"),
        last_ms: row.get("last_ms"),
        quarantined: row.get("quarantined"),
    })
}
