//! One key: the second opinion, corrected by the labels, drawn towards what gains usually are.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::asked::by_asked;
use super::calibration::Calibration;
use super::estimate::{Estimate, by_opinion, rectifier};
use super::evidence::{Asked, Assumptions, Labelled};
use super::judgement::{Key, ROPE};
use super::ratio::Part;
use super::rows::Rows;

/// The rows with labels that a key rests on.
pub(super) struct Labels<'a> {
    /// The test rows, then blocks that are trusted less.
    pub(super) blocks: &'a [Labelled],
    /// Rows that were labelled on request; trusted as the test rows are.
    pub(super) asked: Option<&'a Asked>,
}

/// One key over the unlabelled rows `over`, corrected by labelled rows. Also the
/// standard score of the disagreement between the trusted block and the others.
pub(super) fn key(
    parts: &[Part],
    assumed: &Assumptions,
    calibration: &Calibration,
    over: Rows<'_>,
    labels: &Labels<'_>,
) -> Option<(Key, Option<f64>)> {
    let opinion = by_opinion(parts, &over, calibration, Some(assumed))?;
    let mut corrections: Vec<Estimate> = labels
        .blocks
        .iter()
        .map(|block| rectifier(parts, &block.both.rows(), &block.truth(), calibration))
        .collect::<Option<_>>()?;
    // Both are unbiased: the test rows, and rows that were drawn at random from where the models differ.
    let mut of_draw = 0.0;
    if let (Some(asked), Some(first)) = (labels.asked, corrections.first_mut())
        && let Some(found) = by_asked(parts, &over, calibration, asked)
    {
        *first = inverse_variance_mean([*first, found.correction].into_iter());
        // Labels of the very rows without labels say nothing about how those were drawn.
        of_draw = opinion.of_rows;
    }
    let (correction, disagreement) = pooled(&corrections)?;

    // Shrunken rectifier: weight 1 is prediction-powered inference (unbiased), weight 0 is the second opinion as it is.
    // Angelopoulos et al., Science 2023; Li and Ignatiadis, arXiv 2502.14166.
    let variance = opinion.variance();
    let corrigible = variance - of_draw;
    let total = corrigible + correction.variance;
    let weight = if total > 0.0 { corrigible / total } else { 0.0 };
    let estimate = Estimate {
        value: opinion.gain + weight * correction.value,
        variance: corrigible * (1.0 - weight) + of_draw,
    };
    let prior = assumed.prior_sd.powi(2);
    let kept = prior / (prior + estimate.variance);
    let gain = kept * estimate.value + (1.0 - kept) * assumed.prior_mean;
    let sd = (kept * estimate.variance).sqrt();
    let (probability, equivalent, expected_loss) = posterior(gain, sd)?;
    let key = Key {
        opinion: opinion.gain,
        opinion_se: variance.sqrt(),
        opinion_fit_se: Some(opinion.of_calibration.max(0.0).sqrt()),
        opinion_slope: Some(opinion.slope),
        correction: correction.value,
        correction_se: correction.variance.sqrt(),
        correction_weight: weight,
        gain,
        gain_sd: sd,
        probability,
        equivalent,
        expected_loss,
    };
    Some((key, disagreement))
}

/// Corrections of several blocks as one. Blocks other than the first count with twice their variance (what is predicted out
/// of fold varies by its fold, Bates, Hastie and Tibshirani, arXiv 2104.00673) plus the part of their disagreement with the
/// first that chance does not explain (random effects: DerSimonian and Laird, 1986): rows that contradict the test rows
/// count the less.
fn pooled(corrections: &[Estimate]) -> Option<(Estimate, Option<f64>)> {
    let (first, others) = corrections.split_first()?;
    if others.is_empty() {
        return Some((*first, None));
    }
    let together = inverse_variance_mean(others.iter().copied());
    let gap = first.value - together.value;
    let chance = first.variance + together.variance;
    let heterogeneity = (gap * gap - chance).max(0.0);
    let widened = others.iter().map(|it| Estimate {
        value: it.value,
        variance: 2.0 * it.variance + heterogeneity,
    });
    let all = inverse_variance_mean(std::iter::once(*first).chain(widened));
    Some((all, Some(gap / chance.sqrt())))
}

fn inverse_variance_mean(estimates: impl Iterator<Item = Estimate>) -> Estimate {
    // A block on which both models agree to the last row has no variance; it says nothing more than a very sure one.
    const LEAST: f64 = 1e-18;
    let (mut sum, mut weights) = (0.0, 0.0);
    for estimate in estimates {
        let weight = 1.0 / estimate.variance.max(LEAST);
        sum += weight * estimate.value;
        weights += weight;
    }
    Estimate {
        value: sum / weights,
        variance: 1.0 / weights,
    }
}

/// P(gain > 0), P(|gain| < rope) and E[max(0, −gain)] of a normal gain. `None` when a number is not finite.
pub(super) fn posterior(gain: f64, sd: f64) -> Option<(f64, f64, f64)> {
    if !gain.is_finite() || !sd.is_finite() {
        return None;
    }
    if sd <= 0.0 {
        let certain = |holds: bool| f64::from(u8::from(holds));
        return Some((
            certain(gain > 0.0),
            certain(gain.abs() < ROPE),
            (-gain).max(0.0),
        ));
    }
    let standard = Normal::standard();
    let z = gain / sd;
    let within = standard.cdf((ROPE - gain) / sd) - standard.cdf((-ROPE - gain) / sd);
    let loss = sd * standard.pdf(z) - gain * standard.cdf(-z);
    Some((standard.cdf(z), within, loss))
}
