//! What the pictures of a scoring are drawn from.

use crate::evaluate::{Predictions, Scores, curves};
use crate::pipeline::score::Scored;
use crate::report::{Calibration, Curve};

/// Bins of the calibration picture.
const CALIBRATION_BINS: usize = 10;

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
pub fn lines(
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

pub fn calibration(scored: &Scored) -> Vec<Calibration> {
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
