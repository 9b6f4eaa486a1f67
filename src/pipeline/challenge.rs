//! A version that is there, however it was made, on its way through the gate: scored beside the champion, decided on, reported.

use super::dataset::Dataset;
use super::deploy::{self, Deployed, Work};
use super::error::Error;
use super::fresh::TestData;
use super::loaded_version::LoadedVersion;
use super::run_report::{RunReport, ScorePair, empty};
use super::score;
use super::scores::Scored;
use super::subject::Subject;
use super::trained::Trained;
use super::{Env, Stage, report};
use crate::checks::worst_first;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::Lock;

/// A version before the gate, and what it is judged with.
pub struct Challenge<'a> {
    /// The run.
    pub run: &'a RunId,
    /// The lock under which it may.
    pub lock: &'a Lock,
    /// The version and its bundle.
    pub trained: &'a Trained,
    /// Its data set.
    pub dataset: &'a Dataset,
    /// The test data.
    pub test: &'a TestData,
    /// Hash of the test files.
    pub test_hash: &'a str,
    /// Whether it is the champion with another threshold.
    pub is_retuned: bool,
}

/// What came of it.
pub struct Settled {
    /// The scoring.
    pub scored: Scored,
    /// The decision, and what was done about it.
    pub deployed: Deployed,
    /// The files of the report.
    files: Vec<String>,
}

/// The files of a version that is judged, beside those of its report.
const FILES: [&str; 6] = [
    "trainedmodel.json",
    "score.json",
    "latestscore.txt",
    "predictions.parquet",
    "decision.json",
    "version.json",
];

/// Scores a version beside the champion, lets the gate decide, acts on it, and draws the report. A champion that could not be loaded
/// fails the scoring.
///
/// # Errors
/// What a stage meets; the champion is then what it was, or, where only the report failed, what the gate made it.
pub async fn settle(
    env: &Env,
    challenge: &Challenge<'_>,
    champion: Result<Option<LoadedVersion>, Error>,
    timings: &mut Vec<(Stage, f64)>,
) -> Result<Settled, Error> {
    let Challenge {
        run,
        trained,
        dataset,
        ..
    } = *challenge;
    let scoring = async {
        score::score(
            env,
            run,
            trained,
            champion?.as_ref(),
            dataset,
            challenge.test,
        )
        .await
    };
    let scored = env.stage(Stage::Score, timings, scoring).await?;
    let work = Work {
        lock: challenge.lock,
        trained,
        dataset,
        test_hash: challenge.test_hash,
        is_retuned: challenge.is_retuned,
    };
    let deploying = deploy::deploy(env, run, &work, &scored);
    let deployed = env.stage(Stage::Deploy, timings, deploying).await?;
    let before_report = timings.clone();
    let subject = Subject {
        version: &trained.version,
        bundle: &trained.bundle,
        scored: &scored,
        decision: Some(&deployed.decision),
        dataset: &dataset.record,
        notes: &trained.notes,
        findings: &trained.findings,
        timings: &before_report,
    };
    let reporting = report::report(env, &subject);
    let files = env.stage(Stage::Report, timings, reporting).await?;
    Ok(Settled {
        scored,
        deployed,
        files,
    })
}

impl Settled {
    /// The report of the run, as far as it is about the version. `before` is the champion that the run found.
    pub fn report(
        self,
        env: &Env,
        run: &RunId,
        trained: &Trained,
        before: Option<VersionNumber>,
    ) -> RunReport {
        let version = &trained.version;
        let made = FILES.into_iter().map(str::to_string).chain(self.files);
        let (scores, decision) = (self.scored.record, self.deployed.decision);
        RunReport {
            version: Some(version.number),
            verdict: Some(decision.verdict),
            attempt: Some(decision.facts.attempts),
            reasons: decision.reasons,
            champion: if self.deployed.is_champion {
                Some(version.number)
            } else {
                before
            },
            artifacts: made.map(|file| env.shown(&version.folder, &file)).collect(),
            learner: Some(trained.bundle.learner_name()),
            scores: ScorePair {
                metric: scores.metric,
                challenger: Some(scores.challenger),
                champion: scores.champion,
            },
            findings: worst_first([trained.findings.clone(), scores.findings].concat()),
            ..empty(env, run, self.deployed.outcome)
        }
    }
}
