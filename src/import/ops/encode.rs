//! Operators that make features of columns.

use std::rc::Rc;

use super::call::Call;
use crate::import::cell::{Cell, Choice, Gives, Text};
use crate::import::error::Error;
use crate::import::number::{Step, What};
use crate::import::tensor::{Element, Tensor};
use crate::import::value::{Label, Matrix, Rule, Value};

/// `Scaler`: `(x - offset) · scale`, answered in 32 bits.
pub fn scale(call: &Call<'_>) -> Result<Value, Error> {
    let matrix = call.matrix(0)?;
    let width = matrix.cells.len();
    let numbers = |name| -> Result<Vec<f64>, Error> {
        let given = call.node.floats(name)?;
        let given: Vec<f64> = given.iter().map(|&it| f64::from(it)).collect();
        call.per_column(&given, width, name)
    };
    let (offsets, scales) = (numbers("offset")?, numbers("scale")?);
    let cells = matrix.cells.iter().zip(offsets.iter().zip(&scales));
    let cells = cells.map(|(cell, (&offset, &scale))| {
        // 64-bit numbers are scaled in 64 bits and rounded then; all others are 32-bit numbers first.
        let single = matrix.element != Element::Double;
        let cell = if matrix.element == Element::Whole {
            then(call, cell, What::Keep, true)?
        } else {
            cell.clone()
        };
        let cell = then(call, &cell, What::Subtract(offset), single)?;
        then(call, &cell, What::Multiply(scale), true)
    });
    let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
    Ok(Value::Matrix(matrix.with(Element::Single, cells)))
}

/// A cell with one step more.
pub fn then(call: &Call<'_>, cell: &Cell, what: What, single: bool) -> Result<Cell, Error> {
    let step = Step { what, single };
    let affine = match what {
        What::Keep => Some((1.0, 0.0)),
        What::Add(by) => Some((1.0, by)),
        What::Subtract(by) => Some((1.0, -by)),
        What::Multiply(by) => Some((by, 0.0)),
        What::Divide(by) => Some((1.0 / by, 0.0)),
        What::Least(_) | What::Most(_) => None,
    };
    match cell {
        Cell::Constant(number) => Ok(Cell::Constant(step.of(*number))),
        Cell::Number(number) => Ok(Cell::Number(number.then(what, single))),
        Cell::Choice(choice) => Ok(Cell::Choice(choice.map(|it| step.of(it)))),
        Cell::Text(text) => Err(call.node.refuse(format!(
            "it calculates with the texts of `{}`",
            call.context.columns[text.column].name
        ))),
        // LightGBM's converter multiplies probabilities by one.
        other if affine == Some((1.0, 0.0)) => Ok(other.clone()),
        other => affine
            .and_then(|(scale, offset)| other.affine(scale, offset))
            .ok_or_else(|| {
                call.node
                    .refuse("what it does to the answer of a model has no form here")
            }),
    }
}

/// `Imputer`: what a missing number counts as.
pub fn impute(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let matrix = call.matrix(0)?;
    let floats = node.floats("imputed_value_floats")?;
    let whole = node.ints("imputed_value_int64s")?;
    let replaced = node.float("replaced_value_float", f32::NAN)?;
    let replaced_whole = node.int("replaced_value_int64", 0)?;
    if whole.is_empty() && !replaced.is_nan() {
        return Err(node.refuse(format!(
            "it replaces the number {replaced}, not missing ones; give the column missing cells instead"
        )));
    }
    if !whole.is_empty() {
        return Err(node.refuse(format!(
            "it replaces the whole number {replaced_whole}, not missing ones; give the column as float with missing cells instead"
        )));
    }
    let fills: Vec<f64> = floats.iter().map(|&it| f64::from(it)).collect();
    let fills = call.per_column(&fills, matrix.cells.len(), "imputed_value_floats")?;
    let cells = matrix
        .cells
        .iter()
        .zip(fills)
        .map(|(cell, fill)| match cell {
            Cell::Number(number) if number.missing.is_none() => {
                let mut number = number.clone();
                number.missing = Some(fill);
                Ok(Cell::Number(number))
            }
            Cell::Text(_) => Err(node.refuse("it fills in texts")),
            other => Ok(other.clone()),
        });
    let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
    Ok(Value::Matrix(matrix.with(matrix.element, cells)))
}

/// What the categories of a cell are those of, as the file spells them.
fn text_of(call: &Call<'_>, cell: &Cell, keys_are_numbers: bool) -> Result<Text, Error> {
    let name = |column: usize| &call.context.columns[column].name;
    match cell {
        Cell::Text(text) if !keys_are_numbers => Ok(text.clone()),
        Cell::Text(text) => Err(call.node.refuse(format!(
            "its categories are numbers and `{}` is given as text",
            name(text.column)
        ))),
        Cell::Number(number) => {
            let is_plain = number.steps.iter().all(|step| step.what == What::Keep);
            if !is_plain || !keys_are_numbers {
                return Err(call.node.refuse(format!(
                    "its categories are not those of `{}` as it stands",
                    name(number.column)
                )));
            }
            if !call.context.is_whole(number.column) {
                return Err(call.node.refuse(format!(
                    "its categories are whole numbers and `{}` has fractions",
                    name(number.column)
                )));
            }
            Ok(Text {
                column: number.column,
                missing: number.missing.map_or(String::new(), |it| format!("{it}")),
            })
        }
        _ => Err(call.node.refuse("its categories are not those of a column")),
    }
}

/// Keys of `LabelEncoder` or `OneHotEncoder`, and whether they are numbers.
type Keys = (Vec<String>, bool);

/// `OneHotEncoder`: one number per category and column.
pub fn one_hot(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let matrix = call.matrix(0)?;
    let texts = node.strings("cats_strings")?;
    let whole = node.ints("cats_int64s")?;
    let zeros = node.int("zeros", 1)?;
    let (keys, are_numbers): Keys = match (texts.is_empty(), whole.is_empty()) {
        (false, true) => (texts, false),
        (true, false) => (whole.iter().map(ToString::to_string).collect(), true),
        _ => return Err(node.refuse("it has no categories, or both texts and numbers")),
    };
    let keys = Rc::new(keys);
    let mut cells = Vec::with_capacity(matrix.cells.len() * keys.len());
    for cell in matrix.cells.iter() {
        let text = text_of(call, cell, are_numbers)?;
        if zeros == 0 {
            call.context.note(format!(
                "a category of `{}` that the file does not know is an error in onnxruntime; here it is none of its categories",
                call.context.columns[text.column].name
            ));
        }
        cells.extend((0..keys.len()).map(|at| {
            Cell::Choice(Choice {
                text: text.clone(),
                keys: Rc::clone(&keys),
                gives: Gives::One {
                    at,
                    yes: 1.0,
                    no: 0.0,
                },
            })
        }));
    }
    let mut trailing = matrix.trailing.clone();
    trailing.push(keys.len());
    Ok(Value::Matrix(Matrix {
        trailing,
        element: Element::Single,
        cells: Rc::new(cells),
    }))
}

/// `LabelEncoder`: a number per category, or other names of classes.
pub fn labels(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let list = |texts: &'static str,
                whole: &'static str,
                singles: &'static str,
                tensor: &'static str|
     -> Result<Tensor, Error> {
        if let Some(tensor) = node.tensor(tensor)? {
            return Ok(tensor);
        }
        let texts = node.strings(texts)?;
        let whole: Vec<f64> = node.ints(whole)?.iter().map(|&it| it as f64).collect();
        let singles: Vec<f64> = node
            .floats(singles)?
            .iter()
            .map(|&it| f64::from(it))
            .collect();
        Ok(match (texts.is_empty(), whole.is_empty()) {
            (false, _) => Tensor::of_texts(texts),
            (true, false) => Tensor::list(Element::Whole, whole),
            _ => Tensor::list(Element::Single, singles),
        })
    };
    let keys = list("keys_strings", "keys_int64s", "keys_floats", "keys_tensor")?;
    let values = list(
        "values_strings",
        "values_int64s",
        "values_floats",
        "values_tensor",
    )?;
    let default = (
        node.string("default_string", "_Unused")?,
        node.int("default_int64", -1)?,
        node.float("default_float", -0.0)?,
        node.tensor("default_tensor")?,
    );
    let n = keys.len();
    if n == 0 || values.len() != n {
        return Err(node.refuse("it has not as many values as keys"));
    }
    match call.value(0)? {
        Value::Matrix(matrix) => {
            if values.element == Element::Text {
                return Err(node.refuse("it makes texts of a column"));
            }
            let other = match default.3.as_ref().and_then(|it| it.numbers.first()) {
                Some(&given) => given,
                None if values.element == Element::Whole => default.1 as f64,
                None => f64::from(default.2),
            };
            let are_numbers = keys.element != Element::Text;
            let names = keys.labels();
            let names = Rc::new(
                names.ok_or_else(|| node.refuse("its keys are neither texts nor whole numbers"))?,
            );
            let given = Rc::new(values.numbers.clone());
            let cells = matrix.cells.iter().map(|cell| {
                Ok(Cell::Choice(Choice {
                    text: text_of(call, cell, are_numbers)?,
                    keys: Rc::clone(&names),
                    gives: Gives::Each {
                        values: Rc::clone(&given),
                        other,
                    },
                }))
            });
            let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
            Ok(Value::Matrix(matrix.with(values.element, cells)))
        }
        Value::Index(rule) => {
            let places: Vec<String> = (0..n).map(|place| place.to_string()).collect();
            renamed(call, rule, &places, (&keys, &values))
        }
        Value::Label(label) => renamed(call, &label.rule, &label.classes, (&keys, &values)),
        _ => Err(node.refuse("it reads neither a column nor classes")),
    }
}

/// Classes by other names.
fn renamed(
    call: &Call<'_>,
    rule: &Rule,
    classes: &[String],
    (keys, values): (&Tensor, &Tensor),
) -> Result<Value, Error> {
    let (Some(from), Some(to)) = (keys.labels(), values.labels()) else {
        let why = "it names classes by what is neither text nor whole number";
        return Err(call.node.refuse(why));
    };
    let renamed = classes.iter().map(|class| {
        let at = from.iter().position(|key| key == class)?;
        Some(to[at].clone())
    });
    let classes: Option<Vec<String>> = renamed.collect();
    let classes = classes.ok_or_else(|| call.node.refuse("it does not name every class"))?;
    Ok(Value::Label(Label {
        rule: rule.clone(),
        classes,
    }))
}

/// `OneHot` of the place of a category.
pub fn places(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    node.int("axis", -1)?;
    let matrix = call.matrix(0)?;
    let depth = call.constant(1)?.numbers.first().copied().unwrap_or(0.0);
    let [off, on] = call.constant(2)?.numbers[..] else {
        return Err(node.refuse("it has not two values"));
    };
    let [Cell::Choice(choice)] = matrix.cells.as_slice() else {
        return Err(node.refuse("it reads other things than the place of a category"));
    };
    const MOST: f64 = 1e6;
    if !(1.0..=MOST).contains(&depth) {
        return Err(node.refuse("its depth is not one of categories"));
    }
    let cell = |place: usize| {
        let is_it = |it: f64| it == place as f64;
        let mut keys = (0..choice.keys.len()).filter(|&key| is_it(choice.of_key(key)));
        let gives = match (keys.next(), keys.next(), is_it(choice.of_other())) {
            (Some(at), None, false) => Gives::One {
                at,
                yes: on,
                no: off,
            },
            _ => {
                let value = |it: f64| if is_it(it) { on } else { off };
                let values = (0..choice.keys.len()).map(|key| value(choice.of_key(key)));
                Gives::Each {
                    values: Rc::new(values.collect()),
                    other: value(choice.of_other()),
                }
            }
        };
        Cell::Choice(Choice {
            gives,
            ..choice.clone()
        })
    };
    let cells = (0..depth as usize).map(cell).collect();
    Ok(Value::Matrix(Matrix::of(Element::Single, cells)))
}
