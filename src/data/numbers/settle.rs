//! Which columns of a folder's files hold numbers in a form of their own, decided on whole columns and all files together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use polars::prelude::{self as pl, IntoColumn as _, NewChunkedArray as _};

use super::super::fit::column_of;
use super::super::options::{Decimal, ReadOptions, Thousands};
use super::super::plan::ColumnPlan;
use super::super::schema::Kind;
use super::super::source::Format;
use super::super::table::{Table, TableColumn};
use super::census::Census;
use super::form::{CellRead, NumberForm};
use super::words::looks_like;

/// A file's table on its way into the frame.
pub struct Source<'a> {
    /// Its path as it is told.
    pub path: &'a str,
    pub format: Format,
    pub table: Table,
}

/// What came of it.
pub struct Settled {
    /// Per file: the form of each column that was turned into numbers.
    pub forms: Vec<BTreeMap<String, NumberForm>>,
    /// Per column that any file has, in no order: how it is read.
    pub columns: BTreeMap<String, ColumnPlan>,
    /// What a reader should know, one sentence each.
    pub notes: Vec<String>,
}

/// Where something stands: file and row.
type Place = (usize, usize);

/// Cells of a column that are no numbers.
#[derive(Default)]
struct Odd {
    n: u64,
    first: Option<Place>,
    /// What they look like, or are where they are marks.
    looks: BTreeMap<String, u64>,
}

/// A column of texts as numbers.
struct Converted {
    cells: pl::Column,
    kind: Option<Kind>,
    numbers: u64,
    markers: Odd,
    others: Odd,
    non_finite: u64,
}

/// What is made of one column of one file.
enum Reading {
    /// Numbers, as they were read or in this form.
    Plain(u64),
    /// Would be numbers in this form.
    May(NumberForm, Converted),
    /// Text, with why it is no numbers where most of it is, and numbers in it.
    Text(Option<String>, u64, u64),
}

/// Turns columns of texts that are numbers in some form into numbers, and says what cannot be. `again` reads a file with more
/// columns as texts; `line_of` finds the line of a row.
pub fn settle(
    files: &mut [Source<'_>],
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
    mut again: impl FnMut(usize, &BTreeSet<String>) -> Option<Table>,
    line_of: impl Fn(usize, usize) -> Option<u64>,
) -> Settled {
    let mut counted: Vec<BTreeMap<String, Census>> = files
        .iter()
        .map(|file| census_of(file, options, as_text))
        .collect();
    let points = look_at_points(files, &mut counted, options, as_text, &mut again);
    let around = Around::of(&counted, &points);
    let mut names: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for column in files.iter().flat_map(|file| &file.table.columns) {
        if seen.insert(column.name.clone()) {
            names.push(column.name.clone());
        }
    }
    let mut units = vec![false; files.len()];
    let mut settled = Settled {
        forms: vec![BTreeMap::new(); files.len()],
        columns: BTreeMap::new(),
        notes: Vec::new(),
    };
    for (at, file) in files.iter().enumerate() {
        let doubts = points_in_doubt(file, around.files[at].or(around.all), options);
        settled.notes.extend(doubts);
        if let Some(facts) = &file.table.text
            && file.table.rows > 0
        {
            let note = units_row(file, at, &counted[at], facts.names.len(), &line_of);
            units[at] = note.is_some();
            settled.notes.extend(note);
        }
    }
    for (index, name) in names.into_iter().enumerate() {
        let readings: Vec<Option<Reading>> = (0..files.len())
            .map(|at| {
                let column = column_of(&files[at].table, index, &name)?;
                let census = counted[at].get(&name);
                let mut reading =
                    reading_of(at, column, census, around.of_column(at, &name), options);
                if let Reading::May(_, converted) = &mut reading
                    && units[at]
                {
                    converted.others.forget((at, 0));
                }
                Some(reading)
            })
            .collect();
        settle_column(
            &name,
            index,
            readings,
            files,
            &mut settled,
            as_text,
            &line_of,
        );
    }
    settled
}

/// Turns the columns of a table into numbers by forms that were settled before.
pub fn apply(table: &mut Table, forms: &BTreeMap<String, NumberForm>) {
    for column in &mut table.columns {
        if column.kind == Some(Kind::Text)
            && let Some(form) = forms.get(&column.name)
            && let Ok(cells) = column.cells.as_materialized_series().str()
        {
            let converted = convert(0, cells, form);
            put(column, converted);
        }
    }
}

fn put(column: &mut TableColumn, converted: Converted) {
    column.kind = converted.kind;
    column.cells = converted.cells.with_name(column.name.as_str().into());
    column.non_finite += converted.non_finite;
    column.text_at = None;
}

/// The columns of texts that may be numbers.
fn census_of(
    file: &Source<'_>,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> BTreeMap<String, Census> {
    let texts = file
        .table
        .columns
        .iter()
        .filter(|column| column.kind == Some(Kind::Text) && !as_text.contains(&column.name));
    texts
        .filter_map(|column| {
            let cells = column.cells.as_materialized_series().str().ok()?;
            Some((column.name.clone(), Census::of(cells, &options.text)?))
        })
        .collect()
}

/// Where commas may be decimal marks, points in other columns may group thousands: those columns are read once more as they
/// are written.
fn look_at_points(
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

fn has_fractions(column: &TableColumn) -> bool {
    let cells = column.cells.as_materialized_series().f64();
    cells.is_ok_and(|cells| cells.iter().flatten().any(|value| value.fract() != 0.0))
}

/// Says of which columns a point may group thousands, where nothing in their file shows that it is the decimal mark.
fn points_in_doubt(
    file: &Source<'_>,
    around: Option<Decimal>,
    options: &ReadOptions,
) -> Vec<String> {
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
        format!(
            "column `{}` of {} has three digits behind the point in its fractions, and the point is read as the decimal mark; \
             where it groups thousands, set `ingest.thousands` to `.`",
            column.name, file.path
        )
    });
    said.collect()
}

/// Whether a column looks as if points grouped thousands: no number of a thousand or more, and the third digit is mostly not 0.
fn has_three_digits(column: &TableColumn) -> bool {
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
fn may_be_grouped(column: &TableColumn) -> bool {
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
struct Around {
    files: Vec<Option<Decimal>>,
    columns: BTreeMap<String, Option<Decimal>>,
    all: Option<Decimal>,
}

impl Around {
    /// `points` says in which files a column of plain numbers can only have decimal points.
    fn of(counted: &[BTreeMap<String, Census>], points: &[bool]) -> Around {
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

    fn of_column(&self, file: usize, name: &str) -> Option<Decimal> {
        let column = self.columns.get(name).copied().flatten();
        self.files[file].or(column).or(self.all)
    }
}

/// The mark that all votes are for.
fn clear((commas, points): (u64, u64)) -> Option<Decimal> {
    match (commas, points) {
        (1.., 0) => Some(Decimal::Comma),
        (0, 1..) => Some(Decimal::Point),
        _ => None,
    }
}

fn reading_of(
    at: usize,
    column: &TableColumn,
    census: Option<&Census>,
    around: Option<Decimal>,
    options: &ReadOptions,
) -> Reading {
    let present = (column.cells.len() - column.cells.null_count()) as u64;
    if column.kind.is_some_and(Kind::is_numeric) {
        return Reading::Plain(present);
    }
    let Some(census) = census.filter(|_| column.kind == Some(Kind::Text)) else {
        return Reading::Text(None, 0, present);
    };
    let said = |why: String| (!why.is_empty()).then_some(why);
    match census.form(&options.text, around, options.reading.get(&column.name)) {
        Err(why) => Reading::Text(said(why), census.numbers, present),
        Ok(_) if census.other > 0 && census.is_of_categories() => {
            let why = "the others stand there again and again, as categories do";
            Reading::Text(Some(why.to_string()), census.numbers, present)
        }
        Ok(form) => match column.cells.as_materialized_series().str() {
            Ok(cells) => {
                let converted = convert(at, cells, &form);
                Reading::May(form, converted)
            }
            Err(_) => Reading::Text(None, 0, present),
        },
    }
}

/// Reads all cells of a column of texts by a form.
fn convert(at: usize, cells: &pl::StringChunked, form: &NumberForm) -> Converted {
    // Marks are told apart from what is no number, whether they were seen before or not.
    let form = NumberForm {
        markers: true,
        ..form.clone()
    };
    let mut integers: Option<Vec<Option<i64>>> = Some(Vec::with_capacity(cells.len()));
    let mut numbers: Vec<Option<f64>> = Vec::with_capacity(cells.len());
    let (mut markers, mut others) = (Odd::default(), Odd::default());
    let (mut read, mut non_finite) = (0, 0);
    for (row, text) in cells.iter().enumerate() {
        let Some(text) = text else {
            numbers.push(None);
            integers.iter_mut().for_each(|it| it.push(None));
            continue;
        };
        let (integer, number) = match form.read(text) {
            CellRead::Integer(value) => (Some(value), Some(value as f64)),
            CellRead::Number(value) if value.is_finite() => {
                integers = None;
                (None, Some(value))
            }
            CellRead::Number(_) => {
                non_finite += 1;
                (None, None)
            }
            CellRead::Missing => {
                markers.add(
                    (at, row),
                    format!("`{}`", super::super::cells::trim_text(text)),
                );
                (None, None)
            }
            CellRead::Unreadable => {
                others.add((at, row), looks_like(text).to_string());
                (None, None)
            }
        };
        read += u64::from(number.is_some());
        numbers.push(number);
        integers.iter_mut().for_each(|it| it.push(integer));
    }
    let name = cells.name().clone();
    let (kind, column) = match integers {
        _ if read == 0 => (
            None,
            pl::Float64Chunked::from_iter_options(name, numbers.into_iter()).into_column(),
        ),
        Some(integers) => (
            Some(Kind::Integer),
            pl::Int64Chunked::from_iter_options(name, integers.into_iter()).into_column(),
        ),
        None => (
            Some(Kind::Number),
            pl::Float64Chunked::from_iter_options(name, numbers.into_iter()).into_column(),
        ),
    };
    Converted {
        cells: column,
        kind,
        numbers: read,
        markers,
        others,
        non_finite,
    }
}

impl Odd {
    fn add(&mut self, place: Place, looks: String) {
        self.n += 1;
        self.first = self.first.or(Some(place));
        // Marks are few, and forms are a closed set; still no file may make this grow.
        if self.looks.len() < 12 || self.looks.contains_key(&looks) {
            *self.looks.entry(looks).or_default() += 1;
        }
    }

    /// Takes one out that is told of elsewhere.
    fn forget(&mut self, place: Place) {
        if self.first == Some(place) {
            self.n -= 1;
            self.first = None;
        }
    }

    fn join(&mut self, other: &Odd) {
        if other.n == 0 {
            return;
        }
        self.n += other.n;
        self.first = self.first.or(other.first);
        for (looks, n) in &other.looks {
            *self.looks.entry(looks.clone()).or_default() += n;
        }
    }

    fn listed(&self) -> String {
        let looks: Vec<&str> = self.looks.keys().take(5).map(String::as_str).collect();
        looks.join(", ")
    }
}

/// Decides on one column over all files, and says what there is to say.
fn settle_column(
    name: &str,
    index: usize,
    readings: Vec<Option<Reading>>,
    files: &mut [Source<'_>],
    settled: &mut Settled,
    as_text: &BTreeSet<String>,
    line_of: &impl Fn(usize, usize) -> Option<u64>,
) {
    let (mut read, mut odd) = (0, 0);
    for reading in readings.iter().flatten() {
        match reading {
            Reading::Plain(n) => read += n,
            Reading::May(_, converted) => {
                read += converted.numbers;
                odd += converted.others.n;
            }
            Reading::Text(_, _, present) => odd += present,
        }
    }
    let is_number = odd * 20 <= read + odd && read > 0;
    let place = |(file, row): Place, files: &[Source<'_>]| match line_of(file, row) {
        Some(line) => format!("{} at line {line}", files[file].path),
        None => files[file].path.to_string(),
    };
    let (mut markers, mut others) = (Odd::default(), Odd::default());
    let mut plan = ColumnPlan {
        name: name.to_string(),
        kind: Kind::Text,
        cells: 0,
        readable: 0,
        forms: Vec::new(),
        exceptions: BTreeMap::new(),
    };
    // File, what its cells are, and where.
    let mut left: Vec<(usize, String, String)> = Vec::new();
    for (at, reading) in readings.into_iter().enumerate() {
        match reading {
            None => {}
            Some(Reading::Plain(n)) => {
                plan.cells += n;
                plan.readable += n;
            }
            Some(Reading::May(mut form, converted)) => {
                let (n, wrong) = (converted.numbers, converted.others.n);
                let cells = n + wrong + converted.markers.n;
                let is_half = n * 2 >= cells && n > 0;
                let is_clear = is_half && wrong * 20 <= cells;
                let only_marks = wrong == 0 && n == 0 && read > 0;
                let was_text = files[at].format == Format::Parquet
                    && form.is_plain()
                    && wrong == 0
                    && converted.markers.n == 0;
                plan.cells += cells;
                if (is_clear || (is_number && is_half) || only_marks) && !was_text {
                    plan.readable += n;
                    form.markers = converted.markers.n > 0;
                    markers.join(&converted.markers);
                    others.join(&converted.others);
                    if !form.is_plain() && !plan.forms.contains(&form) {
                        plan.forms.push(form.clone());
                    }
                    settled.forms[at].insert(name.to_string(), form);
                    let columns = &mut files[at].table.columns;
                    let here = columns.get(index).is_some_and(|it| it.name == name);
                    let here = if here {
                        columns.get_mut(index)
                    } else {
                        columns.iter_mut().find(|it| it.name == name)
                    };
                    if let Some(column) = here {
                        put(column, converted);
                    }
                    continue;
                }
                plan.readable += cells;
                if is_half && !was_text {
                    let first = converted.others.first.map(|it| place(it, files));
                    let first = first.map_or_else(String::new, |place| {
                        let looks = converted.others.listed();
                        format!("; the first other is in {place} ({looks})")
                    });
                    left.push((at, format!("{n} of {cells} cells are numbers"), first));
                }
            }
            Some(Reading::Text(why, numbers, present)) => {
                plan.cells += present;
                plan.readable += present;
                if let Some(why) = why
                    && numbers * 2 >= present
                {
                    let what = format!("{numbers} of {present} cells are numbers, but {why}");
                    left.push((at, what, String::new()));
                }
            }
        }
    }
    if as_text.contains(name) {
        left.clear();
    }
    for (at, what, _) in &left {
        let columns = &mut files[*at].table.columns;
        if let Some(column) = columns.iter_mut().find(|it| it.name == name) {
            column.hint = Some(what.clone());
        }
    }
    if let Some((at, what, first)) = left.first() {
        let path = files[*at].path;
        settled.notes.push(format!(
            "column `{name}` is text in {path}: {what}{first}; what stands for a missing value can be listed in \
             `ingest.null_values`"
        ));
    }
    let total = plan.cells;
    for (odd, what) in [(&markers, true), (&others, false)] {
        plan.exceptions
            .extend(odd.looks.iter().map(|(looks, n)| (looks.clone(), *n)));
        let Some(first) = odd.first.map(|it| place(it, files)) else {
            continue;
        };
        let (n, listed) = (odd.n, odd.listed());
        let (are, count) = if n == 1 {
            ("is", "counts")
        } else {
            ("are", "count")
        };
        settled.notes.push(match what {
            true => format!(
                "column `{name}` is one of numbers: {n} of {total} cells {are} {listed} and {count} as missing, the first in \
                 {first}; list what means missing in `ingest.null_values`, or keep the column as it stands with kind `text` \
                 in `schema`"
            ),
            false => format!(
                "column `{name}` is one of numbers: {n} of {total} cells {are} none and {count} as missing, the first in \
                 {first} ({listed}); mend them, list what means missing in `ingest.null_values`, or keep the column as it \
                 stands with kind `text` in `schema`"
            ),
        });
    }
    settled.columns.insert(name.to_string(), plan);
}

/// Says where the first row of a file has no number in any column of numbers: units, mostly.
fn units_row(
    file: &Source<'_>,
    at: usize,
    counted: &BTreeMap<String, Census>,
    columns: usize,
    line_of: &impl Fn(usize, usize) -> Option<u64>,
) -> Option<String> {
    let has_number = file.table.columns.iter().any(|column| {
        column.kind.is_some_and(Kind::is_numeric)
            && column.cells.get(0).is_ok_and(|cell| !cell.is_null())
    });
    if has_number || columns < 2 {
        return None;
    }
    let mut odd = 0;
    for (name, census) in counted {
        let column = file.table.columns.iter().find(|it| it.name == *name)?;
        let first = column.cells.as_materialized_series().str().ok()?.get(0);
        let Some(first) = first else { continue };
        if super::is_number_in_any_form(first) {
            return None;
        }
        let rest = census.cells.saturating_sub(1);
        odd += u64::from(rest > 0 && census.numbers + census.markers >= rest);
    }
    let line = line_of(at, 0)?;
    (odd >= 2).then(|| {
        format!(
            "{} at line {line} looks like a row of units: it has no number, and all below it do in {odd} columns; remove it, or \
             its cells count as missing",
            file.path
        )
    })
}
