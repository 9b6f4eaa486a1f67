//! `ingest.keep: accumulate`: rows of earlier data sets put together with what the folder holds now.

use std::collections::{BTreeMap, HashMap, HashSet};

use polars::prelude::DataFrame;

use super::stored::load_row;
use crate::config::{Keep, ModelConfig};
use crate::data::{self, FolderRead, ReadingPlan, Scan, Schema};
use crate::model_types::Sha256;
use crate::pipeline::Env;
use crate::pipeline::dataset::{DatasetRecord, Parts, parts_of, take};
use crate::pipeline::derive::without_derived;
use crate::pipeline::error::Error;
use crate::pipeline::trained::dataset_run;
use crate::registry::SeenFile;
use crate::text::counted;

/// The rows that `accumulate` keeps: the newest data set on which there was a verdict. Not that of the newest verdict, which
/// may be about an older version that was decided on again.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn earlier(env: &Env) -> Result<Option<(DataFrame, DatasetRecord)>, Error> {
    if env.config.ingest.keep == Keep::Folder {
        return Ok(None);
    }
    let versions = env.registry.versions(&env.config.name).await?;
    let decided = versions.iter().filter(|version| version.verdict.is_some());
    // The run that ingested need not be the one that trained or decided, and run ids sort by time.
    let Some(run) = decided.map(dataset_run).max() else {
        return Ok(None);
    };
    let Some(row) = env.registry.dataset(&env.config.name, &run).await? else {
        return Ok(None);
    };
    let dataset = load_row(env, row).await?;
    // Labelled rows of production, which come last, are put behind the files again.
    let of_files = dataset.frame.height() as u64;
    let of_files = of_files - dataset.record.production.as_ref().map_or(0, |it| it.rows);
    let frame = dataset.frame.head(Some(of_files as usize));
    // They are computed again, by the expressions of now.
    let frame = without_derived(&env.config, &frame);
    Ok(Some((frame, dataset.record)))
}

/// The files of a scan by what is known of them.
pub struct Sorted {
    /// Those that concluded runs have taken in.
    pub known: Scan,
    /// Those that stand where another content was taken in last, which is gone. What is put back to what it held earlier is one.
    pub corrected: Scan,
    /// The others.
    pub new: Scan,
}

/// Sorts the files of a scan. `before` is the record of the data set that they are added to, whose files are named with
/// what was at each path last before what was there earlier.
pub fn sorted(scan: &Scan, seen: &[SeenFile], before: &DatasetRecord) -> Sorted {
    let seen: HashSet<&str> = seen.iter().map(|file| file.sha256.as_str()).collect();
    let here = contents(scan);
    let held = by_path(before.files.iter().map(|file| (&file.path, &file.sha256)));
    let is_corrected = |path: &str, sha256: &str| {
        let held = held.get(path).map_or(&[][..], Vec::as_slice);
        let Some((last, earlier)) = held.split_first() else {
            return false;
        };
        // What was known under another name only was moved here.
        let is_news = !seen.contains(sha256) || earlier.contains(&sha256);
        *last != sha256 && !here.contains(last) && is_news
    };
    let part = |wanted: &dyn Fn(&str, &str) -> bool| {
        let mut part = scan.clone();
        part.files.retain(|file| wanted(&file.path, &file.sha256));
        part.unsettled.clear();
        part
    };
    let known = part(&|path, sha256| !is_corrected(path, sha256) && seen.contains(sha256));
    let corrected = part(&is_corrected);
    let mut new = part(&|path, sha256| !is_corrected(path, sha256) && !seen.contains(sha256));
    new.unsettled.clone_from(&scan.unsettled);
    Sorted {
        known,
        corrected,
        new,
    }
}

/// A text for each file that holds again what it held before a later content, which is gone: the same files were seen then
/// as now, but another one is the latest. `seen` stands oldest first.
pub fn put_back(scan: &Scan, seen: &[SeenFile]) -> Vec<String> {
    let here = contents(scan);
    let held = by_path(seen.iter().map(|file| (&file.path, &file.sha256)));
    let is_back = |path: &str, sha256: &str| {
        let mut held = held.get(path).into_iter().flatten();
        held.any(|held| *held == sha256) && held.any(|later| !here.contains(later))
    };
    let back = scan.files.iter();
    back.filter(|file| is_back(&file.path, &file.sha256))
        .map(|file| format!("{} back at {}", file.sha256, file.path))
        .collect()
}

/// The contents that a scan found.
fn contents(scan: &Scan) -> HashSet<&str> {
    scan.files.iter().map(|file| file.sha256.as_str()).collect()
}

/// The contents of files by where they stood, in the order given.
fn by_path<'a>(
    files: impl Iterator<Item = (&'a String, &'a Sha256)>,
) -> HashMap<&'a str, Vec<&'a str>> {
    let mut held: HashMap<&str, Vec<&str>> = HashMap::new();
    for (path, sha256) in files {
        held.entry(path).or_default().push(sha256);
    }
    held
}

/// Takes earlier rows out that a corrected file has again: those with the same `keys`, and the same time where rows have one.
/// Says so, or that they stay where nothing identifies a row; and where a file has fewer rows than it had, that those
/// which are gone from it stay: which rows came from which file is not kept.
pub fn superseded(
    config: &ModelConfig,
    kept: DataFrame,
    corrected: &FolderRead,
    before: &DatasetRecord,
) -> Result<(DataFrame, Vec<String>), Error> {
    if corrected.files.is_empty() {
        return Ok((kept, Vec::new()));
    }
    let files: Vec<&str> = corrected
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    let files = format!(
        "{} {} changed since {} taken in",
        files.join(", "),
        if files.len() == 1 { "was" } else { "were" },
        if files.len() == 1 {
            "it was"
        } else {
            "they were"
        }
    );
    if config.keys.is_empty() {
        let note = format!(
            "{files}: the earlier rows stay beside the new ones; with `keys`, which name what a row is about, the newest row of each replaces the earlier ones"
        );
        return Ok((kept, vec![note]));
    }
    let columns = naming(config);
    let renewed: HashSet<u128> = named_rows(&corrected.frame, &columns)?
        .into_iter()
        .flatten()
        .collect();
    let own = named_rows(&kept, &columns)?;
    let rows: Vec<u32> = (0..kept.height() as u32)
        .filter(|row| own[*row as usize].is_none_or(|hash| !renewed.contains(&hash)))
        .collect();
    let again: HashSet<u128> = corrected.row_hashes.iter().copied().collect();
    let hashes = data::row_hashes(&kept, &Schema::of(&corrected.frame).names())?;
    let is_replaced = |row: usize| {
        own[row].is_some_and(|hash| renewed.contains(&hash)) && !again.contains(&hashes[row])
    };
    let replaced = (0..kept.height()).filter(|row| is_replaced(*row)).count();
    let mut notes = vec![format!(
        "{files}: {} with the same `{}` {} replaced by the newest",
        counted(replaced as u64, "earlier row"),
        columns.join("`, `"),
        if replaced == 1 { "is" } else { "are" }
    )];
    notes.extend(fewer_rows(corrected, before));
    Ok((take(&kept, &rows)?, notes))
}

/// Says which corrected files have fewer rows than what was at their place last.
fn fewer_rows(corrected: &FolderRead, before: &DatasetRecord) -> Vec<String> {
    let shrunk = corrected.files.iter().filter_map(|file| {
        let last = before.files.iter().find(|last| last.path == file.path)?;
        let fewer = last.rows.checked_sub(file.rows).filter(|rows| *rows > 0)?;
        Some(format!(
            "{} has {} fewer than when it was taken in: the rows that are gone from it stay in the data; a data set without them \
             comes from `ingest.keep: folder`, or from a run in a new project",
            file.path,
            counted(fewer, "row"),
        ))
    });
    shrunk.collect()
}

/// The columns that say which row is which.
fn naming(config: &ModelConfig) -> Vec<&str> {
    let names = config.keys.iter().chain(&config.time_column);
    names.map(String::as_str).collect()
}

/// Says where a new file has rows that `keys` name as earlier rows, with other contents: both stay, since only a file that
/// changes in place replaces its rows. Nothing where several earlier rows have the same `keys`: they name no single row then.
pub fn known_again(
    config: &ModelConfig,
    kept: &DataFrame,
    new: &FolderRead,
) -> Result<Option<String>, Error> {
    if config.keys.is_empty() || new.files.is_empty() || new.frame.height() == 0 {
        return Ok(None);
    }
    let columns = naming(config);
    let own: Vec<u128> = named_rows(kept, &columns)?.into_iter().flatten().collect();
    let named: HashSet<u128> = own.iter().copied().collect();
    if named.len() < own.len() {
        return Ok(None);
    }
    let hashes = data::row_hashes(kept, &Schema::of(&new.frame).names())?;
    let rows: HashSet<u128> = hashes.into_iter().collect();
    let fresh = named_rows(&new.frame, &columns)?;
    let again = fresh.iter().zip(&new.row_hashes);
    let again = again.filter(|(name, row)| {
        name.is_some_and(|name| named.contains(&name)) && !rows.contains(row)
    });
    let again = again.count() as u64;
    let first = &new.files[0].path;
    let files = match new.files.len() {
        1 => first.clone(),
        n => format!("{first} and {}", counted(n as u64 - 1, "more file")),
    };
    Ok((again > 0).then(|| {
        format!(
            "{files}: {} with the same `{}` as earlier rows and other contents; both stay, for only a file that was changed under \
             its own name replaces its earlier rows",
            counted(again, "row"),
            columns.join("`, `"),
        )
    }))
}

/// A hash of what names each row; nothing where part of it is missing.
fn named_rows(frame: &DataFrame, columns: &[&str]) -> Result<Vec<Option<u128>>, Error> {
    let mut named: Vec<Option<u128>> = data::row_hashes(frame, columns)?
        .into_iter()
        .map(Some)
        .collect();
    for name in columns {
        let column = frame.column(name).map_err(data::Error::from)?;
        for (row, is_missing) in column.is_null().iter().enumerate() {
            if is_missing != Some(false) {
                named[row] = None;
            }
        }
    }
    Ok(named)
}

/// What was kept from before with what the folder holds, in the order in which rows came: first rows of known files that
/// an earlier window left out, then the rows kept, then those of fresh files. A window of this many rows cuts from the front.
pub fn put_together(
    (kept, before): (DataFrame, DatasetRecord),
    known: FolderRead,
    fresh: [FolderRead; 2],
) -> Result<Parts, Error> {
    let [corrected, new] = fresh.map(parts_of);
    let known = parts_of(known);
    let fresh = Parts {
        frame: data::concat(corrected.frame, new.frame)?,
        row_hashes: Vec::new(),
        record: added(corrected.record, new.record),
    };
    let (from, to) = (known.frame.height(), known.frame.height() + kept.height());
    let frame = data::concat(data::concat(known.frame, kept)?, fresh.frame)?;
    let hashes = data::row_hashes(&frame, &Schema::of(&frame).names())?;
    let in_kept: HashSet<u128> = hashes[from..to].iter().copied().collect();
    let mut taken = HashSet::with_capacity(hashes.len());
    let order: Vec<u32> = (0..hashes.len())
        .filter(|&row| row >= from || !in_kept.contains(&hashes[row]))
        .filter(|&row| taken.insert(hashes[row]))
        .map(|row| row as u32)
        .collect();
    let in_both = (0..from).filter(|&row| in_kept.contains(&hashes[row]));
    let in_both = in_both.count() as u64;

    let mut record = added(known.record, fresh.record);
    record.rows_kept = (to - from) as u64 - in_both;
    record.duplicates += (hashes.len() - order.len()) as u64 - in_both;
    let here: HashSet<Sha256> = record
        .files
        .iter()
        .map(|file| file.sha256.clone())
        .collect();
    let gone = before.files.into_iter();
    record
        .files
        .extend(gone.filter(|file| !here.contains(&file.sha256)));
    Ok(Parts {
        frame: take(&frame, &order)?,
        row_hashes: order.iter().map(|&row| hashes[row as usize]).collect(),
        record,
    })
}

/// Two readings as one.
fn added(mut record: DatasetRecord, more: DatasetRecord) -> DatasetRecord {
    record.files.extend(more.files);
    record.quarantined.extend(more.quarantined);
    record.unsettled.extend(more.unsettled);
    record.rows_read += more.rows_read;
    record.rejected.extend(more.rejected);
    record.rows_rejected += more.rows_rejected;
    record.duplicates += more.duplicates;
    record.non_finite = summed(record.non_finite.into_iter().chain(more.non_finite));
    record.notes.extend(more.notes);
    record.remarks.extend(more.remarks);
    record.reading = merged(record.reading, more.reading);
    record
}

/// The plans of two readings as one; how a column is read is taken from the one that has any cell, the fresh one first.
fn merged(known: Option<ReadingPlan>, fresh: Option<ReadingPlan>) -> Option<ReadingPlan> {
    let (Some(mut known), Some(mut fresh)) = (known.clone(), fresh.clone()) else {
        return known.or(fresh);
    };
    known.files.append(&mut fresh.files);
    let has_cells = |plan: &ReadingPlan| plan.columns.iter().any(|column| column.cells > 0);
    if has_cells(&fresh) {
        known.columns = fresh.columns;
    }
    Some(known)
}

/// Counts of equal names added up.
fn summed(counts: impl Iterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (name, count) in counts {
        *sums.entry(name).or_default() += count;
    }
    sums.into_iter().collect()
}
