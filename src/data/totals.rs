//! Rows that are no observations but sums of others, as reports have them: at the end, at the beginning, below each group.

use polars::prelude::{Column, DataType};

use super::cells::trim_text;
use super::remark::{About, Remark};
use super::schema::Kind;
use super::table::{Table, TableColumn};

/// What a row of totals is called, in lower case.
const TOTALS: [&str; 13] = [
    "total",
    "totals",
    "sum",
    "subtotal",
    "sub-total",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "somme",
    "suma",
    "totale",
    "totaal",
];
/// Rows with such a name that are looked at; more are values of the data.
const MOST: usize = 10_000;

/// Says which rows of a file are totals: they are called so, or nothing names them, and a number in them is the sum of the rows of their
/// group, of those above or of all others. `line_of` finds the line of a row.
pub(super) fn totals(
    path: &str,
    table: &Table,
    line_of: impl Fn(u64) -> Option<u64>,
) -> Option<Remark> {
    let last = table.rows.checked_sub(1).filter(|last| *last >= 2)?;
    let mut named = named_rows(table);
    if !named.contains(&last) && is_unnamed(table, last) {
        named.push(last);
    }
    if named.is_empty() || named.len() > MOST {
        return None;
    }
    let numbers = table.columns.iter().filter(|column| is_number(column));
    let (column, rows) = numbers
        .map(|column| (column, sums(&column.cells, &named)))
        .find(|(_, rows)| !rows.is_empty())?;
    let first = rows[0];
    let line = line_of(first as u64).map_or_else(String::new, |line| format!(", line {line},"));
    let says = match rows.len() {
        1 if first == last => format!(
            "the last row of {path}{line} looks like a row of totals: its number in `{}` is the sum of those above; remove it, or \
             it is learned from like any row",
            column.name
        ),
        1 => format!(
            "row {} of {path}{line} looks like a row of totals: its number in `{}` is the sum of other rows; remove it, or it is \
             learned from like any row",
            first + 1,
            column.name
        ),
        n => format!(
            "{n} rows of {path}, the first of them row {}{line} look like totals: their numbers in `{}` are sums of other rows; \
             remove them, or they are learned from like any row",
            first + 1,
            column.name
        ),
    };
    Some(Remark::new(About::Rows, rows.len() as u64, says).of(&column.name))
}

fn is_number(column: &TableColumn) -> bool {
    column.kind.is_some_and(Kind::is_numeric)
}

/// The rows, ascending, in which a text says that they are totals.
fn named_rows(table: &Table) -> Vec<usize> {
    let mut rows = Vec::new();
    for column in &table.columns {
        if let Ok(texts) = column.cells.as_materialized_series().str() {
            let texts = texts.iter().enumerate();
            let named = texts.filter(|(_, text)| text.is_some_and(is_total));
            rows.extend(named.map(|(row, _)| row).take(MOST + 1));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Whether a text is called a total: `Total`, `Total:`, `Grand total`, `Total north`, `North total`.
fn is_total(text: &str) -> bool {
    // Most texts of a column are none, and are recognised by their first and last letter.
    let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else {
        return false;
    };
    let may_begin =
        matches!(first | 0x20, b't' | b's' | b'g' | b'i') || first <= b' ' || first >= 0x80;
    let may_end = matches!(last | 0x20, b'l' | b's') || last == b':' || last <= b' ';
    if !may_begin && !may_end || text.len() > 64 {
        return false;
    }
    let text = trim_text(text).trim_end_matches(':').to_lowercase();
    let mut words = text.split_whitespace();
    let (first, last) = (words.next(), words.next_back());
    // A long text begins with such a word, too.
    let is_short = words.next().is_none() || words.next().is_none();
    let begins_so = first.is_some_and(|word| TOTALS.contains(&word));
    let ends_so = last.is_some_and(|word| matches!(word, "total" | "totals" | "subtotal"));
    is_short && (begins_so || ends_so)
}

/// Whether a row has no text at all, where the table has columns of texts.
fn is_unnamed(table: &Table, row: usize) -> bool {
    let mut texts = table.columns.iter().filter(|it| !is_number(it)).peekable();
    texts.peek().is_some()
        && texts.all(|column| column.cells.get(row).is_ok_and(|cell| cell.is_null()))
}

/// Of some rows, ascending, those whose number is the sum of the other rows since the one before, of all others above, or of
/// all others.
fn sums(cells: &Column, named: &[usize]) -> Vec<usize> {
    let numbers = cells.as_materialized_series().cast(&DataType::Float64);
    let Some(numbers) = numbers.ok().and_then(|it| it.f64().ok().cloned()) else {
        return Vec::new();
    };
    let mut above = Vec::with_capacity(named.len());
    let (mut sum, mut at) = (0.0f64, 0);
    for (row, number) in numbers.iter().enumerate() {
        if named.get(at) == Some(&row) {
            above.push(sum);
            at += 1;
        } else {
            sum += number.unwrap_or(0.0);
        }
    }
    let all = sum;
    let is_near = |total: f64, sum: f64| total != 0.0 && (total - sum).abs() <= 1e-6 * total.abs();
    let found = named.iter().enumerate().filter(|&(place, &row)| {
        let before = if place == 0 { 0.0 } else { above[place - 1] };
        // One row alone is its own sum, and says nothing.
        let begin = if place == 0 { 0 } else { named[place - 1] + 1 };
        numbers.get(row).is_some_and(|total| {
            row >= begin + 2 && is_near(total, above[place] - before)
                || row >= 2 && is_near(total, above[place])
                || is_near(total, all)
        })
    });
    found.map(|(_, row)| *row).collect()
}
