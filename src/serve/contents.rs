//! The table of paths for readers: what each does in the words of the API document, so that nothing is said twice.

use serde_json::Value;

use super::routes::route_table;
use super::{Code, Problem, openapi, pages};
use crate::http::dialect::Dialect;

/// A path as the documents list it.
#[derive(Debug)]
pub struct Listed {
    /// The part of the table that it is in.
    pub part: &'static str,
    /// GET (which answers HEAD, too), POST, DELETE, OPTIONS.
    pub method: &'static str,
    /// The path; `{name}` stands for one segment.
    pub path: &'static str,
    /// The role that a caller needs; `None` is not a role.
    pub role: Option<&'static str>,
    /// In which dialect its problems are written: a name out of [`problem_forms`].
    pub problems: &'static str,
    /// What it does, in a line: the summary of the API document.
    pub does: String,
}

/// Every path that is answered, in the order of the table.
pub fn contents() -> Vec<Listed> {
    let document = openapi::gathered(&route_table());
    let rows = route_table().routes.iter().map(|route| {
        let method = route.method.to_ascii_lowercase();
        let summary = document
            .get(route.path)
            .map(|item| &item[method.as_str()]["summary"])
            .and_then(Value::as_str);
        Listed {
            part: route.part,
            method: route.method,
            path: route.path,
            role: route.role.map(|role| role.name()),
            problems: route.dialect.name(),
            does: summary
                .unwrap_or_else(|| pages::does(route.path))
                .to_string(),
        }
    });
    rows.collect()
}

/// Every dialect of problems: its name, and an example.
pub fn problem_forms() -> Vec<(&'static str, String)> {
    let problem = Problem::new(Code::NotFound, "…");
    let forms = Dialect::ALL.map(|dialect| {
        let body = dialect.tell(&problem).body;
        (dialect.name(), String::from_utf8_lossy(&body).into_owned())
    });
    forms.into()
}
