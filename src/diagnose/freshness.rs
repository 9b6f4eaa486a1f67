//! How old everything is: data, training, champion, test data. Ages are in seconds and never below 0.

use crate::model_types::{Outcome, RunId, VersionNumber};
use serde::Serialize;

use crate::clock::rfc3339;
use crate::data::Signature;
use crate::pipeline::{Env, Error};
use crate::registry::{Action, RunState, VersionState};

/// How old everything is; `None` for what is not there yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Freshness {
    /// The newest data set.
    pub data_set: Option<DataAge>,
    /// The last run.
    pub last_run: Option<LastRun>,
    /// The newest version.
    pub last_training: Option<LastTraining>,
    /// What moved the champion last.
    pub last_promotion: Option<LastMove>,
    /// The champion.
    pub champion: Option<ChampionAge>,
    /// The files of the test folder.
    pub test_data: Option<TestDataAge>,
}

/// The newest data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataAge {
    /// The run that made it.
    pub run: RunId,
    /// Its rows.
    pub rows: i64,
    /// When it was recorded.
    pub at: String,
    /// How long ago.
    pub age_seconds: f64,
}

/// The last run. Why it failed is in `unseat runs`: the text names folders.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastRun {
    /// Its id.
    pub run: RunId,
    /// What started it.
    pub trigger: String,
    /// `running`, `done`, `failed` or `interrupted`.
    pub state: RunState,
    /// The stage it is in or ended in.
    pub stage: String,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub ended_at: Option<String>,
    /// How long ago it ended; while it runs, how long ago it began.
    pub age_seconds: f64,
}

/// The newest version that is whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastTraining {
    /// Its number.
    pub version: VersionNumber,
    /// The run that made it.
    pub run: RunId,
    /// When its number was taken.
    pub at: String,
    /// How long ago.
    pub age_seconds: f64,
}

/// What moved the champion last.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastMove {
    /// `promote`, `rollback` or `pin`.
    pub action: Action,
    /// The champion after it.
    pub version: Option<VersionNumber>,
    /// The champion before it.
    pub previous: Option<VersionNumber>,
    /// When.
    pub at: String,
    /// How long ago.
    pub age_seconds: f64,
}

/// The champion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChampionAge {
    /// Its version.
    pub version: VersionNumber,
    /// Since when.
    pub since: String,
    /// For how long.
    pub age_seconds: f64,
    /// Whether runs may not move it.
    pub pinned: bool,
}

/// The files of the test folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestDataAge {
    /// How many can be read.
    pub files: u64,
    /// When the newest was written.
    pub at: Option<String>,
    /// How long ago.
    pub age_seconds: Option<f64>,
}

/// Asks the registry how old everything is; `test` is what the test folder looks like, where it can be looked at.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn freshness(env: &Env, test: Option<&Signature>) -> Result<Freshness, Error> {
    let (model, registry) = (&env.config.name, &env.registry);
    let now = env.clock.now_ms();
    let age = |at_ms: i64| (now.saturating_sub(at_ms)).max(0) as f64 / 1e3;
    let data_set = registry.latest_dataset(model).await?;
    let data_set_ms = registry.latest_dataset_ms(model).await?;
    let last_run = registry
        .shown_runs(Some(model), 1, now)
        .await?
        .into_iter()
        .next();
    let versions = registry.versions(model).await?;
    let trained = versions
        .into_iter()
        .find(|version| version.state == VersionState::Ready);
    let operations = registry.operations(model).await?;
    let moved = operations
        .into_iter()
        .find(|operation| operation.action != Action::Unpin);
    let champion = registry.champion(model).await?;
    Ok(Freshness {
        data_set: data_set.zip(data_set_ms).map(|(row, at_ms)| DataAge {
            run: row.run,
            rows: row.n_rows,
            at: rfc3339(at_ms),
            age_seconds: age(at_ms),
        }),
        last_run: last_run.map(|run| LastRun {
            run: run.id,
            trigger: run.trigger,
            state: run.state,
            stage: run.stage,
            outcome: run.outcome,
            started_at: rfc3339(run.started_ms),
            ended_at: run.ended_ms.map(rfc3339),
            age_seconds: age(run.ended_ms.unwrap_or(run.started_ms)),
        }),
        last_training: trained.map(|version| LastTraining {
            version: version.number,
            run: version.run,
            at: rfc3339(version.created_ms),
            age_seconds: age(version.created_ms),
        }),
        last_promotion: moved.map(|operation| LastMove {
            action: operation.action,
            version: operation.version,
            previous: operation.previous,
            at: rfc3339(operation.at_ms),
            age_seconds: age(operation.at_ms),
        }),
        champion: champion.map(|champion| ChampionAge {
            version: champion.version,
            since: rfc3339(champion.since_ms),
            age_seconds: age(champion.since_ms),
            pinned: champion.pinned,
        }),
        test_data: test.map(|test| TestDataAge {
            files: test.files as u64,
            at: test.newest_ms.map(rfc3339),
            age_seconds: test.newest_ms.map(age),
        }),
    })
}
