//! Answers of HTTP as AWS Lambda hands them back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Serialize;
use warp::http::header::{CONNECTION, CONTENT_ENCODING, SET_COOKIE};
use warp::http::{HeaderMap, Response};

use super::event::Form;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<&'a str, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<&'a str, Vec<String>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    body: Cow<'a, str>,
    is_base64_encoded: bool,
}

/// The payload that carries an answer, in the form that whoever sent the event reads. Text stays text; what is compressed or is no
/// text is base64. An answer to a HEAD has no body.
///
/// # Errors
/// None that is known: texts are always JSON.
pub fn written(
    form: Form,
    is_head: bool,
    response: &Response<Bytes>,
) -> Result<Vec<u8>, serde_json::Error> {
    let (headers, status) = (response.headers(), response.status());
    let text = if is_head {
        Some("")
    } else if headers.contains_key(CONTENT_ENCODING) {
        None
    } else {
        std::str::from_utf8(response.body()).ok()
    };
    let has_many = match form {
        Form::Rest => true,
        Form::Http => false,
        Form::Balancer { has_many } => has_many,
    };
    let is_http = form == Form::Http;
    let reason = status.canonical_reason().unwrap_or("");
    serde_json::to_vec(&Payload {
        status_code: status.as_u16(),
        status_description: matches!(form, Form::Balancer { .. })
            .then(|| format!("{} {reason}", status.as_u16())),
        headers: (!has_many).then(|| joined(headers, is_http)),
        multi_value_headers: has_many.then(|| listed(headers)),
        cookies: if is_http {
            values(headers, SET_COOKIE.as_str())
        } else {
            Vec::new()
        },
        is_base64_encoded: text.is_none(),
        body: match text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(BASE64_STANDARD.encode(response.body())),
        },
    })
}

/// Each header once, its values in one text. Cookies cannot be joined: where they have a member of their own they are not here.
fn joined(headers: &HeaderMap, has_cookies_apart: bool) -> BTreeMap<&str, String> {
    names(headers)
        .filter(|name| !(has_cookies_apart && *name == SET_COOKIE.as_str()))
        .map(|name| (name, values(headers, name).join(", ")))
        .collect()
}

fn listed(headers: &HeaderMap) -> BTreeMap<&str, Vec<String>> {
    let names = names(headers);
    names.map(|name| (name, values(headers, name))).collect()
}

/// All but what is said of a connection: there is none.
fn names(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let names = headers.keys().filter(|name| **name != CONNECTION);
    names.map(|name| name.as_str())
}

fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).iter();
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}
