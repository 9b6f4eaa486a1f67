//! Long arrays of numbers in JSON: `{"f32": "<base64 of little-endian bytes>"}` in place of a list of decimals, which is
//! several times as long and slow to read. Short ones stay lists, and reading takes either form.
//!
//! For fields: `#[serde(with = "packed")]`.

use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest array that is written as a list.
pub const LONGEST_LIST: usize = 4096;

/// A number with a fixed number of bytes.
pub trait Number: Copy + Serialize + for<'a> Deserialize<'a> {
    /// Names the form of the bytes.
    const TAG: &'static str;
    /// Bytes of each.
    const WIDTH: usize;
    /// Appends the little-endian bytes.
    fn write(self, bytes: &mut Vec<u8>);
    /// Reads [`Number::WIDTH`] bytes; `None` when they are no such number.
    fn read(bytes: &[u8]) -> Option<Self>;
}

macro_rules! number {
    ($kind:ty, $tag:literal) => {
        impl Number for $kind {
            const TAG: &'static str = $tag;
            const WIDTH: usize = size_of::<$kind>();
            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn read(bytes: &[u8]) -> Option<Self> {
                Some(<$kind>::from_le_bytes(bytes.try_into().ok()?))
            }
        }
    };
}
number!(f64, "f64");
number!(f32, "f32");
number!(u32, "u32");

impl Number for bool {
    const TAG: &'static str = "bool";
    const WIDTH: usize = 1;
    fn write(self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self));
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

/// Writes an array, as text when it is long.
///
/// # Errors
/// What the serializer says.
pub fn serialize<N: Number, S: Serializer>(numbers: &[N], to: S) -> Result<S::Ok, S::Error> {
    if numbers.len() <= LONGEST_LIST {
        return to.collect_seq(numbers);
    }
    let mut bytes = Vec::with_capacity(numbers.len() * N::WIDTH);
    numbers.iter().for_each(|number| number.write(&mut bytes));
    let mut map = to.serialize_map(Some(1))?;
    map.serialize_entry(N::TAG, &STANDARD.encode(&bytes))?;
    map.end()
}

/// Reads either form.
///
/// # Errors
/// When it is neither, or the text does not hold such numbers.
pub fn deserialize<'de, N: Number, D: Deserializer<'de>>(from: D) -> Result<Vec<N>, D::Error> {
    from.deserialize_any(Either(PhantomData))
}

struct Either<N>(PhantomData<N>);

impl<'de, N: Number> Visitor<'de> for Either<N> {
    type Value = Vec<N>;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "a list of numbers or {{\"{}\": text}}", N::TAG)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<N>, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = list.next_element()? {
            numbers.push(number);
        }
        Ok(numbers)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<N>, A::Error> {
        let Some(tag) = map.next_key::<String>()? else {
            return Err(A::Error::custom("packed numbers without their kind"));
        };
        if tag != N::TAG {
            return Err(A::Error::custom(format!(
                "packed numbers that are not {}",
                N::TAG
            )));
        }
        let text: std::borrow::Cow<'de, str> = map.next_value()?;
        if map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("packed numbers of two kinds"));
        }
        let bytes = STANDARD
            .decode(text.as_bytes())
            .map_err(|_| A::Error::custom("packed numbers that are not base64"))?;
        if bytes.len() % N::WIDTH != 0 {
            return Err(A::Error::custom("packed numbers that are cut off"));
        }
        let numbers: Option<Vec<N>> = bytes.chunks_exact(N::WIDTH).map(N::read).collect();
        numbers.ok_or_else(|| A::Error::custom(format!("packed numbers that are not {}", N::TAG)))
    }
}
