//! report: plots, page and card of a version, from what is stored of it.

mod facts;
mod lines;
mod ranking;

use self::facts::{data_facts, origin_facts, params};
use self::lines::{calibration, lines, pairs};
use super::error::{Error, fault};
use super::scores::{ScoreRecord, SideScore};
use super::subject::Subject;
use super::trained::{TrainingRecord, dataset_run};
use super::{DatasetRecord, Env, versions};
use crate::bundle::{Bundle, Entry};
use crate::clock::rfc3339;
use crate::evaluate::{Metric, curves};
use crate::explain;
use crate::registry::VersionRow;
use crate::report::{
    self, Candidate, Coefficient, HistoryPoint, Importance, ReportInput, ScoredModel,
};

/// The file that is written last: where it is, the whole report is.
pub const LAST_FILE: &str = "report.html";

/// Draws and writes everything; returns the names of the files below the version's folder.
///
/// # Errors
/// When a file cannot be written.
pub async fn report(env: &Env, subject: &Subject<'_>) -> Result<(Vec<String>, String), Error> {
    let input = input(env, subject).await?;
    let plots = report::plots(&input)?;
    let borrowed: Vec<(&str, &[u8])> = plots
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect();
    let page = report::html(&input, &borrowed).into_bytes();
    let card = report::card(&input).into_bytes();
    let mut files: Vec<(String, Vec<u8>)> = plots
        .into_iter()
        .map(|(name, bytes)| (name.to_string(), bytes))
        .collect();
    files.push(("model_card.md".to_string(), card));
    files.push((LAST_FILE.to_string(), page));
    let mut names = Vec::new();
    for (name, bytes) in files {
        env.models
            .put(&env.version_key(&subject.version.folder, &name), bytes)
            .await?;
        names.push(name);
    }
    fault("report.published")?;
    let summary = format!(
        "{} files in {}",
        names.len(),
        env.shown(&subject.version.folder, "")
    );
    Ok((names, summary))
}

/// A report of a stored version.
///
/// # Errors
/// When the registry cannot be reached or a file cannot be read.
pub async fn report_stored(
    env: &Env,
    version: &VersionRow,
) -> Result<(Vec<String>, String), Error> {
    let bundle = versions::load_bundle(env, version.number).await?.bundle;
    let scored = versions::read_scored(env, version).await?;
    let decision = versions::read_decision(env, version).await.ok();
    let record = TrainingRecord::of(version);
    let dataset_run = dataset_run(version);
    let dataset = match env.registry.dataset(&env.config.name, &dataset_run).await? {
        Some(row) => serde_json::from_value(row.record).unwrap_or_default(),
        None => DatasetRecord::default(),
    };
    let subject = Subject {
        version,
        bundle: &bundle,
        scored: &scored,
        decision: decision.as_ref(),
        dataset: &dataset,
        notes: &record.notes,
        findings: &record.checks.unwrap_or_default(),
        timings: &[],
    };
    report(env, &subject).await
}

async fn input(env: &Env, subject: &Subject<'_>) -> Result<ReportInput, Error> {
    let (record, bundle) = (&subject.scored.record, subject.bundle);
    let learner = &bundle.learner;
    Ok(ReportInput {
        model: env.config.name.clone(),
        version: subject.version.number.get() as u64,
        run: subject.version.run.to_string(),
        created: rfc3339(subject.version.created_ms),
        learner: bundle.learner_name().to_string(),
        params: match &bundle.imported {
            Some(origin) => origin_facts(origin),
            None => params(learner),
        },
        target: bundle.target.clone(),
        task: bundle.task(),
        classes: record.classes.clone(),
        positive: bundle.positive().map(str::to_string),
        threshold: bundle.is_binary().then_some(bundle.threshold),
        decided_by: super::decision::words(bundle),
        calibrated: record.calibration.map(|it| it.says()),
        metric: record.metric,
        challenger: side(&record.challenger),
        champion: record.champion.as_ref().map(side),
        decision: subject.decision.cloned(),
        roc: lines(subject.scored, curves::roc, |scores| scores.roc_auc),
        precision_recall: lines(subject.scored, curves::precision_recall, |scores| {
            scores.pr_auc
        }),
        calibration: calibration(subject.scored),
        numbers: pairs(subject.scored),
        coefficients: coefficients(bundle),
        importance: importance(record),
        ranking: record.ranking.as_ref().map(ranking::facts),
        history: history(env, record).await?,
        leaderboard: candidates(bundle),
        findings: subject
            .findings
            .iter()
            .chain(&record.findings)
            .cloned()
            .collect(),
        data: data_facts(subject),
        timings_ms: subject
            .timings
            .iter()
            .map(|(stage, ms)| (stage.name().to_string(), *ms))
            .collect(),
        program_version: env!("CARGO_PKG_VERSION").to_string(),
        seed: bundle.seed,
    })
}

fn candidates(bundle: &Bundle) -> Vec<Candidate> {
    let entries = bundle.leaderboard.iter();
    let candidate = |entry: &Entry| Candidate {
        name: entry.name.clone(),
        score: entry.score,
        deviation: entry.deviation,
        rows: entry.rows,
        fits: entry.fits,
        failure: entry.failure.clone(),
        behind: entry.behind,
    };
    entries.map(candidate).collect()
}

fn side(side: &SideScore) -> ScoredModel {
    ScoredModel {
        version: side.version.get() as u64,
        scores: side.scores.clone(),
        intervals: side.intervals.clone(),
    }
}

fn coefficients(bundle: &Bundle) -> Vec<Coefficient> {
    let found = explain::coefficients(bundle).into_iter();
    found
        .map(|one| Coefficient {
            feature: one.feature,
            class: one.class,
            weight: one.weight,
            original: Some(one.original),
        })
        .collect()
}

fn importance(record: &ScoreRecord) -> Option<Importance> {
    let found = record.importance.as_ref()?;
    let columns = found.columns.iter();
    Some(Importance {
        rows: found.rows,
        repeats: found.repeats,
        left_out: found.left_out,
        columns: columns
            .map(|it| (it.column.clone(), it.mean, it.deviation))
            .collect(),
    })
}

/// The newest score of each version of the model.
async fn history(env: &Env, record: &ScoreRecord) -> Result<Vec<HistoryPoint>, Error> {
    let model = &env.config.name;
    let champion = env
        .registry
        .champion(model)
        .await?
        .map(|champion| champion.version);
    let versions = env.registry.versions(model).await?;
    let mut points: Vec<HistoryPoint> = Vec::new();
    for score in env.registry.scores(model).await? {
        let Ok(side) = serde_json::from_value::<SideScore>(score.record) else {
            continue;
        };
        let interval = side
            .intervals
            .iter()
            .find(|interval| interval.metric == record.metric);
        let version = versions
            .iter()
            .find(|version| version.number == score.version);
        let point = HistoryPoint {
            version: score.version.get() as u64,
            value: side.scores.get(record.metric),
            low: interval.map(|found| found.interval.low),
            high: interval.map(|found| found.interval.high),
            verdict: version.and_then(|version| version.verdict),
            champion_now: Some(score.version) == champion,
            rows_hash: score.rows_hash,
        };
        match points.last_mut() {
            // Scores on the rows of this report are the ones to show; else the newest.
            Some(last) if last.version == point.version => {
                if last.rows_hash != record.rows_hash {
                    *last = point;
                }
            }
            _ => points.push(point),
        }
    }
    Ok(points)
}

/// The metric's value in a side's scores, for messages.
pub fn value_of(side: &SideScore, metric: Metric) -> Option<f64> {
    side.scores.get(metric)
}
