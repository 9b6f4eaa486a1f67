//! Numbers with a text around them that is the same in all cells: a unit, quotes. They are not read, and it is said.

use std::collections::{BTreeMap, HashSet};

use polars::prelude::StringChunked;

use super::super::cells::trim_text;
use super::cell::take_apart;

/// Cells that are looked at.
const SAMPLE: usize = 500;
/// Share of them that must be numbers with the same text around them, in percent.
const LEAST_SHARE: usize = 95;
/// Distinct numbers from which on they are hardly categories (`24 months`, `36 months`).
const FEW: usize = 20;

/// What stands around the numbers of a column of texts, as words for "numbers, but …". `None` where it is no such column:
/// codes (`C1042`) are a text before whole numbers.
pub(super) fn said_of(cells: &StringChunked) -> Option<String> {
    let step = (cells.len() / SAMPLE).max(1);
    let sample: Vec<&str> = (0..cells.len())
        .step_by(step)
        .filter_map(|row| cells.get(row))
        .collect();
    let mut around: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let (mut numbers, mut fractions) = (HashSet::new(), 0);
    for text in &sample {
        let Some((front, number, back)) = parted(text) else {
            continue;
        };
        *around.entry((front, back)).or_default() += 1;
        numbers.insert(number);
        fractions += usize::from(number.contains(['.', ',']));
    }
    if let Some(why) = other_digits(&sample).or_else(|| several_units(&sample)) {
        return Some(why);
    }
    let ((front, back), n) = around.into_iter().max_by_key(|(_, n)| *n)?;
    let is_measured = !back.is_empty() || fractions * 2 > sample.len();
    if n * 100 < sample.len() * LEAST_SHARE || numbers.len() <= FEW || !is_measured {
        return None;
    }
    Some(match (front, back) {
        ("\'", "\'") | ("`", "`") | ("\u{201C}", "\u{201D}") | ("\u{2018}", "\u{2019}") => {
            format!(
                "each has `{front}` and `{back}` around it, which are not quotes of CSV; remove them"
            )
        }
        ("", back) => {
            format!("each has `{back}` behind it; remove it, or set `ingest.currency` to it")
        }
        (front, "") => {
            format!("each has `{front}` before it; remove it, or set `ingest.currency` to it")
        }
        (front, back) => format!("each has `{front}` before and `{back}` behind it; remove them"),
    })
}

/// Numbers in digits of another script, or grouped by a mark that is not read.
fn other_digits(sample: &[&str]) -> Option<String> {
    let mut numbers = HashSet::new();
    let (mut n, mut underscores) = (0, 0);
    for text in sample {
        let plain: String = trim_text(text).chars().filter_map(ascii_of).collect();
        let is_number = plain != trim_text(text) && take_apart(&plain, None).is_some();
        n += usize::from(is_number || take_apart(text, None).is_some());
        underscores += usize::from(text.contains('_'));
        if is_number {
            numbers.insert(plain);
        }
    }
    if n * 100 < sample.len() * LEAST_SHARE || numbers.len() <= FEW {
        return None;
    }
    Some(match underscores {
        0 => {
            "they are written in other digits than 0 to 9, which are not read; write them in these"
                .to_string()
        }
        _ => "their digits are grouped by `_`, which is not read; remove it".to_string(),
    })
}

/// The same character as plain programs write numbers; nothing for `_`.
fn ascii_of(it: char) -> Option<char> {
    // Where the digits of scripts begin, each with ten in a row.
    const ZEROS: [u32; 12] = [
        0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xE50, 0x1040, 0xFF10,
    ];
    let code = u32::from(it);
    let digit = ZEROS.iter().find_map(|zero| {
        let digit = code.checked_sub(*zero).filter(|digit| *digit < 10)?;
        char::from_digit(digit, 10)
    });
    match (digit, it) {
        (Some(digit), _) => Some(digit),
        (None, '\u{66B}' | '\u{FF0E}') => Some('.'),
        (None, '\u{66C}' | '\u{FF0C}') => Some(','),
        (None, '_') => None,
        (None, it) => Some(it),
    }
}

/// Words for thousands and more, which a column may have behind some of its numbers.
const MAGNITUDES: [&str; 16] = [
    "k", "K", "m", "M", "b", "B", "T", "mn", "bn", "mio", "Mio", "Mio.", "Mrd", "Mrd.", "tsd",
    "Tsd.",
];
/// Most units that a column has beside one another.
const MOST_UNITS: usize = 4;

/// Numbers with different texts behind them, or with one behind some only: `1.2k` beside `900`, `5 kg` beside `400 g`.
fn several_units(sample: &[&str]) -> Option<String> {
    let mut units: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut numbers, mut n, mut fractions) = (HashSet::new(), 0, 0);
    for text in sample {
        let (number, unit) = match parted(text) {
            Some(("", number, unit)) if !unit.contains(char::is_numeric) => (number, unit),
            None if take_apart(text, None).is_some() => (trim_text(text), ""),
            _ => continue,
        };
        n += 1;
        *units.entry(unit).or_default() += 1;
        numbers.insert(number);
        fractions += usize::from(number.contains(['.', ',']));
    }
    let named: Vec<&str> = units.keys().copied().filter(|it| !it.is_empty()).collect();
    let is_known = named.iter().all(|unit| MAGNITUDES.contains(unit));
    // House numbers have letters behind some of them, but no fractions.
    let is_measured = is_known || fractions * 10 >= sample.len();
    let is_told = (2..=MOST_UNITS + 1).contains(&units.len()) && named.len() <= MOST_UNITS;
    if !is_told || !is_measured || n * 100 < sample.len() * LEAST_SHARE || numbers.len() <= FEW {
        return None;
    }
    let named: Vec<String> = named.iter().map(|unit| format!("`{unit}`")).collect();
    let nothing = if units.contains_key("") {
        ", others nothing"
    } else {
        ""
    };
    Some(format!(
        "some have {} behind them{nothing}; bring them to one unit",
        named.join(", some ")
    ))
}

/// The sample of a column that was counted otherwise already.
pub(super) fn said_of_units(cells: &StringChunked) -> Option<String> {
    let step = (cells.len() / SAMPLE).max(1);
    let rows = (0..cells.len()).step_by(step);
    let sample: Vec<&str> = rows.filter_map(|row| cells.get(row)).collect();
    several_units(&sample)
}

/// A cell as what is before its number, the number, and what is behind; `None` without a number or without a text
/// around it.
fn parted(text: &str) -> Option<(&str, &str, &str)> {
    let text = trim_text(text);
    if text.len() > 80 {
        return None;
    }
    let from = text.find(|it: char| it.is_ascii_digit())?;
    let to = text.rfind(|it: char| it.is_ascii_digit())? + 1;
    let number = &text[from..to];
    let front = trim_text(text[..from].trim_end_matches(['-', '+', '.', '\u{2212}']));
    let back = trim_text(&text[to..]);
    let is_short = |it: &str| it.chars().count() <= 12;
    let has_any = !(front.is_empty() && back.is_empty());
    (has_any && is_short(front) && is_short(back) && take_apart(number, None).is_some())
        .then_some((front, number, back))
}

#[cfg(test)]
mod tests {
    use polars::prelude::NewChunkedArray as _;

    use super::*;

    fn said(cell: impl Fn(u32) -> String) -> Option<String> {
        let cells: Vec<String> = (0..60).map(cell).collect();
        said_of(&StringChunked::from_slice("x".into(), &cells))
    }

    #[test]
    fn units_and_quotes_are_told() {
        for (cells, words) in [
            (said(|it| format!("{it}.5 kg")), "each has `kg` behind it"),
            (said(|it| format!("{it}kWh")), "each has `kWh` behind it"),
            (said(|it| format!("-{it},25 °C")), "each has `°C` behind it"),
            (
                said(|it| format!("ca. {it}.25")),
                "each has `ca.` before it",
            ),
            (
                said(|it| format!("'{it}'")),
                "each has `'` and `'` around it",
            ),
            (
                said(|it| format!("[{it}]")),
                "each has `[` before and `]` behind it",
            ),
        ] {
            let cells = cells.unwrap_or_else(|| panic!("nothing is said where {words}"));
            assert!(cells.starts_with(words), "{cells}");
        }
    }

    #[test]
    fn other_digits_and_several_units_are_told() {
        let persian = |it: u32| {
            let written = it.to_string();
            let digits = written
                .chars()
                .filter_map(|c| char::from_u32(0x6F0 + c.to_digit(10)?));
            digits.collect::<String>() + "٫۵"
        };
        for (cells, words) in [
            (said(persian), "they are written in other digits"),
            (
                said(|it| format!("{}_{it:03}", it + 1)),
                "their digits are grouped by `_`",
            ),
            (
                said(|it| {
                    if it % 2 == 0 {
                        format!("{it}.5k")
                    } else {
                        format!("{it}.25")
                    }
                }),
                "some have `k` behind them, others nothing",
            ),
            (
                said(|it| format!("{it},5 {}", if it % 2 == 0 { "kg" } else { "g" })),
                "some have `g`, some `kg` behind them;",
            ),
        ] {
            let cells = cells.unwrap_or_else(|| panic!("nothing is said where {words}"));
            assert!(cells.starts_with(words), "{cells}");
        }
        // House numbers.
        let house = |it: u32| match it % 3 {
            0 => format!("{it}a"),
            _ => format!("{it}"),
        };
        assert_eq!(said(house), None);
    }

    #[test]
    fn codes_dates_categories_and_plain_texts_are_not() {
        assert_eq!(said(|it| format!("C{it}")), None, "codes");
        assert_eq!(
            said(|it| format!("2025-01-{:02} h", it % 28)),
            None,
            "dates"
        );
        assert_eq!(said(|it| format!("{} months", it % 4)), None, "categories");
        assert_eq!(said(|it| format!("{it}")), None, "numbers");
        assert_eq!(
            said(|it| format!("{it} unit{it}")),
            None,
            "another text each"
        );
        assert_eq!(said(|_| "none".to_string()), None, "no digit");
    }
}
