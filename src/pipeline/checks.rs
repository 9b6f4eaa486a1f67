//! The checks of a run: their inputs, their reports, and where they end it.

use polars::prelude::DataFrame;

use super::dataset::Dataset;
use super::error::Error;
use super::labels::target_of;
use super::loaded_version::LoadedVersion;
use super::target::{Target, read_target};
use super::trained::TrainingRecord;
use super::{Env, Event, target_cells, versions};
use crate::bundle::Bundle;
use crate::checks::{
    Categories, Check, Finding, Inputs, TestInputs, look, look_at_test, of_files, worst_first,
};
use crate::config::Severity;
use crate::data::Remark;
use crate::model_types::VersionNumber;
use crate::registry::VersionRow;

/// Looks at a data set before a version is trained on it.
///
/// # Errors
/// [`Error::Blocked`] with every finding that the settings let block.
pub fn before_training(
    env: &Env,
    dataset: &Dataset,
    champion: Option<&LoadedVersion>,
) -> Result<Vec<Finding>, Error> {
    let config = &env.config;
    let target = target_of(config, &dataset.frame)?;
    let wanted = read_target(config, &dataset.frame, &target);
    let is_class = !matches!(wanted, Ok(Target::Numbers(_)));
    let of_target = target_cells::findings(env, dataset, &target, is_class)?;
    let wanted = wanted.map_err(|error| with_cause(error, &of_target))?;
    let excluded = config.excluded(&target);
    let bundle = champion.map(|champion| &champion.bundle);
    let known = bundle.map_or_else(Vec::new, categories);
    let seen = bundle.map_or_else(Vec::new, |bundle| {
        let rules = bundle.rules.iter().cloned();
        rules.filter(|rule| rule.on_violation.is_none()).collect()
    });
    let mut findings = of_files(&dataset.record.remarks, &config.checks);
    // The run reported these when it read the files.
    told_to_block(&findings, "train on the data set")?;
    // What the target's own check says better is not said twice.
    let is_told = of_target.iter().any(|it| it.check == Check::TargetKinds);
    let is_same =
        |it: &Finding| it.check == Check::FileCells && it.column.as_ref() == Some(&target);
    findings.retain(|it| !(is_told && is_same(it)));
    let n_told = findings.len();
    findings.extend(of_target);
    findings.extend(look(&Inputs {
        frame: &dataset.frame,
        profile: &dataset.profile,
        excluded: &excluded,
        target: wanted.checked(),
        champion: &known,
        rules: &seen,
        rejected: (dataset.record.rows_read, dataset.record.rows_rejected),
        settings: &config.checks,
        seed: config.split.seed,
    })?);
    tell(
        env,
        &worst_first(findings[n_told..].to_vec()),
        "train on the data set",
    )?;
    Ok(worst_first(findings))
}

/// A target that cannot be learned, with what was found of its labels said first: it is usually why.
fn with_cause(error: Error, findings: &[Finding]) -> Error {
    match (error, findings) {
        (error, []) => error,
        (Error::Target { target, why }, findings) => {
            let found: Vec<&str> = findings.iter().map(|it| it.says.as_str()).collect();
            let why = format!("{why}. {}", found.join("; "));
            Error::Target { target, why }
        }
        (error, _) => error,
    }
}

/// Looks at the test rows before a verdict is built on them.
///
/// # Errors
/// [`Error::Blocked`] with every finding that the settings let block.
pub fn of_test_rows(
    env: &Env,
    frame: &DataFrame,
    labels: &[(String, u64)],
    remarks: &[Remark],
    overlap: u64,
    bundle: &Bundle,
) -> Result<Vec<Finding>, Error> {
    let findings = look_at_test(&TestInputs {
        frame,
        overlap,
        labels,
        classes: &bundle.classes,
        target: &bundle.target,
        remarks,
        known: &categories(bundle),
        settings: &env.config.checks,
        seed: env.config.split.seed,
    })?;
    tell(env, &findings, "judge the version by the test data")?;
    Ok(findings)
}

/// Reports the findings, and ends the run where one blocks.
fn tell(env: &Env, findings: &[Finding], action: &'static str) -> Result<(), Error> {
    let says = |severity: Severity| {
        let of = findings.iter().filter(move |it| it.severity == severity);
        of.map(|finding| format!("check `{}`: {}", finding.check.name(), finding.says))
    };
    says(Severity::Warn).for_each(|line| env.tell(Event::Warning(line)));
    told_to_block(findings, action)
}

/// Ends the run where a finding blocks.
fn told_to_block(findings: &[Finding], action: &'static str) -> Result<(), Error> {
    let blocks = findings.iter().filter(|it| it.severity == Severity::Block);
    let found: Vec<String> = blocks
        .map(|finding| format!("check `{}`: {}", finding.check.name(), finding.says))
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(Error::Blocked { action, found })
    }
}

/// The texts that a bundle knows, of the columns of which it knows all: where rare ones share a bucket, a text outside
/// the list is nothing new.
fn categories(bundle: &Bundle) -> Vec<Categories> {
    let inputs = bundle.transformer.inputs.iter();
    inputs
        .filter_map(|input| {
            let categories = input.step.categories()?;
            let profile = bundle.profile.iter().find(|it| it.name == input.name)?;
            let is_whole = profile.distinct <= categories.len() as u64;
            is_whole.then(|| Categories {
                column: input.name.clone(),
                texts: categories.iter().cloned().collect(),
            })
        })
        .collect()
}

/// Everything that the checks found of the newest version, the test rows included: its number and the findings; `None`
/// without a version.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn findings_of(env: &Env) -> Result<Option<(VersionNumber, Vec<Finding>)>, Error> {
    let versions = env.registry.versions(&env.config.name).await?;
    let is_ready = |version: &&VersionRow| version.state == crate::registry::VersionState::Ready;
    let Some(version) = versions.iter().find(is_ready) else {
        return Ok(None);
    };
    let mut findings = TrainingRecord::of(version).checks.unwrap_or_default();
    // A version that was trained by hand may have no score yet.
    if let Ok(score) = versions::read_score(env, version).await {
        findings.extend(score.findings);
    }
    Ok(Some((version.number, findings)))
}
