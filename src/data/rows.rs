//! Rows as 128-bit hashes: what makes rows equal, and data sets equal.
//!
//! A row's hash is XXH3-128 (seed 0) over its cells in the given column order, each encoded as one tag byte and:
//! `0` missing, nothing · `1` a number, the 8 little-endian bytes of the `f64` (-0.0 as 0.0) · `2` an integer that no
//! `f64` equals, the 8 little-endian bytes of the `i64` · `3` false, `4` true, nothing · `5` text, its length in bytes
//! as 4 little-endian bytes, then its UTF-8 bytes. So 5 and 5.0 are equal, and the kind of a column without values does
//! not matter. The encoding is a promise: hashes are stored.

use polars::prelude::{
    ArrayRef, BooleanType, DataFrame, DataType, PolarsDataType, Series, StringType,
};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_128;

use super::Error;
use super::plain::{Plain, plain};
use crate::text::hex;

const MISSING: u8 = 0;
const NUMBER: u8 = 1;
const BIG_INTEGER: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const TEXT: u8 = 5;

/// Rows encoded at a time; their bytes stay in the cache.
const BLOCK: usize = 1024;

/// The hash of each row over the named columns, in the order of the names.
///
/// # Errors
/// When a column is not there or has a type outside the four kinds.
pub fn row_hashes(frame: &DataFrame, columns: &[&str]) -> Result<Vec<u128>, Error> {
    hashed(frame, columns, Texts::AsTheyStand)
}

/// The same whatever kinds the columns have: a text that spells a number or a truth value counts as that, so that a row is
/// known again where a column was read as another kind. For those who ask whether it is the same row, not whether it is equal.
///
/// # Errors
/// As [`row_hashes`].
pub fn row_keys(frame: &DataFrame, columns: &[&str]) -> Result<Vec<u128>, Error> {
    hashed(frame, columns, Texts::AsTheySay)
}

/// How texts are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    AsTheyStand,
    /// See [`plain`].
    AsTheySay,
}

fn hashed(frame: &DataFrame, columns: &[&str], texts: Texts) -> Result<Vec<u128>, Error> {
    let series: Vec<Series> = columns
        .iter()
        .map(|name| {
            let column = frame.column(name).map_err(|_| Error::NoColumn {
                column: (*name).to_owned(),
            })?;
            let series = column.as_materialized_series();
            Ok(if series.n_chunks() == 1 {
                series.clone()
            } else {
                series.rechunk()
            })
        })
        .collect::<Result<_, Error>>()?;
    let cells: Vec<ChunkColumn<'_>> = series
        .iter()
        .map(ChunkColumn::of)
        .collect::<Result<_, _>>()?;
    let mut hashes = vec![0; frame.height()];
    hashes.par_chunks_mut(BLOCK).enumerate().for_each_init(
        Default::default,
        |buffers, (index, out)| {
            hash_block((&cells, texts), index * BLOCK, out, buffers);
        },
    );
    Ok(hashes)
}

/// SHA-256 over row hashes in order, in hex: equal for equal rows in equal order, and only then.
pub fn fingerprint(hashes: &[u128]) -> String {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(16 * BLOCK);
    for block in hashes.chunks(BLOCK) {
        bytes.clear();
        block
            .iter()
            .for_each(|hash| bytes.extend_from_slice(&hash.to_le_bytes()));
        hasher.update(&bytes);
    }
    hex(&hasher.finalize())
}

/// Number and sum of row hashes: equal for equal rows in whatever order, and but for one chance in 2^128 only then.
pub fn set_fingerprint(hashes: &[u128]) -> String {
    let sum = hashes
        .iter()
        .fold(0_u128, |sum, hash| sum.wrapping_add(*hash));
    format!("{} {sum:032x}", hashes.len())
}

/// One column in one chunk.
struct ChunkColumn<'a> {
    /// Knows which cells are missing.
    chunk: &'a ArrayRef,
    values: Values<'a>,
}

enum Values<'a> {
    Integer(&'a [i64]),
    Number(&'a [f64]),
    Boolean(&'a <BooleanType as PolarsDataType>::Array),
    Text(&'a <StringType as PolarsDataType>::Array),
}

impl<'a> ChunkColumn<'a> {
    /// The cells of a series in one chunk.
    fn of(series: &'a Series) -> Result<ChunkColumn<'a>, Error> {
        let values = match series.dtype() {
            DataType::Int64 => series
                .i64()
                .ok()
                .and_then(|cells| cells.downcast_iter().next())
                .map(|cells| Values::Integer(cells.values())),
            DataType::Float64 => series
                .f64()
                .ok()
                .and_then(|cells| cells.downcast_iter().next())
                .map(|cells| Values::Number(cells.values())),
            DataType::Boolean => series
                .bool()
                .ok()
                .and_then(|cells| cells.downcast_iter().next())
                .map(Values::Boolean),
            DataType::String => series
                .str()
                .ok()
                .and_then(|cells| cells.downcast_iter().next())
                .map(Values::Text),
            _ => None,
        };
        let error = || Error::ColumnKind {
            column: series.name().to_string(),
            expected: "integer, number, boolean or text",
            found: series.dtype().to_string(),
        };
        let (Some(values), Some(chunk)) = (values, series.chunks().first()) else {
            return Err(error());
        };
        Ok(ChunkColumn { chunk, values })
    }
}

/// Encoded rows, and where in them each row begins and continues.
#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    cursors: Vec<usize>,
}

fn hash_block(
    (columns, texts): (&[ChunkColumn<'_>], Texts),
    first: usize,
    out: &mut [u128],
    buffers: &mut Buffers,
) {
    let Buffers {
        bytes,
        ends,
        cursors,
    } = buffers;
    // At most nine bytes for each cell that is not a text, and for one that spells a number.
    let fixed: usize = columns
        .iter()
        .map(|cells| {
            if matches!(cells.values, Values::Text(_)) && texts == Texts::AsTheyStand {
                5
            } else {
                9
            }
        })
        .sum();
    cursors.clear();
    let mut at = 0;
    for row in 0..out.len() {
        cursors.push(at);
        at += fixed;
        for cells in columns {
            if let Values::Text(cells) = cells.values {
                at += cells.value(first + row).len();
            }
        }
    }
    if bytes.len() < at {
        bytes.resize(at, 0);
    }
    ends.clone_from(cursors);
    for column in columns {
        let bits = column.chunk.validity();
        let valid = |row: usize| bits.is_none_or(|bits| bits.get_bit(first + row));
        match column.values {
            Values::Integer(values) => put_eight(bytes, ends, &values[first..], valid, |value| {
                integer_cell(*value)
            }),
            Values::Number(values) => put_eight(bytes, ends, &values[first..], valid, |value| {
                (NUMBER, number_bits(*value))
            }),
            Values::Boolean(cells) => {
                for (row, end) in ends.iter_mut().enumerate() {
                    let tag = if !valid(row) {
                        MISSING
                    } else if cells.value(first + row) {
                        TRUE
                    } else {
                        FALSE
                    };
                    bytes[*end] = tag;
                    *end += 1;
                }
            }
            Values::Text(cells) => {
                for (row, end) in ends.iter_mut().enumerate() {
                    if !valid(row) {
                        bytes[*end] = MISSING;
                        *end += 1;
                        continue;
                    }
                    let text = cells.value(first + row);
                    let said = match texts {
                        Texts::AsTheyStand => Plain::Text(text),
                        Texts::AsTheySay => plain(text),
                    };
                    *end += put_plain(&mut bytes[*end..], said);
                }
            }
        }
    }
    for (row, hash) in out.iter_mut().enumerate() {
        *hash = xxh3_128(&bytes[cursors[row]..ends[row]]);
    }
}

#[inline(always)]
fn put_eight<T>(
    bytes: &mut [u8],
    ends: &mut [usize],
    values: &[T],
    valid: impl Fn(usize) -> bool,
    cell: impl Fn(&T) -> (u8, u64),
) {
    for (row, (end, value)) in ends.iter_mut().zip(values).enumerate() {
        if !valid(row) {
            bytes[*end] = MISSING;
            *end += 1;
            continue;
        }
        let (tag, bits) = cell(value);
        let place = &mut bytes[*end..*end + 9];
        place[0] = tag;
        place[1..].copy_from_slice(&bits.to_le_bytes());
        *end += 9;
    }
}

/// Encodes what a cell of texts says; how many bytes that takes.
fn put_plain(bytes: &mut [u8], said: Plain<'_>) -> usize {
    let (tag, bits) = match said {
        Plain::Text(text) => {
            let text = text.as_bytes();
            bytes[0] = TEXT;
            bytes[1..5].copy_from_slice(&(text.len() as u32).to_le_bytes());
            bytes[5..5 + text.len()].copy_from_slice(text);
            return 5 + text.len();
        }
        Plain::Flag(flag) => {
            bytes[0] = if flag { TRUE } else { FALSE };
            return 1;
        }
        Plain::Whole(whole) => integer_cell(whole),
        Plain::Number(number) => (NUMBER, number_bits(number)),
    };
    bytes[0] = tag;
    bytes[1..9].copy_from_slice(&bits.to_le_bytes());
    9
}

/// An integer as the number that equals it, if there is one.
#[inline(always)]
fn integer_cell(value: i64) -> (u8, u64) {
    let number = value as f64;
    // 2^63 is not an i64: the conversion back saturates and would seem equal.
    if number as i64 == value && value != i64::MAX {
        (NUMBER, number_bits(number))
    } else {
        (BIG_INTEGER, value as u64)
    }
}

/// The bits of a number, the same for 0.0 and -0.0 and for all NaN.
#[inline(always)]
fn number_bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        (value + 0.0).to_bits()
    }
}
