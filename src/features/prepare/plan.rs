//! Which columns are times, and which of all that could be prepared the inputs need.

use std::collections::HashSet;

use polars::prelude::DataFrame;

use super::Dates;
use super::derived::{Derived, Fill, Prepare};
use crate::config::features::{
    ColumnFeatures, DatePart, Encode, Features, day_range, minute_range,
};
use crate::data::{
    Column, Expression, Kind, Schema, TimeColumn, TimeSettings, has_zone, time_column,
};
use crate::features::{Error, Input};

/// Cells of a column that nothing names a time must be times in so large a part.
const NEARLY_ALL: f64 = 0.95;
/// Fewer cells are all times, or the column is none.
const FEW: u64 = 20;

/// The times of a column on training rows: where the settings say so, or where it is of texts nearly each of which is a time.
/// The form is that of all rows.
///
/// # Errors
/// When the settings name a column of times that is none, or whose form is not beyond doubt.
pub fn usable_dates(
    frame: &DataFrame,
    rows: &[u32],
    column: &Column,
    settings: &Features,
    reading: &TimeSettings,
    notes: &mut Vec<String>,
) -> Result<Option<Dates>, Error> {
    let own = settings.columns.get(&column.name);
    let is_named = match own {
        Some(own) if own.encode == Some(Encode::Date) => true,
        Some(own) if own.encode.is_some() => return Ok(None),
        Some(own) => own.parts.is_some() || !own.seasons.is_empty() || !own.periods.is_empty(),
        None => false,
    };
    let Ok(cells) = frame.column(&column.name) else {
        return Ok(None);
    };
    if !is_named && cells.str().is_err() {
        return Ok(None);
    }
    let found = time_column(cells, 0..frame.height() as u32, reading);
    let name = &column.name;
    let (form, missed, of) = match found {
        // Months that two languages share are no form of the column.
        TimeColumn::Times { read, of, .. }
            if is_named && reading.formats.is_empty() && read * 2 < of =>
        {
            let why = format!(
                "only {read} of its {of} cells are times; name its form in `ingest.date_formats`"
            );
            let column = column.name.clone();
            return Err(Error::Times { column, why });
        }
        TimeColumn::Times { form, read, of } => (form, of - read, of),
        other if is_named => {
            let why = other.why_not().unwrap_or_default();
            let column = column.name.clone();
            return Err(Error::Times { column, why });
        }
        TimeColumn::Ambiguous { read, of, .. } if read == of => {
            let why = found.why_not().unwrap_or_default();
            notes.push(format!("`{name}` is not read as dates: {why}"));
            return Ok(None);
        }
        _ => return Ok(None),
    };
    let is_enough = missed == 0 || (of >= FEW && missed as f64 <= (1.0 - NEARLY_ALL) * of as f64);
    if !is_named && !is_enough {
        return Ok(None);
    }
    if !form.is_usual() {
        let is_numeric = column.kind != Kind::Text;
        notes.push(format!(
            "`{name}` is read as times: {}",
            form.says(is_numeric)
        ));
    }
    notes.extend(zones_in_part(name, cells));
    if missed > 0 {
        notes.push(format!(
            "{missed} of {of} cells of `{name}` are not times and count as missing; `ingest.null_values` names what means missing"
        ));
    }
    let times = form.times(cells);
    let known = || rows.iter().filter_map(|&row| times[row as usize]);
    let (Some(first), last) = (known().min(), known().max()) else {
        return Ok(None);
    };
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
        last,
        form,
        seasons: seasons
            .map(|(name, it)| (name.clone(), read(it, day_range)))
            .collect(),
        periods: periods
            .map(|(name, it)| (name.clone(), read(it, minute_range)))
            .collect(),
    };
    Ok(dates.is_sound().then_some(dates))
}

/// Says it where some times of a column of texts have a zone and others have none.
fn zones_in_part(name: &str, cells: &polars::prelude::Column) -> Option<String> {
    let texts = cells.str().ok()?;
    // Days alone have no zone to say.
    let with_hours = texts.iter().flatten().filter(|text| text.trim().len() > 10);
    let (mut of, mut zoned) = (0_u64, 0_u64);
    for text in with_hours {
        of += 1;
        zoned += u64::from(has_zone(text));
    }
    (zoned > 0 && zoned < of).then(|| {
        format!("{zoned} of {of} times of `{name}` have a zone, and the others count as UTC; write all of them with their zone")
    })
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
    reading: &TimeSettings,
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
    let form_of = |name: &String| {
        let column = frame.column(name.as_str()).ok()?;
        match time_column(column, 0..frame.height() as u32, reading) {
            TimeColumn::Times { form, .. } if !form.is_usual() => Some((name.clone(), form)),
            _ => None,
        }
    };
    let is_raw = |name: &&String| raw.iter().any(|it| it.name == **name);
    let prepare = Prepare {
        // Nothing else than an expression asks for them.
        time_forms: if kept.is_empty() {
            Default::default()
        } else {
            times.iter().filter(is_raw).filter_map(form_of).collect()
        },
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
    if prepare.is_empty() {
        Prepare::default()
    } else {
        prepare
    }
}
