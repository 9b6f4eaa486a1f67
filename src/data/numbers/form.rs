//! The form of a column's numbers, and cells read by it: the same in training, test data, files and requests.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::cells::{Parsed, parse_number, trim_text};
use super::cell::{Digits, Mark, Number, take_apart};
use super::words::is_marker;
use crate::data::text_options::TextOptions;
use crate::data::text_options::{Decimal, Thousands};

/// How the numbers of a column are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberForm {
    /// The decimal mark.
    pub decimal: Decimal,
    /// What groups digits; `auto` for whatever cannot be a decimal mark.
    pub thousands: Thousands,
    /// Whether the numbers are per cent; they are read as they stand, without the sign.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub percent: bool,
    /// The currency at the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Whether cells that only mark a missing value (`-`, `n.a.`, `unknown`) are missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub markers: bool,
}

/// What a cell says by a form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellRead {
    /// A whole number.
    Integer(i64),
    /// A number; may be infinite or none.
    Number(f64),
    /// A mark for a missing value.
    Missing,
    /// Neither.
    Unreadable,
}

impl Default for NumberForm {
    fn default() -> Self {
        NumberForm::plain(&TextOptions::default())
    }
}

impl NumberForm {
    /// Numbers as programs write them.
    pub(in super::super) fn plain(options: &TextOptions) -> NumberForm {
        NumberForm {
            decimal: Decimal::Point,
            thousands: options.thousands,
            percent: false,
            currency: None,
            markers: false,
        }
    }

    /// Whether it is how programs write numbers, so that nothing need be said of it.
    pub fn is_plain(&self) -> bool {
        self.decimal != Decimal::Comma
            && !self.percent
            && self.currency.is_none()
            && !self.markers
            && matches!(self.thousands, Thousands::Auto | Thousands::None)
    }

    /// Reads a cell by this form, and by no other.
    pub fn read(&self, text: &str) -> CellRead {
        match take_apart(text, self.currency.as_deref()) {
            Some(number) => self.value(&number),
            None if self.markers && is_marker(trim_text(text)) => CellRead::Missing,
            None => match parse_number(trim_text(text).as_bytes()) {
                Some(Parsed::Number(value)) if !value.is_finite() => CellRead::Number(value),
                _ => CellRead::Unreadable,
            },
        }
    }

    /// Reads a cell that stands alone, as in a request: by this form, else as a plain number where that can mean only one.
    pub fn read_alone(&self, text: &str) -> CellRead {
        match self.read(text) {
            CellRead::Unreadable => {}
            read => return read,
        }
        let plain = take_apart(text, Some(""));
        let is_sure =
            |it: &Number<'_>| matches!(it.digits, Digits::Plain | Digits::Decimal(Mark::Point));
        match plain.filter(|it| is_sure(it) && !it.percent && !it.is_dressed) {
            Some(_) => match parse_number(trim_text(text).as_bytes()) {
                Some(Parsed::Integer(value)) => CellRead::Integer(value),
                Some(Parsed::Number(value)) => CellRead::Number(value),
                None => CellRead::Unreadable,
            },
            None => CellRead::Unreadable,
        }
    }

    /// Whether the marks of a number are those of this form.
    pub(super) fn fits(&self, digits: Digits) -> bool {
        let decimal = match self.decimal {
            Decimal::Comma => Mark::Comma,
            Decimal::Point | Decimal::Auto => Mark::Point,
        };
        let groups = |mark: Mark| {
            mark != decimal
                && match self.thousands {
                    Thousands::Auto => true,
                    Thousands::None => false,
                    Thousands::Point => mark == Mark::Point,
                    Thousands::Comma => mark == Mark::Comma,
                    Thousands::Space => mark == Mark::Space,
                    Thousands::Apostrophe => mark == Mark::Apostrophe,
                }
        };
        match digits {
            Digits::Plain => true,
            Digits::Decimal(mark) => mark == decimal,
            Digits::Grouped(mark) => groups(mark),
            Digits::GroupedDecimal(group, mark) => mark == decimal && groups(group),
            Digits::Either(mark) => mark == decimal || groups(mark),
        }
    }

    /// The value of a number that was taken apart.
    pub(super) fn value(&self, number: &Number<'_>) -> CellRead {
        let has_currency = number.currency.is_some();
        let is_other = has_currency && number.currency != self.currency.as_deref();
        let is_zero =
            number.digits == Digits::Plain && number.core.bytes().all(|byte| byte == b'0');
        if is_other || (number.percent != self.percent && !is_zero) || !self.fits(number.digits) {
            return CellRead::Unreadable;
        }
        let decimal = match self.decimal {
            Decimal::Comma => ',',
            Decimal::Point | Decimal::Auto => '.',
        };
        let mut plain = String::with_capacity(number.core.len() + 1);
        if number.negative {
            plain.push('-');
        }
        for it in number.core.chars() {
            match it {
                '0'..='9' | 'e' | 'E' | '-' | '+' => plain.push(it),
                it if it == decimal => plain.push('.'),
                _ => {}
            }
        }
        match parse_number(plain.as_bytes()) {
            Some(Parsed::Integer(value)) => CellRead::Integer(value),
            Some(Parsed::Number(value)) => CellRead::Number(value),
            // Too long to be exact, in a column of numbers.
            None => match plain.parse() {
                Ok(value) => CellRead::Number(value),
                Err(_) => CellRead::Unreadable,
            },
        }
    }
}

impl fmt::Display for NumberForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.decimal {
            Decimal::Comma => "decimal comma",
            Decimal::Point | Decimal::Auto => "decimal point",
        })?;
        f.write_str(match self.thousands {
            Thousands::Auto | Thousands::None => "",
            Thousands::Point => ", points group thousands",
            Thousands::Comma => ", commas group thousands",
            Thousands::Space => ", spaces group thousands",
            Thousands::Apostrophe => ", apostrophes group thousands",
        })?;
        if let Some(currency) = &self.currency {
            write!(f, ", with {currency}")?;
        }
        if self.percent {
            f.write_str(", per cent")?;
        }
        Ok(())
    }
}
