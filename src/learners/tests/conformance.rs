//! What every learner keeps, as scikit-learn's `check_estimator` does for estimators. A new kind is held to it as soon as
//! it is listed in [`kinds`].

use polars::prelude::DataFrame;

use super::golden::probabilities;
use super::{all, fitted, frame, noise};
use crate::config::raw::{Learner, LearnerKind};
use crate::features::{Transformer, View};
use crate::learners::{Error, Learned, Target, fit};
use crate::predictors::Predictor;

fn kinds() -> Vec<LearnerKind> {
    vec![LearnerKind::Logistic]
}

/// 2 500 rows, so that sums come from several parts; numbers with gaps and a text column.
fn data(n_classes: usize) -> (DataFrame, Vec<u32>) {
    let n = 2500;
    let mut random = noise(3);
    let columns: Vec<Vec<Option<f64>>> = (0..3)
        .map(|_| {
            (0..n)
                .map(|_| Some(random() * 10.0).filter(|x| *x < 9.0))
                .collect()
        })
        .collect();
    let texts: Vec<Option<String>> = (0..n)
        .map(|_| ["a", "b", "c", ""][((random() + 1.0) * 2.0) as usize % 4].to_string())
        .map(|text| Some(text).filter(|text| !text.is_empty()))
        .collect();
    let class = (0..n)
        .map(|row| {
            let x = columns[0][row].unwrap_or(0.0) + 8.0 * random();
            let step = 20.0 / n_classes as f64;
            (((x + 10.0) / step) as i64).clamp(0, n_classes as i64 - 1) as u32
        })
        .collect();
    (frame(&columns, &[texts]), class)
}

/// Calls `check` with every kind on two and three classes.
fn each(check: impl Fn(&str, &Learner, &Transformer, &DataFrame, &[u32], usize)) {
    for kind in kinds() {
        for n_classes in [2, 3] {
            let (frame, class) = data(n_classes);
            let settings = Learner {
                kind,
                ..Learner::default()
            };
            let transformer = fitted(&frame).transformer;
            let name = format!("{kind:?}, {n_classes} classes");
            check(&name, &settings, &transformer, &frame, &class, n_classes);
        }
    }
}

fn learn(view: &View<'_>, class: &[u32], n_classes: usize, settings: &Learner) -> Learned {
    fit(view, Target::Classes(class, n_classes), None, settings, 42).expect("learns")
}

fn answers(view: &View<'_>, learned: &Learned) -> Vec<Vec<f64>> {
    let Predictor::Linear(linear) = &learned.predictor else {
        panic!("a linear predictor")
    };
    probabilities(view, linear)
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    each(|name, settings, transformer, frame, class, n_classes| {
        let rows = all(frame);
        let view = transformer.view(frame, &rows).expect("a view");
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            pool.install(|| learn(&view, class, n_classes, settings))
        };
        let first = on(1);
        assert_eq!(first, on(1), "{name}: again");
        assert_eq!(first, on(2), "{name}: two threads");
        assert_eq!(first, on(5), "{name}: five threads");
    });
}

#[test]
fn what_is_learned_has_the_shape_of_the_features_and_classes_and_is_finite() {
    each(|name, settings, transformer, frame, class, n_classes| {
        let rows = all(frame);
        let view = transformer.view(frame, &rows).expect("a view");
        let learned = learn(&view, class, n_classes, settings);
        let Predictor::Linear(linear) = &learned.predictor else {
            panic!("a linear predictor")
        };
        assert!(linear.is_sound(transformer.n_features()), "{name}");
        let outputs = if n_classes == 2 { 1 } else { n_classes };
        assert_eq!(linear.n_outputs(), outputs, "{name}");
        for row in answers(&view, &learned) {
            assert_eq!(row.len(), n_classes, "{name}");
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{name}");
            assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{name}");
        }
    });
}

#[test]
fn it_learns_more_than_the_class_shares() {
    each(|name, settings, transformer, frame, class, n_classes| {
        let rows = all(frame);
        let view = transformer.view(frame, &rows).expect("a view");
        let answers = answers(&view, &learn(&view, class, n_classes, settings));
        let loss =
            |p: &dyn Fn(usize) -> f64| -> f64 { (0..class.len()).map(|row| -p(row).ln()).sum() };
        let share = |wanted: u32| {
            class.iter().filter(|&&class| class == wanted).count() as f64 / class.len() as f64
        };
        let ours = loss(&|row| answers[row][class[row] as usize]);
        let prior = loss(&|row| share(class[row]));
        assert!(ours < 0.9 * prior, "{name}: {ours} against {prior}");
    });
}

#[test]
fn the_order_of_rows_does_not_matter() {
    each(|name, settings, transformer, frame, class, n_classes| {
        let rows = all(frame);
        let back: Vec<u32> = rows.iter().rev().copied().collect();
        let class_back: Vec<u32> = class.iter().rev().copied().collect();
        let view = transformer.view(frame, &rows).expect("a view");
        let view_back = transformer.view(frame, &back).expect("a view");
        let there = answers(&view, &learn(&view, class, n_classes, settings));
        let other = learn(&view_back, &class_back, n_classes, settings);
        let again = answers(&view, &other);
        for (a, b) in there.iter().flatten().zip(again.iter().flatten()) {
            assert!((a - b).abs() <= 1e-9, "{name}: {a} and {b}");
        }
    });
}

#[test]
fn what_is_learned_is_the_same_after_it_was_written_and_read() {
    each(|name, settings, transformer, frame, class, n_classes| {
        let rows = all(frame);
        let view = transformer.view(frame, &rows).expect("a view");
        let learned = learn(&view, class, n_classes, settings);
        let text = serde_json::to_string(&learned.predictor).expect("writes");
        let read: Predictor = serde_json::from_str(&text).expect("reads");
        assert_eq!(read, learned.predictor, "{name}");
    });
}

#[test]
fn rows_of_one_class_and_labels_that_do_not_fit_are_refused() {
    each(|name, settings, transformer, frame, class, n_classes| {
        let rows = all(frame);
        let view = transformer.view(frame, &rows).expect("a view");
        let refused = |labels: &[u32]| {
            fit(&view, Target::Classes(labels, n_classes), None, settings, 1).expect_err(name)
        };
        assert!(matches!(refused(&vec![1; rows.len()]), Error::OneClass));
        assert!(matches!(refused(&class[1..]), Error::Shape { .. }));
        assert!(matches!(refused(&vec![9; rows.len()]), Error::Shape { .. }));
        let nobody = transformer.view(frame, &[]).expect("a view");
        assert!(matches!(
            fit(&nobody, Target::Classes(&[], n_classes), None, settings, 1),
            Err(Error::OneClass)
        ));
    });
}
