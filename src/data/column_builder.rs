//! The cells of one column of a whole file, put together from its parts.

use polars::prelude::{
    BooleanChunked, Column, DataType, Float64Chunked, Int64Chunked, IntoColumn as _, Series,
    StringChunkedBuilder,
};
use polars_arrow::bitmap::Bitmap;

use super::part_column::{Cells, PartColumn};
use super::schema::Kind;

/// The cells of one column of a whole file, put together from its parts.
pub(super) struct ColumnBuilder {
    store: Store,
    rows: usize,
    missing: Bits,
    pub non_finite: u64,
    /// Byte offset in the whole file of the first cell that is not missing.
    pub first_at: Option<u64>,
    /// Byte offset in the whole file of the first cell that made the column text.
    pub text_at: Option<u64>,
    /// Text came after other cells: the file must be read again with this column as text.
    pub conflict: bool,
}

enum Store {
    Unknown,
    Integer(Vec<i64>),
    Number(Vec<f64>),
    Boolean(Vec<bool>),
    Text(StringChunkedBuilder),
}

impl ColumnBuilder {
    pub fn new(kind: Option<Kind>) -> ColumnBuilder {
        let mut builder = ColumnBuilder {
            store: Store::Unknown,
            rows: 0,
            missing: Bits::default(),
            non_finite: 0,
            first_at: None,
            text_at: None,
            conflict: false,
        };
        if let Some(kind) = kind {
            builder.become_kind(kind);
        }
        builder
    }

    /// Cells so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// What the next part should begin with.
    pub fn kind(&self) -> Option<Kind> {
        match &self.store {
            _ if self.conflict => Some(Kind::Text),
            Store::Unknown => None,
            Store::Integer(_) => Some(Kind::Integer),
            Store::Number(_) => Some(Kind::Number),
            Store::Boolean(_) => Some(Kind::Boolean),
            Store::Text(_) => Some(Kind::Text),
        }
    }

    /// Adds a part's cells at the end; `base` is where the part's offsets count from.
    pub fn append(&mut self, part: &PartColumn, base: u64) {
        if self.first_at.is_none() {
            self.first_at = part.first_at.map(|at| base + at as u64);
        }
        if self.text_at.is_none() {
            self.text_at = part.text_at.map(|at| base + at as u64);
        }
        if self.conflict {
            return;
        }
        match (self.kind(), part.kind()) {
            (None, Some(kind)) => self.become_kind(kind),
            (Some(Kind::Integer), Some(Kind::Number)) => self.widen(),
            (_, None) => {}
            (Some(own), Some(other))
                if own == other || (own.is_numeric() && other.is_numeric()) => {}
            (Some(_), Some(_)) => {
                self.text_at = self.text_at.or(self.first_at_of(part, base));
                self.conflict = true;
                self.store = Store::Unknown;
                return;
            }
        }
        for &row in &part.missing {
            self.missing.set(self.rows + row as usize);
        }
        self.non_finite += part.non_finite.len() as u64;
        self.append_cells(part);
        self.rows += part.rows;
    }

    fn first_at_of(&self, part: &PartColumn, base: u64) -> Option<u64> {
        part.text_at.or(part.first_at).map(|at| base + at as u64)
    }

    fn append_cells(&mut self, part: &PartColumn) {
        let rows = self.rows + part.rows;
        match (&mut self.store, &part.cells) {
            (Store::Integer(own), Cells::Integer(values)) => own.extend_from_slice(values),
            (Store::Number(own), Cells::Number(values)) => own.extend_from_slice(values),
            (Store::Number(own), Cells::Integer(values)) => {
                own.extend(values.iter().map(|&value| value as f64));
            }
            (Store::Boolean(own), Cells::Boolean(values)) => own.extend_from_slice(values),
            (Store::Text(own), Cells::Text { bytes, ends }) => {
                append_text(own, bytes, ends, &part.missing);
            }
            (Store::Integer(own), _) => own.resize(rows, 0),
            (Store::Number(own), _) => own.resize(rows, 0.0),
            (Store::Boolean(own), _) => own.resize(rows, false),
            (Store::Text(own), _) => (0..part.rows).for_each(|_| own.append_null()),
            (Store::Unknown, _) => {}
        }
    }

    fn become_kind(&mut self, kind: Kind) {
        self.store = match kind {
            Kind::Integer => Store::Integer(vec![0; self.rows]),
            Kind::Number => Store::Number(vec![0.0; self.rows]),
            Kind::Boolean => Store::Boolean(vec![false; self.rows]),
            Kind::Text => {
                let mut builder = StringChunkedBuilder::new("".into(), self.rows);
                (0..self.rows).for_each(|_| builder.append_null());
                Store::Text(builder)
            }
        };
    }

    fn widen(&mut self) {
        if let Store::Integer(values) = &self.store {
            self.store = Store::Number(values.iter().map(|&value| value as f64).collect());
        }
    }

    /// The kind (`None`: all missing) and the polars column.
    pub fn finish(self, name: &str) -> (Option<Kind>, Column) {
        let (rows, missing, name) = (self.rows, self.missing, name.into());
        let valid = || missing.others(rows);
        match self.store {
            Store::Unknown => (
                None,
                Series::full_null(name, rows, &DataType::Float64).into_column(),
            ),
            Store::Integer(mut values) => {
                values.shrink_to_fit();
                (
                    Some(Kind::Integer),
                    Int64Chunked::from_vec_validity(name, values, valid()).into_column(),
                )
            }
            Store::Number(mut values) => {
                values.shrink_to_fit();
                (
                    Some(Kind::Number),
                    Float64Chunked::from_vec_validity(name, values, valid()).into_column(),
                )
            }
            Store::Boolean(values) => {
                let cells = values
                    .iter()
                    .enumerate()
                    .map(|(row, &value)| (!missing.get(row)).then_some(value));
                (
                    Some(Kind::Boolean),
                    cells
                        .collect::<BooleanChunked>()
                        .with_name(name)
                        .into_column(),
                )
            }
            Store::Text(builder) => (
                Some(Kind::Text),
                builder.finish().with_name(name).into_column(),
            ),
        }
    }
}

fn append_text(own: &mut StringChunkedBuilder, bytes: &str, ends: &[usize], missing: &[u32]) {
    let mut missing = missing.iter().copied().peekable();
    let mut begin = 0;
    for (row, &end) in ends.iter().enumerate() {
        if missing.next_if(|&next| next as usize == row).is_some() {
            own.append_null();
        } else {
            own.append_value(&bytes[begin..end]);
        }
        begin = end;
    }
}

/// A set of row numbers.
#[derive(Default)]
struct Bits {
    words: Vec<u64>,
    any: bool,
}

impl Bits {
    fn set(&mut self, row: usize) {
        let word = row / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (row % 64);
        self.any = true;
    }

    /// The rows of `rows` that are not in it; `None` where none is in it.
    fn others(&self, rows: usize) -> Option<Bitmap> {
        if !self.any {
            return None;
        }
        let words = self.words.iter().copied().chain(std::iter::repeat(0));
        let words = words.take(rows.div_ceil(64));
        let bytes: Vec<u8> = words.flat_map(|word| (!word).to_le_bytes()).collect();
        Some(Bitmap::from_u8_vec(bytes, rows))
    }

    fn get(&self, row: usize) -> bool {
        self.words
            .get(row / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }
}
