//! Identifiers: texts that must not be taken for one another.

use serde::{Deserialize, Serialize};

/// What every such text can do: it reads as a text wherever one is only looked at; the other way, it must be said.
macro_rules! text_of_its_own {
    ($name:ident) => {
        impl $name {
            /// The one that a text is.
            pub fn new(text: impl Into<String>) -> Self {
                $name(text.into())
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        /// A set of them is looked up by a text, too.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

pub(super) use text_of_its_own;

/// The identifier of a run: the time at which it began, and letters that no other run of that second has, `20261201T002633Z-103af90ab`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

text_of_its_own!(RunId);

/// The identifier of a prediction, under which its label comes: the one that the caller gave the row, else the request's own with the
/// row's number, `19c1d6b2f0a0c0ffee000001-0`. Any text can be one; whether an answer has it is for the registry to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PredictionId(String);

text_of_its_own!(PredictionId);

/// Hexadecimal digits of a prediction's identifier behind its time: those of the server and of its count.
const BEHIND: usize = 8 + 6;
/// Digits of a time, at least.
const TIME: usize = 11;

impl PredictionId {
    /// The identifier of a row, counted from 0, that the caller gave none: `unique` is the request's.
    pub fn of_row(unique: &str, row: usize) -> Self {
        PredictionId(format!("{unique}-{row}"))
    }

    /// When it was made, in milliseconds since 1970; `None` for one that the caller gave.
    pub fn made_ms(&self) -> Option<i64> {
        let (unique, row) = self.0.rsplit_once('-')?;
        let is_row = !row.is_empty() && row.len() <= 9 && row.bytes().all(|c| c.is_ascii_digit());
        let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let fits = unique.len() >= TIME + BEHIND && unique.len() <= 16 + BEHIND;
        if !(is_row && fits && unique.bytes().all(is_hex)) {
            return None;
        }
        i64::from_str_radix(&unique[..unique.len() - BEHIND], 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_its_text_alone_in_json_and_any_text_is_one() {
        for text in ["", "mine", "customer 7", "19c1d6b2f0a0c0ffee000001-0"] {
            let id = PredictionId::new(text);
            let json = serde_json::to_string(&id).expect("JSON");
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(
                serde_json::from_str::<PredictionId>(&json).expect("reads"),
                id
            );
            assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
            assert_eq!(id, text);
        }
        serde_json::from_str::<PredictionId>("7").expect_err("a number is no text");
    }

    #[test]
    fn one_that_was_not_given_says_when_it_was_made() {
        let made_ms = 1_795_947_128_000i64;
        let unique = format!("{made_ms:011x}c0ffee00000001");
        let id = PredictionId::of_row(&unique, 17);
        assert_eq!(id, PredictionId::new(format!("{unique}-17")));
        assert_eq!(id.made_ms(), Some(made_ms));
        for own in [
            "",
            "mine",
            "42-1",
            "customer-7",
            "19c1d6b2f0a0c0ffee000001",
            "zzzzzzzzzzzzzzzzzzzzzzzzz-1",
        ] {
            assert_eq!(PredictionId::new(own).made_ms(), None, "{own}");
        }
    }
}
