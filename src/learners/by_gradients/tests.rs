//! A part of the rows for the curvature, all of them for the gradient: the optimum is that of all rows.

use super::*;
use crate::learners::tests::{all, fitted, frame, noise};

/// Weights and biases of both ways; the second way's curvature comes from every `step`th row, of all categories. The third value is how many passes it took.
fn both(n_classes: usize, step: usize) -> (Linear, Linear, usize) {
    let n = 3_000;
    let mut random = noise(5);
    let mut column = || -> Vec<Option<f64>> {
        let cells = (0..n).map(|_| Some(random() * 3.0).filter(|x| *x < 2.7));
        cells.collect()
    };
    let numbers = [column(), column(), column()];
    let texts: Vec<Option<String>> = (0..n)
        .map(|row| Some(["a", "b", "c"][row % 3].to_string()))
        .collect();
    let mut chance = noise(9);
    let target: Vec<u32> = (0..n)
        .map(|row| {
            let [x, y, _] = [0, 1, 2].map(|at| numbers[at][row].unwrap_or(0.5));
            let margin = x - 0.5 * y + (row % 3) as f64 + 2.0 * chance();
            (margin.max(0.0) as usize).min(n_classes - 1) as u32
        })
        .collect();
    let frame = frame(&numbers, &[texts]);
    let transformer = fitted(&frame).transformer;
    let rows = all(&frame);
    let view = transformer.view(&frame, &rows).expect("a view");
    let settings = Learner::default();
    let here = logistic::fit(&view, &target, n_classes, &settings, 1).expect("learns");
    let few: Vec<u32> = rows.iter().copied().step_by(step).collect();
    let few_classes: Vec<u32> = target.iter().copied().step_by(step).collect();
    let class_weight = vec![1.0; n_classes];
    let whole = DenseObjective {
        view: &view,
        target: &target,
        n_outputs: if n_classes == 2 { 1 } else { n_classes },
        penalty: 0.0,
        class_weight: &class_weight,
    };
    let nearby = Nearby {
        view: &transformer.view(&frame, &few).expect("a view"),
        target: &few_classes,
        of: n as u64,
        class_weight: &class_weight,
    };
    let mut passes = 0;
    let there = super::logistic::<Error>(None, &settings, nearby, |parameters| {
        passes += 1;
        let sums = whole.evaluate(parameters);
        Ok(RowGradient {
            loss: sums.loss,
            first: sums.gradient,
        })
    });
    let there = there.expect("learns");
    assert_eq!(there.notes, [""; 0], "it converges");
    match (here.predictor, there.predictor) {
        (Predictor::Linear(here), Predictor::Linear(there)) => (here, there, passes),
        _ => panic!("two linear predictors"),
    }
}

/// Biases up to what all of them have in common, which changes no probability.
fn about_their_mean(bias: &[f64]) -> Vec<f64> {
    if let [_] = bias {
        return bias.to_vec();
    }
    let mean = bias.iter().sum::<f64>() / bias.len() as f64;
    bias.iter().map(|bias| bias - mean).collect()
}

#[test]
fn the_optimum_is_that_of_all_rows_whatever_the_sample() {
    for n_classes in [2] {
        for step in [1, 7] {
            let (here, there, passes) = both(n_classes, step);
            assert_eq!(here.link, there.link);
            let weights = here.weights.iter().zip(&there.weights);
            let (a, b) = (about_their_mean(&here.bias), about_their_mean(&there.bias));
            for (a, b) in weights.chain(a.iter().zip(&b)) {
                let gap = (a - b).abs();
                assert!(gap <= 1e-9, "{n_classes} classes by {step}: {a} and {b}");
            }
            let most = if step == 1 { 12 } else { 40 };
            assert!(passes <= most, "{n_classes} by {step}: {passes} passes");
        }
    }
}

#[test]
fn of_many_parameters_fewer_rows_give_the_curvature() {
    assert_eq!(stride(100_000, 10), 1);
    assert_eq!(stride(100_000, 1_000), 20);
    assert_eq!(stride(0, 0), 1);
}
