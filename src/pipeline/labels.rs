//! The target: from a column to class names and class indices.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::error::{Error, did_you_mean};
use crate::config::ModelConfig;
use crate::data::{Kind, Schema};
use crate::features::{Cells, Encoded};

/// More classes than this are a number to regress, or an identifier.
const MOST_CLASSES: usize = 100;
/// Up to this many classes may be of one row each in a tiny data set; beyond, a class must have two rows on average.
const FEW_CLASSES: usize = 20;
/// Labels that read like a yes.
const YES: &[&str] = &["1", "true", "yes", "y", "t", "positive", "pos"];

/// Which column is the target, by the settings or the last one.
pub fn target_of(config: &ModelConfig, frame: &DataFrame) -> Result<String, Error> {
    let schema = Schema::of(frame);
    match &config.target {
        Some(target) => Ok(target.clone()),
        None => schema
            .columns
            .last()
            .map(|column| not_spoken_for(config, &column.name))
            .transpose()?
            .ok_or_else(|| Error::NoColumn {
                column: "target".to_string(),
                role: "the last column",
                place: "the data set".to_string(),
                hint: String::new(),
            }),
    }
}

/// The last column is the target unless the settings need it for something else: then the user has to say.
fn not_spoken_for(config: &ModelConfig, last: &str) -> Result<String, Error> {
    let last = last.to_string();
    let key = if config.drop.contains(&last) {
        "drop"
    } else if config.keys.contains(&last) {
        "keys"
    } else if config.time_column.as_ref() == Some(&last) {
        "time_column"
    } else {
        return Ok(last);
    };
    Err(Error::Target {
        why: format!(
            "it is the last column and so the target, but `{key}` names it; set `target` to the column to predict"
        ),
        target: last,
    })
}

/// The label of each row, without blanks around it.
pub fn labels_of(frame: &DataFrame, target: &str, place: &str) -> Result<Encoded, Error> {
    let schema = Schema::of(frame);
    let column = frame.column(target).map_err(|_| Error::NoColumn {
        column: target.to_string(),
        role: "the target",
        place: place.to_string(),
        hint: did_you_mean(target, schema.names().into_iter()),
    })?;
    Ok(Cells::of(column)?.encode(frame.height()))
}

/// The classes of a data set in order: the positive one last when there are two, else sorted.
///
/// # Errors
/// When there is nothing to tell apart, or so much that it is not a class.
pub fn classes_of(
    config: &ModelConfig,
    target: &str,
    kind: Kind,
    labels: &Encoded,
) -> Result<Vec<String>, Error> {
    let reject = |why: String| {
        Err(Error::Target {
            target: target.to_string(),
            why,
        })
    };
    let counts: BTreeMap<&str, u64> = labels
        .distinct
        .iter()
        .map(String::as_str)
        .zip(labels.counts())
        .collect();
    if counts.is_empty() {
        return reject("every value is missing".to_string());
    }
    if counts.len() == 1 {
        return reject(format!(
            "every row is of one class, so there is nothing to tell apart; add rows of another class to {}",
            config.input_folder
        ));
    }
    let is_fraction = kind == Kind::Number && counts.keys().any(|label| label.contains('.'));
    let labelled: u64 = counts.values().sum();
    let is_identifier = counts.len() > FEW_CLASSES && counts.len() as u64 * 2 > labelled;
    if counts.len() > MOST_CLASSES || is_fraction || is_identifier {
        let what = match kind {
            Kind::Text => "an identifier",
            _ if is_fraction => "a number with fractions",
            _ => "a number",
        };
        let otherwise = match kind {
            Kind::Text => "",
            _ => ", or a learner of numbers in `learner.kind`",
        };
        return reject(format!(
            "its {} distinct values are no classes but {what}; name another column as `target`{otherwise}",
            counts.len()
        ));
    }
    let mut classes: Vec<String> = counts.keys().map(|label| label.to_string()).collect();
    if kind != Kind::Text {
        classes.sort_by(|a, b| as_number(a).total_cmp(&as_number(b)));
    }
    if let Some(positive) = &config.positive_class {
        let positive = spelled_like(positive, &classes);
        let Some(at) = classes.iter().position(|class| *class == positive) else {
            return reject(format!(
                "`positive_class` is `{positive}`, but the classes are {}",
                classes.join(", ")
            ));
        };
        if classes.len() == 2 {
            let positive = classes.remove(at);
            classes.push(positive);
        }
    } else if classes.len() == 2 && YES.contains(&classes[0].to_lowercase().as_str()) {
        classes.swap(0, 1);
    }
    Ok(classes)
}

/// A positive class given as `1` also names `1.0` and `true`.
fn spelled_like(positive: &str, classes: &[String]) -> String {
    let same_number = |class: &&String| as_number(class) == as_number(positive);
    classes
        .iter()
        .find(|class| *class == positive)
        .or_else(|| classes.iter().find(same_number))
        .cloned()
        .unwrap_or_else(|| positive.to_string())
}

fn as_number(text: &str) -> f64 {
    match text {
        "true" => 1.0,
        "false" => 0.0,
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

/// Class index of each row; `None` for a missing label and for one that is not a class.
pub fn indices(labels: &Encoded, classes: &[String]) -> Vec<Option<u32>> {
    let class_of: Vec<Option<u32>> = labels
        .distinct
        .iter()
        .map(|label| {
            classes
                .iter()
                .position(|class| class == label)
                .map(|at| at as u32)
        })
        .collect();
    labels
        .codes
        .iter()
        .map(|code| class_of[(*code)? as usize])
        .collect()
}

#[cfg(test)]
mod tests;
