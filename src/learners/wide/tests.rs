//! Against slopes by hand, threads and thousands of categories; the goldens are in `learners/tests`.

use super::*;
use crate::config::raw::Learner;
use crate::learners::fit as learn;
use crate::learners::target::Target;
use crate::learners::tests::{all, many_categories, noise, one_hot};
use crate::predictors::Predictor;

fn rows(n: usize, n_features: u32) -> Rows {
    let mut random = noise(41);
    let mut draw = |most: u32| ((random() + 1.0) / 2.0 * f64::from(most)) as u32 % most;
    let entries: Vec<Vec<(u32, f32)>> = (0..n)
        .map(|_| {
            (0..4)
                .map(|_| (draw(n_features), 0.5 + draw(8) as f32 / 4.0))
                .collect()
        })
        .collect();
    Rows::from_entries(n_features as usize, &entries)
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let rows = rows(300, 9);
    let class: Vec<u32> = (0..300).map(|row| row % 3).collect();
    let two: Vec<u32> = (0..300).map(|row| row % 2).collect();
    let numbers: Vec<f64> = (0..300).map(|row| f64::from(row % 11)).collect();
    let weight = [0.5, 2.0, 1.0];
    let all = [
        Wanted::Classes {
            class: &class,
            n_outputs: 3,
            weight: &weight,
        },
        Wanted::Classes {
            class: &two,
            n_outputs: 1,
            weight: &weight,
        },
        Wanted::Numbers(&numbers),
    ];
    for wanted in all {
        let problem = SparseObjective {
            rows: &rows,
            wanted,
            penalty: 0.7,
        };
        let mut random = noise(43);
        let parameters: Vec<f64> = (0..problem.n_parameters()).map(|_| random()).collect();
        let (_, gradient) = problem.evaluate(&parameters);
        for (at, slope) in gradient.iter().enumerate() {
            let loss = |step: f64| {
                let mut moved = parameters.clone();
                moved[at] += step;
                problem.evaluate(&moved).0
            };
            let by_hand = (loss(1e-5) - loss(-1e-5)) / 2e-5;
            assert!(
                (slope - by_hand).abs() < 1e-7,
                "{at}: {slope} and {by_hand}"
            );
        }
    }
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    let rows = rows(800, 300);
    let class: Vec<u32> = (0..800).map(|row| row * 31 % 4).collect();
    let wanted = Wanted::Classes {
        class: &class,
        n_outputs: 4,
        weight: &[1.0; 4],
    };
    let problem = SparseObjective {
        rows: &rows,
        wanted,
        penalty: 1.0,
    };
    let stop = Stop {
        iterations: 8,
        gradient: 1e-6,
        change: 1e-9,
    };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool")
            .install(|| fit(&problem, stop).expect("fits"))
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
}

#[test]
fn thousands_of_categories_are_told_apart_without_a_dense_matrix() {
    let (frame, category) = many_categories(4200, 2100);
    let transformer = one_hot(2100);
    let rows = all(&frame);
    let view = transformer.view(&frame, &rows).expect("a view");
    assert_eq!(view.n_features(), 2102);
    for n_classes in [2_u32, 3] {
        let class: Vec<u32> = category
            .iter()
            .map(|category| category % n_classes)
            .collect();
        let settings = Learner {
            c: Some(10.0),
            ..Learner::default()
        };
        let target = Target::Classes(&class, n_classes as usize);
        let learned = learn(&view, target, None, &settings, 1).expect("learns");
        assert_eq!(learned.notes, Vec::<String>::new());
        let Predictor::Linear(linear) = learned.predictor else {
            panic!("a linear predictor")
        };
        assert!(linear.is_sound(2102));
        let margin = |row: usize, output: usize| {
            linear.bias[output] + linear.weights_of(output)[category[row] as usize]
        };
        let wrong = (0..rows.len()).filter(|&row| match n_classes {
            2 => (margin(row, 0) > 0.0) != (class[row] == 1),
            _ => (0..3).any(|other| margin(row, other) > margin(row, class[row] as usize)),
        });
        assert_eq!(wrong.count(), 0, "{n_classes} classes");
    }
}
