//! What every learner rejects, with a reason.

use super::conformance::{KINDS, Wanted, data, each, small};
use super::{all, fitted};
use crate::learners::fit;
use crate::learners::learned::Error;
use crate::learners::target::{HeldBack, Target};

#[test]
fn rows_of_one_class_and_labels_that_do_not_fit_are_rejected() {
    each(100, |case| {
        let n_classes = case.n_classes;
        let rows = all(&case.frame);
        let view = case.transformer.view(&case.frame, &rows).expect("a view");
        let rejected =
            |target: Target<'_>| fit(&view, target, None, &case.settings, 1).expect_err(&case.name);
        if n_classes == 0 {
            let short = Target::Numbers(&case.numbers[1..]);
            assert!(matches!(rejected(short), Error::Shape { .. }));
            let odd = vec![f64::NAN; rows.len()];
            assert!(matches!(
                rejected(Target::Numbers(&odd)),
                Error::Shape { .. }
            ));
            return;
        }
        let rejected = |labels: &[u32]| rejected(Target::Classes(labels, n_classes));
        assert!(matches!(rejected(&vec![1; rows.len()]), Error::OneClass));
        assert!(matches!(rejected(&case.class[1..]), Error::Shape { .. }));
        assert!(matches!(
            rejected(&vec![9; rows.len()]),
            Error::Shape { .. }
        ));
        let nobody = case.transformer.view(&case.frame, &[]).expect("a view");
        assert!(matches!(
            fit(
                &nobody,
                Target::Classes(&[], n_classes),
                None,
                &case.settings,
                1
            ),
            Err(Error::OneClass)
        ));
    });
}

#[test]
fn what_a_learner_cannot_learn_it_rejects_and_held_back_rows_change_no_shape() {
    for (kind, learns) in KINDS {
        for wanted in Wanted::ALL {
            let (frame, class, numbers) = data(wanted, 200);
            let transformer = fitted(&frame).transformer;
            let rows = all(&frame);
            let view = transformer.view(&frame, &rows).expect("a view");
            let target = match wanted {
                Wanted::Numbers => Target::Numbers(&numbers),
                wanted => Target::Classes(&class, wanted.n_classes()),
            };
            let held_back = HeldBack {
                view: transformer.view(&frame, &rows).expect("a view"),
                target,
            };
            match fit(&view, target, Some(&held_back), &small(kind), 1) {
                Ok(learned) => {
                    assert!(learns.contains(&wanted), "{kind:?} learned {wanted:?}");
                    assert!(learned.predictor.is_sound(view.n_features()));
                }
                Err(error) => {
                    assert!(!learns.contains(&wanted), "{kind:?} {wanted:?}: {error}");
                    assert!(matches!(error, Error::Unable { .. }), "{error}");
                }
            }
        }
    }
}
