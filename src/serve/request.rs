//! A request after its route and caller are known and its body has arrived.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use warp::http::header::CONTENT_TYPE;
use warp::http::{HeaderMap, Method};

use super::{Code, Problem};
use crate::config::Role;

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
    /// What stands in the path for the pattern's names, percent-decoded.
    pub params: Vec<(&'static str, String)>,
    /// The query without its `?`.
    pub query: Option<String>,
    /// All headers.
    pub headers: Arc<HeaderMap>,
    /// The body, unpacked.
    pub body: Bytes,
    /// Id of this request, as told to the caller: his own or a new one.
    pub id: String,
    /// Id that no other request has; prediction ids begin with it.
    pub unique: String,
    /// Who asks.
    pub caller: Caller,
    /// When the answer must be there.
    pub deadline: Instant,
}

impl Request {
    /// What stands in the path for a name of the pattern.
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

    /// The body as JSON of a form.
    ///
    /// # Errors
    /// 400 with place and kind of the fault, without what stands there.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        // A list would pass for a struct, field by field.
        if self.body.trim_ascii().first().is_some_and(|it| *it != b'{') {
            let why = "the body is not a JSON object; /docs shows its form";
            return Err(Problem::new(Code::BadRequest, why));
        }
        serde_json::from_slice(&self.body).map_err(|error| bad_json(&error))
    }
}

/// What serde says of bad JSON quotes the offending text; only place and sort are passed on.
pub fn bad_json(error: &serde_json::Error) -> Problem {
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
