//! Keys that stand twice in one JSON object. Parsers let the last one count in silence, which is a guess.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Most characters of a key that are shown.
const MOST_TOLD: usize = 64;

/// A key that an object has twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTwice {
    /// The key, its beginning if it is long.
    pub key: String,
    /// Of the text, from 1, at or behind the second one.
    pub line: usize,
}

/// What Python and others write where there is no number.
const NO_NUMBERS: [&[u8]; 5] = [b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf"];

/// The word at a place of a line, where it is one that stands for no number. Columns are counted from 1, in bytes, and the
/// place is that of the byte that cannot be.
pub fn no_number_at(line: &[u8], column: usize) -> Option<&'static str> {
    let begins = |at: usize| {
        let rest = line.get(at..)?;
        let word = NO_NUMBERS.iter().find(|word| rest.starts_with(word))?;
        let is_negative = *word == b"Infinity" && at > 0 && line[at - 1] == b'-';
        std::str::from_utf8(if is_negative { b"-Infinity" } else { word }).ok()
    };
    // The sign of `-Infinity` could still begin a number, and so could the `n` of `nan` a `null`.
    (0..3).find_map(|before| begins(column.checked_sub(1 + before)?))
}

/// The first key that stands twice in one object, at whatever depth; `None` as well for a text that is not JSON.
pub fn key_twice(json: &[u8]) -> Option<KeyTwice> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(json);
    let error = Walk { found: &mut found }.deserialize(&mut reader).err()?;
    Some(KeyTwice {
        key: found?,
        line: error.line(),
    })
}

struct Walk<'a> {
    found: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let found = self.found;
        while list
            .next_element_seed(Walk { found: &mut *found })?
            .is_some()
        {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let found = self.found;
        let mut known: HashSet<Cow<'de, str>> = HashSet::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if known.contains(&key) {
                *found = Some(key.chars().take(MOST_TOLD).collect());
                return Err(A::Error::custom("a key twice"));
            }
            known.insert(key);
            map.next_value_seed(Walk { found: &mut *found })?;
        }
        Ok(())
    }
}

/// A record with all of its members, in their order.
pub(super) enum Record {
    /// Names and values.
    Members(Vec<(String, Value)>),
    /// A list, whose values have no names.
    List,
    /// Something else that is not a record.
    Other,
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(AnyRecord)
    }
}

struct AnyRecord;

impl<'de> Visitor<'de> for AnyRecord {
    type Value = Record;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }
    fn visit_unit<E>(self) -> Result<Record, E> {
        Ok(Record::Other)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Record, E> {
        Ok(Record::Other)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Record, E> {
        Ok(Record::Other)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Record, E> {
        Ok(Record::Other)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Record, E> {
        Ok(Record::Other)
    }
    fn visit_str<E>(self, _: &str) -> Result<Record, E> {
        Ok(Record::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Record, A::Error> {
        // Values, since the parser bounds how deep these are.
        while list.next_element::<Value>()?.is_some() {}
        Ok(Record::List)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Record::Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_is_found_at_whatever_depth_and_its_line_is_told() {
        let found = |json: &str| key_twice(json.as_bytes()).map(|it| (it.key, it.line));
        for json in [
            r#"{"a": 1, "b": {"a": 2}, "c": [{"a": 1}, {"a": 2}]}"#,
            r#"{"a": 1, "A": 2, " a": 3}"#,
            "[1, 2]",
            "{\"a\": 1, \"b\"",
            "",
        ] {
            assert_eq!(found(json), None, "{json}");
        }
        for (json, key, line) in [
            (r#"{"a": 1, "a": 1}"#, "a", 1),
            ("{\"x\": [\n{\"b\": null,\n \"b\": {}}]}", "b", 3),
            // The same name written in two ways.
            (r#"{"\u0061": 1, "a": 2}"#, "a", 1),
            (r#"[[[{"q": {"r": 1, "s": 2, "r": 3}}]]]"#, "r", 1),
        ] {
            assert_eq!(found(json), Some((key.to_string(), line)), "{json}");
        }
        let long = "k".repeat(1000);
        let twice = key_twice(format!(r#"{{"{long}": 1, "{long}": 2}}"#).as_bytes());
        assert_eq!(twice.expect("is found").key.len(), MOST_TOLD);
    }
}
