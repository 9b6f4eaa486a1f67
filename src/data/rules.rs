//! Rules of columns: allowed values, ranges, gaps, and what becomes of a cell that breaks one.
//!
//! A [`Rule`] is either given in the settings and enforced, or inferred from data and only checked against later data. What
//! is said of a broken rule names column and rule, never the cell.

#[cfg(feature = "train")]
mod apply;
#[cfg(feature = "train")]
mod infer;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::cells::trim_text;
use super::schema::Kind;

#[cfg(feature = "train")]
pub use apply::{Applied, Rejected, apply, enforce};
#[cfg(feature = "train")]
pub use infer::infer;

/// The category that a text of no allowed value becomes with `other`.
pub const OTHER: &str = "<other>";

/// What the settings say of a column: its kind alone, or kind and rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum ColumnRule {
    /// Its kind.
    Kind(Kind),
    /// Kind and rules.
    Rules(ColumnRules),
}

/// Rules of a column. What is left out is not enforced.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnRules {
    /// What the column holds, where inference would guess wrong.
    pub kind: Option<Kind>,
    /// The only values that are allowed.
    pub values: Option<Vec<Allowed>>,
    /// Smallest number that is allowed.
    pub min: Option<f64>,
    /// Largest number that is allowed.
    pub max: Option<f64>,
    /// Whether a cell may be missing. Default: it may.
    pub nullable: Option<bool>,
    /// What becomes of a cell that breaks a rule, in training rows, test rows and requests.
    pub on_violation: OnViolation,
}

/// An allowed value as it may be written in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Allowed {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
}

impl Allowed {
    /// The value as data sets spell it.
    fn spelled(&self) -> String {
        match self {
            Allowed::Text(text) => text.trim().to_string(),
            Allowed::Integer(number) => number.to_string(),
            Allowed::Number(number) => number.to_string(),
            Allowed::Boolean(flag) => flag.to_string(),
        }
    }
}

/// What becomes of a cell that breaks a rule.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OnViolation {
    /// The run stops; a request is rejected.
    Error,
    /// The row is left out and counted; a request is rejected.
    #[default]
    Quarantine,
    /// The cell counts as missing.
    Null,
    /// A text becomes the category `<other>`; a number counts as missing.
    Other,
}

impl ColumnRule {
    /// The kind, where it is given.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            ColumnRule::Kind(kind) => Some(*kind),
            ColumnRule::Rules(rules) => rules.kind,
        }
    }

    /// The rule that is enforced, where there is one.
    pub fn rule(&self, column: &str) -> Option<Rule> {
        let ColumnRule::Rules(rules) = self else {
            return None;
        };
        let values = rules.values.as_ref().map(|values| {
            let mut values: Vec<String> = values.iter().map(Allowed::spelled).collect();
            values.sort();
            values.dedup();
            values
        });
        Some(Rule {
            column: column.to_string(),
            kind: rules.kind,
            values,
            min: rules.min,
            max: rules.max,
            nullable: rules.nullable.unwrap_or(true),
            on_violation: Some(rules.on_violation),
        })
    }

    /// What makes no sense in it, if anything does.
    pub fn problem(&self) -> Option<&'static str> {
        let ColumnRule::Rules(rules) = self else {
            return None;
        };
        let (is_text, is_number) = match rules.kind {
            Some(Kind::Text) => (true, false),
            Some(_) => (false, true),
            None => (false, false),
        };
        let no_number = |value: &Allowed| {
            let is_flag = matches!(value.spelled().as_str(), "true" | "false");
            !is_flag && number_of(&value.spelled()).is_none()
        };
        let values = rules.values.iter().flatten();
        if rules.values.as_ref().is_some_and(Vec::is_empty) {
            return Some("`values` is empty; no cell would be allowed");
        }
        if rules.min.zip(rules.max).is_some_and(|(min, max)| min > max) {
            return Some("`min` is above `max`");
        }
        if is_text && (rules.min.is_some() || rules.max.is_some()) {
            return Some("a column of text has no `min` and no `max`");
        }
        if is_number && values.clone().any(no_number) {
            return Some("`values` has a text, but the column is one of numbers");
        }
        if is_number && rules.on_violation == OnViolation::Other {
            return Some("`other` is for columns of text; numbers have `null`");
        }
        let mends = matches!(rules.on_violation, OnViolation::Null | OnViolation::Other);
        if mends && rules.nullable == Some(false) {
            return Some(
                "`nullable: false` needs `error` or `quarantine`: a missing cell cannot be fixed by making it missing",
            );
        }
        None
    }
}

/// A rule of a column, kept with a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The column.
    pub column: String,
    /// What it holds, where that is known.
    pub kind: Option<Kind>,
    /// The only values that are allowed, sorted, as data sets spell them.
    pub values: Option<Vec<String>>,
    /// Smallest number that is allowed.
    pub min: Option<f64>,
    /// Largest number that is allowed.
    pub max: Option<f64>,
    /// Whether a cell may be missing.
    pub nullable: bool,
    /// What becomes of a cell that breaks it; `None` for an inferred rule, which changes nothing.
    pub on_violation: Option<OnViolation>,
}

impl Rule {
    /// Whether there is nothing that could break it.
    pub fn is_empty(&self) -> bool {
        self.nullable && self.values.is_none() && self.min.is_none() && self.max.is_none()
    }

    /// The rule in words: `integer, 18 to 99, no gaps; else quarantine`.
    pub fn describe(&self) -> String {
        const FEW: usize = 8;
        let mut parts = Vec::new();
        parts.extend(self.kind.map(|kind| kind.to_string()));
        parts.extend(match (self.min, self.max) {
            (Some(min), Some(max)) => Some(format!("{min} to {max}")),
            (Some(min), None) => Some(format!("from {min}")),
            (None, Some(max)) => Some(format!("up to {max}")),
            (None, None) => None,
        });
        if let Some(values) = &self.values {
            let named: Vec<&str> = values.iter().take(FEW).map(String::as_str).collect();
            let more = match values.len().saturating_sub(FEW) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            parts.push(format!("one of {}{more}", named.join(" | ")));
        }
        if !self.nullable {
            parts.push("no gaps".to_string());
        }
        let end = match self.on_violation {
            None => "inferred",
            Some(OnViolation::Error) => "else error",
            Some(OnViolation::Quarantine) => "else quarantine",
            Some(OnViolation::Null) => "else null",
            Some(OnViolation::Other) => "else other",
        };
        format!("{}; {end}", parts.join(", "))
    }
}

/// The part of a rule that a cell breaks; named like its key in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Broken {
    /// It is missing.
    Nullable,
    /// It is none of the values.
    Values,
    /// It is too small.
    Min,
    /// It is too large.
    Max,
}

impl Broken {
    /// The name used in settings, records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Broken::Nullable => "nullable",
            Broken::Values => "values",
            Broken::Min => "min",
            Broken::Max => "max",
        }
    }
}

/// A rule made ready to be applied to each cell.
#[derive(Debug, Clone)]
pub struct Checker {
    rule: Rule,
    /// The allowed values that are numbers.
    numbers: Vec<f64>,
}

impl Checker {
    /// A checker of a rule.
    pub fn new(rule: &Rule) -> Self {
        let values = rule.values.iter().flatten();
        Checker {
            numbers: values.filter_map(|value| number_of(value)).collect(),
            rule: rule.clone(),
        }
    }

    /// What becomes of a cell that breaks the rule.
    pub fn on_violation(&self) -> Option<OnViolation> {
        self.rule.on_violation
    }

    /// What a text breaks, in a column of text.
    pub fn text(&self, cell: Option<&str>) -> Option<Broken> {
        let Some(cell) = cell else {
            return (!self.rule.nullable).then_some(Broken::Nullable);
        };
        let is_listed = |values: &Vec<String>| {
            let cell = trim_text(cell);
            values.binary_search_by(|it| it.as_str().cmp(cell)).is_ok()
        };
        let is_allowed = self.rule.values.as_ref().is_none_or(is_listed);
        (!is_allowed).then_some(Broken::Values)
    }

    /// What a number breaks, in any other column; a truth value is 0 or 1.
    pub fn number(&self, cell: Option<f64>) -> Option<Broken> {
        let Some(cell) = cell else {
            return (!self.rule.nullable).then_some(Broken::Nullable);
        };
        if self.rule.min.is_some_and(|min| cell < min) {
            return Some(Broken::Min);
        }
        if self.rule.max.is_some_and(|max| cell > max) {
            return Some(Broken::Max);
        }
        let is_allowed = self.rule.values.is_none() || self.numbers.contains(&cell);
        (!is_allowed).then_some(Broken::Values)
    }
}

/// A value as the number that a column of numbers or truth values has for it.
fn number_of(value: &str) -> Option<f64> {
    match value {
        "true" => Some(1.0),
        "false" => Some(0.0),
        text => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}
