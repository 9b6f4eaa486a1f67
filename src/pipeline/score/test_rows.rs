//! The labelled test rows: read, hashed, and checked against the rows that were learned from.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use crate::bundle::Bundle;
use crate::data::{self, NumberForm, Remark, Scan, Schema};
use crate::evaluate::{Task, Truth};
use crate::features::{Cells, Encoded};
use crate::gate::FreshRows;
use crate::joins::{self, RelatedPlan, Rows};
use crate::pipeline::Env;
use crate::pipeline::dataset::{Dataset, other_notes, quarantine_line, take};
use crate::pipeline::derive::with_derived;
use crate::pipeline::error::{Error, no_test_data};
use crate::pipeline::fresh::TestData;
use crate::pipeline::ingest;
use crate::pipeline::ingest::test_options;
use crate::pipeline::input_scan;
use crate::pipeline::labels::{indices, labels_of};
use crate::text::counted;

/// The labelled test rows.
pub struct TestRows {
    /// The rows, in one chunk per column.
    pub frame: DataFrame,
    /// The column that is predicted.
    pub target: String,
    /// Their labels; none is missing.
    pub labels: Encoded,
    /// Hash over the rows: a score made on others is never compared with.
    pub rows_hash: String,
    /// Hash of each row, over the columns of the test data.
    pub row_hashes: Vec<u128>,
    /// Facts worth a line.
    pub notes: Vec<String>,
    /// What was seen in their files.
    pub remarks: Vec<Remark>,
    /// Those that are labelled rows of production; `None` where there are none.
    pub fresh: Option<FreshRows>,
    /// The same rows as the champion's plan makes them of several tables, where that is another one.
    pub for_champion: Option<Box<TestRows>>,
}

/// By which plans several tables become test rows; none where the rows are rows already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plans<'a> {
    /// That of the version that is scored.
    pub own: Option<&'a RelatedPlan>,
    /// That of the champion beside it.
    pub champion: Option<&'a RelatedPlan>,
    /// How the numbers of columns are written, by the version that is scored.
    pub reading: Option<&'a BTreeMap<String, NumberForm>>,
    /// Those whose columns every row of production must have.
    pub readers: [Option<&'a Bundle>; 2],
}

impl<'a> Plans<'a> {
    /// A version alone.
    pub fn of(bundle: &'a Bundle) -> Plans<'a> {
        Plans {
            own: bundle.related.as_ref(),
            champion: None,
            reading: Some(&bundle.reading),
            readers: [Some(bundle), None],
        }
    }

    /// A challenger beside a champion.
    pub fn of_both(bundle: &'a Bundle, champion: Option<&'a Bundle>) -> Plans<'a> {
        Plans {
            champion: champion.and_then(|champion| champion.related.as_ref()),
            readers: [Some(bundle), champion],
            ..Plans::of(bundle)
        }
    }

    /// The columns of the data that they read.
    fn needs(&self) -> Vec<String> {
        let bundles = self.readers.iter().flatten();
        let names = bundles.flat_map(|bundle| {
            let transformer = &bundle.transformer;
            let raw = transformer.prepare.raw.iter().map(|it| it.name.clone());
            let is_raw = transformer.prepare.is_empty();
            let inputs = transformer.inputs.iter().filter(move |_| is_raw);
            raw.chain(inputs.map(|it| it.name.clone()))
        });
        names.collect()
    }
}

/// The test rows whose class or number is known: what both models are scored on.
pub struct Known {
    /// The rows.
    pub frame: DataFrame,
    /// Their class indices or numbers.
    pub truth: Truth,
    /// Hash over exactly these rows.
    pub rows_hash: String,
    /// Rows of some other class, or of no number, which are left out.
    pub strange: usize,
}

impl TestRows {
    /// The labels, and how many rows have each.
    pub fn label_counts(&self) -> Vec<(String, u64)> {
        let counts = self.labels.counts();
        self.labels.distinct.iter().cloned().zip(counts).collect()
    }

    /// The rows of these classes; those with a number where the task asks for numbers.
    pub fn known(&self, task: Task, classes: &[String]) -> Result<Known, Error> {
        let all = self.frame.height();
        let (rows, truth) = match task {
            Task::Classification => {
                let class = indices(&self.labels, classes);
                let truth = class.iter().copied().flatten().collect();
                (present(&class), Truth::Classes(truth))
            }
            Task::Regression => {
                let column = self.frame.column(&self.target);
                let cells = Cells::of(column.map_err(|source| Error::Data(source.into()))?)?;
                let numbers: Vec<Option<f64>> = (0..all).map(|row| cells.number(row)).collect();
                let truth = numbers.iter().copied().flatten().collect();
                (present(&numbers), Truth::Numbers(truth))
            }
        };
        let strange = all - rows.len();
        if strange == 0 {
            return Ok(Known {
                frame: self.frame.clone(),
                truth,
                rows_hash: self.rows_hash.clone(),
                strange,
            });
        }
        let hashes: Vec<u128> = rows
            .iter()
            .map(|&row| self.row_hashes[row as usize])
            .collect();
        Ok(Known {
            frame: take(&self.frame, &rows)?,
            truth,
            rows_hash: data::fingerprint(&hashes),
            strange,
        })
    }
}

/// The rows that have a value.
fn present<T>(values: &[Option<T>]) -> Vec<u32> {
    let rows = values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_some());
    rows.map(|(row, _)| row as u32).collect()
}

/// Reads the test rows. `like` is the data set's schema: a column that is text there is text here.
///
/// # Errors
/// When a file cannot be read.
pub fn read_test_rows(
    env: &Env,
    test: &TestData,
    target: &str,
    like: &Schema,
    plans: Plans<'_>,
) -> Result<TestRows, Error> {
    let (config, scan) = (&env.config, &test.scan);
    let mut options = test_options(config, scan, like)?;
    options.reading = plans.reading.cloned().unwrap_or_default();
    let nothing = |why: String| no_test_data(config, why);
    let read = match plans.own {
        Some(plan) => related_rows(env, scan, plan, plans.champion)?,
        None => {
            let read = data::read(&config.test_folder.here(), scan, &options, None)?;
            Read {
                frame: read.frame,
                for_champion: None,
                quarantined: read.quarantined,
                unsettled: read.unsettled,
                remarks: {
                    // Files without rows are reported where nothing else is there.
                    let remarks = read.remarks.iter();
                    let remarks =
                        remarks.filter(|it| !it.says.ends_with("has a header and no rows"));
                    remarks.cloned().collect()
                },
                notes: {
                    let rejected = read.rejected.0.iter().map(|it| it.says());
                    let notes = other_notes(read.notes, &read.remarks);
                    rejected.chain(notes).collect()
                },
            }
        }
    };
    // The verdict will stand for the files of the scan, so it must not be made on fewer.
    let changed = |path: &&String| scan.files.iter().any(|file| file.path == **path);
    if let Some(path) = read.unsettled.iter().find(changed) {
        return Err(nothing(format!(
            "{path} changed while it was read; run again when it is whole"
        )));
    }
    let mut notes: Vec<String> = read
        .quarantined
        .iter()
        .map(|file| format!("test file {}", quarantine_line(file)))
        .collect();
    notes.extend(read.notes.iter().map(|note| format!("test data: {note}")));
    let unfinished = scan.unsettled.iter();
    notes.extend(unfinished.map(|path| {
        format!(
            "test file {}",
            input_scan::why_left(&config.test_folder.here(), path)
        )
    }));
    if read.frame.height() == 0 {
        let why = notes
            .first()
            .cloned()
            .unwrap_or_else(|| "the files have headers but no rows".to_string());
        return Err(nothing(why));
    }
    let remarks = read.remarks;
    let frame = with_derived(config, read.frame)?;
    let needs = plans.needs();
    let (mut frame, fresh) = test.fresh.with(config, frame, (&needs, target))?;
    let mut for_champion = match read.for_champion {
        Some(frame) => Some(with_derived(config, frame)?),
        None => None,
    };
    let mut labels = labels_of(&frame, target, "the test data")?;
    let all = labels.codes.len();
    let labelled: Vec<u32> = (0..all as u32)
        .filter(|&row| labels.codes[row as usize].is_some())
        .collect();
    if labelled.len() < all {
        notes.push(format!(
            "{} without a value in `{target}`, left out",
            counted((all - labelled.len()) as u64, "test row")
        ));
        frame = take(&frame, &labelled)?;
        for_champion = match for_champion {
            Some(frame) => Some(take(&frame, &labelled)?),
            None => None,
        };
        labels.codes.retain(Option::is_some);
    }
    if frame.height() == 0 {
        return Err(nothing(format!("no row has a value in `{target}`")));
    }
    let rows = |frame: DataFrame, labels, notes, for_champion| -> Result<TestRows, Error> {
        let schema = Schema::of(&frame);
        let row_hashes = data::row_hashes(&frame, &schema.names())?;
        Ok(TestRows {
            target: target.to_string(),
            labels,
            rows_hash: data::fingerprint(&row_hashes),
            row_hashes,
            frame,
            notes,
            remarks: remarks.clone(),
            fresh: fresh.clone(),
            for_champion,
        })
    };
    let for_champion = match for_champion {
        Some(frame) => Some(Box::new(rows(frame, labels.clone(), Vec::new(), None)?)),
        None => None,
    };
    rows(frame, labels, notes, for_champion)
}

/// What a reading of the test folder came to.
struct Read {
    frame: DataFrame,
    for_champion: Option<DataFrame>,
    quarantined: Vec<data::Quarantined>,
    unsettled: Vec<String>,
    notes: Vec<String>,
    remarks: Vec<Remark>,
}

/// The rows that a plan makes of the test tables, and those of the champion's where it differs.
fn related_rows(
    env: &Env,
    scan: &Scan,
    plan: &RelatedPlan,
    champion: Option<&RelatedPlan>,
) -> Result<Read, Error> {
    let champion = champion.filter(|champion| *champion != plan);
    let mut related = plan.settings.clone();
    // Tables that only the champion knows are read, too.
    for (name, table) in champion.iter().flat_map(|plan| &plan.settings.tables) {
        related.tables.entry(name.clone()).or_insert(table.clone());
    }
    let folder = &env.config.test_folder.here();
    let read = ingest::read_tables(&env.config, &related, folder, scan, Some(plan))?;
    let flat = joins::flatten(plan, &read.tables, Rows::WithTarget)?;
    let for_champion = match champion {
        None => None,
        Some(champion) => {
            let champion = champion.with_rows_of(plan);
            Some(joins::flatten(&champion, &read.tables, Rows::WithTarget)?.frame)
        }
    };
    if for_champion
        .as_ref()
        .is_some_and(|it| it.height() != flat.frame.height())
    {
        let why = "score the champion on the same rows: `related` names other rows than it did then; give the new rows another `name`";
        return Err(Error::Incomparable(why.to_string()));
    }
    let mut notes = read.record.notes;
    notes.extend(flat.notes);
    Ok(Read {
        frame: flat.frame,
        for_champion,
        quarantined: read.record.quarantined,
        unsettled: read.record.unsettled,
        notes,
        remarks: read.record.remarks,
    })
}

/// Test rows that are also in the data set, by their hash over the columns that both have; with `related.entity`, rows of
/// somebody who is there, whose past and future those rows hold.
pub fn leaked(
    env: &Env,
    given: &TestData,
    test: &TestRows,
    dataset: &Dataset,
) -> Result<u64, Error> {
    let related = env.config.related.as_ref();
    if let Some(entity) = related.and_then(|related| related.entity.as_deref()) {
        let named = |frame: &DataFrame| -> Result<Vec<u128>, Error> {
            let hashes = data::row_hashes(frame, &[entity])?.into_iter();
            let entity = frame.column(entity).map_err(data::Error::from)?.is_null();
            let pairs = hashes
                .zip(entity.iter())
                .filter(|(_, is_null)| *is_null == Some(false));
            Ok(pairs.map(|(hash, _)| hash).collect())
        };
        let (test, data) = (named(&test.frame)?, named(&dataset.frame)?);
        return Ok(data::count_shared(&test, &data));
    }
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
    // Of rows of production only some columns are known: they are checked against the data set by those.
    let fresh = given.fresh.count_in(&dataset.frame)?;
    Ok(data::count_shared(test_hashes, data_hashes) + fresh)
}
