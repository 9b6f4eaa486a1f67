//! What every learner keeps, as scikit-learn's `check_estimator` does for estimators. A new kind is held to it as soon as
//! it is listed in [`KINDS`].

use polars::prelude::DataFrame;

use super::{all, answers, fitted, frame, noise};
use crate::config::raw::{ClassWeight, Learner, LearnerKind};
use crate::features::{Transformer, View};
use crate::learners::fit;
use crate::learners::learned::Learned;
use crate::learners::target::Target;
use crate::predictors::Predictor;

/// Each kind with what it learns.
pub(super) const KINDS: [(LearnerKind, &[Wanted]); 8] = [
    (LearnerKind::Logistic, &[Wanted::Two, Wanted::Three]),
    (LearnerKind::Linear, &[Wanted::Numbers]),
    (LearnerKind::Ridge, &[Wanted::Numbers]),
    (LearnerKind::ElasticNet, &[Wanted::Numbers]),
    (LearnerKind::BoostedTrees, &Wanted::ALL),
    (LearnerKind::ExtraTrees, &Wanted::ALL),
    (LearnerKind::RandomForest, &Wanted::ALL),
    (LearnerKind::Baseline, &Wanted::ALL),
];

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wanted {
    Two,
    Three,
    Numbers,
}

impl Wanted {
    pub(super) const ALL: [Wanted; 3] = [Wanted::Two, Wanted::Three, Wanted::Numbers];

    pub(super) fn n_classes(self) -> usize {
        match self {
            Wanted::Two => 2,
            Wanted::Three => 3,
            Wanted::Numbers => 0,
        }
    }
}

/// One kind with one thing to learn.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) settings: Learner,
    pub(super) transformer: Transformer,
    pub(super) frame: DataFrame,
    pub(super) n_classes: usize,
    pub(super) class: Vec<u32>,
    pub(super) numbers: Vec<f64>,
}

impl Case {
    pub(super) fn target(&self) -> Target<'_> {
        match self.n_classes {
            0 => Target::Numbers(&self.numbers),
            n => Target::Classes(&self.class, n),
        }
    }

    pub(super) fn learn(&self, view: &View<'_>) -> Learned {
        fit(view, self.target(), None, &self.settings, 42).expect(&self.name)
    }

    pub(super) fn is(&self, kinds: &[LearnerKind]) -> bool {
        kinds.contains(&self.settings.kind)
    }
}

/// 2 500 rows, so that sums come from several parts; numbers with gaps and a text column.
pub(super) fn data(wanted: Wanted, n: usize) -> (DataFrame, Vec<u32>, Vec<f64>) {
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
    let numbers: Vec<f64> = (0..n)
        .map(|row| columns[0][row].unwrap_or(0.0) + 8.0 * random())
        .collect();
    let n_classes = wanted.n_classes().max(1) as i64;
    let step = 20.0 / n_classes as f64;
    let class = numbers
        .iter()
        .map(|x| (((x + 10.0) / step) as i64).clamp(0, n_classes - 1) as u32)
        .collect();
    (frame(&columns, &[texts]), class, numbers)
}

pub(super) fn small(kind: LearnerKind) -> Learner {
    Learner {
        kind,
        trees: Some(12),
        rounds: Some(12),
        ..Learner::default()
    }
}

/// Calls `check` with every kind and everything it learns.
pub(super) fn each(n_rows: usize, check: impl Fn(&Case)) {
    for (kind, learns) in KINDS {
        for &wanted in learns {
            let (frame, class, numbers) = data(wanted, n_rows);
            check(&Case {
                name: format!("{}, {wanted:?}", kind.name()),
                settings: small(kind),
                transformer: fitted(&frame).transformer,
                frame,
                n_classes: wanted.n_classes(),
                class,
                numbers,
            });
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
    each(2500, |case| {
        let rows = all(&case.frame);
        let view = case.transformer.view(&case.frame, &rows).expect("a view");
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            pool.install(|| case.learn(&view))
        };
        let first = on(1);
        assert_eq!(first, on(1), "{}: again", case.name);
        assert_eq!(first, on(2), "{}: two threads", case.name);
        assert_eq!(first, on(5), "{}: five threads", case.name);
    });
}

#[test]
fn what_is_learned_has_the_shape_of_features_and_target_and_is_finite() {
    each(2500, |case| {
        let rows = all(&case.frame);
        let view = case.transformer.view(&case.frame, &rows).expect("a view");
        let learned = case.learn(&view);
        let name = &case.name;
        assert!(learned.predictor.is_sound(view.n_features()), "{name}");
        let outputs = if case.n_classes > 2 {
            case.n_classes
        } else {
            1
        };
        assert_eq!(learned.predictor.n_outputs(), outputs, "{name}");
        for row in answers(&view, &learned.predictor, case.n_classes) {
            assert_eq!(row.len(), case.n_classes.max(1), "{name}");
            assert!(row.iter().all(|answer| answer.is_finite()), "{name}");
            if case.n_classes > 0 {
                assert!(
                    (row.iter().sum::<f64>() - 1.0).abs() < 1e-11,
                    "{name}: {row:?}"
                );
                assert!(
                    row.iter().all(|p| (0.0..=1.0).contains(p)),
                    "{name}: {row:?}"
                );
            }
        }
    });
}

#[test]
fn it_learns_more_than_shares_and_means() {
    each(2500, |case| {
        if case.is(&[LearnerKind::Baseline]) {
            return;
        }
        // Every other row is learned from, the rest tells.
        let rows = all(&case.frame);
        let (train, test): (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| *row % 2 == 0);
        let class = |rows: &[u32]| rows.iter().map(|&row| case.class[row as usize]).collect();
        let numbers = |rows: &[u32]| rows.iter().map(|&row| case.numbers[row as usize]).collect();
        let (train_class, train_numbers): (Vec<u32>, Vec<f64>) = (class(&train), numbers(&train));
        let target = match case.n_classes {
            0 => Target::Numbers(&train_numbers),
            n => Target::Classes(&train_class, n),
        };
        let view = case.transformer.view(&case.frame, &train).expect("a view");
        let learned = fit(&view, target, None, &case.settings, 42).expect(&case.name);
        let view = case.transformer.view(&case.frame, &test).expect("a view");
        let found = answers(&view, &learned.predictor, case.n_classes);
        let baseline = fit(&view, target, None, &small(LearnerKind::Baseline), 42).expect("learns");
        let prior = answers(&view, &baseline.predictor, case.n_classes);
        let (class, numbers): (Vec<u32>, Vec<f64>) = (class(&test), numbers(&test));
        // Squared error, of numbers or of shares (Brier).
        let loss = |answers: &[Vec<f64>]| -> f64 {
            let one = |(row, answer): (usize, &Vec<f64>)| match case.n_classes {
                0 => (answer[0] - numbers[row]).powi(2),
                _ => (1.0 - answer[class[row] as usize]).powi(2),
            };
            answers.iter().enumerate().map(one).sum()
        };
        let (ours, prior) = (loss(&found), loss(&prior));
        assert!(ours < 0.9 * prior, "{}: {ours} against {prior}", case.name);
    });
}

#[test]
fn where_chance_plays_no_part_the_order_of_rows_does_not_matter() {
    each(2500, |case| {
        let sums_by_row = [LearnerKind::ExtraTrees];
        if case.is(&[LearnerKind::RandomForest]) || (case.is(&sums_by_row) && case.n_classes == 0) {
            return;
        }
        let rows = all(&case.frame);
        let back: Vec<u32> = rows.iter().rev().copied().collect();
        let class_back: Vec<u32> = case.class.iter().rev().copied().collect();
        let numbers_back: Vec<f64> = case.numbers.iter().rev().copied().collect();
        let target_back = match case.n_classes {
            0 => Target::Numbers(&numbers_back),
            n => Target::Classes(&class_back, n),
        };
        let view = case.transformer.view(&case.frame, &rows).expect("a view");
        let view_back = case.transformer.view(&case.frame, &back).expect("a view");
        let other = fit(&view_back, target_back, None, &case.settings, 42).expect(&case.name);
        let there = answers(&view, &case.learn(&view).predictor, case.n_classes);
        let again = answers(&view, &other.predictor, case.n_classes);
        for (a, b) in there.iter().flatten().zip(again.iter().flatten()) {
            assert!((a - b).abs() <= 1e-9, "{}: {a} and {b}", case.name);
        }
    });
}

#[test]
fn which_index_a_class_has_does_not_matter() {
    each(400, |case| {
        if case.n_classes < 3 {
            return;
        }
        let rows = all(&case.frame);
        let view = case.transformer.view(&case.frame, &rows).expect("a view");
        let turned: Vec<u32> = case.class.iter().map(|&class| 2 - class).collect();
        let other = fit(&view, Target::Classes(&turned, 3), None, &case.settings, 42);
        let other = answers(&view, &other.expect(&case.name).predictor, 3);
        let there = answers(&view, &case.learn(&view).predictor, 3);
        for (a, b) in there.iter().zip(&other) {
            let close = a
                .iter()
                .zip(b.iter().rev())
                .all(|(a, b)| (a - b).abs() < 1e-6);
            assert!(close, "{}: {a:?} and {b:?}", case.name);
        }
    });
}

#[test]
fn what_is_learned_is_the_same_after_it_was_written_and_read() {
    each(400, |case| {
        let rows = all(&case.frame);
        let view = case.transformer.view(&case.frame, &rows).expect("a view");
        let learned = case.learn(&view);
        let text = serde_json::to_string(&learned.predictor).expect("writes");
        let read: Predictor = serde_json::from_str(&text).expect("reads");
        assert_eq!(read, learned.predictor, "{}", case.name);
    });
}

#[test]
fn features_that_do_not_vary_in_the_rows_at_hand_are_harmless() {
    let mut random = noise(8);
    let late = (0..100).map(|row| Some(if row < 90 { 0.5 } else { f64::from(row) }));
    let columns = [
        (0..100).map(|_| Some(random())).collect(),
        late.collect::<Vec<_>>(),
    ];
    let frame = frame(&columns, &[]);
    let transformer = fitted(&frame).transformer;
    let rows: Vec<u32> = (0..90).collect();
    let view = transformer.view(&frame, &rows).expect("a view");
    let (class, numbers): (Vec<u32>, Vec<f64>) = (
        (0..90).map(|row| row % 2).collect(),
        (0..90).map(f64::from).collect(),
    );
    for (kind, learns) in KINDS {
        for wanted in learns {
            let target = match wanted {
                Wanted::Numbers => Target::Numbers(&numbers),
                wanted => Target::Classes(&class, wanted.n_classes()),
            };
            let learned = fit(&view, target, None, &small(kind), 1);
            let learned = learned.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
            assert!(
                learned.predictor.is_sound(2),
                "{kind:?} {wanted:?}: {learned:?}"
            );
        }
    }
}

#[test]
fn rows_of_other_kinds_than_any_learned_from_are_answered_with_finite_numbers() {
    each(400, |case| {
        let rows = all(&case.frame);
        let view = case.transformer.view(&case.frame, &rows).expect("a view");
        let learned = case.learn(&view);
        let Predictor::Trees(trees) = &learned.predictor else {
            return;
        };
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, -1e-45] {
            let mut margins = trees.base.clone();
            trees.add(&vec![odd; view.n_features()], &mut margins);
            trees.link.apply(&mut margins);
            assert!(
                margins.iter().all(|answer| answer.is_finite()),
                "{}: {odd}",
                case.name
            );
        }
    });
}

#[test]
fn balanced_classes_raise_the_share_of_the_rare_one() {
    let mut random = noise(21);
    let x: Vec<Option<f64>> = (0..1000).map(|_| Some(random())).collect();
    let class: Vec<u32> = x
        .iter()
        .map(|x| u32::from(x.unwrap_or(0.0) + 0.7 * random() > 1.1))
        .collect();
    let frame = frame(&[x], &[]);
    let transformer = fitted(&frame).transformer;
    let rows = all(&frame);
    let view = transformer.view(&frame, &rows).expect("a view");
    for (kind, learns) in KINDS {
        if !learns.contains(&Wanted::Two) {
            continue;
        }
        let mean = |class_weight| {
            let settings = Learner {
                class_weight,
                min_leaf_rows: Some(20),
                ..small(kind)
            };
            let learned = fit(&view, Target::Classes(&class, 2), None, &settings, 1);
            let answers = answers(&view, &learned.expect("learns").predictor, 2);
            answers.iter().map(|row| row[1]).sum::<f64>() / 1000.0
        };
        let (plain, balanced) = (mean(ClassWeight::None), mean(ClassWeight::Balanced));
        assert!(balanced > 1.5 * plain, "{kind:?}: {plain} and {balanced}");
    }
}
