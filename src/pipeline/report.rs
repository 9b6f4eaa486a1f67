//! report: pictures, page and card of a version, from what is stored of it.

use super::score::{ScoreRecord, Scored, SideScore};
use super::{DatasetRecord, Env, Error, Stage, fault, versions};
use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::data::Kind;
use crate::evaluate::{Metric, Predictions, Scores, curves};
use crate::features::Step;
use crate::gate::Decision;
use crate::predictors::{Linear, Predictor};
use crate::registry::VersionRow;
use crate::report::{
    self, Calibration, Coefficient, ColumnFacts, Curve, DataFacts, FileFacts, HistoryPoint,
    Quarantined, ReportInput, ScoredModel,
};

/// The file that is written last: where it is, the whole report is.
pub const LAST_FILE: &str = "report.html";
/// Bins of the calibration picture.
const CALIBRATION_BINS: usize = 10;

/// What a report is written of.
pub struct Subject<'a> {
    /// The version.
    pub version: &'a VersionRow,
    /// Its bundle.
    pub bundle: &'a Bundle,
    /// Its scoring.
    pub scored: &'a Scored,
    /// The gate's decision, if there was one.
    pub decision: Option<&'a Decision>,
    /// How its data set was made.
    pub dataset: &'a DatasetRecord,
    /// What training noted.
    pub notes: &'a [String],
    /// How long each stage took.
    pub timings: &'a [(Stage, f64)],
}

/// Draws and writes everything; returns the names of the files below the version's folder.
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
pub async fn report_stored(
    env: &Env,
    version: &VersionRow,
) -> Result<(Vec<String>, String), Error> {
    let (_, _, bundle) = versions::load_bundle(env, version.number).await?;
    let scored = versions::read_scored(env, version).await?;
    let decision = versions::read_decision(env, version).await.ok();
    let record = version.record.clone().unwrap_or_default();
    let dataset_run = versions::dataset_run(version);
    let dataset = match env.registry.dataset(&env.config.name, dataset_run).await? {
        Some(row) => serde_json::from_value(row.record).unwrap_or_default(),
        None => DatasetRecord::default(),
    };
    let notes: Vec<String> = serde_json::from_value(record["notes"].clone()).unwrap_or_default();
    let subject = Subject {
        version,
        bundle: &bundle,
        scored: &scored,
        decision: decision.as_ref(),
        dataset: &dataset,
        notes: &notes,
        timings: &[],
    };
    report(env, &subject).await
}

async fn input(env: &Env, subject: &Subject<'_>) -> Result<ReportInput, Error> {
    let (record, bundle) = (&subject.scored.record, subject.bundle);
    let learner = &bundle.learner;
    Ok(ReportInput {
        model: env.config.name.clone(),
        version: subject.version.number as u64,
        run: subject.version.run.clone(),
        created: rfc3339(subject.version.created_ms),
        learner: "logistic".to_string(),
        params: vec![
            ("C".to_string(), learner.c.to_string()),
            (
                "max_iterations".to_string(),
                learner.max_iterations.to_string(),
            ),
            (
                "tune_threshold".to_string(),
                learner.tune_threshold.to_string(),
            ),
        ],
        target: bundle.target.clone(),
        classes: record.classes.clone(),
        positive: bundle.positive().map(str::to_string),
        threshold: bundle.is_binary().then_some(bundle.threshold),
        metric: record.metric,
        challenger: side(&record.challenger),
        champion: record.champion.as_ref().map(side),
        decision: subject.decision.cloned(),
        roc: lines(subject.scored, curves::roc, |scores| scores.roc_auc),
        precision_recall: lines(subject.scored, curves::precision_recall, |scores| {
            scores.pr_auc
        }),
        calibration: calibration(subject.scored),
        coefficients: coefficients(bundle),
        history: history(env, record).await?,
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

fn side(side: &SideScore) -> ScoredModel {
    ScoredModel {
        version: side.version as u64,
        scores: side.scores.clone(),
        intervals: side.intervals.clone(),
    }
}

/// `(name, scores, predictions)` of the challenger and, if there is one, the champion.
fn sides(scored: &Scored) -> Vec<(String, &Scores, &Predictions)> {
    let record = &scored.record;
    let mut sides = vec![(
        format!("challenger v{}", record.challenger.version),
        &record.challenger.scores,
        &scored.challenger,
    )];
    if let (Some(side), Some(predictions)) = (&record.champion, &scored.champion) {
        sides.push((
            format!("champion v{}", side.version),
            &side.scores,
            predictions,
        ));
    }
    sides
}

/// One curve per side for two classes; one per class of the challenger for more.
fn lines(
    scored: &Scored,
    curve: impl Fn(&[u32], &[f64]) -> Vec<(f64, f64)>,
    area: impl Fn(&Scores) -> Option<f64>,
) -> Vec<Curve> {
    let classes = &scored.record.classes;
    if classes.len() == 2 {
        let line = |(name, scores, predictions): (String, &Scores, &Predictions)| Curve {
            name,
            points: curve(&scored.truth, &predictions.probabilities),
            area: area(scores),
        };
        return sides(scored).into_iter().map(line).collect();
    }
    classes
        .iter()
        .enumerate()
        .map(|(at, class)| {
            let (truth, probabilities) = one_against_rest(&scored.truth, &scored.challenger, at);
            Curve {
                name: class.clone(),
                points: curve(&truth, &probabilities),
                area: None,
            }
        })
        .collect()
}

fn one_against_rest(
    truth: &[u32],
    predictions: &Predictions,
    class: usize,
) -> (Vec<u32>, Vec<f64>) {
    let truth = truth
        .iter()
        .map(|&label| u32::from(label as usize == class))
        .collect();
    let probabilities = (0..predictions.len())
        .map(|row| predictions.probability(row, class))
        .collect();
    (truth, probabilities)
}

fn calibration(scored: &Scored) -> Vec<Calibration> {
    let line = |name: String, truth: &[u32], probabilities: &[f64]| Calibration {
        name,
        points: curves::calibration(truth, probabilities, CALIBRATION_BINS)
            .into_iter()
            .map(|bin| (bin.mean_predicted, bin.observed, bin.rows))
            .collect(),
    };
    if scored.record.classes.len() == 2 {
        let of_side = |(name, _, predictions): (String, &Scores, &Predictions)| {
            line(name, &scored.truth, &predictions.probabilities)
        };
        return sides(scored).into_iter().map(of_side).collect();
    }
    let of_class = |(at, class): (usize, &String)| {
        let (truth, probabilities) = one_against_rest(&scored.truth, &scored.challenger, at);
        line(class.clone(), &truth, &probabilities)
    };
    scored
        .record
        .classes
        .iter()
        .enumerate()
        .map(of_class)
        .collect()
}

fn coefficients(bundle: &Bundle) -> Vec<Coefficient> {
    let Predictor::Linear(linear) = &bundle.predictor;
    let names = bundle.transformer.feature_names();
    let scales: Vec<Option<f64>> = bundle
        .transformer
        .inputs
        .iter()
        .flat_map(|input| match &input.step {
            Step::Scale { scale, .. } => vec![Some(*scale)],
            Step::OneHot { categories } => vec![None; categories.len() + 2],
        })
        .collect();
    (0..linear.n_outputs())
        .flat_map(|output| of_output(bundle, linear, output, &names, &scales))
        .collect()
}

fn of_output(
    bundle: &Bundle,
    linear: &Linear,
    output: usize,
    names: &[String],
    scales: &[Option<f64>],
) -> Vec<Coefficient> {
    let class = (linear.n_outputs() > 1).then(|| bundle.classes[output].clone());
    let weights = linear.weights_of(output).iter().zip(names).zip(scales);
    weights
        .filter(|((weight, _), _)| **weight != 0.0)
        .map(|((weight, name), scale)| Coefficient {
            feature: name.clone(),
            class: class.clone(),
            weight: *weight,
            original: Some(scale.map_or(*weight, |scale| weight / scale)),
        })
        .collect()
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
            version: score.version as u64,
            value: side.scores.get(record.metric),
            low: interval.map(|found| found.interval.low),
            high: interval.map(|found| found.interval.high),
            verdict: version.and_then(|version| version.verdict.clone()),
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

fn data_facts(subject: &Subject<'_>) -> DataFacts {
    let (dataset, bundle, record) = (subject.dataset, subject.bundle, &subject.scored.record);
    let mut notes = subject.notes.to_vec();
    notes.extend(record.notes.iter().chain(&dataset.notes).cloned());
    DataFacts {
        files: dataset
            .files
            .iter()
            .map(|file| FileFacts {
                name: file.path.clone(),
                sha256: file.sha256.clone(),
                rows: file.rows,
            })
            .collect(),
        rows_read: dataset.rows_read,
        duplicates: dataset.duplicates,
        rows_used: dataset.rows,
        train_rows: bundle.data.train_rows,
        validation_rows: bundle.data.validation_rows,
        test_rows: record.rows,
        data_fingerprint: bundle.data.rows_hash.clone(),
        config_fingerprint: bundle.data.config_hash.clone(),
        test_rows_hash: record.rows_hash.clone(),
        quarantined: dataset
            .quarantined
            .iter()
            .map(|file| Quarantined {
                file: file.path.clone(),
                line: file.line,
                reason: file.reason.clone(),
            })
            .collect(),
        columns: columns(bundle),
        dropped_columns: bundle
            .dropped
            .iter()
            .map(|d| (d.column.clone(), d.reason.clone()))
            .collect(),
        notes,
    }
}

fn columns(bundle: &Bundle) -> Vec<ColumnFacts> {
    let note = |name: &str| {
        if name == bundle.target {
            return "target".to_string();
        }
        match bundle
            .transformer
            .inputs
            .iter()
            .find(|input| input.name == name)
        {
            Some(input) => match &input.step {
                Step::Scale { .. } => "scaled; missing becomes the mean".to_string(),
                Step::OneHot { categories } => format!("one-hot, {} categories", categories.len()),
            },
            None => "not learned from".to_string(),
        }
    };
    bundle
        .profile
        .iter()
        .map(|column| ColumnFacts {
            name: column.name.clone(),
            kind: kind_name(column.kind).to_string(),
            missing_share: column.missing as f64 / column.rows.max(1) as f64,
            mean: column.mean,
            std: column.std,
            min: column.min,
            max: column.max,
            distinct: Some(column.distinct),
            note: note(&column.name),
        })
        .collect()
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::Text => "text",
    }
}

/// The metric's value in a side's scores, for messages.
pub fn value_of(side: &SideScore, metric: Metric) -> Option<f64> {
    side.scores.get(metric)
}
