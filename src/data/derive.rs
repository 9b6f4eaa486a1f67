//! Columns computed from columns, row by row, by SQL expressions.
//!
//! An expression sees one row: no other row, no table, no file, no clock. `sqlparser` reads it, [`lower`] makes the closed
//! [`tree::Tree`] of it and refuses the rest, [`evaluate::Batch`] computes that on columns of typed cells. Types are checked on
//! no rows, so nothing that is wrong for all rows is found at the first of them, and no message holds a cell.

mod arithmetic;
mod cast;
mod choose;
mod compare;
mod depth;
mod evaluate;
mod frame;
mod functions;
mod lower;
mod parse;
mod texts;
mod times;
mod tree;
mod values;
mod whole;

pub(super) use cast::write_number;
pub use evaluate::Batch;
pub use frame::{cast_to, derive, times_of};
pub use values::{Type, Values};

use self::tree::Tree;

/// A checked expression.
#[derive(Debug, Clone)]
pub struct Expression {
    tree: Tree,
    /// Columns that it reads.
    pub columns: Vec<String>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(sql: &str) -> Result<Self, String> {
        let tree = lower::lower(parse::parse(sql)?)?;
        let mut columns = Vec::new();
        tree.columns(&mut columns);
        Ok(Expression { tree, columns })
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
        let values = batch.evaluate(&expression.tree).map_err(failed)?;
        let values = evaluate::as_kind(values).owned();
        batch.put(name, values);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
