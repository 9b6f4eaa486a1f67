//! What a single CSV cell says: missing, number, boolean.

/// A cell's number, with its sort.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parsed {
    /// Without a decimal point.
    Integer(i64),
    /// May be infinite or NaN.
    Number(f64),
}

/// The texts that mean "missing", made for asking often.
pub(super) struct Nulls {
    texts: Vec<Vec<u8>>,
    first: [bool; 256],
    longest: usize,
}

impl Nulls {
    pub fn new(texts: &[String]) -> Nulls {
        let texts: Vec<Vec<u8>> = texts
            .iter()
            .map(|text| text.trim().as_bytes().to_vec())
            .filter(|text| !text.is_empty())
            .collect();
        let mut first = [false; 256];
        for text in &texts {
            first[usize::from(text[0])] = true;
        }
        let longest = texts.iter().map(Vec::len).max().unwrap_or(0);
        Nulls {
            texts,
            first,
            longest,
        }
    }

    /// True for an empty or blank cell and for one of the texts. The cell has no blanks around it.
    #[inline]
    pub fn contains(&self, trimmed: &[u8]) -> bool {
        let Some(&first) = trimmed.first() else {
            return true;
        };
        self.first[usize::from(first)]
            && trimmed.len() <= self.longest
            && self.texts.iter().any(|text| text == trimmed)
    }
}

/// The cell without blanks around it, as [`trim_text`] takes them off.
#[inline]
pub(super) fn trim(cell: &[u8]) -> &[u8] {
    let is_odd = |byte: u8| byte.is_ascii_whitespace() || byte >= 0x80;
    match (cell.first(), cell.last()) {
        (Some(&first), Some(&last)) if is_odd(first) || is_odd(last) => trim_odd(cell),
        _ => cell,
    }
}

fn trim_odd(cell: &[u8]) -> &[u8] {
    match std::str::from_utf8(cell) {
        Ok(text) => trim_text(text).as_bytes(),
        Err(_) => cell.trim_ascii(),
    }
}

/// A text without blanks around it; no-break spaces, characters of no width and byte order marks are blanks, too.
pub fn trim_text(text: &str) -> &str {
    let is_blank = |it: char| {
        it.is_whitespace() || matches!(it, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
    };
    text.trim_matches(is_blank)
}

/// Reads `true` or `false` in any case.
#[inline]
pub(super) fn parse_boolean(trimmed: &[u8]) -> Option<bool> {
    match trimmed.len() {
        4 if trimmed.eq_ignore_ascii_case(b"true") => Some(true),
        5 if trimmed.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    }
}

/// 10^0 to 10^22, all exact in `f64`.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Reads a decimal number without blanks around it, correctly rounded.
///
/// Mantissas up to 2^53 with a small exponent are one exact multiplication or division; the rest goes to the standard
/// library.
#[inline]
pub fn parse_number(cell: &[u8]) -> Option<Parsed> {
    let (negative, unsigned) = match cell {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut mantissa: u64 = 0;
    let mut at = 0;
    while let Some(digit) = digit_at(unsigned, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let whole = at;
    if at == unsigned.len() {
        return match whole {
            0 => None,
            1..=18 => {
                let value = mantissa as i64;
                Some(Parsed::Integer(if negative { -value } else { value }))
            }
            _ => long_integer(cell),
        };
    }
    let mut fraction = 0;
    if unsigned[at] == b'.' {
        at += 1;
        while let Some(digit) = digit_at(unsigned, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
            fraction += 1;
        }
    }
    if at == unsigned.len()
        && whole + fraction > 0
        && whole + fraction <= 18
        && mantissa <= 1 << 53
        && fraction <= 22
    {
        let value = mantissa as f64 / POWERS[fraction];
        return Some(Parsed::Number(if negative { -value } else { value }));
    }
    // Exponents, long mantissas, and the words inf, infinity and nan; everything else fails here.
    standard(cell).map(Parsed::Number)
}

#[inline(always)]
fn digit_at(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

/// A whole number of 19 digits and more. One that no `f64` is exactly is none: such digits name something, and two of them
/// would be one number.
#[cold]
fn long_integer(cell: &[u8]) -> Option<Parsed> {
    let text = std::str::from_utf8(cell).ok()?;
    if let Ok(value) = text.parse() {
        return Some(Parsed::Integer(value));
    }
    let value: f64 = text.parse().ok()?;
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches('0');
    (format!("{:.0}", value.abs()) == digits).then_some(Parsed::Number(value))
}

fn standard(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}
