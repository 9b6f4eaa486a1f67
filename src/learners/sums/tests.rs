//! Gradient and Hessian against finite differences; sums of parts against sums of the whole.

use polars::prelude::DataFrame;

use super::*;
use crate::features::Fitted;
use crate::learners::tests::{all, fitted, frame, noise};

struct Rows {
    frame: DataFrame,
    fitted: Fitted,
    rows: Vec<u32>,
    target: Vec<u32>,
    parameters: Vec<f64>,
}

/// Two number columns with gaps and two text columns.
fn rows(n: usize, n_outputs: usize) -> Rows {
    let mut random = noise(n as u64);
    let mut numbers = || -> Vec<Option<f64>> {
        (0..n)
            .map(|_| Some(random() * 3.0).filter(|x| *x < 2.8))
            .collect()
    };
    let numbers = [numbers(), numbers()];
    let mut random = noise(77);
    let mut texts = |names: &[&str]| -> Vec<Option<String>> {
        (0..n)
            .map(|_| names[((random() + 1.0) / 2.0 * names.len() as f64) as usize].to_string())
            .map(|text| Some(text).filter(|text| !text.is_empty()))
            .collect()
    };
    let texts = [texts(&["a", "b", ""]), texts(&["u", "v"])];
    let frame = frame(&numbers, &texts);
    let fitted = fitted(&frame);
    let n_classes = if n_outputs == 1 { 2 } else { n_outputs };
    let width = fitted.transformer.n_features() + 1;
    Rows {
        rows: all(&frame),
        target: (0..n).map(|row| (row * 7 % n_classes) as u32).collect(),
        parameters: (0..n_outputs * width).map(|_| random()).collect(),
        frame,
        fitted,
    }
}

const CLASS_WEIGHT: [f64; 3] = [0.5, 2.0, 1.25];

/// Calls `check` with one output and with three.
fn each(n: usize, penalty: f64, check: impl Fn(&DenseObjective<'_>, &[f64])) {
    for n_outputs in [1, 3] {
        let rows = rows(n, n_outputs);
        let view = rows
            .fitted
            .transformer
            .view(&rows.frame, &rows.rows)
            .expect("a view");
        let problem = DenseObjective {
            view: &view,
            target: &rows.target,
            n_outputs,
            penalty,
            class_weight: &CLASS_WEIGHT[..n_outputs.max(2)],
        };
        check(&problem, &rows.parameters);
    }
}

fn assert_near(what: &str, found: f64, wanted: f64, tolerance: f64) {
    let gap = (found - wanted).abs();
    assert!(
        gap <= tolerance * wanted.abs().max(1.0),
        "{what}: {found} is not {wanted}"
    );
}

/// `f` on both sides of parameter `at`, over the distance.
fn slope<T>(
    parameters: &[f64],
    at: usize,
    f: impl Fn(&[f64]) -> T,
    minus: impl Fn(&T, &T) -> f64,
) -> f64 {
    let h = 1e-5;
    let mut moved = parameters.to_vec();
    moved[at] += h;
    let above = f(&moved);
    moved[at] -= 2.0 * h;
    minus(&above, &f(&moved)) / (2.0 * h)
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    each(60, 0.7, |problem, parameters| {
        let here = problem.evaluate(parameters);
        for at in 0..parameters.len() {
            let wanted = slope(parameters, at, |p| problem.evaluate(p).loss, |a, b| a - b);
            assert_near(&format!("gradient {at}"), here.gradient[at], wanted, 1e-6);
        }
    });
}

#[test]
fn the_hessian_is_the_slope_of_the_gradient() {
    each(60, 0.7, |problem, parameters| {
        let n = parameters.len();
        let width = problem.view.n_features() + 1;
        let here = problem.evaluate(parameters);
        let is_bias = |at: usize| at % width == width - 1;
        for row in 0..n {
            for column in 0..=row {
                let gradient = |p: &[f64]| problem.evaluate(p).gradient[row];
                let mut wanted = slope(parameters, column, gradient, |a, b| a - b);
                if problem.n_outputs > 1 && is_bias(row) && is_bias(column) {
                    // The curvature that is given to the direction in which all biases move together.
                    wanted += 1.0;
                }
                assert_near(
                    &format!("hessian {row},{column}"),
                    here.hessian[row * n + column],
                    wanted,
                    1e-6,
                );
            }
        }
    });
}

#[test]
fn the_loss_keeps_its_digits_where_the_model_is_sure_and_wrong() {
    each(40, 0.0, |problem, parameters| {
        let width = problem.view.n_features() + 1;
        for push in [40.0, 800.0, 1e5] {
            let mut parameters = vec![0.0; parameters.len()];
            parameters[width - 1] = push;
            let sums = problem.evaluate(&parameters);
            // One output: every row of class 0 costs the push. More: every row that is not of class 0 does.
            let wrong: f64 = problem
                .target
                .iter()
                .filter(|&&class| (class == 0) == (problem.n_outputs == 1))
                .map(|&class| CLASS_WEIGHT[class as usize])
                .sum();
            assert_near("loss", sums.loss, wrong * push, 1e-12);
        }
    });
}

#[test]
fn sums_of_parts_add_up_to_the_sums_of_the_whole() {
    let n = 5000;
    each(n, 0.0, |problem, parameters| {
        let whole = problem.evaluate(parameters);
        let made = rows(n, problem.n_outputs);
        let mut merged: Option<Sums> = None;
        for part in made.rows.chunks(1234) {
            let view = made
                .fitted
                .transformer
                .view(&made.frame, part)
                .expect("a view");
            let at = part[0] as usize;
            let sums = DenseObjective {
                view: &view,
                target: &made.target[at..at + part.len()],
                n_outputs: problem.n_outputs,
                penalty: 0.0,
                class_weight: problem.class_weight,
            }
            .evaluate(parameters);
            match &mut merged {
                Some(merged) => merged.merge(&sums),
                None => merged = Some(sums),
            }
        }
        let merged = merged.expect("some parts");
        assert_near("loss", merged.loss, whole.loss, 1e-12);
        for (a, b) in merged.gradient.iter().zip(&whole.gradient) {
            assert_near("gradient", *a, *b, 1e-9);
        }
    });
}
