//! Columns computed from columns, row by row, by SQL expressions.
//!
//! An expression sees one row: no other row, no table, no file, no clock. `sqlparser` reads it, [`lower`] makes the closed
//! [`tree::Tree`] of it and rejects the rest, [`evaluate::Batch`] computes that on columns of typed cells. Types are checked on
//! no rows, so nothing that is wrong for all rows is found at the first of them, and no message holds a cell.

mod arithmetic;
mod cast;
mod choose;
mod compare;
mod depth;
mod evaluate;
#[cfg(feature = "train")]
mod frame;
mod functions;
mod lower;
mod parse;
mod texts;
mod times;
mod tree;
mod values;
mod whole;

#[cfg(feature = "train")]
pub(super) use cast::write_number;
pub use evaluate::Batch;
#[cfg(feature = "train")]
pub use frame::{cast_to, derive, times_of};
pub use values::{Type, Values};

use self::tree::Tree;

/// A checked expression.
#[derive(Debug, Clone)]
pub struct Expression {
    tree: Tree,
    /// Columns that it reads.
    pub columns: Vec<String>,
    /// Values that it computes for a row.
    size: usize,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(sql: &str) -> Result<Self, String> {
        let tree = lower::lower(parse::parse(sql)?)?;
        let (columns, size) = tree.facts();
        Ok(Expression {
            tree,
            columns,
            size,
        })
    }
}

/// What went wrong with a derived column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The derived column.
    pub column: String,
    /// Why, in words without cells.
    pub why: String,
}

/// Adds the derived columns to a batch, each computed from those before it, as a cell of a data set holds them: one of the four
/// kinds. `times` of the batch are [`Values::Time`].
///
/// # Errors
/// The first one that cannot be computed.
pub fn derive_batch(
    batch: &mut Batch<'_>,
    derived: &[(String, Expression)],
) -> Result<(), Failure> {
    for (name, expression) in derived {
        let failed = |why: String| Failure {
            column: name.clone(),
            why,
        };
        let values = in_stretches(batch, expression).map_err(failed)?;
        batch.put(name, values);
    }
    Ok(())
}

/// Most values that are held at once for an expression, so that a long one does not hold all of its parts for all rows.
const MOST_HELD: usize = 1 << 20;
/// Fewest rows that are computed at once.
const FEWEST_ROWS: usize = 64;

/// An expression on a batch, as a cell of a data set holds it, in stretches of rows that are the smaller, the longer it is.
fn in_stretches(batch: &Batch<'_>, expression: &Expression) -> Result<Values<'static>, String> {
    let n_rows = (MOST_HELD / expression.size.max(1)).max(FEWEST_ROWS);
    let computed =
        |batch: &Batch<'_>| Ok(evaluate::as_kind(batch.evaluate(&expression.tree)?).owned());
    if batch.n_rows() <= n_rows {
        return computed(batch);
    }
    let mut made: Option<Values<'static>> = None;
    for start in (0..batch.n_rows()).step_by(n_rows) {
        let rows = start..(start + n_rows).min(batch.n_rows());
        let part = computed(&batch.rows(rows, &expression.columns))?;
        match &mut made {
            None => made = Some(part),
            Some(made) => made.append(part),
        }
    }
    Ok(made.unwrap_or(Values::Nothing(0)))
}

#[cfg(test)]
mod tests;
