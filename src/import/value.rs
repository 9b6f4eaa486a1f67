//! What stands on an edge of a graph.

use std::cell::RefCell;
use std::rc::Rc;

use super::cell::Cell;
use super::tensor::{Element, Tensor};
use crate::data::Kind;

/// A value of the graph.
#[derive(Debug, Clone)]
pub enum Value {
    /// The same for every row.
    Constant(Tensor),
    /// Numbers or texts of each row.
    Matrix(Matrix),
    /// Which class a row is of, by its place.
    Index(Rule),
    /// Which class a row is of, by its name.
    Label(Label),
    /// A number per class by its name, which is what ZipMap makes.
    Maps(Vec<Cell>),
}

/// Numbers or texts of each row.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The sizes behind that of the rows.
    pub trailing: Vec<usize>,
    /// What they are.
    pub element: Element,
    /// Row-major.
    pub cells: Rc<Vec<Cell>>,
}

/// How a class is picked.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// The largest, the first of equals.
    Largest(Rc<Vec<Cell>>),
    /// The second where the cell is more than this, else the first.
    Above(Cell, f64),
    /// The second where the cell is at least this, else the first.
    AtLeast(Cell, f64),
}

/// A class of each row.
#[derive(Debug, Clone)]
pub struct Label {
    /// How it is picked.
    pub rule: Rule,
    /// The classes in their order.
    pub classes: Vec<String>,
}

/// A column that a graph reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name in the project.
    pub name: String,
    /// Its kind there.
    pub kind: Kind,
}

/// What operators look up and leave behind.
pub struct Context {
    /// The columns that cells speak of.
    pub columns: Vec<Column>,
    /// What somebody should know of the model.
    pub notes: RefCell<Vec<String>>,
}

impl Context {
    /// Leaves a line, once.
    pub fn note(&self, line: String) {
        let mut notes = self.notes.borrow_mut();
        if !notes.contains(&line) {
            notes.push(line);
        }
    }

    /// Whether a column holds whole numbers or truth values only.
    pub fn is_whole(&self, column: usize) -> bool {
        matches!(self.columns[column].kind, Kind::Integer | Kind::Boolean)
    }
}

impl Matrix {
    /// A matrix `(rows, cells)`.
    pub fn of(element: Element, cells: Vec<Cell>) -> Matrix {
        Matrix {
            trailing: vec![cells.len()],
            element,
            cells: Rc::new(cells),
        }
    }

    /// The same sizes with other cells.
    pub fn with(&self, element: Element, cells: Vec<Cell>) -> Matrix {
        Matrix {
            trailing: self.trailing.clone(),
            element,
            cells: Rc::new(cells),
        }
    }
}
