//! How good answers were, window by window, where labels have come.

use serde::{Deserialize, Serialize};

use super::answered::Answer;
use super::outcome::{Effective, Stated, effective};
use crate::evaluate::{ClassPredictions, Interval, Metric, Predictions, Truth, predictions};

/// An answer with what was said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// The answer.
    pub answer: Answer,
    /// Every label of it, in any order, with the time at which each came.
    pub stated: Vec<(Stated, i64)>,
}

/// What a model's answers are.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// Its classes; none of numbers.
    pub classes: &'a [String],
    /// The primary metric.
    pub metric: Metric,
    /// Share of the intervals.
    pub confidence: f64,
    /// Resamples for intervals.
    pub replicates: u32,
    /// Seed of the resamples.
    pub seed: u64,
}

/// How many of the answers have labels.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Answers.
    pub answers: u64,
    /// Of them, with a label that counts.
    pub labelled: u64,
    /// Of them, with labels that contradict one another.
    pub conflicts: u64,
}

impl Coverage {
    /// Share of the answers with a label; `None` without answers.
    pub fn share(&self) -> Option<f64> {
        (self.answers > 0).then(|| self.labelled as f64 / self.answers as f64)
    }
}

/// How good the answers of some rows were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// How many have labels.
    pub coverage: Coverage,
    /// Coverage by the class that was answered: labels that come for one class only say little.
    pub by_class: Vec<(String, Coverage)>,
    /// The metric.
    pub metric: Metric,
    /// Its value on the rows with labels; `None` where it is not defined.
    pub score: Option<f64>,
    /// How far it may be off.
    pub interval: Option<Interval>,
    /// Median milliseconds between answer and label.
    pub delay_ms: Option<i64>,
    /// Whether classes are labelled so unevenly that the score speaks of another mix than the answers: coverage that differs by
    /// more than twice.
    pub is_uneven: bool,
}

/// Begin and end of a window, in milliseconds since 1970; the end does not belong to it.
pub type Window = (i64, i64);

/// Judges answers by the labels that count. The order of rows does not matter.
pub fn quality(rows: &[Labelled], form: &Form<'_>) -> Quality {
    let mut by_class: Vec<(String, Coverage)> = form
        .classes
        .iter()
        .map(|class| (class.clone(), Coverage::default()))
        .collect();
    let mut coverage = Coverage::default();
    let mut judged: Vec<(&Answer, &str)> = Vec::new();
    let mut delays = Vec::new();
    let stated: Vec<Vec<Stated>> = rows
        .iter()
        .map(|row| {
            row.stated
                .iter()
                .map(|(stated, _)| stated.clone())
                .collect()
        })
        .collect();
    for (row, stated) in rows.iter().zip(&stated) {
        let found = effective(stated);
        let class = by_class
            .iter_mut()
            .find(|(name, _)| Some(name) == row.answer.class.as_ref());
        let counted = [Some(&mut coverage), class.map(|(_, coverage)| coverage)];
        for coverage in counted.into_iter().flatten() {
            coverage.answers += 1;
            match found {
                Effective::None => {}
                Effective::Label(_) => coverage.labelled += 1,
                Effective::Conflict(_) => coverage.conflicts += 1,
            }
        }
        if let Effective::Label(label) = found {
            judged.push((&row.answer, &label.label));
            let came = row.stated.iter().map(|(_, at_ms)| *at_ms).min();
            delays.extend(came.map(|at_ms| (at_ms - row.answer.at_ms).max(0)));
        }
    }
    // What comes of a resample hangs on the order of the rows.
    judged.sort_by(|a, b| (a.0.at_ms, &a.0.id).cmp(&(b.0.at_ms, &b.0.id)));
    let (score, interval) = scored(&judged, form);
    delays.sort_unstable();
    Quality {
        is_uneven: is_uneven(&by_class),
        coverage,
        by_class,
        metric: form.metric,
        score,
        interval,
        delay_ms: delays.get(delays.len() / 2).copied(),
    }
}

/// The metric on rows with labels, and its interval.
fn scored(judged: &[(&Answer, &str)], form: &Form<'_>) -> (Option<f64>, Option<Interval>) {
    let Some((truth, given)) = both(judged, form) else {
        return (None, None);
    };
    let score = predictions::score(&truth, &given).get(form.metric);
    let intervals =
        predictions::intervals(&truth, &given, form.confidence, form.replicates, form.seed);
    let interval = intervals.into_iter().find(|it| it.metric == form.metric);
    (score, interval.map(|it| it.interval))
}

/// Truth and answers as they are scored; `None` without rows.
fn both(judged: &[(&Answer, &str)], form: &Form<'_>) -> Option<(Truth, Predictions)> {
    if judged.is_empty() {
        return None;
    }
    if form.classes.is_empty() {
        let truth: Option<Vec<f64>> = judged.iter().map(|(_, label)| label.parse().ok()).collect();
        let given = judged.iter().map(|(answer, _)| answer.value).collect();
        return Some((Truth::Numbers(truth?), Predictions::Numbers(given)));
    }
    let index = |name: &str| form.classes.iter().position(|class| class == name);
    let mut truth = Vec::with_capacity(judged.len());
    let mut labels = Vec::with_capacity(judged.len());
    let mut probabilities = Vec::new();
    let n_classes = form.classes.len();
    for (answer, label) in judged {
        let (Some(actual), Some(said)) = (index(label), answer.class.as_deref().and_then(index))
        else {
            continue;
        };
        truth.push(actual as u32);
        labels.push(said as u32);
        if n_classes == 2 {
            probabilities.push(answer.value);
        } else {
            // Of the other classes nothing was kept; what is left is spread evenly.
            let rest = (1.0 - answer.value) / (n_classes - 1) as f64;
            probabilities.extend(
                (0..n_classes).map(|class| if class == said { answer.value } else { rest }),
            );
        }
    }
    let given = Predictions::Classes(ClassPredictions {
        n_classes,
        labels,
        probabilities,
    });
    (!truth.is_empty()).then_some((Truth::Classes(truth), given))
}

/// Classes with fewer answers than these say nothing of their coverage.
const FEWEST: u64 = 30;

/// Whether the coverage of classes differs by more than twice.
pub(super) fn is_uneven(by_class: &[(String, Coverage)]) -> bool {
    let usual = by_class.iter().filter(|(_, it)| it.answers >= FEWEST);
    let shares: Vec<f64> = usual.filter_map(|(_, it)| it.share()).collect();
    let most = shares.iter().copied().fold(0.0, f64::max);
    let least = shares.iter().copied().fold(1.0, f64::min);
    most > 2.0 * least
}
