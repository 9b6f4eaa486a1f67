//! Two keys: how surely the challenger is truly better, from labels *and* from what both models' calibrated probabilities
//! say of rows without labels.
//!
//! A difference of a label metric on a few hundred labelled rows says little: only the rows on which the models differ speak,
//! and each by one coin. Both models' probabilities, calibrated on those same rows and averaged over thousands of rows
//! without labels, say how many of those rows each would gain; the labels then only correct that calibration. A challenger
//! goes in when the probability of a true gain is high by *all* evidence (first key) and also by the test rows *alone*
//! (second key). docs/gate.md explains every number.
//!
//! A function of its arguments. It knows no policy: the caller compares the numbers with its bounds.

mod alone;
mod asked;
mod calibration;
mod estimate;
mod evidence;
mod judgement;
mod key;
mod learned;
mod ratio;
mod retuned;
mod rows;
mod wanted;

#[cfg(test)]
mod tests;

use crate::evaluate::Metric;
pub use alone::{Estimated, Side, estimate_alone};
use asked::by_asked;
use calibration::{Calibration, fit};
use estimate::{by_labels, calibration_z};
pub use evidence::{Asked, Assumptions, Both, Direction, Evidence, Labelled};
pub use judgement::{AskedLabels, Judgement, Key, LARGE_Z, Origin, ROPE, Veto};
use key::{Labels, key};
pub use learned::{Basis, Learned, learned};
use ratio::{best_cut, parts_of};
pub use retuned::Retuned;
pub use wanted::{EQUIVALENT, Wanted, wanted};

/// Judges the evidence. `None` for metrics that are not means of ratios of label counts (ranking, probabilities, numbers),
/// and where the metric is undefined on the test rows.
pub fn judge(evidence: &Evidence<'_>) -> Option<Judgement> {
    let parts = parts_of(evidence.metric)?;
    let trusted = evidence.trusted;
    let truth = trusted.truth();
    let labels = by_labels(&parts, &trusted.both.rows(), &truth)?;

    let of_trusted = calibrated(std::iter::once(trusted))?;
    let differ = evidence
        .unlabelled
        .is_some_and(|other| differs(&trusted.both, other));
    let unlabelled = evidence.unlabelled.filter(|_| !differ);
    let over = unlabelled.unwrap_or(&trusted.both).rows();
    // They were drawn from rows without labels, and speak of those only.
    let asked = evidence.asked.filter(|_| unlabelled.is_some());
    let assumed = &evidence.assumptions;
    let alone = Labels {
        blocks: std::slice::from_ref(trusted),
        asked,
    };
    let (second, _) = key(&parts, assumed, &of_trusted, over, &alone)?;

    let mut blocks = vec![trusted.clone()];
    blocks.extend(
        evidence
            .out_of_fold
            .iter()
            .filter(|it| !it.positive.is_empty())
            .cloned(),
    );
    let (first, disagreement) = if blocks.len() > 1 {
        let of_all = calibrated(blocks.iter())?;
        let labels = Labels {
            blocks: &blocks,
            asked,
        };
        key(&parts, assumed, &of_all, over, &labels)?
    } else {
        (second, None)
    };

    let z = calibration_z(&trusted.both.rows(), &truth, &of_trusted);
    let pi = estimate::probabilities(&of_trusted, &over);
    let now = ratio::linearised(&parts, over.champion_labels, &pi)?.value;
    let (best, cut) = best_cut(&parts, over.champion_logits, &pi)?;
    Some(Judgement {
        all: first,
        trusted: second,
        labels: labels.value,
        labels_se: labels.variance.sqrt(),
        unlabelled_rows: unlabelled.map_or(0, |it| it.len() as u64),
        unlabelled_differ: differ,
        out_of_fold_rows: blocks[1..].iter().map(|it| it.both.len() as u64).sum(),
        disagreement,
        asked: asked
            .and_then(|asked| by_asked(&parts, &over, &of_trusted, asked))
            .map(|found| found.told),
        calibration: z,
        threshold_gain: (best - now).max(0.0),
        threshold: 1.0 / (1.0 + (-cut).exp()),
        from: Origin::of(second.opinion, (best - now).max(0.0)),
        assumptions: evidence.assumptions,
        veto: (z.abs() > LARGE_Z).then_some(Veto::Miscalibrated),
    })
}

/// Whether two keys can decide by a metric: one that is a mean of ratios of label counts.
pub fn reads(metric: Metric) -> bool {
    parts_of(metric).is_some()
}

/// What moving the champion's threshold would be worth on the same evidence, and what the challenger adds to that. `None`
/// where it cannot be decided.
pub fn retuned(evidence: &Evidence<'_>, judgement: &Judgement) -> Option<Retuned> {
    retuned::retuned(evidence, judgement, judge)
}

/// π̂ fitted on all rows of some blocks.
fn calibrated<'a>(blocks: impl Iterator<Item = &'a Labelled>) -> Option<Calibration> {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for block in blocks {
        x.extend(block.both.rows().inputs());
        y.extend(block.truth());
    }
    fit(&x, &y)
}

/// Whether the unlabelled rows are of another population than the test rows, by the means of what π̂ reads of them.
fn differs(trusted: &Both, other: &Both) -> bool {
    let moments = |both: &Both, at: usize| {
        let rows = both.rows();
        let values = rows.inputs().map(move |x| x[at]);
        let n = both.len() as f64;
        let mean = values.clone().sum::<f64>() / n;
        let square = values.map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        (mean, square / n)
    };
    (1..3).any(|at| {
        let ((a, va), (b, vb)) = (moments(trusted, at), moments(other, at));
        let z = (a - b) / (va + vb).sqrt();
        other.is_empty() || z.abs() > LARGE_Z
    })
}
