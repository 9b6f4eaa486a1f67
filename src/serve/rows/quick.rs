//! The usual JSON body, read without ceremony: `{"rows": [{…}, …]}`, no options, no escapes, columns in the same order in
//! every row.
//!
//! A reader that is general asks at each byte what may come; this one compares with what came in the row before. Whatever
//! is unusual or wrong makes it give up, and the body is read again by the general one, which then finds the words. What it
//! does read, it reads exactly alike: `tests.rs` holds the two against each other.

use super::{Bounds, Collector, Rows, Stop, Strictness};
use crate::features::CellRef;
use crate::serve::Problem;
use crate::serve::fleet::{Field, Served};

/// Powers of ten that are exact as `f64`.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/// Digits that always fit an `i64`.
const SURE_DIGITS: usize = 18;

/// The rows of a body; `None` when it is not of the usual form.
pub fn read(body: &[u8], served: &Served, bounds: Bounds) -> Option<Result<Rows, Problem>> {
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    let mut reader = Reader {
        text: std::str::from_utf8(body).ok()?,
        at: 0,
    };
    let stopped = reader.body(&mut collector)?;
    debug_assert!(stopped || reader.at == body.len());
    Some(collector.finish())
}

struct Reader<'b> {
    text: &'b str,
    at: usize,
}

impl<'b> Reader<'b> {
    /// Reads all of it; true when the collector wanted no more.
    fn body(&mut self, collector: &mut Collector<'_>) -> Option<bool> {
        self.blanks();
        self.byte(b'{')?;
        self.blanks();
        self.literal(b"\"rows\"")?;
        self.blanks();
        self.byte(b':')?;
        self.blanks();
        self.byte(b'[')?;
        self.blanks();
        let mut order: Vec<(&'b str, Field)> = Vec::new();
        if self.byte(b']').is_none() {
            loop {
                if let Err(Stop) = collector.begin_row() {
                    return Some(true);
                }
                self.row(collector, &mut order)?;
                collector.end_row();
                self.blanks();
                if self.byte(b',').is_none() {
                    self.byte(b']')?;
                    break;
                }
                self.blanks();
            }
        }
        self.blanks();
        self.byte(b'}')?;
        self.blanks();
        (self.at == self.text.len()).then_some(false)
    }

    fn row(
        &mut self,
        collector: &mut Collector<'_>,
        order: &mut Vec<(&'b str, Field)>,
    ) -> Option<()> {
        self.byte(b'{')?;
        self.blanks();
        if self.byte(b'}').is_some() {
            return Some(());
        }
        let mut column = 0;
        loop {
            let field = self.name(collector, order, column)?;
            column += 1;
            self.blanks();
            self.byte(b':')?;
            self.blanks();
            let cell = self.value()?;
            if let Field::Input(position) = field {
                collector.put(position, cell);
            }
            self.blanks();
            if self.byte(b',').is_none() {
                return self.byte(b'}');
            }
            self.blanks();
        }
    }

    /// A column's name, compared with the one that stood here in the row before.
    fn name(
        &mut self,
        collector: &mut Collector<'_>,
        order: &mut Vec<(&'b str, Field)>,
        column: usize,
    ) -> Option<Field> {
        self.byte(b'"')?;
        let rest = &self.text.as_bytes()[self.at..];
        if let Some((known, field)) = order.get(column)
            && rest.starts_with(known.as_bytes())
            && rest.get(known.len()) == Some(&b'"')
        {
            self.at += known.len() + 1;
            return Some(*field);
        }
        let name = self.rest_of_text()?;
        let field = collector.field(name);
        if column == order.len() {
            order.push((name, field));
        }
        Some(field)
    }

    fn value(&mut self) -> Option<CellRef<'b>> {
        match *self.text.as_bytes().get(self.at)? {
            b'"' => {
                self.at += 1;
                self.rest_of_text().map(CellRef::Text)
            }
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal(b"true").map(|()| CellRef::Boolean(true)),
            b'f' => self.literal(b"false").map(|()| CellRef::Boolean(false)),
            b'n' => self.literal(b"null").map(|()| CellRef::Missing),
            _ => None,
        }
    }

    /// A text whose opening quote is behind us, without escapes.
    fn rest_of_text(&mut self) -> Option<&'b str> {
        let rest = &self.text.as_bytes()[self.at..];
        let is_special = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < 0x20;
        let length = rest.iter().position(is_special)?;
        if rest[length] != b'"' {
            return None;
        }
        let text = self.text.get(self.at..self.at + length)?;
        self.at += length + 1;
        Some(text)
    }

    /// A number by JSON's grammar. Up to 2^53 and 22 decimals it is one exact division; else the standard library reads it.
    fn number(&mut self) -> Option<CellRef<'b>> {
        let bytes = self.text.as_bytes();
        let begin = self.at;
        let is_negative = self.byte(b'-').is_some();
        let first = self.at;
        let mut mantissa: u64 = 0;
        let mut digits = self.digits(&mut mantissa);
        let has_leading_zero = digits > 1 && bytes[first] == b'0';
        if digits == 0 || has_leading_zero || digits > SURE_DIGITS {
            return None;
        }
        let mut decimals = 0;
        if self.byte(b'.').is_some() {
            decimals = self.digits(&mut mantissa);
            digits += decimals;
            if decimals == 0 {
                return None;
            }
        } else if !matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            return Some(match (is_negative, mantissa) {
                (true, 0) => CellRef::Number(-0.0),
                (true, magnitude) => CellRef::Integer(-(magnitude as i64)),
                (false, magnitude) => CellRef::Integer(magnitude as i64),
            });
        }
        let has_exponent = matches!(bytes.get(self.at), Some(b'e' | b'E'));
        if !has_exponent && digits <= SURE_DIGITS && mantissa <= 1 << 53 && decimals < POWERS.len()
        {
            let magnitude = mantissa as f64 / POWERS[decimals];
            return Some(CellRef::Number(if is_negative {
                -magnitude
            } else {
                magnitude
            }));
        }
        if has_exponent {
            self.at += 1;
            if self.byte(b'+').is_none() {
                self.byte(b'-');
            }
            if self.digits(&mut 0) == 0 {
                return None;
            }
        }
        let number: f64 = self.text.get(begin..self.at)?.parse().ok()?;
        number.is_finite().then_some(CellRef::Number(number))
    }

    /// Reads digits into a number, which may wrap around, and tells how many there were.
    fn digits(&mut self, number: &mut u64) -> usize {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        while let Some(digit) = bytes.get(self.at).map(|byte| byte.wrapping_sub(b'0'))
            && digit <= 9
        {
            *number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        self.at - begin
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.text.as_bytes().get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    fn literal(&mut self, literal: &[u8]) -> Option<()> {
        let is_here = self.text.as_bytes()[self.at..].starts_with(literal);
        is_here.then(|| self.at += literal.len())
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }
}
