//! What is to be said of a folder and of a file's layout, though it was read.

use std::collections::BTreeSet;

use super::csv_layout::separator_name;
use super::plan::ReadingPlan;
use super::remark::{About, Remark};
use super::scan::Scan;
use super::schema::{Kind, Schema};
use super::table::{Table, TextFacts};
use super::totals::totals;
use crate::text::counted;

/// Files that hold data, but in a form that is not read.
const OTHER_DATA: &[&str] = &[
    ".xlsx",
    ".xls",
    ".xlsm",
    ".xlsb",
    ".ods",
    ".zip",
    ".avro",
    ".orc",
    ".feather",
    ".arrow",
    ".sav",
    ".dta",
    ".csv.bz2",
    ".csv.xz",
    ".csv.lz4",
    ".csv.br",
    ".csv.sz",
    ".tsv.bz2",
    ".tsv.xz",
    ".json.bz2",
    ".json.xz",
    ".jsonl.bz2",
    ".jsonl.xz",
    ".ndjson.bz2",
    ".ndjson.xz",
    ".parquet.gz",
    ".parquet.zst",
    ".bz2",
    ".xz",
    ".7z",
    ".rar",
    ".tar",
    ".tgz",
    ".xml",
    ".h5",
    ".hdf5",
    ".sas7bdat",
    ".rds",
    ".rdata",
    ".pkl",
    ".pickle",
    ".npy",
    ".npz",
    ".sqlite",
    ".sqlite3",
    ".mdb",
    ".accdb",
    ".psv",
    ".tab",
];
/// Says once which files of a folder hold data that is passed over.
pub(super) fn of_scan(scan: &Scan) -> Vec<String> {
    let is_data = |path: &&String| {
        let lower = path.to_lowercase();
        OTHER_DATA.iter().any(|ending| lower.ends_with(ending))
    };
    let mut others = scan.ignored.iter().filter(is_data);
    let Some(first) = others.next().filter(|_| !scan.files.is_empty()) else {
        return Vec::new();
    };
    let more = match others.count() {
        0 => String::new(),
        n => format!(" and {n} more of such files"),
    };
    vec![format!(
        "{first}{more} is passed over: files of this kind are not read; save it as CSV or Parquet, or remove it"
    )]
}

/// Says how characters and numbers are written, where it is not UTF-8 with decimal points.
pub(super) fn of_forms(plan: &ReadingPlan) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for file in &plan.files {
        if let Some(encoding) = file.encoding.as_deref().filter(|it| *it != "utf-8") {
            let says = format!("{} is read as {encoding}", file.path);
            remarks.push(Remark::new(About::Form, 1, says));
        }
    }
    for column in plan
        .columns
        .iter()
        .filter(|column| !column.forms.is_empty())
    {
        let forms: Vec<String> = column.forms.iter().map(ToString::to_string).collect();
        let says = format!(
            "column `{}` is read as numbers written with {} ({} of {} cells)",
            column.name,
            forms.join(" or "),
            column.readable,
            column.cells
        );
        remarks.push(Remark::new(About::Form, column.readable, says).of(&column.name));
    }
    remarks
}

/// Says which columns are text because of some files and hold other things in the rest; not those that are text by a setting.
pub(super) fn of_mixed<'t>(
    files: impl Iterator<Item = (&'t str, &'t Table)> + Clone,
    schema: &Schema,
    as_text: &BTreeSet<String>,
) -> Vec<Remark> {
    let texts = schema.columns.iter();
    let texts = texts.filter(|it| it.kind == Kind::Text && !as_text.contains(&it.name));
    let mixed = texts.filter_map(|column| {
        let own = files.clone().filter_map(|(path, table)| {
            let own = table.columns.iter().find(|it| it.name == column.name)?;
            Some((path, own.kind?))
        });
        let (texts, others): (Vec<_>, Vec<_>) = own.partition(|(_, kind)| *kind == Kind::Text);
        let ((text, _), (other, kind)) = (texts.first()?, others.first()?);
        let what = match kind {
            Kind::Boolean => "booleans",
            _ => "numbers",
        };
        let says = format!(
            "column `{}` is text, as in {text}, though it holds {what} in {}; these are taken as they are written; write it alike \
             in every file, or set its kind in `schema`",
            column.name,
            match others.len() {
                1 => (*other).to_string(),
                n => format!("{other} and {}", counted(n as u64 - 1, "more file")),
            }
        );
        Some(Remark::new(About::Cells, others.len() as u64, says).of(&column.name))
    });
    mixed.collect()
}

/// What is to be said of a file. `line_at` finds the line of a byte, `line_of` that of a row.
pub(super) fn of_table(
    path: &str,
    table: &Table,
    line_at: impl Fn(u64) -> Option<u64>,
    line_of: impl Fn(u64) -> Option<u64>,
) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if table.rows == 0 {
        let says = format!("{path} has a header and no rows");
        remarks.push(Remark::new(About::Layout, 1, says));
    }
    if let Some(facts) = &table.text {
        remarks.extend(of_layout(path, facts, line_at));
    }
    remarks.extend(totals(path, table, line_of));
    remarks
}

fn of_layout(path: &str, facts: &TextFacts, line_at: impl Fn(u64) -> Option<u64>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut say = |n, says| remarks.push(Remark::new(About::Layout, n, says));
    if facts.titles > 0 {
        let (n, line) = (facts.titles, facts.header_line);
        let lines = if n == 1 {
            "1 line is"
        } else {
            &format!("{n} lines are")
        };
        let says = format!(
            "{path} has its header at line {line}; {lines} passed over above it as titles (`ingest.header_row` says otherwise)"
        );
        say(n, says);
    }
    if facts.headers > 0 {
        let n = facts.headers;
        let are = if n == 1 {
            "1 record is equal to the header and is"
        } else {
            &format!("{n} records are equal to the header and are")
        };
        let line = facts.header_again.and_then(&line_at);
        let line = line.map_or_else(String::new, |line| format!(", the first at line {line}"));
        say(n, format!("{path}: {are} left out{line}"));
    }
    if facts.numbers_in_header > 0 && facts.names.len() > 1 {
        let numbers = match (facts.numbers_in_header, facts.names.len()) {
            (n, all) if n == all => "only numbers".to_string(),
            (n, all) => format!("{n} numbers among its {all} names"),
        };
        let says = format!(
            "{path} has {numbers} in its header at line {}; where that is a row, set `ingest.header_row` to `none`",
            facts.header_line
        );
        say(1, says);
    }
    if let [name] = &facts.names[..]
        && let Some(other) = name.bytes().find(|byte| b",;\t|:^~\x01".contains(byte))
    {
        let says = if other == facts.separator {
            format!(
                "{path} has one column, and its name has {} in it: whole lines are in quotes, which are one field; remove the \
                 quotes around the lines",
                separator_name(other)
            )
        } else {
            format!(
                "{path} has one column, and its name has {} in it; where that separates fields, set `ingest.delimiter`",
                separator_name(other)
            )
        };
        say(1, says);
    } else if let [name] = &facts.names[..]
        && name
            .split("  ")
            .filter(|part| !part.trim().is_empty())
            .count()
            > 1
    {
        let says = format!(
            "{path} has one column, and its name has several words with two blanks and more between them: columns of fixed width \
             or set apart by blanks are not read; save it with commas or tabs"
        );
        say(1, says);
    }
    remarks
}
