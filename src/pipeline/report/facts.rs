//! What the report says of the data and its columns.

use crate::bundle::{Bundle, Origin};
use crate::config::{Learner, LearnerKind};
use crate::data::Kind;
use crate::features::Step;
use crate::pipeline::decision::chosen_on;
use crate::pipeline::subject::Subject;
use crate::report::{ColumnFacts, DataFacts, FileFacts, Quarantined};

/// The settings that a learner has, by their keys in the config; those that are left open are left out.
pub fn params(learner: &Learner) -> Vec<(String, String)> {
    let forest = [
        "trees",
        "max_depth",
        "min_leaf_rows",
        "feature_share",
        "class_weight",
        "calibration",
    ];
    let boosted = [
        "rounds",
        "early_stopping",
        "learning_rate",
        "max_depth",
        "min_leaf_rows",
        "class_weight",
        "calibration",
    ];
    let keys: &[&str] = match learner.kind {
        LearnerKind::Logistic | LearnerKind::Text => {
            &["c", "max_iterations", "class_weight", "calibration"]
        }
        LearnerKind::Linear | LearnerKind::Baseline => &[],
        LearnerKind::Ridge => &["alpha"],
        LearnerKind::ElasticNet => &["alpha", "l1_ratio"],
        LearnerKind::BoostedTrees => &boosted,
        LearnerKind::ExtraTrees | LearnerKind::RandomForest => &forest,
        LearnerKind::Auto => &["max_fits", "max_seconds"],
    };
    let written = serde_json::to_value(learner).unwrap_or_default();
    let param = |key: &&str| match &written[*key] {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some((key.to_string(), text.clone())),
        value => Some((key.to_string(), value.to_string())),
    };
    keys.iter().filter_map(param).collect()
}

/// Where a version comes from that was not trained here.
pub fn origin_facts(origin: &Origin) -> Vec<(String, String)> {
    let sets = origin.operators.iter();
    let sets: Vec<String> = sets
        .map(|(set, version)| format!("{set} {version}"))
        .collect();
    let facts = [
        ("file", origin.file.as_str()),
        ("sha256", &origin.sha256),
        ("operator", &origin.operator),
        ("producer", &origin.producer),
        ("operators", &sets.join(", ")),
    ];
    facts
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .to_vec()
}

pub fn data_facts(subject: &Subject<'_>) -> DataFacts {
    let (dataset, bundle, record) = (subject.dataset, subject.bundle, &subject.scored.record);
    let mut notes = subject.notes.to_vec();
    notes.extend(record.notes.iter().chain(&dataset.notes).cloned());
    DataFacts {
        files: dataset
            .files
            .iter()
            .map(|file| FileFacts {
                name: file.path.clone(),
                sha256: file.sha256.to_string(),
                rows: file.rows,
            })
            .collect(),
        rows_read: dataset.rows_read,
        duplicates: dataset.duplicates,
        rows_used: dataset.rows,
        train_rows: bundle.data.train_rows,
        validation_rows: bundle.data.validation_rows,
        in_folds: bundle.data.folds.map(|_| chosen_on(bundle)),
        test_rows: record.rows,
        data_fingerprint: bundle.data.rows_hash.clone(),
        config_fingerprint: bundle.data.config_hash.clone(),
        test_rows_hash: record.rows_hash.clone(),
        quarantined: dataset
            .quarantined
            .iter()
            .map(|file| Quarantined {
                file: file.path.clone(),
                line: file.line,
                reason: file.reason.clone(),
            })
            .collect(),
        columns: columns(bundle),
        rules: bundle
            .rules
            .iter()
            .map(|rule| (rule.column.clone(), rule.describe()))
            .collect(),
        dropped_columns: bundle
            .dropped
            .iter()
            .map(|d| (d.column.clone(), d.reason.clone()))
            .collect(),
        notes,
    }
}

fn columns(bundle: &Bundle) -> Vec<ColumnFacts> {
    let note = |name: &str| {
        if name == bundle.target {
            return "target".to_string();
        }
        match bundle
            .transformer
            .inputs
            .iter()
            .find(|input| input.name == name)
        {
            Some(input) => told(&input.step),
            None => "not used".to_string(),
        }
    };
    bundle
        .profile
        .iter()
        .map(|column| ColumnFacts {
            name: column.name.clone(),
            kind: kind_name(column.kind).to_string(),
            missing_share: column.missing as f64 / column.rows.max(1) as f64,
            mean: column.mean,
            std: column.std,
            min: column.min,
            max: column.max,
            distinct: Some(column.distinct),
            note: note(&column.name),
        })
        .collect()
}

/// What becomes of a column.
fn told(step: &Step) -> String {
    match step {
        Step::Scale { .. } => "scaled; missing becomes the mean".to_string(),
        Step::Number {
            fill,
            scale,
            indicator,
            ..
        } => {
            let scaled = if *scale == 1.0 { "as it is" } else { "scaled" };
            let missing = match fill {
                Some(fill) => format!("missing becomes {fill}"),
                None => "missing stays missing".to_string(),
            };
            let told = if *indicator { ", and is indicated" } else { "" };
            format!("{scaled}; {missing}{told}")
        }
        Step::OneHot { categories } => format!("one-hot, {} categories", categories.len()),
        Step::Ordinal { categories, .. } => format!("place in {} categories", categories.len()),
        Step::TargetMean { categories, .. } => {
            format!("target mean of {} categories", categories.len())
        }
        Step::Text { .. } => format!("text, {} n-grams", step.width()),
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::Text => "text",
    }
}
