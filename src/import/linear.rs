//! Weighted sums over columns to a transformer and a linear predictor.

use std::collections::BTreeSet;

use super::cell::{Cell, Choice, Sum};
use super::columns::{Laid, by_place, categories, lay};
use super::error::Error;
use super::number::Number;
use super::value::Column;
use crate::features::{Input, Step};
use crate::predictors::{Linear, Link};

/// Inputs, predictor, and the columns for whose missing cells the file has no number.
pub struct Made {
    /// The inputs.
    pub inputs: Vec<Input>,
    /// The predictor.
    pub linear: Linear,
    /// The columns.
    pub unfilled: BTreeSet<String>,
}

/// What one column adds: `outputs` numbers each.
#[derive(Debug, Clone)]
struct Numbers {
    /// What is taken off, and what one unit is.
    centre: f64,
    scale: f64,
    weights: Vec<f64>,
    /// What a missing cell adds; `None` where that is NaN.
    missing: Option<Vec<f64>>,
}

/// A predictor that says what the sums say.
///
/// # Errors
/// Names the column whose way into the sums has no form as one step.
pub fn linear(margins: &[Cell], link: Link, columns: &[Column]) -> Result<Made, Error> {
    let sums = margins.iter().map(|cell| {
        cell.as_sum().ok_or_else(|| {
            Error::Outputs("its answer is neither a weighted sum nor trees".to_string())
        })
    });
    let sums = sums.collect::<Result<Vec<Sum>, Error>>()?;
    let n = sums.len();
    let mut bias: Vec<f64> = sums.iter().map(|sum| sum.bias).collect();
    let mut numbers: Vec<Option<Numbers>> = vec![None; columns.len()];
    let mut choices: Vec<Vec<(usize, f64, &Choice)>> = vec![Vec::new(); columns.len()];
    for (output, sum) in sums.iter().enumerate() {
        for (weight, cell) in &sum.terms {
            match cell {
                Cell::Number(number) => {
                    let of = &mut numbers[number.column];
                    add(of, &mut bias, (output, n), *weight, number, columns)?;
                }
                Cell::Choice(choice) => choices[choice.text.column].push((output, *weight, choice)),
                _ => {
                    return Err(Error::Outputs(
                        "a sum has terms that are no columns".to_string(),
                    ));
                }
            }
        }
    }
    let mut steps: Vec<Option<Step>> = vec![None; columns.len()];
    let mut weights: Vec<Vec<Vec<f64>>> = vec![Vec::new(); columns.len()];
    let mut unfilled = BTreeSet::new();
    for (at, column) in columns.iter().enumerate() {
        match (&numbers[at], choices[at].as_slice()) {
            (None, []) => {}
            (Some(number), []) => {
                if number.missing.is_none() {
                    unfilled.insert(column.name.clone());
                }
                if let Some((step, rows)) = number_step(number) {
                    (steps[at], weights[at]) = (Some(step), rows);
                }
            }
            (None, choices) => {
                let (step, rows) = choice_step(choices, n, column)?;
                (steps[at], weights[at]) = (Some(step), rows);
            }
            (Some(_), [_, ..]) => {
                return Err(Error::Column {
                    column: column.name.clone(),
                    why: "it is read both as a number and by its categories".to_string(),
                });
            }
        }
    }
    let Laid { inputs, places } = lay(columns, steps);
    let n_features: usize = inputs.iter().map(Input::width).sum();
    let mut flat = vec![0.0; n * n_features];
    for (at, place) in places.iter().enumerate() {
        let Some((_, first)) = place else { continue };
        for (feature, of_outputs) in weights[at].iter().enumerate() {
            for (output, weight) in of_outputs.iter().enumerate() {
                flat[output * n_features + first + feature] = *weight;
            }
        }
    }
    Ok(Made {
        inputs,
        linear: Linear {
            link,
            bias,
            weights: flat,
        },
        unfilled,
    })
}

/// Adds a term on a column of numbers to what the column has, and to the bias of its output.
fn add(
    of: &mut Option<Numbers>,
    bias: &mut [f64],
    (output, n): (usize, usize),
    weight: f64,
    number: &Number,
    columns: &[Column],
) -> Result<(), Error> {
    let (centre, slope) = number.line().ok_or_else(|| Error::Column {
        column: columns[number.column].name.clone(),
        why: "it is cut off at a bound (Clip), which a weighted sum has no step for".to_string(),
    })?;
    let of = of.get_or_insert_with(|| Numbers {
        centre,
        scale: if slope == 0.0 { 1.0 } else { 1.0 / slope.abs() },
        weights: vec![0.0; n],
        missing: Some(vec![0.0; n]),
    });
    let shift = slope * (of.centre - centre);
    of.weights[output] += weight * slope * of.scale;
    bias[output] += weight * shift;
    match (number.missing, &mut of.missing) {
        (Some(value), Some(missing)) => missing[output] += weight * (value - shift),
        _ if weight == 0.0 => {}
        _ => of.missing = None,
    }
    Ok(())
}

/// The step and the weights of its features, per feature one per output; `None` where it adds nothing.
fn number_step(number: &Numbers) -> Option<(Step, Vec<Vec<f64>>)> {
    let is_flat = number.weights.iter().all(|&weight| weight == 0.0);
    let step = |fill, indicator| Step::Number {
        fill,
        centre: number.centre,
        scale: number.scale,
        indicator,
    };
    let weights = number.weights.clone();
    Some(match &number.missing {
        None => (step(None, false), vec![weights]),
        Some(missing) if is_flat && missing.iter().all(|&it| it == 0.0) => return None,
        Some(missing) => {
            // One fill that gives every output what it gets, where there is one.
            let steepest =
                (0..weights.len()).max_by(|&a, &b| weights[a].abs().total_cmp(&weights[b].abs()));
            let distance = steepest.map(|at| missing[at] / weights[at]);
            let fits = |distance: &f64| {
                let mut outputs = weights.iter().zip(missing);
                distance.is_finite()
                    && outputs.all(|(weight, wanted)| {
                        (weight * distance - wanted).abs() <= 1e-9 * (1.0 + wanted.abs())
                    })
            };
            match distance.filter(fits) {
                Some(distance) => {
                    let fill = number.centre + distance * number.scale;
                    (step(Some(fill), false), vec![weights])
                }
                None => (
                    step(Some(number.centre), true),
                    vec![weights, missing.clone()],
                ),
            }
        }
    })
}

/// A weight per category, missing and other.
fn choice_step(
    choices: &[(usize, f64, &Choice)],
    n: usize,
    column: &Column,
) -> Result<(Step, Vec<Vec<f64>>), Error> {
    let categories = categories(choices.iter().map(|(_, _, choice)| *choice), column)?;
    let mut weights = vec![vec![0.0; n]; categories.len() + 2];
    for (output, weight, choice) in choices {
        for (place, number) in by_place(choice, &categories, column.kind)
            .into_iter()
            .enumerate()
        {
            weights[place][*output] += weight * number;
        }
    }
    if weights.iter().flatten().any(|weight| !weight.is_finite()) {
        return Err(Error::Column {
            column: column.name.clone(),
            why: "a category comes to a number that is not finite".to_string(),
        });
    }
    Ok((Step::OneHot { categories }, weights))
}
