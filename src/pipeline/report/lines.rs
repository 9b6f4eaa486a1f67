//! The data behind the plots of a scoring.

use crate::evaluate::{ClassPredictions, Predictions, Scores, Truth, curves};
use crate::pipeline::scores::Scored;
use crate::report::{Calibration, Curve, NumberPairs};

/// Most points of a plot of numbers.
const MOST_POINTS: usize = 2000;
/// Bins of the calibration plot.
const CALIBRATION_BINS: usize = 10;

/// `(name, scores, answers)` of the challenger and, if there is one, the champion.
fn sides(scored: &Scored) -> Vec<(String, &Scores, &Predictions)> {
    let record = &scored.record;
    let mut sides = vec![(
        format!("challenger v{}", record.challenger.version),
        &record.challenger.scores,
        &scored.challenger,
    )];
    if let (Some(side), Some(answers)) = (&record.champion, &scored.champion) {
        sides.push((format!("champion v{}", side.version), &side.scores, answers));
    }
    sides
}

/// True classes and the predictions of the challenger; `None` of numbers.
fn of_classes(scored: &Scored) -> Option<(&[u32], &ClassPredictions)> {
    match (&scored.truth, &scored.challenger) {
        (Truth::Classes(truth), Predictions::Classes(predictions)) => Some((truth, predictions)),
        _ => None,
    }
}

/// True and predicted numbers of both sides, of rows spread evenly over all; none of classes.
pub fn pairs(scored: &Scored) -> Vec<NumberPairs> {
    let Truth::Numbers(truth) = &scored.truth else {
        return Vec::new();
    };
    let every = truth.len().div_ceil(MOST_POINTS).max(1);
    let pairs = |(name, _, answers): (String, &Scores, &Predictions)| {
        let Predictions::Numbers(numbers) = answers else {
            return None;
        };
        let points = truth.iter().copied().zip(numbers.iter().copied());
        Some(NumberPairs {
            name,
            points: points.step_by(every).collect(),
        })
    };
    sides(scored).into_iter().filter_map(pairs).collect()
}

/// One curve per side for two classes; one per class of the challenger for more.
pub fn lines(
    scored: &Scored,
    curve: impl Fn(&[u32], &[f64]) -> Vec<(f64, f64)>,
    area: impl Fn(&Scores) -> Option<f64>,
) -> Vec<Curve> {
    let classes = &scored.record.classes;
    let Some((all, challenger)) = of_classes(scored) else {
        return Vec::new();
    };
    if classes.len() == 2 {
        let line = |(name, scores, answers): (String, &Scores, &Predictions)| {
            Some(Curve {
                name,
                points: curve(all, &answers.classes()?.probabilities),
                area: area(scores),
            })
        };
        return sides(scored).into_iter().filter_map(line).collect();
    }
    classes
        .iter()
        .enumerate()
        .map(|(at, class)| {
            let (truth, probabilities) = one_against_rest(all, challenger, at);
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
    predictions: &ClassPredictions,
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
    let Some((all, challenger)) = of_classes(scored) else {
        return Vec::new();
    };
    if scored.record.classes.len() == 2 {
        let of_side = |(name, _, answers): (String, &Scores, &Predictions)| {
            Some(line(name, all, &answers.classes()?.probabilities))
        };
        return sides(scored).into_iter().filter_map(of_side).collect();
    }
    let of_class = |(at, class): (usize, &String)| {
        let (truth, probabilities) = one_against_rest(all, challenger, at);
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
