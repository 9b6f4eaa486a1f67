//! A frame as a Parquet file. polars' own writer compresses page after page on one core, and compresses numbers that nothing
//! makes smaller; here the columns of a row group are encoded on all cores, each compressed only where that pays.

use std::io::Write;

use polars::prelude::{
    self as pl, CompatLevel, DataFrame, ParquetCompression, PolarsResult, SchemaExt as _,
};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, Encoding, Page, ParquetType, Version,
    WriteOptions, array_to_columns, compress,
};
use rayon::prelude::*;

/// Rows of a row group: so many are encoded in memory at once.
const GROUP_ROWS: usize = 1 << 18;
/// Share of a column's first page that compression has to leave out. Measured on 1 M × 24 numbers, two cores, synced: a fifth less on
/// the disk for 0.6 CPU-seconds more, which is as much as parsing takes.
const PAYS: f64 = 0.3;

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
    let encodings = pl::get_encodings(&schema);
    let fields = writer.parquet_schema().fields().to_vec();
    for start in (0..frame.height()).step_by(GROUP_ROWS) {
        let mut group = frame.slice(start as i64, GROUP_ROWS);
        for batch in group
            .align_chunks_par()
            .iter_chunks(CompatLevel::newest(), false)
        {
            let columns = batch.columns().par_iter().zip(&fields).zip(&*encodings);
            let pages = columns
                .map(|((array, field), encoding)| pages(&**array, field, encoding))
                .collect::<PolarsResult<Vec<_>>>()?;
            let pages: Vec<Vec<CompressedPage>> = pages.into_iter().flatten().collect();
            writer.write_row_group(batch.len() as u64, &pages)?;
        }
    }
    writer.finish()?;
    Ok(())
}

/// The pages of the leaves of one column.
fn pages(
    array: &dyn polars_arrow::array::Array,
    field: &ParquetType,
    encoding: &[Encoding],
) -> PolarsResult<Vec<Vec<CompressedPage>>> {
    let options = WriteOptions {
        statistics: pl::StatisticsOptions::empty(),
        version: Version::V1,
        compression: CompressionOptions::Lz4Raw,
        data_page_size: None,
    };
    let leaves = array_to_columns(array, field.clone(), options, encoding)?;
    leaves.into_iter().map(leaf).collect()
}

/// All of a column chunk is written in one way: as its first page is smaller.
fn leaf(pages: DynIter<'static, PolarsResult<Page>>) -> PolarsResult<Vec<CompressedPage>> {
    let mut codec = None;
    pages
        .map(|page| {
            let page = page?;
            let used = match codec {
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
    let most = (1.0 - PAYS) * data.buffer().len() as f64;
    let small = compress(
        Page::Data(data.clone()),
        Vec::new(),
        CompressionOptions::Lz4Raw,
    )?;
    Ok(match small {
        CompressedPage::Data(small) if small.compressed_size() as f64 > most => {
            CompressionOptions::Uncompressed
        }
        _ => CompressionOptions::Lz4Raw,
    })
}
