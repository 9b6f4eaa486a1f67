//! Gathers labelled rows of production, before a run looks at its data: logged rows with the labels of their answers, held out as
//! test rows or kept to be learned from.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use super::beyond::read_ask;
use super::error::Error;
use super::fresh::rows_in;
use super::logged::{folder_of, newest};
use super::past_rows::PastRow;
use super::trained::dataset_run;
use super::{Env, Event, ingest};
use crate::live::{Admission, Labelled, admission, is_test_row, label_of, row_key, row_key_before};
use crate::model_types::PredictionId;
use crate::registry::{FreshRow, FreshSide};
use crate::text::counted;

/// Most answers that are looked at; beyond, the newest.
const MOST_ANSWERS: i64 = 200_000;
/// Most rows that are held out by one run; the rest by the next.
const MOST_ROWS: usize = 50_000;

/// What there is of labelled rows of production, and what a run did with them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Harvest {
    /// Test rows that are held out now.
    pub rows: u64,
    /// Of them, held out by this run.
    pub new: u64,
    /// Of them, with labels that contradict one another; they are not evidence until that is settled.
    pub conflicts: u64,
    /// Labelled rows that a hash puts on the side of training.
    pub of_training: u64,
    /// Rows that are kept to be learned from (`labels.train`).
    #[serde(skip_serializing_if = "is_zero")]
    pub to_learn: u64,
    /// Rows that were learned from, so that they are never test rows.
    pub learned: u64,
    /// Labelled answers whose rows wait: of days or classes with too few labels.
    pub waiting: u64,
    /// Labelled answers that were requested (`unseat labels wanted`): they are where two models differ, and not like the rest.
    pub asked: u64,
    /// Labelled answers whose rows are not logged.
    pub not_logged: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Gathers what has come; `None` where the settings neither hold rows out nor learn from them.
///
/// # Errors
/// When the registry or the champion's data set cannot be read.
pub async fn harvest(env: &Env) -> Result<Option<Harvest>, Error> {
    let settings = &env.config.labels;
    if !settings.sets_aside() && !settings.trains() {
        return Ok(None);
    }
    let model = &env.config.name;
    let now_ms = env.clock.now_ms();
    let window = (now_ms - settings.keep_ms(), now_ms + 1);
    let answers = env
        .registry
        .labelled_answers(model, window, MOST_ANSWERS)
        .await?;
    let mut rows = env.registry.fresh_rows(model).await?;
    let mut changed: HashSet<String> = relabelled(&mut rows, &answers);
    let mut told = Harvest::default();
    let asked = asked(env).await?;
    let log = folder_of(&env.config).await?;
    let found = candidates((env, &log), &answers, (&rows, &asked), &mut told);
    let fresh: HashSet<String> = found.iter().map(|row| row.key.clone()).collect();
    changed.extend(fresh.iter().cloned());
    rows.extend(found);
    changed.extend(learned(env, &mut rows).await?);
    let since_ms = settings.test_since_ms(now_ms);
    changed.extend(made_room(&mut rows, settings.test_rows as usize, since_ms)?);
    changed.extend(left(&mut rows, settings.train_rows as usize));
    let save: Vec<FreshRow> = rows
        .iter()
        .filter(|row| changed.contains(&row.key))
        .cloned()
        .collect();
    env.registry.save_fresh_rows(model, &save).await?;
    let count = |is: &dyn Fn(&FreshRow) -> bool| rows.iter().filter(|row| is(row)).count() as u64;
    told.rows = count(&|row| row.side == FreshSide::Test);
    told.conflicts = count(&|row| row.side == FreshSide::Test && row.label.is_none());
    told.learned = count(&|row| row.side == FreshSide::Training);
    told.to_learn = count(&|row| settings.trains() && row.side == FreshSide::Learn);
    told.new = count(&|row| row.side == FreshSide::Test && fresh.contains(&row.key));
    if told.waiting > 0 {
        env.tell(Event::Warning(format!(
            "{} not yet fresh test rows: of their day or class too few answers have labels",
            match told.waiting {
                1 => "1 labelled row of production is".to_string(),
                n => format!("{n} labelled rows of production are"),
            }
        )));
    }
    if told.learned > told.rows {
        env.tell(Event::Warning(format!(
            "{} of production look like rows that were learned from and can be no test rows",
            counted(told.learned, "labelled row")
        )));
    }
    Ok(Some(told))
}

/// Gives rows the labels that count now; the keys of those that have another one.
fn relabelled(rows: &mut [FreshRow], answers: &[Labelled]) -> HashSet<String> {
    let by_id: HashMap<&str, &Labelled> = answers
        .iter()
        .filter(|row| !row.stated.is_empty())
        .map(|row| (row.answer.id.as_str(), row))
        .collect();
    let mut changed = HashSet::new();
    let has_label = |row: &&mut FreshRow| matches!(row.side, FreshSide::Test | FreshSide::Learn);
    for row in rows.iter_mut().filter(has_label) {
        let Some(label) = by_id.get(row.id.as_str()).map(|row| label_of(row)) else {
            continue;
        };
        if label != row.label {
            row.label = label;
            changed.insert(row.key.clone());
        }
    }
    changed
}

/// Newest versions whose questions are looked at.
const MOST_VERSIONS: usize = 50;

/// Ids of the answers whose labels were requested by `labels wanted`.
async fn asked(env: &Env) -> Result<HashSet<PredictionId>, Error> {
    let mut ids = HashSet::new();
    let versions = env.registry.versions(&env.config.name).await?;
    for version in versions.iter().rev().take(MOST_VERSIONS) {
        if let Some(ask) = read_ask(env, version).await? {
            ids.extend(ask.wanted().map(|(_, row)| row.id.clone()));
        }
    }
    Ok(ids)
}

/// Logged rows with a label that have no side yet: those that may become test rows, and those that may be learned from.
fn candidates(
    (env, log): (&Env, &Path),
    answers: &[Labelled],
    (rows, asked): (&[FreshRow], &HashSet<PredictionId>),
    told: &mut Harvest,
) -> Vec<FreshRow> {
    let settings = &env.config.labels;
    let known_ids: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut known: HashSet<String> = rows.iter().map(|row| row.key.clone()).collect();
    let mut labelled: HashMap<&str, &Labelled> = answers
        .iter()
        .filter(|row| !known_ids.contains(row.answer.id.as_str()) && label_of(row).is_some())
        .map(|row| (row.answer.id.as_str(), row))
        .collect();
    let all = labelled.len();
    labelled.retain(|id, _| !asked.contains(*id));
    told.asked = (all - labelled.len()) as u64;
    let logged = newest(log, &env.config.name, MOST_ROWS, |id| {
        labelled.contains_key(id)
    });
    let seen: HashSet<&str> = logged.iter().map(|row| row.id.as_str()).collect();
    told.not_logged = labelled.keys().filter(|id| !seen.contains(*id)).count() as u64;
    let admission: Admission = admission(answers);
    let mut found = Vec::new();
    for row in &logged {
        let Some(answer) = labelled.get(row.id.as_str()) else {
            continue;
        };
        let key = row_key(&row.cells);
        let name = format!("{key:032x}");
        if known.contains(&format!("{:032x}", row_key_before(&row.cells))) {
            continue;
        }
        let side = if !is_test_row(key, settings.test_share) {
            told.of_training += 1;
            FreshSide::Learn
        } else if !admission.admits(answer, key) {
            told.waiting += 1;
            continue;
        } else {
            FreshSide::Test
        };
        if (side == FreshSide::Test || settings.trains()) && known.insert(name.clone()) {
            found.push(FreshRow {
                key: name,
                side,
                id: row.id.clone(),
                version: answer.answer.version,
                at_ms: answer.answer.at_ms,
                label: label_of(answer),
                cells: Some(Value::Object(row.cells.clone()).to_string()),
            });
        }
    }
    found
}

/// Takes test rows that the champion learned from to the side of training; their keys.
async fn learned(env: &Env, rows: &mut [FreshRow]) -> Result<Vec<String>, Error> {
    let parsed: Vec<(String, Map<String, Value>)> = rows
        .iter()
        .filter(|row| row.side == FreshSide::Test)
        .filter_map(|row| {
            let cells = serde_json::from_str(row.cells.as_deref()?).ok()?;
            Some((row.key.clone(), cells))
        })
        .collect();
    let champion = env.registry.champion(&env.config.name).await?;
    let (false, Some(champion)) = (parsed.is_empty(), champion) else {
        return Ok(Vec::new());
    };
    let version = env
        .registry
        .version(&env.config.name, champion.version)
        .await?;
    let Some(run) = version.map(|version| dataset_run(&version)) else {
        return Ok(Vec::new());
    };
    let row = env.registry.dataset(&env.config.name, &run).await?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let dataset = match ingest::load_row(env, row).await {
        Ok(dataset) => dataset,
        Err(error) => {
            env.tell(Event::Warning(format!(
                "fresh test rows cannot be compared with the rows that version {} learned from: failed to {error}",
                champion.version
            )));
            return Ok(Vec::new());
        }
    };
    let cells: Vec<(&str, &Map<String, Value>)> = parsed
        .iter()
        .map(|(key, cells)| (key.as_str(), cells))
        .collect();
    let found = rows_in(&cells, &dataset.frame)?;
    let found: HashSet<&str> = found.into_iter().map(|(key, _)| key).collect();
    let mut changed = Vec::new();
    for row in rows
        .iter_mut()
        .filter(|row| found.contains(row.key.as_str()))
    {
        (row.side, row.cells) = (FreshSide::Training, None);
        changed.push(row.key.clone());
    }
    Ok(changed)
}

/// Takes the oldest test rows beyond so many out, and those that were answered before an instant; their keys. They judge no more, and
/// are learned from as little as before: what is kept of them is enough for that, and holds no value.
fn made_room(rows: &mut [FreshRow], most: usize, since_ms: i64) -> Result<Vec<String>, Error> {
    let mut test: Vec<&mut FreshRow> = rows
        .iter_mut()
        .filter(|row| row.side == FreshSide::Test)
        .collect();
    test.sort_by(|a, b| (a.at_ms, &a.key).cmp(&(b.at_ms, &b.key)));
    let old = test.iter().filter(|row| row.at_ms < since_ms).count();
    let beyond = test.len().saturating_sub(most).max(old);
    let mut changed = Vec::new();
    for row in test.into_iter().take(beyond) {
        let cells = row.cells.as_deref().unwrap_or_default();
        let cells: Map<String, Value> = serde_json::from_str(cells).unwrap_or_default();
        let kept = serde_json::to_string(&PastRow::of(&cells)?).ok();
        (row.side, row.label, row.cells) = (FreshSide::Past, None, kept);
        changed.push(row.key.clone());
    }
    Ok(changed)
}

/// Leaves the oldest rows to learn from beyond so many out; their keys. They become no test rows, for they were learned from.
fn left(rows: &mut [FreshRow], most: usize) -> Vec<String> {
    let mut learn: Vec<&mut FreshRow> = rows
        .iter_mut()
        .filter(|row| row.side == FreshSide::Learn)
        .collect();
    learn.sort_by(|a, b| (a.at_ms, &a.key).cmp(&(b.at_ms, &b.key)));
    let beyond = learn.len().saturating_sub(most);
    let mut changed = Vec::new();
    for row in learn.into_iter().take(beyond) {
        (row.side, row.label, row.cells) = (FreshSide::Training, None, None);
        changed.push(row.key.clone());
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_types::VersionNumber;

    fn row(at: i64, side: FreshSide) -> FreshRow {
        FreshRow {
            key: format!("{at:02}"),
            side,
            id: PredictionId::new(at.to_string()),
            version: VersionNumber::new(1),
            at_ms: at,
            label: Some("yes".to_string()),
            cells: Some(format!("{{\"a\": {at}}}")),
        }
    }

    #[test]
    fn the_oldest_test_rows_make_room_by_number_and_by_age() {
        let rows = || -> Vec<FreshRow> {
            let side = |at: i64| match at % 4 {
                3 => FreshSide::Training,
                _ => FreshSide::Test,
            };
            // The newest first: their order is not that of time.
            (0..12).rev().map(|at| row(at, side(at))).collect()
        };
        let left = |most: usize, since_ms: i64| {
            let mut rows = rows();
            let left = made_room(&mut rows, most, since_ms).expect("hashed");
            let past = rows.iter().filter(|row| row.side == FreshSide::Past);
            for row in past.clone() {
                let kept = row.cells.as_deref().expect("what is kept");
                assert!(kept.contains("hash") && row.label.is_none(), "{row:?}");
            }
            assert_eq!(past.count(), left.len());
            left
        };
        assert_eq!(left(9, i64::MIN), Vec::<String>::new());
        assert_eq!(left(7, i64::MIN), ["00", "01"]);
        assert_eq!(left(9, 5), ["00", "01", "02", "04"]);
        assert_eq!(left(2, 5).len(), 7);
        assert_eq!(left(0, i64::MAX).len(), 9);
    }
}
