//! `import`: a model of another program as a challenger. Nothing is trained: the file becomes a bundle like any other, and the
//! gate decides on it by the evidence that it has of every challenger.

mod asked;
mod cells;
mod taken;

pub use self::asked::{Import, WouldImport};
use self::taken::Taken;
use super::challenge::{Challenge, settle};
use super::dataset::Dataset;
use super::error::{Error, fault};
use super::fresh::TestData;
use super::labelled_rows::Input;
use super::loaded_version::LoadedVersion;
use super::run::with_lock;
use super::run_report::{RunReport, nothing, timings_map};
use super::trained::{Trained, TrainingRecord};
use super::{
    Env, Event, Stage, adopt, checks, disk_space, ingest, input_scan, retune, version_names,
    versions,
};
use crate::bundle;
use crate::data;
use crate::model_types::{RunId, Sha256, VersionNumber};
use crate::registry::{Lock, VersionState};

/// Takes a file in as a version and lets the gate decide on it.
///
/// # Errors
/// When another run holds the lock; [`Error::Import`] when the file is no model of the project.
pub async fn import(env: &Env, id: &RunId, asked: &Import) -> Result<RunReport, Error> {
    // A file that cannot be taken in is no failed run.
    let ahead = ahead(env, asked).await?;
    with_lock(env, id, "import", async |lock| {
        locked(env, id, lock, asked, ahead).await
    })
    .await
}

/// The newest data set and what the file is on it; `None` where there is no data set yet.
async fn ahead(env: &Env, asked: &Import) -> Result<Option<(Dataset, Taken)>, Error> {
    if let Some(name) = &asked.name {
        version_names::check(env, name).await?;
    }
    if env
        .registry
        .latest_dataset(&env.config.name)
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let dataset = ingest::latest(env).await?;
    let test = TestData::of(env, input_scan::look(&env.config.test_folder).await?).await?;
    let taken = taken::take(env, asked, &dataset, &test)?;
    Ok(Some((dataset, taken)))
}

/// What an import of the file would make, on the newest data set and the test data as they are. Nothing is recorded or locked.
///
/// # Errors
/// As [`import`].
pub async fn would_import(env: &Env, asked: &Import) -> Result<WouldImport, Error> {
    let dataset = ingest::latest(env).await?;
    let test = TestData::of(env, input_scan::look(&env.config.test_folder).await?).await?;
    let taken = taken::take(env, asked, &dataset, &test)?;
    let same_as = same(env, &taken).await?.map(|(version, _)| version);
    let bundle = &taken.bundle;
    Ok(WouldImport {
        model: env.config.name.clone(),
        file: asked.file.clone(),
        sha256: taken.origin.sha256.clone(),
        says: taken.origin.says(),
        columns: bundle
            .transformer
            .inputs
            .iter()
            .map(|it| it.name.clone())
            .collect(),
        classes: bundle.classes.clone(),
        threshold: bundle.is_binary().then_some(bundle.threshold),
        same_as,
        notes: taken.notes,
    })
}

/// The version that came of the same file and answers the same, with its verdict in words.
async fn same(env: &Env, taken: &Taken) -> Result<Option<(VersionNumber, String)>, Error> {
    let hash = taken.bundle.model_hash();
    let versions = env.registry.versions(&env.config.name).await?;
    let found = versions.iter().find(|version| {
        let origin = TrainingRecord::of(version).imported;
        version.state == VersionState::Ready
            && version.model_hash.as_deref() == Some(&hash)
            && origin.is_some_and(|it| it.sha256 == taken.origin.sha256)
    });
    Ok(found.map(|version| {
        let verdict = version.verdict.map_or("no verdict yet", |it| it.name());
        (version.number, verdict.to_string())
    }))
}

/// The newest data set; where there is none yet, the input folder is read first, as a run would.
async fn dataset_of(
    env: &Env,
    id: &RunId,
    timings: &mut Vec<(Stage, f64)>,
) -> Result<Dataset, Error> {
    if env
        .registry
        .latest_dataset(&env.config.name)
        .await?
        .is_some()
    {
        return ingest::latest(env).await;
    }
    let scan = input_scan::scan(env, &env.config.input_folder).await?;
    disk_space::check(env, &scan)?;
    let input = Input::of(env, scan).await?;
    let mut dataset = env
        .stage(Stage::Ingest, timings, ingest::ingest(env, id, &input))
        .await?;
    dataset.profile = data::summarise(&dataset.frame);
    Ok(dataset)
}

async fn locked(
    env: &Env,
    id: &RunId,
    lock: &Lock,
    asked: &Import,
    ahead: Option<(Dataset, Taken)>,
) -> Result<RunReport, Error> {
    let mut timings = Vec::new();
    disk_space::check(env, &data::Scan::default())?;
    let test = TestData::of(env, input_scan::look(&env.config.test_folder).await?).await?;
    let test_hash = test.hash();
    let newest = env.registry.latest_dataset(&env.config.name).await?;
    let is_newest = |dataset: &Dataset| newest.as_ref().is_some_and(|row| row.run == dataset.run);
    let (dataset, taken) = match ahead.filter(|(dataset, _)| is_newest(dataset)) {
        Some(ahead) => ahead,
        None => {
            let dataset = dataset_of(env, id, &mut timings).await?;
            let taken = taken::take(env, asked, &dataset, &test)?;
            (dataset, taken)
        }
    };
    let champion = versions::load_champion(env).await?;
    let before = champion.as_ref().map(|champion| champion.number);
    if let Some((version, verdict)) = same(env, &taken).await? {
        let why = format!(
            "version {version} came of the same file and answers the same ({verdict}); `unseat deploy {version}` lets the gate decide on it again"
        );
        return Ok(nothing(env, id, before, why));
    }
    let making = make(env, id, asked, taken, &dataset, champion.as_ref());
    let trained = env.stage(Stage::Train, &mut timings, making).await?;
    let challenge = Challenge {
        run: id,
        lock,
        trained: &trained,
        dataset: &dataset,
        test: &test,
        test_hash: &test_hash,
        is_retuned: false,
    };
    let settled = settle(env, &challenge, Ok(champion), &mut timings).await?;
    let found = retune::Found {
        run: id,
        lock,
        test: &test,
        test_hash: &test_hash,
        decision: &settled.deployed.decision,
    };
    if let Some(retuned) = retune::follow(env, &found).await? {
        return Ok(retuned);
    }
    Ok(RunReport {
        timings_ms: timings_map(&timings, None),
        ..settled.report(env, id, &trained, before)
    })
}

/// The bundle as a version; and one line on it.
async fn make(
    env: &Env,
    run: &RunId,
    asked: &Import,
    taken: Taken,
    dataset: &Dataset,
    champion: Option<&LoadedVersion>,
) -> Result<(Trained, String), Error> {
    let findings = checks::before_training(env, dataset, champion)?;
    for note in &taken.notes {
        env.tell(Event::Warning(note.clone()));
    }
    let stamp = run.split('-').next().unwrap_or(run);
    let mut version = env
        .registry
        .reserve_version(&env.config.name, run, stamp, env.clock.now_ms())
        .await?;
    fault("train.version_reserved")?;
    let bytes = bundle::encode(&taken.bundle)?;
    version.bundle_sha256 = Some(Sha256::of(&bytes));
    let key = env.version_key(&version.folder, "trainedmodel.json");
    env.models.put_new(&key, bytes).await?;
    fault("train.bundle_published")?;
    version.state = VersionState::Ready;
    version.model_hash = Some(taken.bundle.model_hash());
    version.data_hash = Some(dataset.data_hash.clone());
    version.config_hash = Some(taken.bundle.data.config_hash.clone());
    let record = TrainingRecord {
        dataset_run: Some(dataset.run.clone()),
        notes: taken.notes.clone(),
        fit_ms: None,
        folds_ms: None,
        threshold_from: None,
        calibration: None,
        checks: Some(findings.clone()),
        learner: Some(taken.bundle.learner_name().to_string()),
        name: asked.name.clone(),
        approval: None,
        imported: Some(taken.origin.clone()),
    };
    version.record = Some(record.to_value()?);
    adopt::write_record(env, &version).await?;
    env.registry.version_ready(&version).await?;
    fault("train.recorded")?;
    let summary = format!(
        "version {} is the {}, {} columns{}; nothing was trained",
        version.number,
        taken.origin.says(),
        taken.bundle.transformer.inputs.len(),
        if taken.bundle.is_binary() {
            format!(", threshold {:.3}", taken.bundle.threshold)
        } else {
            String::new()
        }
    );
    let trained = Trained {
        version,
        bundle: taken.bundle,
        notes: taken.notes,
        findings,
        fit_ms: 0.0,
        folds_ms: None,
    };
    Ok((trained, summary))
}
