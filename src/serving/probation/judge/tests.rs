//! The table of cases, and what holds whatever was counted.

use proptest::prelude::*;

use super::*;
use crate::serving::probation::counts::Median;

/// A version that answered this many requests in 2 ms, of which so many failed.
fn side(requests: u64, errors: u64) -> Side {
    Side {
        answered: requests - errors,
        errors,
        medians: vec![Median {
            answers: requests - errors,
            ms: 2.0,
        }],
        ..Side::default()
    }
}

fn live(rows: u64, labels: f64, scores: f64) -> Option<LiveShift> {
    Some(LiveShift {
        rows,
        labels,
        scores,
        not_finite: 0,
    })
}

/// A version about which all is known and well.
fn well(requests: u64) -> Evidence {
    Evidence {
        new: side(requests, 0),
        before: Some(side(5000, 0)),
        reads_alike: true,
        live: live(requests, 0.1, 0.05),
        test: Some(TestShift {
            rows: 1000,
            labels: 0.1,
            scores: 0.05,
        }),
        elapsed_ms: 1000,
    }
}

/// With these changes, is the version watched, confirmed or rolled back, and what is said?
#[track_caller]
fn check(change: impl FnOnce(&mut Evidence), wanted: &str) {
    let mut evidence = well(500);
    change(&mut evidence);
    let told = match judge(&evidence, &Probation::default()) {
        Verdict::Watch => "watch".to_string(),
        Verdict::Confirm(said) => format!("confirm: {said}"),
        Verdict::TakeBack(reasons) => format!("roll back: {}", reasons.join("; ")),
    };
    assert!(told.starts_with(wanted), "{told}, not {wanted}");
}

#[test]
fn it_is_watched_until_there_were_enough_requests_or_the_time_is_over() {
    check(|_| {}, "watch");
    check(|it| it.new = side(999, 0), "watch");
    check(
        |it| it.new = side(1000, 0),
        "confirm: nothing spoke against it in 1000 requests; its predictions were compared on 500",
    );
    check(|it| it.elapsed_ms = 3_599_999, "watch");
    check(|it| it.elapsed_ms = 3_600_000, "confirm: few requests: ");
    let quiet = |it: &mut Evidence| {
        (it.new, it.before, it.live) = (side(0, 0), None, None);
        it.elapsed_ms = 3_600_000;
    };
    check(
        quiet,
        "confirm: few requests: nothing spoke against it in 0 of 1000 requests within 60 minutes; \
         errors and times were not compared with those of the version before it; its predictions were not compared",
    );
}

#[test]
fn errors_take_it_back_when_they_are_more_than_before_beyond_doubt() {
    check(|it| it.new = side(9, 9), "watch");
    check(
        |it| it.new = side(10, 10),
        "roll back: 10 of 10 requests failed, 0 of 5000 before it",
    );
    check(|it| it.new = side(500, 25), "watch");
    check(|it| it.new = side(500, 75), "roll back: 75 of 500");
    // The same share is what is usual where the version before had it, too.
    let usual = |it: &mut Evidence| {
        it.new = side(500, 75);
        it.before = Some(side(5000, 750));
    };
    check(usual, "watch");
    let unknown = |it: &mut Evidence| {
        it.new = side(500, 75);
        it.before = None;
    };
    check(unknown, "roll back: 75 of 500 requests failed, not known");
}

#[test]
fn refused_rows_count_only_where_the_columns_changed() {
    let refused = |is_alike: bool| {
        move |it: &mut Evidence| {
            it.new.refused = 400;
            it.reads_alike = is_alike;
        }
    };
    check(refused(true), "watch");
    check(refused(false), "roll back: 400 of 900 requests failed");
}

#[test]
fn slow_is_both_slower_than_before_and_slow() {
    let takes =
        |ms: f64, answers: u64| move |it: &mut Evidence| it.new.medians[0] = Median { answers, ms };
    check(takes(49.0, 500), "watch");
    check(takes(51.0, 99), "watch");
    check(takes(51.0, 100), "roll back: half of the answers take 51.0");
    let as_before = |it: &mut Evidence| {
        takes(51.0, 500)(it);
        it.before = Some(Side {
            medians: vec![Median {
                answers: 500,
                ms: 11.0,
            }],
            ..side(5000, 0)
        });
    };
    check(as_before, "watch");
}

#[test]
fn other_predictions_count_beyond_those_on_the_test_rows() {
    check(|it| it.live = live(5000, 0.55, 0.55), "watch");
    check(
        |it| it.live = live(5000, 0.9, 0.1),
        "roll back: it labels 90 % of 5000 rows",
    );
    check(
        |it| it.live = live(5000, 0.1, 0.9),
        "roll back: its answers are 0.90 away",
    );
    // Few rows show nothing, however far apart.
    check(|it| it.live = live(20, 1.0, 1.0), "watch");
    // What the gate saw as well, on the test rows, is not a surprise.
    let expected = |it: &mut Evidence| {
        it.live = live(5000, 1.0, 1.0);
        it.test = Some(TestShift {
            rows: 1000,
            labels: 0.9,
            scores: 0.9,
        });
    };
    check(expected, "watch");
    let unknown = |it: &mut Evidence| {
        it.live = live(5000, 1.0, 1.0);
        it.test = None;
    };
    check(unknown, "watch");
}

#[test]
fn what_is_no_number_takes_it_back_at_once() {
    check(|it| it.new.not_finite = 1, "roll back: 1 predictions");
    let one = |it: &mut Evidence| {
        it.new = side(1, 0);
        it.live = Some(LiveShift {
            rows: 1,
            not_finite: 1,
            ..LiveShift::default()
        });
    };
    check(one, "roll back: 1 predictions are not finite numbers");
    for odd in [f64::NAN, f64::INFINITY] {
        let said = "roll back: what was measured is not a number";
        check(|it| it.live = live(5, odd, 0.0), said);
        check(|it| it.live = live(5, 0.0, odd), said);
        check(|it| it.new.medians[0].ms = odd, said);
    }
}

fn any_side() -> impl Strategy<Value = Side> {
    let ms = prop_oneof![0.0..1e5, Just(f64::NAN), Just(f64::INFINITY)];
    (0..5000_u64, 0..5000_u64, 0..5000_u64, 0..2000_u64, ms).prop_map(
        |(answered, errors, refused, answers, ms)| Side {
            answered,
            errors,
            refused,
            not_finite: 0,
            medians: vec![Median { answers, ms }],
        },
    )
}

fn share() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..=1.0, 1 => Just(f64::NAN)]
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let live = proptest::option::of((0..6000_u64, share(), share(), 0..2_u64));
    let test = proptest::option::of((0..6000_u64, share(), share()));
    let before = proptest::option::of(any_side());
    (
        any_side(),
        before,
        any::<bool>(),
        live,
        test,
        0..5_000_000_i64,
    )
        .prop_map(
            |(new, before, reads_alike, live, test, elapsed_ms)| Evidence {
                new,
                before,
                reads_alike,
                live: live.map(|(rows, labels, scores, not_finite)| LiveShift {
                    rows,
                    labels,
                    scores,
                    not_finite,
                }),
                test: test.map(|(rows, labels, scores)| TestShift {
                    rows,
                    labels,
                    scores,
                }),
                elapsed_ms,
            },
        )
}

fn has_odd_number(evidence: &Evidence) -> bool {
    let live = evidence.live.map_or(0.0, |it| it.labels + it.scores);
    let test = evidence.test.map_or(0.0, |it| it.labels + it.scores);
    let medians = sides(evidence).flat_map(|side| &side.medians);
    !(live + test + medians.map(|it| it.ms).sum::<f64>()).is_finite()
}

proptest! {
    #[test]
    fn nothing_odd_and_nothing_early_is_confirmed(evidence in any_evidence()) {
        let settings = Probation::default();
        if let Verdict::Confirm(_) = judge(&evidence, &settings) {
            prop_assert!(!has_odd_number(&evidence));
            prop_assert!(evidence.live.is_none_or(|it| it.not_finite == 0));
            let is_time = evidence.elapsed_ms >= settings.lasts_ms();
            prop_assert!(is_time || evidence.requests() >= u64::from(settings.requests));
        }
    }

    #[test]
    fn more_errors_never_help(evidence in any_evidence(), more in 0.0..1.0) {
        let settings = Probation::default();
        let is_taken = |it: &Evidence| matches!(judge(it, &settings), Verdict::TakeBack(_));
        let mut worse = evidence.clone();
        let moved = (worse.new.answered as f64 * more) as u64;
        worse.new.answered -= moved;
        worse.new.errors += moved;
        prop_assert!(!is_taken(&evidence) || is_taken(&worse));
    }

    #[test]
    fn a_version_like_the_one_before_is_never_rolled_back(
        one in any_side(), shift in 0.0..=1.0_f64, rows in 0..6000_u64, time in 0..5_000_000_i64,
    ) {
        prop_assume!(one.medians[0].ms.is_finite());
        let evidence = Evidence {
            before: Some(one.clone()),
            new: one,
            reads_alike: true,
            live: live(rows, shift, shift),
            test: Some(TestShift { rows, labels: shift, scores: shift }),
            elapsed_ms: time,
        };
        // Where the version before answered too little to be what is normal, failing counts.
        let is_normal = evidence.new.answered + evidence.new.errors >= FEW_BEFORE;
        let verdict = judge(&evidence, &Probation::default());
        prop_assert!(!is_normal || !matches!(verdict, Verdict::TakeBack(_)));
    }

    #[test]
    fn what_differs_by_half_at_most_is_never_rolled_back(rows in 0..6000_u64, shift in 0.0..=0.5) {
        let mut evidence = well(900);
        evidence.live = live(rows, shift, shift);
        prop_assert_eq!(judge(&evidence, &Probation::default()), Verdict::Watch);
    }
}
