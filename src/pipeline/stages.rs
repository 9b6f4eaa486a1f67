//! Each stage alone, for a person who wants to see why. Each takes the lock, does its part on what is stored, and is
//! recorded as a run.

use super::deploy::Work;
use super::drift::{self, DriftLine};
use super::error::Error;
use super::fresh::TestData;
use super::labelled_rows::Input;
use super::run::with_lock;
use super::run_report::{ScorePair, empty, timings_map};
use super::trained::Trained;
use super::trained::{TrainingRecord, dataset_run};
use super::{
    Env, Event, RunReport, Stage, deploy, disk_space, ingest, input_scan, preview, report, score,
    train, versions,
};
use crate::checks::worst_first;
use crate::data;
use crate::model_types::Outcome;
use crate::registry::VersionRow;

/// Files to a data set.
///
/// # Errors
/// When another run holds the lock.
pub async fn ingest_stage(env: &Env) -> Result<RunReport, Error> {
    let id = env.new_run_id();
    with_lock(env, &id, "ingest", async |_| {
        let mut timings = Vec::new();
        let scan = input_scan::scan(env, &env.config.input_folder).await?;
        disk_space::check(env, &scan)?;
        let input = Input::of(env, scan).await?;
        let ingested = ingest::ingest(env, &id, &input);
        let dataset = env.stage(Stage::Ingest, &mut timings, ingested).await?;
        let drift = drift::of_dataset(env, &id, &dataset).await;
        Ok(RunReport {
            drift: drift.as_ref().map(DriftLine::of),
            artifacts: vec![dataset.name.clone()],
            data: Some(dataset.record),
            timings_ms: timings_map(&timings, None),
            ..empty(env, &id, Outcome::Ingested)
        })
    })
    .await
}

/// The newest data set to a version. It may be given a name. With `matrix` the transformed matrices are written there, for a
/// look.
///
/// # Errors
/// When another run holds the lock.
pub async fn train_stage(
    env: &Env,
    name: Option<&str>,
    matrix: Option<&std::path::Path>,
) -> Result<RunReport, Error> {
    let id = env.new_run_id();
    with_lock(env, &id, "train", async |_| {
        let mut timings = Vec::new();
        disk_space::check(env, &data::Scan::default())?;
        if let Some(name) = name {
            super::version_names::check(env, name).await?;
        }
        let dataset = ingest::latest(env).await?;
        if let Some(why) = unfit_test_data(env, &dataset) {
            env.tell(Event::Warning(why));
        }
        // One that cannot be loaded is reported where it is scored.
        let champion = versions::load_champion(env).await.ok().flatten();
        let training = train::train(env, &id, &dataset, champion.as_ref(), name);
        let (trained, parts) = env.stage(Stage::Train, &mut timings, training).await?;
        if let Some(folder) = matrix {
            super::matrix::write(env, &trained.bundle, &dataset, &parts, folder).await?;
        }
        let timings_ms = timings_map(&timings, Some(&trained));
        Ok(RunReport {
            version: Some(trained.version.number),
            artifacts: vec![env.shown(&trained.version.folder, "trainedmodel.json")],
            reasons: trained.notes.clone(),
            learner: Some(trained.bundle.learner_name()),
            chosen_from: trained.chosen_from(),
            findings: trained.findings,
            timings_ms,
            ..empty(env, &id, Outcome::Trained)
        })
    })
    .await
}

/// Why a version that is trained on a data set could not be scored, as far as the first test rows show. Training needs none.
fn unfit_test_data(env: &Env, dataset: &super::dataset::Dataset) -> Option<String> {
    let scan = data::scan(&env.config.test_folder.here()).ok()?;
    let error = preview::before_training(env, dataset, &scan).err()?;
    Some(format!("scoring would fail to {error}"))
}

/// A stored version with its data set.
async fn stored(
    env: &Env,
    version: VersionRow,
) -> Result<(Trained, crate::pipeline::dataset::Dataset), Error> {
    let bundle = versions::load_bundle(env, version.number).await?.bundle;
    let record = TrainingRecord::of(&version);
    let run = dataset_run(&version);
    let dataset = ingest::load(env, &run).await?;
    let trained = Trained {
        findings: record.checks.unwrap_or_default(),
        fit_ms: record.fit_ms.unwrap_or_default(),
        folds_ms: record.folds_ms,
        version,
        bundle,
        notes: record.notes,
    };
    Ok((trained, dataset))
}

/// A version and the champion on the present test rows.
///
/// # Errors
/// When another run holds the lock.
pub async fn score_stage(env: &Env, version: &str) -> Result<RunReport, Error> {
    let id = env.new_run_id();
    with_lock(env, &id, "score", async |_| {
        let mut timings = Vec::new();
        let (trained, dataset) = stored(env, versions::pick_version(env, version).await?).await?;
        let test = input_scan::look(&env.config.test_folder).await?;
        let test = TestData::of(env, test).await?;
        let champion = versions::load_champion(env).await?;
        let scoring = score::score(env, &id, &trained, champion.as_ref(), &dataset, &test);
        let scored = env.stage(Stage::Score, &mut timings, scoring).await?;
        Ok(RunReport {
            version: Some(trained.version.number),
            reasons: scored.record.notes.clone(),
            artifacts: scored_files(env, &trained.version),
            scores: pair(scored.record),
            timings_ms: timings_map(&timings, None),
            ..empty(env, &id, Outcome::Scored)
        })
    })
    .await
}

/// The files that scoring a version makes: none once it was decided on.
fn scored_files(env: &Env, version: &VersionRow) -> Vec<String> {
    match version.verdict {
        None => vec![env.shown(&version.folder, "score.json")],
        Some(_) => Vec::new(),
    }
}

fn pair(record: crate::pipeline::scores::ScoreRecord) -> ScorePair {
    ScorePair {
        metric: record.metric,
        challenger: Some(record.challenger),
        champion: record.champion,
    }
}

/// The gate on a version, on the present test rows, and what follows from its verdict.
///
/// # Errors
/// When another run holds the lock or the registry cannot be reached.
pub async fn deploy_stage(env: &Env, version: &str) -> Result<RunReport, Error> {
    let id = env.new_run_id();
    with_lock(env, &id, "deploy", async |lock| {
        let mut timings = Vec::new();
        let mut version = versions::pick_version(env, version).await?;
        let champion = env.registry.champion(&env.config.name).await?;
        if champion.is_some_and(|champion| champion.version == version.number) {
            return Err(Error::AlreadyChampion {
                version: version.number,
            });
        }
        // Decided on again: what the decision rests on is made again with it.
        version.verdict = None;
        let (trained, dataset) = stored(env, version).await?;
        let test = input_scan::look(&env.config.test_folder).await?;
        let test = TestData::of(env, test).await?;
        // Scored afresh: since it was scored, the test rows or the champion may have changed.
        let champion = versions::load_champion(env).await?;
        let scoring = score::score(env, &id, &trained, champion.as_ref(), &dataset, &test);
        let scored = env.stage(Stage::Score, &mut timings, scoring).await?;
        let work = Work {
            lock,
            trained: &trained,
            dataset: &dataset,
            test_hash: &test.hash(),
            is_retuned: false,
        };
        let deployed = env
            .stage(
                Stage::Deploy,
                &mut timings,
                deploy::deploy(env, &id, &work, &scored),
            )
            .await?;
        let champion = env.registry.champion(&env.config.name).await?;
        Ok(RunReport {
            version: Some(trained.version.number),
            verdict: Some(deployed.decision.verdict),
            learner: Some(trained.bundle.learner_name()),
            attempt: Some(deployed.decision.facts.attempts),
            findings: worst_first([trained.findings, scored.record.findings.clone()].concat()),
            reasons: deployed.decision.reasons,
            champion: champion.map(|champion| champion.version),
            artifacts: vec![env.shown(&trained.version.folder, "decision.json")],
            scores: pair(scored.record),
            timings_ms: timings_map(&timings, None),
            ..empty(env, &id, deployed.outcome)
        })
    })
    .await
}

/// Plots, page and card of a stored version.
///
/// # Errors
/// When another run holds the lock.
pub async fn report_stage(env: &Env, version: &str) -> Result<RunReport, Error> {
    let id = env.new_run_id();
    with_lock(env, &id, "report", async |_| {
        let mut timings = Vec::new();
        let version = versions::pick_version(env, version).await?;
        let files = env
            .stage(
                Stage::Report,
                &mut timings,
                report::report_stored(env, &version),
            )
            .await?;
        Ok(RunReport {
            version: Some(version.number),
            artifacts: files
                .iter()
                .map(|file| env.shown(&version.folder, file))
                .collect(),
            timings_ms: timings_map(&timings, None),
            ..empty(env, &id, Outcome::Reported)
        })
    })
    .await
}
