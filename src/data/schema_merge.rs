//! Which files go together: the columns that all must have, their kinds, and what each misfit lacks.

use std::collections::BTreeMap;

use super::schema::{Column, Kind, Schema};
use super::table::{Bad, Table, TableColumn};

/// What the files agree on.
pub(super) struct MergedSchema {
    /// Columns and kinds of the whole.
    pub schema: Schema,
    /// For each table: nothing, or why it does not fit. The number is where in the file, if known.
    pub misfits: Vec<Option<(Bad, Option<u64>)>>,
}

/// Finds what the tables (in path order) agree on.
///
/// Columns: those of `expected`, else the set that most tables have (tie: the set with more rows, then the first). Kinds: those of
/// `expected`, then of `kinds`, else per column what most rows of tables with a value in it say; see the table in [`super`].
pub(super) fn agree(
    tables: &[&Table],
    expected: Option<&Schema>,
    kinds: &BTreeMap<String, Kind>,
) -> MergedSchema {
    let names: Vec<String> = match expected {
        Some(schema) => schema.names().into_iter().map(str::to_owned).collect(),
        None => shared_names(tables),
    };
    let mut misfits: Vec<_> = tables
        .iter()
        .map(|table| check_names(table, &names).map(|bad| (bad, None)))
        .collect();
    let mut columns = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let fitting = || {
            tables
                .iter()
                .zip(&misfits)
                .filter(|(_, misfit)| misfit.is_none())
                .map(|(table, _)| *table)
        };
        let fixed = expected
            .and_then(|schema| schema.get(name))
            .map(|column| column.kind);
        let kind = match fixed.or(kinds.get(name).copied()) {
            Some(kind) => kind,
            None => vote(fitting().filter_map(|table| {
                let kind = column_of(table, index, name)?.kind?;
                Some((kind, table.rows))
            })),
        };
        columns.push(Column {
            name: name.clone(),
            kind,
        });
    }
    let named: Vec<bool> = misfits.iter().map(Option::is_some).collect();
    let first_unfit = |table: &Table, columns: &[Column]| {
        columns.iter().enumerate().find_map(|(index, wanted)| {
            check_kind(column_of(table, index, &wanted.name)?, wanted.kind)
        })
    };
    for (table, misfit) in tables.iter().zip(&mut misfits) {
        *misfit = misfit.take().or_else(|| first_unfit(table, &columns));
    }
    // Only a file that stays makes a column of integers one of numbers.
    for (index, column) in columns.iter_mut().enumerate() {
        if column.kind != Kind::Integer {
            continue;
        }
        let kept = tables
            .iter()
            .zip(&misfits)
            .filter(|(_, misfit)| misfit.is_none());
        if kept.into_iter().any(|(table, _)| {
            column_of(table, index, &column.name).is_some_and(|own| own.kind == Some(Kind::Number))
        }) {
            column.kind = Kind::Number;
        }
    }
    // The message names the kind that the column turned out to be.
    for ((table, misfit), is_named) in tables.iter().zip(&mut misfits).zip(named) {
        if misfit.is_some() && !is_named {
            *misfit = first_unfit(table, &columns);
        }
    }
    MergedSchema {
        schema: Schema { columns },
        misfits,
    }
}

/// The table's column of that name, looked for at `index` first: most files have the same order.
pub(super) fn column_of<'a>(table: &'a Table, index: usize, name: &str) -> Option<&'a TableColumn> {
    let here = table
        .columns
        .get(index)
        .filter(|column| column.name == name);
    here.or_else(|| table.columns.iter().find(|column| column.name == name))
}

/// The names of the first table whose set of names most tables have; with as many tables, the set with more rows.
fn shared_names(tables: &[&Table]) -> Vec<String> {
    let mut sets: BTreeMap<Vec<&str>, (usize, usize, usize)> = BTreeMap::new();
    for (index, table) in tables.iter().enumerate() {
        let mut set: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        set.sort_unstable();
        let (count, rows, _) = sets.entry(set).or_insert((0, 0, index));
        *count += 1;
        *rows += table.rows;
    }
    let best = sets
        .values()
        .max_by_key(|(count, rows, first)| (*count, *rows, std::cmp::Reverse(*first)));
    best.map_or_else(Vec::new, |(_, _, first)| {
        tables[*first]
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    })
}

fn check_names(table: &Table, names: &[String]) -> Option<Bad> {
    let own: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    if own == names {
        return None;
    }
    let missing: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !own.contains(name))
        .collect();
    let extra: Vec<&str> = own
        .iter()
        .copied()
        .filter(|name| !names.iter().any(|known| known == name))
        .collect();
    let mut reasons = Vec::new();
    if !missing.is_empty() {
        reasons.push(format!("missing {}", listed(&missing, &extra)));
    }
    if !extra.is_empty() {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        reasons.push(format!(
            "unknown {}",
            listed(&extra, if missing.is_empty() { &known } else { &missing })
        ));
    }
    let column = missing.first().or(extra.first())?;
    Some(
        Bad::new(format!(
            "the columns differ from the others': {}",
            reasons.join("; ")
        ))
        .line(Some(1))
        .column(column),
    )
}

/// "column `a` (near `A`), `b`", at most five of them.
fn listed(names: &[&str], others: &[&str]) -> String {
    let named = names
        .iter()
        .take(5)
        .map(|name| match nearest(name, others) {
            Some(near) => format!("`{}` (near `{}`)", short(name), short(near)),
            None => format!("`{}`", short(name)),
        });
    let more = if names.len() > 5 {
        format!(" and {} more", names.len() - 5)
    } else {
        String::new()
    };
    let word = if names.len() == 1 {
        "column"
    } else {
        "columns"
    };
    format!("{word} {}{more}", named.collect::<Vec<_>>().join(", "))
}

/// A name as a sentence can bear it.
fn short(name: &str) -> String {
    const MOST: usize = 80;
    match name.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &name[..cut]),
        None => name.to_string(),
    }
}

fn nearest<'a>(name: &str, others: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let scored = others
        .iter()
        .map(|other| (strsim::jaro_winkler(&lower, &other.to_lowercase()), *other));
    scored
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

/// The kind of most rows, each file speaking for all of its own. `Text` from half of them on, since it holds numbers, too;
/// between numbers and booleans, with as many rows, who comes first.
fn vote(kinds: impl Iterator<Item = (Kind, usize)>) -> Kind {
    let kinds: Vec<(Kind, usize)> = kinds.collect();
    let of = |is: &dyn Fn(Kind) -> bool| -> usize {
        kinds
            .iter()
            .filter(|(kind, _)| is(*kind))
            .map(|(_, rows)| rows)
            .sum()
    };
    let texts = of(&|kind| kind == Kind::Text);
    let booleans = of(&|kind| kind == Kind::Boolean);
    let numbers = of(&|kind| kind.is_numeric());
    if texts > 0 && texts >= booleans + numbers {
        return Kind::Text;
    }
    let first = kinds
        .iter()
        .map(|(kind, _)| *kind)
        .find(|kind| *kind != Kind::Text);
    if booleans > numbers || (booleans == numbers && first == Some(Kind::Boolean)) {
        return Kind::Boolean;
    }
    // Integers until a file that fits says otherwise; without any value the column is one of numbers.
    if kinds.is_empty() {
        Kind::Number
    } else {
        Kind::Integer
    }
}

fn check_kind(column: &TableColumn, wanted: Kind) -> Option<(Bad, Option<u64>)> {
    let found = column.kind?;
    if found == wanted || wanted == Kind::Text || (found.is_numeric() && wanted.is_numeric()) {
        return None;
    }
    let place = if found == Kind::Text {
        column.text_at
    } else {
        column.first_at
    };
    let hint = column.hint.as_ref();
    let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
    let reason = format!("expected {wanted}, found {found}{hint}");
    Some((Bad::new(reason).column(&column.name), place))
}
