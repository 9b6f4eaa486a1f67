//! How good the answers were: by the labels that came, and estimated where none came yet.

use std::collections::BTreeMap;

use serde::Serialize;

use super::scores::{ScoreBin, kept_of, score_bins};
use super::weeks::{LiveWeek, first_of, weeks};
use crate::clock::rfc3339;
use crate::evaluate::{Interval, Metric, Predictions, Truth};
use crate::gate::two_keys::{Side, estimate_alone};
use crate::live::ranking::First;
use crate::live::{Coverage, Effective, Form, Labelled, Quality, Stated, effective, quality};
use crate::model_types::VersionNumber;
use crate::pipeline::{Env, Error, versions};

/// Most answers that are judged at once; beyond, the newest.
const MOST_ANSWERS: i64 = 200_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// By how much π̂ may be off, all in one direction.
const STRUCTURE: f64 = 0.03;
/// Resamples of an interval.
const REPLICATES: u32 = 500;
/// Fewer answers than these are not judged.
const FEWEST: usize = 30;
/// Standard errors on either side: 95 % of a normal estimate.
const SIDES: f64 = 1.96;

/// A score that was estimated without labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The score.
    pub value: f64,
    /// How far it may be off, 95 %.
    pub interval: Interval,
}

/// The answers of one version in one window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LiveWindow {
    /// The version that answered.
    pub version: VersionNumber,
    /// Begin, UTC.
    pub from: String,
    /// End, UTC; does not belong to it.
    pub to: String,
    /// By labels.
    pub labelled: Quality,
    /// Without labels, over all answers; `None` for models of other than two classes, and where no label metric is kept.
    pub estimated: Option<Estimate>,
    /// The score by labels less what is estimated of the same answers; `None` where one of them is not there.
    pub difference: Option<f64>,
    /// Whether labels are still to come: fewer are there than usual, so the score may change.
    pub is_immature: bool,
    /// What was answered beside what the version says of its test rows; only over the whole time, and empty where those are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<ScoreBin>,
}

/// How good a model's answers were.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LiveAnswer {
    /// The model.
    pub model: String,
    /// The primary metric.
    pub metric: Metric,
    /// From when on answers were looked at.
    pub from: String,
    /// Up to when.
    pub to: String,
    /// Whether there were more answers than are judged at once; then these are the newest.
    pub is_cut: bool,
    /// Why nothing is said: no answer is kept of this time. That is not well, it is not known.
    pub reason: Option<&'static str>,
    /// Everything, per version, newest version first.
    pub versions: Vec<LiveWindow>,
    /// Each day of UTC, per version, newest first.
    pub days: Vec<LiveWindow>,
    /// Each week of UTC, per version, newest first; only of numbers.
    pub weeks: Vec<LiveWeek>,
    /// What became of all labels that ever came.
    pub outcomes: BTreeMap<String, i64>,
    /// When a label came last.
    pub last_label: Option<String>,
    /// What the estimate takes for granted.
    pub assumption: &'static str,
}

const ASSUMPTION: &str = "rows that get the same probability are as often positive as they were among the test rows; an estimate cannot see that a label has come to mean something else";

const NO_DATA: &str = "no data: no answer is kept of this time";

/// What a version's test rows teach about its probabilities.
struct Taught {
    probabilities: Vec<f64>,
    labels: Vec<bool>,
    truth: Vec<bool>,
}

/// How good the answers within some time were.
///
/// # Errors
/// When the registry cannot answer.
pub async fn live(env: &Env, window_ms: (i64, i64)) -> Result<LiveAnswer, Error> {
    let model = &env.config.name;
    let rows = env
        .registry
        .labelled_answers(model, window_ms, MOST_ANSWERS)
        .await?;
    let is_cut = rows.len() as i64 >= MOST_ANSWERS;
    let mut by_version: BTreeMap<VersionNumber, Vec<Labelled>> = BTreeMap::new();
    for row in rows {
        by_version.entry(row.answer.version).or_default().push(row);
    }
    let (mut versions, mut days, mut by_weeks) = (Vec::new(), Vec::new(), Vec::new());
    for (version, rows) in by_version.into_iter().rev() {
        let judge = Judge::of(env, version).await?;
        let whole = judge.window(version, window_ms, &rows, None);
        let usual = whole.labelled.coverage.share();
        let scores = judge.scores(&rows);
        if let Some(first) = judge.ranks {
            by_weeks.extend(weeks(version, &rows, first));
        }
        let mut of_days: BTreeMap<i64, Vec<Labelled>> = BTreeMap::new();
        for row in rows {
            let day = row.answer.at_ms.div_euclid(DAY_MS) * DAY_MS;
            of_days.entry(day).or_default().push(row);
        }
        for (day, rows) in of_days.iter().rev() {
            days.push(judge.window(version, (*day, *day + DAY_MS), rows, usual));
        }
        versions.push(LiveWindow { scores, ..whole });
    }
    days.sort_by(|a, b| b.from.cmp(&a.from).then(b.version.cmp(&a.version)));
    by_weeks.sort_by(|a, b| b.from.cmp(&a.from).then(b.version.cmp(&a.version)));
    let totals = env.registry.label_totals(model).await?;
    Ok(LiveAnswer {
        model: model.clone(),
        metric: env.config.metric,
        from: rfc3339(window_ms.0),
        to: rfc3339(window_ms.1),
        is_cut,
        reason: versions.is_empty().then_some(NO_DATA),
        versions,
        days,
        weeks: by_weeks,
        last_label: totals.iter().map(|it| it.last_ms).max().map(rfc3339),
        outcomes: totals
            .into_iter()
            .map(|it| (it.outcome, it.labels))
            .collect(),
        assumption: ASSUMPTION,
    })
}

/// What is needed to judge a version's answers.
struct Judge {
    classes: Vec<String>,
    metric: Metric,
    confidence: f64,
    seed: u64,
    taught: Option<Taught>,
    /// What is kept of an answer, of each test row.
    tested: Vec<f64>,
    /// Which rows are the worst ones, where numbers are answered.
    ranks: Option<First>,
}

impl Judge {
    /// Of a version whose test rows may be gone.
    async fn of(env: &Env, version: VersionNumber) -> Result<Judge, Error> {
        let row = env.registry.version(&env.config.name, version).await?;
        let scored = match &row {
            Some(row) => versions::read_scored(env, row).await.ok(),
            None => None,
        };
        let loaded = versions::load_bundle(env, version).await.ok();
        let bundle = loaded.map(|loaded| loaded.bundle);
        let classes = match (&scored, &bundle) {
            (_, Some(bundle)) => bundle.classes.clone(),
            (Some(scored), None) => scored.record.classes.clone(),
            (None, None) => Vec::new(),
        };
        let is_known = scored.is_some() || bundle.is_some();
        let ranks = (is_known && classes.is_empty()).then(|| first_of(bundle.as_ref()));
        let scored = scored.filter(|it| it.record.classes == classes);
        let (mut taught, mut tested) = (None, Vec::new());
        if let Some(scored) = scored {
            if let (Truth::Classes(truth), Predictions::Classes(said)) =
                (&scored.truth, &scored.challenger)
                && classes.len() == 2
            {
                taught = Some(Taught {
                    labels: said.labels.iter().map(|label| *label == 1).collect(),
                    probabilities: said.probabilities.clone(),
                    truth: truth.iter().map(|class| *class == 1).collect(),
                });
            }
            tested = kept_of(scored.challenger);
        }
        Ok(Judge {
            tested,
            ranks,
            metric: env.config.metric,
            confidence: env.config.score.confidence,
            seed: env.config.split.seed,
            classes,
            taught,
        })
    }

    fn window(
        &self,
        version: VersionNumber,
        (from_ms, to_ms): (i64, i64),
        rows: &[Labelled],
        usual: Option<f64>,
    ) -> LiveWindow {
        let labelled = quality(
            rows,
            &Form {
                classes: &self.classes,
                metric: self.metric,
                confidence: self.confidence,
                replicates: REPLICATES,
                seed: self.seed,
            },
        );
        let estimated = self.estimated(rows);
        // Labels may come for some answers sooner than for others: only what has both is compared.
        let with_labels: Vec<Labelled> = rows.iter().filter(|row| counts(row)).cloned().collect();
        let difference = labelled.score.zip(self.estimated(&with_labels));
        LiveWindow {
            version,
            from: rfc3339(from_ms),
            to: rfc3339(to_ms),
            is_immature: is_immature(&labelled.coverage, usual),
            difference: difference.map(|(score, estimated)| score - estimated.value),
            estimated,
            labelled,
            scores: Vec::new(),
        }
    }

    /// Answers beside the test rows.
    fn scores(&self, rows: &[Labelled]) -> Vec<ScoreBin> {
        let answers: Vec<f64> = rows.iter().map(|row| row.answer.value).collect();
        score_bins(&self.tested, &answers, !self.classes.is_empty())
    }

    /// The score by calibrated probabilities alone.
    fn estimated(&self, rows: &[Labelled]) -> Option<Estimate> {
        let taught = self.taught.as_ref()?;
        if rows.len() < FEWEST {
            return None;
        }
        let probabilities: Vec<f64> = rows.iter().map(|row| row.answer.value).collect();
        let positive = self.classes.get(1)?;
        let is_positive = |row: &Labelled| row.answer.class.as_ref() == Some(positive);
        let labels: Vec<bool> = rows.iter().map(is_positive).collect();
        let trusted = Side {
            probabilities: &taught.probabilities,
            labels: &taught.labels,
        };
        let given = Side {
            probabilities: &probabilities,
            labels: &labels,
        };
        let found = estimate_alone(self.metric, trusted, &taught.truth, given, STRUCTURE)?;
        let side = SIDES * found.standard_error;
        Some(Estimate {
            value: found.value,
            interval: Interval {
                low: (found.value - side).max(0.0),
                high: (found.value + side).min(1.0),
            },
        })
    }
}

/// Whether a label of the answer counts.
fn counts(row: &Labelled) -> bool {
    let stated = row.stated.iter().map(|(stated, _)| stated.clone());
    let stated: Vec<Stated> = stated.collect();
    matches!(effective(&stated), Effective::Label(_))
}

/// A window with less than four fifths of the usual coverage still waits for labels.
fn is_immature(coverage: &Coverage, usual: Option<f64>) -> bool {
    match (coverage.share(), usual) {
        (Some(share), Some(usual)) => share < 0.8 * usual,
        _ => false,
    }
}
