//! What columns of texts hold, counted by the engine file by file, and the same cells typed.
//!
//! The rules are those of [`crate::data`]: a cell without blanks around it is missing, a whole number, a number, a truth value or a text, and a
//! column is the narrowest of these that all its cells are. Where files disagree the run stops and names both, where files of this
//! machine would be left out.

use super::connect::Session;
use super::error::Error;
use super::source::{FILE, Input, RAW, ROW, SourceFile};
use super::sql;
use crate::data::{Column, Kind, trim_text};

const WHOLE: &str = "'^[+-]?[0-9]{1,18}$'";
const LONG: &str = "'^[+-]?[0-9]{19,}$'";
const NUMBER: &str = "'^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$'";
const WORD: &str = "'^[+-]?(inf|infinity|nan)$'";
const LARGEST: &str = "1.7976931348623157e308";
/// Counts of a column and a file.
const COUNTS: usize = 6;

/// What was counted of a column in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    present: u64,
    whole: u64,
    long: u64,
    number: u64,
    word: u64,
    boolean: u64,
}

impl Counts {
    /// What the cells of the file are; `None` where all are missing.
    fn kind(&self) -> Option<Kind> {
        match self.present {
            0 => None,
            n if n == self.whole => Some(Kind::Integer),
            n if n == self.number + self.word => Some(Kind::Number),
            n if n == self.boolean => Some(Kind::Boolean),
            _ => Some(Kind::Text),
        }
    }
}

/// The columns, their cells as typed expressions, and what was counted on the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Typed {
    /// Names and kinds.
    pub columns: Vec<Column>,
    /// An expression for each.
    pub cells: Vec<String>,
    /// Rows of each file.
    pub rows: Vec<u64>,
    /// Per column with any: cells that were no finite number and are missing.
    pub non_finite: Vec<(String, u64)>,
}

impl Typed {
    /// The rows of [`RAW`] in these kinds, with their places.
    pub fn rows_of_kinds(&self) -> String {
        let cells = self.columns.iter().zip(&self.cells);
        let mut chosen: Vec<String> = cells
            .map(|(column, cell)| format!("{cell} AS {}", sql::name(&column.name)))
            .collect();
        chosen.extend([FILE.to_string(), ROW.to_string()]);
        format!("SELECT {} FROM {RAW}", chosen.join(", "))
    }
}

/// Counts the texts of [`RAW`] and types them.
///
/// # Errors
/// When files disagree on a column, or cells are not of the kind that the settings give.
pub(super) fn of_texts(session: &Session, input: &Input<'_>) -> Result<Typed, Error> {
    let Input {
        files,
        names,
        nulls,
        kinds: wanted,
    } = *input;
    let mut asked = vec![FILE.to_string(), "count(*)".to_string()];
    for name in names {
        let cell = Cell::of(name, nulls);
        asked.extend(cell.counts());
    }
    let query = format!("SELECT {} FROM {RAW} GROUP BY {FILE}", asked.join(", "));
    let table = session.ask("count what the columns hold", &query)?;
    let mut rows = vec![0; files.len()];
    let mut found = vec![vec![Counts::default(); names.len()]; files.len()];
    for row in 0..table.rows {
        let file = table.count(row, 0)? as usize;
        let unknown = || Error::Answer(format!("there is no file {file}"));
        *rows.get_mut(file).ok_or_else(unknown)? = table.count(row, 1)?;
        for (column, counts) in found[file].iter_mut().enumerate() {
            let at = 2 + column * COUNTS;
            *counts = Counts {
                present: table.count(row, at)?,
                whole: table.count(row, at + 1)?,
                long: table.count(row, at + 2)?,
                number: table.count(row, at + 3)?,
                word: table.count(row, at + 4)?,
                boolean: table.count(row, at + 5)?,
            };
        }
    }
    let (mut columns, mut cells, mut non_finite) = (Vec::new(), Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        let counts: Vec<Counts> = found.iter().map(|file| file[at]).collect();
        let kind = match wanted.get(name) {
            Some(kind) => given(name, *kind, &counts, files)?,
            None => agreed(name, &counts, files)?,
        };
        let words: u64 = counts.iter().map(|it| it.word).sum();
        if kind == Kind::Number && words > 0 {
            non_finite.push((name.clone(), words));
        }
        cells.push(Cell::of(name, nulls).typed(kind));
        columns.push(Column {
            name: name.clone(),
            kind,
        });
    }
    Ok(Typed {
        columns,
        cells,
        rows,
        non_finite,
    })
}

/// The kind that all files agree on.
fn agreed(name: &str, counts: &[Counts], files: &[SourceFile]) -> Result<Kind, Error> {
    let mut whole: Option<(Kind, usize)> = None;
    for (file, counts) in counts.iter().enumerate() {
        let Some(kind) = counts.kind() else { continue };
        whole = match whole {
            None => Some((kind, file)),
            Some((known, first)) if known == kind => Some((known, first)),
            Some((known, first)) if known.is_numeric() && kind.is_numeric() => {
                Some((Kind::Number, first))
            }
            Some((known, first)) => {
                return Err(Error::Input(format!(
                    "column `{name}` is {known} in {} and {kind} in {}; say which it is in `schema`",
                    files[first].path, files[file].path
                )));
            }
        };
    }
    let kind = whole.map_or(Kind::Number, |(kind, _)| kind);
    let long = counts.iter().position(|it| it.long > 0);
    match long {
        Some(file) if kind.is_numeric() => Err(Error::Input(format!(
            "column `{name}` has whole numbers of 19 digits or more in {}, which may be names; say in `schema` that it is text, or number",
            files[file].path
        ))),
        _ => Ok(kind),
    }
}

/// A kind that the settings give, if the cells are of it.
fn given(name: &str, kind: Kind, counts: &[Counts], files: &[SourceFile]) -> Result<Kind, Error> {
    for (file, counts) in counts.iter().enumerate() {
        let fitting = match kind {
            Kind::Text => counts.present,
            Kind::Boolean => counts.boolean,
            Kind::Integer | Kind::Number => counts.number + counts.word,
        };
        if fitting < counts.present {
            return Err(Error::Input(format!(
                "column `{name}` of {}: expected {kind} by `schema`, and {} of {} cells are not",
                files[file].path,
                counts.present - fitting,
                counts.present
            )));
        }
    }
    let is_fraction = counts.iter().any(|it| it.number + it.word > it.whole);
    Ok(match kind {
        Kind::Integer if is_fraction => Kind::Number,
        kind => kind,
    })
}

/// A cell of a column of texts.
struct Cell {
    /// As it is written.
    raw: String,
    /// Without blanks around it.
    bare: String,
    /// Whether it is missing.
    missing: String,
}

impl Cell {
    fn of(name: &str, nulls: &[String]) -> Cell {
        let raw = sql::name(name);
        let bare = sql::trimmed(&raw);
        let mut texts = vec![sql::text("")];
        texts.extend(nulls.iter().map(|null| sql::text(trim_text(null))));
        Cell {
            missing: format!("({raw} IS NULL OR {bare} IN ({}))", texts.join(", ")),
            raw,
            bare,
        }
    }

    fn counts(&self) -> [String; COUNTS] {
        let Cell { bare, missing, .. } = self;
        let present = format!("NOT {missing}");
        let like =
            |pattern: &str| sql::count_where(&format!("{present} AND {bare} RLIKE {pattern}"));
        [
            sql::count_where(&present),
            like(WHOLE),
            like(LONG),
            like(NUMBER),
            sql::count_where(&format!("{present} AND lower({bare}) RLIKE {WORD}")),
            sql::count_where(&format!("{present} AND lower({bare}) IN ('true', 'false')")),
        ]
    }

    fn typed(&self, kind: Kind) -> String {
        let Cell { raw, bare, missing } = self;
        let value = match kind {
            Kind::Text => raw.clone(),
            Kind::Boolean => format!("lower({bare}) = 'true'"),
            Kind::Integer => format!("try_cast({bare} AS BIGINT)"),
            Kind::Number => finite(&format!("try_cast({bare} AS DOUBLE)")),
        };
        format!("CASE WHEN {missing} THEN NULL ELSE {value} END")
    }
}

/// A double that is missing where it is not finite; either zero is 0.
fn finite(value: &str) -> String {
    format!("CASE WHEN abs({value}) <= {LARGEST} THEN {value} + 0e0 ELSE NULL END")
}

/// Types the columns of Parquet files. `types` are those that the engine reports, in the order of `names`.
///
/// # Errors
/// When a column is of a type that is not taken.
pub(super) fn of_types(
    session: &Session,
    input: &Input<'_>,
    types: &[String],
) -> Result<Typed, Error> {
    let (names, wanted) = (input.names, input.kinds);
    let (mut columns, mut cells) = (Vec::new(), Vec::new());
    for (name, found) in names.iter().zip(types) {
        let kind = match found.split('(').next().unwrap_or_default() {
            "tinyint" | "smallint" | "int" | "bigint" => Kind::Integer,
            "float" | "double" | "decimal" => Kind::Number,
            "boolean" => Kind::Boolean,
            "string" | "varchar" | "char" => Kind::Text,
            _ => {
                return Err(Error::Input(format!(
                    "column `{name}` is of the type {found}, which the engine's ingest does not take; write it as text or number"
                )));
            }
        };
        let kind = match (wanted.get(name), kind) {
            (None, kind) => kind,
            (Some(wanted), kind) if *wanted == kind => kind,
            (Some(Kind::Text), _) => Kind::Text,
            (Some(Kind::Number), Kind::Integer) => Kind::Number,
            (Some(Kind::Integer), Kind::Number) => Kind::Number,
            (Some(wanted), kind) => {
                return Err(Error::Input(format!(
                    "column `{name}`: expected {wanted} by `schema`, found {kind}"
                )));
            }
        };
        let cell = sql::name(name);
        cells.push(match kind {
            Kind::Integer => format!("cast({cell} AS BIGINT)"),
            Kind::Number => finite(&format!("cast({cell} AS DOUBLE)")),
            Kind::Boolean => cell,
            Kind::Text => {
                let text = format!("cast({cell} AS STRING)");
                format!(
                    "CASE WHEN {} = '' THEN NULL ELSE {text} END",
                    sql::trimmed(&text)
                )
            }
        });
        columns.push(Column {
            name: name.clone(),
            kind,
        });
    }
    let query = format!("SELECT {FILE}, count(*) FROM {RAW} GROUP BY {FILE}");
    let table = session.ask("count the rows of the files", &query)?;
    let mut rows = vec![0; input.files.len()];
    for row in 0..table.rows {
        if let Some(slot) = rows.get_mut(table.count(row, 0)? as usize) {
            *slot = table.count(row, 1)?;
        }
    }
    Ok(Typed {
        columns,
        cells,
        rows,
        non_finite: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::source::FileForm;

    fn counts(present: u64, whole: u64, number: u64) -> Counts {
        Counts {
            present,
            whole,
            number,
            ..Counts::default()
        }
    }

    fn files() -> Vec<SourceFile> {
        ["a.csv", "b.csv"]
            .map(|path| SourceFile {
                path: path.to_string(),
                url: path.to_string(),
                form: FileForm::Csv(b','),
                columns: Vec::new(),
            })
            .to_vec()
    }

    #[test]
    fn files_agree_on_the_narrowest_kind_or_both_are_named() {
        let kind = |a, b| agreed("x", &[a, b], &files());
        let (none, whole, number, text) = (
            counts(0, 0, 0),
            counts(2, 2, 2),
            counts(2, 1, 2),
            counts(2, 1, 1),
        );
        assert_eq!(kind(none, none).expect("a kind"), Kind::Number);
        assert_eq!(kind(none, whole).expect("a kind"), Kind::Integer);
        assert_eq!(kind(number, whole).expect("a kind"), Kind::Number);
        assert_eq!(kind(text, none).expect("a kind"), Kind::Text);
        let why = kind(whole, text).expect_err("two kinds").to_string();
        assert!(
            why.contains("`x` is integer in a.csv and text in b.csv; say which it is in `schema`"),
            "{why}"
        );
    }

    #[test]
    fn a_kind_of_the_settings_is_held_against_the_cells() {
        let kind = |kind, a| given("x", kind, &[a], &files()[..1]);
        assert_eq!(
            kind(Kind::Text, counts(2, 2, 2)).expect("a kind"),
            Kind::Text
        );
        assert_eq!(
            kind(Kind::Integer, counts(2, 1, 2)).expect("a kind"),
            Kind::Number
        );
        let why = kind(Kind::Number, counts(3, 1, 2))
            .expect_err("a text")
            .to_string();
        assert!(
            why.contains("expected number by `schema`, and 1 of 3 cells are not"),
            "{why}"
        );
    }

    #[test]
    fn whole_numbers_that_may_be_names_are_not_guessed_at() {
        let long = Counts {
            long: 1,
            ..counts(2, 1, 2)
        };
        let why = agreed("x", &[long], &files()[..1])
            .expect_err("long")
            .to_string();
        assert!(why.contains("19 digits or more in a.csv"), "{why}");
    }
}
