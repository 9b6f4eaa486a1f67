//! score: challenger and champion on the same test rows, bound to the hash of those rows.

use std::collections::{BTreeMap, HashSet};

use polars::prelude::{Column, DataFrame};
use serde::{Deserialize, Serialize};

use super::ingest::{Dataset, quarantine_line, read_options, take};
use super::labels::{indices, labels_of};
use super::train::Trained;
use super::{Env, Error, Event, count, fault, versions};
use crate::bundle::Bundle;
use crate::data::{self, Scan, Schema};
use crate::evaluate::{self, MetricInterval, Predictions, Scores, bootstrap};
use crate::registry::ScoreRow;

/// The labelled test rows.
pub struct TestRows {
    /// The rows, in one chunk per column.
    pub frame: DataFrame,
    /// Their labels.
    pub labels: Vec<String>,
    /// Hash over the rows: a score made on others is never compared with.
    pub rows_hash: String,
    /// Hash of each row, over the columns of the test data.
    pub row_hashes: Vec<u128>,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// One model's scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SideScore {
    /// The version.
    pub version: i64,
    /// Hash of its bundle.
    pub bundle_sha256: String,
    /// One value per metric.
    pub scores: Scores,
    /// Intervals of the metrics.
    pub intervals: Vec<MetricInterval>,
}

/// `score.json`: everything about a scoring but the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreRecord {
    /// Version of this record's form.
    pub format_version: u32,
    /// Hash of the test rows.
    pub rows_hash: String,
    /// Number of test rows.
    pub rows: u64,
    /// Class names; with two, index 1 is the positive class.
    pub classes: Vec<String>,
    /// Share of each class among the challenger's training rows.
    pub prior: Vec<f64>,
    /// The metric the model is kept good by.
    pub metric: evaluate::Metric,
    /// The challenger.
    pub challenger: SideScore,
    /// The champion on the same rows.
    pub champion: Option<SideScore>,
    /// Test rows that also stand in the data set learned from.
    pub leaked_rows: u64,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// A scoring with its rows.
pub struct Scored {
    /// What `score.json` says.
    pub record: ScoreRecord,
    /// True class of each row.
    pub truth: Vec<u32>,
    /// The challenger's predictions.
    pub challenger: Predictions,
    /// The champion's.
    pub champion: Option<Predictions>,
    /// `(column, group of each row)` of the guarded slices.
    pub slices: Vec<(String, Vec<String>)>,
}

/// Hash over the contents of the test files.
pub fn test_hash(scan: &Scan) -> String {
    super::ingest::content_hash(scan.files.iter().map(|file| &file.sha256))
}

/// Reads the test rows. `like` is the data set's schema: a column that is text there is text here.
pub fn read_test_rows(
    env: &Env,
    scan: &Scan,
    target: &str,
    like: &Schema,
) -> Result<TestRows, Error> {
    let config = &env.config;
    let mut options = read_options(config, false);
    for column in &like.columns {
        options
            .kinds
            .entry(column.name.clone())
            .or_insert(column.kind);
    }
    let nothing = |why: String| Error::NoTestData {
        folder: config.test_folder.clone(),
        why,
    };
    if scan.files.is_empty() {
        return Err(nothing(
            "the folder has no data file; put labelled rows there that are never trained on"
                .to_string(),
        ));
    }
    let read = data::read(&config.test_folder, scan, &options, None)?;
    let mut notes: Vec<String> = read
        .quarantined
        .iter()
        .map(|file| format!("test file {}", quarantine_line(file)))
        .collect();
    if read.frame.height() == 0 {
        let why = notes
            .first()
            .cloned()
            .unwrap_or_else(|| "the files have headers but no rows".to_string());
        return Err(nothing(why));
    }
    let labels = labels_of(&read.frame, target, "the test data")?;
    let labelled: Vec<u32> = (0..labels.len() as u32)
        .filter(|&row| labels[row as usize].is_some())
        .collect();
    if labelled.len() < labels.len() {
        notes.push(format!(
            "{} without a value in `{target}`, left out",
            count((labels.len() - labelled.len()) as u64, "test row")
        ));
    }
    let frame = if labelled.len() == labels.len() {
        read.frame
    } else {
        take(&read.frame, &labelled)?
    };
    if frame.height() == 0 {
        return Err(nothing(format!("no row has a value in `{target}`")));
    }
    let schema = Schema::of(&frame);
    let row_hashes = data::row_hashes(&frame, &schema.names())?;
    Ok(TestRows {
        labels: labels.into_iter().flatten().collect(),
        rows_hash: data::fingerprint(&row_hashes),
        row_hashes,
        frame,
        notes,
    })
}

/// Scores a challenger and the champion on the test rows, and stores scores and per-row predictions.
pub async fn score(
    env: &Env,
    run: &str,
    trained: &Trained,
    dataset: &Dataset,
    scan: &Scan,
) -> Result<(Scored, String), Error> {
    let test = read_test_rows(
        env,
        scan,
        &trained.bundle.target,
        &Schema::of(&dataset.frame),
    )?;
    let champion = match env.registry.champion(&env.config.name).await? {
        Some(champion) => Some(versions::load_bundle(env, champion.version).await?),
        None => None,
    };
    let mut scored = compare(env, trained, champion.as_ref(), &test)?;
    scored.record.leaked_rows = leaked(&test, dataset)?;
    for note in &scored.record.notes {
        env.tell(Event::Warning(note.clone()));
    }
    store(env, run, trained, &mut scored).await?;
    let summary = summary(&scored.record);
    Ok((scored, summary))
}

/// One line: the metric of both on the rows.
fn summary(record: &ScoreRecord) -> String {
    let value = |side: &SideScore| match side.scores.get(record.metric) {
        Some(value) => format!("{value:.4}"),
        None => "undefined".to_string(),
    };
    let champion = match &record.champion {
        Some(side) => format!(", champion (version {}) {}", side.version, value(side)),
        None => ", no champion yet".to_string(),
    };
    format!(
        "{} {}{champion}, on {}",
        record.metric.name(),
        value(&record.challenger),
        count(record.rows, "row")
    )
}

/// The middle of scoring: both models on the same rows.
fn compare(
    env: &Env,
    trained: &Trained,
    champion: Option<&(i64, String, Bundle)>,
    test: &TestRows,
) -> Result<Scored, Error> {
    let bundle = &trained.bundle;
    let classes = union(
        &bundle.classes,
        champion.map(|(_, _, bundle)| bundle.classes.as_slice()),
    );
    let known: Vec<Option<String>> = test.labels.iter().cloned().map(Some).collect();
    let truth = indices(&known, &classes);
    let mut notes = test.notes.clone();
    let rows: Vec<u32> = (0..truth.len() as u32)
        .filter(|&row| truth[row as usize].is_some())
        .collect();
    let strange = truth.len() - rows.len();
    if strange > 0 {
        notes.push(format!(
            "{} of a class that no training row has, left out",
            count(strange as u64, "test row")
        ));
    }
    let taken;
    let frame = if strange > 0 {
        taken = take(&test.frame, &rows)?;
        &taken
    } else {
        &test.frame
    };
    let hashes: Vec<u128> = rows
        .iter()
        .map(|&row| test.row_hashes[row as usize])
        .collect();
    let truth: Vec<u32> = truth.into_iter().flatten().collect();
    let challenger_predictions = aligned(
        predict(bundle, frame, trained.version.number, "challenger")?,
        &bundle.classes,
        &classes,
    );
    let champion_predictions = champion
        .map(|(version, _, bundle)| {
            let predictions = predict(bundle, frame, *version, "champion")?;
            Ok::<_, Error>(aligned(predictions, &bundle.classes, &classes))
        })
        .transpose()?;
    let side = |version: i64, sha256: &str, predictions: &Predictions| SideScore {
        version,
        bundle_sha256: sha256.to_string(),
        scores: evaluate::score(&truth, predictions),
        intervals: bootstrap::intervals(
            &truth,
            predictions,
            env.config.score.confidence,
            env.config.score.replicates,
            env.config.split.seed,
        ),
    };
    let sha256 = trained.version.bundle_sha256.as_deref().unwrap_or_default();
    let record = ScoreRecord {
        format_version: 1,
        rows_hash: if strange > 0 {
            data::fingerprint(&hashes)
        } else {
            test.rows_hash.clone()
        },
        rows: truth.len() as u64,
        prior: prior_over(bundle, &classes),
        metric: env.config.metric,
        challenger: side(trained.version.number, sha256, &challenger_predictions),
        champion: champion
            .zip(champion_predictions.as_ref())
            .map(|((version, sha256, _), predictions)| side(*version, sha256, predictions)),
        leaked_rows: 0,
        notes,
        classes,
    };
    Ok(Scored {
        slices: slices(env, frame)?,
        record,
        truth,
        challenger: challenger_predictions,
        champion: champion_predictions,
    })
}

/// A version's predictions of the test rows.
fn predict(
    bundle: &Bundle,
    frame: &DataFrame,
    version: i64,
    role: &'static str,
) -> Result<Predictions, Error> {
    let predicted = bundle.scorer().score_frame(frame);
    predicted.map_err(|source| Error::Unscorable {
        version,
        role,
        source,
    })
}

/// The challenger's classes, then those that only the champion knows.
fn union(challenger: &[String], champion: Option<&[String]>) -> Vec<String> {
    let mut classes = challenger.to_vec();
    for class in champion.unwrap_or_default() {
        if !classes.contains(class) {
            classes.push(class.clone());
        }
    }
    classes
}

/// Predictions over one class list as predictions over another that contains it.
fn aligned(predictions: Predictions, from: &[String], to: &[String]) -> Predictions {
    if from == to {
        return predictions;
    }
    let place: Vec<usize> = from
        .iter()
        .map(|class| to.iter().position(|other| other == class).unwrap_or(0))
        .collect();
    let rows = predictions.len();
    let labels = predictions
        .labels
        .iter()
        .map(|&label| place[label as usize] as u32)
        .collect();
    let probabilities = if to.len() == 2 {
        (0..rows)
            .map(|row| {
                predictions.probability(row, place.iter().position(|&at| at == 1).unwrap_or(0))
            })
            .collect()
    } else {
        let mut spread = vec![0.0; rows * to.len()];
        for row in 0..rows {
            for (class, &at) in place.iter().enumerate() {
                spread[row * to.len() + at] = predictions.probability(row, class);
            }
        }
        spread
    };
    Predictions {
        n_classes: to.len(),
        labels,
        probabilities,
    }
}

fn prior_over(bundle: &Bundle, classes: &[String]) -> Vec<f64> {
    classes
        .iter()
        .map(|class| {
            let at = bundle.classes.iter().position(|other| other == class);
            at.map_or(0.0, |at| bundle.prior[at])
        })
        .collect()
}

/// Test rows that also stand in the data set, by their hash over the columns that both have.
fn leaked(test: &TestRows, dataset: &Dataset) -> Result<u64, Error> {
    let in_test = Schema::of(&test.frame);
    let in_data = Schema::of(&dataset.frame);
    let shared: Vec<&str> = in_data
        .names()
        .into_iter()
        .filter(|name| in_test.get(name).is_some())
        .collect();
    let is_same = in_test.names() == in_data.names();
    let (test_hashes, data_hashes);
    let (test_hashes, data_hashes) = if is_same {
        (&test.row_hashes, &dataset.row_hashes)
    } else {
        test_hashes = data::row_hashes(&test.frame, &shared)?;
        data_hashes = data::row_hashes(&dataset.frame, &shared)?;
        (&test_hashes, &data_hashes)
    };
    let tested: HashSet<u128> = test_hashes.iter().copied().collect();
    let found: HashSet<u128> = data_hashes
        .iter()
        .copied()
        .filter(|hash| tested.contains(hash))
        .collect();
    Ok(test_hashes
        .iter()
        .filter(|hash| found.contains(hash))
        .count() as u64)
}

fn slices(env: &Env, frame: &DataFrame) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut slices = Vec::new();
    for guard in &env.config.gate.slices {
        let groups = labels_of(frame, &guard.column, "the test data (`gate.slices`)")?;
        let groups = groups
            .into_iter()
            .map(|group| group.unwrap_or_else(|| "<missing>".to_string()))
            .collect();
        slices.push((guard.column.clone(), groups));
    }
    Ok(slices)
}

async fn store(env: &Env, run: &str, trained: &Trained, scored: &mut Scored) -> Result<(), Error> {
    let folder = &trained.version.folder;
    let mut frame = prediction_frame(scored)?;
    env.models
        .put_file(&env.version_key(folder, "predictions.parquet"), |path| {
            data::write_parquet(&mut frame, path).map_err(Error::from)
        })?;
    fault("score.predictions_published")?;
    let record = &scored.record;
    let json = to_json(record)?;
    env.models
        .put(&env.version_key(folder, "score.json"), json)
        .await?;
    let latest = match record.challenger.scores.get(record.metric) {
        Some(value) => format!("{value}\n"),
        None => "undefined\n".to_string(),
    };
    env.models
        .put(
            &env.version_key(folder, "latestscore.txt"),
            latest.into_bytes(),
        )
        .await?;
    fault("score.score_published")?;
    for side in std::iter::once(&record.challenger).chain(&record.champion) {
        save(env, run, side, &record.rows_hash).await?;
    }
    fault("score.recorded")
}

/// Records one side's scores under the hash of the rows.
pub async fn save(env: &Env, run: &str, side: &SideScore, rows_hash: &str) -> Result<(), Error> {
    let row = ScoreRow {
        version: side.version,
        rows_hash: rows_hash.to_string(),
        at_ms: env.clock.now_ms(),
        record: serde_json::to_value(side).map_err(|source| Error::Stored {
            what: "a score".to_string(),
            source,
        })?,
    };
    Ok(env.registry.save_score(&env.config.name, run, &row).await?)
}

/// A value as readable JSON with a final newline.
pub fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|source| Error::Stored {
        what: "a record".to_string(),
        source,
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The champion alone on the test rows, for when only those have changed.
pub async fn score_champion(
    env: &Env,
    run: &str,
    version: i64,
    scan: &Scan,
) -> Result<SideScore, Error> {
    let (number, sha256, bundle) = versions::load_bundle(env, version).await?;
    let columns = bundle.profile.iter().map(|column| data::Column {
        name: column.name.clone(),
        kind: column.kind,
    });
    let like = Schema {
        columns: columns.collect(),
    };
    let test = read_test_rows(env, scan, &bundle.target, &like)?;
    let known: Vec<Option<String>> = test.labels.iter().cloned().map(Some).collect();
    let truth = indices(&known, &bundle.classes);
    let rows: Vec<u32> = (0..truth.len() as u32)
        .filter(|&row| truth[row as usize].is_some())
        .collect();
    let frame = take(&test.frame, &rows)?;
    let truth: Vec<u32> = truth.into_iter().flatten().collect();
    let predictions = predict(&bundle, &frame, number, "champion")?;
    let side = SideScore {
        version: number,
        bundle_sha256: sha256,
        scores: evaluate::score(&truth, &predictions),
        intervals: bootstrap::intervals(
            &truth,
            &predictions,
            env.config.score.confidence,
            env.config.score.replicates,
            env.config.split.seed,
        ),
    };
    save(env, run, &side, &test.rows_hash).await?;
    Ok(side)
}

/// Per-row predictions as a frame: `row`, `truth`, and per side `_prediction` and `_probability[_<class>]`.
fn prediction_frame(scored: &Scored) -> Result<DataFrame, Error> {
    let classes = &scored.record.classes;
    let name = |class: u32| classes[class as usize].as_str();
    let rows = scored.truth.len();
    let mut columns = vec![
        Column::new("row".into(), (0..rows as i64).collect::<Vec<_>>()),
        Column::new(
            "truth".into(),
            scored
                .truth
                .iter()
                .map(|&class| name(class))
                .collect::<Vec<_>>(),
        ),
    ];
    let sides = [
        ("challenger", Some(&scored.challenger)),
        ("champion", scored.champion.as_ref()),
    ];
    for (side, predictions) in sides {
        let Some(predictions) = predictions else {
            continue;
        };
        let labels: Vec<_> = predictions
            .labels
            .iter()
            .map(|&class| name(class))
            .collect();
        columns.push(Column::new(format!("{side}_prediction").into(), labels));
        if classes.len() == 2 {
            let column = format!("{side}_probability");
            columns.push(Column::new(
                column.into(),
                predictions.probabilities.clone(),
            ));
        } else {
            for (at, class) in classes.iter().enumerate() {
                let values: Vec<f64> = (0..rows)
                    .map(|row| predictions.probability(row, at))
                    .collect();
                columns.push(Column::new(
                    format!("{side}_probability_{class}").into(),
                    values,
                ));
            }
        }
    }
    for (column, groups) in &scored.slices {
        columns.push(Column::new(
            format!("slice_{column}").into(),
            groups.clone(),
        ));
    }
    DataFrame::new(rows, columns).map_err(|source| Error::Data(source.into()))
}

/// Per-row predictions read back from their frame.
pub fn from_prediction_frame(record: ScoreRecord, frame: &DataFrame) -> Result<Scored, Error> {
    let classes: BTreeMap<&str, u32> = record
        .classes
        .iter()
        .enumerate()
        .map(|(at, class)| (class.as_str(), at as u32))
        .collect();
    let labels = |column: &str| -> Result<Vec<u32>, Error> {
        let texts = labels_of(frame, column, "predictions.parquet")?;
        let known = texts
            .iter()
            .map(|text| text.as_deref().and_then(|text| classes.get(text)).copied());
        Ok(known.map(|class| class.unwrap_or(u32::MAX)).collect())
    };
    let side = |side: &str| -> Result<Predictions, Error> {
        let n_classes = record.classes.len();
        let names: Vec<String> = if n_classes == 2 {
            vec![format!("{side}_probability")]
        } else {
            record
                .classes
                .iter()
                .map(|class| format!("{side}_probability_{class}"))
                .collect()
        };
        let mut columns = Vec::new();
        for name in &names {
            let column = frame.column(name).map_err(|_| {
                Error::NothingThere(format!("find `{name}` in predictions.parquet"))
            })?;
            columns.push(crate::features::Cells::of(column)?);
        }
        let values = |row: usize| {
            columns
                .iter()
                .map(move |cells| cells.number(row).unwrap_or(f64::NAN))
        };
        Ok(Predictions {
            n_classes,
            labels: labels(&format!("{side}_prediction"))?,
            probabilities: (0..frame.height()).flat_map(values).collect(),
        })
    };
    let mut slices = Vec::new();
    for name in Schema::of(frame).names() {
        if let Some(column) = name.strip_prefix("slice_") {
            let groups = labels_of(frame, name, "predictions.parquet")?;
            slices.push((
                column.to_string(),
                groups.into_iter().map(Option::unwrap_or_default).collect(),
            ));
        }
    }
    Ok(Scored {
        truth: labels("truth")?,
        challenger: side("challenger")?,
        champion: record
            .champion
            .is_some()
            .then(|| side("champion"))
            .transpose()?,
        slices,
        record,
    })
}
