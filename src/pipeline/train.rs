//! train: a data set to a bundle, recorded as a version. Transformer and learner never see what they are judged by.

use super::dataset::Dataset;
use super::error::{Error, fault};
use super::learn::{Fresh, learn};
use super::loaded_version::LoadedVersion;
use super::split::Parts;
use super::trained::{Trained, TrainingRecord};
use super::{Env, Event, adopt, checks};
use crate::bundle::{self, Bundle};
use crate::checks::Finding;
use crate::model_types::{RunId, Sha256};
use crate::registry::VersionState;
use crate::text::counted;

/// Trains on a data set and records the version, with a name if it is given one. Returns it, the rows of both its parts, and
/// one line on it.
///
/// # Errors
/// When the registry cannot be reached or a file cannot be written.
pub async fn train(
    env: &Env,
    run: &RunId,
    dataset: &Dataset,
    champion: Option<&LoadedVersion>,
    name: Option<&str>,
) -> Result<((Trained, Parts), String), Error> {
    let unrecorded = learn_from(env, dataset, champion)?;
    record(env, run, dataset, unrecorded, name).await
}

/// What was learned from a data set and is not a version yet, and the findings of the checks before.
pub struct Unrecorded {
    fresh: Fresh,
    findings: Vec<Finding>,
}

/// Checks a data set and learns from it. Nothing is written.
///
/// # Errors
/// When a check ends the run, or the rows cannot be learned from.
pub fn learn_from(
    env: &Env,
    dataset: &Dataset,
    champion: Option<&LoadedVersion>,
) -> Result<Unrecorded, Error> {
    let findings = checks::before_training(env, dataset, champion)?;
    let fresh = learn(&env.config, dataset)?;
    Ok(Unrecorded { fresh, findings })
}

/// Records what was learned as a version, with a name if it is given one.
///
/// # Errors
/// When the registry cannot be reached or a file cannot be written.
pub async fn record(
    env: &Env,
    run: &RunId,
    dataset: &Dataset,
    unrecorded: Unrecorded,
    name: Option<&str>,
) -> Result<((Trained, Parts), String), Error> {
    let Unrecorded {
        fresh: learned,
        findings,
    } = unrecorded;
    let mut version = env
        .registry
        .reserve_version(&env.config.name, run, run_stamp(run), env.clock.now_ms())
        .await?;
    fault("train.version_reserved")?;
    for note in &learned.notes {
        env.tell(Event::Warning(note.clone()));
    }
    let bytes = bundle::encode(&learned.bundle)?;
    version.bundle_sha256 = Some(Sha256::of(&bytes));
    let key = env.version_key(&version.folder, "trainedmodel.json");
    env.models.put_new(&key, bytes).await?;
    fault("train.bundle_published")?;
    if let Some(out_of_fold) = &learned.out_of_fold {
        out_of_fold.write(env, &version.folder).await?;
    }
    version.state = VersionState::Ready;
    version.model_hash = Some(learned.bundle.model_hash());
    version.data_hash = Some(dataset.data_hash.clone());
    version.config_hash = Some(env.config.fingerprint());
    let record = TrainingRecord {
        dataset_run: Some(dataset.run.clone()),
        notes: learned.notes.clone(),
        fit_ms: Some(learned.fit_ms),
        checks: Some(findings.clone()),
        learner: Some(learned.bundle.learner.kind.name().to_string()),
        threshold_from: learned.threshold_from.map(str::to_string),
        folds_ms: learned.folds_ms,
        calibration: learned.bundle.calibration.as_ref().map(|it| it.report),
        name: name.map(ToString::to_string),
        approval: None,
        imported: None,
    };
    version.record = Some(record.to_value()?);
    adopt::write_record(env, &version).await?;
    env.registry.version_ready(&version).await?;
    fault("train.recorded")?;
    let data = &learned.bundle.data;
    let summary = format!(
        "version {}{} on {}, {}, {}{}",
        version.number,
        if learned.bundle.leaderboard.is_empty() {
            String::new()
        } else {
            format!(" (`auto` chose {})", learned.bundle.learner.kind.name())
        },
        counted(data.train_rows, "row"),
        counted(learned.bundle.transformer.n_features() as u64, "feature"),
        held_back(&learned.bundle),
        if learned.bundle.is_binary() {
            format!(", threshold {:.3}", learned.bundle.threshold)
        } else {
            String::new()
        }
    );
    let trained = Trained {
        version,
        bundle: learned.bundle,
        notes: learned.notes,
        findings,
        fit_ms: learned.fit_ms,
        folds_ms: learned.folds_ms,
    };
    Ok(((trained, learned.parts), summary))
}

/// Folder names carry the plain stamp; the version number makes them unique.
fn run_stamp(run: &RunId) -> &str {
    run.split('-').next().unwrap_or(run)
}

/// What learner and threshold were chosen on.
fn held_back(bundle: &Bundle) -> String {
    match bundle.data.folds {
        Some(folds) => format!("{} folds", folds.folds),
        None => counted(bundle.data.validation_rows, "validation row"),
    }
}
