//! What servers counted of the rows that they answered, window by window: in the bins of the version that answered, and in
//! those of the slow reference.

use serde_json::Value;

use super::db::{Row, query};
use super::drift::json;
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::VersionNumber;

/// Counters of one server in one window.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftWindowRow {
    /// The model.
    pub model: String,
    /// The version that answered.
    pub version: VersionNumber,
    /// The earlier version in whose bins it was counted; `None` of those of the version that answered.
    pub slow: Option<VersionNumber>,
    /// The server.
    pub server: String,
    /// Begin of the window.
    pub from_ms: i64,
    /// Its end, exclusive.
    pub to_ms: i64,
    /// Rows that were counted.
    pub n_rows: i64,
    /// The counters.
    pub counts: Value,
}

/// A window that is over, of all servers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedWindow {
    /// Its begin.
    pub from_ms: i64,
    /// Its end, exclusive.
    pub to_ms: i64,
    /// Rows that were counted.
    pub n_rows: i64,
}

impl Registry {
    /// Records what a server has counted in a window so far, in place of what it had recorded of it.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn save_drift_window(&self, row: &DriftWindowRow) -> Result<(), Error> {
        let statement = match row.slow {
            None => query(
                "INSERT INTO drift_windows (model, version, server, from_ms, to_ms, n_rows, counts) VALUES (?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (model, version, from_ms, server) DO UPDATE SET to_ms = excluded.to_ms, n_rows = excluded.n_rows,
                     counts = excluded.counts",
            ),
            Some(slow) => query(
                "INSERT INTO slow_windows (slow, model, version, server, from_ms, to_ms, n_rows, counts)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (model, version, from_ms, slow, server) DO UPDATE SET to_ms = excluded.to_ms,
                     n_rows = excluded.n_rows, counts = excluded.counts",
            )
            .bind(slow),
        };
        statement
            .bind(&row.model)
            .bind(row.version)
            .bind(&row.server)
            .bind(row.from_ms)
            .bind(row.to_ms)
            .bind(row.n_rows)
            .bind(row.counts.to_string())
            .execute(&self.writing().await?)
            .await
            .doing("record what was counted")?;
        Ok(())
    }

    /// What all servers counted of a version's answers in windows that begin within `from_ms..to_ms`, in their order.
    ///
    /// # Errors
    /// When the statement fails, or a record cannot be read.
    pub async fn drift_windows(
        &self,
        model: &str,
        version: VersionNumber,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Vec<DriftWindowRow>, Error> {
        let statement = "SELECT * FROM drift_windows WHERE model = ? AND version = ? AND from_ms >= ? AND from_ms < ?
             ORDER BY from_ms, server";
        self.windows(statement, (model, version), (from_ms, to_ms), |_| None)
            .await
    }

    /// The same in the bins of slow references.
    ///
    /// # Errors
    /// When the statement fails, or a record cannot be read.
    pub async fn slow_windows(
        &self,
        model: &str,
        version: VersionNumber,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Vec<DriftWindowRow>, Error> {
        let statement = "SELECT * FROM slow_windows WHERE model = ? AND version = ? AND from_ms >= ? AND from_ms < ?
             ORDER BY from_ms, slow, server";
        let slow = |row: &Row| Some(row.get("slow"));
        self.windows(statement, (model, version), (from_ms, to_ms), slow)
            .await
    }

    async fn windows(
        &self,
        statement: &'static str,
        (model, version): (&str, VersionNumber),
        (from_ms, to_ms): (i64, i64),
        slow: impl Fn(&Row) -> Option<VersionNumber>,
    ) -> Result<Vec<DriftWindowRow>, Error> {
        let rows = query(statement)
            .bind(model)
            .bind(version)
            .bind(from_ms)
            .bind(to_ms)
            .fetch_all(&self.pool())
            .await
            .doing("look for what was counted")?;
        let row_of = |row: &Row| {
            let counts: String = row.get("counts");
            Ok(DriftWindowRow {
                model: row.get("model"),
                version: row.get("version"),
                slow: slow(row),
                server: row.get("server"),
                from_ms: row.get("from_ms"),
                to_ms: row.get("to_ms"),
                n_rows: row.get("n_rows"),
                counts: json(&counts, "counters")?,
            })
        };
        rows.iter().map(row_of).collect()
    }

    /// The windows of a version that began at an instant or later and have ended by another, oldest first, without their counters.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn ended_windows(
        &self,
        model: &str,
        version: VersionNumber,
        (from_ms, now_ms): (i64, i64),
    ) -> Result<Vec<EndedWindow>, Error> {
        let rows = query(
            "SELECT from_ms, MAX(to_ms) AS to_ms, CAST(SUM(n_rows) AS BIGINT) AS n_rows FROM drift_windows
             WHERE model = ? AND version = ? AND from_ms >= ? AND to_ms <= ? GROUP BY from_ms ORDER BY from_ms",
        )
        .bind(model)
        .bind(version)
        .bind(from_ms)
        .bind(now_ms)
        .fetch_all(&self.pool())
        .await
        .doing("look for what was counted")?;
        let row_of = |row: &Row| EndedWindow {
            from_ms: row.get("from_ms"),
            to_ms: row.get("to_ms"),
            n_rows: row.get("n_rows"),
        };
        Ok(rows.iter().map(row_of).collect())
    }
}
