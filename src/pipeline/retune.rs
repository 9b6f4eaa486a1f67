//! The champion with another threshold, where the gate says that this is what there is to gain: a version of its own, put
//! before the gate like any other. Nothing is trained.

use super::beyond::OutOfFold;
use super::challenge::{Challenge, settle};
use super::dataset::Dataset;
use super::error::{Error, fault};
use super::fresh::TestData;
use super::loaded_version::LoadedVersion;
use super::run_report::RunReport;
use super::trained::{Trained, TrainingRecord, dataset_run};
use super::{Env, Event, Stage, adopt, ingest, versions};
use crate::bundle;
use crate::gate::{Decision, Verdict};
use crate::model_types::{Outcome, RunId, Sha256};
use crate::registry::{Lock, VersionRow, VersionState};

/// What a run found before it.
pub struct Found<'a> {
    /// The run.
    pub run: &'a RunId,
    /// The lock under which it may.
    pub lock: &'a Lock,
    /// The test data.
    pub test: &'a TestData,
    /// Its hash.
    pub test_hash: &'a str,
    /// What was decided on the challenger.
    pub decision: &'a Decision,
}

/// Moves the champion's threshold where the decision says so. `None` where it does not, or where it cannot be done.
///
/// # Errors
/// What scoring and deploying meet; the champion is then what it was.
pub async fn follow(env: &Env, found: &Found<'_>) -> Result<Option<RunReport>, Error> {
    let retuned = match (found.decision.verdict, found.decision.retuned) {
        (Verdict::Retune, Some(retuned)) => retuned,
        _ => return Ok(None),
    };
    let Some(champion) = versions::load_champion(env).await? else {
        return Ok(None);
    };
    let row = versions::version_of(env, champion.number).await?;
    let Ok(dataset) = ingest::load(env, &dataset_run(&row)).await else {
        env.tell(Event::Warning(format!(
            "the threshold of version {} cannot be moved: its data set was removed",
            champion.number
        )));
        return Ok(None);
    };
    let mut timings = Vec::new();
    let making = make(env, found.run, &champion, &row, &dataset, retuned.threshold);
    let trained = env.stage(Stage::Train, &mut timings, making).await?;
    let before = Some(champion.number);
    let challenge = Challenge {
        run: found.run,
        lock: found.lock,
        trained: &trained,
        dataset: &dataset,
        test: found.test,
        test_hash: found.test_hash,
        is_retuned: true,
    };
    let settled = settle(env, &challenge, Ok(Some(champion)), &mut timings).await?;
    let report = settled.report(env, found.run, &trained, before);
    let outcome = match report.outcome {
        Outcome::Promote => Outcome::Retune,
        other => other,
    };
    let mut reasons: Vec<String> = found
        .decision
        .reasons
        .first()
        .cloned()
        .into_iter()
        .collect();
    reasons.extend(report.reasons);
    Ok(Some(RunReport {
        outcome,
        reasons,
        ..report
    }))
}

/// The champion's bundle with another threshold as a version; and one line on it.
async fn make(
    env: &Env,
    run: &RunId,
    champion: &LoadedVersion,
    row: &VersionRow,
    dataset: &Dataset,
    threshold: f64,
) -> Result<(Trained, String), Error> {
    let before = champion.bundle.threshold;
    let mut bundle = champion.bundle.clone();
    bundle.threshold = threshold;
    bundle.golden = bundle::make_golden(&bundle);
    bundle.verify()?;
    let stamp = run.split('-').next().unwrap_or(run);
    let mut version = env
        .registry
        .reserve_version(&env.config.name, run, stamp, env.clock.now_ms())
        .await?;
    fault("train.version_reserved")?;
    let bytes = bundle::encode(&bundle)?;
    version.bundle_sha256 = Some(Sha256::of(&bytes));
    let key = env.version_key(&version.folder, "trainedmodel.json");
    env.models.put_new(&key, bytes).await?;
    fault("train.bundle_published")?;
    if let Some(out_of_fold) = OutOfFold::read(env, champion.number).await? {
        out_of_fold
            .at(threshold)
            .write(env, &version.folder)
            .await?;
    }
    let note = format!(
        "version {} with the threshold {threshold:.3} instead of {before:.3}; nothing was trained",
        champion.number
    );
    version.state = VersionState::Ready;
    version.model_hash = Some(bundle.model_hash());
    version.data_hash.clone_from(&row.data_hash);
    version.config_hash = Some(env.config.fingerprint());
    let record = TrainingRecord {
        dataset_run: Some(dataset.run.clone()),
        notes: vec![note.clone()],
        fit_ms: Some(0.0),
        folds_ms: None,
        threshold_from: Some("gate".to_string()),
        name: None,
        approval: None,
        ..TrainingRecord::of(row)
    };
    version.record = Some(record.to_value()?);
    adopt::write_record(env, &version).await?;
    env.registry.version_ready(&version).await?;
    fault("train.recorded")?;
    let summary = format!("version {} is {note}", version.number);
    let trained = Trained {
        version,
        bundle,
        notes: vec![note],
        findings: record.checks.unwrap_or_default(),
        fit_ms: 0.0,
        folds_ms: None,
    };
    Ok((trained, summary))
}
