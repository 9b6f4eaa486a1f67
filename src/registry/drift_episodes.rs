//! Drift as episodes: each from its first window to its recovery.

use serde_json::Value;

use super::db::{Row, query};
use super::drift::json;
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::VersionNumber;

/// Drift from its first window to its recovery.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftEpisodeRow {
    /// The model.
    pub model: String,
    /// What sort of rows it was seen in.
    pub kind: String,
    /// When it was seen first.
    pub began_ms: i64,
    /// When it was seen last.
    pub last_ms: i64,
    /// When rows were like those of training again; `None` as long as it continues.
    pub ended_ms: Option<i64>,
    /// The version whose reference it is.
    pub version: VersionNumber,
    /// What the settings say is to be done.
    pub action: String,
    /// What was done, and what came of that.
    pub done: Option<String>,
    /// What was seen: verdict, reason and columns.
    pub evidence: Value,
}

impl DriftEpisodeRow {
    /// The kind of an episode that begins and ends with one message: data sets have moved too slowly to be seen against the
    /// champion.
    pub const SLOW: &str = "slow";
}

impl Registry {
    /// Records an episode as it stands now.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn save_drift_episode(&self, row: &DriftEpisodeRow) -> Result<(), Error> {
        query(
            "INSERT INTO drift_episodes (model, kind, began_ms, last_ms, ended_ms, version, action, done, evidence)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (model, kind, began_ms) DO UPDATE SET last_ms = excluded.last_ms, ended_ms = excluded.ended_ms,
                 version = excluded.version, action = excluded.action, done = excluded.done, evidence = excluded.evidence",
        )
        .bind(&row.model)
        .bind(&row.kind)
        .bind(row.began_ms)
        .bind(row.last_ms)
        .bind(row.ended_ms)
        .bind(row.version)
        .bind(&row.action)
        .bind(&row.done)
        .bind(row.evidence.to_string())
        .execute(&self.writing().await?)
        .await
        .doing("record the drift")?;
        Ok(())
    }

    /// Claims the action of an episode; `false` when another process has since `row` was read.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn claim_drift_episode(
        &self,
        row: &DriftEpisodeRow,
        done: &str,
    ) -> Result<bool, Error> {
        let claimed = query(
            "UPDATE drift_episodes SET done = ? WHERE model = ? AND kind = ? AND began_ms = ? AND coalesce(done, '') = ?",
        )
        .bind(done)
        .bind(&row.model)
        .bind(&row.kind)
        .bind(row.began_ms)
        .bind(row.done.as_deref().unwrap_or_default())
        .execute(&self.writing().await?)
        .await
        .doing("begin what the drift wants")?;
        Ok(claimed.rows_affected() > 0)
    }

    /// The newest episodes of a model, newest first.
    ///
    /// # Errors
    /// When the statement fails, or a record cannot be read.
    pub async fn drift_episodes(
        &self,
        model: &str,
        most: i64,
    ) -> Result<Vec<DriftEpisodeRow>, Error> {
        let rows =
            query("SELECT * FROM drift_episodes WHERE model = ? ORDER BY began_ms DESC LIMIT ?")
                .bind(model)
                .bind(most)
                .fetch_all(&self.pool())
                .await
                .doing("look for drift")?;
        rows.iter().map(row_of).collect()
    }

    /// The episodes of a model that continue, newest first, however many have started and ended since.
    ///
    /// # Errors
    /// When the statement fails, or a record cannot be read.
    pub async fn open_drift_episodes(&self, model: &str) -> Result<Vec<DriftEpisodeRow>, Error> {
        let statement = "SELECT * FROM drift_episodes WHERE model = ? AND ended_ms IS NULL ORDER BY began_ms DESC";
        let rows = query(statement).bind(model).fetch_all(&self.pool()).await;
        let rows = rows.doing("look for drift")?;
        rows.iter().map(row_of).collect()
    }

    /// When drift of a model's data sets was last reported; `None` where none was.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn drift_of_data_told(&self, model: &str) -> Result<Option<i64>, Error> {
        let row = query("SELECT MAX(began_ms) AS began_ms FROM drift_episodes WHERE model = ? AND kind IN ('data', 'slow')")
            .bind(model)
            .fetch_one(&self.pool())
            .await
            .doing("look for drift")?;
        Ok(row.get("began_ms"))
    }
}

fn row_of(row: &Row) -> Result<DriftEpisodeRow, Error> {
    let evidence: String = row.get("evidence");
    Ok(DriftEpisodeRow {
        model: row.get("model"),
        kind: row.get("kind"),
        began_ms: row.get("began_ms"),
        last_ms: row.get("last_ms"),
        ended_ms: row.get("ended_ms"),
        version: row.get("version"),
        action: row.get("action"),
        done: row.get("done"),
        evidence: json(&evidence, "evidence")?,
    })
}
