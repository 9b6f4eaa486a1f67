//! Columns that are computed before steps look at a row.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::dates::Dates;
use crate::data::{Column, Expression, Kind, TimeForm};

/// Columns made of columns, in this order: derived ones, parts of times, then gaps of texts filled in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Prepare {
    /// The columns of the data that it all begins with, and their kinds.
    pub raw: Vec<Column>,
    /// Those that are times in expressions.
    pub times: Vec<String>,
    /// How they are read, where that is not ISO 8601 or seconds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub time_forms: BTreeMap<String, TimeForm>,
    /// Columns that are computed.
    pub derived: Vec<Derived>,
    /// Times that become parts.
    pub dates: Vec<Dates>,
    /// Texts whose gaps are filled in.
    pub fills: Vec<Fill>,
}

/// A computed column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// Its name.
    pub name: String,
    /// The expression that gives it.
    pub sql: String,
}

/// What a missing text counts as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// The column.
    pub column: String,
    /// The text.
    pub text: String,
}

impl Prepare {
    /// Whether the inputs are columns of the data.
    pub fn is_empty(&self) -> bool {
        self.derived.is_empty() && self.dates.is_empty() && self.fills.is_empty()
    }

    /// Whether it can be done.
    pub fn is_sound(&self) -> bool {
        self.derived
            .iter()
            .all(|it| Expression::parse(&it.sql).is_ok())
            && self.dates.iter().all(Dates::is_sound)
            && (self.is_empty() || !self.raw.is_empty())
    }

    /// Columns of whole numbers that a computed column reads: it counts on them (a division, a text made of one), so they take
    /// no fraction. Every other column of whole numbers does.
    pub fn whole_columns(&self) -> HashSet<String> {
        // What cannot be read makes a bundle unsound, and is reported elsewhere.
        let derived = self.derived.iter();
        let expressions = derived.filter_map(|it| Expression::parse(&it.sql).ok());
        let read: HashSet<String> = expressions.flat_map(|it| it.columns).collect();
        let whole = self.raw.iter().filter(|it| it.kind == Kind::Integer);
        let whole = whole.filter(|it| read.contains(&it.name));
        whole.map(|it| it.name.clone()).collect()
    }

    /// How the cells of a column of the data are read as times, where they are.
    pub fn time_of(&self, column: &str) -> Option<TimeForm> {
        let mut dates = self.dates.iter();
        let of_parts = dates.find(|dates| dates.column == column);
        let of_parts = of_parts.map(|dates| dates.form.clone());
        let is_time = || self.times.iter().any(|name| name == column);
        let own = || self.time_forms.get(column).cloned().unwrap_or_default();
        of_parts.or_else(|| is_time().then(own))
    }

    /// The kind of a column of the data that it begins with.
    pub fn kind_of(&self, column: &str) -> Option<Kind> {
        let mut raw = self.raw.iter();
        raw.find(|it| it.name == column).map(|it| it.kind)
    }
}
