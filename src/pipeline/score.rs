//! score: challenger and champion on the same test rows, bound to the hash of those rows.

mod aligned;
mod present;
mod ranking;
mod rows;
mod test_rows;

#[cfg(test)]
mod tests;

pub use present::{PresentScore, present_score, score_champion};
pub use rows::{PREDICTIONS, from_prediction_frame};
pub use test_rows::{Known, Plans, TestRows, leaked, read_test_rows};

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

pub use self::aligned::{aligned, prior_over, union};
use super::dataset::Dataset;
use super::error::{Error, fault};
use super::fresh::TestData;
use super::importance::{Judged, importance};
use super::json::to_json;
use super::labels::labels_of;
use super::loaded_version::LoadedVersion;
use super::scores::{ScoreRecord, Scored, SideScore};
use super::trained::Trained;
use super::{Env, Event, beyond, checks, drift};
use crate::bundle::Bundle;
use crate::data::{self, Schema};
use crate::evaluate::{Predictions, Task, Truth, predictions};
use crate::features;
use crate::gate::{Absent, Beyond};
use crate::model_types::{RunId, Sha256, VersionNumber};
use crate::registry::ScoreRow;
use crate::text::counted;

/// Scores a challenger and the champion on the test rows, and stores scores and per-row predictions.
pub async fn score(
    env: &Env,
    run: &RunId,
    trained: &Trained,
    champion: Option<&LoadedVersion>,
    dataset: &Dataset,
    data: &TestData,
) -> Result<(Scored, String), Error> {
    let test = read_test_rows(
        env,
        data,
        &trained.bundle.target,
        &Schema::of(&dataset.frame),
        Plans::of_both(&trained.bundle, champion.map(|champion| &champion.bundle)),
    )?;
    let mut scored = compare(env, trained, champion, &test)?;
    if let Some(champion) = champion {
        let own = test.for_champion.as_deref().unwrap_or(&test);
        drift::of_test_rows(env, run, &own.frame, (champion.number, &champion.bundle)).await;
    }
    (scored.beyond, scored.record.absent) = beyond::gather(env, trained, champion, dataset).await?;
    scored.record.leaked_rows = leaked(env, data, &test, dataset)?;
    scored.record.findings = checks::of_test_rows(
        env,
        &test.frame,
        &test.label_counts(),
        &test.remarks,
        scored.record.leaked_rows,
        &trained.bundle,
    )?;
    for note in &scored.record.notes {
        env.tell(Event::Warning(note.clone()));
    }
    // What a decision rests on stays as it was decided on; the registry remembers the new score.
    if trained.version.verdict.is_none() {
        store(env, trained, &scored).await?;
    }
    let record = &scored.record;
    for side in std::iter::once(&record.challenger).chain(&record.champion) {
        save(env, run, side, &record.rows_hash).await?;
    }
    fault("score.recorded")?;
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
        Some(side) if side.version == record.challenger.version => {
            format!(" of version {}, the champion", side.version)
        }
        Some(side) => format!(", champion (version {}) {}", side.version, value(side)),
        None => ", no champion yet".to_string(),
    };
    let fresh = record.fresh.as_ref().filter(|it| it.rows > 0);
    let fresh = fresh.map_or(String::new(), |it| format!(", {} of production", it.rows));
    format!(
        "{} {}{champion}, on {}{fresh}",
        record.metric.name(),
        value(&record.challenger),
        counted(record.rows, "row")
    )
}

/// What of the test rows a model cannot read, and so takes for missing.
fn unread(bundle: &Bundle, frame: &DataFrame) -> Vec<String> {
    // What was written in the form of the training data, or for a missing cell, was read as that with the file.
    let reads = bundle.transformer.reads(&BTreeMap::new());
    let found = features::unreadable(frame, &reads, &[]).into_iter();
    let mut said: Vec<String> = found
        .map(|it| format!("test data: {}; they count as missing", it.says()))
        .collect();
    for dates in &bundle.transformer.prepare.dates {
        let column = frame.column(&dates.column);
        let far = column.map_or(0, |column| dates.far(column));
        if far > 0 {
            said.push(format!(
                "test data: {} of `{}` far outside the times of training, as times in another unit are",
                counted(far as u64, "cell"),
                dates.column
            ));
        }
    }
    said
}

/// The middle of scoring: both models on the same rows.
fn compare(
    env: &Env,
    trained: &Trained,
    champion: Option<&LoadedVersion>,
    test: &TestRows,
) -> Result<Scored, Error> {
    let bundle = &trained.bundle;
    if let Some(champion) = champion
        && champion.bundle.task() != bundle.task()
    {
        let words = |task| match task {
            Task::Classification => "classes",
            Task::Regression => "numbers",
        };
        return Err(Error::Incomparable(format!(
            "compare {} with the {} that version {version}, the champion, predicts; give the new task another `name`, or set `task`",
            words(bundle.task()),
            words(champion.bundle.task()),
            version = champion.number,
        )));
    }
    let classes = union(
        &bundle.classes,
        champion.map(|champion| champion.bundle.classes.as_slice()),
    );
    let known = test.known(bundle.task(), &classes)?;
    // The same rows, in the columns that the champion was trained on where those are others.
    let for_champion = match &test.for_champion {
        Some(test) => Some(test.known(bundle.task(), &classes)?),
        None => None,
    };
    let mut notes = test.notes.clone();
    if known.strange > 0 {
        let why = match bundle.task() {
            Task::Classification => "of a class that no training row has",
            Task::Regression => "whose target is not a number",
        };
        notes.push(format!(
            "{} {why}, left out",
            counted(known.strange as u64, "test row")
        ));
    }
    notes.extend(unread(bundle, &known.frame));
    let predicted =
        |bundle: &Bundle, version: VersionNumber, role: Role| -> Result<Predictions, Error> {
            let frame = match (role, &for_champion) {
                (Role::Champion, Some(own)) => &own.frame,
                _ => &known.frame,
            };
            Ok(match predict(bundle, frame, version, role)? {
                Predictions::Classes(predictions) => {
                    Predictions::Classes(aligned(predictions, &bundle.classes, &classes))
                }
                numbers => numbers,
            })
        };
    let challenger = predicted(bundle, trained.version.number, Role::Challenger)?;
    let champion_predictions = champion
        .map(|champion| predicted(&champion.bundle, champion.number, Role::Champion))
        .transpose()?;
    let sha256 = trained.version.bundle_sha256.clone().unwrap_or_default();
    let record = ScoreRecord {
        format_version: 1,
        rows: known.truth.len() as u64,
        prior: prior_over(&bundle.prior, &bundle.classes, &classes),
        centre: bundle.centre,
        metric: env.config.metric_for(bundle.task()),
        challenger: side(
            env,
            trained.version.number,
            &sha256,
            &known.truth,
            &challenger,
        ),
        champion: champion
            .zip(champion_predictions.as_ref())
            .map(|(it, says)| side(env, it.number, &it.sha256, &known.truth, says)),
        leaked_rows: 0,
        absent: Absent::default(),
        fresh: test.fresh.clone(),
        calibration: bundle.calibration.as_ref().map(|it| it.report),
        importance: {
            let judged = Judged {
                frame: &known.frame,
                truth: &known.truth,
                classes: &classes,
                metric: env.config.metric_for(bundle.task()),
            };
            importance(bundle, &judged, env.config.split.seed)
        },
        ranking: ranking::ranking(
            &env.config,
            &known.frame,
            &known.truth,
            (bundle, &challenger),
            champion
                .map(|it| &it.bundle)
                .zip(champion_predictions.as_ref()),
        ),
        findings: Vec::new(),
        notes,
        classes,
        rows_hash: known.rows_hash,
    };
    Ok(Scored {
        slices: slices(env, &known.frame)?,
        record,
        truth: known.truth,
        challenger,
        champion: champion_predictions,
        beyond: Beyond::default(),
    })
}

/// One model's scores and their intervals.
fn side(
    env: &Env,
    version: VersionNumber,
    sha256: &Sha256,
    truth: &Truth,
    answers: &Predictions,
) -> SideScore {
    SideScore {
        version,
        bundle_sha256: sha256.clone(),
        rows: match truth {
            Truth::Classes(_) => None,
            Truth::Numbers(numbers) => Some(numbers.len() as u64),
        },
        scores: predictions::score(truth, answers),
        intervals: predictions::intervals(
            truth,
            answers,
            env.config.score.confidence,
            env.config.score.replicates,
            env.config.split.seed,
        ),
    }
}

/// Which of both models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Challenger,
    Champion,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Challenger => "challenger",
            Role::Champion => "champion",
        }
    }
}

/// A version's predictions of the test rows.
fn predict(
    bundle: &Bundle,
    frame: &DataFrame,
    version: VersionNumber,
    role: Role,
) -> Result<Predictions, Error> {
    let predicted = bundle.scorer().answer_frame(frame);
    predicted.map_err(|source| Error::Unscorable {
        version,
        role: role.name(),
        source,
    })
}

fn slices(env: &Env, frame: &DataFrame) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut slices = Vec::new();
    for guard in &env.config.gate.slices {
        let groups = labels_of(frame, &guard.column, "the test data (`gate.slices`)")?;
        let named = |row: usize| groups.label(row).unwrap_or("<missing>").to_string();
        let groups = (0..frame.height()).map(named).collect();
        slices.push((guard.column.clone(), groups));
    }
    Ok(slices)
}

async fn store(env: &Env, trained: &Trained, scored: &Scored) -> Result<(), Error> {
    let folder = &trained.version.folder;
    let frame = rows::prediction_frame(scored)?;
    env.models
        .put_file(&env.version_key(folder, PREDICTIONS), |path| {
            data::write_parquet(&frame, path).map_err(Error::from)
        })
        .await?;
    if let Some(frame) = beyond::to_frame(&scored.beyond)? {
        env.models
            .put_file(&env.version_key(folder, beyond::FILE), |path| {
                data::write_parquet(&frame, path).map_err(Error::from)
            })
            .await?;
    }
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
    fault("score.score_published")
}

/// Records one side's scores under the hash of the rows.
pub async fn save(env: &Env, run: &RunId, side: &SideScore, rows_hash: &str) -> Result<(), Error> {
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
