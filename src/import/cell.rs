//! What a number of a graph is as a function of a row: the closed set of forms that can become a transformer and a predictor.

use std::rc::Rc;

use super::error::Error;
use super::number::Number;

/// One number of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// The same for every row.
    Constant(f64),
    /// The text of a column.
    Text(Text),
    /// A function of a column of numbers that keeps their order, or turns it round.
    Number(Number),
    /// A function of which category a column has.
    Choice(Choice),
    /// `bias + Σ weight · cell` of the two above.
    Sum(Sum),
    /// What trees say.
    Trees(Said),
    /// What becomes of one of the two above.
    Chance(Chance),
}

/// The text of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The column, by its place.
    pub column: usize,
    /// What a missing cell counts as; callers of ONNX give the empty text.
    pub missing: String,
}

/// A number by the category of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What the categories are those of.
    pub text: Text,
    /// The categories that are told apart, as the file spells them.
    pub keys: Rc<Vec<String>>,
    /// The number of each.
    pub gives: Gives,
}

/// The number of each category.
#[derive(Debug, Clone, PartialEq)]
pub enum Gives {
    /// One of them has a number, all others, known or not, have another.
    One {
        /// Its place among the keys.
        at: usize,
        /// Its number.
        yes: f64,
        /// That of all others.
        no: f64,
    },
    /// Each has its own.
    Each {
        /// Per key.
        values: Rc<Vec<f64>>,
        /// That of what is no key.
        other: f64,
    },
}

impl Choice {
    /// The number of a key.
    pub fn of_key(&self, key: usize) -> f64 {
        match &self.gives {
            Gives::One { at, yes, .. } if *at == key => *yes,
            Gives::One { no, .. } => *no,
            Gives::Each { values, .. } => values[key],
        }
    }

    /// The number of what is no key.
    pub fn of_other(&self) -> f64 {
        match self.gives {
            Gives::One { no, .. } => no,
            Gives::Each { other, .. } => other,
        }
    }

    /// The number of a missing cell.
    pub fn of_missing(&self) -> f64 {
        match self.keys.iter().position(|key| *key == self.text.missing) {
            Some(key) => self.of_key(key),
            None => self.of_other(),
        }
    }

    /// The same with another number in the place of each.
    pub fn map(&self, change: impl Fn(f64) -> f64) -> Choice {
        let gives = match &self.gives {
            Gives::One { at, yes, no } => Gives::One {
                at: *at,
                yes: change(*yes),
                no: change(*no),
            },
            Gives::Each { values, other } => Gives::Each {
                values: Rc::new(values.iter().map(|&it| change(it)).collect()),
                other: change(*other),
            },
        };
        Choice {
            gives,
            ..self.clone()
        }
    }
}

/// A weighted sum of functions of single columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sum {
    /// What is there without any.
    pub bias: f64,
    /// Weights and [`Cell::Number`]s or [`Cell::Choice`]s.
    pub terms: Vec<(f64, Cell)>,
}

/// `scale · what trees say to a target + offset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The trees.
    pub by: Rc<Ensemble>,
    /// The target.
    pub target: usize,
    /// What it is multiplied by.
    pub scale: f64,
    /// What is added then.
    pub offset: f64,
}

/// What becomes of margins.
#[derive(Debug, Clone, PartialEq)]
pub enum Chance {
    /// `1 / (1 + exp(-x))`.
    Logistic(Box<Cell>),
    /// `1 - x`.
    Complement(Box<Cell>),
    /// One of the softmax of all.
    Softmax(Rc<Vec<Cell>>, usize),
    /// One of all, divided by their sum.
    Share(Rc<Vec<Cell>>, usize),
    /// The sum of all.
    Total(Rc<Vec<Cell>>),
}

impl Cell {
    /// As a sum; `None` for what is none.
    pub fn as_sum(&self) -> Option<Sum> {
        match self {
            Cell::Constant(bias) => Some(Sum {
                bias: *bias,
                terms: Vec::new(),
            }),
            Cell::Number(_) | Cell::Choice(_) => Some(Sum {
                bias: 0.0,
                terms: vec![(1.0, self.clone())],
            }),
            Cell::Sum(sum) => Some(sum.clone()),
            _ => None,
        }
    }

    /// `scale · x + offset`, where that has a form.
    pub fn affine(&self, scale: f64, offset: f64) -> Option<Cell> {
        match self {
            Cell::Trees(said) => Some(Cell::Trees(Said {
                scale: said.scale * scale,
                offset: said.offset * scale + offset,
                ..said.clone()
            })),
            _ => {
                let sum = self.as_sum()?;
                let terms = sum.terms.into_iter();
                Some(Cell::Sum(Sum {
                    bias: sum.bias * scale + offset,
                    terms: terms.map(|(weight, it)| (weight * scale, it)).collect(),
                }))
            }
        }
    }

    /// The sum of both, where that has a form.
    pub fn plus(&self, other: &Cell) -> Option<Cell> {
        if let (Cell::Trees(_), Cell::Constant(offset)) = (self, other) {
            return self.affine(1.0, *offset);
        }
        if let (Cell::Constant(offset), Cell::Trees(_)) = (self, other) {
            return other.affine(1.0, *offset);
        }
        let (mut sum, other) = (self.as_sum()?, other.as_sum()?);
        sum.bias += other.bias;
        sum.terms.extend(other.terms);
        Some(Cell::Sum(sum))
    }

    /// `self - other`, where that has a form: of trees that of the same trees is a form of its own.
    pub fn minus(&self, other: &Cell) -> Option<Cell> {
        self.plus(&other.affine(-1.0, 0.0)?)
    }

    /// Whether it is the other one with its sign turned.
    pub fn is_negative_of(&self, other: &Cell) -> bool {
        match (self, other) {
            (Cell::Trees(a), Cell::Trees(b)) => {
                a.by == b.by && a.target == b.target && a.scale == -b.scale && a.offset == -b.offset
            }
            _ => match (self.as_sum(), other.as_sum()) {
                (Some(a), Some(b)) => {
                    let mut pairs = a.terms.iter().zip(&b.terms);
                    a.bias == -b.bias
                        && a.terms.len() == b.terms.len()
                        && pairs.all(|((v, x), (w, y))| *v == -*w && x == y)
                }
                _ => false,
            },
        }
    }
}

/// How a node of a tree compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `x <= t`.
    AtMost,
    /// `x < t`.
    Below,
    /// `x >= t`.
    AtLeast,
    /// `x > t`.
    Above,
    /// `x == t`.
    Equal,
    /// `x != t`.
    Unequal,
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Branch {
    /// Rows part here.
    Split {
        /// The feature.
        feature: usize,
        /// How it is compared.
        mode: Mode,
        /// With what.
        limit: f64,
        /// Whether a missing number goes to the true side.
        missing_true: bool,
        /// The nodes of the true and of the false side.
        sides: [usize; 2],
    },
    /// Rows end here: targets and what they get.
    Leaf(Vec<(usize, f64)>),
}

/// Trees over a matrix of features.
#[derive(Debug, PartialEq)]
pub struct Ensemble {
    /// The node in the file, for messages.
    pub node: String,
    /// Its operator.
    pub op: String,
    /// What the features are.
    pub features: Rc<Vec<Cell>>,
    /// All nodes.
    pub branches: Vec<Branch>,
    /// The first node of each tree.
    pub roots: Vec<usize>,
    /// Number of targets.
    pub targets: usize,
}

impl Ensemble {
    /// The error that names its node.
    pub fn refuse(&self, why: impl Into<String>) -> Error {
        Error::Node {
            node: self.node.clone(),
            op: self.op.clone(),
            why: why.into(),
        }
    }
}
