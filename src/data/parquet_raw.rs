//! Columns of a Parquet file that polars is not built to read, taken from the pages one by one: decimals, half floats, times of
//! day, categories. Reading all of polars' types would make every build of it longer.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};

use chrono::{NaiveTime, Timelike as _};
use polars::prelude::{self as pl, NewChunkedArray as _};
use polars_arrow::array::{
    Array, BinaryViewArray, FixedSizeBinaryArray, PrimitiveArray, Utf8ViewArray,
};
use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_arrow::types::{NativeType, i256};
use polars_parquet::read::{BasicDecompressor, FileMetadata, PageReader, column_iter_to_arrays};

/// How a column comes out of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raw {
    /// Whole numbers with a scale.
    Decimal(usize),
    /// The same in 256 bits.
    WideDecimal(usize),
    Half,
    /// Ticks of which so many make a second, in 32 or 64 bits.
    Time {
        per_second: i64,
        is_long: bool,
    },
    Category,
}

/// How a column of a type is to be taken from the pages; `None`: polars reads it, or nothing does.
pub(super) fn raw_of(dtype: &ArrowDataType) -> Option<Raw> {
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    match dtype {
        ArrowDataType::Decimal(_, scale)
        | ArrowDataType::Decimal32(_, scale)
        | ArrowDataType::Decimal64(_, scale) => Some(Raw::Decimal(*scale)),
        ArrowDataType::Decimal256(_, scale) => Some(Raw::WideDecimal(*scale)),
        ArrowDataType::Float16 => Some(Raw::Half),
        ArrowDataType::Time32(unit) => Some(Raw::Time {
            per_second: per_second(unit),
            is_long: false,
        }),
        ArrowDataType::Time64(unit) => Some(Raw::Time {
            per_second: per_second(unit),
            is_long: true,
        }),
        ArrowDataType::Dictionary(_, values, _) => match values.as_ref() {
            ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 | ArrowDataType::Utf8View => {
                Some(Raw::Category)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Reads such a column. `None` where its pages are not what its type says.
pub(super) fn read_raw(
    file: &mut File,
    metadata: &FileMetadata,
    field: &Field,
    raw: Raw,
) -> Option<pl::Series> {
    let mut field = field.clone();
    match raw {
        Raw::Category => field.dtype = ArrowDataType::Utf8View,
        Raw::Half => field.dtype = ArrowDataType::FixedSizeBinary(2),
        _ => {}
    }
    let arrays = arrays(file, metadata, &field)?;
    let name = pl::PlSmallStr::from_str(&field.name);
    Some(match raw {
        Raw::Decimal(scale) => {
            let cells: Vec<Option<i128>> = cells::<i128>(&arrays)?;
            decimals(name, cells, scale)
        }
        Raw::WideDecimal(scale) => {
            let cells: Vec<Option<i256>> = cells::<i256>(&arrays)?;
            let number = |cell: Option<i256>| divided(&cell?.0.to_string(), scale);
            let numbers = cells.into_iter().map(number);
            pl::IntoSeries::into_series(pl::Float64Chunked::from_iter_options(name, numbers))
        }
        Raw::Half => {
            let mut numbers = Vec::new();
            for array in &arrays {
                let array = array.as_any().downcast_ref::<FixedSizeBinaryArray>()?;
                for bytes in array.iter() {
                    numbers.push(bytes.and_then(|bytes| Some(half(*bytes.first_chunk()?))));
                }
            }
            pl::IntoSeries::into_series(pl::Float64Chunked::from_iter_options(
                name,
                numbers.into_iter(),
            ))
        }
        Raw::Time {
            per_second,
            is_long,
        } => {
            let ticks: Vec<Option<i64>> = if is_long {
                cells::<i64>(&arrays)?
            } else {
                cells::<i32>(&arrays)?
                    .into_iter()
                    .map(|it| it.map(i64::from))
                    .collect()
            };
            let texts = ticks.into_iter().map(|tick| hour(tick?, per_second));
            pl::IntoSeries::into_series(pl::StringChunked::from_iter_options(name, texts))
        }
        Raw::Category => {
            let mut texts: Vec<Option<String>> = Vec::new();
            for array in &arrays {
                if let Some(array) = array.as_any().downcast_ref::<Utf8ViewArray>() {
                    texts.extend(array.iter().map(|it| it.map(str::to_string)));
                } else {
                    let array = array.as_any().downcast_ref::<BinaryViewArray>()?;
                    for bytes in array.iter() {
                        texts.push(match bytes {
                            None => None,
                            Some(bytes) => Some(std::str::from_utf8(bytes).ok()?.to_string()),
                        });
                    }
                }
            }
            pl::IntoSeries::into_series(pl::StringChunked::from_iter_options(
                name,
                texts.into_iter(),
            ))
        }
    })
}

/// The arrays of a column, one or more a row group.
fn arrays(file: &mut File, metadata: &FileMetadata, field: &Field) -> Option<Vec<Box<dyn Array>>> {
    let mut arrays = Vec::new();
    for group in &metadata.row_groups {
        let mut chunks = group.columns_under_root_iter(&field.name)?;
        let chunk = chunks.next()?;
        let range = chunk.byte_range();
        let mut bytes = vec![0; usize::try_from(range.end.checked_sub(range.start)?).ok()?];
        file.seek(SeekFrom::Start(range.start)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        let pages = PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), usize::MAX);
        let pages = BasicDecompressor::new(pages, Vec::new());
        let kind = &chunk.descriptor().descriptor.primitive_type;
        let (read, _) = column_iter_to_arrays(vec![pages], vec![kind], field.clone(), None).ok()?;
        arrays.extend(read);
    }
    Some(arrays)
}

fn cells<T: NativeType>(arrays: &[Box<dyn Array>]) -> Option<Vec<Option<T>>> {
    let mut cells = Vec::new();
    for array in arrays {
        let array = array.as_any().downcast_ref::<PrimitiveArray<T>>()?;
        cells.extend(array.iter().map(|it| it.copied()));
    }
    Some(cells)
}

/// Whole numbers where there is no scale and all of them fit, else numbers.
fn decimals(name: pl::PlSmallStr, cells: Vec<Option<i128>>, scale: usize) -> pl::Series {
    let whole = |cell: &Option<i128>| cell.map(i64::try_from).transpose();
    if scale == 0
        && let Ok(whole) = cells
            .iter()
            .map(whole)
            .collect::<Result<Vec<Option<i64>>, _>>()
    {
        return pl::IntoSeries::into_series(pl::Int64Chunked::from_iter_options(
            name,
            whole.into_iter(),
        ));
    }
    let numbers = cells
        .into_iter()
        .map(|cell| divided(&cell?.to_string(), scale));
    pl::IntoSeries::into_series(pl::Float64Chunked::from_iter_options(name, numbers))
}

/// A whole number divided by ten to a power: the nearest `f64`, since the standard library's reader is correctly rounded.
fn divided(digits: &str, scale: usize) -> Option<f64> {
    format!("{digits}e-{scale}").parse().ok()
}

/// A number of IEEE 754 binary16: a sign, five bits of exponent, ten of fraction.
fn half(bytes: [u8; 2]) -> f64 {
    let bits = u16::from_le_bytes(bytes);
    let (exponent, fraction) = ((bits >> 10) & 0x1f, f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

fn hour(ticks: i64, per_second: i64) -> Option<String> {
    let seconds = u32::try_from(ticks.div_euclid(per_second)).ok()?;
    let nanoseconds = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let time =
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, u32::try_from(nanoseconds).ok()?)?;
    let form = if time.nanosecond() == 0 {
        "%H:%M:%S"
    } else {
        "%H:%M:%S%.f"
    };
    Some(time.format(form).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_and_decimals_are_the_nearest_numbers() {
        for (bits, number) in [
            (0x3c00_u16, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103515625e-5),
            (0x0001, 5.960464477539063e-8),
            (0x3555, 0.333251953125),
            (0x8000, -0.0),
        ] {
            assert_eq!(half(bits.to_le_bytes()), number, "{bits:x}");
        }
        assert_eq!(half(0x7c00_u16.to_le_bytes()), f64::INFINITY);
        assert!(half(0x7e00_u16.to_le_bytes()).is_nan());
        assert_eq!(divided("12179", 2), Some(121.79));
        assert_eq!(divided("-1", 30), Some(-1e-30));
        assert_eq!(
            divided("99999999999999999999999999999999999999", 0),
            Some(1e38)
        );
        assert_eq!(
            hour(3_723_500_000, 1_000_000),
            Some("01:02:03.500".to_string())
        );
        assert_eq!(hour(86_400, 1), None);
    }
}
