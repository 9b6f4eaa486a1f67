//! What becomes of what models say: probabilities, and the class.

use std::rc::Rc;

use super::call::Call;
use crate::import::cell::{Cell, Chance};
use crate::import::error::Error;
use crate::import::value::{Matrix, Rule, Value};

/// `Sigmoid`.
pub fn sigmoid(call: &Call<'_>) -> Result<Value, Error> {
    let matrix = call.matrix(0)?;
    let cells = matrix.cells.iter().map(logistic).collect();
    Ok(Value::Matrix(matrix.with(matrix.element, cells)))
}

/// The logistic of a cell.
pub fn logistic(cell: &Cell) -> Cell {
    Cell::Chance(Chance::Logistic(Box::new(cell.clone())))
}

/// `Softmax` over the columns.
pub fn softmax(call: &Call<'_>) -> Result<Value, Error> {
    let matrix = call.matrix(0)?;
    if !matches!(call.node.int("axis", -1)?, 1 | -1) || matrix.trailing.len() != 1 {
        return Err(call.node.refuse("it does not go over the columns"));
    }
    let cells = softmax_of(&matrix.cells);
    Ok(Value::Matrix(matrix.with(matrix.element, cells)))
}

/// The softmax of cells, one by one.
pub fn softmax_of(cells: &Rc<Vec<Cell>>) -> Vec<Cell> {
    let of = |at| Cell::Chance(Chance::Softmax(Rc::clone(cells), at));
    (0..cells.len()).map(of).collect()
}

/// `Abs` of probabilities, which it leaves as they are.
pub fn absolute(call: &Call<'_>) -> Result<Value, Error> {
    let matrix = call.matrix(0)?;
    let says = |cell: &Cell| matches!(cell, Cell::Chance(_));
    if matrix.cells.iter().all(says) {
        return Ok(Value::Matrix(matrix.clone()));
    }
    let why = "it takes the sign off other things than probabilities";
    Err(call.node.refuse(why))
}

/// `ReduceSum` over the columns.
pub fn total(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let matrix = call.matrix(0)?;
    let old = node.ints("axes")?;
    let axes = call.whole(1)?.unwrap_or_else(|| old.to_vec());
    let keeps = node.int("keepdims", 1)?;
    node.int("noop_with_empty_axes", 0)?;
    if !matches!(axes[..], [1] | [-1]) || keeps != 1 || matrix.trailing.len() != 1 {
        return Err(node.refuse("it does not add the columns up"));
    }
    let total = Cell::Chance(Chance::Total(Rc::clone(&matrix.cells)));
    Ok(Value::Matrix(Matrix::of(matrix.element, vec![total])))
}

/// `Normalizer`: shares of probabilities.
pub fn shares(call: &Call<'_>) -> Result<Value, Error> {
    let matrix = call.matrix(0)?;
    let norm = call.node.string("norm", "MAX")?;
    let says = |cell: &Cell| matches!(cell, Cell::Chance(_) | Cell::Trees(_));
    if norm != "L1" || !matrix.cells.iter().all(says) {
        return Err(call.node.refuse(format!(
            "`{norm}` over what it reads has no form here: each feature must be a function of one column"
        )));
    }
    let of = |at| Cell::Chance(Chance::Share(Rc::clone(&matrix.cells), at));
    let cells = (0..matrix.cells.len()).map(of).collect();
    Ok(Value::Matrix(matrix.with(matrix.element, cells)))
}

/// `ArgMax` over the columns.
pub fn largest(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let matrix = call.matrix(0)?;
    let axis = node.int("axis", 0)?;
    node.int("keepdims", 1)?;
    let is_last = node.int("select_last_index", 0)?;
    if !matches!(axis, 1 | -1) || is_last != 0 || matrix.trailing.len() != 1 {
        return Err(node.refuse("it does not look for the first of the largest columns"));
    }
    Ok(Value::Index(Rule::Largest(Rc::clone(&matrix.cells))))
}

/// `Greater` and `GreaterOrEqual` of a probability and a threshold.
pub fn compared(call: &Call<'_>) -> Result<Value, Error> {
    let matrix = call.matrix(0)?;
    let limit = call.constant(1)?;
    let ([cell], [limit]) = (matrix.cells.as_slice(), limit.numbers.as_slice()) else {
        return Err(call
            .node
            .refuse("it compares more than one number with a threshold"));
    };
    Ok(match (cell, call.node.op().as_str()) {
        (Cell::Chance(Chance::Total(_)), _) => Value::Matrix(matrix.clone()),
        (Cell::Number(_) | Cell::Choice(_) | Cell::Text(_), _) => {
            return Err(call.node.refuse("it compares a column with a number"));
        }
        (cell, "Greater") => Value::Index(Rule::Above(cell.clone(), *limit)),
        (cell, _) => Value::Index(Rule::AtLeast(cell.clone(), *limit)),
    })
}
