//! ingest: the input folder to one dated data set.

mod accumulate;
mod apart;
mod elsewhere;
mod known;
mod named;
mod options;
mod stored;
mod tables;
#[cfg(test)]
mod tests;

#[cfg(feature = "spark")]
pub use elsewhere::{Seen, same_as_scanned, seen};
pub use known::{Read, ingest_news, row_set};
pub use named::missing_columns;
pub use options::{read_options, rules_of, test_options};
pub use stored::{MOST_COLUMNS, Storing, latest, latest_frame, load, load_row};
pub use tables::{heads_of_tables, read_tables};

use polars::prelude::DataFrame;

use self::accumulate::{Sorted, earlier, known_again, put_back, put_together, sorted, superseded};
use self::named::check_columns;
use super::dataset::{
    Dataset, DatasetRecord, Parts, content_hash, parts_of, quarantine_line, take,
};
use super::derive::with_derived;
use super::error::Error;
use super::labelled_rows::{Input, with_labelled_rows};
use super::{Env, input_scan};
use crate::checks::of_files;
use crate::config::{Keep, ModelConfig, Severity, Window};
use crate::data;
use crate::data::{ReadOptions, Scan, Schema};
use crate::model_types::RunId;
use crate::registry::SeenFile;
use crate::text::counted;

/// Hash of the work that an input stands for: its files, labelled rows of production, and with `accumulate` everything seen before and which files were put
/// back to what they held earlier. Of several tables, also where each stands, since that says which table it is.
pub fn data_hash(config: &ModelConfig, input: &Input, seen: &[SeenFile]) -> String {
    let scan = &input.scan;
    if config.related.is_some() {
        let placed = scan.files.iter();
        let placed: Vec<String> = placed
            .map(|file| format!("{} {}", file.sha256, file.path))
            .collect();
        return content_hash(placed.iter().map(String::as_str));
    }
    // Folders like `year=2025` are columns of the files below them.
    let placed = scan.files.iter().map(|file| {
        let parts = file.path.split('/').filter(|part| part.contains('='));
        parts.fold(file.sha256.to_string(), |hash, part| {
            format!("{hash} {part}")
        })
    });
    let placed: Vec<String> = placed.chain(input.rows.hash()).collect();
    match config.ingest.keep {
        Keep::Folder => content_hash(placed.iter().map(String::as_str)),
        Keep::Accumulate => {
            let seen_before = seen.iter().map(|file| file.sha256.as_str());
            let back = put_back(scan, seen);
            let texts = placed.iter().chain(&back).map(String::as_str);
            content_hash(texts.chain(seen_before))
        }
    }
}

/// An input without some of its files.
fn without(input: &Input, paths: &[String]) -> Input {
    let mut rest = input.clone();
    rest.scan.files.retain(|file| !paths.contains(&file.path));
    rest
}

/// Reads the scanned files, writes the dated data set and records it.
pub async fn ingest(env: &Env, run: &RunId, input: &Input) -> Result<(Dataset, String), Error> {
    let mut dataset = read(env, run, input).await?;
    stored::write(env, &mut dataset).await?;
    let summary = stored::summary(&dataset.record);
    Ok((dataset, summary))
}

/// Reads the scanned files.
async fn read(env: &Env, run: &RunId, input: &Input) -> Result<Dataset, Error> {
    let (config, scan) = (&env.config, &input.scan);
    if config.engine.is_remote() {
        return elsewhere::read(env, run, scan).await;
    }
    let options = ReadOptions {
        young: options::young(input_scan::now(env)),
        ..read_options(config, true)
    };
    let seen = env.registry.seen_files(&config.name).await?;
    let kept = earlier(env).await?;
    let mut parts = match (kept, &config.related) {
        (_, Some(related)) => tables::flat_parts(env, related, scan)?,
        (None, None) => parts_of(data::read(
            &config.input_folder.here(),
            scan,
            &options,
            None,
        )?),
        (Some((frame, before)), None) => {
            let Sorted {
                known,
                corrected,
                new,
            } = sorted(scan, &seen, &before);
            let expected = Schema::of(&frame);
            let read = |scan: &Scan| {
                data::read(&config.input_folder.here(), scan, &options, Some(&expected))
            };
            let corrected = read(&corrected)?;
            let (frame, notes) = superseded(config, frame, &corrected, &before)?;
            let (mut known, new) = (read(&known)?, read(&new)?);
            known.notes.extend(notes);
            known.notes.extend(known_again(config, &frame, &new)?);
            put_together((frame, before), known, [corrected, new])?
        }
    };
    for file in &parts.record.quarantined {
        env.tell(super::Event::Warning(quarantine_line(file)));
    }
    for path in &parts.record.unsettled {
        let why = input_scan::why_left(&config.input_folder.here(), path);
        env.tell(super::Event::Warning(why));
    }
    for rejected in &parts.record.rejected {
        env.tell(super::Event::Warning(rejected.says()));
    }
    let of_files = of_files(&parts.record.remarks, &config.checks).into_iter();
    let of_files = of_files.filter(|it| it.severity >= Severity::Warn);
    for note in of_files
        .map(|it| it.says)
        .chain(parts.record.notes.iter().cloned())
    {
        env.tell(super::Event::Warning(note));
    }
    if !config.derive.is_empty() {
        parts.frame = with_derived(config, parts.frame)?;
        let names = Schema::of(&parts.frame);
        parts.row_hashes = data::row_hashes(&parts.frame, &names.names())?;
    }
    check_columns(config, &parts.frame)?;
    let parts = apart::without_test_rows(env, parts).await?;
    let parts = with_labelled_rows(env, parts, &input.rows).await?;
    // A file that changed after the scan was not read: the data set must not pass for one that holds it.
    let data_hash = data_hash(config, &without(input, &parts.record.unsettled), &seen);
    let dataset = dataset_of(env, run, data_hash, parts)?;
    if dataset.frame.height() == 0 {
        return Err(nothing_usable(config, scan, &dataset.record));
    }
    Ok(dataset)
}

/// Says what is in the input folder when no file there can be read.
pub fn no_file(config: &ModelConfig, scan: &Scan) -> String {
    let folder = &config.input_folder;
    match scan.ignored.first() {
        Some(first) => format!(
            "{folder} holds no data file; {} of another kind passed over, the first {first}",
            counted(scan.ignored.len() as u64, "file")
        ),
        None => format!("{folder} holds no data file"),
    }
}

/// The data set of some rows, inside the window.
fn dataset_of(env: &Env, run: &RunId, data_hash: String, parts: Parts) -> Result<Dataset, Error> {
    let Parts {
        mut frame,
        mut row_hashes,
        mut record,
    } = parts;
    let inside = window(&env.config, &frame)?;
    if let Some(inside) = inside {
        record.rows_outside_window = (frame.height() - inside.len()) as u64;
        if let Some(production) = &mut record.production {
            // They are the last rows.
            let first = (frame.height() as u64 - production.rows) as u32;
            production.rows = inside.iter().filter(|row| **row >= first).count() as u64;
        }
        row_hashes = inside.iter().map(|&row| row_hashes[row as usize]).collect();
        frame = take(&frame, &inside)?;
    }
    record.rows = frame.height() as u64;
    Ok(Dataset {
        run: run.clone(),
        // The run id is a stamp made unique, which is what file names need.
        name: format!("finaldata_{run}.{}", env.config.data_extension()),
        data_hash,
        rows_hash: data::fingerprint(&row_hashes),
        frame,
        row_hashes,
        profile: Vec::new(),
        record,
    })
}

/// Indices of the rows inside the window, ascending; `None` when all are.
fn window(config: &ModelConfig, frame: &DataFrame) -> Result<Option<Vec<u32>>, Error> {
    let n = frame.height();
    match (config.window, &config.time_column) {
        (Window::Rows(most), _) if (n as u64) > most => {
            Ok(Some((n as u32 - most as u32..n as u32).collect()))
        }
        (Window::Days(days), Some(column)) => {
            let times = data::timestamps(frame, column, &config.ingest.times(), false)?;
            let Some(newest) = times.iter().flatten().max() else {
                return Ok(None);
            };
            let oldest = newest - i64::from(days) * 86_400_000_000;
            let inside = |row: &u32| times[*row as usize].is_some_and(|time| time >= oldest);
            Ok(Some((0..n as u32).filter(inside).collect()))
        }
        _ => Ok(None),
    }
}

fn nothing_usable(config: &ModelConfig, scan: &Scan, record: &DatasetRecord) -> Error {
    let why = match (record.quarantined.first(), scan.ignored.first()) {
        (Some(_), _) => "every file was left out, as the notes above say".to_string(),
        (None, _) if !record.unsettled.is_empty() => {
            "no file could be read whole, as the notes above say".to_string()
        }
        (None, Some(_)) if record.files.is_empty() => {
            "no file has an ending that can be read".to_string()
        }
        (None, _) if record.rows_rejected > 0 => {
            "every row breaks a rule of `schema`, as the notes above say".to_string()
        }
        (None, None) if record.files.is_empty() => "the folder holds no file".to_string(),
        (None, _) => "the files have headers but no rows".to_string(),
    };
    Error::NoInput {
        folder: config.input_folder.shown(),
        why,
    }
}
