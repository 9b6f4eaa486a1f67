//! An operator with the values it reads.

use crate::import::error::Error;
use crate::import::node::Node;
use crate::import::tensor::{Element, Tensor};
use crate::import::value::{Context, Matrix, Value};

/// An operator on its way.
pub struct Call<'a> {
    /// The node.
    pub node: Node<'a>,
    /// The values it reads; those that are left out are `None`.
    pub args: Vec<Option<&'a Value>>,
    /// What it may look up.
    pub context: &'a Context,
}

impl<'a> Call<'a> {
    /// One of the values it reads.
    ///
    /// # Errors
    /// When it is not given.
    pub fn value(&self, at: usize) -> Result<&'a Value, Error> {
        let found = self.args.get(at).copied().flatten();
        found.ok_or_else(|| self.node.refuse(format!("it has no input {at} (from 0)")))
    }

    /// A value that is there and differs by row.
    ///
    /// # Errors
    /// When it is another one.
    pub fn matrix(&self, at: usize) -> Result<&'a Matrix, Error> {
        match self.value(at)? {
            Value::Matrix(matrix) => Ok(matrix),
            Value::Constant(_) => Err(self
                .node
                .refuse("it reads a constant where rows are expected")),
            _ => Err(self
                .node
                .refuse("what a classifier answers goes through it")),
        }
    }

    /// A value that is the same for every row.
    ///
    /// # Errors
    /// When it is another one.
    pub fn constant(&self, at: usize) -> Result<&'a Tensor, Error> {
        match self.value(at)? {
            Value::Constant(tensor) => Ok(tensor),
            _ => Err(self
                .node
                .refuse(format!("its input {at} (from 0) is no constant"))),
        }
    }

    /// A constant of whole numbers, where it is given.
    ///
    /// # Errors
    /// When it is no constant.
    pub fn whole(&self, at: usize) -> Result<Option<Vec<i64>>, Error> {
        match self.args.get(at).copied().flatten() {
            None => Ok(None),
            Some(_) => Ok(Some(
                self.constant(at)?
                    .numbers
                    .iter()
                    .map(|&it| it as i64)
                    .collect(),
            )),
        }
    }

    /// One number per column: as many as there are, or the same one for all.
    ///
    /// # Errors
    /// When there are some other number of them.
    pub fn per_column(&self, numbers: &[f64], width: usize, what: &str) -> Result<Vec<f64>, Error> {
        match numbers {
            [one] => Ok(vec![*one; width]),
            numbers if numbers.len() == width => Ok(numbers.to_vec()),
            numbers => Err(self.node.refuse(format!(
                "{what} has {} numbers for {width} columns",
                numbers.len()
            ))),
        }
    }

    /// Whether what comes of numbers of this element is rounded to 32 bits.
    pub fn rounded(element: Element) -> bool {
        element == Element::Single
    }
}
