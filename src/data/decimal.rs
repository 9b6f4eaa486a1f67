//! Short decimal numbers, eight digits at a time and without a branch that depends on how many there are.

/// Powers of ten that are exact as `f64`.
const POWERS: [f64; 8] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
const WHOLE_POWERS: [i64; 8] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];
/// Whole numbers up to this one are exact as `f64`.
const MOST_EXACT: i64 = 1 << 53;

/// Bytes that are looked at for one number.
const WINDOW: usize = 16;

/// A number without a sign, of at most seven digits before its point and seven behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShortDecimal {
    /// Its value, correctly rounded.
    pub value: f64,
    /// Whether it has no point.
    pub is_whole: bool,
    /// Bytes that it takes.
    pub length: usize,
}

/// The number that a text begins with: `12`, `0.5` or `12.25`, never `.5` or `5.`. `None` where it has more digits. What follows the
/// number is the caller's to look at.
#[inline(always)]
pub fn short_decimal(text: &[u8]) -> Option<ShortDecimal> {
    match text.first_chunk::<WINDOW>() {
        Some(window) => read(window),
        None => read_padded(text),
    }
}

/// As [`short_decimal`] near the end of a text.
#[cold]
#[inline(never)]
fn read_padded(text: &[u8]) -> Option<ShortDecimal> {
    let mut padded = [b' '; WINDOW];
    padded[..text.len()].copy_from_slice(text);
    read(&padded)
}

#[inline(always)]
fn read(window: &[u8; WINDOW]) -> Option<ShortDecimal> {
    let (whole, n_whole) = seven_digits(window, 0)?;
    if window[n_whole] != b'.' {
        return Some(ShortDecimal {
            value: whole as f64,
            is_whole: true,
            length: n_whole,
        });
    }
    let (part, n_part) = seven_digits(window, n_whole + 1)?;
    let mantissa = whole * WHOLE_POWERS[n_part] + part;
    debug_assert!(mantissa <= MOST_EXACT);
    Some(ShortDecimal {
        // Both are exact, so one division rounds correctly.
        value: mantissa as f64 / POWERS[n_part],
        is_whole: false,
        length: n_whole + 1 + n_part,
    })
}

/// The number that a JSON text begins with, and its length; `None` where it is no number, or none of few digits.
#[inline(always)]
pub fn short_json_number(text: &[u8]) -> Option<(f64, usize)> {
    let is_negative = text.first() == Some(&b'-');
    let sign = usize::from(is_negative);
    let unsigned = &text[sign..];
    let read = short_decimal(unsigned)?;
    let goes_on = matches!(unsigned.get(read.length), Some(b'e' | b'E'));
    let has_leading_zero = matches!(unsigned, [b'0', b'0'..=b'9', ..]);
    if goes_on || has_leading_zero {
        return None;
    }
    // No branch on the sign: there is no telling what it is.
    let number = f64::from_bits(read.value.to_bits() | u64::from(is_negative) << 63);
    Some((number, sign + read.length))
}

/// The number that a cell of a text file begins with, whether it is whole, and its length; `None` where it is no number, or none of
/// few digits. What follows it is the caller's to look at.
#[inline(always)]
pub fn short_cell_number(text: &[u8]) -> Option<(f64, bool, usize)> {
    let is_negative = text.first() == Some(&b'-');
    let sign = usize::from(is_negative);
    let read = short_decimal(&text[sign..])?;
    // A whole zero has no sign.
    let is_negative = is_negative && !(read.is_whole && read.value == 0.0);
    let number = f64::from_bits(read.value.to_bits() | u64::from(is_negative) << 63);
    Some((number, read.is_whole, sign + read.length))
}

/// The number that one to seven digits are, and how many they are, from a place on that is at most 8.
///
/// Eight bytes are one number, the first its lowest byte. A byte that is no digit has its highest bit set after `'0'` is taken off and
/// 0x76 added, or before; a carry only reaches bytes behind it. Digits are moved up so that zeros stand before them, then neighbours
/// are joined: two digits, four, eight.
#[inline(always)]
fn seven_digits(window: &[u8; WINDOW], at: usize) -> Option<(i64, usize)> {
    let bytes = window[at & 15..].first_chunk()?;
    let digits = u64::from_le_bytes(*bytes) ^ 0x3030_3030_3030_3030;
    let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    // In bits, and 7 more.
    let length = others.trailing_zeros();
    if length < 8 || length == 64 {
        return None;
    }
    let aligned = digits << ((64 - (length & 0x38)) & 63);
    let pairs = aligned.wrapping_mul(10).wrapping_add(aligned >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    let number = low.wrapping_add(high) >> 32;
    Some((number as i64, (length >> 3) as usize & 7))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn padded(text: &str) -> Vec<u8> {
        format!("{text},-------------------").into_bytes()
    }

    #[test]
    fn short_numbers_are_read_and_others_left() {
        let read = |text: &str| short_decimal(&padded(text)).map(|it| (it.value, it.length));
        assert_eq!(read("0"), Some((0.0, 1)));
        assert_eq!(read("7.25"), Some((7.25, 4)));
        assert_eq!(read("1234567.7654321"), Some((1_234_567.765_432_1, 15)));
        assert_eq!(read("12:5"), Some((12.0, 2)));
        for other in ["12345678", "1.12345678", ".5", "5.", "", "-1", "x", "5.x"] {
            assert_eq!(read(other), None, "{other}");
        }
        for text in ["1.5", "7", "1234567.7654321"] {
            let read = short_decimal(text.as_bytes()).map(|it| it.length);
            assert_eq!(read, Some(text.len()), "at the end of its text");
        }
    }

    #[test]
    fn json_knows_no_leading_zero_and_may_go_on() {
        let read = |text: &str| short_json_number(&padded(text));
        assert_eq!(read("-0.5"), Some((-0.5, 4)));
        let zero = read("-0").expect("a number");
        assert_eq!((zero.0.to_bits(), zero.1), ((-0.0f64).to_bits(), 2));
        assert_eq!(read("0"), Some((0.0, 1)));
        for other in ["007", "-01.5", "1e5", "1.5E-3", "--1", "+1", "-"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn the_value_is_that_of_the_standard_library(
            text in "[0-9]{1,9}(\\.[0-9]{1,9})?",
            behind in prop::collection::vec(any::<u8>().prop_filter("no digit", |it| !it.is_ascii_digit()), 0..20),
        ) {
            let mut bytes = text.clone().into_bytes();
            bytes.extend(&behind);
            let digits = |part: &str| part.len() < 8;
            let is_short = text.split('.').all(digits) && (text.contains('.') || behind.first() != Some(&b'.'));
            match short_decimal(&bytes) {
                None => prop_assert!(!is_short),
                Some(read) => {
                    prop_assert!(is_short);
                    let value: f64 = text.parse().expect("a number");
                    prop_assert_eq!(read.value.to_bits(), value.to_bits());
                    prop_assert_eq!(read.length, text.len());
                    prop_assert_eq!(read.is_whole, !text.contains('.'));
                }
            }
        }
    }
}
