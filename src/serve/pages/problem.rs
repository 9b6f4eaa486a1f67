//! What is wrong with a request, as a page for a browser; other clients get the native form.

use maud::html;
use warp::http::HeaderMap;
use warp::http::header::ACCEPT;

use super::kit::View;
use super::login;
use crate::http::dialect::Dialect;
use crate::serve::{Code, Problem, Reply, State};

/// Whether a caller takes a page: it names HTML.
fn wants_page(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter();
    let mut values = values.filter_map(|value| value.to_str().ok());
    values.any(|value| value.contains("text/html"))
}

/// A problem of a page. Who has to log in first gets the form.
pub fn problem(state: &State, path: &str, headers: &HeaderMap, problem: &Problem) -> Reply {
    let plain = Dialect::Native.tell(problem);
    if !wants_page(headers) {
        return plain;
    }
    let view = View::without_session(state, path, headers);
    let page = match problem.code {
        Code::Unauthorized => login::page(state, &view, path, None),
        code => {
            let body = html! {
                div class="card" {
                    h1 { (code.status().canonical_reason().unwrap_or("Something went wrong")) }
                    p class="note" role="alert" { (problem.message) }
                    p { a href=(view.link("")) { "To the overview" } }
                }
            };
            view.bare("Problem", &body)
        }
    };
    let mut page = page.status(problem.code.status());
    for name in ["allow", "retry-after"] {
        if let Some(value) = plain.headers.get(name) {
            page.headers.insert(name, value.clone());
        }
    }
    page
}
