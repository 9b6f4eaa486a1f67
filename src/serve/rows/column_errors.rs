//! Everything that is wrong with the columns of a request, in one message that names columns and never a cell.

use std::collections::BTreeMap;

use serde_json::json;

use crate::data::rules::Broken;
use crate::features::wanted as wanted_of;
use crate::serve::{Code, Problem};
use crate::serving::served::InputFacts;

/// Unknown columns that are named; the rest is counted.
const MOST_NAMED: usize = 20;
/// Characters of an unknown column's name that are repeated.
const MOST_CHARACTERS: usize = 64;

/// What was found wrong, column by column.
#[derive(Debug, Default)]
pub struct ColumnErrors {
    /// Input → first row without it, from 1, and number of such rows.
    missing: BTreeMap<usize, (usize, usize)>,
    mistyped: BTreeMap<usize, (usize, usize)>,
    /// Input and broken part of its rule → as above.
    broken: BTreeMap<(usize, Broken), (usize, usize)>,
    /// As above: no whole number where a computed column counts on one.
    not_whole: BTreeMap<usize, (usize, usize)>,
    /// As above: given more than once in a row.
    twice: BTreeMap<usize, (usize, usize)>,
    unknown: Vec<String>,
    n_unknown: usize,
}

impl ColumnErrors {
    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
            && self.mistyped.is_empty()
            && self.broken.is_empty()
            && self.not_whole.is_empty()
            && self.twice.is_empty()
            && self.unknown.is_empty()
    }

    /// A row did not have an input.
    pub fn missing(&mut self, position: usize, row: usize) {
        self.missing.entry(position).or_insert((row, 0)).1 += 1;
    }

    /// A cell cannot be what its column is.
    pub fn mistyped(&mut self, position: usize, row: usize) {
        self.mistyped.entry(position).or_insert((row, 0)).1 += 1;
    }

    /// A cell breaks a rule of its column.
    pub fn broken(&mut self, position: usize, row: usize, broken: Broken) {
        let entry = self.broken.entry((position, broken));
        entry.or_insert((row, 0)).1 += 1;
    }

    /// A cell is not a whole number where a computed column counts on one.
    pub fn not_whole(&mut self, position: usize, row: usize) {
        self.not_whole.entry(position).or_insert((row, 0)).1 += 1;
    }

    /// A row has a column more than once.
    #[cold]
    pub fn twice(&mut self, position: usize, row: usize) {
        self.twice.entry(position).or_insert((row, 0)).1 += 1;
    }

    /// A column that training did not have.
    pub fn unknown(&mut self, name: &str) {
        let name: String = name.chars().take(MOST_CHARACTERS).collect();
        if self.unknown.contains(&name) {
            return;
        }
        self.n_unknown += 1;
        if self.unknown.len() < MOST_NAMED {
            self.unknown.push(name);
        }
    }

    /// All of it as one problem; `None` when all is well.
    pub fn problem(&self, inputs: &[InputFacts], n_rows: usize) -> Option<Problem> {
        let mut parts = Vec::new();
        let names = |of: &BTreeMap<usize, (usize, usize)>| -> Vec<String> {
            of.keys().map(|&at| inputs[at].name.clone()).collect()
        };
        let missing = names(&self.missing);
        if !missing.is_empty() {
            parts.push(format!("missing: {}", quoted(&missing)));
        }
        if !self.unknown.is_empty() {
            let more = match self.n_unknown - self.unknown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            parts.push(format!("unknown: {}{more}", quoted(&self.unknown)));
        }
        let twice = names(&self.twice);
        if !twice.is_empty() {
            parts.push(format!("given twice: {}", quoted(&twice)));
        }
        let of = |faults: &BTreeMap<usize, (usize, usize)>, whole| -> Vec<(String, String)> {
            let each = faults.keys().map(|&at| &inputs[at]);
            let what = |input: &InputFacts| {
                if whole {
                    "a whole number is expected, since a computed column counts on it".to_string()
                } else {
                    wanted(input)
                }
            };
            each.map(|input| (input.name.clone(), what(input)))
                .collect()
        };
        let mut mistyped = of(&self.mistyped, false);
        mistyped.extend(of(&self.not_whole, true));
        if !mistyped.is_empty() {
            let each = mistyped
                .iter()
                .map(|(name, wanted)| format!("`{name}` ({wanted})"));
            parts.push(format!("mistyped: {}", each.collect::<Vec<_>>().join(", ")));
        }
        let broken: Vec<(&str, &str)> = self
            .broken
            .keys()
            .map(|(at, broken)| (inputs[*at].name.as_str(), broken.name()))
            .collect();
        if !broken.is_empty() {
            let each = broken.iter();
            let each = each.map(|(column, rule)| format!("`{column}` (its rule `{rule}`)"));
            parts.push(format!(
                "not allowed: {}",
                each.collect::<Vec<_>>().join(", ")
            ));
        }
        if parts.is_empty() {
            return None;
        }
        let first = self.missing.values().chain(self.mistyped.values());
        let first = first.chain(self.broken.values());
        let first = first.chain(self.twice.values());
        let first = first.chain(self.not_whole.values());
        let first = first.map(|(row, _)| *row).min();
        let place = match first {
            Some(row) if n_rows > 1 => format!(" (first in row {row})"),
            _ => String::new(),
        };
        let message = format!(
            "the columns do not fit the model{place}: {}",
            parts.join("; ")
        );
        let mut details = json!({
            "missing": missing,
            "unknown": self.unknown,
            "mistyped": mistyped
                .iter()
                .map(|(name, wanted)| json!({"column": name, "expected": wanted}))
                .collect::<Vec<_>>(),
            "first_row": first,
        });
        if !twice.is_empty() {
            details["twice"] = json!(twice);
        }
        if !broken.is_empty() {
            let each = broken.iter();
            let each = each.map(|(column, rule)| json!({"column": column, "rule": rule}));
            details["not_allowed"] = each.collect();
        }
        Some(Problem::new(Code::Unprocessable, message).with(details))
    }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn wanted(input: &InputFacts) -> String {
    wanted_of(input.kind, input.time.as_ref())
}
