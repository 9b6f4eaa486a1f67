//! Sums, products and what is done to numbers one by one.

use super::call::Call;
use super::encode::then;
use crate::import::cell::{Cell, Chance, Sum};
use crate::import::error::Error;
use crate::import::number::What;
use crate::import::tensor::{Element, Tensor};
use crate::import::value::{Matrix, Value};

/// `Add`, `Sub`, `Mul`, `Div` and `Sum`.
pub fn elementwise(call: &Call<'_>) -> Result<Value, Error> {
    let op = call.node.op();
    let mut left = call.value(0)?.clone();
    for at in 1..call.args.len() {
        left = two(call, &op, &left, call.value(at)?)?;
    }
    Ok(left)
}

fn two(call: &Call<'_>, op: &str, left: &Value, right: &Value) -> Result<Value, Error> {
    let refuse = |why: &str| Err(call.node.refuse(why));
    match (left, right) {
        (Value::Constant(a), Value::Constant(b)) => constants(call, op, a, b),
        (Value::Matrix(matrix), Value::Constant(by)) => {
            let by = broadcast(call, by, matrix)?;
            let single = Call::rounded(matrix.element);
            let cells = matrix.cells.iter().zip(by).map(|(cell, by)| {
                let what = match op {
                    "Add" | "Sum" => What::Add(by),
                    "Sub" => What::Subtract(by),
                    "Mul" => What::Multiply(by),
                    _ => What::Divide(by),
                };
                then(call, cell, what, single)
            });
            let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
            Ok(Value::Matrix(matrix.with(matrix.element, cells)))
        }
        (Value::Constant(by), Value::Matrix(matrix)) => {
            let by = broadcast(call, by, matrix)?;
            let single = Call::rounded(matrix.element);
            let cells = matrix
                .cells
                .iter()
                .zip(by)
                .map(|(cell, by)| match (op, cell) {
                    ("Sub", Cell::Chance(_)) if by == 1.0 => {
                        Ok(Cell::Chance(Chance::Complement(Box::new(cell.clone()))))
                    }
                    ("Add" | "Sum", _) => then(call, cell, What::Add(by), single),
                    ("Mul", _) => then(call, cell, What::Multiply(by), single),
                    ("Sub", _) => {
                        let turned = then(call, cell, What::Multiply(-1.0), single)?;
                        then(call, &turned, What::Add(by), single)
                    }
                    _ => Err(call.node.refuse("it divides by a column")),
                });
            let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
            Ok(Value::Matrix(matrix.with(matrix.element, cells)))
        }
        (Value::Matrix(a), Value::Matrix(b)) if op == "Div" => over_total(call, a, b),
        (Value::Matrix(a), Value::Matrix(b)) => {
            let wide = match (a.cells.len(), b.cells.len()) {
                (n, m) if n == m => n,
                _ => return refuse("it joins matrices of different widths"),
            };
            let cells = (0..wide).map(|at| {
                let (x, y) = (&a.cells[at], &b.cells[at]);
                let made = match (op, x, y) {
                    // A number less itself is 0, or NaN where it is missing.
                    ("Sub", Cell::Number(it), Cell::Number(_)) if x == y => {
                        Some(Cell::Number(it.then(What::Multiply(0.0), false)))
                    }
                    ("Add" | "Sum", ..) => x.plus(y),
                    ("Sub", ..) => x.minus(y),
                    _ => None,
                };
                made.ok_or_else(|| call.node.refuse("it joins two columns in a way that is no sum of functions of one column each"))
            });
            let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
            Ok(Value::Matrix(a.with(a.element, cells)))
        }
        _ => refuse("it calculates with the class that a model answers"),
    }
}

/// Shares: cells divided by the sum of just these.
fn over_total(call: &Call<'_>, cells: &Matrix, total: &Matrix) -> Result<Value, Error> {
    if let [Cell::Chance(Chance::Total(of))] = total.cells.as_slice()
        && *of == cells.cells
    {
        let shares = (0..of.len()).map(|at| Cell::Chance(Chance::Share(of.clone(), at)));
        return Ok(Value::Matrix(cells.with(cells.element, shares.collect())));
    }
    Err(call.node.refuse("it divides by a column"))
}

fn constants(call: &Call<'_>, op: &str, a: &Tensor, b: &Tensor) -> Result<Value, Error> {
    let n = a.numbers.len().max(b.numbers.len());
    let fits = |it: &Tensor| it.numbers.len() == n || it.numbers.len() == 1;
    if !fits(a) || !fits(b) {
        return Err(call.node.refuse("it joins constants of different shapes"));
    }
    let of = |it: &Tensor, at: usize| it.numbers[at.min(it.numbers.len() - 1)];
    let numbers = (0..n).map(|at| match op {
        "Add" | "Sum" => of(a, at) + of(b, at),
        "Sub" => of(a, at) - of(b, at),
        "Mul" => of(a, at) * of(b, at),
        _ => of(a, at) / of(b, at),
    });
    let shape = if a.numbers.len() == n { a } else { b };
    Ok(Value::Constant(Tensor {
        numbers: numbers.collect(),
        ..shape.clone()
    }))
}

/// A number of the constant per cell of the matrix.
fn broadcast(call: &Call<'_>, by: &Tensor, matrix: &Matrix) -> Result<Vec<f64>, Error> {
    let is_row = by.dims.iter().rev().skip(1).all(|&size| size == 1);
    if by.element == Element::Text || !is_row {
        return Err(call.node.refuse("its constant is not one row of numbers"));
    }
    call.per_column(&by.numbers, matrix.cells.len(), "its constant")
}

/// `MatMul` with a constant.
pub fn product(call: &Call<'_>) -> Result<Value, Error> {
    let (matrix, weights) = (call.matrix(0)?, call.constant(1)?);
    let [n, outputs] = weights.dims[..] else {
        return Err(call.node.refuse("its weights are not in rows and columns"));
    };
    let weight = |feature: usize, output: usize| weights.numbers[feature * outputs + output];
    let cells = weighted(call, matrix, n, outputs, weight, &vec![0.0; outputs])?;
    Ok(Value::Matrix(Matrix::of(matrix.element, cells)))
}

/// `Gemm` with constants.
pub fn gemm(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let (matrix, weights) = (call.matrix(0)?, call.constant(1)?);
    let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
    let is_turned = node.int("transB", 0)? != 0;
    if node.int("transA", 0)? != 0 {
        return Err(node.refuse("it turns rows into columns"));
    }
    let [first, second] = weights.dims[..] else {
        return Err(node.refuse("its weights are not in rows and columns"));
    };
    let (n, outputs) = if is_turned {
        (second, first)
    } else {
        (first, second)
    };
    let bias = match call.args.get(2).copied().flatten() {
        None => vec![0.0; outputs],
        Some(_) => call.per_column(&call.constant(2)?.numbers, outputs, "its constant")?,
    };
    let bias: Vec<f64> = bias.iter().map(|it| it * f64::from(beta)).collect();
    let weight = |feature: usize, output: usize| {
        let at = if is_turned {
            output * n + feature
        } else {
            feature * outputs + output
        };
        weights.numbers[at] * f64::from(alpha)
    };
    let cells = weighted(call, matrix, n, outputs, weight, &bias)?;
    Ok(Value::Matrix(Matrix::of(matrix.element, cells)))
}

/// Weighted sums of the cells of a matrix, one per output.
pub fn weighted(
    call: &Call<'_>,
    matrix: &Matrix,
    n: usize,
    outputs: usize,
    weight: impl Fn(usize, usize) -> f64,
    bias: &[f64],
) -> Result<Vec<Cell>, Error> {
    if matrix.cells.len() != n {
        return Err(call.node.refuse(format!(
            "it has weights for {n} features and reads {}",
            matrix.cells.len()
        )));
    }
    let parts = matrix.cells.iter().map(|cell| match cell {
        Cell::Text(text) => Err(call.node.refuse(format!(
            "it calculates with the texts of `{}`",
            call.context.columns[text.column].name
        ))),
        cell => cell
            .as_sum()
            .ok_or_else(|| call.node.refuse("it reads what another model answers")),
    });
    let parts = parts.collect::<Result<Vec<Sum>, Error>>()?;
    let of = |output: usize| {
        let mut sum = Sum {
            bias: bias[output],
            terms: Vec::new(),
        };
        for (feature, part) in parts.iter().enumerate() {
            let weight = weight(feature, output);
            sum.bias += weight * part.bias;
            let terms = part.terms.iter();
            sum.terms
                .extend(terms.map(|(of, cell)| (weight * of, cell.clone())));
        }
        Cell::Sum(sum)
    };
    Ok((0..outputs).map(of).collect())
}

/// `Clip`.
pub fn clip(call: &Call<'_>) -> Result<Value, Error> {
    let node = &call.node;
    let matrix = call.matrix(0)?;
    let bound = |at: usize, usual: f64| match call.args.get(at).copied().flatten() {
        None => Ok(usual),
        Some(_) => {
            let given = call.constant(at)?.numbers.first().copied();
            given.ok_or_else(|| node.refuse("a bound is no number"))
        }
    };
    let least = bound(1, node.float("min", f32::NEG_INFINITY)?.into())?;
    let most = bound(2, node.float("max", f32::INFINITY)?.into())?;
    let cells = matrix.cells.iter().map(|cell| {
        let cell = then(call, cell, What::Least(least), false)?;
        then(call, &cell, What::Most(most), false)
    });
    let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
    Ok(Value::Matrix(matrix.with(matrix.element, cells)))
}

/// `IsNaN`: whether a number is missing.
pub fn is_nan(call: &Call<'_>) -> Result<Value, Error> {
    let matrix = call.matrix(0)?;
    let cells = matrix.cells.iter().map(|cell| match cell {
        Cell::Number(number) => Ok(number.flag().map_or(Cell::Constant(0.0), Cell::Number)),
        _ => Err(call
            .node
            .refuse("it asks of something else than a column of numbers whether it is missing")),
    });
    let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
    Ok(Value::Matrix(matrix.with(Element::Truth, cells)))
}

/// `Where`: what a missing number counts as.
pub fn either(call: &Call<'_>) -> Result<Value, Error> {
    let refuse = || {
        call.node
            .refuse("it does something else than to fill in missing numbers")
    };
    let is_missing = call.matrix(0)?;
    // Shares of a sum, and something else where that is 0.
    if let [Cell::Chance(Chance::Total(_))] = is_missing.cells.as_slice() {
        return Ok(call.value(1)?.clone());
    }
    let fills = match call.value(1)? {
        Value::Constant(fills) => broadcast(call, fills, is_missing)?,
        _ => return Err(refuse()),
    };
    let matrix = call.matrix(2)?;
    if matrix.cells.len() != fills.len() {
        return Err(refuse());
    }
    let cells = matrix.cells.iter().zip(is_missing.cells.iter().zip(fills));
    let cells = cells.map(|(cell, (flag, fill))| match (cell, flag) {
        (Cell::Number(number), Cell::Number(flag))
            if flag.is_flag() && flag.column == number.column =>
        {
            let mut number = number.clone();
            // A fill of NaN leaves it missing.
            number.missing = Some(fill).filter(|it| !it.is_nan());
            Ok(Cell::Number(number))
        }
        (cell, Cell::Constant(0.0)) => Ok(cell.clone()),
        _ => Err(refuse()),
    });
    let cells = cells.collect::<Result<Vec<Cell>, Error>>()?;
    Ok(Value::Matrix(matrix.with(matrix.element, cells)))
}
