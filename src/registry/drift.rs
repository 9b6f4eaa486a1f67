//! What was checked against the references of versions, and what came of it.

use serde_json::Value;

use super::db::{Row, query};
use super::error::Doing;
use super::{Error, Registry};
use crate::model_types::VersionNumber;

/// Rows checked against a version's reference.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftCheckRow {
    /// The model.
    pub model: String,
    /// The version whose reference it is.
    pub version: VersionNumber,
    /// What sort of rows: `data`, `test` or `requests`.
    pub kind: String,
    /// Which of them: the run that read them, or nothing.
    pub source: String,
    /// Begin of the window, or when the rows were read.
    pub from_ms: i64,
    /// Its end, exclusive.
    pub to_ms: i64,
    /// When they were compared.
    pub at_ms: i64,
    /// Rows that were compared.
    pub n_rows: i64,
    /// `ok`, `warn`, `drift` or `unknown`.
    pub verdict: String,
    /// What a line of the history shows of it: a part of the record, in its form.
    pub line: Value,
    /// Everything about it.
    pub record: Value,
}

pub(super) fn json(text: &str, what: &'static str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|source| Error::Record { what, source })
}

/// A check without its record and line.
fn head_of(row: &Row) -> DriftCheckRow {
    DriftCheckRow {
        model: row.get("model"),
        version: row.get("version"),
        kind: row.get("kind"),
        source: row.get("source"),
        from_ms: row.get("from_ms"),
        to_ms: row.get("to_ms"),
        at_ms: row.get("at_ms"),
        n_rows: row.get("n_rows"),
        verdict: row.get("verdict"),
        line: Value::Null,
        record: Value::Null,
    }
}

/// A check with its record.
fn whole_of(row: &Row) -> Result<DriftCheckRow, Error> {
    let text: String = row.get("record");
    Ok(DriftCheckRow {
        record: json(&text, "comparison")?,
        ..head_of(row)
    })
}

impl Registry {
    /// Records a check; one of the same rows and version takes its place.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn save_drift_check(&self, row: &DriftCheckRow) -> Result<(), Error> {
        query(
            "INSERT INTO drift_checks (model, version, kind, source, from_ms, to_ms, at_ms, n_rows, verdict, line, record)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (model, kind, from_ms, source, version) DO UPDATE SET to_ms = excluded.to_ms,
                 at_ms = excluded.at_ms, n_rows = excluded.n_rows, verdict = excluded.verdict, line = excluded.line,
                 record = excluded.record",
        )
        .bind(&row.model)
        .bind(row.version)
        .bind(&row.kind)
        .bind(&row.source)
        .bind(row.from_ms)
        .bind(row.to_ms)
        .bind(row.at_ms)
        .bind(row.n_rows)
        .bind(&row.verdict)
        .bind(row.line.to_string())
        .bind(row.record.to_string())
        .execute(&self.writing().await?)
        .await
        .doing("record what was compared")?;
        Ok(())
    }

    /// The newest checks of a model with rows of a kind, newest first.
    ///
    /// # Errors
    /// When the statement fails, or a record cannot be read.
    pub async fn drift_checks(
        &self,
        model: &str,
        kind: &str,
        most: i64,
    ) -> Result<Vec<DriftCheckRow>, Error> {
        let rows = query("SELECT * FROM drift_checks WHERE model = ? AND kind = ? ORDER BY from_ms DESC, at_ms DESC LIMIT ?")
            .bind(model)
            .bind(kind)
            .bind(most)
            .fetch_all(&self.pool())
            .await
            .doing("look for what was compared")?;
        rows.iter().map(whole_of).collect()
    }

    /// The same without their records, each with what a line of the history shows of it as text: its line, or the whole record
    /// where a program of before left none.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn drift_lines(
        &self,
        model: &str,
        kind: &str,
        most: i64,
    ) -> Result<Vec<(DriftCheckRow, String)>, Error> {
        let rows = query(
            "SELECT model, version, kind, source, from_ms, to_ms, at_ms, n_rows, verdict, COALESCE(line, record) AS shown
             FROM drift_checks WHERE model = ? AND kind = ? ORDER BY from_ms DESC, at_ms DESC LIMIT ?",
        )
        .bind(model)
        .bind(kind)
        .bind(most)
        .fetch_all(&self.pool())
        .await
        .doing("look for what was compared")?;
        let row_of = |row: &Row| (head_of(row), row.get("shown"));
        Ok(rows.iter().map(row_of).collect())
    }

    /// The newest checks of a model without their records, newest first, whatever rows were compared.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn drift_heads(&self, model: &str, most: i64) -> Result<Vec<DriftCheckRow>, Error> {
        let rows = query(
            "SELECT model, version, kind, source, from_ms, to_ms, at_ms, n_rows, verdict FROM drift_checks
             WHERE model = ? ORDER BY from_ms DESC, at_ms DESC LIMIT ?",
        )
        .bind(model)
        .bind(most)
        .fetch_all(&self.pool())
        .await
        .doing("look for what was compared")?;
        Ok(rows.iter().map(head_of).collect())
    }

    /// The checks of a version's requests whose windows begin at an instant or later, without their records.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn judged_windows(
        &self,
        model: &str,
        version: VersionNumber,
        from_ms: i64,
    ) -> Result<Vec<DriftCheckRow>, Error> {
        let rows = query(
            "SELECT model, version, kind, source, from_ms, to_ms, at_ms, n_rows, verdict FROM drift_checks
             WHERE model = ? AND version = ? AND kind = 'requests' AND from_ms >= ? ORDER BY from_ms",
        )
        .bind(model)
        .bind(version)
        .bind(from_ms)
        .fetch_all(&self.pool())
        .await
        .doing("look for what was compared")?;
        Ok(rows.iter().map(head_of).collect())
    }

    /// The check of a version, of one kind, whose window began in a second.
    ///
    /// # Errors
    /// When the statement fails, or the record cannot be read.
    pub async fn drift_check_at(
        &self,
        model: &str,
        kind: &str,
        second_ms: i64,
    ) -> Result<Option<DriftCheckRow>, Error> {
        let row = query(
            "SELECT * FROM drift_checks WHERE model = ? AND kind = ? AND from_ms >= ? AND from_ms < ?
             ORDER BY at_ms DESC LIMIT 1",
        )
        .bind(model)
        .bind(kind)
        .bind(second_ms)
        .bind(second_ms + 1000)
        .fetch_optional(&self.pool())
        .await
        .doing("look for what was compared")?;
        row.as_ref().map(whole_of).transpose()
    }

    /// Removes windows and checks that ended before an instant, and episodes that were over by then.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn remove_old_drift(&self, model: &str, before_ms: i64) -> Result<(), Error> {
        for statement in [
            "DELETE FROM drift_windows WHERE model = ? AND to_ms < ?",
            "DELETE FROM slow_windows WHERE model = ? AND to_ms < ?",
            "DELETE FROM drift_checks WHERE model = ? AND to_ms < ?",
            // Of the reports on data sets the newest stays: from there on slow drift is looked for.
            "DELETE FROM drift_episodes WHERE model = ? AND ended_ms IS NOT NULL AND ended_ms < ?
             AND NOT (kind IN ('data', 'slow') AND began_ms = (SELECT MAX(newest.began_ms) FROM drift_episodes newest
                 WHERE newest.model = drift_episodes.model AND newest.kind IN ('data', 'slow')))",
        ] {
            query(statement)
                .bind(model)
                .bind(before_ms)
                .execute(&self.writing().await?)
                .await
                .doing("remove old counters")?;
        }
        Ok(())
    }
}
