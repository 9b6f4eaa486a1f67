//! Rows for pages: as few and as short as a page needs, however long the history is.

use super::db::{Row, query};
use super::error::Doing;
use super::versions::{score_of, version_of};
use super::{Action, DatasetRow, Error, Registry, ScoreRow, VersionRow, VersionState};
use crate::model_types::{RunId, VersionNumber};

impl Registry {
    /// The newest versions of a model first, without what training recorded.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn version_heads(&self, model: &str, limit: i64) -> Result<Vec<VersionRow>, Error> {
        let rows = query(
            "SELECT model, number, run, state, folder, bundle_sha256, model_hash, data_hash, config_hash, verdict, created_ms,
                 NULL AS record
             FROM versions WHERE model = ? ORDER BY number DESC LIMIT ?",
        )
        .bind(model)
        .bind(limit)
        .fetch_all(&self.pool())
        .await
        .doing("list versions")?;
        rows.iter().map(version_of).collect()
    }

    /// The newest score of a version.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn newest_score(
        &self,
        model: &str,
        version: VersionNumber,
    ) -> Result<Option<ScoreRow>, Error> {
        let row = query(
            "SELECT * FROM scores WHERE model = ? AND version = ? ORDER BY at_ms DESC LIMIT 1",
        )
        .bind(model)
        .bind(version)
        .fetch_optional(&self.pool())
        .await
        .doing("find the newest score")?;
        row.as_ref().map(score_of).transpose()
    }

    /// The score of a model's newest version that has one, its newest.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn last_score(&self, model: &str) -> Result<Option<ScoreRow>, Error> {
        let row =
            query("SELECT * FROM scores WHERE model = ? ORDER BY version DESC, at_ms DESC LIMIT 1")
                .bind(model)
                .fetch_optional(&self.pool())
                .await
                .doing("find the last score")?;
        row.as_ref().map(score_of).transpose()
    }

    /// When the newest version was trained that was made whole, whether it is still there or not.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn last_trained_ms(&self, model: &str) -> Result<Option<i64>, Error> {
        let row = query(
            "SELECT MAX(created_ms) AS newest FROM versions WHERE model = ? AND state IN (?, ?)",
        )
        .bind(model)
        .bind(VersionState::Ready.name())
        .bind(VersionState::Removed.name())
        .fetch_one(&self.pool())
        .await
        .doing("find the newest version")?;
        Ok(row.get("newest"))
    }

    /// When a version was last promoted.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn last_promoted_ms(&self, model: &str) -> Result<Option<i64>, Error> {
        let row = query(
            "SELECT at_ms FROM operations WHERE model = ? AND action = ? ORDER BY id DESC LIMIT 1",
        )
        .bind(model)
        .bind(Action::Promote.name())
        .fetch_optional(&self.pool())
        .await
        .doing("find the last promotion")?;
        Ok(row.map(|row| row.get("at_ms")))
    }

    /// Scores of a model's versions from one on, oldest version first, newest score of a version last.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn scores_from(
        &self,
        model: &str,
        version: VersionNumber,
    ) -> Result<Vec<ScoreRow>, Error> {
        self.scores_between(model, version, VersionNumber::new(i64::MAX))
            .await
    }

    /// Scores of one version, the newest last.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn scores_of(
        &self,
        model: &str,
        version: VersionNumber,
    ) -> Result<Vec<ScoreRow>, Error> {
        self.scores_between(model, version, version).await
    }

    async fn scores_between(
        &self,
        model: &str,
        first: VersionNumber,
        last: VersionNumber,
    ) -> Result<Vec<ScoreRow>, Error> {
        let rows = query(
            "SELECT * FROM scores WHERE model = ? AND version BETWEEN ? AND ? ORDER BY version, at_ms",
        )
        .bind(model)
        .bind(first)
        .bind(last)
        .fetch_all(&self.pool())
        .await
        .doing("list scores")?;
        rows.iter().map(score_of).collect()
    }

    /// The newest data sets of a model first, each with when it was recorded.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn newest_datasets(
        &self,
        model: &str,
        limit: i64,
    ) -> Result<Vec<(DatasetRow, i64)>, Error> {
        let rows = query("SELECT * FROM datasets WHERE model = ? ORDER BY run DESC LIMIT ?")
            .bind(model)
            .bind(limit)
            .fetch_all(&self.pool())
            .await
            .doing("list data sets")?;
        rows.iter()
            .map(|row| Ok((super::datasets::dataset_of(row)?, row.get("created_ms"))))
            .collect()
    }

    /// Run, rows and time of the newest data set of a model.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn newest_dataset_head(
        &self,
        model: &str,
    ) -> Result<Option<(RunId, i64, i64)>, Error> {
        let row = query(
            "SELECT run, n_rows, created_ms FROM datasets WHERE model = ? ORDER BY run DESC LIMIT 1",
        )
        .bind(model)
        .fetch_optional(&self.pool())
        .await
        .doing("find the newest data set")?;
        Ok(row.map(|row| (row.get("run"), row.get("n_rows"), row.get("created_ms"))))
    }

    /// How many jobs were given up since a time, by model.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn dead_jobs(&self, since_ms: i64) -> Result<Vec<(String, i64)>, Error> {
        let rows = query(
            "SELECT model, COUNT(*) AS jobs FROM job_records WHERE state = 'set_aside' AND ended_ms >= ? GROUP BY model",
        )
        .bind(since_ms)
        .fetch_all(&self.pool())
        .await
        .doing("count jobs")?;
        let count = |row: &Row| (row.get("model"), row.get("jobs"));
        Ok(rows.iter().map(count).collect())
    }

    /// Hash of the test files by which a version was judged.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn test_hash_of(
        &self,
        model: &str,
        version: VersionNumber,
    ) -> Result<Option<String>, Error> {
        let row = query(
            "SELECT test_hash FROM conclusions WHERE model = ? AND version = ? ORDER BY at_ms DESC LIMIT 1",
        )
        .bind(model)
        .bind(version)
        .fetch_optional(&self.pool())
        .await
        .doing("look for the conclusion")?;
        Ok(row.map(|row| row.get("test_hash")))
    }
}
