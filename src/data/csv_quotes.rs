//! Quotes of a CSV text, looked at before a reader that takes anything.

use super::csv_part::{FlawKind, next_field};

/// What is wrong with the quotes of a CSV text, and in which line: a quote that is never closed takes all that follows into one
/// cell, and text behind a closing one is part of nothing.
pub fn quote_fault(text: &[u8], separator: u8) -> Option<(u64, &'static str)> {
    // Nearly every text without quotes is done with here.
    memchr::memchr(b'"', text)?;
    let mut at = 0;
    while at < text.len() {
        let what = match next_field(text, at, separator) {
            Ok(field) => {
                at = field.next;
                continue;
            }
            Err(FlawKind::Unclosed) => "a quote opens here and is never closed",
            Err(_) => "text after a closing quote",
        };
        let line = memchr::memchr_iter(b'\n', &text[..at]).count() as u64 + 1;
        return Some((line, what));
    }
    None
}
