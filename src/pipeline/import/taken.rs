//! A file and a data set to a bundle.

use super::asked::Import;
use super::cells;
use crate::bundle::{self, Bundle, Golden, Origin, Provenance};
use crate::config::{Learner, LearnerKind};
use crate::data::rules::{OnViolation, Rule};
use crate::data::{ColumnSummary, ReadingPlan, Schema};
use crate::evaluate::Task;
use crate::features::{Dropped, prune};
use crate::import::{self, Column, Given, Imported};
use crate::model_types::Sha256;
use crate::pipeline::dataset::Dataset;
use crate::pipeline::error::Error;
use crate::pipeline::fit::derived;
use crate::pipeline::fresh::TestData;
use crate::pipeline::labels::target_of;
use crate::pipeline::score::{Plans, read_test_rows};
use crate::pipeline::target::{Target, read_target};
use crate::pipeline::trainer::{centre, rules_of, shares};
use crate::pipeline::{Env, drift};
use crate::predictors::{Link, Predictor};
use crate::text::counted;

/// A bundle of a file.
pub struct Taken {
    /// The bundle.
    pub bundle: Bundle,
    /// Where it comes from.
    pub origin: Origin,
    /// What somebody should know.
    pub notes: Vec<String>,
}

/// Reads the file as a model of the project, on its data set.
///
/// # Errors
/// [`Error::Import`] when it is none, or would answer rows that are there otherwise than it should.
pub fn take(env: &Env, asked: &Import, dataset: &Dataset, test: &TestData) -> Result<Taken, Error> {
    let (config, frame) = (&env.config, &dataset.frame);
    let target = target_of(config, frame)?;
    let wanted = read_target(config, frame, &target)?;
    let excluded = config.excluded(&target);
    let schema = Schema::of(frame);
    let columns: Vec<Column> = schema
        .columns
        .iter()
        .filter(|column| !excluded.contains(&column.name))
        .map(|column| Column {
            name: column.name.clone(),
            kind: column.kind,
        })
        .collect();
    let target_kind = schema.get(&target).map(|column| column.kind);
    let given = Given {
        columns: &columns,
        left_out: &excluded,
        target: &target,
        task: match &wanted {
            Target::Classes { classes, .. } => import::Task::Classes {
                names: classes.clone(),
                is_flag: target_kind == Some(crate::data::Kind::Boolean),
            },
            Target::Numbers(_) => import::Task::Number,
        },
        order: asked.columns.as_deref(),
        classes: asked.classes.as_deref(),
    };
    let refuse = |why: String| Error::ImportedData {
        file: asked.file.clone(),
        why,
    };
    if asked.classes.is_some() && wanted.task() == Task::Regression {
        return Err(refuse(format!(
            "`--classes` names classes, and `{target}` is a number"
        )));
    }
    let mut imported = import::onnx(&asked.bytes, &given).map_err(|source| Error::Import {
        file: asked.file.clone(),
        source,
    })?;
    let origin = origin(asked, &imported);
    let rows = wanted.rows();
    if let Predictor::Trees(trees) = &mut imported.predictor {
        // Before what makes the columns is known, the frame has them all.
        import::weigh(trees, &imported.transformer, frame, &rows)?;
    }
    let part = wanted.part(&rows);
    let names: Vec<String> = derived(config).into_iter().map(|it| it.name).collect();
    if imported.reads.iter().any(|name| names.contains(name)) {
        imported.transformer.prepare = prune(
            frame,
            &imported.transformer.inputs,
            &derived(config),
            &config.times(),
            Vec::new(),
            Vec::new(),
            &config.ingest.times(),
        );
    }
    let is_binary = wanted.classes().len() == 2;
    if let (Some(threshold), false) = (asked.threshold, is_binary) {
        return Err(refuse(format!(
            "a threshold ({threshold}) is for two classes, and `{target}` has {}",
            match wanted.classes().len() {
                0 => "numbers".to_string(),
                n => n.to_string(),
            }
        )));
    }
    let reading = dataset.record.reading.as_ref();
    let dropped = columns
        .iter()
        .filter(|column| !imported.reads.contains(&column.name));
    let mut notes = notes(&imported);
    let mut bundle = Bundle {
        prior: shares(&part),
        centre: centre(&part),
        classes: wanted.classes().to_vec(),
        metric: config.metric_for(wanted.task()),
        threshold: asked.threshold.unwrap_or(imported.threshold),
        costs: None,
        calibration: None,
        flag: None,
        learner: Learner {
            kind: nearest(&imported.predictor, wanted.task()),
            ..Learner::default()
        },
        leaderboard: Vec::new(),
        seed: config.split.seed,
        data: Provenance {
            rows_hash: dataset.rows_hash.clone(),
            config_hash: settings_hash(env, &origin, asked),
            train_rows: 0,
            validation_rows: 0,
            folds: None,
        },
        dropped: dropped
            .map(|column| Dropped {
                column: column.name.clone(),
                reason: "not read by the imported file".to_string(),
            })
            .collect(),
        profile: {
            let columns = dataset.profile.iter().cloned();
            columns.map(ColumnSummary::without_examples).collect()
        },
        rules: rules_of(config, dataset, &excluded),
        golden: Golden::default(),
        related: dataset.record.related.clone(),
        reading: reading.map_or_else(Default::default, ReadingPlan::frozen),
        reference: None,
        imported: Some(origin.clone()),
        transformer: imported.transformer.clone(),
        predictor: imported.predictor.clone(),
        target,
    };
    let test = read_test_rows(env, test, &bundle.target, &schema, Plans::of(&bundle))?;
    let places = [("the data set", frame), ("the test data", &test.frame)];
    for (place, frame) in places {
        for column in &imported.unfilled {
            let n = cells::missing(frame, column)?;
            if n > 0 {
                return Err(refuse(format!(
                    "{} of `{column}` in {place} {} missing, and the file has no number for that (its answer would be NaN); put an imputer before the model and export it again",
                    counted(n, "cell"),
                    if n == 1 { "is" } else { "are" }
                )));
            }
        }
        for column in &imported.reads {
            let own = imported.doubtful.iter().filter(|it| it.column == *column);
            let own: Vec<_> = own.collect();
            let n = if own.is_empty() {
                0
            } else {
                cells::parted(frame, column, &own)?
            };
            if n > 0 {
                return Err(refuse(format!(
                    "the file compares `{column}` in 64 bits, and {} of it in {place} would go another way in 32 bits, in which trees are compared here; export the model with float inputs (FloatTensorType)",
                    counted(n, "number")
                )));
            }
        }
    }
    if !imported.doubtful.is_empty() {
        notes.push(format!(
            "{} of the file {} compared in 64 bits there and in 32 bits here: a number nearer to one than 6e-8 of it may go another way; none of the data set and of the test data does",
            counted(imported.doubtful.len() as u64, "threshold"),
            if imported.doubtful.len() == 1 { "is" } else { "are" }
        ));
    }
    if !imported.unfilled.is_empty() {
        not_missing(&mut bundle.rules, &imported);
        let names: Vec<String> = imported
            .unfilled
            .iter()
            .map(|it| format!("`{it}`"))
            .collect();
        notes.push(format!(
            "the file has no number for missing cells of {}: rows with such cells are rejected",
            names.join(", ")
        ));
    }
    bundle.reference = Some(drift::reference(&bundle, frame, &rows, None)?);
    bundle.golden = bundle::make_golden(&bundle);
    bundle.verify()?;
    Ok(Taken {
        bundle,
        origin,
        notes,
    })
}

fn origin(asked: &Import, imported: &Imported) -> Origin {
    Origin {
        format: "onnx".to_string(),
        file: asked.file.clone(),
        sha256: Sha256::of(&asked.bytes),
        operator: imported.operator.clone(),
        producer: imported.producer.clone(),
        operators: imported.operators.clone(),
    }
}

/// Another hash than that of the settings alone: a run with the same data and settings has not trained on them yet.
fn settings_hash(env: &Env, origin: &Origin, asked: &Import) -> String {
    let of = serde_json::json!([
        env.config.fingerprint(),
        origin.sha256,
        asked.columns,
        asked.classes,
        asked.threshold.map(f64::to_bits),
    ]);
    Sha256::of(of.to_string()).into()
}

/// The learner of ours that ends as such a predictor; it learned nothing.
fn nearest(predictor: &Predictor, task: Task) -> LearnerKind {
    match (predictor, task) {
        (Predictor::Linear(_), Task::Regression) => LearnerKind::Linear,
        (Predictor::Linear(_), Task::Classification) => LearnerKind::Logistic,
        (Predictor::Trees(trees), _) if trees.link == Link::Identity => LearnerKind::RandomForest,
        (Predictor::Trees(_), _) => LearnerKind::BoostedTrees,
    }
}

fn notes(imported: &Imported) -> Vec<String> {
    let mut notes = imported.notes.clone();
    notes.push(
        "imported, not trained here: whether it has seen the test rows while it was trained cannot be known here; its scores count only if it has not"
            .to_string(),
    );
    notes
}

/// Rows with missing cells of columns for which the file has no number are refused.
fn not_missing(rules: &mut Vec<Rule>, imported: &Imported) {
    for name in &imported.unfilled {
        let mut enforced = rules.iter_mut().filter(|rule| rule.on_violation.is_some());
        if let Some(rule) = enforced.find(|rule| rule.column == *name) {
            rule.nullable = false;
            // What would be mended by making it missing cannot be.
            if !matches!(rule.on_violation, Some(OnViolation::Error)) {
                rule.on_violation = Some(OnViolation::Quarantine);
            }
            continue;
        }
        let mut inputs = imported.transformer.inputs.iter();
        let kind = inputs
            .find(|input| input.name == *name)
            .map(|input| input.kind);
        let rule = Rule {
            column: name.clone(),
            kind,
            values: None,
            min: None,
            max: None,
            nullable: false,
            on_violation: Some(OnViolation::Quarantine),
        };
        rules.insert(0, rule);
    }
}
