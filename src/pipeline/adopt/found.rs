//! What is in the folders of a model and the registry does not know.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::asked::Adopt;
use super::champion::{champion_unknown, operations};
use super::datasets::{data_files, read_dataset, run_of};
use super::record::{FILE, VersionRecord};
use super::stamp::stamp_in;
use crate::bundle;
use crate::clock::stamp;
use crate::gate::Decision;
use crate::model_types::{RunId, Sha256, VersionNumber};
use crate::pipeline::Env;
use crate::pipeline::error::Error;
use crate::pipeline::error::Lost;
use crate::pipeline::ingest;
use crate::pipeline::lost;
use crate::pipeline::lost::version_folders;
use crate::pipeline::manifest;
use crate::pipeline::scores::ScoreRecord;
use crate::pipeline::trained::{TrainingRecord, dataset_run};
use crate::registry::{Adoption, PastConclusion, ScoreRow, VersionRow, VersionState};
use crate::text::causes;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Rows for the registry.
    pub adoption: Adoption,
    /// Folder and bundle of a champion that is in `prod_deployment_path` only.
    pub from_copy: Option<(String, Vec<u8>)>,
    /// Folders that cannot be used, and why.
    pub left_out: Vec<String>,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

impl Found {
    /// Whether there is nothing to record.
    pub fn is_empty(&self) -> bool {
        self.adoption.versions.is_empty() && self.adoption.operations.is_empty()
    }
}

/// The champion by its copy: number, checksum, since when.
struct Deployed {
    number: VersionNumber,
    sha256: Sha256,
    since_ms: i64,
    run: RunId,
    bytes: Option<Vec<u8>>,
}

/// Looks at every folder; changes nothing.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn find(env: &Env, asked: &Adopt) -> Result<Found, Error> {
    let mut found = Found::default();
    let known = env.registry.versions(&env.config.name).await?;
    let deployed = deployed(env).await?;
    let mut fresh: Vec<(VersionRow, Option<ScoreRecord>)> = Vec::new();
    let mut damaged: Vec<VersionRow> = Vec::new();
    for (number, folder) in version_folders(&env.config, &env.models).await? {
        if known.iter().any(|version| version.folder == folder) {
            continue;
        }
        match read_version(env, number, &folder).await {
            Ok(version) => fresh.push(version),
            Err(why) => {
                found.left_out.push(format!("{folder}: {why}"));
                damaged.push(empty_row(env, number, &folder));
            }
        }
    }
    let is_deployed = |version: &VersionRow| {
        deployed.as_ref().is_some_and(|it| {
            version.number == it.number && version.bundle_sha256.as_ref() == Some(&it.sha256)
        })
    };
    let is_there = known
        .iter()
        .chain(fresh.iter().map(|(row, _)| row))
        .any(is_deployed);
    if let Some(copy) = deployed.as_ref().filter(|_| !is_there) {
        fresh.push((from_copy(env, copy, &mut damaged, &mut found)?, None));
    }
    number(&known, &mut fresh, &damaged, is_deployed, &mut found.notes);
    for (row, score) in fresh {
        take(env, row, score, &mut found).await?;
    }
    let taken: BTreeSet<VersionNumber> = known
        .iter()
        .chain(&found.adoption.versions)
        .map(|version| version.number)
        .collect();
    damaged.retain(|version| !taken.contains(&version.number));
    found.adoption.versions.extend(damaged);
    let champion = champion(env, asked, deployed.as_ref(), &known, &found).await?;
    found.adoption.operations = operations(env, asked, &found.adoption, champion).await?;
    Ok(found)
}

/// Which version is the champion, and since when.
async fn champion(
    env: &Env,
    asked: &Adopt,
    deployed: Option<&Deployed>,
    known: &[VersionRow],
    found: &Found,
) -> Result<Option<(VersionNumber, i64)>, Error> {
    let fresh = &found.adoption.versions;
    if let Some(number) = asked.champion {
        let all = known.iter().chain(fresh);
        let is_there = |it: &VersionRow| it.number == number && it.state == VersionState::Ready;
        if !all.into_iter().any(is_there) {
            return Err(Error::NoVersion(format!(
                "make version {number} the champion: it is not among the whole ones; `unseat adopt --dry-run` lists them"
            )));
        }
        return Ok(Some((number, env.clock.now_ms())));
    }
    let now = env.registry.champion(&env.config.name).await?;
    let Some(deployed) = deployed else {
        // A champion that is known stays, whatever is found beside it.
        return if now.is_none() && fresh.iter().any(|it| it.state == VersionState::Ready) {
            Err(champion_unknown(env, &found.adoption).await?)
        } else {
            Ok(None)
        };
    };
    let is_known = known.iter().any(|it| {
        it.number == deployed.number && it.bundle_sha256.as_ref() == Some(&deployed.sha256)
    });
    // Where the registry knows version and champion, it says which; the copy follows.
    Ok(match now {
        Some(_) if is_known => None,
        _ => Some((deployed.number, deployed.since_ms)),
    })
}

/// The champion's copy. One of another model, or one that is damaged, is reported.
async fn deployed(env: &Env) -> Result<Option<Deployed>, Error> {
    let folder = &env.config.deployment_folder;
    let Some(manifest) = manifest::manifest(folder).await? else {
        return Ok(None);
    };
    if manifest.model != env.config.name {
        let lost = lost::foreign(&env.config, &env.registry, &manifest).await?;
        return Err(Error::Lost(Box::new(lost)));
    }
    let sha256 = manifest.bundle_sha256().cloned().unwrap_or_default();
    let since = DateTime::parse_from_rfc3339(&manifest.promoted_at);
    Ok(Some(Deployed {
        number: manifest.version,
        bytes: manifest::copied_bundle(env, &sha256).await?,
        sha256,
        since_ms: since.map_or(0, |at| at.timestamp_millis()),
        run: manifest.run,
    }))
}

/// The row of a champion whose folder is gone or damaged; its bundle is that of the copy.
fn from_copy(
    env: &Env,
    copy: &Deployed,
    damaged: &mut Vec<VersionRow>,
    found: &mut Found,
) -> Result<VersionRow, Error> {
    let place = env.place(&env.config.deployment_folder);
    let no_good = |why: String| {
        Error::Lost(Box::new(Lost {
            what: format!(
                "version {} of `{}`, the champion, is nowhere whole: {place} holds its bundle {why}",
                copy.number, env.config.name
            ),
            next: "bring the file back from a backup; or move its manifest.json away and add `--champion VERSION` with one that is whole".to_string(),
        }))
    };
    let Some(bytes) = &copy.bytes else {
        return Err(no_good(
            "with another checksum than its manifest says".to_string(),
        ));
    };
    let bundle = bundle::decode(bytes).map_err(|error| no_good(format!("damaged: {error}")))?;
    let at = damaged
        .iter()
        .position(|version| version.number == copy.number);
    let mut row = match at {
        Some(at) => damaged.remove(at),
        None => {
            let at = DateTime::from_timestamp_millis(copy.since_ms).unwrap_or_default();
            empty_row(env, copy.number, &format!("v{}_{}", copy.number, stamp(at)))
        }
    };
    row.state = VersionState::Ready;
    row.run = copy.run.clone();
    row.bundle_sha256 = Some(copy.sha256.clone());
    row.model_hash = Some(bundle.model_hash());
    row.record = Some(record_of(&copy.run)?);
    found.notes.push(format!(
        "the bundle of version {} is in {place} only and is copied to {}",
        copy.number, row.folder
    ));
    found.from_copy = Some((row.folder.clone(), bytes.clone()));
    Ok(row)
}

/// Gives versions whose number is taken another one: the champion keeps its own, then the earlier ones do.
fn number(
    known: &[VersionRow],
    fresh: &mut [(VersionRow, Option<ScoreRecord>)],
    damaged: &[VersionRow],
    is_deployed: impl Fn(&VersionRow) -> bool,
    notes: &mut Vec<String>,
) {
    let mut taken: BTreeSet<VersionNumber> = known.iter().map(|version| version.number).collect();
    let every = known
        .iter()
        .chain(damaged)
        .chain(fresh.iter().map(|(row, _)| row));
    let newest = every.map(|version| version.number).max();
    let mut next = newest.unwrap_or_default().next();
    fresh.sort_by_key(|(row, _)| (!is_deployed(row), row.created_ms, row.number));
    for (row, _) in fresh.iter_mut() {
        if !taken.insert(row.number) {
            notes.push(format!(
                "{} is version {next} from now on, since the number {} is taken",
                row.folder, row.number
            ));
            row.number = next;
            next = next.next();
            taken.insert(row.number);
        }
    }
}

/// A version's folder, verified: bundle, checksum, golden rows; with what was recorded of it.
async fn read_version(
    env: &Env,
    number: VersionNumber,
    folder: &str,
) -> Result<(VersionRow, Option<ScoreRecord>), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let key = env.version_key(folder, "trainedmodel.json");
    let bytes = env.models.get(&key);
    let bytes = bytes.await.map_err(|error| said(&error))?;
    let bundle = bundle::decode(&bytes).map_err(|error| {
        let parts = [vec![error.to_string()], causes(&error)].concat();
        parts.join(": ")
    })?;
    let sha256 = Sha256::of(&bytes);
    let mut row = empty_row(env, number, folder);
    let recorded: Option<VersionRecord> = read(env, folder, FILE).await;
    match recorded.filter(|it| it.bundle_sha256 == sha256 && it.version == number) {
        Some(recorded) => {
            row.run = recorded.run;
            row.created_ms = recorded.created_ms;
            row.data_hash = Some(recorded.data_hash);
            row.config_hash = Some(recorded.config_hash);
            row.record = Some(recorded.record);
        }
        None => {
            let run = run_of(env, folder).await.map_err(|error| said(&error))?;
            let run = run.unwrap_or_else(|| row.run.clone());
            row.record = Some(record_of(&run).map_err(|error| error.to_string())?);
            row.run = run;
        }
    }
    let decision: Option<Decision> = read(env, folder, "decision.json").await;
    row.state = VersionState::Ready;
    row.verdict = decision.map(|decision| decision.verdict.into());
    row.bundle_sha256 = Some(sha256);
    row.model_hash = Some(bundle.model_hash());
    Ok((row, read(env, folder, "score.json").await))
}

async fn read<T: DeserializeOwned>(env: &Env, folder: &str, file: &str) -> Option<T> {
    let bytes = env.models.get(&env.version_key(folder, file)).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A row of which only number and folder are known. Its run has a made-up id of the right form.
fn empty_row(env: &Env, number: VersionNumber, folder: &str) -> VersionRow {
    let stamp = stamp_in(folder);
    let at = NaiveDateTime::parse_from_str(stamp, "%Y%m%dT%H%M%SZ");
    VersionRow {
        model: env.config.name.clone(),
        number,
        run: RunId::new(format!("{stamp}-000{:07x}", number.get() & 0x0fff_ffff)),
        state: VersionState::Abandoned,
        folder: folder.to_string(),
        bundle_sha256: None,
        model_hash: None,
        data_hash: None,
        config_hash: None,
        verdict: None,
        created_ms: at.map_or(0, |at| at.and_utc().timestamp_millis()),
        record: None,
    }
}

/// Takes a version up with its scores, its data set and what was concluded.
async fn take(
    env: &Env,
    mut row: VersionRow,
    score: Option<ScoreRecord>,
    found: &mut Found,
) -> Result<(), Error> {
    let run = dataset_run(&row);
    let known = env.registry.dataset(&env.config.name, &run).await?;
    let is_taken = found.adoption.datasets.iter().any(|it| it.run == run);
    let dataset = match data_files(env).await?.remove(&run) {
        Some(name) if known.is_none() && !is_taken => read_dataset(env, &run, &name, &row).await,
        _ => None,
    };
    if let Some((dataset, in_row)) = &dataset {
        row.data_hash.get_or_insert(dataset.data_hash.clone());
        let files = dataset.record.seen().into_iter();
        let files = files.map(|file| (run.clone(), file));
        found.adoption.files.extend(files);
        found.adoption.datasets.push(in_row.clone());
    }
    if let Some(score) = score {
        let sides = [Some(&score.challenger), score.champion.as_ref()];
        for side in sides.into_iter().flatten() {
            let version = if side.bundle_sha256 == *row.bundle_sha256.as_deref().unwrap_or("") {
                row.number
            } else {
                side.version
            };
            let mut record = json!(side);
            record["version"] = json!(version);
            found.adoption.scores.push((
                row.run.clone(),
                ScoreRow {
                    version,
                    rows_hash: score.rows_hash.clone(),
                    at_ms: row.created_ms,
                    record,
                },
            ));
        }
    }
    if let (Some(verdict), Some(data_hash), Some(config_hash)) =
        (row.verdict, &row.data_hash, &row.config_hash)
    {
        found.adoption.conclusions.push(PastConclusion {
            data_hash: data_hash.clone(),
            config_hash: config_hash.clone(),
            // Not known, so the next run scores the champion on the test rows of then.
            test_hash: String::new(),
            verdict,
            version: Some(row.number),
            run: row.run.clone(),
            rows: dataset
                .as_ref()
                .map(|(dataset, _)| ingest::row_set(dataset)),
        });
    }
    found.adoption.versions.push(row);
    Ok(())
}

/// What is recorded of a version of which only the run is known whose data set it was trained on.
fn record_of(run: &RunId) -> Result<Value, Error> {
    let record = TrainingRecord {
        dataset_run: Some(run.clone()),
        ..TrainingRecord::default()
    };
    record.to_value()
}
