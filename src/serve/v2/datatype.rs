//! The datatypes of tensors: their names and sizes, and how an element of each becomes a cell, out of JSON and out of bytes.

use crate::features::CellRef;

/// Type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datatype {
    /// True or false; a byte.
    Bool,
    /// Whole numbers from 0, of this many bytes.
    Unsigned(usize),
    /// Whole numbers, of this many bytes.
    Signed(usize),
    /// Half, single and double precision, of this many bytes.
    Float(usize),
    /// Texts; each a length in four bytes, and that many bytes.
    Bytes,
}

use Datatype::{Bool, Bytes, Float, Signed, Unsigned};

/// All of them by name.
pub const NAMED: [(&str, Datatype); 13] = [
    ("BOOL", Bool),
    ("UINT8", Unsigned(1)),
    ("UINT16", Unsigned(2)),
    ("UINT32", Unsigned(4)),
    ("UINT64", Unsigned(8)),
    ("INT8", Signed(1)),
    ("INT16", Signed(2)),
    ("INT32", Signed(4)),
    ("INT64", Signed(8)),
    ("FP16", Float(2)),
    ("FP32", Float(4)),
    ("FP64", Float(8)),
    ("BYTES", Bytes),
];

impl Datatype {
    /// The datatype of a name.
    pub fn parse(name: &str) -> Option<Self> {
        let found = NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, datatype)| *datatype)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = NAMED.iter().find(|(_, known)| *known == self);
        found.map_or("", |(name, _)| name)
    }

    /// All names, for a message.
    pub fn names() -> String {
        NAMED.map(|(name, _)| name).join(", ")
    }

    /// Bytes of an element; none where elements differ in length.
    pub fn size(self) -> Option<usize> {
        match self {
            Bool => Some(1),
            Unsigned(size) | Signed(size) | Float(size) => Some(size),
            Bytes => None,
        }
    }

    /// A whole number of a JSON list as this datatype holds it; none when it cannot.
    pub fn whole(self, number: i128) -> Option<CellRef<'static>> {
        match self {
            Bool => match number {
                0 | 1 => Some(CellRef::Boolean(number == 1)),
                _ => None,
            },
            Unsigned(size) => {
                let most = (1i128 << (8 * size)) - 1;
                (0..=most).contains(&number).then(|| integer(number))
            }
            Signed(size) => {
                let half = 1i128 << (8 * size - 1);
                (-half..half).contains(&number).then(|| integer(number))
            }
            Float(_) => self.fraction(number as f64),
            Bytes => None,
        }
    }

    /// A number with a point or exponent of a JSON list as this datatype holds it: rounded where that has fewer digits.
    pub fn fraction(self, number: f64) -> Option<CellRef<'static>> {
        match self {
            Float(size) => {
                let rounded = match size {
                    2 => rounded_to_half(number),
                    4 => f64::from(number as f32),
                    _ => number,
                };
                rounded.is_finite().then_some(CellRef::Number(rounded))
            }
            // 3.0 is as whole as 3; beyond 2^63 no fraction is left that would tell.
            Unsigned(_) | Signed(_) if number.fract() == 0.0 && number.abs() < 2f64.powi(64) => {
                self.whole(number as i128)
            }
            _ => None,
        }
    }

    /// An element of fixed size, little-endian; none for a truth value that is neither 0 nor 1.
    pub fn element(self, bytes: &[u8]) -> Option<CellRef<'static>> {
        let mut eight = [0; 8];
        eight.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let bits = u64::from_le_bytes(eight);
        Some(match self {
            Bool => match bits {
                0 | 1 => CellRef::Boolean(bits == 1),
                _ => return None,
            },
            Unsigned(_) => integer(i128::from(bits)),
            Signed(size) => {
                // The sign is in the element's own highest bit.
                let unused = 64 - 8 * size as u32;
                CellRef::Integer(((bits << unused) as i64) >> unused)
            }
            Float(2) => number(half(bits as u16)),
            Float(4) => number(f64::from(f32::from_bits(bits as u32))),
            Float(_) => number(f64::from_bits(bits)),
            Bytes => return None,
        })
    }
}

/// What the rows of a JSON body would be, too: a number beyond 2^63 is one with a fraction.
fn integer(number: i128) -> CellRef<'static> {
    match i64::try_from(number) {
        Ok(number) => CellRef::Integer(number),
        Err(_) => CellRef::Number(number as f64),
    }
}

/// A tensor has no null; NaN stands for a cell without a value.
fn number(number: f64) -> CellRef<'static> {
    if number.is_nan() {
        CellRef::Missing
    } else {
        CellRef::Number(number)
    }
}

/// The value of a half-precision number: 1 sign bit, 5 of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match i32::from((bits >> 10) & 0x1f) {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// The nearest number that half precision holds, ties to even; infinite beyond the largest.
fn rounded_to_half(number: f64) -> f64 {
    let exponent = ((number.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    // Below 2^-14 all have the same step.
    let step = 2f64.powi(exponent.max(-14) - 10);
    let rounded = (number / step).round_ties_even() * step;
    if rounded.abs() >= 65536.0 {
        f64::INFINITY
    } else {
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_number(cell: Option<CellRef<'_>>) -> Option<f64> {
        cell.and_then(CellRef::number)
    }

    #[test]
    fn every_datatype_is_found_by_its_name() {
        for (name, datatype) in NAMED {
            assert_eq!(Datatype::parse(name), Some(datatype));
            assert_eq!(datatype.name(), name);
        }
        assert_eq!(Datatype::parse("BF16"), None);
        assert_eq!(Datatype::parse("fp32"), None);
    }

    #[test]
    fn whole_numbers_stay_within_their_size() {
        for (datatype, least, most) in [
            (Unsigned(1), 0, 255),
            (Unsigned(2), 0, 65_535),
            (Unsigned(4), 0, i128::from(u32::MAX)),
            (Unsigned(8), 0, i128::from(u64::MAX)),
            (Signed(1), -128, 127),
            (Signed(2), -32_768, 32_767),
            (Signed(4), i128::from(i32::MIN), i128::from(i32::MAX)),
            (Signed(8), i128::from(i64::MIN), i128::from(i64::MAX)),
        ] {
            assert_eq!(as_number(datatype.whole(least)), Some(least as f64));
            assert_eq!(as_number(datatype.whole(most)), Some(most as f64));
            assert_eq!(datatype.whole(least - 1), None, "{datatype:?}");
            assert_eq!(datatype.whole(most + 1), None, "{datatype:?}");
        }
        assert_eq!(Signed(4).fraction(3.0), Some(CellRef::Integer(3)));
        assert_eq!(Signed(4).fraction(3.5), None);
        assert_eq!(Signed(8).fraction(1e300), None);
    }

    #[test]
    fn elements_are_little_endian() {
        for (datatype, bytes, expected) in [
            (Unsigned(1), &[200u8][..], CellRef::Integer(200)),
            (Signed(1), &[200], CellRef::Integer(-56)),
            (Unsigned(2), &[1, 2], CellRef::Integer(513)),
            (Signed(2), &[0xff, 0xff], CellRef::Integer(-1)),
            (
                Signed(4),
                &[0, 0, 0, 0x80],
                CellRef::Integer(i64::from(i32::MIN)),
            ),
            (
                Signed(8),
                &[0xfe; 8],
                CellRef::Integer(-0x0101_0101_0101_0102),
            ),
            (Unsigned(8), &[0xff; 8], CellRef::Number(u64::MAX as f64)),
            (Float(2), &[0x00, 0x3e], CellRef::Number(1.5)),
            (Float(4), &[0, 0, 0xc0, 0xbf], CellRef::Number(-1.5)),
            (Float(4), &[0, 0, 0xc0, 0x7f], CellRef::Missing),
            (Bool, &[1], CellRef::Boolean(true)),
        ] {
            assert_eq!(datatype.element(bytes), Some(expected), "{datatype:?}");
        }
        assert_eq!(Bool.element(&[2]), None);
    }

    #[test]
    fn halves_are_read_exactly_and_rounded_to_the_nearest() {
        for (bits, expected) in [
            (0x0000, 0.0),
            (0x0001, 2f64.powi(-24)),
            (0x03ff, 1023.0 * 2f64.powi(-24)),
            (0x0400, 2f64.powi(-14)),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), expected, "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan());
        // Every finite half is its own nearest, and so is what lies less than half a step away.
        for bits in (0..0x7c00u16).chain(0x8000..0xfc00) {
            let value = half(bits);
            assert_eq!(rounded_to_half(value), value, "{bits:#x}");
            let next = half(bits.saturating_add(1));
            if next.is_finite() {
                let near = value + (next - value) * 0.49;
                assert_eq!(rounded_to_half(near), value, "{bits:#x}");
            }
        }
        // 2049 lies between 2048 and 2050, 2051 between 2050 and 2052: even fractions win.
        assert_eq!(rounded_to_half(2049.0), 2048.0);
        assert_eq!(rounded_to_half(2051.0), 2052.0);
        assert_eq!(rounded_to_half(65519.0), 65504.0);
        assert_eq!(rounded_to_half(65520.0), f64::INFINITY);
        assert_eq!(rounded_to_half(0.1), 0.0999755859375);
    }
}
