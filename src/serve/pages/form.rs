//! Forms: their fields, and the proof that they come from a page of ours.

use crate::http::request::form_decoded;
use crate::serve::{Code, Problem, Request, State};

/// The fields of a form that was sent.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form and checks it against what the caller's page was given.
    ///
    /// # Errors
    /// 403 without the proof, 415 for what is not a form.
    pub fn read(state: &State, request: &Request) -> Result<Self, Problem> {
        if request.content_type().as_deref() != Some("application/x-www-form-urlencoded") {
            let why =
                "a page sends application/x-www-form-urlencoded; programs use the API at /docs";
            return Err(Problem::new(Code::UnsupportedMediaType, why));
        }
        let body = String::from_utf8_lossy(&request.body);
        let pairs = body.split('&').filter(|pair| !pair.is_empty());
        let form = Form(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (form_decoded(name), form_decoded(value))
                })
                .collect(),
        );
        if state.guard.is_csrf(&request.headers, form.get("csrf")) {
            Ok(form)
        } else {
            Err(Problem::new(
                Code::Forbidden,
                "the form is not of a page that this server gave you in this session: go back, load the page again, and send it once more",
            ))
        }
    }

    /// A field; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// All fields whose name begins with a text, without that beginning.
    pub fn with_prefix<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        let pairs = self.0.iter();
        pairs.filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}
