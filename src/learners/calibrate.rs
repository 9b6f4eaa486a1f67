//! Fitting a calibration of P(positive) on rows whose truth is known and which the model has not learned from.

use super::learned::rounded;
use crate::predictors::{Calibrator, Curve, Link, calibration_score};

/// Newton steps at the most; it takes about eight.
const MOST_STEPS: usize = 100;

/// Platt scaling of probabilities that came through `link`: σ(slope · score + intercept) by maximum likelihood. The targets are not 0
/// and 1 but 1 / (N₋ + 2) and (N₊ + 1) / (N₊ + 2), so that rows which a score tells apart entirely leave finite numbers.
///
/// `None` where one class has no row, where every score is the same, or where they do not rise with the truth.
///
/// Sources: Platt, "Probabilistic outputs for support vector machines", 1999; the Newton method of Lin, Lin and Weng, "A note on
/// Platt's probabilistic outputs", Machine Learning 68, 2007. As scikit-learn's `CalibratedClassifierCV(method="sigmoid")`, to which
/// `tests/golden/calibration.py` pins it.
pub fn platt(link: Link, p: &[f64], truth: &[u32]) -> Option<Calibrator> {
    let (low, high) = targets(truth)?;
    if p.windows(2).all(|pair| pair[0] == pair[1]) {
        return None;
    }
    let rows = || {
        let scores = p.iter().map(|&p| calibration_score(link, p));
        let targets = truth
            .iter()
            .map(|&class| if class == 1 { high } else { low });
        scores.zip(targets)
    };
    let loss = |slope: f64, intercept: f64| -> f64 {
        rows()
            .map(|(score, target)| {
                let z = slope * score + intercept;
                // log(1 + e^z) − target · z without overflow.
                z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z
            })
            .sum()
    };
    let positives = truth.iter().filter(|&&class| class == 1).count() as f64;
    let negatives = truth.len() as f64 - positives;
    let (mut slope, mut intercept) = (0.0, ((positives + 1.0) / (negatives + 1.0)).ln());
    let mut now = loss(slope, intercept);
    for _ in 0..MOST_STEPS {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
        for (score, target) in rows() {
            let p = 1.0 / (1.0 + (-(slope * score + intercept)).exp());
            let (off, bend) = (p - target, p * (1.0 - p));
            ga += off * score;
            gb += off;
            haa += bend * score * score;
            hab += bend * score;
            hbb += bend;
        }
        let determinant = haa * hbb - hab * hab;
        if determinant.is_nan() || determinant <= 0.0 {
            return None;
        }
        let step = (
            (hbb * ga - hab * gb) / determinant,
            (haa * gb - hab * ga) / determinant,
        );
        let mut damping = 1.0;
        let moved = loop {
            let next = (slope - damping * step.0, intercept - damping * step.1);
            let there = loss(next.0, next.1);
            if there <= now {
                let moved = (next.0 - slope).abs().max((next.1 - intercept).abs());
                (slope, intercept) = next;
                now = there;
                break moved;
            }
            damping /= 2.0;
            if damping < 1e-10 {
                break 0.0;
            }
        };
        if moved < 1e-12 {
            break;
        }
    }
    let fitted = Calibrator::Platt {
        slope: rounded(slope),
        intercept: rounded(intercept),
    };
    fitted.is_sound().then_some(fitted)
}

/// Isotonic regression of the truth on probabilities by pooling adjacent violators, drawn in from 0 and 1 as far as the targets of
/// [`platt`] are. Rows with one probability are one point; a point between two of the same value is left out.
///
/// `None` where one class has no row, or where the probabilities say nothing of the truth: one level for all.
///
/// Source: Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002. As
/// scikit-learn's `IsotonicRegression(y_min, y_max, out_of_bounds="clip")`, to which `tests/golden/calibration.py` pins it.
pub fn isotonic(p: &[f64], truth: &[u32]) -> Option<Calibrator> {
    let (low, high) = targets(truth)?;
    let mut rows: Vec<(f64, f64)> = p
        .iter()
        .zip(truth)
        .map(|(&p, &class)| (rounded(p), f64::from(u8::from(class == 1))))
        .collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let points: Vec<(f64, f64, f64)> = rows
        .chunk_by(|a, b| a.0 == b.0)
        .map(|tied| {
            (
                tied[0].0,
                tied.iter().map(|row| row.1).sum(),
                tied.len() as f64,
            )
        })
        .collect();
    // Blocks of points with one value: positives, rows, points.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for &(_, positives, rows) in &points {
        let mut block = (positives, rows, 1);
        while let Some(last) = blocks.last()
            && last.0 * block.1 >= block.0 * last.1
        {
            block = (last.0 + block.0, last.1 + block.1, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let values: Vec<f64> = blocks
        .iter()
        .flat_map(|block| {
            let value = rounded((block.0 / block.1).clamp(low, high));
            std::iter::repeat_n(value, block.2)
        })
        .collect();
    let last = values.len() - 1;
    let is_kept = |at: usize| {
        at == 0 || at == last || values[at] != values[at - 1] || values[at] != values[at + 1]
    };
    let kept: Vec<usize> = (0..values.len()).filter(|&at| is_kept(at)).collect();
    let fitted = Calibrator::Isotonic(Curve {
        at: kept.iter().map(|&at| points[at].0).collect(),
        value: kept.iter().map(|&at| values[at]).collect(),
    });
    (values[0] < values[last] && fitted.is_sound()).then_some(fitted)
}

/// What a row of either class is taken for: 1 / (N₋ + 2) and (N₊ + 1) / (N₊ + 2). `None` where a class has no row.
fn targets(truth: &[u32]) -> Option<(f64, f64)> {
    let positives = truth.iter().filter(|&&class| class == 1).count() as f64;
    let negatives = truth.len() as f64 - positives;
    (positives > 0.0 && negatives > 0.0).then(|| {
        (
            1.0 / (negatives + 2.0),
            (positives + 1.0) / (positives + 2.0),
        )
    })
}
