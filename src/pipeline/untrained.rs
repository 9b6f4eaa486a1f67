//! What comes of a run that has nothing to train on.

use super::error::Error;
use super::fresh::TestData;
use super::plan::{Facts, Plan, plan};
use super::rescore::rescore;
use super::run_report::{RunOptions, RunReport, nothing};
use super::{Env, probation};
use crate::model_types::{RunId, VersionNumber};
use crate::registry::PastConclusion;

/// What a run has looked at before it reads a row.
pub struct Looked<'a> {
    /// The run's id.
    pub id: &'a RunId,
    /// What was asked of it.
    pub options: &'a RunOptions,
    /// The test data.
    pub test: &'a TestData,
    /// Hash of it.
    pub test_hash: &'a str,
    /// The champion.
    pub champion: Option<VersionNumber>,
}

/// What comes of a run that has nothing to train on, by what is known of the same data; `None` when it is to train.
pub async fn without_training(
    env: &Env,
    of: &Looked<'_>,
    known: Option<&PastConclusion>,
    same: &'static str,
) -> Result<Option<RunReport>, Error> {
    let what = plan(&Facts {
        force: of.options.force,
        test_hash: of.test_hash,
        known,
        same,
        champion: of.champion,
    });
    match what {
        Plan::Train(_) => Ok(None),
        Plan::Nothing(why) => {
            let why = probation::with_held(env, why).await?;
            Ok(Some(nothing(env, of.id, of.champion, why)))
        }
        Plan::Rescore(version) => {
            let report = rescore(env, of.id, version, of.test, of.test_hash, known).await?;
            if report.is_some() {
                return Ok(report);
            }
            // The same data and settings would make the same version again, whatever new test rows say of it.
            let tried = known.and_then(|known| known.version);
            let why = probation::taken_back(env, tried).await?;
            Ok(why.map(|why| nothing(env, of.id, of.champion, why)))
        }
    }
}
