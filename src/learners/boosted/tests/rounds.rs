//! Losses and their slopes, and when the rounds end.

use crate::config::raw::{Learner, LearnerKind};
use crate::learners::boosted::loss::Goal;
use crate::learners::boosted::margins::Margins;
use crate::learners::boosted::packed::Packing;
use crate::learners::fit;
use crate::learners::target::{HeldBack, Target};
use crate::learners::tests::{fitted, frame, noise};
use crate::predictors::Predictor;

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    let class: Vec<u32> = (0..60).map(|row| row % 3).collect();
    let two: Vec<u32> = (0..60).map(|row| row % 2).collect();
    let numbers: Vec<f64> = (0..60).map(|row| f64::from(row) / 7.0).collect();
    let is_present = [true; 3];
    let goals = [
        Goal::Numbers {
            numbers: &numbers,
            centre: 4.0,
            scale: 2.0,
        },
        Goal::Classes {
            class: &two,
            weight: &[0.5, 2.0],
            is_present: &is_present[..2],
        },
        Goal::Classes {
            class: &class,
            weight: &[0.5, 2.0, 1.0],
            is_present: &is_present,
        },
    ];
    for goal in goals {
        let n = goal.n_outputs();
        let mut random = noise(3);
        let at: Vec<Vec<f32>> = (0..n)
            .map(|_| (0..60).map(|_| 2.0 * random() as f32).collect())
            .collect();
        // The loss of all rows is a mean; of one row's slope the rest falls away.
        let loss = |moved: Option<(usize, usize, f32)>| {
            let margins: Vec<Margins> = (0..n).map(|_| Margins::new(60, 0.0)).collect();
            for (output, own) in at.iter().enumerate() {
                own.iter()
                    .enumerate()
                    .for_each(|(row, &value)| margins[output].add(row, value));
            }
            if let Some((output, row, by)) = moved {
                margins[output].add(row, by);
            }
            let mut packed = vec![vec![0; 60]; n];
            let unit = goal.gradients(&margins, &mut packed);
            (goal.loss(&margins), packed, unit)
        };
        let (_, packed, unit) = loss(None);
        let is_number = matches!(goal, Goal::Numbers { .. });
        let weights = match goal {
            Goal::Numbers { .. } => 60.0,
            Goal::Classes { class, weight, .. } => class
                .iter()
                .map(|&class| f64::from(weight[class as usize]))
                .sum(),
        };
        for (output, packed) in packed.iter().enumerate().take(n) {
            for (row, &packed) in packed.iter().enumerate().take(60) {
                let step = 0.02;
                let (up, down) = (
                    loss(Some((output, row, step))).0,
                    loss(Some((output, row, -step))).0,
                );
                let mut slope = (up - down) / (2.0 * f64::from(step)) * weights;
                if is_number {
                    // Squared loss without the half that its gradient goes with.
                    slope /= 2.0;
                }
                let sum = match goal.packing() {
                    Packing::Halves => Packing::Halves.sum(Packing::halves(packed)),
                    Packing::Counted => Packing::Counted.sum(Packing::counted(packed)),
                };
                let found = sum.gradient as f64 * unit.gradient;
                assert!(
                    (found - slope).abs() < 2e-3,
                    "{goal:?} {output} {row}: {found} {slope}"
                );
            }
        }
    }
}

#[test]
fn it_stops_when_held_back_rows_are_told_no_better() {
    let mut random = noise(23);
    let x: Vec<Option<f64>> = (0..600).map(|_| Some(random())).collect();
    for n_classes in [2, 3] {
        let class: Vec<u32> = x
            .iter()
            .map(|x| ((x.unwrap_or(0.0) + random() + 2.0) / 4.0 * n_classes as f64) as u32)
            .collect();
        let frame = frame(std::slice::from_ref(&x), &[]);
        let transformer = fitted(&frame).transformer;
        let (train, held): (Vec<u32>, Vec<u32>) = (0..600).partition(|row| row % 3 > 0);
        let part =
            |rows: &[u32]| -> Vec<u32> { rows.iter().map(|&row| class[row as usize]).collect() };
        let (train_class, held_class) = (part(&train), part(&held));
        let view = transformer.view(&frame, &train).expect("a view");
        let held_back = HeldBack {
            view: transformer.view(&frame, &held).expect("a view"),
            target: Target::Classes(&held_class, n_classes),
        };
        let settings = Learner {
            kind: LearnerKind::BoostedTrees,
            rounds: Some(200),
            early_stopping: 5,
            ..Learner::default()
        };
        let rounds = |held_back| {
            let target = Target::Classes(&train_class, n_classes);
            let learned = fit(&view, target, held_back, &settings, 1).expect("learns");
            let Predictor::Trees(trees) = learned.predictor else {
                panic!("trees")
            };
            (trees.roots.len() / trees.n_outputs(), learned.notes.len())
        };
        assert_eq!(rounds(None), (200, 0));
        let (stopped, notes) = rounds(Some(&held_back));
        assert!(stopped < 100 && notes == 1, "{stopped} rounds");
    }
}
