//! Two versions beside each other: metrics with intervals, rows on which they differ, slices, data and settings.

use crate::model_types::{Outcome, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::history::rows_of;
use crate::evaluate::{ClassPredictions, Metric, Predictions, Scores, Truth, predictions};
use crate::pipeline::{self, Env, Error, Scored, SideScore};
use crate::registry::{ScoreRow, VersionRow};

/// Groups that are compared at most.
const MOST_GROUPS: usize = 50;

/// Two versions beside each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The model.
    pub model: String,
    /// The first version.
    pub a: Side,
    /// The second version.
    pub b: Side,
    /// Class names, in the order of the confusion matrices; none of numbers.
    pub classes: Vec<String>,
    /// Whether both were scored on the same test rows: where not, a difference may come of the rows.
    pub same_rows: bool,
    /// Test rows that were scored, of each.
    pub rows: (Option<u64>, Option<u64>),
    /// Every metric that one of them has.
    pub metrics: Vec<MetricPair>,
    /// Rows on which they answer otherwise; nothing where their answers are not on the same rows or are gone.
    pub flips: Option<Flips>,
    /// The metric by group of the guarded slices.
    pub slices: Vec<SlicePair>,
    /// What differs in data and settings: what, the first's, the second's.
    pub differences: Vec<(String, String, String)>,
}

/// One of two versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Its number.
    pub version: VersionNumber,
    /// The gate's verdict.
    pub verdict: Option<Outcome>,
    /// Rows counted as `confusion[true class][predicted class]`; empty of numbers and without a score.
    pub confusion: Vec<Vec<u64>>,
}

/// A metric of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricPair {
    /// Which.
    pub metric: Metric,
    /// Its name for people.
    pub title: &'static str,
    /// Whether it is the primary metric.
    pub decides: bool,
    /// Whether larger is better.
    pub larger_is_better: bool,
    /// The first's.
    pub a: Option<f64>,
    /// Its interval.
    pub a_interval: Option<(f64, f64)>,
    /// The second's.
    pub b: Option<f64>,
    /// Its interval.
    pub b_interval: Option<(f64, f64)>,
    /// Second minus first.
    pub difference: Option<f64>,
}

/// Rows on which two versions answer otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flips {
    /// Rows on which both were scored.
    pub rows: u64,
    /// Rows that both have right.
    pub both_right: u64,
    /// Rows that only the first has right.
    pub only_a_right: u64,
    /// Rows that only the second has right.
    pub only_b_right: u64,
    /// Rows that both have wrong, in different ways.
    pub both_wrong_otherwise: u64,
}

/// The metric of both in one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlicePair {
    /// The column.
    pub column: String,
    /// The group.
    pub group: String,
    /// Test rows in it.
    pub rows: u64,
    /// The first's.
    pub a: Option<f64>,
    /// The second's.
    pub b: Option<f64>,
}

/// Two versions beside each other.
///
/// # Errors
/// When one of them is not there.
pub async fn compare(env: &Env, a: &VersionRow, b: &VersionRow) -> Result<Comparison, Error> {
    let scores = env
        .registry
        .scores_from(&env.config.name, a.number.min(b.number))
        .await?;
    let (of_a, of_b) = best_pair(&scores, a.number, b.number);
    let same_rows = of_a
        .zip(of_b)
        .is_some_and(|(a, b)| a.rows_hash == b.rows_hash);
    let side = |row: Option<&ScoreRow>| -> Option<SideScore> {
        serde_json::from_value(row?.record.clone()).ok()
    };
    let (score_a, score_b) = (side(of_a), side(of_b));
    let metric = of_b
        .or(of_a)
        .map_or(env.config.metric, |it| env.config.metric_of(&it.record));
    let scored = (
        pipeline::read_scored(env, a).await.ok(),
        pipeline::read_scored(env, b).await.ok(),
    );
    let classes = [&scored.1, &scored.0]
        .into_iter()
        .flatten()
        .map(|it| it.record.classes.clone())
        .next();
    let (flips, slices) = match &scored {
        (Some(first), Some(second)) if first.record.rows_hash == second.record.rows_hash => (
            flips(&second.truth, &first.challenger, &second.challenger),
            slices(metric, first, second),
        ),
        _ => (None, Vec::new()),
    };
    Ok(Comparison {
        model: env.config.name.clone(),
        rows: (
            score_a.as_ref().and_then(rows_of),
            score_b.as_ref().and_then(rows_of),
        ),
        metrics: metrics(metric, score_a.as_ref(), score_b.as_ref()),
        a: of_version(a, score_a),
        b: of_version(b, score_b),
        classes: classes.unwrap_or_default(),
        same_rows,
        flips,
        slices,
        differences: differences(env, a, b).await,
    })
}

fn of_version(row: &VersionRow, score: Option<SideScore>) -> Side {
    Side {
        version: row.number,
        verdict: row.verdict,
        confusion: score
            .map(|score| score.scores.confusion)
            .unwrap_or_default(),
    }
}

/// The newest scores of two versions on the same rows; where there are none, the newest of each.
fn best_pair(
    scores: &[ScoreRow],
    a: VersionNumber,
    b: VersionNumber,
) -> (Option<&ScoreRow>, Option<&ScoreRow>) {
    let of = |version: VersionNumber| scores.iter().filter(move |it| it.version == version);
    let newest = |version: VersionNumber| of(version).max_by_key(|it| it.at_ms);
    let pairs = of(a).flat_map(|first| {
        let same = of(b).filter(|second| second.rows_hash == first.rows_hash);
        same.map(move |second| (first, second))
    });
    let best = pairs.max_by_key(|(first, second)| first.at_ms.min(second.at_ms));
    match best {
        Some((first, second)) => (Some(first), Some(second)),
        None => (newest(a), newest(b)),
    }
}

fn metrics(decides: Metric, a: Option<&SideScore>, b: Option<&SideScore>) -> Vec<MetricPair> {
    let value = |side: Option<&SideScore>, metric| side.and_then(|it| it.scores.get(metric));
    let interval = |side: Option<&SideScore>, metric| {
        let found = side?.intervals.iter().find(|it| it.metric == metric)?;
        Some((found.interval.low, found.interval.high))
    };
    let pair = |&metric: &Metric| {
        let (of_a, of_b) = (value(a, metric), value(b, metric));
        of_a.or(of_b)?;
        Some(MetricPair {
            metric,
            title: metric.title(),
            decides: metric == decides,
            larger_is_better: metric.larger_is_better(),
            a: of_a,
            a_interval: interval(a, metric),
            b: of_b,
            b_interval: interval(b, metric),
            difference: of_b.zip(of_a).map(|(b, a)| b - a),
        })
    };
    Metric::of(decides.task()).iter().filter_map(pair).collect()
}

/// Rows on which two classifiers differ; nothing of numbers.
fn flips(truth: &Truth, a: &Predictions, b: &Predictions) -> Option<Flips> {
    let (Truth::Classes(truth), Predictions::Classes(a), Predictions::Classes(b)) = (truth, a, b)
    else {
        return None;
    };
    let mut flips = Flips {
        rows: truth.len() as u64,
        both_right: 0,
        only_a_right: 0,
        only_b_right: 0,
        both_wrong_otherwise: 0,
    };
    for ((truth, a), b) in truth.iter().zip(&a.labels).zip(&b.labels) {
        match (a == truth, b == truth) {
            (true, true) => flips.both_right += 1,
            (true, false) => flips.only_a_right += 1,
            (false, true) => flips.only_b_right += 1,
            (false, false) if a != b => flips.both_wrong_otherwise += 1,
            (false, false) => {}
        }
    }
    Some(flips)
}

/// The metric of both by group of the slices that the gate guards.
fn slices(metric: Metric, a: &Scored, b: &Scored) -> Vec<SlicePair> {
    let mut pairs = Vec::new();
    for (column, groups) in &b.slices {
        let mut rows_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, group) in groups.iter().enumerate() {
            rows_of.entry(group).or_default().push(row);
        }
        for (group, rows) in rows_of.into_iter().take(MOST_GROUPS) {
            pairs.push(SlicePair {
                column: column.clone(),
                group: group.to_string(),
                rows: rows.len() as u64,
                a: on(&b.truth, &a.challenger, &rows).get(metric),
                b: on(&b.truth, &b.challenger, &rows).get(metric),
            });
        }
    }
    pairs
}

/// The scores of some answers on some of their rows.
fn on(truth: &Truth, given: &Predictions, rows: &[usize]) -> Scores {
    let truth = match truth {
        Truth::Classes(truth) => Truth::Classes(rows.iter().map(|&row| truth[row]).collect()),
        Truth::Numbers(truth) => Truth::Numbers(rows.iter().map(|&row| truth[row]).collect()),
    };
    let given = match given {
        Predictions::Numbers(given) => {
            Predictions::Numbers(rows.iter().map(|&row| given[row]).collect())
        }
        Predictions::Classes(given) => {
            let width = given.probabilities.len() / given.labels.len().max(1);
            let of = |&row: &usize| &given.probabilities[row * width..(row + 1) * width];
            Predictions::Classes(ClassPredictions {
                n_classes: given.n_classes,
                labels: rows.iter().map(|&row| given.labels[row]).collect(),
                probabilities: rows.iter().flat_map(of).copied().collect(),
            })
        }
    };
    predictions::score(&truth, &given)
}

/// What differs in data and settings, as far as the stored bundles and data sets show.
async fn differences(env: &Env, a: &VersionRow, b: &VersionRow) -> Vec<(String, String, String)> {
    let mut told = Vec::new();
    let mut say = |what: &str, a: String, b: String| {
        if a != b {
            told.push((what.to_string(), a, b));
        }
    };
    let short = |hash: &Option<String>| {
        let hash = hash.as_deref().unwrap_or("unknown");
        hash.chars().take(12).collect::<String>()
    };
    say("data", short(&a.data_hash), short(&b.data_hash));
    say("settings", short(&a.config_hash), short(&b.config_hash));
    let (rows_a, rows_b) = (rows(env, a).await, rows(env, b).await);
    say("rows of the data set", rows_a, rows_b);
    let loaded = (
        pipeline::load_bundle(env, a.number).await.ok(),
        pipeline::load_bundle(env, b.number).await.ok(),
    );
    if let (Some(a), Some(b)) = loaded {
        let (a, b) = (a.bundle, b.bundle);
        let learner_of = |bundle: &crate::bundle::Bundle| match &bundle.imported {
            Some(origin) => format!("imported: {}", origin.says()),
            None => serde_json::to_string(&bundle.learner).unwrap_or_default(),
        };
        say("target", a.target.clone(), b.target.clone());
        say("classes", a.classes.join(", "), b.classes.join(", "));
        say("learner", learner_of(&a), learner_of(&b));
        say(
            "threshold",
            a.threshold.to_string(),
            b.threshold.to_string(),
        );
        let flags = |bundle: &crate::bundle::Bundle| {
            let flag = bundle.flag.as_ref();
            flag.map_or(String::new(), |flag| flag.says())
        };
        say("flags", flags(&a), flags(&b));
        let names = |bundle: &crate::bundle::Bundle| -> BTreeSet<String> {
            let inputs = bundle.transformer.inputs.iter();
            inputs.map(|input| input.name.clone()).collect()
        };
        let (of_a, of_b) = (names(&a), names(&b));
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        };
        say(
            "features of one only",
            only(&of_a, &of_b),
            only(&of_b, &of_a),
        );
    }
    told
}

async fn rows(env: &Env, version: &VersionRow) -> String {
    let run = pipeline::dataset_run(version);
    let found = env.registry.dataset(&env.config.name, &run).await;
    let found = found.ok().flatten();
    found.map_or("unknown".to_string(), |it| it.n_rows.to_string())
}

#[cfg(test)]
mod tests;
