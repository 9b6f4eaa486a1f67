//! A cell whatever kind its column has: what spells a number or a truth value is that, as it would be in a column of such.

use super::cells::{Parsed, parse_boolean, parse_number, trim_text};

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plain<'a> {
    /// A whole number.
    Whole(i64),
    /// Another finite number.
    Number(f64),
    /// `true` or `false`, in any case.
    Flag(bool),
    /// Anything else, as it stands.
    Text(&'a str),
}

/// What a text says, whatever is around it: `5`, ` 5`, `05` are the same number, `5.0` equals it.
pub fn plain(text: &str) -> Plain<'_> {
    let trimmed = trim_text(text).as_bytes();
    if let Some(flag) = parse_boolean(trimmed) {
        return Plain::Flag(flag);
    }
    match parse_number(trimmed) {
        Some(Parsed::Integer(whole)) => Plain::Whole(whole),
        Some(Parsed::Number(number)) if number.is_finite() => Plain::Number(number),
        Some(Parsed::Number(_)) | None => Plain::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_truth_values_are_told_however_they_are_spelled() {
        for text in ["5", " 5", "05", "+5"] {
            assert_eq!(plain(text), Plain::Whole(5), "{text}");
        }
        for text in ["5.0", "5.", "50e-1"] {
            assert_eq!(plain(text), Plain::Number(5.0), "{text}");
        }
        assert_eq!(plain("True"), Plain::Flag(true));
        assert_eq!(plain("FALSE "), Plain::Flag(false));
        for text in ["", "nan", "inf", "five", "5 kg", " x"] {
            assert_eq!(plain(text), Plain::Text(text));
        }
        assert_eq!(plain("9007199254740993"), Plain::Whole((1 << 53) + 1));
    }
}
