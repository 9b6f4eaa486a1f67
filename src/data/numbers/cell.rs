//! One cell taken apart: signs, currency and per cent around digits, and what is between the digits.

use super::super::cells::trim_text;

/// What may be between digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Point,
    Comma,
    Space,
    Apostrophe,
}

/// How the digits of a number are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    /// `1234`.
    Plain,
    /// `12.5`, `0,125`: the mark can only be a decimal one.
    Decimal(Mark),
    /// `1.234.567`, `1 234`: the mark can only group.
    Grouped(Mark),
    /// `1.234,5`.
    GroupedDecimal(Mark, Mark),
    /// `1.234`: a decimal mark, or a group.
    Either(Mark),
}

/// A cell that is a number in some form.
#[derive(Debug, Clone, PartialEq)]
pub struct Number<'a> {
    pub digits: Digits,
    pub negative: bool,
    pub percent: bool,
    /// As it is written.
    pub currency: Option<&'a str>,
    /// More than one digit before any mark, the first of them 0, as codes have it.
    pub leading_zero: bool,
    /// Digits, marks and exponent.
    pub core: &'a str,
    /// Not as plain programs write it: has a sign behind it, parentheses, a plus or minus of its own kind.
    pub is_dressed: bool,
}

/// Currencies by code or abbreviation; symbols are taken by their kind.
const CURRENCIES: [&str; 60] = [
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "AUD", "CAD", "NZD", "SEK", "NOK",
    "DKK", "ISK", "PLN", "CZK", "HUF", "RON", "BGN", "RSD", "TRY", "RUB", "UAH", "ILS", "ZAR",
    "BRL", "MXN", "ARS", "CLP", "COP", "PEN", "KRW", "THB", "IDR", "MYR", "PHP", "VND", "SGD",
    "HKD", "TWD", "AED", "SAR", "EGP", "NGN", "KES", "kr", "kr.", "zł", "Kč", "Ft", "Fr.", "lei",
    "руб.", "R$", "US$", "A$", "C$", "TL", "Rs.",
];

/// Whether a text is a number in any form that is known.
pub fn is_number_in_any_form(text: &str) -> bool {
    take_apart(text, None).is_some()
}

/// Takes a cell apart. `currency` is the only one by the settings, an empty text for none at all.
pub fn take_apart<'a>(text: &'a str, currency: Option<&str>) -> Option<Number<'a>> {
    let mut rest = trim_text(text);
    // Most texts are not numbers: without a digit, or too long.
    if rest.len() > 80 || !rest.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (mut signs, mut negative, mut percent) = (0, false, false);
    let mut is_dressed = false;
    let mut found: Option<&str> = None;
    for _ in 0..8 {
        rest = trim_text(rest);
        if signs == 0
            && let Some(inner) = rest.strip_prefix('(').and_then(|it| it.strip_suffix(')'))
        {
            (rest, signs, negative, is_dressed) = (inner, 1, true, true);
            continue;
        }
        let minus =
            |it: char| matches!(it, '-' | '\u{2212}' | '\u{2013}' | '\u{FE63}' | '\u{FF0D}');
        if signs == 0
            && let Some(inner) = rest.strip_prefix(minus)
        {
            is_dressed |= !rest.starts_with('-');
            (rest, signs, negative) = (inner, 1, true);
            continue;
        }
        if signs == 0
            && let Some(inner) = rest.strip_prefix('+')
        {
            (rest, signs) = (inner, 1);
            continue;
        }
        // `5,-` is a price without cents.
        if let Some(inner) = rest
            .strip_suffix(minus)
            .and_then(|it| it.strip_suffix([',', '.']))
        {
            rest = inner;
            continue;
        }
        if signs == 0
            && let Some(inner) = rest.strip_suffix(minus)
        {
            (rest, signs, negative, is_dressed) = (inner, 1, true, true);
            continue;
        }
        if !percent && let Some(inner) = rest.strip_suffix(['%', '\u{FF05}', '\u{066A}']) {
            (rest, percent) = (inner, true);
            continue;
        }
        if found.is_none()
            && let Some((symbol, inner)) = strip_currency(rest, currency)
        {
            (rest, found) = (inner, Some(symbol));
            continue;
        }
        break;
    }
    if percent && found.is_some() {
        return None;
    }
    let (digits, leading_zero) = digits_of(rest)?;
    Some(Number {
        digits,
        negative,
        percent,
        currency: found,
        leading_zero,
        core: rest,
        is_dressed,
    })
}

/// The currency at either end and the rest.
fn strip_currency<'a>(text: &'a str, set: Option<&str>) -> Option<(&'a str, &'a str)> {
    if let Some(set) = set {
        if set.is_empty() {
            return None;
        }
        let front = text
            .strip_prefix(set)
            .map(|rest| (&text[..set.len()], rest));
        let back = text
            .strip_suffix(set)
            .map(|rest| (&text[rest.len()..], rest));
        return front.or(back);
    }
    let first_digit = text.find(|it: char| it.is_ascii_digit())?;
    let last_digit = text.rfind(|it: char| it.is_ascii_digit())? + 1;
    let signs = ['-', '+', '(', '\u{2212}', '\u{2013}', '.', ','];
    let front = &text[..first_digit];
    // `Fr. 5`, `Rs. 5`: the point belongs to the currency, `$.50` has it as its decimal mark.
    let front = if is_currency(trim_text(front)) {
        trim_text(front)
    } else {
        trim_text(front.trim_end_matches(signs))
    };
    if is_currency(front) {
        return Some((front, &text[text.find(front)? + front.len()..]));
    }
    let back = trim_text(text[last_digit..].trim_start_matches(['.', ',']));
    let back = back.trim_end_matches(['-', ')', '\u{2212}']).trim_end();
    (is_currency(back) && text.ends_with(back)).then(|| (back, &text[..text.len() - back.len()]))
}

fn is_currency(text: &str) -> bool {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => is_symbol(one),
        (Some(_), Some(_)) => CURRENCIES.contains(&text),
        _ => false,
    }
}

/// Characters of the category Sc of Unicode.
fn is_symbol(it: char) -> bool {
    matches!(it, '$' | '\u{A2}'..='\u{A5}' | '\u{58F}' | '\u{60B}' | '\u{9F2}' | '\u{9F3}' | '\u{E3F}' | '\u{17DB}'
        | '\u{20A0}'..='\u{20C0}' | '\u{FDFC}' | '\u{FF04}' | '\u{FFE0}' | '\u{FFE1}' | '\u{FFE5}' | '\u{FFE6}')
}

fn mark_of(it: char) -> Option<Mark> {
    match it {
        '.' => Some(Mark::Point),
        ',' => Some(Mark::Comma),
        ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}' | '\u{2007}' => Some(Mark::Space),
        '\'' | '\u{2019}' => Some(Mark::Apostrophe),
        _ => None,
    }
}

/// How the digits are put together, and whether they begin with a 0 that no number needs.
fn digits_of(core: &str) -> Option<(Digits, bool)> {
    const MOST: usize = 12;
    let mut runs = [0u32; MOST];
    let mut marks = [Mark::Point; MOST];
    let mut at = 0;
    let body = without_exponent(core);
    let has_exponent = body.len() < core.len();
    for it in body.chars() {
        if it.is_ascii_digit() {
            runs[at] += 1;
            continue;
        }
        if at + 1 == MOST {
            return None;
        }
        marks[at] = mark_of(it)?;
        at += 1;
    }
    let (runs, marks) = (&runs[..=at], &marks[..at]);
    let leading_zero = runs[0] > 1 && body.starts_with('0');
    let is_zero_first = body.starts_with('0');
    // Groups of three, the first may be shorter; `12,34,567` as in India.
    let is_grouped = |runs: &[u32], mark: Mark| {
        let [first, middle @ .., last] = runs else {
            return false;
        };
        let threes = middle.iter().all(|run| *run == 3);
        let twos = mark == Mark::Comma && middle.iter().all(|run| *run == 2) && !middle.is_empty();
        (1..=3).contains(first) && *last == 3 && (threes || (twos && *first <= 2)) && !is_zero_first
    };
    let digits = match *marks {
        [] => (runs[0] > 0).then_some(Digits::Plain)?,
        [mark @ (Mark::Point | Mark::Comma)] => {
            if runs[0] + runs[1] == 0 {
                return None;
            }
            if is_grouped(runs, mark) && !has_exponent {
                Digits::Either(mark)
            } else {
                Digits::Decimal(mark)
            }
        }
        _ if marks.iter().all(|mark| *mark == marks[0]) => {
            is_grouped(runs, marks[0]).then_some(Digits::Grouped(marks[0]))?
        }
        [ref groups @ .., decimal @ (Mark::Point | Mark::Comma)] => {
            let group = groups[0];
            let is_one = groups.iter().all(|mark| *mark == group) && group != decimal;
            let is_grouped = is_one && is_grouped(&runs[..runs.len() - 1], group);
            is_grouped.then_some(Digits::GroupedDecimal(group, decimal))?
        }
        _ => return None,
    };
    Some((digits, leading_zero))
}

fn without_exponent(core: &str) -> &str {
    let Some((body, exponent)) = core.split_once(['e', 'E']) else {
        return core;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_one = !exponent.is_empty() && exponent.bytes().all(|byte| byte.is_ascii_digit());
    if is_one { body } else { core }
}
