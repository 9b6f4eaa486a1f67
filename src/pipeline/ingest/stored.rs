//! Data sets on disk and in the registry: written, and read back.

use polars::prelude::DataFrame;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::read_options;
use crate::artifacts::Artifacts;
use crate::clock::Clock;
use crate::data::{self, ColumnSummary, Schema};
use crate::model_types::RunId;
use crate::pipeline::Env;
use crate::pipeline::dataset::{Dataset, DatasetRecord};
use crate::pipeline::error::{Error, fault};
use crate::registry::{DatasetRow, Registry};
use crate::text::counted;

/// Summarises a data set, writes it and records it.
///
/// # Errors
/// When a file cannot be written or the registry cannot be reached.
pub async fn write(env: &Env, dataset: &mut Dataset) -> Result<(), Error> {
    Storing::begin(env, dataset).done().await
}

/// The writing of a data set, which continues while its rows are learned from. It is durable and recorded once that is done.
#[must_use = "a data set is kept whatever comes of the run"]
pub struct Storing {
    writing: JoinHandle<Result<(), Error>>,
}

impl Storing {
    /// Summarises a data set and begins to write it.
    pub fn begin(env: &Env, dataset: &mut Dataset) -> Storing {
        dataset.profile = data::summarise(&dataset.frame);
        let writing = Writing {
            datasets: env.datasets.clone(),
            registry: env.registry.clone(),
            clock: env.clock,
            model: env.config.name.clone(),
            frame: dataset.frame.clone(),
            row: DatasetRow {
                run: dataset.run.clone(),
                name: dataset.name.clone(),
                data_hash: dataset.data_hash.clone(),
                rows_hash: dataset.rows_hash.clone(),
                n_rows: dataset.record.rows as i64,
                record: serde_json::Value::Null,
            },
            record: dataset.record.clone(),
            profile: dataset.profile.clone(),
        };
        let runtime = Handle::current();
        Storing {
            writing: tokio::task::spawn_blocking(move || runtime.block_on(writing.write())),
        }
    }

    /// Waits until the data set is durable and recorded.
    ///
    /// # Errors
    /// When a file cannot be written or the registry cannot be reached.
    pub async fn done(self) -> Result<(), Error> {
        self.writing.await.map_err(|stopped| Error::Interrupted {
            what: "write the data set",
            why: stopped.to_string(),
        })?
    }
}

/// What the writing of a data set needs.
struct Writing {
    datasets: Artifacts,
    registry: Registry,
    clock: Clock,
    model: String,
    frame: DataFrame,
    row: DatasetRow,
    record: DatasetRecord,
    profile: Vec<ColumnSummary>,
}

impl Writing {
    async fn write(mut self) -> Result<(), Error> {
        let frame = &mut self.frame;
        let written = self.datasets.put_file(&self.row.name, |path| {
            data::write_file(frame, path)?;
            fault("ingest.data_written")
        });
        written.await?;
        fault("ingest.data_published")?;
        let files = self.record.files.iter();
        let list: String = files
            .map(|file| format!("{}  {}\n", file.sha256, file.path))
            .collect();
        let name = format!("ingestedfiles_{}.txt", self.row.run);
        self.datasets.put(&name, list.into_bytes()).await?;
        fault("ingest.list_published")?;
        self.row.record = with_columns(stored(&self.record)?, &self.profile)?;
        self.registry
            .save_dataset(&self.model, &self.row, self.clock.now_ms())
            .await?;
        fault("ingest.recorded")
    }
}

/// Columns whose numbers are remembered with a data set; of wider ones the first.
pub const MOST_COLUMNS: usize = 200;

/// The record of a data set with its columns in numbers, so that data sets can be compared without their files. Values of
/// texts stay in the file.
fn with_columns(
    mut record: serde_json::Value,
    profile: &[ColumnSummary],
) -> Result<serde_json::Value, Error> {
    let columns: Vec<ColumnSummary> = profile
        .iter()
        .take(MOST_COLUMNS)
        .map(|column| ColumnSummary {
            top: Vec::new(),
            ..column.clone()
        })
        .collect();
    record["columns"] = stored(&columns)?;
    Ok(record)
}

fn stored<T: Serialize>(value: &T) -> Result<serde_json::Value, Error> {
    serde_json::to_value(value).map_err(|source| Error::Stored {
        what: "a record".to_string(),
        source,
    })
}

/// One line on a data set.
pub fn summary(record: &DatasetRecord) -> String {
    let mut summary = format!(
        "{} from {}",
        counted(record.rows, "row"),
        counted(record.files.len() as u64, "file")
    );
    let of_production = record.production.as_ref().map_or(0, |it| it.rows);
    let asides = [
        (of_production, "labelled row", "of production"),
        (record.duplicates, "duplicate", "dropped"),
        (record.rows_kept, "row", "kept from before"),
        (record.quarantined.len() as u64, "file", "quarantined"),
        (record.rows_rejected, "row", "left out by rule"),
        (record.rows_set_aside, "row", "left out as fresh test rows"),
        (record.rows_outside_window, "row", "outside the window"),
    ];
    for (n, what, done) in asides.into_iter().filter(|(n, ..)| *n > 0) {
        summary += &format!(", {} {done}", counted(n, what));
    }
    summary
}

/// The newest data set, read back from its file.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn latest(env: &Env) -> Result<Dataset, Error> {
    match env.registry.latest_dataset(&env.config.name).await? {
        Some(row) => load_row(env, row).await,
        None => Err(Error::NoDataset(
            "find a data set: none was ingested yet; run `unseat ingest` first".to_string(),
        )),
    }
}

/// The rows of the newest data set.
///
/// # Errors
/// When there is none, or its file cannot be read.
pub async fn latest_frame(env: &Env) -> Result<DataFrame, Error> {
    Ok(latest(env).await?.frame)
}

/// The data set that a run made, read back from its file.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn load(env: &Env, run: &RunId) -> Result<Dataset, Error> {
    match env.registry.dataset(&env.config.name, run).await? {
        Some(row) => load_row(env, row).await,
        None => Err(Error::NoDataset(format!(
            "find the data set of run {run}: it is not recorded"
        ))),
    }
}

pub async fn load_row(env: &Env, row: DatasetRow) -> Result<Dataset, Error> {
    let file = env.datasets.local_copy(&row.name).await?;
    let frame = data::read_file(&file, &read_options(&env.config, false)).map_err(|source| {
        Error::Dataset {
            name: row.name.clone(),
            source,
        }
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
