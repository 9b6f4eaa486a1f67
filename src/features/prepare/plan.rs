//! Which columns are times, and which of all that could be prepared the inputs need.

use std::collections::HashSet;

use polars::prelude::DataFrame;

use super::{Dates, Derived, Fill, Prepare};
use crate::config::features::{
    ColumnFeatures, DatePart, Encode, Features, day_range, minute_range,
};
use crate::data::{Column, Expression, Kind, Schema, parse_time, times_of};
use crate::features::Input;

/// The times of a column on training rows: where the settings say so, or where it is of texts each of which is a time.
pub fn usable_dates(
    frame: &DataFrame,
    rows: &[u32],
    column: &Column,
    settings: &Features,
) -> Option<Dates> {
    let own = settings.columns.get(&column.name);
    let is_named = match own {
        Some(own) if own.encode == Some(Encode::Date) => true,
        Some(own) if own.encode.is_some() => return None,
        Some(own) => own.parts.is_some() || !own.seasons.is_empty() || !own.periods.is_empty(),
        None => false,
    };
    let cells = frame.column(&column.name).ok()?;
    if !is_named {
        let texts = cells.str().ok()?;
        let mut present = rows
            .iter()
            .filter_map(|&row| texts.get(row as usize))
            .peekable();
        // An empty column is no time, and one look at the first cell spares most columns the rest.
        present.peek()?;
        if !present.all(|text| parse_time(text).is_some()) {
            return None;
        }
    }
    let times = times_of(cells);
    let known = || rows.iter().filter_map(|&row| times[row as usize]);
    let first = known().min()?;
    let has_hours = known().any(|time| time.rem_euclid(86_400_000_000) != 0);
    let usual = ColumnFeatures::default();
    let own = own.unwrap_or(&usual);
    let parts = own.parts.clone().unwrap_or_else(|| {
        let mut parts = vec![DatePart::Month, DatePart::Weekday];
        parts.extend(has_hours.then_some(DatePart::Hour));
        parts.push(DatePart::Days);
        parts.extend((!own.seasons.is_empty()).then_some(DatePart::Season));
        parts.extend((!own.periods.is_empty()).then_some(DatePart::Period));
        parts
    });
    let read = |texts: &[String], range: fn(&str) -> Option<_>| {
        texts
            .iter()
            .filter_map(|text| range(text))
            .collect::<Vec<_>>()
    };
    let seasons = own.seasons.iter();
    let periods = own.periods.iter();
    let dates = Dates {
        column: column.name.clone(),
        parts,
        first,
        seasons: seasons
            .map(|(name, it)| (name.clone(), read(it, day_range)))
            .collect(),
        periods: periods
            .map(|(name, it)| (name.clone(), read(it, minute_range)))
            .collect(),
    };
    dates.is_sound().then_some(dates)
}

/// What the inputs need, of all that there is: the columns of the data that a request must give, in their order, and what
/// is made of them.
pub fn prune(
    frame: &DataFrame,
    inputs: &[Input],
    derived: &[Derived],
    times: &[String],
    mut dates: Vec<Dates>,
    mut fills: Vec<Fill>,
) -> Prepare {
    let mut needed: HashSet<String> = inputs.iter().map(|input| input.name.clone()).collect();
    for dates in &mut dates {
        let names: Vec<_> = dates
            .parts
            .iter()
            .map(|part| (*part, dates.name_of(*part)))
            .collect();
        dates.parts = names
            .into_iter()
            .filter(|(_, name)| needed.contains(name))
            .map(|(part, _)| part)
            .collect();
        if !dates.parts.is_empty() {
            needed.insert(dates.column.clone());
        }
    }
    dates.retain(|dates| !dates.parts.is_empty());
    fills.retain(|fill| needed.contains(&fill.column));
    // From the last to the first, since each may read those before it.
    let mut kept = Vec::new();
    for derived in derived.iter().rev() {
        if !needed.contains(&derived.name) {
            continue;
        }
        if let Ok(expression) = Expression::parse(&derived.sql) {
            needed.extend(expression.columns);
        }
        kept.push(derived.clone());
    }
    kept.reverse();
    let is_derived = |name: &str| derived.iter().any(|it| it.name == name);
    let raw = Schema::of(frame).columns.into_iter();
    let raw: Vec<Column> = raw
        .filter(|column| needed.contains(&column.name) && !is_derived(&column.name))
        .collect();
    let prepare = Prepare {
        times: times
            .iter()
            .filter(|name| {
                raw.iter()
                    .any(|it| it.name == **name && it.kind != Kind::Boolean)
            })
            .cloned()
            .collect(),
        raw,
        derived: kept,
        dates,
        fills,
    };
    match prepare.is_empty() {
        true => Prepare::default(),
        false => prepare,
    }
}
