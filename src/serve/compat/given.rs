//! One value of a JSON body, whatever it is, without a copy of its text where that can be.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::features::CellRef;

/// A value that is to become a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Given<'a> {
    /// `null`.
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A list or an object, which can be no cell.
    Nested,
}

impl<'a> Given<'a> {
    /// Out of a value that was read already.
    pub fn of(value: &'a serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Given::Nothing,
            Value::Bool(flag) => Given::Flag(*flag),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Given::Whole(whole),
                None => Given::Number(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Given::Text(Cow::Borrowed(text)),
            Value::Array(_) | Value::Object(_) => Given::Nested,
        }
    }

    /// As a cell; `None` when it can be none.
    pub fn cell(&self) -> Option<CellRef<'_>> {
        match self {
            Given::Nothing => Some(CellRef::Missing),
            Given::Flag(flag) => Some(CellRef::Boolean(*flag)),
            Given::Whole(number) => Some(CellRef::Integer(*number)),
            Given::Number(number) => Some(CellRef::Number(*number)),
            Given::Text(text) => Some(CellRef::Text(text)),
            Given::Nested => None,
        }
    }
}

impl<'de> Deserialize<'de> for Given<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Given<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Given::Nothing)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Given::Flag(flag))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Given::Whole(number))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or(Given::Number(number as f64), Given::Whole))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Given::Number(number))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Given::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Given::Text(Cow::Owned(text.to_string())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Given::Nested)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Given::Nested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#"[null, true, 3, 18446744073709551615, 1.5, "a", "\n", [1, [2]], {"a": {}}]"#;
        let read: Vec<Given<'_>> = serde_json::from_str(text).expect("a list");
        let expected = [
            Given::Nothing,
            Given::Flag(true),
            Given::Whole(3),
            Given::Number(18_446_744_073_709_551_615.0),
            Given::Number(1.5),
            Given::Text("a".into()),
            Given::Text("\n".into()),
            Given::Nested,
            Given::Nested,
        ];
        assert_eq!(read, expected);
        let values: Vec<serde_json::Value> = serde_json::from_str(text).expect("a list");
        let of_values: Vec<Given<'_>> = values.iter().map(Given::of).collect();
        assert_eq!(of_values, expected);
        assert_eq!(read[7].cell(), None);
        assert_eq!(read[6].cell(), Some(CellRef::Text("\n")));
    }
}
