//! Whole numbers that name rows: identifiers, row numbers, an index that a table was written with. A model would learn where
//! a row stood. Looked for in all rows, by what the numbers are like and what the column is called.
//!
//! A quantity that was measured may be another whole number in each row, too. So a name that says nothing asks for numbers
//! that count (nearly every whole number from the smallest to the largest is there), and for a target that does not follow
//! them; fractions are never taken for identifiers.

use polars::prelude::DataFrame;

use super::inputs::Target;
use super::rank::spearman;
use crate::config::features::{Encode, Features};
use crate::data::{Column, Schema};
use crate::features::{Cells, Dropped};

/// Fewer rows than this tell nothing of a column, unless its name does.
const FEWEST_ROWS: usize = 20;
/// The same, of a column that its name makes one suspect.
const FEWEST_NAMED: usize = 5;
/// Share of the whole numbers between the smallest and the largest from which on they count.
const DENSE: f64 = 0.6;
/// |Spearman| with the target from which on numbers that count are taken for a quantity.
const FOLLOWS: f64 = 0.3;
/// Most columns that are taken for row numbers by their numbers alone.
const MOST_COUNTING: usize = 3;
/// Words of a name that say that a column names something.
const NAMES: &[&str] = &[
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "oid",
    "pk",
    "identifier",
    "idx",
    "rownames",
    "rowname",
    "rownum",
    "rownumber",
    "rowid",
    "recordid",
    "customerid",
    "userid",
    "clientid",
    "personid",
    "patientid",
    "orderid",
    "accountid",
    "employeeid",
    "memberid",
    "subjectid",
    "caseid",
    "transactionid",
    "ssn",
    "vin",
    "iban",
    "isin",
    "ean",
    "gtin",
    "upc",
    "barcode",
    "imei",
    "msisdn",
    "phone",
    "telephone",
    "kundennummer",
    "kundennr",
    "auftragsnummer",
    "bestellnummer",
    "rechnungsnummer",
    "vertragsnummer",
    "personalnummer",
    "matricule",
];
/// What is named by a number of its own: with one of [`NUMBERS`] beside it, a name says as much as those of [`NAMES`].
const NUMBERED: &[&str] = &[
    "customer",
    "client",
    "user",
    "account",
    "order",
    "invoice",
    "policy",
    "contract",
    "ticket",
    "case",
    "patient",
    "employee",
    "member",
    "subscriber",
    "transaction",
    "payment",
    "document",
    "reference",
    "record",
    "loan",
    "card",
    "passport",
    "tax",
];
/// How that number is called.
const NUMBERS: &[&str] = &["number", "no", "nr", "num", "key", "ref"];
/// Words that say so alone, and beside others only where the numbers count: a price index is a quantity.
const WEAK_NAMES: &[&str] = &[
    "index", "row", "key", "serial", "seq", "sequence", "nr", "no", "number",
];
/// Words of a name that say that something was measured, however its numbers count.
const MEASURED: &[&str] = &[
    "year",
    "years",
    "yr",
    "month",
    "months",
    "week",
    "weeks",
    "day",
    "days",
    "hour",
    "hours",
    "minute",
    "minutes",
    "second",
    "seconds",
    "time",
    "date",
    "age",
    "tenure",
    "rank",
    "amount",
    "price",
    "count",
    "total",
    "size",
    "length",
    "weight",
    "height",
    "distance",
    "duration",
    "score",
    "temperature",
    "step",
    "epoch",
    "t",
    "x",
    "y",
    "z",
];

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The rows, in one chunk per column, in the order of the files.
    pub frame: &'a DataFrame,
    /// How many files they come from.
    pub files: usize,
    /// Columns that are not learned from in any case.
    pub excluded: &'a [String],
    /// The target of each row.
    pub target: Target<'a>,
    /// A column that has settings of its own is kept.
    pub settings: &'a Features,
}

/// Columns of whole numbers that name rows, with why, in the order of the frame. Never all columns that are left.
pub fn identifiers(rows: &Rows<'_>) -> Vec<Dropped> {
    let columns = Schema::of(rows.frame).columns;
    let left: Vec<(usize, &Column)> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| !rows.excluded.contains(&column.name))
        .filter(|(_, column)| !is_dropped(rows.settings, &column.name))
        .collect();
    let found: Vec<(Dropped, By)> = left
        .iter()
        .filter(|(_, column)| !rows.settings.columns.contains_key(&column.name))
        .filter_map(|(at, column)| why(rows, *at, column))
        .collect();
    // Row numbers are few: many columns of such numbers are a table of measurements.
    let (counting, named): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, by)| *by == By::Counting);
    let counting = if counting.len() > MOST_COUNTING {
        Vec::new()
    } else {
        counting
    };
    let mut found: Vec<Dropped> = named
        .into_iter()
        .chain(counting)
        .map(|(it, _)| it)
        .collect();
    let place = |it: &Dropped| left.iter().position(|(_, column)| column.name == it.column);
    found.sort_by_key(place);
    if found.len() < left.len() {
        found
    } else {
        Vec::new()
    }
}

/// What a column is taken for an identifier by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Its name, or that it has none.
    Name,
    /// Its numbers alone.
    Counting,
}

fn is_dropped(settings: &Features, name: &str) -> bool {
    let own = settings.columns.get(name);
    own.is_some_and(|own| own.encode == Some(Encode::Drop))
}

/// Why a column names rows, if it does.
fn why(rows: &Rows<'_>, at: usize, column: &Column) -> Option<(Dropped, By)> {
    if !column.kind.is_numeric() {
        return None;
    }
    let cells = rows
        .frame
        .column(&column.name)
        .ok()
        .and_then(|it| Cells::of(it).ok())?;
    let numbers = whole_numbers(&cells, rows.frame.height())?;
    let unnamed = is_unnamed(&column.name, at);
    let words: Vec<String> = words(&column.name).collect();
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let named = unnamed
        || any(NAMES)
        || any(NUMBERED) && any(NUMBERS)
        || words.len() == 1 && any(WEAK_NAMES);
    let n = numbers.len();
    if n < if named { FEWEST_NAMED } else { FEWEST_ROWS } {
        return None;
    }
    let dropped = |reason: String, by: By| {
        let dropped = Dropped {
            column: column.name.clone(),
            reason: format!("{reason} (`features.columns` can keep it: `\"encode\": \"number\"`)"),
        };
        Some((dropped, by))
    };
    let shown = match rows.frame.height() - n {
        0 => counted_rows(n),
        _ => format!("{} that have one", counted_rows(n)),
    };
    if unnamed && restarts(&numbers) < rows.files.max(1) {
        return dropped(
            format!("an index without a name: it counts up over {shown}"),
            By::Name,
        );
    }
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let range = (sorted[n - 1] as f64 - sorted[0] as f64) + 1.0;
    let counts = n as f64 / range > DENSE;
    if unnamed && counts {
        return dropped(
            format!("an index without a name: another whole number in each of {shown}"),
            By::Name,
        );
    }
    let measured = any(MEASURED);
    if named && !unnamed && !measured {
        return dropped(
            format!("identifier-like: another whole number in each of {shown}"),
            By::Name,
        );
    }
    let is_whole = n == rows.frame.height();
    if is_whole && counts && !named && !measured && (any(WEAK_NAMES) || !follows(rows, &numbers)) {
        dropped(
            format!("identifier-like: whole numbers that count, another in each of {shown}"),
            By::Counting,
        )
    } else {
        None
    }
}

fn counted_rows(n: usize) -> String {
    crate::text::counted(n as u64, "row")
}

/// Share of the rows that may have none: a row of totals or of units, or a few that were lost.
const MOST_MISSING: f64 = 0.05;

/// The cells that are there, if nearly all are and none has a fraction.
fn whole_numbers(cells: &Cells<'_>, n_rows: usize) -> Option<Vec<i64>> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let there: Vec<i64> = match cells {
        Cells::Integer(values, None) => values.to_vec(),
        Cells::Integer(values, Some(bits)) => {
            let present = values.iter().zip(bits.iter());
            present
                .filter_map(|(value, is)| is.then_some(*value))
                .collect()
        }
        _ => {
            let numbers = (0..n_rows).filter_map(|row| cells.number(row));
            let whole = |it: f64| (it.fract() == 0.0 && it.abs() < EXACT).then_some(it as i64);
            numbers.map(whole).collect::<Option<_>>()?
        }
    };
    let missing = n_rows - there.len();
    (missing as f64 <= MOST_MISSING * n_rows as f64).then_some(there)
}

/// Whether the first column was given its name for want of one: by the reader, by pandas, by R.
fn is_unnamed(name: &str, at: usize) -> bool {
    let is_pandas = name
        .strip_prefix("Unnamed: ")
        .is_some_and(|n| n.parse::<u32>().is_ok());
    is_pandas || at == 0 && matches!(name, "column_1" | "" | "X" | "...1" | "index" | "level_0")
}

/// How often the numbers do not rise from one row to the next.
fn restarts(numbers: &[i64]) -> usize {
    numbers.windows(2).filter(|pair| pair[1] <= pair[0]).count()
}

/// The words of a name, in lower case: `customerId`, `customer_id` and `Customer ID` have the same.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let begins = c.is_uppercase() && before.is_lowercase();
        if !c.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words
                .last_mut()
                .into_iter()
                .for_each(|word| word.extend(c.to_lowercase()));
        }
        before = c;
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// Whether the target rises or falls with the numbers; with more than two classes that is not asked.
fn follows(rows: &Rows<'_>, numbers: &[i64]) -> bool {
    let target: Vec<Option<f64>> = match rows.target {
        Target::Numbers(numbers) => numbers.to_vec(),
        Target::Classes { codes, n: 2 } => codes.iter().map(|code| code.map(f64::from)).collect(),
        Target::Classes { .. } => return false,
    };
    let known = numbers
        .iter()
        .zip(&target)
        .filter_map(|(x, y)| Some((*x as f64, (*y)?)));
    let (x, y): (Vec<f64>, Vec<f64>) = known.unzip();
    spearman(&x, &y).is_some_and(|rho| rho.abs() >= FOLLOWS)
}
