//! The columns of a frame: names and kinds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a column holds. A frame has no other types than these four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Whole numbers, `Int64`.
    Integer,
    /// Finite numbers, `Float64`.
    Number,
    /// `true` and `false`, `Boolean`.
    Boolean,
    /// Anything else, dates included, `String`.
    Text,
}

impl Kind {
    /// True for `Integer` and `Number`.
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Integer | Kind::Number)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Text => "text",
        })
    }
}

/// One column: its name and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name, unique in its schema.
    pub name: String,
    /// What the cells hold.
    pub kind: Kind,
}

/// The columns of a frame, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// In the order of the frame.
    pub columns: Vec<Column>,
}

impl Schema {
    /// The column of that name.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// All names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.columns
            .iter()
            .map(|column| column.name.as_str())
            .collect()
    }
}
