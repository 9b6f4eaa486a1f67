//! What holds for any frame.

use polars::prelude::{Column, DataFrame};
use proptest::prelude::*;

use super::{all, frame, matrix};
use crate::config::features::{Features, Impute, Scaling, TextFeatures};
use crate::features::{Cells, Error, Fitted, Goal, Plan, Purpose, fit, fit_for};

/// Numbers of every kind, the nasty ones often.
fn number() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        2 => Just(None),
        6 => (-100.0..100.0).prop_map(Some),
        4 => any::<f64>().prop_map(Some),
        2 => prop::sample::select(vec![
            0.0, -0.0, f64::MAX, f64::MIN, 1e308, -1e308, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
        ]).prop_map(Some),
    ]
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        5 => prop::sample::select(vec!["a", "b", "", " ", "ü", "nan", "1e308", "<missing>", "<other>"]).prop_map(|t| Some(t.to_string())),
        2 => ".{0,6}".prop_map(Some),
    ]
}

/// Two number columns, two text columns, one of whole numbers and one of truth values, of one height.
fn any_frame() -> impl Strategy<Value = DataFrame> {
    (2_usize..25).prop_flat_map(|n| {
        let numbers = || prop::collection::vec(number(), n);
        let texts = || prop::collection::vec(text(), n);
        let wholes = prop::collection::vec(prop::option::of(any::<i64>()), n);
        let flags = prop::collection::vec(prop::option::of(any::<bool>()), n);
        (numbers(), numbers(), texts(), texts(), wholes, flags).prop_map(|(a, b, c, d, e, f)| {
            frame(vec![
                Column::new("a".into(), a),
                Column::new("c".into(), c),
                Column::new("b".into(), b),
                Column::new("d".into(), d),
                Column::new("e".into(), e),
                Column::new("f".into(), f),
            ])
        })
    })
}

/// The fitted transformer; `None` where the frame has nothing to learn from.
fn try_fit(frame: &DataFrame) -> Option<Fitted> {
    match fit(frame, &all(frame), &[], &Features::default()) {
        Ok(fitted) => Some(fitted),
        Err(Error::NothingToLearnFrom(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_frame_gives_sound_steps_and_finite_features(frame in any_frame()) {
        if let Some(fitted) = try_fit(&frame) {
            prop_assert!(fitted.transformer.is_sound());
            prop_assert_eq!(fitted.transformer.inputs.len() + fitted.dropped.len(), frame.width());
            let names = fitted.transformer.feature_names();
            prop_assert_eq!(names.len(), fitted.transformer.n_features());
            for row in matrix(&fitted, &frame) {
                prop_assert!(row.iter().all(|x| x.is_finite()), "{:?}", row);
            }
        }
    }

    #[test]
    fn a_batch_is_its_rows_one_by_one(frame in any_frame()) {
        if let Some(fitted) = try_fit(&frame) {
            let whole = matrix(&fitted, &frame);
            for row in all(&frame) {
                let alone = [row];
                let view = fitted.transformer.view(&frame, &alone).expect("a view");
                prop_assert_eq!(&view.dense(), &whole[row as usize]);
            }
        }
    }

    #[test]
    fn a_chunk_holds_the_same_numbers_as_the_dense_matrix(frame in any_frame()) {
        if let Some(fitted) = try_fit(&frame) {
            let rows = all(&frame);
            let view = fitted.transformer.view(&frame, &rows).expect("a view");
            let mut chunk = crate::features::Chunk::default();
            view.fill(0, rows.len(), &mut chunk);
            let width = view.n_features();
            let mut rebuilt = vec![0.0; rows.len() * width];
            for row in 0..chunk.n_rows {
                let dense = &chunk.dense[row * view.n_dense()..(row + 1) * view.n_dense()];
                rebuilt[row * width..row * width + view.n_dense()].copy_from_slice(dense);
                for &one in &chunk.ones[row * view.n_one_hot()..(row + 1) * view.n_one_hot()] {
                    rebuilt[row * width + one as usize] = 1.0;
                }
            }
            prop_assert_eq!(rebuilt, view.dense());
        }
    }

    #[test]
    fn the_order_of_columns_in_a_frame_does_not_matter_to_what_is_fitted(frame in any_frame()) {
        if let Some(fitted) = try_fit(&frame) {
            let columns: Vec<Column> = frame.columns().iter().rev().cloned().collect();
            let turned = super::frame(columns);
            prop_assert_eq!(matrix(&fitted, &turned), matrix(&fitted, &frame));
        }
    }

    #[test]
    fn the_order_of_rows_changes_no_category_and_hardly_a_number(frame in any_frame()) {
        let back: Vec<u32> = all(&frame).into_iter().rev().collect();
        let again = fit(&frame, &back, &[], &Features::default()).ok();
        match (try_fit(&frame), again) {
            (Some(there), Some(again)) => {
                prop_assert_eq!(there.transformer.feature_names(), again.transformer.feature_names());
                prop_assert_eq!(there.dropped, again.dropped);
            }
            (there, again) => prop_assert_eq!(there.is_none(), again.is_none()),
        }
    }

    #[test]
    fn the_order_of_rows_changes_no_step_of_any_purpose(frame in any_frame()) {
        let settings = Features {
            text: TextFeatures { min_rows: 1, characters: [2, 2], ..TextFeatures::default() },
            impute: Some(Impute::Median),
            indicator: true,
            scale: Some(Scaling::Robust),
            ..Features::default()
        };
        let class: Vec<u32> = (0..frame.height() as u32).map(|row| row % 2).collect();
        let turned: Vec<u32> = class.iter().rev().copied().collect();
        let back: Vec<u32> = all(&frame).into_iter().rev().collect();
        for purpose in [Purpose::Linear, Purpose::Trees, Purpose::Texts] {
            let fitted = |rows: &[u32], class: &[u32]| {
                let plan = Plan {
                    excluded: &[],
                    settings: &settings,
                    purpose,
                    goal: Some(Goal::Classes(class, 2)),
                    seed: 1,
                    derived: &[],
                    times: &[],
                    reading: &Default::default(),
                };
                fit_for(&frame, rows, &plan).ok()
            };
            match (fitted(&all(&frame), &class), fitted(&back, &turned)) {
                (Some(there), Some(again)) => {
                    prop_assert_eq!(there.transformer, again.transformer);
                    prop_assert_eq!(there.dropped, again.dropped);
                }
                (there, again) => prop_assert_eq!(there.is_none(), again.is_none()),
            }
        }
    }

    #[test]
    fn a_cell_of_its_own_reads_as_it_reads_in_its_column(frame in any_frame()) {
        for column in frame.columns() {
            let cells = Cells::of(column).expect("a known type");
            for row in 0..frame.height() {
                let cell = cells.cell(row);
                prop_assert_eq!(cell.number().map(f64::to_bits), cells.number(row).map(f64::to_bits));
                prop_assert_eq!(cell.text(), cells.text(row));
            }
        }
    }
}
