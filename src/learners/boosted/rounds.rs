//! Round after round: gradients of the margins, a tree for each output, the margins with it; and when to stop.

use std::convert::Infallible;

use rayon::prelude::*;

use super::bins::Bins;
use super::coding::Coding;
use super::grow::grow;
use super::histograms::Gradients;
use super::loss::Goal;
use super::margins::Margins;
use super::shape::{Size, Tree};
use super::split::Rules;
use super::units::Unit;

/// Rows whose margins are moved together.
const CHUNK: usize = 1 << 13;
/// Gain below which rows are left together, for numbers in standard form and for classes.
const MIN_GAIN: f64 = 1e-6;

/// How trees are boosted.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Most rounds.
    pub rounds: usize,
    /// Rounds without a smaller loss of the rows held back after which it stops.
    pub patience: usize,
    /// Share of each tree that counts.
    pub learning_rate: f64,
    /// Size of a tree.
    pub size: Size,
    /// λ: L2 penalty on the leaves' values.
    pub lambda: f64,
    /// Least sum of Hessians of a leaf.
    pub min_hessian: f64,
}

/// Rows that tell when to stop.
pub struct Held<'a> {
    /// `(n_bytes, n_rows)`.
    pub bytes: Vec<Vec<u8>>,
    /// Their target.
    pub goal: Goal<'a>,
}

/// A tree with what its leaves add to one output's margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Boost {
    /// The output.
    pub output: usize,
    /// The tree.
    pub tree: Tree,
    /// `(n_leaves)`.
    pub values: Vec<f32>,
    /// What its sums are worth.
    pub unit: Unit,
}

/// What was boosted.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    /// `(n_outputs)`: what every row begins with.
    pub first: Vec<f64>,
    /// The trees of each round up to the best one.
    pub rounds: Vec<Vec<Boost>>,
    /// Whether there were rounds after the best one.
    pub is_stopped: bool,
}

/// Boosts trees on all rows of `bins`; `held` decides which round was best.
pub fn boost(
    bins: &Bins,
    coding: &Coding,
    goal: Goal<'_>,
    held: Option<&Held<'_>>,
    settings: &Settings,
) -> Boosted {
    let (n_rows, n_outputs) = (bins.n_rows(), goal.n_outputs());
    let first = goal.first_margins();
    let margins = begin(&first, n_rows);
    let mut packed = vec![vec![0_u32; n_rows]; n_outputs];
    let mut rows = vec![vec![0_u32; n_rows]; n_outputs];
    let round = |_: usize| -> Result<Vec<Boost>, Infallible> {
        let unit = goal.gradients(&margins, &mut packed);
        let outputs = packed.par_iter().zip(&mut rows).enumerate();
        let grown = outputs.filter(|(output, _)| goal.is_learned(*output)).map(
            |(output, (packed, rows))| {
                let gradients = Gradients {
                    packing: goal.packing(),
                    packed,
                };
                let (rules, size) = (settings.rules(unit), settings.size);
                let grown = grow(bins, coding, gradients, &rules, size, rows);
                let boost = Boost::of(output, grown.tree, unit, settings);
                boost.move_rows(&grown.rows, &margins[output]);
                boost
            },
        );
        Ok(grown.collect())
    };
    let boosted = in_rounds(first, coding, held, settings, round);
    boosted.unwrap_or_else(|never| match never {})
}

/// What rows begin with, for each output.
fn begin(first: &[f64], n_rows: usize) -> Vec<Margins> {
    let margin = |&first: &f64| Margins::new(n_rows, first as f32);
    first.iter().map(margin).collect()
}

/// Round after round: `round` grows a tree for each output that is learned, and moves the margins of the rows that it was grown on;
/// its argument is the place of the round. `held` decides which round was best, and `first` is what every row begins with.
///
/// # Errors
/// What a round says.
pub fn in_rounds<E>(
    first: Vec<f64>,
    coding: &Coding,
    held: Option<&Held<'_>>,
    settings: &Settings,
    mut round: impl FnMut(usize) -> Result<Vec<Boost>, E>,
) -> Result<Boosted, E> {
    let held_margins = held.map(|held| begin(&first, held.bytes.first().map_or(0, Vec::len)));
    let mut rounds: Vec<Vec<Boost>> = Vec::new();
    let (mut best, mut best_loss) = (0, f64::INFINITY);
    if let (Some(held), Some(margins)) = (held, &held_margins) {
        best_loss = held.goal.loss(margins);
    }
    for at in 0..settings.rounds {
        let grown = round(at)?;
        if grown.iter().all(|boost| boost.tree.leaves.len() < 2) {
            break;
        }
        if let (Some(held), Some(margins)) = (held, &held_margins) {
            for boost in &grown {
                boost.tell(coding, &held.bytes, &margins[boost.output]);
            }
            rounds.push(grown);
            let loss = held.goal.loss(margins);
            if loss < best_loss {
                (best, best_loss) = (rounds.len(), loss);
            } else if rounds.len() - best >= settings.patience {
                break;
            }
        } else {
            rounds.push(grown);
            best = rounds.len();
        }
    }
    let is_stopped = best < rounds.len();
    rounds.truncate(best);
    Ok(Boosted {
        first,
        rounds,
        is_stopped,
    })
}

impl Settings {
    /// What a split has to keep, where packed gradients are worth so much.
    pub fn rules(&self, unit: Unit) -> Rules {
        Rules {
            lambda: self.lambda / unit.hessian,
            min_hessian: ((self.min_hessian / unit.hessian).ceil() as i64).max(1),
            min_gain: MIN_GAIN * unit.hessian / (unit.gradient * unit.gradient),
        }
    }
}

impl Boost {
    /// What the leaves of a tree add.
    pub fn of(output: usize, tree: Tree, unit: Unit, settings: &Settings) -> Self {
        let value = |&leaf: &usize| {
            let sum = tree.nodes[leaf].sum;
            let slope = sum.gradient as f64 * unit.gradient;
            let curvature = sum.hessian as f64 * unit.hessian + settings.lambda;
            (-settings.learning_rate * slope / curvature) as f32
        };
        Boost {
            output,
            values: tree.leaves.iter().map(value).collect(),
            tree,
            unit,
        }
    }

    /// Moves the margins of the rows of each leaf, `(n_leaves)`.
    fn move_rows(&self, rows: &[&[u32]], margins: &Margins) {
        let leaves = rows.par_iter().zip(&self.values);
        leaves.for_each(|(rows, &value)| {
            let move_rows = |rows: &[u32]| {
                rows.iter()
                    .for_each(|&row| margins.add(row as usize, value));
            };
            if rows.len() > 2 * CHUNK {
                rows.par_chunks(CHUNK).for_each(move_rows);
            } else {
                move_rows(rows);
            }
        });
    }

    /// Moves the margins of rows that are given by their bytes, `(n_bytes, n_rows)`.
    fn tell(&self, coding: &Coding, bytes: &[Vec<u8>], margins: &Margins) {
        let ways = self.tree.ways(coding);
        (0..margins.len())
            .into_par_iter()
            .with_min_len(CHUNK)
            .for_each(|row| {
                let leaf = self.tree.leaf(&ways, bytes, row);
                margins.add(row, self.values[leaf]);
            });
    }
}
