//! What is learned, as gradients: squared loss of numbers, logistic loss of two classes, softmax loss of more.

use rayon::prelude::*;

use super::exp::{exp, whole};
use super::margins::Margins;
use super::packed::Packing;
use super::units::{Unit, first_margins};

/// Rows worked on at a time; also the rows whose losses are added up before the sums are, so that no number of threads changes
/// a bit.
const CHUNK: usize = 4096;
/// Rows whose numbers stand together for the compiler.
const BLOCK: usize = 64;
/// A product of sums of powers grows to this before its logarithm is taken.
const LARGE: f64 = 1e200;

/// The target of each row.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'a> {
    /// Numbers, learned as `(number - centre) / scale`.
    Numbers {
        /// `(n_rows)`.
        numbers: &'a [f64],
        /// What is taken off.
        centre: f64,
        /// What they are divided by.
        scale: f64,
    },
    /// Classes.
    Classes {
        /// `(n_rows)` indices.
        class: &'a [u32],
        /// `(n_classes)`: how much a row of each counts.
        weight: &'a [f32],
        /// `(n_classes)`: which of them the rows that are learned from have.
        is_present: &'a [bool],
    },
}

impl Goal<'_> {
    /// Margins of each row: one per class where there are more than two.
    pub fn n_outputs(&self) -> usize {
        match self {
            Goal::Classes { weight, .. } if weight.len() > 2 => weight.len(),
            _ => 1,
        }
    }

    /// Whether trees are grown for an output.
    pub fn is_learned(&self, output: usize) -> bool {
        match self {
            Goal::Classes { is_present, .. } if is_present.len() > 2 => is_present[output],
            _ => true,
        }
    }

    /// How gradients are packed.
    pub fn packing(&self) -> Packing {
        match self {
            Goal::Numbers { .. } => Packing::Counted,
            Goal::Classes { .. } => Packing::Halves,
        }
    }

    /// The margins that say no more than how frequent the classes are, `(n_outputs)`; 0 for numbers in standard form.
    pub fn first_margins(&self) -> Vec<f64> {
        let Goal::Classes { class, weight, .. } = self else {
            return vec![0.0];
        };
        let mut sums = vec![0_u64; weight.len()];
        class.iter().for_each(|&class| sums[class as usize] += 1);
        first_margins(&sums, weight)
    }

    /// Writes the packed gradients of every row, `(n_outputs, n_rows)`.
    pub fn gradients(&self, margins: &[Margins], into: &mut [Vec<u32>]) -> Unit {
        match *self {
            Goal::Numbers {
                numbers,
                centre,
                scale,
            } => of_numbers(numbers, (centre, scale), &margins[0], &mut into[0]),
            Goal::Classes { class, weight, .. } => {
                let (unit, weight) = Unit::of_classes(weight);
                match weight.len() {
                    2 => of_two(class, &weight, &margins[0], &mut into[0]),
                    _ => of_many(class, &weight, margins, into),
                }
                unit
            }
        }
    }

    /// The mean loss of all rows.
    pub fn loss(&self, margins: &[Margins]) -> f64 {
        let n_rows = margins[0].len();
        let chunks = n_rows.div_ceil(CHUNK);
        let of_chunk = |chunk: usize| {
            let rows = chunk * CHUNK..((chunk + 1) * CHUNK).min(n_rows);
            match *self {
                Goal::Numbers {
                    numbers,
                    centre,
                    scale,
                } => {
                    let gap = |row: usize| {
                        f64::from(margins[0].get(row)) - (numbers[row] - centre) / scale
                    };
                    let n = rows.len() as f64;
                    (rows.map(|row| gap(row).powi(2)).sum::<f64>(), n)
                }
                Goal::Classes { class, weight, .. } => of_classes(class, weight, margins, rows),
            }
        };
        let sums: Vec<(f64, f64)> = (0..chunks).into_par_iter().map(of_chunk).collect();
        let add = |a: (f64, f64), b: (f64, f64)| (a.0 + b.0, a.1 + b.1);
        let (loss, weight) = sums.into_iter().fold((0.0, 0.0), add);
        loss / weight
    }
}

/// `margin - number`, in units of the largest one.
fn of_numbers(numbers: &[f64], form: (f64, f64), margins: &Margins, into: &mut [u32]) -> Unit {
    let (centre, scale) = form;
    let gradient = |row: usize| f64::from(margins.get(row)) - (numbers[row] - centre) / scale;
    let rows = 0..numbers.len();
    let largest = rows
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(|row| gradient(row).abs());
    let (unit, per_unit) = Unit::of_numbers(largest.reduce(|| 0.0, f64::max));
    into.par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(chunk, into)| {
            for (at, packed) in into.iter_mut().enumerate() {
                *packed = (gradient(chunk * CHUNK + at) * per_unit).round_ties_even() as i32 as u32;
            }
        });
    unit
}

#[inline]
fn pack(probability: f32, truth: f32, weight: f32) -> u32 {
    let gradient = whole((probability - truth) * weight * Packing::LARGEST_HALF);
    let hessian = probability * (1.0 - probability) * weight * (4.0 * Packing::LARGEST_HESSIAN);
    Packing::pack(gradient, whole(hessian.max(1.0)) as u32)
}

fn of_two(class: &[u32], weight: &[f32], margins: &Margins, into: &mut [u32]) {
    let parts = into.par_chunks_mut(CHUNK).zip(class.par_chunks(CHUNK));
    parts.enumerate().for_each(|(chunk, (into, class))| {
        let mut own = [0.0; BLOCK];
        let blocks = into.chunks_mut(BLOCK).zip(class.chunks(BLOCK));
        for (block, (into, class)) in blocks.enumerate() {
            margins.copy(chunk * CHUNK + block * BLOCK, &mut own[..into.len()]);
            let (negative, positive) = (weight[0], weight[1]);
            for ((packed, &class), &margin) in into.iter_mut().zip(class).zip(&own) {
                let truth = class as f32;
                let probability = 1.0 / (1.0 + exp(-margin));
                *packed = pack(probability, truth, negative + truth * (positive - negative));
            }
        }
    });
}

fn of_many(class: &[u32], weight: &[f32], margins: &[Margins], into: &mut [Vec<u32>]) {
    let mut chunks: Vec<Vec<&mut [u32]>> = Vec::new();
    chunks.resize_with(class.len().div_ceil(CHUNK), Vec::new);
    for output in into {
        let parts = output.chunks_mut(CHUNK);
        chunks
            .iter_mut()
            .zip(parts)
            .for_each(|(to, part)| to.push(part));
    }
    chunks
        .into_par_iter()
        .enumerate()
        .for_each(|(chunk, mut into)| {
            let class = &class[chunk * CHUNK..((chunk + 1) * CHUNK).min(class.len())];
            let mut powers = vec![[0.0; BLOCK]; margins.len()];
            for (block, class) in class.chunks(BLOCK).enumerate() {
                let start = block * BLOCK;
                let (_, sums) = powers_of(margins, chunk * CHUNK + start, class.len(), &mut powers);
                for (output, (into, powers)) in into.iter_mut().zip(&powers).enumerate() {
                    let rows = into[start..].iter_mut().zip(class);
                    for ((packed, &class), (&power, &sum)) in rows.zip(powers.iter().zip(&sums)) {
                        let truth = f32::from(u8::from(class as usize == output));
                        *packed = pack(
                            (f64::from(power) / sum) as f32,
                            truth,
                            weight[class as usize],
                        );
                    }
                }
            }
        });
}

/// `exp(margin - largest)` of every output of some rows; returns each row's largest margin, and the sum of its powers, in 64 bits
/// so that the order of the outputs makes next to no difference.
fn powers_of(
    margins: &[Margins],
    start: usize,
    n_rows: usize,
    powers: &mut [[f32; BLOCK]],
) -> ([f32; BLOCK], [f64; BLOCK]) {
    let (mut largest, mut sums) = ([f32::MIN; BLOCK], [0.0; BLOCK]);
    for (output, own) in margins.iter().zip(powers.iter_mut()) {
        output.copy(start, &mut own[..n_rows]);
        for (largest, &margin) in largest.iter_mut().zip(own.iter()) {
            *largest = largest.max(margin);
        }
    }
    for own in powers {
        for ((power, &largest), sum) in own.iter_mut().zip(&largest).zip(&mut sums) {
            *power = exp(*power - largest);
            *sum += f64::from(*power);
        }
    }
    (largest, sums)
}

/// Sum of the losses of some rows, and of their weights. One logarithm is taken of many rows' sums of powers.
fn of_classes(
    class: &[u32],
    weight: &[f32],
    margins: &[Margins],
    rows: std::ops::Range<usize>,
) -> (f64, f64) {
    let mut losses = vec![0.0; weight.len()];
    let mut products = vec![1.0_f64; weight.len()];
    let mut counts = vec![0_u64; weight.len()];
    let mut add = |class: u32, linear: f64, sum: f64| {
        let at = class as usize;
        counts[at] += 1;
        losses[at] += linear;
        products[at] *= sum;
        if products[at] > LARGE {
            losses[at] += products[at].ln();
            products[at] = 1.0;
        }
    };
    if let [margins] = margins {
        for row in rows {
            let margin = margins.get(row);
            let sum = 1.0 + f64::from(exp(-margin.abs()));
            let linear = margin.max(0.0) - class[row] as f32 * margin;
            add(class[row], f64::from(linear), sum);
        }
    } else {
        let mut powers = vec![[0.0; BLOCK]; margins.len()];
        for start in rows.clone().step_by(BLOCK) {
            let end = (start + BLOCK).min(rows.end);
            let (largest, sums) = powers_of(margins, start, end - start, &mut powers);
            for row in start..end {
                let (at, own) = (row - start, &margins[class[row] as usize]);
                add(class[row], f64::from(largest[at] - own.get(row)), sums[at]);
            }
        }
    }
    let classes = losses.iter().zip(&products).zip(&counts).zip(weight);
    let mut sums = (0.0, 0.0);
    for (((loss, product), &count), &weight) in classes {
        sums.0 += f64::from(weight) * (loss + product.ln());
        sums.1 += f64::from(weight) * count as f64;
    }
    sums
}
