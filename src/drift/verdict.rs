//! From numbers to a verdict: per column, and over all of them whether it matters to the model.

use std::collections::{BTreeMap, BTreeSet};

use super::benjamini_hochberg::benjamini_hochberg;
use super::column::{Column, Reference};
use super::compare::{Compared, compare};
use super::counts::Counts;
use super::judged::{ColumnDrift, Drift, Levels, Verdict};
use super::reason::{of_column, overall};

/// Beyond this, what chance makes of PSI could hide a drift: such a sample cannot prove that there is none.
const MOST_CHANCE: f64 = 0.05;
/// Share of a column with one value, from which on another value is a difference.
const NEW_IN_CONSTANT: f64 = 0.01;
/// Share of the model's importance, from which on drifting columns matter.
const MATTERS: f64 = 0.1;

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What the model was trained on.
    pub reference: &'a Reference,
    /// What was counted of the rows in its bins.
    pub counts: &'a Counts,
    /// Per column of the reference, the values ascending, where they are available; else empty.
    pub values: &'a [Vec<f64>],
    /// Columns of the reference that the rows do not have.
    pub absent: &'a BTreeSet<String>,
    /// Share of each column in the model's permutation importance, in 0..=1; empty where it is not known.
    pub importance: &'a BTreeMap<String, f64>,
    /// Columns that are looked at and never alarm.
    pub ignored: &'a BTreeSet<String>,
    /// The keys of what was found in the windows before, newest first, at most two; `None` where rows are looked at once, not
    /// window after window.
    pub before: Option<&'a [BTreeSet<String>]>,
    /// The levels.
    pub levels: Levels,
}

/// Judges rows. A function of its arguments; the same counts give the same bits.
pub fn judge(subject: &Subject<'_>) -> Drift {
    let Subject {
        reference, counts, ..
    } = *subject;
    let columns = reference.columns.iter().zip(&counts.columns).enumerate();
    let compared = columns.map(|(at, (column, window))| {
        let values = subject.values.get(at).map(Vec::as_slice);
        (column, compare(column, window, values))
    });
    let mut compared: Vec<(&Column, Compared)> = compared.collect();
    let with_prediction = reference
        .prediction
        .as_ref()
        .filter(|_| counts.prediction.iter().any(|n| *n > 0));
    if let Some(column) = with_prediction {
        compared.push((column, compare(column, &counts.prediction, None)));
    }
    let p_values: Vec<f64> = compared.iter().map(|(_, it)| it.p_value).collect();
    let adjusted = benjamini_hochberg(&p_values);
    let judged = compared.iter().zip(adjusted);
    let mut features: Vec<ColumnDrift> = judged
        .map(|((column, compared), q)| of(subject, column, compared, q))
        .collect();
    let prediction = with_prediction.and_then(|_| features.pop());
    features.sort_by(|a, b| {
        let key = |it: &ColumnDrift| (it.verdict, it.severity.unwrap_or(it.effect), it.effect);
        let ((va, sa, ea), (vb, sb, eb)) = (key(a), key(b));
        vb.cmp(&va).then(sb.total_cmp(&sa)).then(eb.total_cmp(&ea))
    });
    let verdict = whole(&features, prediction.as_ref());
    Drift {
        reference_rows: reference.rows,
        rows: counts.rows,
        reason: overall(verdict, counts.rows, &features, prediction.as_ref()),
        verdict,
        levels: subject.levels,
        features,
        prediction,
    }
}

fn of(subject: &Subject<'_>, column: &Column, compared: &Compared, q: f64) -> ColumnDrift {
    let levels = &subject.levels;
    let is_absent = subject.absent.contains(&column.name);
    let is_large = is_absent || compared.effect >= levels.large_effect;
    let has_new = compared.is_constant && compared.shares[1].outside() >= NEW_IN_CONSTANT;
    let is_worth = compared.effect >= levels.least_effect || has_new;
    let is_found = is_absent || (q <= levels.alpha && is_worth);
    let importance = subject.importance.get(&column.name).copied();
    let mut drift = ColumnDrift {
        name: column.name.clone(),
        kind: column.measure,
        test: compared.test,
        statistic: compared.statistic,
        effect: compared.effect,
        p_value: compared.p_value,
        p_adjusted: q,
        psi: compared.psi,
        wasserstein_iqr: compared.wasserstein_iqr,
        jensen_shannon: compared.jensen_shannon,
        total_variation: compared.total_variation,
        reference: compared.shares[0],
        window: compared.shares[1],
        importance,
        severity: importance.map(|share| share * compared.effect),
        is_found,
        verdict: Verdict::Ok,
        reason: String::new(),
    };
    let was_found = |before: &BTreeSet<String>| before.contains(&drift.key());
    let is_repeated = match subject.before {
        None => true,
        Some(before) => before.iter().take(2).any(was_found),
    };
    drift.verdict = match is_found {
        true if subject.ignored.contains(&column.name) => Verdict::Ok,
        true if is_large || is_repeated => Verdict::Drift,
        true => Verdict::Warn,
        false if compared.by_chance > MOST_CHANCE || compared.rows == 0 => Verdict::Unknown,
        false => Verdict::Ok,
    };
    let is_ignored = subject.ignored.contains(&column.name);
    drift.reason = of_column(&drift, compared, is_absent, is_ignored);
    drift
}

/// Whether it matters: the predictions drift, or columns that the model leans on do.
fn whole(features: &[ColumnDrift], prediction: Option<&ColumnDrift>) -> Verdict {
    let of = |it: &ColumnDrift| it.verdict;
    let worst = features.iter().map(of).max().unwrap_or(Verdict::Unknown);
    let of_prediction = prediction.map_or(Verdict::Ok, of);
    match worst.max(of_prediction) {
        Verdict::Drift if of_prediction == Verdict::Drift => Verdict::Drift,
        Verdict::Drift => {
            let drifting = features.iter().filter(|it| it.verdict == Verdict::Drift);
            // What is not known matters.
            let names: BTreeMap<&str, f64> = drifting
                .map(|it| (it.name.as_str(), it.importance.unwrap_or(1.0)))
                .collect();
            if names.values().sum::<f64>() >= MATTERS {
                Verdict::Drift
            } else {
                Verdict::Warn
            }
        }
        other => other,
    }
}
