//! The usual JSON body, read without ceremony: `{"rows": [{…}, …]}` or an object per line, no options, no escapes, columns in the same
//! order in every row, and in that of the training data.
//!
//! A reader that is general asks at each byte what may come; this one compares with what came in the row before, and in the
//! first row with the names of the model's own columns. Whatever is unusual or wrong makes it give up, and the body is read
//! again by the general one, which then finds the words. What it does read, it reads exactly alike: `tests.rs` holds the two
//! against each other.

use super::quick_key::{Key, Order};
use super::{Bounds, Collector, Stop, Strictness};
use crate::data::short_json_number;
use crate::features::CellRef;
use crate::serve::Problem;
use crate::serving::rows::Rows;
use crate::serving::served::{Field, InputFacts, Served};

/// Powers of ten that are exact as `f64`.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/// Digits that always fit an `i64`.
const SURE_DIGITS: usize = 18;
/// Bytes that end a text or make it unusual.
const IS_SPECIAL: [bool; 256] = special();

/// Columns of a row beyond those of the model from which on it is not a usual body.
const MOST_UNKNOWN: usize = 256;

/// The rows of a body; `None` when it is not of the usual form.
pub fn read(body: &[u8], served: &Served, bounds: Bounds<'_>) -> Option<Result<Rows, Problem>> {
    read_by(Reader::body, body, served, bounds)
}

/// The rows of a body with an object per line; `None` when it is not of the usual form.
pub fn read_lines(
    body: &[u8],
    served: &Served,
    bounds: Bounds<'_>,
) -> Option<Result<Rows, Problem>> {
    read_by(Reader::lines, body, served, bounds)
}

fn read_by<'b>(
    read: impl Fn(&mut Reader<'b>, &mut Collector<'_>) -> Option<bool>,
    body: &'b [u8],
    served: &'b Served,
    bounds: Bounds<'_>,
) -> Option<Result<Rows, Problem>> {
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    let mut reader = Reader {
        text: std::str::from_utf8(body).ok()?,
        at: 0,
        inputs: &served.inputs,
    };
    let stopped = read(&mut reader, &mut collector)?;
    debug_assert!(stopped || reader.at == body.len());
    Some(collector.finish())
}

const fn special() -> [bool; 256] {
    let mut table = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = true;
        control += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
}

struct Reader<'b> {
    text: &'b str,
    at: usize,
    inputs: &'b [InputFacts],
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
        let mut order = Order::new(self.inputs.len());
        if self.byte(b']').is_none() {
            loop {
                if self.next_row(collector, &mut order)? {
                    return Some(true);
                }
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

    /// Reads an object per line; true when the collector wanted no more.
    fn lines(&mut self, collector: &mut Collector<'_>) -> Option<bool> {
        let mut order = Order::new(self.inputs.len());
        self.blanks();
        while self.at < self.text.len() {
            let rest = &self.text.as_bytes()[self.at..];
            let end = memchr::memchr(b'\n', rest).map_or(self.text.len(), |it| self.at + it);
            if self.next_row(collector, &mut order)? {
                return Some(true);
            }
            // The general reader says what is wrong with an object on two lines, or two on one.
            let is_alone = self.text.get(self.at..end)?.trim_ascii().is_empty();
            is_alone.then(|| self.blanks())?;
        }
        (collector.n_rows() > 0).then_some(false)
    }

    /// Reads the next row; true when the collector wants no more.
    fn next_row(&mut self, collector: &mut Collector<'_>, order: &mut Order<'b>) -> Option<bool> {
        if let Err(Stop) = collector.begin_row() {
            return Some(true);
        }
        let begin = self.at;
        self.row(collector, order)?;
        collector.end_row();
        if collector.n_rows() == 1 {
            let n_rows = self.text.len() / (self.at - begin);
            collector.expect_rows(n_rows, self.text.len());
        }
        Some(false)
    }

    fn row(&mut self, collector: &mut Collector<'_>, order: &mut Order<'b>) -> Option<()> {
        self.byte(b'{')?;
        self.blanks();
        if self.byte(b'}').is_some() {
            return Some(());
        }
        let mut column = self.usual_cells(collector, order);
        loop {
            // So many that the general reader has to say so.
            if column > MOST_UNKNOWN + self.inputs.len() {
                return None;
            }
            let (field, is_plain) = self.name(collector, order, column)?;
            column += 1;
            self.blanks();
            match field {
                Field::Input(position) => match is_plain.then(|| self.short_number()).flatten() {
                    Some(number) => collector.put_plain(position, number),
                    None => self.put(collector, position, is_plain)?,
                },
                Field::Unused => {
                    self.value()?;
                }
            }
            self.blanks();
            if self.byte(b',').is_none() {
                return self.byte(b'}');
            }
            self.blanks();
        }
    }

    /// Reads cells from the begin of a row for as long as each has the name that stood there in the row before, and a number of few
    /// digits that is not the row's last cell; how many. Nearly all cells of a body are read here.
    #[inline]
    fn usual_cells(&mut self, collector: &mut Collector<'_>, order: &Order<'b>) -> usize {
        let bytes = self.text.as_bytes();
        let after_blank = |at: usize| at + usize::from(bytes.get(at) == Some(&b' '));
        let mut column = 0;
        for key in &order.keys {
            let Field::Input(position) = key.field else {
                break;
            };
            if !(key.is_plain && key.begins(&bytes[self.at..])) {
                break;
            }
            let begin = after_blank(self.at + key.text.len());
            let rest = bytes.get(begin..).unwrap_or_default();
            let Some((number, length)) = short_json_number(rest) else {
                break;
            };
            if rest.get(length) != Some(&b',') {
                break;
            }
            collector.put_plain(position, number);
            self.at = after_blank(begin + length + 1);
            column += 1;
        }
        column
    }

    /// A value that is no short number, or for an input that has to look at it.
    fn put(
        &mut self,
        collector: &mut Collector<'_>,
        position: usize,
        is_plain: bool,
    ) -> Option<()> {
        match self.value()? {
            CellRef::Number(number) if is_plain => collector.put_plain(position, number),
            cell => collector.put(position, cell),
        }
        Some(())
    }

    /// A column's name and its colon, compared with what stood here in the row before. In the first row it is compared with
    /// the input that comes next.
    #[inline]
    fn name(
        &mut self,
        collector: &mut Collector<'_>,
        order: &mut Order<'b>,
        column: usize,
    ) -> Option<(Field, bool)> {
        let rest = &self.text.as_bytes()[self.at..];
        if let Some(known) = order.keys.get(column) {
            if known.begins(rest) {
                self.at += known.text.len();
                return Some((known.field, known.is_plain));
            }
        } else if let Some(next) = self.next_input(order)
            && next.begins(rest)
        {
            self.at += next.text.len();
            order.add(next);
            return Some((next.field, next.is_plain));
        }
        let begin = self.at;
        self.byte(b'"')?;
        let name = self.rest_of_text()?;
        self.blanks();
        self.byte(b':')?;
        let field = collector.field(name);
        let key = Key::new(&self.text.as_bytes()[begin..self.at], field, self.inputs);
        if column == order.keys.len() {
            order.add(key);
        }
        Some((field, key.is_plain))
    }

    /// The input behind the last one of these.
    fn next_input(&self, order: &Order<'b>) -> Option<Key<'b>> {
        let next = order.next_input;
        let input = self.inputs.get(next)?;
        let text = input.key.as_bytes();
        Some(Key::new(text, Field::Input(next), self.inputs))
    }

    #[inline]
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
        let is_special = |&byte: &u8| IS_SPECIAL[usize::from(byte)];
        let length = rest.iter().position(is_special)?;
        if rest[length] != b'"' {
            return None;
        }
        let text = self.text.get(self.at..self.at + length)?;
        self.at += length + 1;
        Some(text)
    }

    /// A number of few digits; `None`, and nothing read, where it is another or no number.
    #[inline]
    fn short_number(&mut self) -> Option<f64> {
        let (number, length) = short_json_number(&self.text.as_bytes()[self.at..])?;
        self.at += length;
        Some(number)
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

    /// Reads digits into a number, which may wrap around, and returns how many there were.
    #[inline]
    fn digits(&mut self, number: &mut u64) -> usize {
        let mut digits = 0;
        for byte in &self.text.as_bytes()[self.at..] {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            *number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        }
        self.at += digits;
        digits
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
