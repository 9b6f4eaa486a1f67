//! Which columns of a folder's files hold numbers in a form of their own, decided on whole columns and all files together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::options::ReadOptions;
use super::super::plan::ColumnPlan;
use super::super::remark::{About, Remark};
use super::super::schema::Kind;
use super::super::schema_merge::column_of;
use super::super::source::Format;
use super::super::table::{Table, TableColumn};
use super::around::{Around, look_at_points, points_in_doubt};
use super::census::Census;
use super::convert::{Converted, Odd, Place, convert};
use super::form::NumberForm;
use super::source_table::{Source, census_of};
use super::units::units_row;
use super::units_around;
use crate::data::text_options::Decimal;

/// What came of it.
pub struct Decided {
    /// Per file: the form of each column that was turned into numbers.
    pub forms: Vec<BTreeMap<String, NumberForm>>,
    /// Per column that any file has, in no order: how it is read.
    pub columns: BTreeMap<String, ColumnPlan>,
    /// What a reader should know.
    pub remarks: Vec<Remark>,
}

const MISSING_VALUES: &str = "; values that mean missing can be listed in `ingest.null_values`";

/// What is made of one column of one file.
enum Reading {
    /// Numbers, as they were read or in this form.
    Plain(u64),
    /// Would be numbers in this form.
    May(NumberForm, Box<Converted>),
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
) -> Decided {
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
    let mut settled = Decided {
        forms: vec![BTreeMap::new(); files.len()],
        columns: BTreeMap::new(),
        remarks: Vec::new(),
    };
    for (at, file) in files.iter().enumerate() {
        let doubts = points_in_doubt(file, around.files[at].or(around.all), options);
        settled.remarks.extend(doubts);
        if let Some(facts) = &file.table.text
            && file.table.rows > 0
        {
            let note = units_row(file, at, &counted[at], facts.names.len(), &line_of);
            units[at] = note.is_some();
            settled.remarks.extend(note);
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
        let texts = column.cells.as_materialized_series().str();
        return match texts.ok().and_then(units_around::said_of) {
            Some(why) => Reading::Text(Some(why), present, present),
            None => Reading::Text(None, 0, present),
        };
    };
    let said = |why: String| (!why.is_empty()).then_some(why);
    match census.form(&options.text, around, options.reading.get(&column.name)) {
        Err(why) => Reading::Text(said(why), census.numbers, present),
        Ok(_) if census.other > 0 && census.is_of_categories() => {
            let why = "the others repeat, as categories do";
            Reading::Text(Some(why.to_string()), census.numbers, present)
        }
        Ok(form) => match column.cells.as_materialized_series().str() {
            Ok(cells) => {
                let converted = convert(at, cells, &form);
                let is_odd = converted.others.n * 20 > present;
                match is_odd.then(|| units_around::said_of_units(cells)).flatten() {
                    Some(why) => Reading::Text(Some(why), present, present),
                    None => Reading::May(form, Box::new(converted)),
                }
            }
            Err(_) => Reading::Text(None, 0, present),
        },
    }
}

/// Decides on one column over all files, and says what there is to say.
fn settle_column(
    name: &str,
    index: usize,
    readings: Vec<Option<Reading>>,
    files: &mut [Source<'_>],
    settled: &mut Decided,
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
    // File, what its cells are, and what helps.
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
                        put(column, *converted);
                    }
                    continue;
                }
                plan.readable += cells;
                if is_half && !was_text {
                    let first = converted.others.first.map(|it| place(it, files));
                    let first = first.map_or_else(String::new, |place| {
                        let looks = converted.others.listed();
                        format!("; the first other is in {place} ({looks}){MISSING_VALUES}")
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
                    let help = if numbers < present {
                        MISSING_VALUES
                    } else {
                        ""
                    };
                    left.push((at, what, help.to_string()));
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
    if let Some((at, what, help)) = left.first() {
        let path = files[*at].path;
        let says = format!("column `{name}` is text in {path}: {what}{help}");
        settled
            .remarks
            .push(Remark::new(About::Cells, 1, says).of(name));
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
        let says = if what {
            format!(
                "column `{name}` is one of numbers: {n} of {total} cells {are} {listed} and {count} as missing, the first in \
                 {first}; list what means missing in `ingest.null_values`, or keep the column as it stands with kind `text` \
                 in `schema`"
            )
        } else {
            format!(
                "column `{name}` is one of numbers: {n} of {total} cells {are} none and {count} as missing, the first in \
                 {first} ({listed}); fix them, list what means missing in `ingest.null_values`, or keep the column as it \
                 stands with kind `text` in `schema`"
            )
        };
        settled
            .remarks
            .push(Remark::new(About::Cells, n, says).of(name));
    }
    settled.columns.insert(name.to_string(), plan);
}
