//! Bodies in Arrow's format: batches of columns, as pandas, polars, DuckDB or Spark write them.
//!
//! A stream of messages is read, and an Arrow (or Feather) file, which is such a stream between two marks. Cells are those of the same
//! columns in a Parquet file: dates and times are ISO 8601 texts, dictionaries are their values. Compressed batches are rejected, since they
//! claim how long they become; the body as a whole may be compressed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{AnyDictionaryArray, Array, ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::{ArrowError, DataType, SchemaRef, TimeUnit};
use bytes::Bytes;

use super::{Bounds, Collector, Stop, Strictness};
use crate::data::{iso_day, iso_time};
use crate::features::{Cell, CellRef};
use crate::serve::{Code, Problem};
use crate::serving::rows::Rows;
use crate::serving::served::{Field, Served};

/// What an Arrow file begins with; a stream follows.
const FILE_MARK: &[u8] = b"ARROW1\0\0";

/// Rows of an Arrow stream or file.
///
/// # Errors
/// 400 when it cannot be read, has compressed batches, or has a column of a type that is not supported; what [`Collector::finish`] says.
pub fn read_arrow(
    body: &Bytes,
    served: &Served,
    strictness: Strictness,
    bounds: Bounds<'_>,
) -> Result<Rows, Problem> {
    let mut collector = Collector::new(served, strictness, bounds);
    // The decoder checks what it is given, yet not all of it before it counts on it.
    let read = catch_unwind(AssertUnwindSafe(|| read_batches(body, &mut collector)));
    match read {
        Ok(Ok(())) => collector.finish(),
        Ok(Err(Fault::Body(why))) => Err(bad(&why)),
        Ok(Err(Fault::Stopped)) => collector.finish(),
        Err(_panic) => Err(bad("it is damaged")),
    }
}

/// Why reading ended early.
enum Fault {
    /// Something is wrong with the body.
    Body(String),
    /// The collector knows.
    Stopped,
}

impl From<Stop> for Fault {
    fn from(Stop: Stop) -> Fault {
        Fault::Stopped
    }
}

fn bad(why: &str) -> Problem {
    let why = format!("the Arrow body cannot be read: {why}");
    Problem::new(Code::BadRequest, why)
}

fn read_batches(body: &Bytes, collector: &mut Collector<'_>) -> Result<(), Fault> {
    let mut decoder = StreamDecoder::new();
    let is_file = body.starts_with(FILE_MARK);
    let mut rest = Buffer::from(body.slice(stream_in(body, is_file)..));
    let mut fields: Option<Vec<Field>> = None;
    // What is not aligned in the body is copied, at most all of it.
    let mut texts = body.len();
    collector.look_at_values(texts)?;
    loop {
        let batch = match decoder.decode(&mut rest) {
            Ok(batch) => batch,
            // Behind the stream of a file is its table of contents.
            Err(_) if is_file && decoder.finish().is_ok() => None,
            Err(error) => return Err(Fault::Body(reason(&error))),
        };
        if let (None, Some(schema)) = (&fields, decoder.schema()) {
            fields = Some(fields_of(&schema, collector)?);
        }
        let Some(batch) = batch else {
            break;
        };
        let fields = fields.as_deref().unwrap_or_default();
        take(&batch, fields, &mut texts, collector)?;
    }
    if fields.is_none() {
        return Err(Fault::Body("it has no schema".to_string()));
    }
    decoder
        .finish()
        .map_err(|_| Fault::Body("it ends in the middle of a batch".to_string()))
}

/// Where the stream begins: in a file behind its mark, and behind zeros that some writers align it with.
fn stream_in(body: &[u8], is_file: bool) -> usize {
    if !is_file {
        return 0;
    }
    let words = body.chunks(FILE_MARK.len()).skip(1);
    let zeros = words.take_while(|word| word.iter().all(|byte| *byte == 0));
    (FILE_MARK.len() * (1 + zeros.count())).min(body.len())
}

/// What is wrong, in words that hold nothing of the body.
fn reason(error: &ArrowError) -> String {
    let text = error.to_string();
    if text.contains("decompression requires") || text.contains("compression") {
        return "its batches are compressed; write them without compression, or compress the whole body (content-encoding: gzip)"
            .to_string();
    }
    "it is no Arrow stream, or a damaged one".to_string()
}

/// What each column is to the version. Unknown and missing columns are remembered by the collector.
fn fields_of(schema: &SchemaRef, collector: &mut Collector<'_>) -> Result<Vec<Field>, Fault> {
    collector.look_at_columns(schema.fields().len())?;
    let mut is_given = vec![false; collector.n_inputs()];
    let mut fields = Vec::with_capacity(schema.fields().len());
    for column in schema.fields() {
        let field = collector.field(column.name());
        if let Field::Input(position) = field {
            let name = column.name();
            if is_given[position] {
                return Err(Fault::Body(format!("it has the column `{name}` twice")));
            }
            is_given[position] = true;
            if !is_usable(column.data_type()) {
                let what = column.data_type();
                return Err(Fault::Body(format!(
                    "the column `{name}` is of the type {what}, which is not supported; send numbers, truth values, texts, days or times"
                )));
            }
        }
        fields.push(field);
    }
    let lacking = is_given.iter().enumerate().filter(|(_, given)| !**given);
    lacking.for_each(|(position, _)| collector.lacks(position));
    Ok(fields)
}

/// Adds the rows of a batch. Texts of a dictionary, and of columns that share a buffer, become more bytes than the body has, so they are
/// counted before they are put; `texts` is how many there were before.
fn take(
    batch: &RecordBatch,
    fields: &[Field],
    texts: &mut usize,
    collector: &mut Collector<'_>,
) -> Result<(), Fault> {
    let first = collector.n_rows();
    collector.add_rows(batch.num_rows())?;
    for (field, column) in fields.iter().zip(batch.columns()) {
        if let Field::Input(position) = *field {
            *texts += text_bytes(column);
            collector.look_at_values(*texts)?;
            put_column(column, first, position, collector);
        }
    }
    Ok(())
}

/// Bytes of the texts of all rows of a column.
fn text_bytes(column: &ArrayRef) -> usize {
    let mut bytes = 0;
    if let DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) =
        column.data_type()
    {
        each_cell(column, &mut |_, cell| {
            if let CellRef::Text(text) = cell {
                bytes += text.len();
            }
        });
    }
    bytes
}

/// Whether a column of this type has cells.
fn is_usable(of: &DataType) -> bool {
    match of {
        DataType::Null
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Timestamp(..)
        | DataType::Decimal128(..) => true,
        DataType::Dictionary(_, values) => {
            !matches!(**values, DataType::Dictionary(..)) && is_usable(values)
        }
        _ => false,
    }
}

/// Puts the cells of a column of a type that [`is_usable`] knows into rows from `first` on.
fn put_column(column: &ArrayRef, first: usize, position: usize, collector: &mut Collector<'_>) {
    if let Some(numbers) = column.as_primitive_opt::<Float64Type>()
        && numbers.null_count() == 0
        && collector.put_numbers(first, position, numbers.values())
    {
        return;
    }
    each_cell(column, &mut |row, cell| {
        collector.put_at(first + row, position, cell);
    });
}

/// Gives each cell of a column of a dictionary, in order.
fn each_of_dictionary(
    dictionary: &dyn AnyDictionaryArray,
    put: &mut dyn FnMut(usize, CellRef<'_>),
) {
    let mut values = Vec::with_capacity(dictionary.values().len());
    each_cell(dictionary.values(), &mut |_, cell| {
        values.push(cell.to_owned());
    });
    // A dictionary without values has missing cells only, and no key to look up.
    let keys = if values.is_empty() {
        vec![0; dictionary.len()]
    } else {
        dictionary.normalized_keys()
    };
    for (row, key) in keys.into_iter().enumerate() {
        let cell = values.get(key).filter(|_| dictionary.is_valid(row));
        put(row, cell.map_or(CellRef::Missing, Cell::by_ref));
    }
}

/// Gives each cell of a column, in order.
fn each_cell(column: &ArrayRef, put: &mut dyn FnMut(usize, CellRef<'_>)) {
    if let Some(dictionary) = column.as_any_dictionary_opt() {
        return each_of_dictionary(dictionary, put);
    }
    macro_rules! cells {
        ($array:expr, |$value:ident| $cell:expr) => {
            for (row, value) in $array.iter().enumerate() {
                put(row, value.map_or(CellRef::Missing, |$value| $cell))
            }
        };
    }
    macro_rules! whole {
        ($of:ty) => {
            cells!(column.as_primitive::<$of>(), |it| CellRef::Integer(
                it.into()
            ))
        };
    }
    match column.data_type() {
        DataType::Boolean => cells!(column.as_boolean(), |it| CellRef::Boolean(it)),
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => cells!(column.as_primitive::<UInt64Type>(), |it| {
            i64::try_from(it).map_or(CellRef::Number(it as f64), CellRef::Integer)
        }),
        DataType::Float32 => cells!(column.as_primitive::<Float32Type>(), |it| number(it.into())),
        DataType::Float64 => cells!(column.as_primitive::<Float64Type>(), |it| number(it)),
        DataType::Utf8 => cells!(column.as_string::<i32>(), |it| CellRef::Text(it)),
        DataType::LargeUtf8 => cells!(column.as_string::<i64>(), |it| CellRef::Text(it)),
        DataType::Utf8View => cells!(column.as_string_view(), |it| CellRef::Text(it)),
        DataType::Decimal128(_, scale) => {
            let scale = i32::from(*scale);
            cells!(column.as_primitive::<Decimal128Type>(), |it| {
                CellRef::Number(decimal(it, scale))
            });
        }
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().iter();
            texts(days.map(|day| day.and_then(|day| iso_day(day.into()))), put);
        }
        DataType::Timestamp(unit, zone) => {
            let (ticks, per_second) = ticks(column, *unit);
            let is_zoned = zone.is_some();
            let times = ticks.iter().enumerate().map(|(row, tick)| {
                let tick = column.is_valid(row).then_some(*tick)?;
                iso_time(tick, per_second, is_zoned)
            });
            texts(times, put);
        }
        _ => (0..column.len()).for_each(|row| put(row, CellRef::Missing)),
    }
}

fn texts(texts: impl Iterator<Item = Option<String>>, put: &mut dyn FnMut(usize, CellRef<'_>)) {
    for (row, text) in texts.enumerate() {
        put(row, text.as_deref().map_or(CellRef::Missing, CellRef::Text));
    }
}

/// The counts of a column of times, and how many of them a second has.
fn ticks(column: &ArrayRef, unit: TimeUnit) -> (Vec<i64>, i64) {
    let per_second = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let data = column.to_data();
    let counts = data.buffers()[0].typed_data::<i64>();
    let counts = counts[data.offset()..data.offset() + data.len()].to_vec();
    (counts, per_second)
}

/// A number; one that is not finite is missing, as in a file.
fn number(number: f64) -> CellRef<'static> {
    if number.is_finite() {
        CellRef::Number(number)
    } else {
        CellRef::Missing
    }
}

/// A decimal as the nearest number.
fn decimal(unscaled: i128, scale: i32) -> f64 {
    // Its text has the digits as they stand; a quotient of two rounded numbers need not be the nearest.
    let text = format!("{unscaled}e{}", -scale);
    text.parse().unwrap_or(f64::NAN)
}
