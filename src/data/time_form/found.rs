//! Which form a whole column of times is in, as far as that is beyond doubt.

use polars::prelude::Column;

use super::{EpochUnit, TimeForm, TimeSettings, by_format};
use crate::data::time::parse_time;

/// Units that are recognised by plausible years.
const GUESSED: [EpochUnit; 6] = [
    EpochUnit::Seconds,
    EpochUnit::Milliseconds,
    EpochUnit::Microseconds,
    EpochUnit::Nanoseconds,
    EpochUnit::Yyyymmdd,
    EpochUnit::Spreadsheet,
];

/// What a look at a whole column came to. Counts are of cells that are not missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeColumn {
    /// So many of its cells are times in this form.
    Times {
        /// The form.
        form: TimeForm,
        /// Cells that are times.
        read: u64,
        /// All cells.
        of: u64,
    },
    /// So many of its texts are dates in either of two forms, which come to other days.
    Ambiguous {
        /// Both forms.
        forms: [String; 2],
        /// Cells that are dates.
        read: u64,
        /// All cells.
        of: u64,
    },
    /// Its numbers are in no unit that is known by itself.
    UnknownUnit,
    /// Nothing in it is a time.
    Not,
}

impl TimeColumn {
    /// Why it is not beyond doubt, and what helps.
    pub fn why_not(&self) -> Option<String> {
        match self {
            TimeColumn::Times { .. } => None,
            TimeColumn::Ambiguous { forms: [one, other], .. } => Some(format!(
                "its dates read as `{one}` and as `{other}` alike; name the one that is meant in `ingest.date_formats`"
            )),
            TimeColumn::UnknownUnit => Some(
                "its numbers lie in the years 1971 to 2100 in no unit; name what they count in `ingest.epoch_unit`".to_string(),
            ),
            TimeColumn::Not => Some(
                "no cell of it is a time; name its form in `ingest.date_formats`".to_string(),
            ),
        }
    }
}

/// Looks at some cells of a column, by row.
pub fn time_column(
    column: &Column,
    rows: impl Iterator<Item = u32> + Clone,
    settings: &TimeSettings,
) -> TimeColumn {
    if let Ok(texts) = column.str() {
        let cells = rows.filter_map(|row| texts.get(row as usize));
        return of_texts(cells, settings);
    }
    let numbers: Vec<f64> = if let Ok(numbers) = column.i64() {
        rows.filter_map(|row| Some(numbers.get(row as usize)? as f64))
            .collect()
    } else if let Ok(numbers) = column.f64() {
        rows.filter_map(|row| numbers.get(row as usize)).collect()
    } else {
        return TimeColumn::Not;
    };
    of_numbers(&numbers, settings)
}

/// At least this share of the cells must be of one unit for it to be beyond doubt.
const ENOUGH: f64 = 0.95;

fn of_numbers(numbers: &[f64], settings: &TimeSettings) -> TimeColumn {
    let of = numbers.len() as u64;
    if of == 0 {
        return TimeColumn::Not;
    }
    let times = |unit: EpochUnit| {
        let read = numbers
            .iter()
            .filter(|it| unit.number(**it).is_some())
            .count();
        let form = TimeForm {
            formats: Vec::new(),
            unit,
        };
        match read as u64 {
            0 => TimeColumn::Not,
            read => TimeColumn::Times { form, read, of },
        }
    };
    if let Some(unit) = settings.unit {
        return times(unit);
    }
    let is_of = |unit: &EpochUnit| {
        let Some((low, high)) = unit.plausible() else {
            return false;
        };
        let inside = numbers
            .iter()
            .filter(|it| (low..=high).contains(*it) && unit.number(**it).is_some());
        inside.count() as f64 >= ENOUGH * numbers.len() as f64
    };
    match GUESSED.into_iter().find(is_of) {
        Some(unit) => times(unit),
        None => TimeColumn::UnknownUnit,
    }
}

fn of_texts<'a>(
    cells: impl Iterator<Item = &'a str> + Clone,
    settings: &TimeSettings,
) -> TimeColumn {
    let (mut of, mut iso) = (0_u64, 0_u64);
    for cell in cells.clone() {
        of += 1;
        iso += u64::from(parse_time(cell).is_some());
    }
    let times = |formats: Vec<String>, read: u64| TimeColumn::Times {
        form: TimeForm {
            formats,
            unit: EpochUnit::default(),
        },
        read,
        of,
    };
    if of == 0 {
        return TimeColumn::Not;
    }
    if iso == of {
        return times(Vec::new(), iso);
    }
    let others = || {
        cells
            .clone()
            .filter(|cell| parse_time(cell).is_none())
            .map(str::trim)
    };
    if !settings.formats.is_empty() {
        let is_read = |cell: &&str| {
            settings
                .formats
                .iter()
                .any(|format| by_format(cell, format).is_some())
        };
        let read = iso + others().filter(is_read).count() as u64;
        return match read {
            0 => TimeColumn::Not,
            read => times(settings.formats.clone(), read),
        };
    }
    // Only forms that one of the first cells has are counted over all of them.
    let mut counted: Vec<(String, u64)> = Vec::new();
    for cell in others().take(20) {
        for format in candidates(cell) {
            if by_format(cell, &format).is_some()
                && !counted.iter().any(|(known, _)| *known == format)
            {
                counted.push((format, 0));
            }
        }
    }
    for (format, count) in &mut counted {
        *count = others()
            .filter(|cell| by_format(cell, format).is_some())
            .count() as u64;
    }
    let Some(most) = counted.iter().map(|(_, count)| *count).max() else {
        return match iso {
            0 => TimeColumn::Not,
            iso => times(Vec::new(), iso),
        };
    };
    let best: Vec<&String> = counted
        .iter()
        .filter(|(_, count)| *count == most)
        .map(|(format, _)| format)
        .collect();
    let differ = |one: &str, other: &str| {
        others().any(|cell| by_format(cell, one) != by_format(cell, other))
    };
    if let Some(other) = best.iter().skip(1).find(|other| differ(best[0], other)) {
        return TimeColumn::Ambiguous {
            forms: [best[0].clone(), (*other).clone()],
            read: iso + most,
            of,
        };
    }
    times(vec![best[0].clone()], iso + most)
}

/// The forms of days that are tried: where both orders of day and month are in use, both are here. A day between dots comes
/// first everywhere.
const DAYS: &[&str] = &[
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%d %B %Y",
    "%d-%B-%Y",
    "%d-%B-%y",
    "%d/%B/%Y",
    "%d. %B %Y",
    "%B %d, %Y",
    "%B %d %Y",
    "%Y%m%d",
    "%a, %d %B %Y",
    // With an hour in a form that is not of ISO 8601.
    "%Y-%m-%d",
];

/// What may be behind a day.
const HOURS: &[&str] = &[
    " %H:%M",
    " %H:%M:%S%.f",
    ", %H:%M",
    ", %H:%M:%S%.f",
    "T%H:%M",
    "T%H:%M:%S%.f",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %I:%M %p",
    ", %I:%M:%S %p",
    "T%H%M%S",
    "%H%M%S",
    " %H:%M:%S%.f %z",
    " %H:%M %z",
    " %H:%M:%S%.f UTC",
    " %H:%M:%S%.f GMT",
    " %H:%M UTC",
    " %I.%M.%S%.f %p",
    "T%H:%M:%S%.f%#z",
];

/// The forms that a cell may have, by its looks alone.
fn candidates(cell: &str) -> Vec<String> {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    if !(6..=40).contains(&cell.len()) || digits < 3 {
        return Vec::new();
    }
    let has_hours = cell.contains(':') || digits >= 12;
    let days = DAYS.iter();
    if has_hours {
        days.flat_map(|day| HOURS.iter().map(move |hour| format!("{day}{hour}")))
            .collect()
    } else {
        days.map(|day| (*day).to_string()).collect()
    }
}
