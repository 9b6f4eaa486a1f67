//! Label metrics of two classes as ratios of means, so that a metric can be read off true classes or off probabilities
//! alike, and so that each row's influence on it is known.
//!
//! With label m (1 or 0) and true class y, numerator and denominator are affine in y: `n0 + n1·y` and `d0 + d1·y`. The
//! metric is Σnum / Σden. Where y is not known its probability π takes its place, since the expectation of an affine term
//! is the term of the expectation.

use crate::evaluate::Metric;

/// One ratio and its share in the metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    kind: RatioKind,
    share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RatioKind {
    F1,
    F1OfNegatives,
    Accuracy,
    Precision,
    Recall,
}

/// `(n0, n1, d0, d1)` of a row.
type Terms = (f64, f64, f64, f64);

impl RatioKind {
    fn terms(self, positive: bool) -> Terms {
        let m = f64::from(u8::from(positive));
        match self {
            RatioKind::F1 => (0.0, 2.0 * m, m, 1.0),
            // 2·(1−m)(1−y) over (1−m) + (1−y).
            RatioKind::F1OfNegatives => (2.0 * (1.0 - m), -2.0 * (1.0 - m), 2.0 - m, -1.0),
            RatioKind::Accuracy => (1.0 - m, 2.0 * m - 1.0, 1.0, 0.0),
            RatioKind::Precision => (0.0, m, m, 0.0),
            RatioKind::Recall => (0.0, m, 0.0, 1.0),
        }
    }
}

/// The ratios a metric is the mean of; `None` for a metric that is no such mean (ranking, probabilities, numbers).
pub(super) fn parts_of(metric: Metric) -> Option<Vec<Part>> {
    let one = |kind| Some(vec![Part { kind, share: 1.0 }]);
    match metric {
        Metric::F1 => one(RatioKind::F1),
        Metric::Accuracy => one(RatioKind::Accuracy),
        Metric::Precision => one(RatioKind::Precision),
        Metric::Recall => one(RatioKind::Recall),
        Metric::F1Macro => Some(
            [RatioKind::F1, RatioKind::F1OfNegatives]
                .map(|kind| Part { kind, share: 0.5 })
                .to_vec(),
        ),
        Metric::F1Weighted
        | Metric::RocAuc
        | Metric::PrAuc
        | Metric::LogLoss
        | Metric::Brier
        | Metric::R2
        | Metric::Rmse
        | Metric::Mae
        | Metric::Spearman
        | Metric::WorstOverlap => None,
    }
}

/// A metric over rows: its value, and what each row adds to it.
pub(super) struct Linearised {
    /// The metric, in 0..=1.
    pub(super) value: f64,
    /// Influence of each row, `(n_rows)`; its mean is zero up to rounding.
    pub(super) influence: Vec<f64>,
    /// By how much the influence of each row changes when its true class goes from 0 to 1, `(n_rows)`.
    pub(super) slope: Vec<f64>,
    /// The same of any row by its label: negative, positive.
    pub(super) slope_of: [f64; 2],
}

/// The metric of `labels` where the true classes are `truth`: 0, 1, or the probability of 1. `None` without rows or where
/// a denominator is zero.
///
/// ψᵢ = (numᵢ − θ·denᵢ) / mean(den): the influence function of a ratio estimator (Hampel 1974; for F1 as in
/// Lipton, Elkan and Naryanaswamy, arXiv 1402.1892).
pub(super) fn linearised(parts: &[Part], labels: &[bool], truth: &[f64]) -> Option<Linearised> {
    let n = labels.len();
    let mut out = Linearised {
        value: 0.0,
        influence: vec![0.0; n],
        slope: vec![0.0; n],
        slope_of: [0.0; 2],
    };
    for part in parts {
        let rows = labels.iter().zip(truth);
        let (mut num, mut den) = (0.0, 0.0);
        for (&label, &y) in rows.clone() {
            let (n0, n1, d0, d1) = part.kind.terms(label);
            num += n0 + n1 * y;
            den += d0 + d1 * y;
        }
        if n == 0 || den <= 0.0 {
            return None;
        }
        let (theta, mean) = (num / den, den / n as f64);
        out.value += part.share * theta;
        for (label, slope) in [false, true].into_iter().zip(&mut out.slope_of) {
            let (_, n1, _, d1) = part.kind.terms(label);
            *slope += part.share * (n1 - theta * d1) / mean;
        }
        for ((&label, &y), (influence, slope)) in
            rows.zip(out.influence.iter_mut().zip(&mut out.slope))
        {
            let (n0, n1, d0, d1) = part.kind.terms(label);
            let row = n0 + n1 * y - theta * (d0 + d1 * y);
            *influence += part.share * row / mean;
            *slope += part.share * (n1 - theta * d1) / mean;
        }
    }
    Some(out)
}

/// The best value that moving one threshold over `scores` reaches, and the smallest score that is then labelled positive.
/// `None` without rows or where the metric is undefined everywhere.
pub(super) fn best_cut(parts: &[Part], scores: &[f64], truth: &[f64]) -> Option<(f64, f64)> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    // Everything negative to begin with; rows turn positive from the largest score down.
    let mut sums: Vec<(f64, f64)> = parts
        .iter()
        .map(|part| {
            truth.iter().fold((0.0, 0.0), |(num, den), &y| {
                let (n0, n1, d0, d1) = part.kind.terms(false);
                (num + n0 + n1 * y, den + d0 + d1 * y)
            })
        })
        .collect();
    let mut best: Option<(f64, f64)> = None;
    for (at, &row) in order.iter().enumerate() {
        for (part, (num, den)) in parts.iter().zip(&mut sums) {
            let (off, on) = (part.kind.terms(false), part.kind.terms(true));
            *num += on.0 - off.0 + (on.1 - off.1) * truth[row];
            *den += on.2 - off.2 + (on.3 - off.3) * truth[row];
        }
        let is_last_of_ties = order
            .get(at + 1)
            .is_none_or(|&next| scores[next] < scores[row]);
        if !is_last_of_ties || sums.iter().any(|(_, den)| *den <= 0.0) {
            continue;
        }
        let value: f64 = parts
            .iter()
            .zip(&sums)
            .map(|(part, (num, den))| part.share * num / den)
            .sum();
        if best.is_none_or(|(other, _)| value > other) {
            best = Some((value, scores[row]));
        }
    }
    best
}
