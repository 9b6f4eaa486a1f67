//! What is wrong with the settings, and where.

use std::fmt;

use serde::Serialize;

/// Something wrong at one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Key path, `gate.confidence`.
    pub path: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Problem {
    /// A problem at a key path.
    pub fn at(path: &str, reason: String) -> Self {
        let path = if path.is_empty() {
            "(the whole file)"
        } else {
            path
        };
        Problem {
            path: path.to_string(),
            reason,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}
