//! What becomes of each tick: the rule that the loop carries out, as a function of (plan, cursor, now).
//!
//! Each call settles the ticks in `(cursor, new cursor]` and no others, so whatever the sequence of calls, every tick is
//! settled once. The caller stores what is settled and the new cursor in one transaction.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use xxhash_rust::xxh3::xxh3_64;

use super::expression::Expression;
use super::next::{count_between, next_after, ticks_after};

/// How many ticks one answer lists; older ones are summed.
pub const MOST_LISTED: usize = 1000;

/// A cursor further ahead of the clock than this comes from a clock that was wrong.
const CLOCK_WAS_WRONG: TimeDelta = TimeDelta::hours(24);

/// The schedule of one model.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// The model's name; its jitter is made from it.
    pub model: &'a str,
    /// When, by the clock on the wall.
    pub expression: &'a Expression,
    /// Whose wall.
    pub zone: Tz,
    /// When this expression (or zone) was first seen. Nothing before it is a tick: an edit never fires backwards.
    pub since: DateTime<Utc>,
    /// A tick fires this much later at most, always by the same amount for one model.
    pub jitter: TimeDelta,
    /// A tick that is late by no more than this is on time: a slow loop, a laptop that slept.
    pub grace: TimeDelta,
    /// After downtime the latest tick fires if it is late by no more than this.
    pub catch_up: TimeDelta,
    /// The latest pause, also when it is over.
    pub pause: Option<Pause>,
}

/// A time in which nothing fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it; `None` while it lasts.
    pub until: Option<DateTime<Utc>>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What is settled now, oldest first; at most [`MOST_LISTED`].
    pub ticks: Vec<Tick>,
    /// What is settled now and is older than those.
    pub earlier: Option<Earlier>,
    /// Every tick up to here is settled. Never before the cursor that was given.
    pub cursor: DateTime<Utc>,
    /// When there is something to do again, jitter included.
    pub next: Option<DateTime<Utc>>,
    /// How far the cursor is ahead of the clock, if that is more than a day. Nothing fires until the clock is there: record
    /// it, and set the cursor and `since` to now.
    pub cursor_ahead_by: Option<TimeDelta>,
}

/// One slot of the schedule, settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// Which slot: the instant that the expression names, without jitter.
    pub at: DateTime<Utc>,
    /// When it was to fire: `at` and the jitter.
    pub fires_at: DateTime<Utc>,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What becomes of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It fires, on time.
    Fire,
    /// It fires late: the latest that was missed, within the catch-up window.
    CatchUp,
    /// It does not fire, because the scheduler did not poll in time.
    Missed(Missed),
    /// It lies in a pause.
    SkippedPaused,
}

impl Outcome {
    /// Whether a run is to start.
    pub fn fires(self) -> bool {
        matches!(self, Outcome::Fire | Outcome::CatchUp)
    }
}

/// Why a late tick does not fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// A later one fires.
    Superseded,
    /// Later than the catch-up window allows.
    TooLate,
    /// A pause came after it, and the end of a pause does not catch up.
    PausedSince,
}

/// Ticks too many to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// The oldest.
    pub first: DateTime<Utc>,
    /// The newest.
    pub last: DateTime<Utc>,
    /// How many of them were missed.
    pub missed: u64,
    /// How many of them lie in a pause.
    pub skipped_paused: u64,
}

/// Settles every tick that has come since the cursor.
pub fn due(plan: &Plan<'_>, cursor: DateTime<Utc>, now: DateTime<Utc>) -> Due {
    let jitter = jitter_of(plan.model, plan.jitter);
    let cursor = cursor.max(plan.since);
    // Ticks up to here have come; those after it wait, at least for their jitter.
    let horizon = now - jitter;
    let next_from = |cursor| next_after(plan.expression, plan.zone, cursor);
    let ahead = cursor - now;
    if horizon <= cursor {
        return Due {
            ticks: Vec::new(),
            earlier: None,
            cursor,
            next: next_from(cursor).map(|at| at + jitter),
            cursor_ahead_by: (ahead > CLOCK_WAS_WRONG).then_some(ahead),
        };
    }
    let (instants, earlier) = list(plan, cursor, horizon);
    let outcomes = settle(plan, &instants, horizon, now);
    let tick = |(at, outcome): (&DateTime<Utc>, Outcome)| Tick {
        at: *at,
        fires_at: *at + jitter,
        outcome,
    };
    Due {
        ticks: instants.iter().zip(outcomes).map(tick).collect(),
        earlier,
        cursor: horizon,
        next: next_from(horizon).map(|at| at + jitter),
        cursor_ahead_by: None,
    }
}

/// By how much a model's ticks are put off: the same for one name and one setting on every machine, below `jitter`.
pub fn jitter_of(model: &str, jitter: TimeDelta) -> TimeDelta {
    let most = u64::try_from(jitter.num_seconds()).unwrap_or(0);
    let seconds = xxh3_64(model.as_bytes()).checked_rem(most).unwrap_or(0);
    // Smaller than `jitter`, which is a number of seconds that fits.
    TimeDelta::try_seconds(seconds as i64).unwrap_or(jitter)
}

/// The newest ticks in `(cursor, horizon]`, and a sum of the others.
fn list(
    plan: &Plan<'_>,
    cursor: DateTime<Utc>,
    horizon: DateTime<Utc>,
) -> (Vec<DateTime<Utc>>, Option<Earlier>) {
    let count = |from, until| count_between(plan.expression, plan.zone, from, until);
    let mut start = horizon - TimeDelta::hours(1);
    while start > cursor && count(start, horizon) <= MOST_LISTED as u64 {
        let twice = (horizon - start) * 2;
        start = horizon.checked_sub_signed(twice).unwrap_or(cursor);
    }
    let mut instants: Vec<DateTime<Utc>> =
        ticks_after(plan.expression, plan.zone, start.max(cursor))
            .take_while(|at| *at <= horizon)
            .collect();
    let Some(too_many) = instants.len().checked_sub(MOST_LISTED).filter(|n| *n > 0) else {
        return (instants, None);
    };
    let last = instants[too_many - 1];
    instants.drain(..too_many);
    let first = next_after(plan.expression, plan.zone, cursor).unwrap_or(last);
    let skipped_paused = plan.pause.map_or(0, |pause| {
        let just_before = pause.from - TimeDelta::nanoseconds(1);
        let end = pause
            .until
            .map_or(last, |until| last.min(until - TimeDelta::nanoseconds(1)));
        count(cursor.max(just_before), end)
    });
    let earlier = Earlier {
        first,
        last,
        missed: count(cursor, last) - skipped_paused,
        skipped_paused,
    };
    (instants, Some(earlier))
}

/// What becomes of each instant. All that are on time fire; else the latest, if it is not too late.
fn settle(
    plan: &Plan<'_>,
    instants: &[DateTime<Utc>],
    horizon: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<Outcome> {
    let is_free = |at: DateTime<Utc>| held_by(plan.pause, at, now).is_none();
    let latest = instants.iter().copied().rev().find(|at| is_free(*at));
    let latest_late_by = latest.map(|at| horizon - at);
    let is_on_time = |late_by: TimeDelta| late_by <= plan.grace;
    let outcome = |at: &DateTime<Utc>| {
        let late_by = horizon - *at;
        if let Some(held) = held_by(plan.pause, *at, now) {
            return held;
        }
        if is_on_time(late_by) {
            return Outcome::Fire;
        }
        let is_latest = latest == Some(*at);
        let may_catch_up = |late_by: TimeDelta| late_by <= plan.catch_up;
        if is_latest && may_catch_up(late_by) {
            return Outcome::CatchUp;
        }
        let does_later_fire =
            !is_latest && latest_late_by.is_some_and(|late| is_on_time(late) || may_catch_up(late));
        if does_later_fire {
            Outcome::Missed(Missed::Superseded)
        } else {
            Outcome::Missed(Missed::TooLate)
        }
    };
    instants.iter().map(outcome).collect()
}

/// What a pause that has started makes of a tick, if anything.
fn held_by(pause: Option<Pause>, at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Outcome> {
    let pause = pause.filter(|pause| pause.from <= now)?;
    if pause.until.is_some_and(|until| at >= until) {
        return None;
    }
    if at >= pause.from {
        Some(Outcome::SkippedPaused)
    } else {
        Some(Outcome::Missed(Missed::PausedSince))
    }
}
