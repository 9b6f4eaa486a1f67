//! Whether a file of evidence is what was signed, whether the model in it answers, and whether the gate decides the same again.
//! Nothing but the file is needed.

use serde::Serialize;

use super::form::{EvidenceError, EvidenceFile, EvidencePart, Manifest};
use super::key::PublicKey;
use super::make::{PREDICTIONS, on_disk};
use crate::bundle;
use crate::data;
use crate::gate::Decision;
use crate::pipeline::{self, ScoreRecord};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceCheck {
    /// `signature`, `key`, `files`, `model`, `score` or `decision`.
    pub what: &'static str,
    /// Whether it holds; `None` where it cannot be decided.
    pub ok: Option<bool>,
    /// In words.
    pub says: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceReport {
    /// What is signed.
    pub manifest: Manifest,
    /// Fingerprint of the key that signed it.
    pub signed_by: String,
    /// Whether everything that can be decided holds.
    pub ok: bool,
    /// Each thing.
    pub checks: Vec<EvidenceCheck>,
}

/// Looks at everything in a file of evidence. `trusted`: the key that has to have signed it.
///
/// # Errors
/// When it is no such file. What does not hold is no error.
pub fn verify_evidence(
    bytes: &[u8],
    trusted: Option<PublicKey>,
) -> Result<EvidenceReport, EvidenceError> {
    let file = EvidenceFile::of_bytes(bytes)?;
    let manifest: Manifest = serde_json::from_str(&file.manifest)
        .map_err(|error| EvidenceError::Form(format!("its manifest cannot be read: {error}")))?;
    let key = PublicKey::of_text(&file.signature.public_key)?;
    let is_signed = key.has_signed(file.manifest.as_bytes(), &file.signature);
    let mut checks = vec![check(
        "signature",
        Some(is_signed),
        if is_signed {
            "the manifest is what was signed".to_string()
        } else {
            "the manifest is not what was signed: it was changed since, or another key signed it"
                .to_string()
        },
    )];
    checks.push(match trusted {
        Some(trusted) if trusted == key => check(
            "key",
            Some(true),
            "the key is the one that was named".to_string(),
        ),
        Some(_) => check(
            "key",
            Some(false),
            "another key than the one that was named signed it".to_string(),
        ),
        None => check(
            "key",
            None,
            "it is not known whose key it is: compare the fingerprint, or give `--public-key`"
                .to_string(),
        ),
    });
    checks.push(files(&file, &manifest));
    checks.push(model(&file));
    checks.push(score(&file));
    checks.push(decision(&file));
    Ok(EvidenceReport {
        ok: checks.iter().all(|it| it.ok != Some(false)),
        signed_by: key.fingerprint(),
        manifest,
        checks,
    })
}

fn check(what: &'static str, ok: Option<bool>, says: String) -> EvidenceCheck {
    EvidenceCheck { what, ok, says }
}

/// Every file that the manifest names, and none besides.
fn files(file: &EvidenceFile, manifest: &Manifest) -> EvidenceCheck {
    let mut wrong: Vec<String> = Vec::new();
    for packed in &manifest.files {
        match file.files.get(&packed.name) {
            None => wrong.push(format!("{} is missing", packed.name)),
            Some(bytes) if EvidencePart::of(&packed.name, bytes) != *packed => {
                wrong.push(format!("{} was changed", packed.name));
            }
            Some(_) => {}
        }
    }
    let is_named = |name: &String| manifest.files.iter().any(|it| it.name == *name);
    let more = file.files.keys().filter(|name| !is_named(name));
    wrong.extend(more.map(|name| format!("{name} is not in the manifest")));
    if wrong.is_empty() {
        let n = manifest.files.len();
        check(
            "files",
            Some(true),
            format!("all {n} files are those of the manifest"),
        )
    } else {
        check("files", Some(false), wrong.join("; "))
    }
}

/// Whether the model loads from its bytes and answers its golden rows.
fn model(file: &EvidenceFile) -> EvidenceCheck {
    let Some(bytes) = file.files.get("trainedmodel.json") else {
        return check(
            "model",
            Some(false),
            "there is no trainedmodel.json".to_string(),
        );
    };
    match bundle::decode(bytes) {
        Ok(_) => check(
            "model",
            Some(true),
            "the model loads and answers its golden rows to the bit".to_string(),
        ),
        Err(error) => check(
            "model",
            Some(false),
            format!("the model cannot be used: {error}"),
        ),
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &EvidenceFile, name: &str) -> Option<T> {
    let bytes = file.files.get(name)?;
    serde_json::from_slice(bytes).ok()
}

/// Whether the scores are of this very model.
fn score(file: &EvidenceFile) -> EvidenceCheck {
    let record: Option<ScoreRecord> = read(file, "score.json");
    let (Some(record), Some(bytes)) = (record, file.files.get("trainedmodel.json")) else {
        return check("score", None, "there are no scores".to_string());
    };
    let of_model = EvidencePart::of("", bytes).sha256;
    if record.challenger.bundle_sha256 == of_model {
        check(
            "score",
            Some(true),
            "the scores are of this very model".to_string(),
        )
    } else {
        check(
            "score",
            Some(false),
            "the scores are of another model".to_string(),
        )
    }
}

/// Whether the gate, run again with the stored predictions, comes to the same.
fn decision(file: &EvidenceFile) -> EvidenceCheck {
    let decision: Option<Decision> = read(file, "decision.json");
    let Some(decision) = decision else {
        return check("decision", None, "there is no decision".to_string());
    };
    if !decision.policy.slices.is_empty() {
        let why = "cannot be taken again: the groups of `gate.slices` are not in the file";
        return check("decision", None, why.to_string());
    }
    match again(file, &decision) {
        Err(error) => check(
            "decision",
            Some(false),
            format!("cannot be taken again: {error}"),
        ),
        Ok(None) => check(
            "decision",
            None,
            "cannot be taken again: scores or predictions are missing".to_string(),
        ),
        Ok(Some(now)) => {
            let of = |it: &Decision| {
                let rules = it
                    .rules
                    .iter()
                    .map(|rule| (rule.name.clone(), rule.outcome));
                (it.verdict, rules.collect::<Vec<_>>())
            };
            let verdict = decision.verdict.name();
            if of(&now) == of(&decision) {
                let says = format!("the gate decides the same again, rule by rule: {verdict}");
                check("decision", Some(true), says)
            } else {
                let says = format!(
                    "it says {verdict}, and the gate now says {}",
                    now.verdict.name()
                );
                check("decision", Some(false), says)
            }
        }
    }
}

fn again(file: &EvidenceFile, decision: &Decision) -> Result<Option<Decision>, EvidenceError> {
    let record: Option<ScoreRecord> = read(file, "score.json");
    let (Some(record), Some(predictions)) = (record, file.files.get(PREDICTIONS)) else {
        return Ok(None);
    };
    let frame = |bytes: &[u8]| -> Result<_, EvidenceError> {
        let copy = on_disk(bytes)?;
        Ok(data::read_parquet(copy.path()).map_err(pipeline::Error::from)?)
    };
    let predictions = frame(predictions)?;
    let beyond = file.files.get("evidence.parquet");
    let beyond = beyond.map(|bytes| frame(bytes)).transpose()?;
    let now = pipeline::decided_again(decision, record, &predictions, beyond.as_ref())?;
    Ok(Some(now))
}
