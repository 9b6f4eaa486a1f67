//! Events of AWS Lambda as requests of HTTP.

use std::collections::HashMap;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use warp::http::header::{COOKIE, HeaderName, TRANSFER_ENCODING};
use warp::http::{HeaderMap, HeaderValue, Method};

use crate::text::percent_encoded;

/// Which service sends an event, and with that the form of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A REST API of API Gateway (payload format 1.0).
    Rest,
    /// An HTTP API of API Gateway, or a function URL (payload format 2.0).
    Http,
    /// A target group of an application load balancer.
    Balancer {
        /// Whether it is set to headers with several values, which its answer must then have, too.
        has_many: bool,
    },
}

/// A request that came as an event.
#[derive(Debug)]
pub struct Event {
    /// Its method.
    pub method: Method,
    /// Its path, without the stage or the base path that is in front of the program's own.
    pub path: String,
    /// What stands behind the `?`, encoded.
    pub query: Option<String>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decoded.
    pub body: Bytes,
    /// Who asks, as the service in front says.
    pub peer: Option<IpAddr>,
    /// Whose event it is.
    pub form: Form,
}

/// Why an event is no request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not an object of JSON, or a member has another type.
    #[error("read the event: {0}")]
    NotReadable(#[from] serde_json::Error),
    /// It is an event of another service.
    #[error(
        "answer the event: it has neither `httpMethod` nor `requestContext.http.method`; API Gateway, load balancers and function URLs send one"
    )]
    NotHttp,
    /// Its method is not one of HTTP.
    #[error("answer the event: its method is not one of HTTP")]
    Method,
    /// Its body is not what it is said to be.
    #[error("read the body of the event: it is said to be base64 and is not: {0}")]
    Body(#[from] base64::DecodeError),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    http_method: Option<String>,
    path: Option<String>,
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    resource: Option<String>,
    route_key: Option<String>,
    headers: Option<Map<String, Value>>,
    multi_value_headers: Option<Map<String, Value>>,
    query_string_parameters: Option<Map<String, Value>>,
    multi_value_query_string_parameters: Option<Map<String, Value>>,
    path_parameters: Option<HashMap<String, String>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(default)]
    request_context: Context,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    elb: Option<Value>,
    stage: Option<String>,
    http: Option<Http>,
    identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    source_ip: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    source_ip: Option<String>,
}

/// Reads an event.
///
/// # Errors
/// When it is not one of the four services', or its body cannot be decoded.
pub fn read(bytes: &[u8]) -> Result<Event, Error> {
    let mut raw: Raw = serde_json::from_slice(bytes)?;
    let form = match (&raw.http_method, &raw.request_context) {
        (_, Context { elb: Some(_), .. }) => Form::Balancer {
            has_many: raw.multi_value_headers.is_some(),
        },
        (Some(_), _) => Form::Rest,
        (None, Context { http: Some(_), .. }) => Form::Http,
        (None, _) => return Err(Error::NotHttp),
    };
    let http = raw.request_context.http.as_ref();
    let method = raw.http_method.as_ref().or(http.map(|http| &http.method));
    let method = method.ok_or(Error::NotHttp)?.as_bytes();
    let method = Method::from_bytes(method).map_err(|_| Error::Method)?;
    let text = raw.body.take().unwrap_or_default();
    let body = if raw.is_base64_encoded {
        BASE64_STANDARD.decode(text)?.into()
    } else {
        Bytes::from(text)
    };
    let headers = headers(&raw);
    let peer = peer(&raw, form, &headers);
    Ok(Event {
        method,
        path: path(&raw),
        query: query(&raw, form),
        headers,
        body,
        peer,
        form,
    })
}

/// The path below the stage or base path. A route that ends with a greedy parameter (`/{proxy+}`) says how many of the last segments
/// are the program's own; otherwise the stage's name is cut off, which an HTTP API leaves in front.
fn path(raw: &Raw) -> String {
    let whole = raw.raw_path.as_ref().or(raw.path.as_ref());
    let whole = whole.map_or("/", String::as_str);
    let route = raw.resource.as_deref().or(raw.route_key.as_deref());
    let route = route.map(|route| route.split_once(' ').map_or(route, |(_, path)| path));
    let greedy = route
        .and_then(|route| route.strip_suffix("+}")?.rsplit_once('{'))
        .and_then(|(fixed, name)| {
            let rest = raw.path_parameters.as_ref()?.get(name)?;
            Some(
                fixed.matches('/').count().saturating_sub(1)
                    + rest.trim_matches('/').split('/').count(),
            )
        });
    let own = match (greedy, &raw.request_context.stage) {
        (Some(n_segments), _) => last_segments(whole, n_segments),
        (None, Some(stage)) if raw.raw_path.is_some() && stage != "$default" => {
            let rest = whole
                .strip_prefix('/')
                .and_then(|it| it.strip_prefix(stage));
            rest.filter(|rest| rest.is_empty() || rest.starts_with('/'))
                .unwrap_or(whole)
        }
        (None, _) => whole,
    };
    if own.starts_with('/') {
        own.to_string()
    } else {
        format!("/{own}")
    }
}

/// The last segments of a path, with the slash before them; all of it where it has no more.
fn last_segments(path: &str, n_segments: usize) -> &str {
    let ended = path.strip_suffix('/').unwrap_or(path);
    let mut slashes = ended.rmatch_indices('/').map(|(at, _)| at);
    slashes
        .nth(n_segments.saturating_sub(1))
        .map_or(path, |at| &path[at..])
}

fn query(raw: &Raw, form: Form) -> Option<String> {
    if let Some(query) = &raw.raw_query_string {
        return Some(query.clone()).filter(|query| !query.is_empty());
    }
    let pairs = pairs(
        raw.query_string_parameters.as_ref(),
        raw.multi_value_query_string_parameters.as_ref(),
    );
    // A load balancer hands on what was sent; API Gateway decodes it.
    let written = |text: &str| match form {
        Form::Balancer { .. } => text.to_string(),
        Form::Rest | Form::Http => percent_encoded(text),
    };
    let pairs = pairs.map(|(name, value)| format!("{}={}", written(name), written(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    Some(query).filter(|query| !query.is_empty())
}

fn headers(raw: &Raw) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(raw.headers.as_ref(), raw.multi_value_headers.as_ref()) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    let cookies = raw.cookies.as_ref().map(|cookies| cookies.join("; "));
    if let Some(Ok(cookies)) = cookies.map(HeaderValue::try_from) {
        headers.insert(COOKIE, cookies);
    }
    // The body is whole.
    headers.remove(TRANSFER_ENCODING);
    headers
}

fn peer(raw: &Raw, form: Form, headers: &HeaderMap) -> Option<IpAddr> {
    let context = &raw.request_context;
    let said = match form {
        Form::Rest => context.identity.as_ref()?.source_ip.as_deref(),
        Form::Http => context.http.as_ref()?.source_ip.as_deref(),
        // The last address is the one that the balancer itself has seen.
        Form::Balancer { .. } => {
            let chain = headers.get("x-forwarded-for")?.to_str().ok()?;
            chain.rsplit(',').next()
        }
    };
    said?.trim().parse().ok()
}

/// Names and values: those of the second form, which has lists, where it is there.
fn pairs<'a>(
    one: Option<&'a Map<String, Value>>,
    many: Option<&'a Map<String, Value>>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let pairs = many.or(one).into_iter().flatten();
    pairs.flat_map(|(name, value)| {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let texts = values.iter().filter_map(Value::as_str);
        texts.map(move |value| (name.as_str(), value))
    })
}
