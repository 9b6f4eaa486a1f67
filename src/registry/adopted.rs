//! What `unseat adopt` found in the folders, put into the registry in one transaction: all of it, or nothing.

use serde_json::json;

use super::db::{query, settled};
use super::error::Doing;
use super::{
    DatasetRow, Error, Lock, Operation, PastConclusion, Registry, ScoreRow, SeenFile, VersionRow,
    VersionState, lock, operations,
};
use crate::model_types::{Outcome, RunId};

/// Everything that was found of a model and that the registry does not know.
#[derive(Debug, Clone, Default)]
pub struct Adoption {
    /// Versions; those whose bundle is no good are `Abandoned`, so that their number is not used again.
    pub versions: Vec<VersionRow>,
    /// Data sets.
    pub datasets: Vec<DatasetRow>,
    /// Run and score.
    pub scores: Vec<(RunId, ScoreRow)>,
    /// What was concluded.
    pub conclusions: Vec<PastConclusion>,
    /// Run and file that it took in.
    pub files: Vec<(RunId, SeenFile)>,
    /// Who became the champion when, oldest first.
    pub operations: Vec<Operation>,
}

impl Registry {
    /// Records what was found. What is known already stays as it is.
    ///
    /// # Errors
    /// [`Error::LockLost`] when another run took the lock over; nothing was changed then.
    pub async fn adopt(&self, held: &Lock, found: &Adoption, at_ms: i64) -> Result<(), Error> {
        settled!(self.try_adopt(held, found, at_ms))
    }

    async fn try_adopt(&self, held: &Lock, found: &Adoption, at_ms: i64) -> Result<(), Error> {
        let doing = "record what was found";
        let mut transaction = self.begin().await?;
        lock::check_mine(&mut transaction, held).await?;
        let model = &held.model;
        for version in &found.versions {
            let state = match version.state {
                VersionState::Ready => VersionState::Ready,
                VersionState::Building | VersionState::Abandoned | VersionState::Removed => {
                    VersionState::Abandoned
                }
            };
            query(
                "INSERT INTO versions (model, number, run, state, folder, bundle_sha256, model_hash, data_hash,
                     config_hash, verdict, created_ms, record)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model, number) DO NOTHING",
            )
            .bind(model)
            .bind(version.number)
            .bind(&version.run)
            .bind(state.name())
            .bind(&version.folder)
            .bind(&version.bundle_sha256)
            .bind(&version.model_hash)
            .bind(&version.data_hash)
            .bind(&version.config_hash)
            .bind(version.verdict.map(Outcome::name))
            .bind(version.created_ms)
            .bind(version.record.as_ref().map(ToString::to_string))
            .execute(&mut transaction)
            .await
            .doing(doing)?;
        }
        for dataset in &found.datasets {
            query(
                "INSERT INTO datasets (model, run, name, data_hash, rows_hash, n_rows, created_ms, record)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model, run) DO NOTHING",
            )
            .bind(model)
            .bind(&dataset.run)
            .bind(&dataset.name)
            .bind(&dataset.data_hash)
            .bind(&dataset.rows_hash)
            .bind(dataset.n_rows)
            .bind(at_ms)
            .bind(dataset.record.to_string())
            .execute(&mut transaction)
            .await
            .doing(doing)?;
        }
        for (run, score) in &found.scores {
            query(
                "INSERT INTO scores (model, version, rows_hash, run, at_ms, record) VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT (model, version, rows_hash) DO NOTHING",
            )
            .bind(model)
            .bind(score.version)
            .bind(&score.rows_hash)
            .bind(run)
            .bind(score.at_ms)
            .bind(score.record.to_string())
            .execute(&mut transaction)
            .await
            .doing(doing)?;
        }
        for past in &found.conclusions {
            let rows = past.rows.as_ref();
            query(
                "INSERT INTO conclusions (model, data_hash, config_hash, test_hash, verdict, version, run, at_ms,
                     rows_hash, column_names, left_out)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (model, data_hash, config_hash) DO NOTHING",
            )
            .bind(model)
            .bind(&past.data_hash)
            .bind(&past.config_hash)
            .bind(&past.test_hash)
            .bind(past.verdict.name())
            .bind(past.version)
            .bind(&past.run)
            .bind(at_ms)
            .bind(rows.map(|rows| &rows.hash))
            .bind(rows.map(|rows| json!(rows.columns).to_string()))
            .bind(rows.map(|rows| json!(rows.left_out).to_string()))
            .execute(&mut transaction)
            .await
            .doing(doing)?;
        }
        for (run, file) in &found.files {
            query(
                "INSERT INTO files_seen (model, sha256, path, run, at_ms) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT (model, sha256) DO NOTHING",
            )
            .bind(model)
            .bind(&file.sha256)
            .bind(&file.path)
            .bind(run)
            .bind(at_ms)
            .execute(&mut transaction)
            .await
            .doing(doing)?;
        }
        for operation in &found.operations {
            operations::add(&mut transaction, model, operation).await?;
        }
        query(
            "INSERT INTO runs (id, model, trigger_name, state, stage, outcome, started_ms, ended_ms)
             VALUES (?, ?, 'adopt', 'done', 'deploy', ?, ?, ?)",
        )
        .bind(&held.run)
        .bind(model)
        .bind(Outcome::Adopted.name())
        .bind(at_ms)
        .bind(at_ms)
        .execute(&mut transaction)
        .await
        .doing(doing)?;
        crate::faults::point("adopt.recording")
            .map_err(sqlx::Error::Io)
            .doing(doing)?;
        transaction.commit().await.doing(doing)
    }
}
