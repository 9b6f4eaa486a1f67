//! `evidence`: everything that a version rests on, in one signed file; and whether such a file is sound.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::diagnose;
use crate::overview::{
    EvidenceError, EvidenceKey, EvidenceReport, PublicKey, make_evidence, verify_evidence,
};
use crate::pipeline;

/// Where the key is looked for when no file is given.
const VARIABLE: &str = "UNSEAT_EVIDENCE_KEY";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct EvidenceArgs {
    #[command(subcommand)]
    command: Option<EvidenceCommand>,
    /// Version: a number, `latest` or `champion`
    #[arg(value_name = "VERSION", default_value = "champion")]
    version: String,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// File with the private key that signs (ed25519, PEM); otherwise the variable UNSEAT_EVIDENCE_KEY holds it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum EvidenceCommand {
    /// Say whether a file is what was signed, and whether the gate decides the same again; needs no project
    Verify {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// File with the public key that has to have signed it (PEM)
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
    },
}

pub async fn evidence(global: &Global, args: &EvidenceArgs) -> Result<u8, Failure> {
    if let Some(EvidenceCommand::Verify { file, public_key }) = &args.command {
        return verify(global, file, public_key.as_deref());
    }
    let Some(path) = &args.output else {
        let error = Failure::usage("say where the evidence is to be written".to_string());
        return Err(error.hint("add `-o FILE`"));
    };
    let key = key_of(args.key.as_deref())?;
    let env = context::open(global, &[]).await?;
    let version = pipeline::pick_version(&env, &args.version).await?;
    let dependencies = diagnose::dependencies().iter();
    let dependencies: Vec<(String, String)> = dependencies
        .map(|it| (it.name.clone(), it.version.clone()))
        .collect();
    let made = make_evidence(&env, &version, &key, &dependencies).await;
    env.registry.close().await;
    let bytes = made.and_then(|file| file.to_bytes()).map_err(failed)?;
    std::fs::write(path, &bytes).map_err(|error| disk("write", path, error))?;
    let report = verify_evidence(&bytes, None).map_err(failed)?;
    if global.json {
        output::line(&report);
    } else {
        output::say(&format!(
            "wrote {} files of version {} to {}, signed by {}",
            report.manifest.files.len(),
            version.number,
            path.display(),
            report.signed_by
        ));
        for note in &report.manifest.notes {
            output::talk(&format!("note: {note}"));
        }
    }
    Ok(failure::DONE)
}

fn verify(global: &Global, path: &Path, public_key: Option<&Path>) -> Result<u8, Failure> {
    let trusted = match public_key {
        Some(path) => Some(PublicKey::of_text(&text_of(path)?).map_err(failed)?),
        None => None,
    };
    let bytes = std::fs::read(path).map_err(|error| disk("read", path, error))?;
    let report = verify_evidence(&bytes, trusted).map_err(failed)?;
    if global.json {
        output::line(&report);
    } else {
        say(&report);
    }
    Ok(if report.ok {
        failure::DONE
    } else {
        failure::FAILED
    })
}

fn say(report: &EvidenceReport) {
    let manifest = &report.manifest;
    let verdict = manifest.verdict.as_deref().unwrap_or("not decided on");
    output::say(&format!(
        "{} version {}, made {}: {verdict}; signed by {}",
        output::plain(&manifest.model),
        manifest.version,
        output::plain(&manifest.created),
        report.signed_by
    ));
    let row = |what: &str, ok: Option<bool>, says: &str| {
        let word = match ok {
            Some(true) => "holds",
            Some(false) => "DOES NOT HOLD",
            None => "not known",
        };
        vec![what.to_string(), word.to_string(), output::plain(says)]
    };
    let checks = report.checks.iter();
    let rows: Vec<Vec<String>> = checks.map(|it| row(it.what, it.ok, &it.says)).collect();
    output::say(&output::table(&rows));
    for note in &manifest.notes {
        output::say(&format!("note: {}", output::plain(note)));
    }
    output::say(if report.ok {
        "the evidence is sound"
    } else {
        "the evidence is not sound"
    });
}

fn key_of(file: Option<&Path>) -> Result<EvidenceKey, Failure> {
    let text = match file {
        Some(path) => text_of(path)?,
        None => std::env::var(VARIABLE).map_err(|_| {
            let error = Failure::usage("find the key that signs the evidence".to_string());
            error.hint(format!(
                "make one with `openssl genpkey -algorithm ed25519 -out key.pem`, and give `--key key.pem` or its content in {VARIABLE}"
            ))
        })?,
    };
    EvidenceKey::of_text(&text).map_err(failed)
}

fn text_of(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| disk("read", path, error))
}

fn disk(action: &str, path: &Path, error: std::io::Error) -> Failure {
    let error = anyhow::Error::from(error).context(format!("{action} {}", path.display()));
    Failure::new(Kind::Store, error)
}

fn failed(error: EvidenceError) -> Failure {
    match error {
        EvidenceError::Project(error) => error.into(),
        EvidenceError::Key(_) => Failure::new(Kind::Usage, error.into()),
        EvidenceError::Form(_) => Failure::new(Kind::Data, error.into()),
        EvidenceError::Disk { .. } => Failure::new(Kind::Store, error.into()),
    }
}
