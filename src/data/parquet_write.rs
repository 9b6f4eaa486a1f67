//! A frame as a Parquet file. polars' own writer compresses page after page on one core, and compresses numbers that nothing
//! makes smaller; here the columns of a row group are encoded on all cores, each compressed only where that pays.

use std::collections::HashSet;
use std::io::Write;

use polars::prelude::{
    self as pl, Column, CompatLevel, DataFrame, ParquetCompression, PolarsResult, SchemaExt as _,
};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, Encoding, Page, ParquetType, Version,
    WriteOptions, array_to_columns, compress,
};
use rayon::prelude::*;

/// Rows of a row group: so many are encoded in memory at once.
const GROUP_ROWS: usize = 1 << 18;
/// Share of a column's first page that compression has to leave out. Measured on 1 M × 24 numbers of six decimals, of which it leaves
/// out a third: 0.4 CPU-seconds, which is nearly as much as parsing takes.
const PAYS: f64 = 0.4;
/// Bytes of a page below which compression costs nothing worth a look, and damage shows more often.
const SMALL: usize = 1 << 18;
/// Bytes of a page that are compressed to see whether that pays.
const TRIED: usize = 1 << 16;
/// Numbers of a column that are looked at to see whether they repeat.
const LOOKED_AT: usize = 1 << 10;

/// Writes a frame, LZ4-compressed where that makes a column smaller, without statistics, which no reader of whole files needs.
///
/// # Errors
/// When the disk fails.
pub fn write(frame: &DataFrame, file: &mut impl Write) -> PolarsResult<()> {
    let writer = pl::ParquetWriter::new(file)
        .with_compression(ParquetCompression::Lz4Raw)
        .with_statistics(pl::StatisticsOptions::empty());
    let mut writer = writer.batched(frame.schema())?;
    let schema = frame.schema().to_arrow(CompatLevel::newest());
    let mut encodings = pl::get_encodings(&schema).to_vec();
    for (encoding, column) in encodings.iter_mut().zip(frame.columns()) {
        if is_varied(column) {
            *encoding = vec![Encoding::Plain];
        }
    }
    let mut codecs = vec![None; encodings.len()];
    let fields = writer.parquet_schema().fields().to_vec();
    for start in (0..frame.height()).step_by(GROUP_ROWS) {
        let mut group = frame.slice(start as i64, GROUP_ROWS);
        for batch in group
            .align_chunks_par()
            .iter_chunks(CompatLevel::newest(), false)
        {
            let columns = batch.columns().par_iter().zip(&fields).zip(&encodings);
            let pages = columns
                .zip(&mut codecs)
                .map(|(((array, field), encoding), codec)| {
                    pages(&**array, (field, encoding), codec)
                })
                .collect::<PolarsResult<Vec<_>>>()?;
            let pages: Vec<Vec<CompressedPage>> = pages.into_iter().flatten().collect();
            writer.write_row_group(batch.len() as u64, &pages)?;
        }
    }
    writer.finish()?;
    Ok(())
}

/// Whether the numbers of a column hardly repeat, so that no dictionary is worth a look.
fn is_varied(column: &Column) -> bool {
    let Ok(numbers) = column.f64() else {
        return false;
    };
    let step = numbers.len().div_ceil(LOOKED_AT).max(1);
    let looked_at = (0..numbers.len()).step_by(step);
    let seen: Vec<u64> = looked_at
        .filter_map(|row| numbers.get(row))
        .map(f64::to_bits)
        .collect();
    let distinct: HashSet<&u64> = seen.iter().collect();
    seen.len() > LOOKED_AT / 2 && distinct.len() > seen.len() / 2
}

/// The pages of the leaves of one column.
fn pages(
    array: &dyn polars_arrow::array::Array,
    (field, encoding): (&ParquetType, &[Encoding]),
    codec: &mut Option<CompressionOptions>,
) -> PolarsResult<Vec<Vec<CompressedPage>>> {
    let options = WriteOptions {
        statistics: pl::StatisticsOptions::empty(),
        version: Version::V1,
        compression: CompressionOptions::Lz4Raw,
        data_page_size: None,
    };
    let leaves = array_to_columns(array, field.clone(), options, encoding)?;
    let leaves = leaves.into_iter();
    leaves.map(|pages| leaf(pages, codec)).collect()
}

/// All of a column is written in one way: as its first page is smaller.
fn leaf(
    pages: DynIter<'static, PolarsResult<Page>>,
    codec: &mut Option<CompressionOptions>,
) -> PolarsResult<Vec<CompressedPage>> {
    pages
        .map(|page| {
            let page = page?;
            let used = match *codec {
                Some(codec) => codec,
                None => *codec.insert(codec_of(&page)?),
            };
            Ok(compress(page, Vec::new(), used)?)
        })
        .collect()
}

fn codec_of(page: &Page) -> PolarsResult<CompressionOptions> {
    // What is worth a dictionary repeats.
    let Page::Data(data) = page else {
        return Ok(CompressionOptions::Lz4Raw);
    };
    if data.buffer().len() < SMALL {
        return Ok(CompressionOptions::Lz4Raw);
    }
    let mut tried = data.clone();
    tried.buffer_mut().truncate(TRIED);
    let most = (1.0 - PAYS) * TRIED as f64;
    let small = compress(Page::Data(tried), Vec::new(), CompressionOptions::Lz4Raw)?;
    Ok(match small {
        CompressedPage::Data(small) if small.compressed_size() as f64 > most => {
            CompressionOptions::Uncompressed
        }
        _ => CompressionOptions::Lz4Raw,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use polars::prelude::{IntoColumn as _, NamedFrom as _, SerReader as _, Series};
    use polars_parquet::read::read_metadata;

    use super::*;

    /// More rows than a row group has: numbers that look random, whole ones, texts of few kinds, truth values, each with gaps.
    fn frame() -> DataFrame {
        let n = GROUP_ROWS + 3;
        let mixed = |row: usize| (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let is_there = |row: usize| !row.is_multiple_of(7);
        let cells = |row: usize| is_there(row).then(|| mixed(row));
        let random = (0..n).map(|row| cells(row).map(|it| f64::from_bits(it >> 12 | 1023 << 52)));
        let few = (0..n).map(|row| cells(row).map(|it| ["red", "green", ""][it as usize % 3]));
        let columns = [
            Series::new("random".into(), random.collect::<Vec<_>>()),
            Series::new(
                "whole".into(),
                (0..n).map(|row| row as i64 % 50).collect::<Vec<_>>(),
            ),
            Series::new("few".into(), few.collect::<Vec<_>>()),
            Series::new(
                "flag".into(),
                (0..n)
                    .map(|row| cells(row).map(|it| it > 9))
                    .collect::<Vec<_>>(),
            ),
        ];
        let columns = columns.into_iter().map(Series::into_column).collect();
        DataFrame::new(n, columns).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again_by_polars_own_reader() {
        for frame in [frame(), frame().slice(5, 10), frame().slice(0, 0)] {
            let mut bytes = Vec::new();
            write(&frame, &mut bytes).unwrap();
            let again = pl::ParquetReader::new(Cursor::new(bytes)).finish().unwrap();
            assert!(again.equals_missing(&frame), "{again:?}");
        }
    }

    #[test]
    fn a_column_is_compressed_where_that_makes_it_smaller() {
        let mut bytes = Vec::new();
        write(&frame(), &mut bytes).unwrap();
        let metadata = read_metadata(&mut Cursor::new(bytes)).unwrap();
        assert_eq!(metadata.row_groups.len(), 2);
        let columns = metadata.row_groups[0].parquet_columns();
        let shares = columns
            .iter()
            .map(|column| column.compressed_size() as f64 / column.uncompressed_size() as f64);
        let shares: Vec<f64> = shares.collect();
        assert_eq!(shares[0], 1.0, "nothing makes random numbers smaller");
        assert!(shares[1] < 0.7, "{shares:?}");
    }
}
