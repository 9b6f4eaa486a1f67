//! Logistic loss, gradient and Hessian as sums over chunks of rows. A chunk's sums are a plain value and sums merge by
//! adding, so the same function serves one core, all cores, or rows that are somewhere else.

use ndarray::{Array2, ArrayView2, linalg::general_mat_mul};
use rayon::prelude::*;

use crate::features::{Chunk, View};

/// Rows turned into features at a time: the chunk stays in the second-level cache.
const CHUNK_ROWS: usize = 2048;
/// Most partial sums held at once; a fixed number, so that the order of additions does not hang on the machine.
const MOST_PARTS: usize = 16;

/// A regularised logistic regression over the rows of a view.
pub struct DenseObjective<'a> {
    /// The rows.
    pub view: &'a View<'a>,
    /// Class index of each row.
    pub target: &'a [u32],
    /// 1 for two classes, else the number of classes.
    pub n_outputs: usize,
    /// Weight of `|w|² / 2`.
    pub penalty: f64,
    /// How much a row of each class counts, `(n_classes)`.
    pub class_weight: &'a [f64],
}

/// Sums over rows; gradient and Hessian are over all parameters, per output weights then bias.
#[derive(Debug, Clone)]
pub struct Sums {
    /// Σ negative log likelihood.
    pub loss: f64,
    /// `(n_parameters)`.
    pub gradient: Vec<f64>,
    /// `(n_parameters, n_parameters)` row-major; the lower triangle counts.
    pub hessian: Vec<f64>,
}

impl Sums {
    fn zero(n: usize) -> Self {
        Sums {
            loss: 0.0,
            gradient: vec![0.0; n],
            hessian: vec![0.0; n * n],
        }
    }

    /// Adds the sums of other rows.
    pub fn merge(&mut self, other: &Sums) {
        self.loss += other.loss;
        add(&mut self.gradient, &other.gradient);
        add(&mut self.hessian, &other.hessian);
    }
}

fn add(into: &mut [f64], from: &[f64]) {
    into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
}

impl DenseObjective<'_> {
    /// Parameters over all outputs.
    pub fn n_parameters(&self) -> usize {
        self.n_outputs * (self.view.n_features() + 1)
    }

    /// Loss, gradient and Hessian at `parameters`, penalty included.
    pub fn evaluate(&self, parameters: &[f64]) -> Sums {
        let n = self.n_parameters();
        let n_rows = self.view.n_rows();
        let most = (64_000_000 / (8 * n * n).max(1)).clamp(1, MOST_PARTS);
        let rows_per_part = n_rows.div_ceil(most).max(CHUNK_ROWS);
        let parts: Vec<Sums> = (0..n_rows.div_ceil(rows_per_part))
            .into_par_iter()
            .map(|part| {
                self.part(
                    parameters,
                    part * rows_per_part,
                    ((part + 1) * rows_per_part).min(n_rows),
                )
            })
            .collect();
        let mut total = Sums::zero(n);
        parts.iter().for_each(|part| total.merge(part));
        self.mirror_blocks(&mut total.hessian);
        self.add_penalty(parameters, &mut total);
        total
    }

    fn part(&self, parameters: &[f64], start: usize, end: usize) -> Sums {
        let mut sums = Sums::zero(self.n_parameters());
        let mut work = Work::new(self);
        for from in (start..end).step_by(CHUNK_ROWS) {
            let to = (from + CHUNK_ROWS).min(end);
            self.view.fill(from, to, &mut work.chunk);
            work.add(self, parameters, &self.target[from..to], &mut sums);
        }
        sums
    }

    /// The block of two different outputs is used whole, but its upper triangle was left out while adding.
    fn mirror_blocks(&self, hessian: &mut [f64]) {
        let (width, n) = (self.view.n_features() + 1, self.n_parameters());
        for a in 0..self.n_outputs {
            for b in 0..a {
                for i in 0..width {
                    for j in i + 1..width {
                        hessian[(a * width + i) * n + b * width + j] =
                            hessian[(a * width + j) * n + b * width + i];
                    }
                }
            }
        }
    }

    fn add_penalty(&self, parameters: &[f64], sums: &mut Sums) {
        let width = self.view.n_features() + 1;
        let n = self.n_parameters();
        for (index, &parameter) in parameters.iter().enumerate() {
            if index % width == width - 1 {
                continue;
            }
            sums.loss += 0.5 * self.penalty * parameter * parameter;
            sums.gradient[index] += self.penalty * parameter;
            sums.hessian[index * n + index] += self.penalty;
        }
        if self.n_outputs > 1 {
            // Adding one number to every bias changes nothing, so that direction has no curvature. Give it some: the
            // gradient along it is 0, hence the solution stays where it is.
            for row in 0..self.n_outputs {
                for column in 0..self.n_outputs {
                    sums.hessian[(row * width + width - 1) * n + column * width + width - 1] += 1.0;
                }
            }
        }
    }
}

/// Buffers of one thread.
struct Work {
    chunk: Chunk,
    /// `(rows, n_outputs)`: margins, then residuals `p - y`.
    residual: Vec<f64>,
    /// `(rows, n_outputs)`.
    probability: Vec<f64>,
    /// `(rows, n_dense)`: features times the row's curvature.
    weighted: Vec<f64>,
    block: Array2<f64>,
}

impl Work {
    fn new(problem: &DenseObjective<'_>) -> Self {
        let n_dense = problem.view.n_dense();
        Work {
            chunk: Chunk::default(),
            residual: Vec::new(),
            probability: Vec::new(),
            weighted: vec![0.0; CHUNK_ROWS * n_dense],
            block: Array2::zeros((n_dense, n_dense)),
        }
    }

    fn add(
        &mut self,
        problem: &DenseObjective<'_>,
        parameters: &[f64],
        target: &[u32],
        sums: &mut Sums,
    ) {
        sums.loss += self.probabilities(problem, parameters, target);
        let outputs = problem.n_outputs;
        self.residual.clone_from(&self.probability);
        for (row, &class) in target.iter().enumerate() {
            if outputs == 1 {
                self.residual[row] -= f64::from(class);
            } else {
                self.residual[row * outputs + class as usize] -= 1.0;
            }
            let weight = problem.class_weight[class as usize];
            let residuals = &mut self.residual[row * outputs..(row + 1) * outputs];
            residuals
                .iter_mut()
                .for_each(|residual| *residual *= weight);
        }
        for output in 0..outputs {
            self.add_gradient(problem, output, sums);
            for other in 0..=output {
                self.add_hessian(problem, target, (output, other), sums);
            }
        }
    }

    /// Fills in the probabilities of the chunk's rows and returns the rows' loss.
    fn probabilities(
        &mut self,
        problem: &DenseObjective<'_>,
        parameters: &[f64],
        target: &[u32],
    ) -> f64 {
        let (outputs, width) = (problem.n_outputs, problem.view.n_features() + 1);
        let (n_dense, n_one_hot) = (problem.view.n_dense(), problem.view.n_one_hot());
        let link = if outputs == 1 {
            crate::predictors::Link::Logistic
        } else {
            crate::predictors::Link::Softmax
        };
        let mut loss = 0.0;
        self.probability.clear();
        self.probability.resize(self.chunk.n_rows * outputs, 0.0);
        for (row, margins) in self.probability.chunks_mut(outputs).enumerate() {
            let dense = &self.chunk.dense[row * n_dense..(row + 1) * n_dense];
            let ones = &self.chunk.ones[row * n_one_hot..(row + 1) * n_one_hot];
            for (output, margin) in margins.iter_mut().enumerate() {
                let block = &parameters[output * width..(output + 1) * width];
                *margin = block[width - 1] + dot(dense, &block[..n_dense]);
                *margin += ones.iter().map(|&one| block[one as usize]).sum::<f64>();
            }
            loss += problem.class_weight[target[row] as usize] * loss_of(margins, target[row]);
            link.apply(margins);
        }
        loss
    }

    fn add_gradient(&self, problem: &DenseObjective<'_>, output: usize, sums: &mut Sums) {
        let (outputs, width) = (problem.n_outputs, problem.view.n_features() + 1);
        let (n_dense, n_one_hot) = (problem.view.n_dense(), problem.view.n_one_hot());
        let gradient = &mut sums.gradient[output * width..(output + 1) * width];
        for row in 0..self.chunk.n_rows {
            let residual = self.residual[row * outputs + output];
            let dense = &self.chunk.dense[row * n_dense..(row + 1) * n_dense];
            gradient[..n_dense]
                .iter_mut()
                .zip(dense)
                .for_each(|(sum, x)| *sum += residual * x);
            for &one in &self.chunk.ones[row * n_one_hot..(row + 1) * n_one_hot] {
                gradient[one as usize] += residual;
            }
            gradient[width - 1] += residual;
        }
    }

    /// Adds `Σ v · x xᵀ` to the block of two outputs, where `v = p_a (δ_ab - p_b)` times the row's weight. Rows of the block are filled up to
    /// the diagonal at least.
    fn add_hessian(
        &mut self,
        problem: &DenseObjective<'_>,
        target: &[u32],
        (a, b): (usize, usize),
        sums: &mut Sums,
    ) {
        let (outputs, width, n) = (
            problem.n_outputs,
            problem.view.n_features() + 1,
            problem.n_parameters(),
        );
        let (n_dense, n_one_hot, rows) = (
            problem.view.n_dense(),
            problem.view.n_one_hot(),
            self.chunk.n_rows,
        );
        let at = |i: usize, j: usize| (a * width + i) * n + b * width + j;
        let bias = width - 1;
        for (row, &class) in target.iter().enumerate() {
            let p = self.probability[row * outputs + a];
            let curvature = if a == b {
                p * (1.0 - p)
            } else {
                -p * self.probability[row * outputs + b]
            } * problem.class_weight[class as usize];
            let dense = &self.chunk.dense[row * n_dense..(row + 1) * n_dense];
            let ones = &self.chunk.ones[row * n_one_hot..(row + 1) * n_one_hot];
            let weighted = &mut self.weighted[row * n_dense..(row + 1) * n_dense];
            weighted
                .iter_mut()
                .zip(dense)
                .for_each(|(slot, x)| *slot = curvature * x);
            for &one in ones {
                let one = one as usize;
                for (j, value) in weighted.iter().enumerate() {
                    sums.hessian[at(one, j)] += value;
                }
                for &other in ones {
                    sums.hessian[at(one, other as usize)] += curvature;
                }
                sums.hessian[at(bias, one)] += curvature;
            }
            for (j, value) in weighted.iter().enumerate() {
                sums.hessian[at(bias, j)] += value;
            }
            sums.hessian[at(bias, bias)] += curvature;
        }
        if n_dense > 0 {
            let dense = ArrayView2::from_shape((rows, n_dense), &self.chunk.dense);
            let weighted =
                ArrayView2::from_shape((rows, n_dense), &self.weighted[..rows * n_dense]);
            if let (Ok(dense), Ok(weighted)) = (dense, weighted) {
                general_mat_mul(1.0, &weighted.t(), &dense, 0.0, &mut self.block);
            }
            for (i, row) in self.block.outer_iter().enumerate() {
                for (j, value) in row.iter().enumerate() {
                    sums.hessian[at(i, j)] += value;
                }
            }
        }
    }
}

/// Negative log likelihood of one row, from its margins: `ln(1 + eᶻ) - y z` for one output, `ln Σ exp(z_k) - z_y` for
/// more. Taking the logarithm of a probability instead would lose every digit where the model is sure of itself.
pub fn loss_of(margins: &[f64], class: u32) -> f64 {
    if let [margin] = margins {
        let signed = if class == 1 { -margin } else { *margin };
        return signed.max(0.0) + (-signed.abs()).exp().ln_1p();
    }
    let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = margins.iter().map(|margin| (margin - largest).exp()).sum();
    sum.ln() + largest - margins[class as usize]
}

/// `Σ a b`.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests;
