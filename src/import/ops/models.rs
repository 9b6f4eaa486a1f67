//! Models: linear ones and trees.

use std::rc::Rc;

use super::arithmetic::weighted;
use super::call::Call;
use super::chances::{logistic, softmax_of};
use crate::import::cell::{Cell, Chance, Ensemble, Said};
use crate::import::ensemble::Leaves;
use crate::import::error::Error;
use crate::import::tensor::Element;
use crate::import::value::{Label, Matrix, Rule, Value};

/// The classes of a classifier.
fn classes(
    call: &Call<'_>,
    texts: &'static str,
    whole: &'static str,
) -> Result<Vec<String>, Error> {
    let texts = call.node.strings(texts)?;
    let whole = call.node.ints(whole)?;
    let spelled = whole.iter().map(ToString::to_string);
    Ok(if texts.is_empty() {
        spelled.collect()
    } else {
        texts
    })
}

/// `LinearClassifier`: the class, and a probability of each.
pub fn linear_classifier(call: &Call<'_>) -> Result<Vec<Value>, Error> {
    let node = &call.node;
    let matrix = call.matrix(0)?;
    let weights = node.floats("coefficients")?;
    let bias: Vec<f64> = node
        .floats("intercepts")?
        .iter()
        .map(|&it| it.into())
        .collect();
    // Of no effect in onnxruntime.
    node.int("multi_class", 0)?;
    let transform = node.string("post_transform", "NONE")?;
    let classes = classes(call, "classlabels_strings", "classlabels_ints")?;
    let (n, outputs) = (matrix.cells.len(), bias.len());
    if outputs == 0 || weights.len() != n * outputs {
        return Err(node.refuse(format!(
            "it has {} weights and {outputs} intercepts for {n} features",
            weights.len()
        )));
    }
    let weight = |feature: usize, output: usize| f64::from(weights[output * n + feature]);
    let margins = Rc::new(weighted(call, matrix, n, outputs, weight, &bias)?);
    let (rule, cells) = match (outputs, classes.len()) {
        (1, 2) => {
            if transform != "LOGISTIC" {
                return Err(not_probabilities(call, &transform));
            }
            let yes = logistic(&margins[0]);
            let no = Cell::Chance(Chance::Complement(Box::new(yes.clone())));
            (Rule::Above(margins[0].clone(), 0.0), vec![no, yes])
        }
        (outputs, n) if outputs == n => (
            Rule::Largest(Rc::clone(&margins)),
            transformed(call, &margins, &transform)?,
        ),
        _ => {
            return Err(node.refuse(format!(
                "it has {outputs} intercepts for {} classes",
                classes.len()
            )));
        }
    };
    answers(rule, classes, cells)
}

fn answers(rule: Rule, classes: Vec<String>, cells: Vec<Cell>) -> Result<Vec<Value>, Error> {
    Ok(vec![
        Value::Label(Label { rule, classes }),
        Value::Matrix(Matrix::of(Element::Single, cells)),
    ])
}

fn not_probabilities(call: &Call<'_>, transform: &str) -> Error {
    call.node.refuse(format!(
        "with `post_transform` {transform} its scores are no probabilities; export the model with probabilities (a classifier with predict_proba, and without raw_scores)"
    ))
}

/// What a post-transform makes of one score per class.
fn transformed(
    call: &Call<'_>,
    margins: &Rc<Vec<Cell>>,
    transform: &str,
) -> Result<Vec<Cell>, Error> {
    match transform {
        "SOFTMAX" => Ok(softmax_of(margins)),
        "LOGISTIC" => Ok(margins.iter().map(logistic).collect()),
        other => Err(not_probabilities(call, other)),
    }
}

/// `LinearRegressor`.
pub fn linear_regressor(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let matrix = call.matrix(0)?;
    let weights = node.floats("coefficients")?;
    let bias: Vec<f64> = node
        .floats("intercepts")?
        .iter()
        .map(|&it| it.into())
        .collect();
    let targets = node.int("targets", 1)?;
    let transform = node.string("post_transform", "NONE")?;
    let n = matrix.cells.len();
    if targets != 1 || bias.len() > 1 || weights.len() != n || transform != "NONE" {
        return Err(node.refuse(format!(
            "it has {targets} targets, {} weights for {n} features and `post_transform` {transform}; one target and NONE have a form here",
            weights.len()
        )));
    }
    let bias = if bias.is_empty() { vec![0.0] } else { bias };
    let cells = weighted(
        call,
        matrix,
        n,
        1,
        |feature, _| weights[feature].into(),
        &bias,
    )?;
    Ok(Value::Matrix(Matrix::of(Element::Single, cells)))
}

/// The features that trees read.
fn features(call: &Call<'_>) -> Result<Rc<Vec<Cell>>, Error> {
    let matrix = call.matrix(0)?;
    for cell in matrix.cells.iter() {
        match cell {
            Cell::Constant(_) | Cell::Number(_) | Cell::Choice(_) => {}
            Cell::Text(text) => {
                return Err(call.node.refuse(format!(
                    "it compares the texts of `{}` with numbers",
                    call.context.columns[text.column].name
                )));
            }
            _ => {
                return Err(call.node.refuse(
                    "a feature is made of several columns; each must be a function of one",
                ));
            }
        }
    }
    Ok(Rc::clone(&matrix.cells))
}

/// Cells that say what trees say, one per target.
fn said(by: Ensemble, base: &[f64], scale: f64) -> Vec<Cell> {
    let targets = by.targets;
    let by = Rc::new(by);
    let of = |target: usize| {
        Cell::Trees(Said {
            by: Rc::clone(&by),
            target,
            scale,
            offset: match base {
                [] => 0.0,
                [one] => *one,
                base => base[target],
            },
        })
    };
    (0..targets).map(of).collect()
}

/// `TreeEnsembleClassifier`: the class, and a probability of each. The rules of two classes are onnxruntime's.
pub fn tree_classifier(call: &Call<'_>) -> Result<Vec<Value>, Error> {
    let node = &call.node;
    let features = features(call)?;
    let transform = node.string("post_transform", "NONE")?;
    let classes = classes(call, "classlabels_strings", "classlabels_int64s")?;
    let base = node.numbers("base_values", "base_values_as_tensor")?;
    let weights = node.numbers("class_weights", "class_weights_as_tensor")?;
    let ids = node.ints("class_ids")?;
    let leaves = Leaves {
        trees: node.ints("class_treeids")?,
        nodes: node.ints("class_nodeids")?,
        targets: ids,
        weights: &weights,
    };
    let n = classes.len();
    if n < 2 {
        return Err(node.refuse("it has fewer than two classes"));
    }
    let two = n == 2;
    if two && !(ids.iter().all(|&id| id == 0) && base.len() <= 1) {
        return Err(node.refuse(
            "of two classes, leaves must add to one number (class_ids 0): what onnxruntime makes of others is no probability",
        ));
    }
    if !two && !base.is_empty() && base.len() != n {
        return Err(node.refuse(format!("it has {} base values for {n} classes", base.len())));
    }
    let trees = Ensemble::older(node, features, &leaves, if two { 1 } else { n })?;
    let margins = Rc::new(said(trees, &base, 1.0));
    if !two {
        let cells = match transform.as_str() {
            "NONE" => margins.to_vec(),
            other => transformed(call, &margins, other)?,
        };
        return answers(Rule::Largest(margins), classes, cells);
    }
    let margin = &margins[0];
    let are_shares = weights.iter().all(|&weight| weight >= 0.0);
    let (yes, limit) = match (transform.as_str(), are_shares) {
        ("NONE", true) => (margin.clone(), 0.5),
        ("LOGISTIC", false) => (logistic(margin), 0.0),
        ("LOGISTIC", true) => {
            return Err(node.refuse(
                "no leaf is below 0, so that onnxruntime takes its scores for probabilities and leaves LOGISTIC out",
            ));
        }
        (other, _) => return Err(not_probabilities(call, other)),
    };
    let no = match &yes {
        Cell::Trees(_) => yes.affine(-1.0, 1.0),
        _ => Some(Cell::Chance(Chance::Complement(Box::new(yes.clone())))),
    };
    let no = no.ok_or_else(|| node.refuse("its probabilities have no form here"))?;
    answers(Rule::Above(margin.clone(), limit), classes, vec![no, yes])
}

/// `TreeEnsembleRegressor`.
pub fn tree_regressor(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let features = features(call)?;
    let targets = node.int("n_targets", 1)?;
    let targets = usize::try_from(targets)
        .ok()
        .filter(|&it| (1..=10_000).contains(&it));
    let targets = targets.ok_or_else(|| node.refuse("its `n_targets` is no number of targets"))?;
    let transform = node.string("post_transform", "NONE")?;
    let aggregate = node.string("aggregate_function", "SUM")?;
    let base = node.numbers("base_values", "base_values_as_tensor")?;
    let weights = node.numbers("target_weights", "target_weights_as_tensor")?;
    let leaves = Leaves {
        trees: node.ints("target_treeids")?,
        nodes: node.ints("target_nodeids")?,
        targets: node.ints("target_ids")?,
        weights: &weights,
    };
    let fits = base.is_empty() || base.len() == targets;
    if transform != "NONE" || !fits {
        return Err(node.refuse(format!(
            "`post_transform` {transform} with {} base values for {targets} targets has no form here",
            base.len()
        )));
    }
    let trees = Ensemble::older(node, features, &leaves, targets)?;
    let scale = match aggregate.as_str() {
        "SUM" => 1.0,
        "AVERAGE" => 1.0 / trees.roots.len() as f64,
        other => {
            return Err(node.refuse(format!(
                "`aggregate_function` {other} has no form here; SUM and AVERAGE have"
            )));
        }
    };
    Ok(Value::Matrix(Matrix::of(
        Element::Single,
        said(trees, &base, scale),
    )))
}

/// `TreeEnsemble` of ai.onnx.ml 5.
pub fn tree_ensemble(call: &Call<'_>) -> Result<Value, Error> {
    const AVERAGE: i64 = 0;
    const SUM: i64 = 1;
    let node = &call.node;
    let features = features(call)?;
    let targets = node.int("n_targets", 1)?;
    let targets = usize::try_from(targets)
        .ok()
        .filter(|&it| (1..=10_000).contains(&it));
    let targets = targets.ok_or_else(|| node.refuse("its `n_targets` is no number of targets"))?;
    let transform = node.int("post_transform", 0)?;
    let aggregate = node.int("aggregate_function", SUM)?;
    let members = node.tensor("membership_values")?;
    let trees = Ensemble::newer(node, features, targets)?;
    if transform != 0 || !matches!(aggregate, AVERAGE | SUM) || members.is_some() {
        return Err(node.refuse(
            "a post-transform, an aggregate that is neither sum nor average, or sets of members have no form here",
        ));
    }
    let scale = if aggregate == SUM {
        1.0
    } else {
        1.0 / trees.roots.len().max(1) as f64
    };
    Ok(Value::Matrix(Matrix::of(
        call.matrix(0)?.element,
        said(trees, &[], scale),
    )))
}

/// `ZipMap`: numbers by the names of classes.
pub fn zip_map(call: &Call<'_>) -> Result<Value, Error> {
    let names = classes(call, "classlabels_strings", "classlabels_int64s")?;
    let matrix = call.matrix(0)?;
    if names.len() != matrix.cells.len() {
        return Err(call.node.refuse("it has not a name for each number"));
    }
    Ok(Value::Maps(matrix.cells.to_vec()))
}
