//! Loss and gradient of a logistic model over the rows of a query: as many sums as parameters.

use super::error::Error;
use super::features::Design;
use super::sql;
use super::sums::{Asking, by_category, margin, over_all};
use crate::learners::by_gradients::RowGradient;

/// Something for each output, from 0.
fn each(n_outputs: usize, written: &dyn Fn(usize) -> String, joint: &str) -> String {
    let all: Vec<String> = (0..n_outputs).map(written).collect();
    all.join(joint)
}

/// Margins as further columns of `rows`, a query with `x0…` and `k0…`: `m0…` for each output. `parameters` are per output weights, then
/// bias.
pub(super) fn margins(design: &Design, rows: &str, parameters: &[f64]) -> String {
    let outputs = parameters.chunks(design.n_features + 1).enumerate();
    let margins: Vec<String> = outputs
        .map(|(at, block)| format!("{} AS m{at}", margin(design, block)))
        .collect();
    format!("SELECT *, {} FROM ({rows})", margins.join(", "))
}

/// What probabilities are the shares of, as further columns: `top`, the largest of the margins `m0…`, `e0…`, whose exponents are without it
/// so that none overflows, and their sum `total`.
pub(super) fn powers(n_outputs: usize, query: &str) -> String {
    let largest = each(n_outputs, &|at| format!("m{at}"), ", ");
    let query = format!("SELECT *, greatest({largest}) AS top FROM ({query})");
    let powers = each(n_outputs, &|at| format!("exp(m{at} - top) AS e{at}"), ", ");
    let query = format!("SELECT *, {powers} FROM ({query})");
    let total = each(n_outputs, &|at| format!("e{at}"), " + ");
    format!("SELECT *, {total} AS total FROM ({query})")
}

/// A row's loss and slopes as further columns of `rows`, a query with `x0…`, `k0…`, `y` (class, from 0) and `w` (weight): `g0…` for each
/// output, and `loss`. `parameters` are per output weights, then bias.
pub(super) fn slopes(design: &Design, rows: &str, parameters: &[f64]) -> String {
    let n_outputs = parameters.len() / (design.n_features + 1);
    let query = margins(design, rows, parameters);
    if n_outputs == 1 {
        return format!(
            "SELECT *, w * (1e0 / (1e0 + exp(-m0)) - y) AS g0, w * (greatest(m0, 0e0) - y * m0 + log1p(exp(-abs(m0)))) AS loss FROM ({query})"
        );
    }
    let query = powers(n_outputs, &query);
    let slopes = each(
        n_outputs,
        &|at| format!("w * (e{at} / total - CASE WHEN y = {at} THEN 1e0 ELSE 0e0 END) AS g{at}"),
        ", ",
    );
    let own = each(n_outputs, &|at| format!(" WHEN {at} THEN m{at}"), "");
    format!(
        "SELECT *, {slopes}, w * (ln(total) + top - CASE y{own} ELSE 0e0 END) AS loss FROM ({query})"
    )
}

/// Sums over such a query.
pub(super) fn gradient(
    asking: Asking<'_>,
    design: &Design,
    rows: &str,
    n_outputs: usize,
) -> Result<RowGradient, Error> {
    let (d, width) = (design.dense.len(), design.n_features + 1);
    let mut total = RowGradient {
        loss: 0.0,
        first: vec![0.0; n_outputs * width],
    };
    let mut asked = vec![(None, "sum(loss)".to_string())];
    for output in 0..n_outputs {
        let block = output * width;
        asked.push((Some(block + width - 1), format!("sum(g{output})")));
        let plain = (0..d).map(|at| (Some(block + at), format!("sum(g{output} * x{at})")));
        asked.extend(plain);
    }
    let (goals, written): (Vec<Option<usize>>, Vec<String>) = asked.into_iter().unzip();
    for (to, sum) in goals.into_iter().zip(over_all(asking, rows, &written)?) {
        match to {
            None => total.loss = sum,
            Some(at) => total.first[at] = sum,
        }
    }
    if !design.ones.is_empty() {
        categories(asking, design, rows, n_outputs, &mut total)?;
    }
    if total.loss.is_nan() || total.first.iter().any(|sum| sum.is_nan()) {
        return Err(Error::Answer("a sum is not a number".to_string()));
    }
    Ok(total)
}

fn categories(
    asking: Asking<'_>,
    design: &Design,
    rows: &str,
    n_outputs: usize,
    total: &mut RowGradient,
) -> Result<(), Error> {
    let width = design.n_features + 1;
    let slopes: Vec<String> = (0..n_outputs).map(|at| format!("sum(g{at})")).collect();
    by_category(asking, design, rows, &slopes, |feature, sums| {
        for (output, sum) in sums.iter().enumerate() {
            total.first[output * width + feature] += sum;
        }
    })
}

/// The class of a row, from 0, and what it counts, by the condition and the weight of each.
pub(super) fn classes(conditions: &[String], weights: &[f64]) -> [String; 2] {
    let each = |of: &dyn Fn(usize) -> String| {
        let cases = conditions.iter().enumerate();
        cases
            .map(|(at, is)| format!(" WHEN {is} THEN {}", of(at)))
            .collect::<String>()
    };
    [
        format!("{} AS y", class_of(conditions)),
        format!("CASE{} END AS w", each(&|at| sql::number(weights[at]))),
    ]
}

/// The class of a row, from 0, by the condition of each.
pub(super) fn class_of(conditions: &[String]) -> String {
    let cases = conditions.iter().enumerate();
    let cases = cases.map(|(at, is)| format!(" WHEN {is} THEN {at}"));
    format!("CASE{} END", cases.collect::<String>())
}
