//! From method and path to a row of the table in [`super::routes`].

use std::collections::HashMap;

use warp::http::Method;

use super::routes::{ROUTES, Route};
use super::{Code, Problem};
use crate::http::dialect::Dialect;
use crate::http::request::percent_decoded;

/// The table, made for asking.
pub struct Router {
    /// Paths without names in them → their rows.
    fixed: HashMap<&'static str, Vec<usize>>,
    /// Paths with names in them, cut into segments, in the order of the table.
    patterns: Vec<(Vec<Segment>, usize)>,
}

#[derive(Debug)]
enum Segment {
    Text(&'static str),
    /// `{name}`, or `v{name}:predict` with what is before and behind it.
    Name(&'static str, &'static str, &'static str),
}

/// A row that was found, with what is in the path for its names.
pub struct Found {
    /// Index into the table.
    pub index: usize,
    /// The row.
    pub route: &'static Route,
    /// Name → text.
    pub params: Vec<(&'static str, String)>,
}

impl Router {
    /// Reads the table.
    pub fn new() -> Self {
        let mut router = Router {
            fixed: HashMap::new(),
            patterns: Vec::new(),
        };
        for (index, route) in ROUTES.iter().enumerate() {
            if route.path.contains('{') {
                let segments = route.path[1..].split('/').map(segment).collect();
                router.patterns.push((segments, index));
            } else {
                router.fixed.entry(route.path).or_default().push(index);
            }
        }
        router
    }

    /// The row for a request.
    ///
    /// # Errors
    /// 404, or 405 with the methods that the path has; in the path's own dialect.
    pub fn find(&self, method: &Method, path: &str) -> Result<Found, (Dialect, Problem)> {
        let found = |index: usize, params| Found {
            index,
            route: &ROUTES[index],
            params,
        };
        let mut others: Vec<usize> = Vec::new();
        let trimmed = match path.strip_suffix('/') {
            Some("") | None => path,
            Some(trimmed) => trimmed,
        };
        if let Some(rows) = self.fixed.get(trimmed) {
            for &index in rows {
                if answers(&ROUTES[index], method) {
                    return Ok(found(index, Vec::new()));
                }
                others.push(index);
            }
        } else {
            let parts: Vec<&str> = trimmed.split('/').skip(1).collect();
            for (segments, index) in &self.patterns {
                // Of two paths that match, the one that stands first in the table is meant, whatever the method.
                let is_other = |&first: &usize| ROUTES[first].path != ROUTES[*index].path;
                if others.first().is_some_and(is_other) {
                    continue;
                }
                let Some(params) = matched(segments, &parts) else {
                    continue;
                };
                if answers(&ROUTES[*index], method) {
                    return Ok(found(*index, params));
                }
                others.push(*index);
            }
        }
        let Some(&first) = others.first() else {
            let problem = Problem::new(
                Code::NotFound,
                "there is nothing at this path; /docs lists what there is",
            );
            return Err((dialect_below(path), problem));
        };
        let mut methods: Vec<&str> = others.iter().map(|&row| ROUTES[row].method).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.dedup();
        let methods = methods.join(", ");
        let mut problem = Problem::new(
            Code::MethodNotAllowed,
            format!("this path answers to {methods}"),
        );
        problem.allow = Some(methods);
        Err((ROUTES[first].dialect, problem))
    }
}

impl Router {
    /// The methods of a path, as the `Allow` header lists them; `None` for one that is not there.
    pub fn methods(&self, path: &str) -> Option<String> {
        // No row of the table has this method.
        match self.find(&Method::CONNECT, path) {
            Ok(_) => None,
            Err((_, problem)) => problem.allow,
        }
    }
}

/// A HEAD is answered like a GET; the connection leaves the body out.
fn answers(route: &Route, method: &Method) -> bool {
    route.method == method.as_str() || (route.method == "GET" && method == Method::HEAD)
}

fn segment(text: &'static str) -> Segment {
    match text.split_once('{') {
        Some((before, rest)) => {
            let (name, behind) = rest.split_once('}').unwrap_or((rest, ""));
            Segment::Name(before, name, behind)
        }
        None => Segment::Text(text),
    }
}

fn matched(segments: &[Segment], parts: &[&str]) -> Option<Vec<(&'static str, String)>> {
    if segments.len() != parts.len() {
        return None;
    }
    let mut params = Vec::new();
    for (segment, part) in segments.iter().zip(parts) {
        match segment {
            Segment::Text(text) if text == part => {}
            Segment::Text(_) => return None,
            Segment::Name(before, name, behind) => {
                // `:` may come as `%3A`.
                let part = percent_decoded(part);
                let text = part.strip_prefix(before)?.strip_suffix(behind)?;
                if text.is_empty() {
                    return None;
                }
                params.push((*name, text.to_string()));
            }
        }
    }
    Some(params)
}

/// Whose protocol an unknown path looks like.
fn dialect_below(path: &str) -> Dialect {
    if path.starts_with("/v2/") || path == "/v2" || path.starts_with("/v1/") {
        Dialect::Plain
    } else if path.starts_with("/ui") {
        Dialect::Page
    } else {
        Dialect::Native
    }
}
