//! Categories of a file as the project spells them, and steps with the places of their features.

use super::cell::Choice;
use super::error::Error;
use super::value::Column;
use crate::data::{Kind, trim_text};
use crate::features::{Input, Step, parse_number, spell_number};

/// A category as the project spells it in a column of this kind; `None` for one that no cell of it can have.
pub fn spelled(key: &str, kind: Kind) -> Option<String> {
    match (kind, key.to_lowercase().as_str()) {
        (Kind::Text, _) => Some(trim_text(key).to_string()).filter(|it| !it.is_empty()),
        (Kind::Boolean, "true") => Some("1".to_string()),
        (Kind::Boolean, "false") => Some("0".to_string()),
        _ => parse_number(key).map(spell_number),
    }
}

/// The categories of all choices on one column, sorted, as the project spells them.
///
/// # Errors
/// When two of one file come to the same.
pub fn categories<'a>(
    choices: impl Iterator<Item = &'a Choice>,
    column: &Column,
) -> Result<Vec<String>, Error> {
    let mut all: Vec<String> = Vec::new();
    let mut looked: Vec<*const Vec<String>> = Vec::new();
    for choice in choices {
        let keys = std::rc::Rc::as_ptr(&choice.keys);
        if looked.contains(&keys) {
            continue;
        }
        looked.push(keys);
        let mut own: Vec<String> = choice
            .keys
            .iter()
            .filter_map(|key| spelled(key, column.kind))
            .collect();
        own.sort();
        if let Some(pair) = own.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Column {
                column: column.name.clone(),
                why: format!("two of its categories come to `{}` in the project", pair[0]),
            });
        }
        all.extend(own);
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The number of each place that a column's cell can have: the categories, then missing, then any other.
pub fn by_place(choice: &Choice, categories: &[String], kind: Kind) -> Vec<f64> {
    let own = choice.keys.iter().enumerate();
    let own: std::collections::HashMap<String, f64> = own
        .filter_map(|(key, name)| Some((spelled(name, kind)?, choice.of_key(key))))
        .collect();
    let places = categories.iter();
    let places = places.map(|category| own.get(category).copied().unwrap_or(choice.of_other()));
    places
        .chain([choice.of_missing(), choice.of_other()])
        .collect()
}

/// Inputs in the order that a transformer has them, with the first feature of each.
pub struct Laid {
    /// The inputs.
    pub inputs: Vec<Input>,
    /// Per column of the file: its place among the inputs, and its first feature.
    pub places: Vec<Option<(usize, usize)>>,
}

/// Puts the steps of columns in order: plain numbers first.
pub fn lay(columns: &[Column], steps: Vec<Option<Step>>) -> Laid {
    let mut order: Vec<(usize, Step)> = steps
        .into_iter()
        .enumerate()
        .filter_map(|(at, step)| Some((at, step?)))
        .collect();
    order.sort_by_key(|(_, step)| step.layout());
    let mut laid = Laid {
        inputs: Vec::with_capacity(order.len()),
        places: vec![None; columns.len()],
    };
    let mut feature = 0;
    for (at, step) in order {
        let input = Input {
            name: columns[at].name.clone(),
            kind: columns[at].kind,
            step,
        };
        laid.places[at] = Some((laid.inputs.len(), feature));
        feature += input.width();
        laid.inputs.push(input);
    }
    laid
}
