//! A request after its route and caller are known and its body has arrived.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use warp::http::header::CONTENT_TYPE;
use warp::http::{HeaderMap, Method};

use super::budget::{For, Work};
use crate::config::Role;
use crate::data::{KeyTwice, key_twice, no_number_at};
use crate::http::problem::{Code, Problem};

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The token's name; `anonymous` where none is needed.
    pub name: String,
    /// What the token allows.
    pub role: Role,
    /// Where from.
    pub address: Option<IpAddr>,
}

/// What a handler works on.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole path.
    pub path: String,
    /// What is in the path for the pattern's names, percent-decoded.
    pub params: Vec<(&'static str, String)>,
    /// The query without its `?`.
    pub query: Option<String>,
    /// All headers.
    pub headers: Arc<HeaderMap>,
    /// The body, unpacked.
    pub body: Bytes,
    /// Id of this request, as the answer gives it: the caller's own or a new one.
    pub id: String,
    /// Id that no other request has; prediction ids begin with it.
    pub unique: String,
    /// Who asks.
    pub caller: Caller,
    /// What it holds, and when to stop working on it.
    pub work: Work,
}

impl Request {
    /// What is in the path for a name of the pattern.
    pub fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    /// All `name=value` of the query, decoded.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (form_decoded(name), form_decoded(value))
            })
            .collect()
    }

    /// The first value of a name in the query.
    pub fn query(&self, name: &str) -> Option<String> {
        self.query.as_ref()?;
        let mut pairs = self.query_pairs().into_iter();
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// A value of the query as a number, a truth value …
    ///
    /// # Errors
    /// Names the parameter, not its value.
    pub fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
        what: &str,
    ) -> Result<Option<T>, Problem> {
        match self.query(name) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                Problem::new(
                    Code::BadRequest,
                    format!("the parameter `{name}` is not {what}"),
                )
            }),
        }
    }

    /// The media type of the body, in lower case, without its parameters.
    pub fn content_type(&self) -> Option<String> {
        let value = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(value.split(';').next()?.trim().to_ascii_lowercase())
    }

    /// The body as JSON of a form, each key once in its object.
    ///
    /// # Errors
    /// 400 with place and kind of the fault, without what is there.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // A list would pass for a struct, field by field.
        if self.body.trim_ascii().first().is_some_and(|it| *it != b'{') {
            let why = "the body is not a JSON object; /docs shows its form";
            return Err(Problem::new(Code::BadRequest, why));
        }
        let body = without_mark(&self.body);
        if let Some(twice) = key_twice(body) {
            let KeyTwice { key, line } = twice;
            let why =
                format!("the body has `{key}` twice in one object, at line {line}; send it once");
            return Err(Problem::new(Code::BadRequest, why));
        }
        serde_json::from_slice(body).map_err(|error| bad_json(body, &error))
    }

    /// The body as a JSON object of whatever values.
    ///
    /// # Errors
    /// As [`Request::json`]; when there is no room for the values.
    pub fn json_object(&self) -> Result<Map<String, Value>, Problem> {
        let bytes = self.body.len().saturating_mul(VALUE_BYTES);
        self.work.hold(For::Values, bytes)?;
        self.json()
    }
}

/// A JSON object of a form. A list passes for a struct elsewhere, field by field; nobody means that.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        reader.deserialize_map(Reader(PhantomData)).map(Object)
    }
}

/// Bytes that a JSON value takes for each byte of its text, at most: a list in a list is two bytes.
pub const VALUE_BYTES: usize = size_of::<serde_json::Value>() / 2 + 1;

/// A body without the byte order mark that some editors put in front of UTF-8.
pub fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// What serde says of bad JSON quotes the offending text; only place and sort are passed on.
pub fn bad_json(body: &[u8], error: &serde_json::Error) -> Problem {
    if error.is_syntax()
        && let Some(line) = error.line().checked_sub(1)
        && let Some(text) = body.split(|byte| *byte == b'\n').nth(line)
        && let Some(word) = no_number_at(text, error.column())
    {
        let why = format!(
            "the body is not JSON, at line {}, column {}: JSON has no {word}; write `null` for a missing value",
            error.line(),
            error.column()
        );
        return Problem::new(Code::BadRequest, why);
    }
    let what = match error.classify() {
        serde_json::error::Category::Data => "is not of the form that is expected",
        serde_json::error::Category::Eof => "ends too soon",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "is not JSON",
    };
    let place = format!("line {}, column {}", error.line(), error.column());
    Problem::new(
        Code::BadRequest,
        format!("the body {what}, at {place}; /docs shows its form"),
    )
}

/// `%20` and `+` undone. Bytes that are no UTF-8 become the replacement character.
pub fn form_decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

/// `%20` undone.
pub fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        // What reads a number would take a sign, too.
        let pair = text
            .get(at + 1..at + 3)
            .filter(|pair| bytes[at] == b'%' && pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_hexadecimal_digits_stand_for_a_byte() {
        for (text, expected) in [
            ("a%20b", "a b"),
            ("%C3%a4", "ä"),
            ("%+f", "%+f"),
            ("%-1", "%-1"),
            ("% f", "% f"),
            ("%2", "%2"),
            ("%", "%"),
            ("%ä", "%ä"),
            ("%%41", "%A"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(percent_decoded(text), expected, "{text}");
        }
        assert_eq!(form_decoded("a+b%2B"), "a b+");
    }
}
