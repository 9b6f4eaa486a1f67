//! What an entity's own records up to a row's time say: how many, how recent, in what bursts.

use polars::prelude::Column;

use super::records::{Base, DAY, Timelines};
use crate::config::related::History;

/// Microseconds as days, with a fraction where there is one.
pub fn days(micros: i64) -> f64 {
    micros as f64 / DAY as f64
}

/// The history of every row; nothing for a row without a time. With `t` the row's own time and a burst being records no two
/// neighbours of which are more than `break_days` apart:
///
/// | column | is |
/// |---|---|
/// | `history.number` | 1 + records before `t` |
/// | `history.days_since_last` | days from the latest record before `t` to `t`; missing where there is none |
/// | `history.burst` | 1 + breaks of more than `break_days` between neighbours up to `t` |
/// | `history.index_in_burst` | 1 + records before `t` in the burst of `t` |
/// | `history.total` | records up to `t`, this one and others of the same time included |
/// | `history.count_<w>w` | records in (`t` − 7`w` days, `t`], this one included |
pub fn columns(settings: &History, base: &Base, lines: &Timelines) -> Vec<Column> {
    let n_rows = base.len();
    let mut number: Vec<Option<i64>> = vec![None; n_rows];
    let mut days_since_last: Vec<Option<f64>> = vec![None; n_rows];
    let mut burst = number.clone();
    let mut index_in_burst = number.clone();
    let mut total = number.clone();
    let mut counts = vec![number.clone(); settings.weeks.len()];
    let breaks = lines.breaks(settings.break_days);
    for row in 0..n_rows {
        let Some(place) = lines.place(base, row) else {
            continue;
        };
        let time = place.time;
        let (earlier, known) = (place.before(time), place.up_to(time));
        number[row] = Some(1 + earlier as i64);
        total[row] = Some(known as i64);
        let last = earlier.checked_sub(1).map(|at| place.times[at]);
        days_since_last[row] = last.map(|last| days(time - last));
        // Records of one time are in one burst, so the first of them decides.
        let breaks = &breaks[place.line];
        let start = breaks.partition_point(|&other| other < breaks[earlier]);
        burst[row] = Some(1 + i64::from(breaks[earlier]));
        index_in_burst[row] = Some((1 + earlier - start) as i64);
        for (weeks, counts) in settings.weeks.iter().zip(&mut counts) {
            let from = time - 7 * i64::from(*weeks) * DAY;
            counts[row] = Some((known - place.up_to(from)) as i64);
        }
    }
    let mut columns = vec![
        Column::new("history.number".into(), number),
        Column::new("history.days_since_last".into(), days_since_last),
        Column::new("history.burst".into(), burst),
        Column::new("history.index_in_burst".into(), index_in_burst),
        Column::new("history.total".into(), total),
    ];
    for (weeks, counts) in settings.weeks.iter().zip(counts) {
        columns.push(Column::new(
            format!("history.count_{weeks}w").into(),
            counts,
        ));
    }
    columns
}
