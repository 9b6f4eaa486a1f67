//! One value of one row, of whatever type it came as.

use std::borrow::Cow;

use super::spelling;
use crate::data::Kind;

/// One value of one row, of whatever type it came as. A cell and a frame's column of the same values read alike.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing there.
    Missing,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite counts as missing.
    Number(f64),
    /// A text.
    Text(String),
}

/// A [`Cell`] whose text stands somewhere else, in the body of a request for instance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellRef<'a> {
    /// Nothing there.
    Missing,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite counts as missing.
    Number(f64),
    /// A text.
    Text(&'a str),
}

impl Cell {
    /// The cell without its own text.
    pub fn by_ref(&self) -> CellRef<'_> {
        match self {
            Cell::Missing => CellRef::Missing,
            Cell::Boolean(flag) => CellRef::Boolean(*flag),
            Cell::Integer(number) => CellRef::Integer(*number),
            Cell::Number(number) => CellRef::Number(*number),
            Cell::Text(text) => CellRef::Text(text),
        }
    }

    /// The cell as a number, as a column of numbers reads it.
    pub fn number(&self) -> Option<f64> {
        self.by_ref().number()
    }

    /// The cell as a text, as a column of texts reads it.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.by_ref().text()
    }
}

impl<'a> CellRef<'a> {
    /// The cell with a text of its own.
    pub fn to_owned(self) -> Cell {
        match self {
            CellRef::Missing => Cell::Missing,
            CellRef::Boolean(flag) => Cell::Boolean(flag),
            CellRef::Integer(number) => Cell::Integer(number),
            CellRef::Number(number) => Cell::Number(number),
            CellRef::Text(text) => Cell::Text(text.to_string()),
        }
    }

    /// The cell as a number, as a column of numbers reads it.
    #[inline]
    pub fn number(self) -> Option<f64> {
        match self {
            CellRef::Boolean(flag) => Some(f64::from(flag)),
            CellRef::Integer(number) => Some(number as f64),
            CellRef::Number(number) => Some(number).filter(|number| number.is_finite()),
            CellRef::Text(text) => spelling::parse_number(text),
            CellRef::Missing => None,
        }
    }

    /// The cell as a label of categories, as `label_of` reads it.
    #[inline]
    pub fn label(self, kind: Kind) -> Option<Cow<'a, str>> {
        if is_encoded_as_number(kind) {
            self.number().map(|it| spelling::spell_number(it).into())
        } else {
            self.text()
        }
    }

    /// The cell as a text, as a column of texts reads it.
    #[inline]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            CellRef::Text(text) => Some(text.into()),
            CellRef::Boolean(flag) => Some(spelling::spell_flag(flag).into()),
            CellRef::Integer(number) => Some(number.to_string().into()),
            CellRef::Number(_) => self
                .number()
                .map(|number| spelling::spell_number(number).into()),
            CellRef::Missing => None,
        }
    }
}

/// Whether a column of this kind becomes one number and not categories: every kind but text. [`Kind::is_numeric`] is narrower,
/// a Boolean is none.
pub fn is_encoded_as_number(kind: Kind) -> bool {
    !matches!(kind, Kind::Text)
}
