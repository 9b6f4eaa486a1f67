//! What each column is worth to a version: permutation importance on a bounded sample of the test rows.

use polars::prelude::DataFrame;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::score::aligned;
use crate::bundle::{Bundle, Slot};
use crate::evaluate::{ClassPredictions, Metric, Predictions, Truth, predictions};
use crate::explain::{self, Importance, Worth};
use crate::features::Cells;
use crate::predictors::Predictor;

/// Separates the drawn rows and orders from other random numbers of the same seed.
const SALT: u64 = 0x696d_706f_7274;
/// Steps of a walk down a tree, about.
const TREE_STEPS: usize = 12;
/// Steps of judging a row, per class.
const CLASS_STEPS: usize = 20;

/// The test rows that it is measured on.
pub struct Judged<'a> {
    /// The rows.
    pub frame: &'a DataFrame,
    /// What is true of each: an index into `classes`, or a number.
    pub truth: &'a Truth,
    /// The classes that are scored.
    pub classes: &'a [String],
    /// What is measured.
    pub metric: Metric,
}

/// Permutation importance of a version's columns on these rows; `None` where the metric is not defined on them, or a column cannot be
/// read. A function of its arguments: rows and orders come from the seed.
pub fn importance(bundle: &Bundle, judged: &Judged<'_>, seed: u64) -> Option<Importance> {
    let scorer = bundle.scorer();
    let inputs = &bundle.transformer.inputs;
    let sample = explain::sample_for(judged.truth.len(), inputs.len(), row_steps(bundle));
    let rows = drawn(judged.truth.len(), sample.rows, seed);
    let frame = bundle.transformer.prepared(judged.frame).ok()?;
    let cells: Vec<Cells<'_>> = inputs
        .iter()
        .map(|input| Cells::of(frame.column(&input.name).ok()?).ok())
        .collect::<Option<_>>()?;
    let mut slots: Vec<Slot> = Vec::with_capacity(rows.len() * inputs.len());
    for &row in &rows {
        let of_row = cells.iter().enumerate();
        slots.extend(
            of_row.map(|(position, cells)| scorer.read(position, cells.cell(row).by_ref())),
        );
    }
    let truth = judged.truth.select(&rows);
    let n_classes = bundle.classes.len();
    let score = |numbers: Vec<f64>| {
        let answered = match n_classes {
            0 => Predictions::Numbers(numbers),
            _ => {
                let labels = numbers.chunks(scorer.n_outputs());
                let labels = labels.map(|row| scorer.label(row, bundle.threshold));
                let predictions = ClassPredictions {
                    n_classes,
                    labels: labels.collect(),
                    probabilities: numbers,
                };
                Predictions::Classes(aligned(predictions, &bundle.classes, judged.classes))
            }
        };
        let value = predictions::score(&truth, &answered).get(judged.metric)?;
        Some(judged.metric.gain(value, 0.0))
    };
    let positions = leading(bundle, sample.columns);
    let orders = explain::orders(rows.len(), sample.repeats, seed ^ SALT);
    let found = explain::permutation(&scorer, &slots, &positions, &orders, score);
    let worth = |(position, found): (&usize, &Option<(f64, f64)>)| Worth {
        column: inputs[*position].name.clone(),
        mean: found.map(|(mean, _)| mean),
        deviation: found.map(|(_, deviation)| deviation),
    };
    let mut columns: Vec<Worth> = positions.iter().zip(&found).map(worth).collect();
    columns.sort_by(|one, other| {
        let key = |worth: &Worth| worth.mean.unwrap_or(f64::NEG_INFINITY);
        key(other).total_cmp(&key(one))
    });
    columns
        .iter()
        .any(|it| it.mean.is_some())
        .then(|| Importance {
            metric: judged.metric,
            rows: rows.len() as u64,
            repeats: sample.repeats as u32,
            left_out: (inputs.len() - positions.len()) as u64,
            columns,
        })
}

/// About how many steps a row takes to answer and to judge.
fn row_steps(bundle: &Bundle) -> usize {
    let answer = match &bundle.predictor {
        Predictor::Linear(linear) => bundle.transformer.inputs.len() * linear.n_outputs(),
        Predictor::Trees(trees) => bundle.transformer.n_features() + trees.roots.len() * TREE_STEPS,
    };
    answer + CLASS_STEPS * bundle.classes.len()
}

/// So many of the rows, in their order.
fn drawn(n_rows: usize, wanted: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = rand::seq::index::sample(&mut rng, n_rows, wanted.min(n_rows)).into_vec();
    rows.sort_unstable();
    rows
}

/// Positions of the columns with the largest weights or gains, at most so many, in the order of the inputs.
fn leading(bundle: &Bundle, most: usize) -> Vec<usize> {
    let mut first = 0;
    let mut ranked: Vec<(f64, usize)> = Vec::new();
    for (position, input) in bundle.transformer.inputs.iter().enumerate() {
        let features = first..first + input.width();
        first = features.end;
        let weight = match &bundle.predictor {
            Predictor::Linear(linear) => (0..linear.n_outputs())
                .flat_map(|output| &linear.weights_of(output)[features.clone()])
                .fold(0.0, |most: f64, weight| most.max(weight.abs())),
            Predictor::Trees(trees) => trees.gain[features].iter().sum(),
        };
        ranked.push((weight, position));
    }
    ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
    let mut positions: Vec<usize> = ranked.into_iter().take(most).map(|(_, it)| it).collect();
    positions.sort_unstable();
    positions
}
