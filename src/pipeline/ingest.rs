//! ingest: the input folder to one dated data set.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use polars::prelude::{DataFrame, IdxCa, NewChunkedArray};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Env, Error, count, did_you_mean, fault};
use crate::config::checked::hex;
use crate::config::{Keep, ModelConfig, Window};
use crate::data::{
    self, ColumnSummary, FileRead, FolderRead, Quarantined, ReadOptions, Scan, Schema,
};
use crate::registry::{DatasetRow, SeenFile};

/// The rows of a data set and where they came from.
pub struct Dataset {
    /// The run that made it.
    pub run: String,
    /// Its file below the output folder.
    pub name: String,
    /// Hash over the contents of its source files.
    pub data_hash: String,
    /// Hash over its rows.
    pub rows_hash: String,
    /// The rows.
    pub frame: DataFrame,
    /// A hash of each row.
    pub row_hashes: Vec<u128>,
    /// Each column in numbers.
    pub profile: Vec<ColumnSummary>,
    /// How it was made.
    pub record: DatasetRecord,
}

/// How a data set was made; stored with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Source files taken in.
    pub files: Vec<FileRead>,
    /// Files left out, and why.
    pub quarantined: Vec<Quarantined>,
    /// Files that were still being written.
    pub unsettled: Vec<String>,
    /// Rows in the files.
    pub rows_read: u64,
    /// Exact duplicates that were dropped.
    pub duplicates: u64,
    /// Rows of earlier data sets that are in it (`accumulate`).
    pub rows_kept: u64,
    /// Rows that the window left out.
    pub rows_outside_window: u64,
    /// Rows in it.
    pub rows: u64,
    /// NaN and infinite cells that count as missing, per column.
    pub non_finite: Vec<(String, u64)>,
    /// Anything else worth a line.
    pub notes: Vec<String>,
}

impl DatasetRecord {
    /// The files as the registry remembers them: quarantined ones too, since the same content would fail again.
    pub fn seen(&self) -> Vec<SeenFile> {
        let taken = self.files.iter().map(|file| (&file.sha256, &file.path));
        let left = self
            .quarantined
            .iter()
            .map(|file| (&file.sha256, &file.path));
        taken
            .chain(left)
            .map(|(sha256, path)| SeenFile {
                sha256: sha256.clone(),
                path: path.clone(),
            })
            .collect()
    }
}

/// How files are read, by the settings.
pub fn read_options(config: &ModelConfig, dedupe: bool) -> ReadOptions {
    ReadOptions {
        null_values: config.ingest.null_values.clone(),
        on_bad_file: config.ingest.on_bad_file,
        kinds: config.schema.clone(),
        dedupe,
    }
}

/// Hash over file contents, whatever their names and order.
pub fn content_hash<'a>(hashes: impl Iterator<Item = &'a String>) -> String {
    let distinct: BTreeSet<&String> = hashes.collect();
    let mut digest = Sha256::new();
    for hash in distinct {
        digest.update(hash.as_bytes());
        digest.update(b"\n");
    }
    hex(&digest.finalize())
}

/// Hash of the work that a scan stands for: its files, and with `accumulate` everything seen before.
pub fn data_hash(config: &ModelConfig, scan: &Scan, seen: &HashSet<String>) -> String {
    let now = scan.files.iter().map(|file| &file.sha256);
    match config.ingest.keep {
        Keep::Folder => content_hash(now),
        Keep::Accumulate => content_hash(now.chain(seen.iter())),
    }
}

/// Reads the scanned files, writes the dated data set and records it.
pub async fn ingest(
    env: &Env,
    run: &str,
    scan: &Scan,
    data_hash: &str,
) -> Result<(Dataset, String), Error> {
    let config = &env.config;
    let options = read_options(config, true);
    let kept = earlier(env).await?;
    let mut dataset = match kept {
        None => {
            let read = data::read(&config.input_folder, scan, &options, None)?;
            dataset_of(env, run, data_hash, parts_of(read))?
        }
        Some((frame, before)) => {
            let seen = env.registry.seen_hashes(&config.name).await?;
            let (known, fresh) = halves(scan, &seen);
            let expected = Schema::of(&frame);
            let read =
                |scan: &Scan| data::read(&config.input_folder, scan, &options, Some(&expected));
            let parts = put_together((frame, before), read(&known)?, read(&fresh)?)?;
            dataset_of(env, run, data_hash, parts)?
        }
    };
    for file in &dataset.record.quarantined {
        env.tell(super::Event::Warning(quarantine_line(file)));
    }
    for path in &dataset.record.unsettled {
        env.tell(super::Event::Warning(format!(
            "{path} is still being written, is gone, or has a name that is not UTF-8; it is left for the next run"
        )));
    }
    for note in &dataset.record.notes {
        env.tell(super::Event::Warning(note.clone()));
    }
    check_columns(config, &dataset.frame)?;
    if dataset.frame.height() == 0 {
        return Err(nothing_usable(config, scan, &dataset.record));
    }
    write(env, &mut dataset).await?;
    let record = &dataset.record;
    let mut summary = format!(
        "{} from {}",
        count(record.rows, "row"),
        count(record.files.len() as u64, "file")
    );
    let asides = [
        (record.duplicates, "duplicate", "dropped"),
        (record.rows_kept, "row", "kept from before"),
        (record.quarantined.len() as u64, "file", "quarantined"),
    ];
    for (n, what, done) in asides.into_iter().filter(|(n, ..)| *n > 0) {
        summary += &format!(", {} {done}", count(n, what));
    }
    Ok((dataset, summary))
}

/// One line on a file that was left out.
pub fn quarantine_line(file: &Quarantined) -> String {
    let line = file.line.map(|line| format!(":{line}")).unwrap_or_default();
    // A reason that names columns needs no column beside it.
    let column = match &file.column {
        Some(column) if !file.reason.contains('`') => format!(", column `{column}`"),
        _ => String::new(),
    };
    format!(
        "{}{line}{column} is quarantined: {}",
        file.path, file.reason
    )
}

/// Says what stands in the input folder when no file there can be read.
pub fn no_file(config: &ModelConfig, scan: &Scan) -> String {
    let folder = config.input_folder.display();
    match scan.ignored.first() {
        Some(first) => format!(
            "{folder} holds no data file; {} of another kind passed over, the first {first}",
            count(scan.ignored.len() as u64, "file")
        ),
        None => format!("{folder} holds no data file"),
    }
}

/// The rows that `accumulate` keeps: the newest data set on which there was a verdict. Not that of the newest verdict, which
/// may be about an older version that was decided on again.
async fn earlier(env: &Env) -> Result<Option<(DataFrame, DatasetRecord)>, Error> {
    if env.config.ingest.keep == Keep::Folder {
        return Ok(None);
    }
    let versions = env.registry.versions(&env.config.name).await?;
    let decided = versions.iter().filter(|version| version.verdict.is_some());
    // The run that ingested need not be the one that trained or decided, and run ids sort by time.
    let Some(run) = decided.map(super::versions::dataset_run).max() else {
        return Ok(None);
    };
    let Some(row) = env.registry.dataset(&env.config.name, run).await? else {
        return Ok(None);
    };
    let dataset = load_row(env, row)?;
    Ok(Some((dataset.frame, dataset.record)))
}

/// Rows on their way to a data set, before the window.
struct Parts {
    frame: DataFrame,
    row_hashes: Vec<u128>,
    record: DatasetRecord,
}

fn parts_of(read: FolderRead) -> Parts {
    Parts {
        frame: read.frame,
        row_hashes: read.row_hashes,
        record: DatasetRecord {
            files: read.files,
            quarantined: read.quarantined,
            unsettled: read.unsettled,
            rows_read: read.rows_read,
            duplicates: read.duplicates_dropped,
            non_finite: read.non_finite,
            notes: read.notes,
            ..DatasetRecord::default()
        },
    }
}

/// The files that concluded runs have taken in, and the others.
fn halves(scan: &Scan, seen: &HashSet<String>) -> (Scan, Scan) {
    let (mut known, mut fresh) = (scan.clone(), scan.clone());
    known.files.retain(|file| seen.contains(&file.sha256));
    fresh.files.retain(|file| !seen.contains(&file.sha256));
    known.unsettled.clear();
    (known, fresh)
}

/// What was kept from before with what the folder holds, in the order in which rows came: first rows of known files that
/// an earlier window left out, then the rows kept, then those of fresh files. A window of so many rows cuts from the front.
fn put_together(
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

/// The data set of some rows, inside the window.
fn dataset_of(env: &Env, run: &str, data_hash: &str, parts: Parts) -> Result<Dataset, Error> {
    let Parts {
        mut frame,
        mut row_hashes,
        mut record,
    } = parts;
    let inside = window(&env.config, &frame)?;
    if let Some(inside) = inside {
        record.rows_outside_window = (frame.height() - inside.len()) as u64;
        row_hashes = inside.iter().map(|&row| row_hashes[row as usize]).collect();
        frame = take(&frame, &inside)?;
    }
    record.rows = frame.height() as u64;
    Ok(Dataset {
        run: run.to_string(),
        // The run id is a stamp made unique, which is what file names need.
        name: format!("finaldata_{run}.{}", env.config.data_extension()),
        data_hash: data_hash.to_string(),
        rows_hash: data::fingerprint(&row_hashes),
        frame,
        row_hashes,
        profile: Vec::new(),
        record,
    })
}

/// Rows of a frame by index, in one chunk per column.
pub fn take(frame: &DataFrame, rows: &[u32]) -> Result<DataFrame, Error> {
    let mut taken = frame
        .take(&IdxCa::from_slice("rows".into(), rows))
        .map_err(|source| Error::Data(source.into()))?;
    taken.rechunk_mut();
    Ok(taken)
}

/// Indices of the rows inside the window, ascending; `None` when all are.
fn window(config: &ModelConfig, frame: &DataFrame) -> Result<Option<Vec<u32>>, Error> {
    let n = frame.height();
    match (config.window, &config.time_column) {
        (Window::Rows(most), _) if (n as u64) > most => {
            Ok(Some((n as u32 - most as u32..n as u32).collect()))
        }
        (Window::Days(days), Some(column)) => {
            let times = data::parse_timestamps(frame, column)?;
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

/// Says at once when a column that the settings name is not there.
fn check_columns(config: &ModelConfig, frame: &DataFrame) -> Result<(), Error> {
    let schema = Schema::of(frame);
    if schema.columns.is_empty() {
        // No file could be read, which is said elsewhere.
        return Ok(());
    }
    let named = config
        .target
        .iter()
        .map(|column| (column, "`target`"))
        .chain(config.keys.iter().map(|column| (column, "`keys`")))
        .chain(config.drop.iter().map(|column| (column, "`drop`")))
        .chain(
            config
                .time_column
                .iter()
                .map(|column| (column, "`time_column`")),
        );
    for (column, role) in named {
        if schema.get(column).is_none() {
            return Err(Error::NoColumn {
                column: column.clone(),
                role,
                place: "the data set".to_string(),
                hint: did_you_mean(column, schema.names().into_iter()),
            });
        }
    }
    Ok(())
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
        (None, None) if record.files.is_empty() => "the folder holds no file".to_string(),
        (None, _) => "the files have headers but no rows".to_string(),
    };
    Error::NoInput {
        folder: config.input_folder.clone(),
        why,
    }
}

async fn write(env: &Env, dataset: &mut Dataset) -> Result<(), Error> {
    // Packing the file keeps one core busy and the summary the other.
    let mut frame = dataset.frame.clone();
    let (written, profile) = rayon::join(
        || {
            env.datasets.put_file(&dataset.name, |path| {
                data::write_file(&mut frame, path)?;
                fault("ingest.data_written")
            })
        },
        || data::summarise(&dataset.frame),
    );
    written?;
    dataset.profile = profile;
    fault("ingest.data_published")?;
    let list: String = dataset
        .record
        .files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.path))
        .collect();
    env.datasets
        .put(
            &format!("ingestedfiles_{}.txt", dataset.run),
            list.into_bytes(),
        )
        .await?;
    fault("ingest.list_published")?;
    let row = DatasetRow {
        run: dataset.run.clone(),
        name: dataset.name.clone(),
        data_hash: dataset.data_hash.clone(),
        rows_hash: dataset.rows_hash.clone(),
        n_rows: dataset.frame.height() as i64,
        record: stored(&dataset.record)?,
    };
    env.registry
        .save_dataset(&env.config.name, &row, env.clock.now_ms())
        .await?;
    fault("ingest.recorded")
}

fn stored<T: Serialize>(value: &T) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|source| Error::Stored {
        what: "a record".to_string(),
        source,
    })
}

/// The newest data set, read back from its file.
pub async fn latest(env: &Env) -> Result<Dataset, Error> {
    match env.registry.latest_dataset(&env.config.name).await? {
        Some(row) => load_row(env, row),
        None => Err(Error::NothingThere(
            "find a data set: none was ingested yet; run `unseat ingest` first".to_string(),
        )),
    }
}

/// The rows of the newest data set.
pub async fn latest_frame(env: &Env) -> Result<DataFrame, Error> {
    Ok(latest(env).await?.frame)
}

/// The data set that a run made, read back from its file.
pub async fn load(env: &Env, run: &str) -> Result<Dataset, Error> {
    match env.registry.dataset(&env.config.name, run).await? {
        Some(row) => load_row(env, row),
        None => Err(Error::NothingThere(format!(
            "find the data set of run {run}: it is not recorded"
        ))),
    }
}

fn load_row(env: &Env, row: DatasetRow) -> Result<Dataset, Error> {
    let frame = data::read_file(
        &env.datasets.path(&row.name),
        &read_options(&env.config, false),
    )
    .map_err(|source| Error::Dataset {
        name: row.name.clone(),
        source,
    })?;
    let schema = Schema::of(&frame);
    let row_hashes = data::row_hashes(&frame, &schema.names())?;
    let record = serde_json::from_value(row.record).map_err(|source| Error::Stored {
        what: format!("the record of {}", row.name),
        source,
    })?;
    Ok(Dataset {
        run: row.run,
        name: row.name,
        data_hash: row.data_hash,
        rows_hash: row.rows_hash,
        profile: data::summarise(&frame),
        frame,
        row_hashes,
        record,
    })
}
