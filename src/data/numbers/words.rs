//! Words and marks that stand for a missing value, and what a cell looks like, without its content.

use super::super::cells::trim_text;
use super::cell::{Digits, Mark, take_apart};

/// What is in a column of numbers where there is none. Compared in lower case.
const MARKERS: [&str; 47] = [
    // As MySQL and Hive write it.
    "\\n",
    "n.a.",
    "n.a",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "none",
    "null",
    "nil",
    "nul",
    "unknown",
    "missing",
    "not available",
    "not applicable",
    "not known",
    "no data",
    "nd",
    "n.d.",
    "n/d",
    "n.d",
    "tbd",
    "tba",
    "unbekannt",
    "fehlt",
    "k.a.",
    "k. a.",
    "keine angabe",
    "entf.",
    "inconnu",
    "n.c.",
    "nc",
    "s/o",
    "s.o.",
    "desconocido",
    "sin dato",
    "sconosciuto",
    "onbekend",
    "ukjent",
    "okänd",
    "undefined",
    "#div/0!",
    "#value!",
    "#ref!",
    "#num!",
    "#name?",
    "#null!",
];

/// Whether a cell only marks that a value is missing: punctuation without a letter or digit, or a word for it.
pub fn is_marker(trimmed: &str) -> bool {
    let has_content = trimmed.chars().any(char::is_alphanumeric);
    if !has_content {
        // A currency or per-cent sign alone stands for no value either.
        return trimmed.chars().count() <= 5;
    }
    trimmed.len() <= 16 && MARKERS.contains(&trimmed.to_lowercase().as_str())
}

/// What a cell looks like, without its content.
pub(super) fn looks_like(text: &str) -> &'static str {
    let text = trim_text(text);
    if let Some(number) = take_apart(text, None) {
        return match number.digits {
            _ if number.percent => "a number with a per-cent sign",
            _ if number.currency.is_some() => "a number with a currency",
            Digits::Decimal(Mark::Comma) | Digits::GroupedDecimal(_, Mark::Comma) => {
                "a number with a decimal comma"
            }
            Digits::Decimal(_) | Digits::GroupedDecimal(..) => "a number with a decimal point",
            Digits::Either(Mark::Comma) => "a number with a comma before three digits",
            Digits::Either(_) => "a number with a point before three digits",
            Digits::Grouped(_) => "a number with grouped digits",
            Digits::Plain => "a number",
        };
    }
    if is_marker(text) {
        return "a mark for a missing value";
    }
    let bound = text.trim_start_matches([
        '<', '>', '=', '\u{2264}', '\u{2265}', '~', '\u{2248}', '\u{B1}',
    ]);
    if bound.len() < text.len() && take_apart(bound, None).is_some() {
        return "a number with a sign such as `<` before it";
    }
    let has = |is: fn(char) -> bool| text.chars().any(is);
    let letters = has(char::is_alphabetic);
    let digits = has(|it| it.is_ascii_digit());
    match (letters, digits) {
        (true, false) => "a text of letters",
        (true, true) => "a text of letters and digits",
        (false, true) => "digits with other characters between, as dates have them",
        (false, false) => "other characters",
    }
}
