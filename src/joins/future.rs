//! The target out of an entity's later records.

use super::records::{Base, DAY, Timelines};
use crate::config::related::Future;

/// How often each row's entity comes again:
///
/// `(events − coefficient × gaps) / weeks`, where `events` are the entity's records in (`t`, `t` + `window_days`], `gaps` the
/// pairs of neighbours among the row itself and these events that are more than `break_days` apart, and `weeks` the whole
/// weeks of the window (52 for 365 days). The range is open below by the coefficient; 0 for nobody who comes again; larger =
/// comes more often. After the target of the Welcome Centre's referral model, which divided by window / 7.
///
/// `None` for a row without a time, and for one whose window goes beyond the last time of all rows: its future is not known.
pub fn target(settings: &Future, base: &Base, lines: &Timelines) -> Vec<Option<f64>> {
    let window = i64::from(settings.window_days) * DAY;
    let weeks = f64::from(settings.window_days / 7);
    let breaks = lines.breaks(settings.break_days);
    let last = base.times.iter().flatten().max().copied();
    let score = |row: usize| {
        let place = lines.place(base, row)?;
        let end = place.time.checked_add(window)?;
        if end > last? {
            return None;
        }
        // The row itself is among the first, so there is one.
        let (now, then) = (place.up_to(place.time), place.up_to(end));
        let breaks = &breaks[place.line];
        let gaps = f64::from(breaks[then - 1] - breaks[now - 1]);
        Some(((then - now) as f64 - settings.coefficient * gaps) / weeks)
    };
    (0..base.len()).map(score).collect()
}
