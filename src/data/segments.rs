//! Rows of a large file that are put aside while the rest of it is read: each once, so that a file of a few distinct rows needs
//! the memory of these, however often they are in it.

use polars::prelude::{BooleanChunked, DataFrame};

use super::Error;
use super::dedupe::Seen;
use super::rows::row_hashes;
use super::schema::{Column, Kind, Schema};
use super::stack::stack;
use super::table::{Table, TableColumn};

/// So many rows are read before equal ones are looked for. In tests it is small, so that small files get there.
pub(super) const MANY_ROWS: usize = if cfg!(test) { 3000 } else { 1_500_000 };
/// Where less than this share of them are equal to others, looking for more is not worth the time.
const WORTH: f64 = 0.25;

/// What was put aside.
#[derive(Default)]
pub(super) struct Segments {
    tables: Vec<Table>,
    seen: Seen,
    dropped: u64,
    is_given_up: bool,
}

impl Segments {
    /// Whether this many rows should be put aside now.
    pub fn is_due(&self, rows: usize) -> bool {
        rows >= MANY_ROWS && !self.is_given_up
    }

    /// Rows that are held here.
    pub fn rows(&self) -> usize {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Puts rows aside, without those that are equal to an earlier one.
    pub fn put(&mut self, table: Table) -> Result<(), Error> {
        let before = table.rows;
        let table = self.distinct(table)?;
        let dropped = before - table.rows;
        self.dropped += dropped as u64;
        self.is_given_up = (dropped as f64) < WORTH * before as f64;
        self.tables.push(table);
        Ok(())
    }

    fn distinct(&mut self, table: Table) -> Result<Table, Error> {
        let cells = table.columns.iter().map(|column| column.cells.clone());
        let frame = DataFrame::new(table.rows, cells.collect())?;
        let hashes = row_hashes(&frame, &Schema::of(&frame).names())?;
        let keep = self.seen.keep_new(&hashes);
        let rows = keep.iter().filter(|keep| **keep).count();
        if rows == table.rows {
            return Ok(table);
        }
        let mask: BooleanChunked = keep.into_iter().map(Some).collect();
        let columns = table.columns.into_iter().map(|column| {
            Ok(TableColumn {
                cells: column.cells.filter(&mask)?.rechunk(),
                ..column
            })
        });
        Ok(Table {
            columns: columns.collect::<Result<_, Error>>()?,
            rows,
            dropped: table.dropped,
            text: None,
        })
    }

    /// All of it with the last rows behind, as one table.
    pub fn finish(mut self, last: Table) -> Result<Table, Error> {
        if self.tables.is_empty() {
            return Ok(last);
        }
        self.put(last)?;
        let places = self.tables.first().map_or(0, |table| table.columns.len());
        let kind_at = |at: usize| {
            let mut kinds = self
                .tables
                .iter()
                .filter_map(|table| table.columns[at].kind);
            let first = kinds.next();
            if kinds.any(|kind| kind == Kind::Number) {
                Some(Kind::Number)
            } else {
                first
            }
        };
        let kinds: Vec<Option<Kind>> = (0..places).map(kind_at).collect();
        let facts = |at: usize| {
            let mut columns = self.tables.iter().map(|table| &table.columns[at]);
            let non_finite = columns.clone().map(|column| column.non_finite).sum();
            let last = columns.next_back();
            let (first_at, text_at) = last.map_or((None, None), |it| (it.first_at, it.text_at));
            (non_finite, first_at, text_at)
        };
        let facts: Vec<(u64, Option<u64>, Option<u64>)> = (0..places).map(facts).collect();
        let names = self.tables.first().map(|table| table.columns.iter());
        let columns = names
            .into_iter()
            .flatten()
            .zip(&kinds)
            .map(|(column, kind)| Column {
                name: column.name.clone(),
                kind: kind.unwrap_or(Kind::Number),
            });
        let schema = Schema {
            columns: columns.collect(),
        };
        let rows = self.rows();
        let frame = stack(self.tables, &schema)?;
        let columns = frame.into_columns().into_iter().zip(kinds).zip(facts);
        let columns = columns.map(
            |((cells, kind), (non_finite, first_at, text_at))| TableColumn {
                name: cells.name().to_string(),
                kind,
                cells,
                non_finite,
                first_at,
                text_at,
                hint: None,
            },
        );
        Ok(Table {
            columns: columns.collect(),
            rows,
            dropped: self.dropped,
            text: None,
        })
    }
}
