//! The number of a version.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of a version of a model: 1, 2, 3 … in the order in which they were begun. It is no count and no time, so nothing is computed
/// with it; any number can be named by someone, and whether there is such a version is for the registry to say. The default, 0, is the
/// number of none.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct VersionNumber(i64);

impl VersionNumber {
    /// The version that a number names.
    pub const fn new(number: i64) -> Self {
        VersionNumber(number)
    }

    /// The number, for tables and wire formats.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The number that the version after this one has.
    #[must_use]
    pub const fn next(self) -> Self {
        VersionNumber(self.0 + 1)
    }
}

impl From<i64> for VersionNumber {
    fn from(number: i64) -> Self {
        VersionNumber(number)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for VersionNumber {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(VersionNumber)
    }
}

impl PartialEq<i64> for VersionNumber {
    fn eq(&self, other: &i64) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_the_number_alone_and_read_back() {
        let third = VersionNumber::new(3);
        assert_eq!(serde_json::to_string(&third).expect("JSON"), "3");
        assert_eq!(
            serde_json::from_str::<VersionNumber>("3").expect("3"),
            third
        );
        assert_eq!(
            (third.to_string(), format!("{third:>3}|")),
            ("3".into(), "  3|".into())
        );
        assert_eq!("3".parse(), Ok(third));
        assert_eq!(third, 3);
    }

    #[test]
    fn what_is_no_whole_number_is_rejected_in_the_words_of_numbers() {
        let why = |text: &str| match text.parse::<VersionNumber>() {
            Ok(number) => panic!("{text} is read as {number}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(why(""), "cannot parse integer from empty string");
        assert_eq!(why("v3"), "invalid digit found in string");
        assert_eq!(why("3.0"), "invalid digit found in string");
        assert_eq!(
            why("9223372036854775808"),
            "number too large to fit in target type"
        );
        for json in ["\"3\"", "3.5", "null"] {
            serde_json::from_str::<VersionNumber>(json).expect_err(json);
        }
    }

    #[test]
    fn later_versions_are_greater() {
        let first = VersionNumber::default().next();
        assert_eq!(first, 1);
        assert!(first < first.next());
    }
}
