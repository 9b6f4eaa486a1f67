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
    let ((front, back), n) = around.into_iter().max_by_key(|(_, n)| *n)?;
    let is_measured = !back.is_empty() || fractions * 2 > sample.len();
    if n * 100 < sample.len() * LEAST_SHARE || numbers.len() <= FEW || !is_measured {
        return None;
    }
    Some(match (front, back) {
        ("\'", "\'") | ("`", "`") | ("\u{201C}", "\u{201D}") | ("\u{2018}", "\u{2019}") => {
            format!(
                "each has `{front}` and `{back}` around it, which are no quotes of CSV; remove them"
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

/// A cell as what stands before its number, the number, and what stands behind; `None` without a number or without a text
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
