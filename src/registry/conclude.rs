//! The one transaction in which a run's verdict becomes true: operation, verdict, conclusion and files seen, or nothing.

use serde::Serialize;
use serde_json::json;

use super::db::{Row, Tx, query, settled};
use super::error::Doing;
use super::{Error, Lock, Operation, Registry, lock, operations};
use crate::model_types::{Outcome, RunId, Sha256, VersionNumber};

/// A file that a concluded run has taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenFile {
    /// Its content's hash.
    pub sha256: Sha256,
    /// Where it stood.
    pub path: String,
}

/// Which rows were trained on, whatever their order and the files that they came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RowSet {
    /// Hash over the set of them.
    pub hash: String,
    /// Columns, in the order in which their cells were hashed.
    pub columns: Vec<String>,
    /// Files beside them that were left out.
    pub left_out: Vec<String>,
}

/// What a run concluded.
#[derive(Debug, Clone)]
pub struct Conclusion<'a> {
    /// The lock under which it may.
    pub lock: &'a Lock,
    /// The version it decided on.
    pub version: Option<VersionNumber>,
    /// What came of it.
    pub outcome: Outcome,
    /// Hash of the source files.
    pub data_hash: &'a str,
    /// Hash of the settings.
    pub config_hash: &'a str,
    /// Hash of the test rows.
    pub test_hash: &'a str,
    /// Files taken in.
    pub files: &'a [SeenFile],
    /// The rows in them.
    pub rows: &'a RowSet,
    /// The operation that moves the champion, if it moves.
    pub operation: Option<Operation>,
    /// When.
    pub at_ms: i64,
}

/// A verdict that was reached before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastConclusion {
    /// Hash of the source files.
    pub data_hash: String,
    /// Hash of the settings.
    pub config_hash: String,
    /// Hash of the test rows.
    pub test_hash: String,
    /// The verdict.
    pub verdict: Outcome,
    /// The version it was about.
    pub version: Option<VersionNumber>,
    /// The run that reached it.
    pub run: RunId,
    /// The rows that it was about; `None` where an earlier program did not record them.
    pub rows: Option<RowSet>,
}

impl Registry {
    /// Makes a run's verdict true, in one transaction and only while its lock is its own.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn conclude(&self, conclusion: &Conclusion<'_>) -> Result<(), Error> {
        settled!(self.try_conclude(conclusion))
    }

    async fn try_conclude(&self, conclusion: &Conclusion<'_>) -> Result<(), Error> {
        let lock = conclusion.lock;
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, lock).await?;
        if let Some(operation) = &conclusion.operation {
            operations::add(&mut transaction, &lock.model, operation).await?;
        }
        query("UPDATE versions SET verdict = ? WHERE model = ? AND number = ?")
            .bind(conclusion.outcome.name())
            .bind(&lock.model)
            .bind(conclusion.version)
            .execute(&mut transaction)
            .await
            .doing("record the verdict")?;
        query("UPDATE runs SET outcome = ?, version = ? WHERE id = ?")
            .bind(conclusion.outcome.name())
            .bind(conclusion.version)
            .bind(&lock.run)
            .execute(&mut transaction)
            .await
            .doing("record the verdict")?;
        remember(&mut transaction, conclusion).await?;
        crate::faults::point("deploy.promoting")
            .map_err(sqlx::Error::Io)
            .doing("conclude the run")?;
        transaction.commit().await.doing("conclude the run")
    }

    /// Remembers that a conclusion also holds for new test rows.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn conclude_test_rows(
        &self,
        past: &PastConclusion,
        model: &str,
        test_hash: &str,
    ) -> Result<(), Error> {
        query("UPDATE conclusions SET test_hash = ? WHERE model = ? AND data_hash = ? AND config_hash = ?")
            .bind(test_hash)
            .bind(model)
            .bind(&past.data_hash)
            .bind(&past.config_hash)
            .execute(&self.writing().await?)
            .await
            .doing("record the conclusion")?;
        Ok(())
    }

    /// What was concluded for the same files and settings.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn past_conclusion(
        &self,
        model: &str,
        data_hash: &str,
        config_hash: &str,
    ) -> Result<Option<PastConclusion>, Error> {
        let row = query(
            "SELECT * FROM conclusions WHERE model = ? AND data_hash = ? AND config_hash = ?",
        )
        .bind(model)
        .bind(data_hash)
        .bind(config_hash)
        .fetch_optional(&self.pool())
        .await
        .doing("look for a past conclusion")?;
        row.as_ref().map(past_of).transpose()
    }

    /// What was concluded under the same settings, newest first: one of them may be about the same rows out of other files.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn past_conclusions(
        &self,
        model: &str,
        config_hash: &str,
    ) -> Result<Vec<PastConclusion>, Error> {
        let rows = query(
            "SELECT * FROM conclusions WHERE model = ? AND config_hash = ? AND rows_hash IS NOT NULL
             ORDER BY at_ms DESC, run DESC",
        )
        .bind(model)
        .bind(config_hash)
        .fetch_all(&self.pool())
        .await
        .doing("look for past conclusions")?;
        rows.iter().map(past_of).collect()
    }

    /// Remembers that other files hold the rows of a past conclusion, so that they need not be read the next time.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn conclude_same_rows(
        &self,
        lock: &Lock,
        past: &PastConclusion,
        files: &[SeenFile],
        at_ms: i64,
    ) -> Result<(), Error> {
        settled!(self.try_conclude_same_rows(lock, past, files, at_ms))
    }

    async fn try_conclude_same_rows(
        &self,
        lock: &Lock,
        past: &PastConclusion,
        files: &[SeenFile],
        at_ms: i64,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, lock).await?;
        let rows = past.rows.clone().unwrap_or_default();
        query(
            "INSERT INTO conclusions (model, data_hash, config_hash, test_hash, verdict, version, run, at_ms,
                 rows_hash, column_names, left_out)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (model, data_hash, config_hash) DO NOTHING",
        )
        .bind(&lock.model)
        .bind(&past.data_hash)
        .bind(&past.config_hash)
        .bind(&past.test_hash)
        .bind(past.verdict.name())
        .bind(past.version)
        .bind(&past.run)
        .bind(at_ms)
        .bind(&rows.hash)
        .bind(json!(rows.columns).to_string())
        .bind(json!(rows.left_out).to_string())
        .execute(&mut transaction)
        .await
        .doing("record the conclusion")?;
        take_in(&mut transaction, &lock.model, files, (&lock.run, at_ms)).await?;
        transaction.commit().await.doing("record the conclusion")
    }

    /// The newest conclusion of a model.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn last_conclusion(&self, model: &str) -> Result<Option<PastConclusion>, Error> {
        let row = query(
            "SELECT * FROM conclusions WHERE model = ? ORDER BY at_ms DESC, run DESC LIMIT 1",
        )
        .bind(model)
        .fetch_optional(&self.pool())
        .await
        .doing("look for the last conclusion")?;
        row.as_ref().map(past_of).transpose()
    }
}

/// Adds the conclusion and the files that it took in, inside a transaction.
async fn remember(transaction: &mut Tx, conclusion: &Conclusion<'_>) -> Result<(), Error> {
    let rows = conclusion.rows;
    query(
        "INSERT INTO conclusions (model, data_hash, config_hash, test_hash, verdict, version, run, at_ms,
             rows_hash, column_names, left_out)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (model, data_hash, config_hash) DO UPDATE SET test_hash = excluded.test_hash,
             verdict = excluded.verdict, version = excluded.version, run = excluded.run, at_ms = excluded.at_ms,
             rows_hash = excluded.rows_hash, column_names = excluded.column_names, left_out = excluded.left_out",
    )
    .bind(&conclusion.lock.model)
    .bind(conclusion.data_hash)
    .bind(conclusion.config_hash)
    .bind(conclusion.test_hash)
    .bind(conclusion.outcome.name())
    .bind(conclusion.version)
    .bind(&conclusion.lock.run)
    .bind(conclusion.at_ms)
    .bind(&rows.hash)
    .bind(json!(rows.columns).to_string())
    .bind(json!(rows.left_out).to_string())
    .execute(&mut *transaction)
    .await
    .doing("record the conclusion")?;
    let model = &conclusion.lock.model;
    let by = (conclusion.lock.run.as_str(), conclusion.at_ms);
    take_in(transaction, model, conclusion.files, by).await
}

/// Records which files a run took in, inside a transaction.
async fn take_in(
    transaction: &mut Tx,
    model: &str,
    files: &[SeenFile],
    (run, at_ms): (&str, i64),
) -> Result<(), Error> {
    for file in files {
        query(
            "INSERT INTO files_seen (model, sha256, path, run, at_ms) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (model, sha256) DO NOTHING",
        )
        .bind(model)
        .bind(&file.sha256)
        .bind(&file.path)
        .bind(run)
        .bind(at_ms)
        .execute(&mut *transaction)
        .await
        .doing("record the files")?;
    }
    Ok(())
}

fn past_of(row: &Row) -> Result<PastConclusion, Error> {
    let hash: Option<String> = row.get("rows_hash");
    Ok(PastConclusion {
        data_hash: row.get("data_hash"),
        config_hash: row.get("config_hash"),
        test_hash: row.get("test_hash"),
        verdict: row.named("verdict")?,
        version: row.get("version"),
        run: row.get("run"),
        rows: hash.map(|hash| RowSet {
            hash,
            columns: names(row, "column_names"),
            left_out: names(row, "left_out"),
        }),
    })
}

/// A list of names in a column; empty where there is none.
fn names(row: &Row, column: &str) -> Vec<String> {
    let text: Option<String> = row.get(column);
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}
