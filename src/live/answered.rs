//! An answer as it is kept.

use crate::model_types::VersionNumber;

/// What was answered of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The id that the caller got, or gave.
    pub id: String,
    /// The version that answered.
    pub version: VersionNumber,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The class; none of numbers.
    pub class: Option<String>,
    /// P(positive) of two classes, P(the class) of more; else the number.
    pub value: f64,
}

/// Hexadecimal digits of an id behind its time: those of the server and of its count.
const BEHIND: usize = 8 + 6;
/// Digits of a time, at least.
const TIME: usize = 11;

/// When an id was made, in milliseconds since 1970; `None` for an id that the caller gave.
pub fn answered_at(id: &str) -> Option<i64> {
    let (unique, row) = id.rsplit_once('-')?;
    let is_row = !row.is_empty() && row.len() <= 9 && row.bytes().all(|c| c.is_ascii_digit());
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    let fits = unique.len() >= TIME + BEHIND && unique.len() <= 16 + BEHIND;
    if !(is_row && fits && unique.bytes().all(is_hex)) {
        return None;
    }
    i64::from_str_radix(&unique[..unique.len() - BEHIND], 16).ok()
}
