//! Operators that move values and change none.

use std::rc::Rc;

use super::call::Call;
use crate::import::cell::{Cell, Choice, Gives, Text};
use crate::import::error::Error;
use crate::import::number::What;
use crate::import::tensor::{Element, Tensor};
use crate::import::value::{Label, Matrix, Value};

/// `Constant`.
pub fn constant(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    if let Some(tensor) = node.tensor("value")? {
        return Ok(Value::Constant(tensor));
    }
    let whole: Vec<f64> = node
        .ints("value_ints")?
        .iter()
        .map(|&it| it as f64)
        .collect();
    if !whole.is_empty() {
        return Ok(Value::Constant(Tensor::list(Element::Whole, whole)));
    }
    let singles = node.floats("value_floats")?;
    let singles = singles.iter().map(|&it| f64::from(it)).collect();
    Ok(Value::Constant(Tensor::list(Element::Single, singles)))
}

/// `Cast`.
pub fn cast(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let to = node.int("to", 0)?;
    node.int("saturate", 1)?;
    let to = i32::try_from(to).ok().and_then(Element::of);
    let to = to.ok_or_else(|| {
        node.refuse(
            "it casts to something that is none of float, double, int64, int32, bool and string",
        )
    })?;
    match call.value(0)? {
        Value::Constant(tensor) if tensor.element != Element::Text && to != Element::Text => {
            let single = to == Element::Single;
            let numbers = tensor.numbers.iter();
            let numbers = numbers.map(|&it| if single { f64::from(it as f32) } else { it });
            Ok(Value::Constant(Tensor {
                element: to,
                numbers: numbers.collect(),
                ..tensor.clone()
            }))
        }
        Value::Constant(_) => Err(node.refuse("it casts a constant between texts and numbers")),
        Value::Matrix(matrix) => {
            let cells = matrix.cells.iter().map(|cell| cast_cell(call, cell, to));
            let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
            Ok(Value::Matrix(matrix.with(to, cells)))
        }
        // Places and names of classes stay what they are.
        other => Ok(other.clone()),
    }
}

fn cast_cell(call: &Call<'_>, cell: &Cell, to: Element) -> Result<Cell, Error> {
    let single = to == Element::Single;
    let refuse = |why: String| Err(call.node.refuse(why));
    match (cell, to) {
        (Cell::Text(_), Element::Text) => Ok(cell.clone()),
        (Cell::Text(text), _) => refuse(format!(
            "it makes numbers of the texts of `{}`",
            call.context.columns[text.column].name
        )),
        (Cell::Number(number), Element::Text) => {
            let is_plain = number.steps.is_empty() && number.missing.is_none();
            let name = &call.context.columns[number.column].name;
            if is_plain && call.context.is_whole(number.column) {
                return Ok(Cell::Text(Text {
                    column: number.column,
                    missing: String::new(),
                }));
            }
            refuse(format!(
                "it makes texts of the numbers of `{name}`, which are not whole numbers as they stand"
            ))
        }
        (Cell::Number(number), Element::Whole | Element::Truth) => {
            let is_plain = number.steps.iter().all(|step| step.what == What::Keep);
            if (is_plain && call.context.is_whole(number.column)) || number.is_flag() {
                return Ok(cell.clone());
            }
            let name = &call.context.columns[number.column].name;
            refuse(format!("it cuts the fractions of `{name}` off"))
        }
        (Cell::Number(number), _) => Ok(Cell::Number(number.then(What::Keep, single))),
        (Cell::Choice(choice), Element::Single) => {
            Ok(Cell::Choice(choice.map(|it| f64::from(it as f32))))
        }
        (Cell::Choice(_), Element::Text) => refuse("it makes texts of numbers".to_string()),
        (_, Element::Text) => refuse("it makes texts of what a model says".to_string()),
        _ => Ok(cell.clone()),
    }
}

/// `Concat`, along the columns.
pub fn concat(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let axis = node.int("axis", 1)?;
    if let [Some(only)] = call.args.as_slice() {
        return Ok((*only).clone());
    }
    let parts = (0..call.args.len()).map(|at| call.matrix(at));
    join(call, &parts.collect::<Result<Vec<_>, Error>>()?, axis)
}

/// `FeatureVectorizer`.
pub fn vectorize(call: &Call<'_>) -> Result<Value, Error> {
    call.node.ints("inputdimensions")?;
    let parts = (0..call.args.len()).map(|at| call.matrix(at));
    let parts = parts.collect::<Result<Vec<_>, Error>>()?;
    let Value::Matrix(joined) = join(call, &parts, 1)? else {
        return Err(call.node.refuse("it joins no rows"));
    };
    let cells = joined.cells.iter();
    let cells = cells.map(|cell| cast_cell(call, cell, Element::Single));
    let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
    Ok(Value::Matrix(Matrix::of(Element::Single, cells)))
}

fn join(call: &Call<'_>, parts: &[&Matrix], axis: i64) -> Result<Value, Error> {
    let Some(first) = parts.first() else {
        return Err(call.node.refuse("it joins nothing"));
    };
    let rank = first.trailing.len();
    let axis = if axis < 0 {
        axis + rank as i64 + 1
    } else {
        axis
    };
    // Rows stand one after the other, so cells can be appended where nothing but ones stands before the axis.
    let at = usize::try_from(axis - 1).ok().filter(|&at| at < rank);
    let fits = |part: &&Matrix| {
        at.is_some_and(|at| {
            let others = |sizes: &[usize]| [&sizes[..at], &sizes[at + 1..]].concat();
            part.trailing.len() == rank
                && part.trailing[..at].iter().all(|&size| size == 1)
                && others(&part.trailing) == others(&first.trailing)
        })
    };
    let Some(at) = at.filter(|_| parts.iter().all(fits)) else {
        return Err(call
            .node
            .refuse("it joins other things than columns side by side"));
    };
    let mut trailing = first.trailing.clone();
    trailing[at] = parts.iter().map(|part| part.trailing[at]).sum();
    let cells: Vec<Cell> = parts
        .iter()
        .flat_map(|part| part.cells.iter().cloned())
        .collect();
    let is_single = parts.iter().any(|part| part.element == Element::Single);
    Ok(Value::Matrix(Matrix {
        trailing,
        element: if is_single {
            Element::Single
        } else {
            first.element
        },
        cells: Rc::new(cells),
    }))
}

/// `Reshape`, which leaves the rows alone.
pub fn reshape(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    node.int("allowzero", 0)?;
    let old = node.ints("shape")?;
    let shape = match call.whole(1)? {
        Some(shape) => shape,
        None => old.to_vec(),
    };
    let matrix = match call.value(0)? {
        Value::Matrix(matrix) => matrix,
        Value::Constant(tensor) => return constant_reshape(call, tensor, &shape),
        other => return Ok(other.clone()),
    };
    let n = matrix.cells.len();
    let trailing: Option<Vec<usize>> = match shape.as_slice() {
        [-1] if n == 1 => Some(Vec::new()),
        [0, rest @ ..] | [-1, rest @ ..] => {
            let known: i64 = rest.iter().filter(|&&size| size > 0).product();
            let open = n as i64 / known.max(1);
            let size = |&size: &i64| match size {
                -1 if shape[0] == 0 => usize::try_from(open).ok(),
                size => usize::try_from(size).ok().filter(|&size| size > 0),
            };
            rest.iter().map(size).collect()
        }
        _ => None,
    };
    match trailing.filter(|sizes| sizes.iter().product::<usize>() == n) {
        Some(trailing) => Ok(Value::Matrix(Matrix {
            trailing,
            ..matrix.clone()
        })),
        None => Err(node.refuse(format!("its shape {shape:?} is not one of the same rows"))),
    }
}

fn constant_reshape(call: &Call<'_>, tensor: &Tensor, shape: &[i64]) -> Result<Value, Error> {
    let known: i64 = shape.iter().filter(|&&size| size > 0).product();
    let open = tensor.len() as i64 / known.max(1);
    let sizes = shape
        .iter()
        .map(|&size| if size == -1 { open } else { size });
    let dims: Vec<usize> = sizes
        .map(|size| usize::try_from(size).unwrap_or(0))
        .collect();
    if dims.iter().product::<usize>() != tensor.len() {
        return Err(call
            .node
            .refuse(format!("its shape {shape:?} does not fit the constant")));
    }
    Ok(Value::Constant(Tensor {
        dims,
        ..tensor.clone()
    }))
}

/// `Flatten`.
pub fn flatten(call: &Call<'_>) -> Result<Value, Error> {
    match (call.node.int("axis", 1)?, call.value(0)?) {
        (1, Value::Matrix(matrix)) => Ok(Value::Matrix(Matrix {
            trailing: vec![matrix.cells.len()],
            ..matrix.clone()
        })),
        (1, other) => Ok(other.clone()),
        _ => Err(call.node.refuse("it does not keep the rows apart")),
    }
}

/// `Squeeze` and `Unsqueeze`, of sizes behind that of the rows.
pub fn squeeze(call: &Call<'_>) -> Result<Value, Error> {
    let old = call.node.ints("axes")?;
    let axes = call.whole(1)?.unwrap_or_else(|| old.to_vec());
    let matrix = match call.value(0)? {
        Value::Matrix(matrix) => matrix,
        other => return Ok(other.clone()),
    };
    let keeps_rows = !axes.is_empty() && axes.iter().all(|&axis| axis != 0);
    if !keeps_rows || matrix.cells.len() != 1 {
        return Err(call
            .node
            .refuse("it changes the shape of more than one column"));
    }
    let is_less = call.node.op() == "Squeeze";
    let rank = matrix.trailing.len();
    let rank = if is_less {
        rank.saturating_sub(axes.len())
    } else {
        rank + axes.len()
    };
    Ok(Value::Matrix(Matrix {
        trailing: vec![1; rank],
        ..matrix.clone()
    }))
}

/// `Gather`: some columns, the names of classes, or the row of a table by category.
pub fn gather(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let axis = node.int("axis", 0)?;
    match (call.value(0)?, call.value(1)?) {
        (Value::Matrix(matrix), Value::Constant(places)) if axis == 1 || axis == -1 => {
            columns(call, matrix, places)
        }
        (Value::Constant(classes), Value::Index(_)) if axis == 0 => named(call, classes),
        (Value::Constant(table), Value::Matrix(matrix)) if axis == 0 => rows(call, table, matrix),
        _ => Err(node.refuse("it picks other things than columns, classes or categories")),
    }
}

/// `ArrayFeatureExtractor`: some columns, or the names of classes.
pub fn extract(call: &Call<'_>) -> Result<Value, Error> {
    match (call.value(0)?, call.value(1)?) {
        (Value::Matrix(matrix), Value::Constant(places)) => columns(call, matrix, places),
        (Value::Constant(classes), Value::Index(_)) => named(call, classes),
        _ => Err(call
            .node
            .refuse("it picks other things than columns or classes")),
    }
}

fn columns(call: &Call<'_>, matrix: &Matrix, places: &Tensor) -> Result<Value, Error> {
    let n = matrix.cells.len();
    let picked = places.numbers.iter().map(|&place| {
        let place = if place < 0.0 { place + n as f64 } else { place };
        let cell = matrix.cells.get(place as usize).filter(|_| place >= 0.0);
        cell.cloned().ok_or_else(|| {
            call.node
                .refuse(format!("it picks column {place} of {n} (from 0)"))
        })
    });
    let picked = picked.collect::<Result<Vec<Cell>, Error>>()?;
    let is_flat = matrix.trailing.len() == 1;
    if !is_flat {
        return Err(call.node.refuse("it picks of more than rows and columns"));
    }
    let mut picked = Matrix::of(matrix.element, picked);
    if places.dims.is_empty() {
        picked.trailing.clear();
    }
    Ok(Value::Matrix(picked))
}

fn named(call: &Call<'_>, classes: &Tensor) -> Result<Value, Error> {
    let Value::Index(rule) = call.value(1)? else {
        return Err(call.node.refuse("it names no classes"));
    };
    let classes = classes.labels();
    let classes = classes.ok_or_else(|| {
        call.node
            .refuse("its classes are neither texts nor whole numbers")
    })?;
    Ok(Value::Label(Label {
        rule: rule.clone(),
        classes,
    }))
}

/// The row of a table by the place that a category has.
fn rows(call: &Call<'_>, table: &Tensor, places: &Matrix) -> Result<Value, Error> {
    let refuse = |why: &str| call.node.refuse(why);
    let ([n, width], [Cell::Choice(choice)]) = (table.dims.as_slice(), places.cells.as_slice())
    else {
        return Err(refuse(
            "it looks up other things than the place of a category",
        ));
    };
    let row = |place: f64| {
        let at = place as usize;
        let is_place = place >= 0.0 && place.fract() == 0.0 && at < *n;
        is_place
            .then(|| &table.numbers[at * width..(at + 1) * width])
            .ok_or_else(|| refuse("a category has a place that is not in the table"))
    };
    let keys = (0..choice.keys.len()).map(|key| row(choice.of_key(key)));
    let keys = keys.collect::<Result<Vec<&[f64]>, Error>>()?;
    let other = row(choice.of_other())?;
    let cell = |column: usize| {
        Cell::Choice(Choice {
            gives: Gives::Each {
                values: Rc::new(keys.iter().map(|row| row[column]).collect()),
                other: other[column],
            },
            ..choice.clone()
        })
    };
    Ok(Value::Matrix(Matrix::of(
        table.element,
        (0..*width).map(cell).collect(),
    )))
}
