//! `ingest.keep: accumulate`: rows of earlier data sets put together with what the folder holds now.

use std::collections::{BTreeMap, HashSet};

use polars::prelude::DataFrame;

use super::stored::load_row;
use super::{DatasetRecord, Parts, parts_of, take};
use crate::config::Keep;
use crate::data::{self, FolderRead, Scan, Schema};
use crate::pipeline::derive::without_derived;
use crate::pipeline::{Env, Error, versions};

/// The rows that `accumulate` keeps: the newest data set on which there was a verdict. Not that of the newest verdict, which
/// may be about an older version that was decided on again.
pub async fn earlier(env: &Env) -> Result<Option<(DataFrame, DatasetRecord)>, Error> {
    if env.config.ingest.keep == Keep::Folder {
        return Ok(None);
    }
    let versions = env.registry.versions(&env.config.name).await?;
    let decided = versions.iter().filter(|version| version.verdict.is_some());
    // The run that ingested need not be the one that trained or decided, and run ids sort by time.
    let Some(run) = decided.map(versions::dataset_run).max() else {
        return Ok(None);
    };
    let Some(row) = env.registry.dataset(&env.config.name, run).await? else {
        return Ok(None);
    };
    let dataset = load_row(env, row)?;
    // They are computed anew, by the expressions of now.
    let frame = without_derived(&env.config, &dataset.frame);
    Ok(Some((frame, dataset.record)))
}

/// The files that concluded runs have taken in, and the others.
pub fn halves(scan: &Scan, seen: &HashSet<String>) -> (Scan, Scan) {
    let (mut known, mut fresh) = (scan.clone(), scan.clone());
    known.files.retain(|file| seen.contains(&file.sha256));
    fresh.files.retain(|file| !seen.contains(&file.sha256));
    known.unsettled.clear();
    (known, fresh)
}

/// What was kept from before with what the folder holds, in the order in which rows came: first rows of known files that
/// an earlier window left out, then the rows kept, then those of fresh files. A window of so many rows cuts from the front.
pub fn put_together(
    (kept, before): (DataFrame, DatasetRecord),
    known: FolderRead,
    fresh: FolderRead,
) -> Result<Parts, Error> {
    let (known, fresh) = (parts_of(known), parts_of(fresh));
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

    let (mut record, fresh) = (known.record, fresh.record);
    record.files.extend(fresh.files);
    record.quarantined.extend(fresh.quarantined);
    record.unsettled.extend(fresh.unsettled);
    record.rows_read += fresh.rows_read;
    record.rejected.extend(fresh.rejected);
    record.rows_rejected += fresh.rows_rejected;
    record.rows_kept = (to - from) as u64 - in_both;
    record.duplicates += fresh.duplicates;
    record.duplicates += (hashes.len() - order.len()) as u64 - in_both;
    record.non_finite = summed(record.non_finite.into_iter().chain(fresh.non_finite));
    record.notes.extend(fresh.notes);
    let here: HashSet<String> = record
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

/// Counts of equal names added up.
fn summed(counts: impl Iterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (name, count) in counts {
        *sums.entry(name).or_default() += count;
    }
    sums.into_iter().collect()
}
