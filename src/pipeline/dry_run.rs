//! What a run would do, found out by reading and hashing the files alone: nothing is trained, recorded or locked.

use serde::Serialize;

use super::error::Error;
use super::fresh::TestData;
use super::labelled_rows::Input;
use super::preview::preview;
use super::{Env, ingest};
use crate::config::Approval;
use crate::text::counted;

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The model.
    pub model: String,
    /// `train`, `nothing_new`, `rescore` or `fail`.
    pub would: &'static str,
    /// The same in a sentence.
    pub says: String,
    /// Input files.
    pub files: usize,
    /// Those whose content no run has taken in yet.
    pub new_files: Vec<String>,
    /// Files of the test data.
    pub test_files: usize,
    /// Notes that do not stop it.
    pub notes: Vec<String>,
    /// What it would fail for.
    pub problems: Vec<String>,
}

/// Looks at a model's files as a run would.
///
/// # Errors
/// When a folder cannot be read or the registry cannot be reached.
pub async fn dry_run(env: &Env, force: bool) -> Result<Planned, Error> {
    let config = &env.config;
    let input = super::input_scan::look_at_input(config).await?;
    let test = super::input_scan::look(&config.test_folder).await?;
    let test = TestData::of(env, test).await?;
    let seen = env.registry.seen_files(&config.name).await?;
    let input = Input::of(env, input).await?;
    let data_hash = ingest::data_hash(config, &input, &seen);
    let input = input.scan;
    let past = env
        .registry
        .past_conclusion(&config.name, &data_hash, &config.fingerprint())
        .await?;
    let new_files: Vec<String> = input
        .files
        .iter()
        .filter(|file| !seen.iter().any(|seen| seen.sha256 == file.sha256))
        .map(|file| file.path.clone())
        .collect();
    let found = preview(config);
    let gate = &config.gate;
    let then = match gate.approval {
        Approval::Automatic => "promote it if it is good enough",
        Approval::Manual => "let it wait for approval if it is good enough",
    };
    let (would, says) = match &past {
        _ if !found.problems.is_empty() => ("fail", "a run would fail".to_string()),
        _ if input.files.is_empty() => ("nothing_new", "there is no file to train on".to_string()),
        Some(past) if !force && past.test_hash == test.hash() => (
            "nothing_new",
            format!(
                "nothing new: run {} ended with `{}` on the same data and settings",
                past.run, past.verdict
            ),
        ),
        Some(past) if !force => (
            "rescore",
            format!(
                "only the test data is another one since run {}: the champion would be scored again",
                past.run
            ),
        ),
        _ => (
            "train",
            format!(
                "a run would read {} ({} new), train with `{}`, score on {} of test data, compare by `{}`, and {then}; rows that a run has judged before are no news, which only reading them shows",
                counted(input.files.len() as u64, "file"),
                new_files.len(),
                config.learner.kind.name(),
                counted(test.scan.files.len() as u64, "file"),
                gate.require.name()
            ),
        ),
    };
    Ok(Planned {
        model: config.name.clone(),
        would,
        says,
        files: input.files.len(),
        new_files,
        test_files: test.scan.files.len(),
        notes: found.notes,
        problems: found.problems,
    })
}
