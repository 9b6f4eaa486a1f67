//! Requests and replies as bytes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

pub fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: Vec::new(),
        body: body.into(),
    }
}

pub fn error(status: u16, code: &str) -> Reply {
    let body = format!("<Error><Code>{code}</Code><Message>it is so.</Message></Error>");
    reply(status, body)
}

/// Objects have times that continue with each: `at` seconds after the beginning of 2026.
pub fn http_time(at: u64) -> String {
    let (hours, minutes, seconds) = (at / 3600, at / 60 % 60, at % 60);
    format!("Thu, 01 Jan 2026 {hours:02}:{minutes:02}:{seconds:02} GMT")
}

pub fn list_time(at: u64) -> String {
    let (hours, minutes, seconds) = (at / 3600, at / 60 % 60, at % 60);
    format!("2026-01-01T{hours:02}:{minutes:02}:{seconds:02}.000Z")
}

pub fn read(socket: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then_some(())?;
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_string(), parts.next()?.to_string());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_string());
    }
    let length = headers.get("content-length").and_then(|it| it.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|part| !part.is_empty());
    let query = query.map(|part| part.split_once('=').unwrap_or((part, "")));
    Some(Request {
        method,
        path: decoded(path),
        query: query
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect(),
        headers,
        body,
    })
}

pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |rest: &mut std::str::Bytes<'_>| {
            let pair = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()
        };
        bytes.push(if byte == b'%' {
            hex(&mut rest).unwrap_or(byte)
        } else {
            byte
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is in each element of a name.
pub fn texts(body: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = body.split(open.as_str()).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(close.as_str())?.0.to_string()))
        .collect()
}
