//! What goes in: the version's own files, its settings, and what the program was built from.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use serde_json::{Value, json};

use super::form::{EvidenceError, EvidenceFile, EvidencePart, Manifest};
use super::key::EvidenceKey;
use crate::clock::rfc3339;
use crate::data;
use crate::pipeline::{self, Env};
use crate::registry::VersionRow;

/// Files of a version's folder that are taken as they are, where they are there.
const AS_THEY_ARE: [&str; 14] = [
    "trainedmodel.json",
    "version.json",
    "score.json",
    "decision.json",
    "evidence.parquet",
    "outoffold.parquet",
    "model_card.md",
    "report.html",
    "calibration.png",
    "confusion_matrix.png",
    "history.png",
    "importance.png",
    "precision_recall.png",
    "roc.png",
];
/// Predictions of the test rows.
pub(super) const PREDICTIONS: &str = "predictions.parquet";
/// What is before the name of a column of groups in it.
const SLICE: &str = "slice_";

/// Everything that speaks for or against a version, signed. `dependencies`: name and version of every package that the
/// program was built from.
///
/// # Errors
/// When a file of the version cannot be read.
pub async fn make_evidence(
    env: &Env,
    version: &VersionRow,
    key: &EvidenceKey,
    dependencies: &[(String, String)],
) -> Result<EvidenceFile, EvidenceError> {
    let mut notes = Vec::new();
    let mut files = BTreeMap::new();
    for name in AS_THEY_ARE {
        if let Some(bytes) = stored(env, version, name).await? {
            files.insert(name.to_string(), bytes);
        }
    }
    // Loaded through its checksum: what is damaged is no evidence.
    pipeline::load_bundle(env, version.number).await?;
    if let Some(bytes) = predictions(env, version, &mut notes).await? {
        files.insert(PREDICTIONS.to_string(), bytes);
    }
    if version.config_hash.as_deref() == Some(&env.config.fingerprint()) {
        files.insert("settings.json".to_string(), written(&settings(env))?);
    } else {
        notes.push(
            "settings.json is left out: the settings were changed since; those of the learner are in trainedmodel.json, those of the gate in decision.json"
                .to_string(),
        );
    }
    files.insert("sbom.json".to_string(), written(&sbom(dependencies))?);
    let decision = pipeline::read_decision(env, version).await.ok();
    let score = pipeline::read_score(env, version).await.ok();
    if decision.is_none() {
        notes.push("no decision of the gate is stored of this version".to_string());
    }
    let manifest = Manifest {
        model: env.config.name.clone(),
        version: version.number,
        run: version.run.clone(),
        created: rfc3339(version.created_ms),
        written: rfc3339(env.clock.now_ms()),
        verdict: decision.map(|decision| decision.verdict.name().to_string()),
        champion: score
            .and_then(|score| score.champion)
            .map(|side| side.version),
        program: format!("unseat {}", env!("CARGO_PKG_VERSION")),
        notes,
        files: files
            .iter()
            .map(|(name, bytes)| EvidencePart::of(name, bytes))
            .collect(),
    };
    let manifest =
        serde_json::to_string(&manifest).map_err(|error| EvidenceError::Form(error.to_string()))?;
    Ok(EvidenceFile {
        signature: key.sign(manifest.as_bytes()),
        manifest,
        files,
    })
}

async fn stored(
    env: &Env,
    version: &VersionRow,
    name: &str,
) -> Result<Option<Vec<u8>>, EvidenceError> {
    let key = env.version_key(&version.folder, name);
    let read = async {
        if env.models.exists(&key).await? {
            env.models.get(&key).await.map(Some)
        } else {
            Ok(None)
        }
    };
    Ok(read.await.map_err(pipeline::Error::from)?)
}

/// The predictions without the groups of guarded slices, which are values of rows.
async fn predictions(
    env: &Env,
    version: &VersionRow,
    notes: &mut Vec<String>,
) -> Result<Option<Vec<u8>>, EvidenceError> {
    let Some(bytes) = stored(env, version, PREDICTIONS).await? else {
        return Ok(None);
    };
    let copy = on_disk(&bytes)?;
    let frame = data::read_parquet(copy.path()).map_err(pipeline::Error::from)?;
    let is_kept = |name: &str| !name.starts_with(SLICE);
    if frame.columns().iter().all(|it| is_kept(it.name())) {
        return Ok(Some(bytes));
    }
    notes.push(
        "the groups of `gate.slices` are left out of predictions.parquet: they are values of rows"
            .to_string(),
    );
    let columns = frame.columns().iter().filter(|it| is_kept(it.name()));
    let frame = DataFrame::new(frame.height(), columns.cloned().collect())
        .map_err(|source| pipeline::Error::Data(source.into()))?;
    let other = on_disk(&[])?;
    data::write_parquet(&frame, other.path()).map_err(pipeline::Error::from)?;
    let read = std::fs::read(other.path());
    read.map(Some).map_err(|source| EvidenceError::Disk {
        doing: "read the predictions",
        source,
    })
}

/// Bytes in a temporary file that is gone when it is dropped.
pub(super) fn on_disk(bytes: &[u8]) -> Result<tempfile::NamedTempFile, EvidenceError> {
    let made = || -> std::io::Result<tempfile::NamedTempFile> {
        let file = tempfile::Builder::new().suffix(".parquet").tempfile()?;
        std::fs::write(file.path(), bytes)?;
        Ok(file)
    };
    made().map_err(|source| EvidenceError::Disk {
        doing: "write a temporary file",
        source,
    })
}

fn written(value: &Value) -> Result<Vec<u8>, EvidenceError> {
    serde_json::to_vec_pretty(value).map_err(|error| EvidenceError::Form(error.to_string()))
}

/// The settings that can change what is trained or decided.
fn settings(env: &Env) -> Value {
    let config = &env.config;
    json!({
        "name": config.name,
        "target": config.target,
        "positive_class": config.positive_class,
        "drop": config.drop,
        "keys": config.keys,
        "time_column": config.time_column,
        "schema": config.schema,
        "derive": config.derive,
        "features": config.features,
        "learner": config.learner,
        "split": config.split,
        "metric": config.metric,
        "score": config.score,
        "gate": config.gate,
        "fingerprint": config.fingerprint(),
    })
}

/// What the program was built from, as CycloneDX 1.5.
fn sbom(dependencies: &[(String, String)]) -> Value {
    let component = |(name, version): &(String, String)| {
        json!({
            "type": "library",
            "name": name,
            "version": version,
            "purl": format!("pkg:cargo/{name}@{version}"),
        })
    };
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "unseat", "version": env!("CARGO_PKG_VERSION")}},
        "components": dependencies.iter().map(component).collect::<Vec<_>>(),
    })
}
