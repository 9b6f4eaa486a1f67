//! One file's content before it is known whether it fits the others.

use std::io;

use polars::prelude as pl;

use super::schema::Kind;

/// A file's columns, each of one of the four kinds, as long as each other.
pub(super) struct Table {
    pub columns: Vec<TableColumn>,
    pub rows: usize,
    /// Rows of the file that were equal to another one of it and are not here.
    pub dropped: u64,
    /// How it is written, where it is a CSV file.
    pub text: Option<TextFacts>,
}

/// How a CSV file is written, as it was found.
#[derive(Debug, Clone)]
pub(super) struct TextFacts {
    pub encoding: String,
    pub separator: u8,
    /// Line of the header, from 1.
    pub header_line: u64,
    pub has_header: bool,
    pub names: Vec<String>,
    /// Where the first record begins.
    pub body: u64,
    /// Title lines above the header.
    pub titles: u64,
    /// Lines that were passed over as comments.
    pub comments: u64,
    /// Records equal to the header, which were left out, and where the first of them begins.
    pub headers: u64,
    pub header_again: Option<u64>,
    /// Names in the header that are numbers, where it may be a row.
    pub numbers_in_header: usize,
}

/// A column with what is needed to say where it does not fit.
pub(super) struct TableColumn {
    pub name: String,
    /// `None`: every cell is missing (and `cells` are `Float64`).
    pub kind: Option<Kind>,
    pub cells: pl::Column,
    /// Cells that were ±inf or NaN and are now missing.
    pub non_finite: u64,
    /// Where in the decompressed file the first cell stands that is not missing.
    pub first_at: Option<u64>,
    /// Where the first cell stands that made the column `Text`.
    pub text_at: Option<u64>,
    /// Why a column that holds numbers is text.
    pub hint: Option<String>,
}

impl TableColumn {
    /// True when cells before the first text were all numbers or booleans.
    pub fn turned_to_text(&self) -> bool {
        self.kind == Some(Kind::Text) && self.text_at.is_some() && self.text_at != self.first_at
    }
}

/// Why a file gave no table.
pub(super) enum TableError {
    /// The content is not usable: quarantine.
    Bad(Bad),
    /// The disk failed.
    Io(io::Error),
}

/// A reason for quarantine, with where.
#[derive(Debug)]
pub(super) struct Bad {
    pub line: Option<u64>,
    pub column: Option<String>,
    pub reason: String,
}

impl Bad {
    pub fn new(reason: impl Into<String>) -> Bad {
        Bad {
            line: None,
            column: None,
            reason: reason.into(),
        }
    }

    pub fn line(mut self, line: Option<u64>) -> Bad {
        self.line = line;
        self
    }

    pub fn column(mut self, column: &str) -> Bad {
        self.column = Some(column.to_owned());
        self
    }
}

impl From<Bad> for TableError {
    fn from(bad: Bad) -> Self {
        TableError::Bad(bad)
    }
}
