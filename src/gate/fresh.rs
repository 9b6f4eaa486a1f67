//! Where test rows come from, where not all of them are of the test folder.

use serde::{Deserialize, Serialize};

use crate::text::counted;

/// Test rows that are labelled rows of production.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreshRows {
    /// How many of the test rows they are.
    pub rows: u64,
    /// When the first and the last of them was answered, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<[String; 2]>,
    /// Whether they are all the test rows there are.
    pub is_alone: bool,
    /// Fresh rows that are not evidence here: a column that a model reads was not logged, or the row is in the test folder, too.
    #[serde(default)]
    pub left_out: u64,
}

impl FreshRows {
    /// Of how many test rows they are how many, in words.
    pub fn says(&self, of: u64) -> String {
        let rows = if self.is_alone {
            format!("all {} are", counted(of, "test row"))
        } else {
            format!("{} of {} are", self.rows, counted(of, "test row"))
        };
        let when = match &self.answered {
            Some([first, last]) => format!(", answered from {first} to {last}"),
            None => String::new(),
        };
        format!("{rows} labelled rows of production{when}")
    }
}
