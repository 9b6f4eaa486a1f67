//! What becomes of ticks: by hand, and once each whatever the questions.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::{
    Due, Expression, MOST_LISTED, Missed, Outcome, Pause, Plan, count_between, due, jitter_of,
    ticks_after,
};
use super::{expression, utc};

const CATCH_UP: Outcome = Outcome::CatchUp;
const SUPERSEDED: Outcome = Outcome::Missed(Missed::Superseded);
const TOO_LATE: Outcome = Outcome::Missed(Missed::TooLate);
const PAUSED_SINCE: Outcome = Outcome::Missed(Missed::PausedSince);

/// No jitter, a minute's grace, six hours to catch up, in force forever.
fn plan(expression: &Expression) -> Plan<'_> {
    Plan {
        model: "attrition",
        expression,
        zone: Tz::UTC,
        since: utc("2000-01-01 00:00"),
        jitter: TimeDelta::zero(),
        grace: TimeDelta::seconds(60),
        catch_up: TimeDelta::hours(6),
        pause: None,
    }
}

fn ask(plan: &Plan<'_>, cursor: &str, now: &str) -> Due {
    due(plan, utc(cursor), utc(now))
}

/// `(HH:MM, what becomes of it)`.
fn outcomes(due: &Due) -> Vec<(String, Outcome)> {
    let pair = |tick: &super::super::Tick| (tick.at.format("%H:%M").to_string(), tick.outcome);
    due.ticks.iter().map(pair).collect()
}

fn pairs(expected: &[(&str, Outcome)]) -> Vec<(String, Outcome)> {
    expected
        .iter()
        .map(|(at, outcome)| (at.to_string(), *outcome))
        .collect()
}

#[test]
fn nothing_is_due_before_its_time_and_the_tick_fires_at_it() {
    let daily = expression("15 3 * * *");
    let early = ask(&plan(&daily), "2026-01-01 00:00", "2026-01-01 03:14:59");
    assert_eq!(
        (early.ticks.len(), early.next),
        (0, Some(utc("2026-01-01 03:15")))
    );
    let at = ask(&plan(&daily), "2026-01-01 03:14:59", "2026-01-01 03:15:00");
    assert_eq!(outcomes(&at), pairs(&[("03:15", Outcome::Fire)]));
    assert_eq!(at.next, Some(utc("2026-01-02 03:15")));
    let again = due(&plan(&daily), at.cursor, utc("2026-01-01 03:15:01"));
    assert!(again.ticks.is_empty());
}

#[test]
fn a_minute_late_is_on_time_and_a_second_more_is_caught_up() {
    let daily = expression("15 3 * * *");
    let on_time = ask(&plan(&daily), "2026-01-01 03:00", "2026-01-01 03:16:00");
    assert_eq!(outcomes(&on_time), pairs(&[("03:15", Outcome::Fire)]));
    let late = ask(&plan(&daily), "2026-01-01 03:00", "2026-01-01 03:16:01");
    assert_eq!(outcomes(&late), pairs(&[("03:15", CATCH_UP)]));
}

#[test]
fn after_downtime_only_the_latest_fires() {
    let hourly = expression("0 * * * *");
    let back = ask(&plan(&hourly), "2026-01-01 00:30", "2026-01-01 03:30");
    let wanted = [
        ("01:00", SUPERSEDED),
        ("02:00", SUPERSEDED),
        ("03:00", CATCH_UP),
    ];
    assert_eq!(outcomes(&back), pairs(&wanted));
}

#[test]
fn a_tick_on_time_makes_catching_up_needless() {
    let hourly = expression("0 * * * *");
    let back = ask(&plan(&hourly), "2026-01-01 00:30", "2026-01-01 02:00:10");
    assert_eq!(
        outcomes(&back),
        pairs(&[("01:00", SUPERSEDED), ("02:00", Outcome::Fire)])
    );
}

#[test]
fn beyond_the_catch_up_window_nothing_fires() {
    let daily = expression("0 3 * * *");
    let inside = ask(&plan(&daily), "2026-01-01 00:00", "2026-01-02 09:00");
    assert_eq!(
        outcomes(&inside),
        pairs(&[("03:00", SUPERSEDED), ("03:00", CATCH_UP)])
    );
    let outside = ask(&plan(&daily), "2026-01-01 00:00", "2026-01-02 09:00:01");
    assert_eq!(
        outcomes(&outside),
        pairs(&[("03:00", TOO_LATE), ("03:00", TOO_LATE)])
    );
    let mut never = plan(&daily);
    never.catch_up = TimeDelta::zero();
    let late = ask(&never, "2026-01-01 00:00", "2026-01-01 03:02");
    assert_eq!(outcomes(&late), pairs(&[("03:00", TOO_LATE)]));
}

#[test]
fn a_long_downtime_lists_a_thousand_and_sums_the_rest() {
    let minutely = expression("* * * * *");
    let cursor = utc("2026-01-01 00:00");
    let now = utc("2027-01-01 00:00:30");
    let back = due(&plan(&minutely), cursor, now);
    assert_eq!(back.ticks.len(), MOST_LISTED);
    assert!(
        back.ticks
            .iter()
            .rev()
            .skip(1)
            .all(|tick| tick.outcome == SUPERSEDED)
    );
    assert_eq!(
        back.ticks.last().map(|tick| tick.outcome),
        Some(Outcome::Fire)
    );
    let earlier = back.earlier.expect("a sum");
    assert_eq!(earlier.missed + MOST_LISTED as u64, 365 * 24 * 60);
    assert_eq!(earlier.skipped_paused, 0);
    assert_eq!(earlier.first, utc("2026-01-01 00:01"));
    assert_eq!(earlier.last + TimeDelta::minutes(1), back.ticks[0].at);
}

#[test]
fn a_sum_tells_pauses_apart() {
    let minutely = expression("* * * * *");
    let mut paused = plan(&minutely);
    paused.pause = Some(Pause {
        from: utc("2026-02-01 00:00"),
        until: Some(utc("2026-02-02 00:00")),
    });
    let earlier = ask(&paused, "2026-01-01 00:00", "2026-03-01 00:00")
        .earlier
        .expect("a sum");
    assert_eq!(earlier.skipped_paused, 24 * 60);
    assert_eq!(
        earlier.missed + earlier.skipped_paused + MOST_LISTED as u64,
        59 * 24 * 60
    );
}

#[test]
fn many_ticks_of_a_year_are_summed_without_walking_through_them() {
    let secondly = expression("*/10 * * * * *");
    let mut berlin = plan(&secondly);
    berlin.zone = Tz::Europe__Berlin;
    let earlier = ask(&berlin, "2026-01-01 00:00", "2027-01-01 00:00")
        .earlier
        .expect("a sum");
    assert_eq!(earlier.missed + MOST_LISTED as u64, 365 * 8_640);
}

#[test]
fn a_clock_that_jumps_back_fires_nothing_twice() {
    let hourly = expression("0 * * * *");
    let first = ask(&plan(&hourly), "2026-01-01 11:30", "2026-01-01 12:00:05");
    assert_eq!(outcomes(&first), pairs(&[("12:00", Outcome::Fire)]));
    for now in [
        "2026-01-01 10:00",
        "2026-01-01 11:00",
        "2026-01-01 12:00",
        "2026-01-01 12:00:05",
    ] {
        let again = due(&plan(&hourly), first.cursor, utc(now));
        assert!(again.ticks.is_empty(), "{now}");
        assert_eq!(
            (again.cursor, again.cursor_ahead_by),
            (first.cursor, None),
            "{now}"
        );
        assert_eq!(again.next, Some(utc("2026-01-01 13:00")));
    }
    let on = due(&plan(&hourly), first.cursor, utc("2026-01-01 13:00"));
    assert_eq!(outcomes(&on), pairs(&[("13:00", Outcome::Fire)]));
}

#[test]
fn a_cursor_more_than_a_day_ahead_is_told() {
    let hourly = expression("0 * * * *");
    let day = ask(&plan(&hourly), "2026-01-02 12:00", "2026-01-01 12:00");
    assert_eq!(day.cursor_ahead_by, None);
    let more = ask(&plan(&hourly), "2026-01-02 12:00:01", "2026-01-01 12:00");
    assert_eq!(more.cursor_ahead_by, Some(TimeDelta::seconds(86_401)));
    assert_eq!(
        (more.ticks.len(), more.cursor),
        (0, utc("2026-01-02 12:00:01"))
    );
}

#[test]
fn an_edit_never_fires_backwards() {
    let edited = expression("0 * * * *");
    let mut plan = plan(&edited);
    plan.since = utc("2026-01-01 09:30");
    let after = ask(&plan, "2026-01-01 00:00", "2026-01-01 09:40");
    assert_eq!(
        (after.ticks.len(), after.next),
        (0, Some(utc("2026-01-01 10:00")))
    );
    let on = ask(&plan, "2026-01-01 00:00", "2026-01-01 10:00");
    assert_eq!(outcomes(&on), pairs(&[("10:00", Outcome::Fire)]));
}

#[test]
fn jitter_puts_off_the_firing_and_not_the_tick() {
    let daily = expression("0 3 * * *");
    let mut late = plan(&daily);
    late.jitter = TimeDelta::minutes(30);
    let by = jitter_of("attrition", late.jitter);
    assert!(by > TimeDelta::zero() && by < late.jitter, "{by}");
    let tick = utc("2026-01-02 03:00");
    let early = due(
        &late,
        utc("2026-01-02 00:00"),
        tick + by - TimeDelta::seconds(1),
    );
    assert_eq!((early.ticks.len(), early.next), (0, Some(tick + by)));
    let on = due(&late, early.cursor, tick + by);
    let [settled] = on.ticks[..] else {
        panic!("one tick: {on:?}")
    };
    assert_eq!(
        (settled.at, settled.fires_at, settled.outcome),
        (tick, tick + by, Outcome::Fire)
    );
    assert_eq!(on.next, Some(tick + TimeDelta::days(1) + by));
}

#[test]
fn jitter_is_the_same_for_ever() {
    // These numbers are a promise: other ones would move everybody's runs at an update.
    let seconds = |model| jitter_of(model, TimeDelta::hours(1)).num_seconds();
    assert_eq!(
        [seconds("attrition"), seconds("churn"), seconds("")],
        JITTER
    );
    assert_eq!(jitter_of("attrition", TimeDelta::zero()), TimeDelta::zero());
    assert_eq!(
        jitter_of("attrition", TimeDelta::seconds(-5)),
        TimeDelta::zero()
    );
}

const JITTER: [i64; 3] = [1811, 2383, 3538];

#[test]
fn a_pause_skips_its_ticks_and_its_end_catches_nothing_up() {
    let hourly = expression("0 * * * *");
    let mut paused = plan(&hourly);
    paused.pause = Some(Pause {
        from: utc("2026-01-01 01:30"),
        until: None,
    });
    let during = ask(&paused, "2026-01-01 00:30", "2026-01-01 02:00");
    let wanted = [("01:00", PAUSED_SINCE), ("02:00", Outcome::SkippedPaused)];
    assert_eq!(outcomes(&during), pairs(&wanted));
    paused.pause = Some(Pause {
        from: utc("2026-01-01 01:30"),
        until: Some(utc("2026-01-01 04:00")),
    });
    let after = due(&paused, during.cursor, utc("2026-01-01 03:59"));
    assert_eq!(
        outcomes(&after),
        pairs(&[("03:00", Outcome::SkippedPaused)])
    );
    let on = due(&paused, after.cursor, utc("2026-01-01 04:00"));
    assert_eq!(outcomes(&on), pairs(&[("04:00", Outcome::Fire)]));
    // Nobody asked all the while: the same, from what is remembered of the pause.
    let asleep = ask(&paused, "2026-01-01 00:30", "2026-01-01 03:30");
    let wanted = [
        ("01:00", PAUSED_SINCE),
        ("02:00", Outcome::SkippedPaused),
        ("03:00", Outcome::SkippedPaused),
    ];
    assert_eq!(outcomes(&asleep), pairs(&wanted));
}

#[test]
fn a_pause_that_begins_before_the_jitter_is_over_holds_the_tick() {
    let daily = expression("0 3 * * *");
    let mut late = plan(&daily);
    late.jitter = TimeDelta::minutes(30);
    let by = jitter_of("attrition", late.jitter);
    let tick = utc("2026-01-02 03:00");
    let from = tick + by - TimeDelta::seconds(1);
    late.pause = Some(Pause { from, until: None });
    let on = due(&late, utc("2026-01-02 00:00"), tick + by);
    assert_eq!(outcomes(&on), pairs(&[("03:00", PAUSED_SINCE)]));
}

#[test]
fn daylight_saving_settles_each_tick_once() {
    let daily = expression("30 2 * * *");
    let mut berlin = plan(&daily);
    berlin.zone = Tz::Europe__Berlin;
    for (from, hours, ticks) in [("2026-03-28 12:00", 24, 1), ("2026-10-24 12:00", 24, 1)] {
        let mut cursor = utc(from);
        let mut fired = 0;
        for minute in 0..hours * 60 {
            let answer = due(&berlin, cursor, utc(from) + TimeDelta::minutes(minute));
            fired += answer
                .ticks
                .iter()
                .filter(|tick| tick.outcome.fires())
                .count();
            cursor = answer.cursor;
        }
        assert_eq!(fired, ticks, "{from}");
    }
}

fn any_plan_text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "* * * * *",
        "*/7 * * * *",
        "30 2 * * *",
        "0 0-23 * * *",
        "0,30 1-3 * * *",
        "*/20 * * * * *",
        "0 12 * * 1-5",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_tick_is_settled_once_whatever_the_questions(
        text in any_plan_text(),
        zone in prop::sample::select(vec![Tz::UTC, Tz::Europe__Berlin, Tz::Australia__Lord_Howe]),
        start in prop::sample::select(vec!["2026-03-28 20:00", "2026-10-24 20:00", "2026-04-04 00:00"]),
        steps in prop::collection::vec((-30_000_i64..60_000, 0_i64..60), 1..20),
        jitter in 0_i64..7200,
        pause in (0_i64..200_000, 0_i64..100_000),
    ) {
        let expression = expression(text);
        let mut plan = plan(&expression);
        plan.zone = zone;
        plan.jitter = TimeDelta::seconds(jitter);
        let start = utc(start);
        let from = start + TimeDelta::seconds(pause.0);
        plan.pause = Some(Pause { from, until: Some(from + TimeDelta::seconds(pause.1)) });
        let (mut now, mut cursor) = (start, start);
        let mut settled: Vec<DateTime<Utc>> = Vec::new();
        let mut summed = 0;
        for (leap, small) in steps {
            // Leaps forward and back, and between them the loop's own small steps.
            for step in [leap, small, small] {
                now += TimeDelta::seconds(step);
                let answer = due(&plan, cursor, now);
                prop_assert!(answer.cursor >= cursor);
                prop_assert!(answer.ticks.len() <= MOST_LISTED);
                prop_assert!(answer.next.is_some_and(|next| next > now));
                let caught_up = answer.ticks.iter().filter(|tick| tick.outcome == CATCH_UP).count();
                let fired = answer.ticks.iter().filter(|tick| tick.outcome == Outcome::Fire).count();
                prop_assert!(caught_up == 0 || (caught_up == 1 && fired == 0));
                for tick in answer.ticks.iter().filter(|tick| tick.outcome.fires()) {
                    prop_assert!(tick.fires_at <= now);
                    let is_in_pause = tick.at >= from && tick.at < from + TimeDelta::seconds(pause.1);
                    prop_assert!(!is_in_pause);
                }
                summed += answer.earlier.map_or(0, |earlier| earlier.missed + earlier.skipped_paused);
                settled.extend(answer.ticks.iter().map(|tick| tick.at));
                cursor = answer.cursor;
            }
        }
        prop_assert!(settled.windows(2).all(|pair| pair[0] < pair[1]));
        let all = count_between(&expression, zone, start, cursor);
        prop_assert_eq!(settled.len() as u64 + summed, all);
        if summed == 0 {
            let ticks: Vec<_> = ticks_after(&expression, zone, start).take_while(|at| *at <= cursor).collect();
            prop_assert_eq!(settled, ticks);
        }
    }
}
