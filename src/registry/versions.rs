//! Versions and their scores.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::db::{Held, Row, query, settled};
use super::error::Doing;
use super::{Error, Lock, Registry, lock};
use crate::model_types::{Outcome, RunId, Sha256, VersionNumber, named};

named! {
    /// How far a version came.
    pub enum VersionState: "a state of a version" {
        /// Its number is taken; its files may not be whole.
        Building = "building",
        /// Trained; its bundle is whole.
        Ready = "ready",
        /// Its run died before it was whole.
        Abandoned = "abandoned",
        /// It was whole; its files are to be removed.
        Removed = "removed",
    }
}

/// A version as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionRow {
    /// The model.
    pub model: String,
    /// 1, 2, 3 …
    pub number: VersionNumber,
    /// The run that made it.
    pub run: RunId,
    /// How far it came.
    pub state: VersionState,
    /// Its folder below the model folder.
    pub folder: String,
    /// Checksum of `trainedmodel.json`.
    pub bundle_sha256: Option<Sha256>,
    /// Hash of what decides predictions.
    pub model_hash: Option<String>,
    /// Hash of the source files it was trained on.
    pub data_hash: Option<String>,
    /// Hash of the settings.
    pub config_hash: Option<String>,
    /// The gate's verdict.
    pub verdict: Option<Outcome>,
    /// When its number was taken.
    pub created_ms: i64,
    /// What training recorded.
    pub record: Option<serde_json::Value>,
}

/// A version's score on a set of test rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreRow {
    /// The version.
    pub version: VersionNumber,
    /// Hash of the test rows.
    pub rows_hash: String,
    /// When it was scored.
    pub at_ms: i64,
    /// The scores.
    pub record: serde_json::Value,
}

impl Registry {
    /// Takes the next version number of a model for a run.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn reserve_version(
        &self,
        model: &str,
        run: &RunId,
        stamp: &str,
        now_ms: i64,
    ) -> Result<VersionRow, Error> {
        settled!(self.try_reserve_version(model, run, stamp, now_ms))
    }

    async fn try_reserve_version(
        &self,
        model: &str,
        run: &RunId,
        stamp: &str,
        now_ms: i64,
    ) -> Result<VersionRow, Error> {
        let mut transaction = self.begin().await?;
        transaction.hold(Held::Versions).await?;
        let row = query(
            "INSERT INTO versions (model, number, run, state, folder, created_ms)
             SELECT ?, next, ?, 'building', 'v' || next || '_' || ?, ?
             FROM (SELECT COALESCE(MAX(number), 0) + 1 AS next FROM versions WHERE model = ?) AS numbers
             RETURNING *",
        )
        .bind(model)
        .bind(run)
        .bind(stamp)
        .bind(now_ms)
        .bind(model)
        .fetch_one(&mut transaction)
        .await
        .doing("take a version number")?;
        transaction.commit().await.doing("take a version number")?;
        version_of(&row)
    }

    /// Records that a version's bundle is whole.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn version_ready(&self, version: &VersionRow) -> Result<(), Error> {
        query(
            "UPDATE versions SET state = 'ready', bundle_sha256 = ?, model_hash = ?, data_hash = ?, config_hash = ?, record = ?
             WHERE model = ? AND number = ?",
        )
        .bind(&version.bundle_sha256)
        .bind(&version.model_hash)
        .bind(&version.data_hash)
        .bind(&version.config_hash)
        .bind(version.record.as_ref().map(ToString::to_string))
        .bind(&version.model)
        .bind(version.number)
        .execute(&self.writing().await?)
        .await
        .doing("record the version")?;
        Ok(())
    }

    /// Versions that other runs began and did not make whole.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn unfinished(&self, model: &str, mine: &str) -> Result<Vec<VersionRow>, Error> {
        let rows = query(
            "SELECT * FROM versions WHERE model = ? AND run <> ? AND state = 'building' ORDER BY number",
        )
        .bind(model)
        .bind(mine)
        .fetch_all(&self.pool())
        .await
        .doing("find unfinished versions")?;
        rows.iter().map(version_of).collect()
    }

    /// Gives up a version that was not made whole; its number is not used again.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn abandon(&self, version: &VersionRow) -> Result<(), Error> {
        query(
            "UPDATE versions SET state = 'abandoned' WHERE model = ? AND number = ? AND state = 'building'",
        )
        .bind(&version.model)
        .bind(version.number)
        .execute(&self.writing().await?)
        .await
        .doing("give up an unfinished version")?;
        Ok(())
    }

    /// Marks a whole version as removed; its number is not used again. Tells whether it was one.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn remove_version(&self, lock: &Lock, number: VersionNumber) -> Result<bool, Error> {
        settled!(self.try_remove_version(lock, number))
    }

    async fn try_remove_version(&self, lock: &Lock, number: VersionNumber) -> Result<bool, Error> {
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, lock).await?;
        let marked = query(
            "UPDATE versions SET state = 'removed' WHERE model = ? AND number = ? AND state = 'ready'",
        )
        .bind(&lock.model)
        .bind(number)
        .execute(&mut transaction)
        .await
        .doing("mark the version as removed")?;
        transaction
            .commit()
            .await
            .doing("mark the version as removed")?;
        Ok(marked.rows_affected() == 1)
    }

    /// All versions of a model, newest first.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn versions(&self, model: &str) -> Result<Vec<VersionRow>, Error> {
        let rows = query("SELECT * FROM versions WHERE model = ? ORDER BY number DESC")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list versions")?;
        rows.iter().map(version_of).collect()
    }

    /// One version of a model.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn version(
        &self,
        model: &str,
        number: VersionNumber,
    ) -> Result<Option<VersionRow>, Error> {
        let row = query("SELECT * FROM versions WHERE model = ? AND number = ?")
            .bind(model)
            .bind(number)
            .fetch_optional(&self.pool())
            .await
            .doing("find the version")?;
        row.as_ref().map(version_of).transpose()
    }

    /// Records a version's score on a set of rows; scoring the same rows again replaces it.
    ///
    /// # Errors
    /// When the database cannot be written, or the project is read-only.
    pub async fn save_score(
        &self,
        model: &str,
        run: &RunId,
        score: &ScoreRow,
    ) -> Result<(), Error> {
        query(
            "INSERT INTO scores (model, version, rows_hash, run, at_ms, record) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (model, version, rows_hash) DO UPDATE SET
                 run = excluded.run, at_ms = excluded.at_ms, record = excluded.record",
        )
        .bind(model)
        .bind(score.version)
        .bind(&score.rows_hash)
        .bind(run)
        .bind(score.at_ms)
        .bind(score.record.to_string())
        .execute(&self.writing().await?)
        .await
        .doing("record the score")?;
        Ok(())
    }

    /// Every score of a model, oldest version first, newest score of a version last.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn scores(&self, model: &str) -> Result<Vec<ScoreRow>, Error> {
        let rows = query("SELECT * FROM scores WHERE model = ? ORDER BY version, at_ms")
            .bind(model)
            .fetch_all(&self.pool())
            .await
            .doing("list scores")?;
        rows.iter().map(score_of).collect()
    }
}

impl Registry {
    /// The newest version of a model without a champion, where the gate holds it for a person to look at.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn held_version(&self, model: &str) -> Result<Option<VersionNumber>, Error> {
        if self.champion(model).await?.is_some() {
            return Ok(None);
        }
        let newest = query(
            "SELECT * FROM versions WHERE model = ? AND state = ? ORDER BY number DESC LIMIT 1",
        )
        .bind(model)
        .bind(VersionState::Ready.name())
        .fetch_optional(&self.pool())
        .await
        .doing("find the newest version")?;
        let newest = newest.as_ref().map(version_of).transpose()?;
        let held = newest.filter(|it| it.verdict == Some(Outcome::Inconclusive));
        Ok(held.map(|version| version.number))
    }
}

pub(super) fn parsed<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|source| Error::Record { what, source })
}

pub(super) fn version_of(row: &Row) -> Result<VersionRow, Error> {
    let record: Option<String> = row.get("record");
    Ok(VersionRow {
        model: row.get("model"),
        number: row.get("number"),
        run: row.get("run"),
        state: row.named("state")?,
        folder: row.get("folder"),
        bundle_sha256: row.get("bundle_sha256"),
        model_hash: row.get("model_hash"),
        data_hash: row.get("data_hash"),
        config_hash: row.get("config_hash"),
        verdict: row.named_if_any("verdict")?,
        created_ms: row.get("created_ms"),
        record: record.map(|text| parsed(&text, "version")).transpose()?,
    })
}

pub(super) fn score_of(row: &Row) -> Result<ScoreRow, Error> {
    let record: String = row.get("record");
    Ok(ScoreRow {
        version: row.get("version"),
        rows_hash: row.get("rows_hash"),
        at_ms: row.get("at_ms"),
        record: parsed(&record, "score")?,
    })
}
