//! What stands around a column: the decimal mark that its file and the same column in other files show, and columns of plain
//! numbers in which a point may group thousands.

use std::collections::{BTreeMap, BTreeSet};

use super::super::options::ReadOptions;
use super::super::remark::{About, Remark};
use super::super::schema::Kind;
use super::super::source::Format;
use super::super::table::{Table, TableColumn};
use super::census::Census;
use super::source_table::{Source, census_of};
use crate::data::text_options::{Decimal, Thousands};

/// Where commas may be decimal marks, points in other columns may group thousands: those columns are read once more as they
/// are written.
pub(super) fn look_at_points(
    files: &mut [Source<'_>],
    counted: &mut [BTreeMap<String, Census>],
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
    again: &mut impl FnMut(usize, &BTreeSet<String>) -> Option<Table>,
) -> Vec<bool> {
    let mut points = vec![false; files.len()];
    let is_set =
        options.text.decimal == Decimal::Comma || options.text.thousands == Thousands::Point;
    let elsewhere: BTreeSet<String> = counted
        .iter()
        .flatten()
        .filter(|(_, census)| census.votes().0 > 0)
        .map(|(name, _)| name.clone())
        .chain(
            options
                .reading
                .iter()
                .filter(|(_, form)| form.decimal == Decimal::Comma)
                .map(|(name, _)| name.clone()),
        )
        .collect();
    for at in 0..files.len() {
        if files[at].format != Format::Csv {
            continue;
        }
        let has_commas = counted[at].values().any(Census::has_commas);
        let mut fractions = files[at]
            .table
            .columns
            .iter()
            .filter(|column| has_fractions(column));
        points[at] = has_commas && fractions.any(|column| !may_be_grouped(column));
        let columns = files[at].table.columns.iter().filter(|column| {
            column.kind == Some(Kind::Number)
                && (is_set || has_commas || elsewhere.contains(&column.name))
                && may_be_grouped(column)
        });
        let mut names: BTreeSet<String> = columns.map(|column| column.name.clone()).collect();
        if names.is_empty() {
            continue;
        }
        // What was text stays text: the columns that were counted are looked at again, too.
        names.extend(as_text.iter().cloned());
        if let Some(table) = again(at, &names) {
            files[at].table = table;
            counted[at] = census_of(&files[at], options, as_text);
        }
    }
    points
}

pub(super) fn has_fractions(column: &TableColumn) -> bool {
    let cells = column.cells.as_materialized_series().f64();
    cells.is_ok_and(|cells| cells.iter().flatten().any(|value| value.fract() != 0.0))
}

/// Says of which columns a point may group thousands, where nothing in their file shows that it is the decimal mark.
pub(super) fn points_in_doubt(
    file: &Source<'_>,
    around: Option<Decimal>,
    options: &ReadOptions,
) -> Vec<Remark> {
    let is_set = options.text.decimal != Decimal::Auto || options.text.thousands != Thousands::Auto;
    if file.format != Format::Csv || around.is_some() || is_set {
        return Vec::new();
    }
    let numbers = file.table.columns.iter();
    let numbers: Vec<&TableColumn> = numbers
        .filter(|column| column.kind == Some(Kind::Number))
        .collect();
    if !numbers.iter().all(|column| has_three_digits(column)) {
        return Vec::new();
    }
    let known = |column: &&&TableColumn| !options.reading.contains_key(&column.name);
    let said = numbers.iter().filter(known).map(|column| {
        let says = format!(
            "column `{}` of {} has three digits behind the point in its fractions, and the point is read as the decimal mark; \
             where it groups thousands, set `ingest.thousands` to `.`",
            column.name, file.path
        );
        Remark::new(About::Cells, column.cells.len() as u64, says).of(&column.name)
    });
    said.collect()
}

/// Whether a column looks as if points grouped thousands: no number of a thousand or more, and the third digit is mostly not 0.
pub(super) fn has_three_digits(column: &TableColumn) -> bool {
    const SAMPLE: usize = 500;
    let Ok(cells) = column.cells.as_materialized_series().f64() else {
        return false;
    };
    let third = |value: &f64| (value * 1000.0).round().rem_euclid(10.0) >= 0.5;
    let step = (cells.len() / SAMPLE).max(1);
    let sample: Vec<f64> = (0..cells.len())
        .step_by(step)
        .filter_map(|row| cells.get(row))
        .filter(|value| value.fract() != 0.0)
        .collect();
    let with_third = sample.iter().filter(|value| third(value)).count();
    sample.len() >= 2
        && with_third * 2 >= sample.len()
        && may_be_grouped(column)
        && cells.iter().flatten().all(|value| value.abs() < 1000.0)
}

/// Whether each fraction of a column could be three digits of a group: `2.055` may be 2055, `0.5` and `12.3456` may not.
pub(super) fn may_be_grouped(column: &TableColumn) -> bool {
    let Ok(cells) = column.cells.as_materialized_series().f64() else {
        return false;
    };
    let mut has_fraction = false;
    for value in cells.iter().flatten().filter(|value| value.fract() != 0.0) {
        let thousandths = value * 1000.0;
        if !(1.0..1000.0).contains(&value.abs()) || (thousandths - thousandths.round()).abs() > 1e-6
        {
            return false;
        }
        has_fraction = true;
    }
    has_fraction
}

/// The decimal mark that files and columns show.
pub(super) struct Around {
    pub(super) files: Vec<Option<Decimal>>,
    pub(super) columns: BTreeMap<String, Option<Decimal>>,
    pub(super) all: Option<Decimal>,
}

impl Around {
    /// `points` says in which files a column of plain numbers can only have decimal points.
    pub(super) fn of(counted: &[BTreeMap<String, Census>], points: &[bool]) -> Around {
        let mut columns: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut files = Vec::new();
        let mut all = (0, 0);
        for (file, has_points) in counted.iter().zip(points) {
            let mut own = (0, u64::from(*has_points));
            for (name, census) in file {
                let (commas, points) = census.votes();
                let column = columns.entry(name.clone()).or_default();
                *column = (column.0 + commas, column.1 + points);
                own = (own.0 + commas, own.1 + points);
                all = (all.0 + commas, all.1 + points);
            }
            files.push(clear(own));
        }
        Around {
            files,
            columns: columns
                .into_iter()
                .map(|(name, votes)| (name, clear(votes)))
                .collect(),
            all: clear(all),
        }
    }

    pub(super) fn of_column(&self, file: usize, name: &str) -> Option<Decimal> {
        let column = self.columns.get(name).copied().flatten();
        self.files[file].or(column).or(self.all)
    }
}

/// The mark that all votes are for.
pub(super) fn clear((commas, points): (u64, u64)) -> Option<Decimal> {
    match (commas, points) {
        (1.., 0) => Some(Decimal::Comma),
        (0, 1..) => Some(Decimal::Point),
        _ => None,
    }
}
