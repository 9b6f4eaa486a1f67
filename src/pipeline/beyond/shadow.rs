//! The challenger in the champion's shadow: both answer the newest logged requests, offline.

use std::time::Instant;

use polars::prelude::DataFrame;

use super::unlabelled::{frame_of, keep_whole};
use crate::bundle::Bundle;
use crate::evaluate::Predictions;
use crate::gate::{ChangedRow, Shadow};
use crate::pipeline::Env;
use crate::pipeline::error::Error;
use crate::pipeline::logged::{LoggedRow, folder_of, newest};

/// Rows that are listed one by one.
const TOLD: usize = 10;
/// Passes of which the fastest counts.
const PASSES: usize = 3;

/// Both models on the newest logged requests; `None` where the settings do not ask for it.
///
/// # Errors
/// When the log cannot be read, or logged rows do not make a frame.
pub async fn shadow(
    env: &Env,
    champion: &Bundle,
    challenger: &Bundle,
) -> Result<Option<Shadow>, Error> {
    let settings = &env.config.shadow;
    if !settings.challenger {
        return Ok(None);
    }
    let none = |why: String| {
        Ok(Some(Shadow {
            why_none: Some(why),
            ..Shadow::default()
        }))
    };
    let log = folder_of(&env.config).await?;
    let mut logged = newest(&log, &env.config.name, settings.rows as usize, |_| true);
    if let Some(why) = keep_whole(&mut logged, champion, challenger) {
        return none(why);
    }
    let old = timed(champion, &frame_of(&logged, champion)?);
    let new = timed(challenger, &frame_of(&logged, challenger)?);
    let (Ok(old), Ok(new)) = (old, new) else {
        return none("one of the models cannot read the logged requests".to_string());
    };
    let micros = |seconds: f64| 1e6 * seconds / logged.len() as f64;
    let names = [champion, challenger].map(|bundle| bundle.classes.as_slice());
    let Some(changes) = changes([&old.0, &new.0], names) else {
        return none("one model predicts classes and the other numbers".to_string());
    };
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by(|&a, &b| {
        let apart = |at: usize| changes[at].is_flip as u8 as f64 + changes[at].apart;
        apart(b).total_cmp(&apart(a)).then(a.cmp(&b))
    });
    let is_of_classes = matches!(old.0, Predictions::Classes(_));
    let flips = changes.iter().filter(|it| it.is_flip).count() as u64;
    let times = || logged.iter().map(|row| row.at.clone());
    Ok(Some(Shadow {
        rows: logged.len() as u64,
        why_none: None,
        asked: times()
            .min()
            .zip(times().max())
            .map(|(first, last)| [first, last]),
        flips: is_of_classes.then_some(flips),
        mean_change: changes.iter().map(|it| it.apart).sum::<f64>() / changes.len() as f64,
        micros_per_row: [micros(old.1), micros(new.1)],
        most_changed: order
            .into_iter()
            .take(TOLD)
            .filter(|&at| changes[at].apart > 0.0 || changes[at].is_flip)
            .map(|at| told(&logged[at], &changes[at]))
            .collect(),
    }))
}

/// How two answers to one row differ.
struct Change {
    is_flip: bool,
    apart: f64,
    predictions: [String; 2],
    values: [f64; 2],
}

fn told(row: &LoggedRow, change: &Change) -> ChangedRow {
    ChangedRow {
        id: row.id.clone(),
        at: row.at.clone(),
        predictions: change.predictions.clone(),
        values: change.values,
    }
}

/// A model's answers, and the seconds that they took: the best of some passes.
fn timed(bundle: &Bundle, frame: &DataFrame) -> Result<(Predictions, f64), Error> {
    let scorer = bundle.scorer();
    let mut best = f64::INFINITY;
    let mut answers = None;
    for _ in 0..PASSES {
        let began = Instant::now();
        answers = Some(scorer.answer_frame(frame)?);
        best = best.min(began.elapsed().as_secs_f64());
    }
    // There was a pass.
    let answers = answers.unwrap_or(Predictions::Numbers(Vec::new()));
    Ok((answers, best))
}

/// Row by row; `None` where one model predicts classes and the other numbers.
fn changes(answers: [&Predictions; 2], classes: [&[String]; 2]) -> Option<Vec<Change>> {
    match answers {
        [Predictions::Numbers(old), Predictions::Numbers(new)] => {
            let rows = old.iter().zip(new);
            let change = |(&old, &new): (&f64, &f64)| Change {
                is_flip: false,
                apart: (new - old).abs(),
                predictions: [old.to_string(), new.to_string()],
                values: [old, new],
            };
            Some(rows.map(change).collect())
        }
        [Predictions::Classes(old), Predictions::Classes(new)] => {
            let name = |side: usize, label: u32| {
                classes[side]
                    .get(label as usize)
                    .cloned()
                    .unwrap_or_default()
            };
            let probability = |side: usize, row: usize, class: &str| {
                let said = [old, new][side];
                let at = classes[side].iter().position(|name| name == class);
                at.map_or(0.0, |at| match said.n_classes {
                    2 if at == 1 => said.probabilities[row],
                    2 => 1.0 - said.probabilities[row],
                    n => said.probabilities[row * n + at],
                })
            };
            let change = |row: usize| {
                let predictions = [name(0, old.labels[row]), name(1, new.labels[row])];
                let values = [0, 1].map(|side| probability(side, row, &predictions[0]));
                Change {
                    is_flip: predictions[0] != predictions[1],
                    apart: (values[1] - values[0]).abs(),
                    predictions,
                    values,
                }
            };
            Some(
                (0..old.labels.len().min(new.labels.len()))
                    .map(change)
                    .collect(),
            )
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::ClassPredictions;

    fn said(labels: &[u32], probabilities: &[f64]) -> Predictions {
        Predictions::Classes(ClassPredictions {
            n_classes: 2,
            labels: labels.to_vec(),
            probabilities: probabilities.to_vec(),
        })
    }

    #[test]
    fn classes_are_compared_by_name_and_not_by_place() {
        let names = ["no".to_string(), "yes".to_string()];
        let turned = ["yes".to_string(), "no".to_string()];
        let old = said(&[1, 0, 1], &[0.75, 0.25, 0.5]);
        let new = said(&[0, 1, 1], &[0.25, 0.75, 0.75]);
        let found = changes([&old, &new], [&names, &turned]).expect("both are of classes");
        let shown: Vec<(bool, f64)> = found.iter().map(|it| (it.is_flip, it.apart)).collect();
        assert_eq!(shown, [(false, 0.0), (false, 0.0), (true, 0.25)]);
        let numbers = Predictions::Numbers(vec![1.0, 2.0]);
        let moved = Predictions::Numbers(vec![1.5, 2.0]);
        let found = changes([&numbers, &moved], [&[], &[]]).expect("both are numbers");
        assert_eq!((found[0].apart, found[1].apart), (0.5, 0.0));
        assert!(changes([&numbers, &old], [&[], &names]).is_none());
    }
}
