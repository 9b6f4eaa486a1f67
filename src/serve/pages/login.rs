//! Login in the browser: a token once, a cookie from then on.

use std::sync::Arc;

use maud::{Markup, html};
use warp::http::StatusCode;

use super::form::Form;
use super::kit::View;
use crate::serve::{Problem, Reply, Request, State};

/// The login page.
pub async fn login(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let next = request.query("next").unwrap_or_default();
    Ok(page(&state, &view, &next, None))
}

/// Opens a session for the holder of a token.
pub async fn log_in(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let form = Form::read(&state, &request)?;
    let view = View::of(&state, &request);
    let peer = request.caller.address;
    match state
        .guard
        .log_in(&request.headers, form.get("token"), peer)
    {
        Ok((name, cookie)) => {
            tracing::info!(name, "logged in with a browser");
            let to = view.link(next_page(form.get("next")));
            Ok(redirect(&to).header("set-cookie", &cookie))
        }
        Err(problem) => {
            let page = page(&state, &view, form.get("next"), Some(&problem.message));
            Ok(page.status(problem.code.status()))
        }
    }
}

/// Ends the session.
pub async fn log_out(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    Form::read(&state, &request)?;
    let view = View::of(&state, &request);
    let (cookie, told) = state.guard.log_out(&request.headers);
    if let (Some(project), Some((id, until_ms))) = (&state.project, told) {
        // Here it is over in any case; the other servers look at the registry.
        let done = project
            .registry
            .end_session(&id, until_ms, state.clock.now_ms())
            .await;
        if let Err(error) = done {
            tracing::warn!("other servers were not notified of a logout: failed to {error}");
        }
    }
    Ok(redirect(&view.link("")).header("set-cookie", &cookie))
}

/// The page with the form; `why` is what was wrong with the last attempt.
pub fn page(state: &State, view: &View, next: &str, why: Option<&str>) -> Reply {
    let body: Markup = html! {
        div class="card" {
            h1 { "Log in" }
            @if !state.guard.is_guarded() {
                p { "This server asks for no token: anyone who reaches it may do everything." }
                p { a href=(view.link("")) { "To the overview" } }
            } @else {
                @if let Some(why) = why { p class="note" role="alert" { (why) } }
                p class="soft" { "Paste a token. " code { "unseat token NAME ROLE" } " makes one; the role " b { "read" } " looks, " b { "admin" } " also changes things." }
                form method="post" action=(view.link("ui/login")) {
                    (view.token())
                    input type="hidden" name="next" value=(next_page(next));
                    label { span { "Token" } input type="password" name="token" autocomplete="current-password" required autofocus size="40"; }
                    p { button class="main" { "Log in" } }
                }
            }
        }
    };
    view.bare("Log in", &body)
}

/// A page of this server to continue to, as a path below its root. Anything that could lead elsewhere leads to the overview.
fn next_page(next: &str) -> &str {
    let next = next.trim_start_matches('/');
    let is_plain = next
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/_-.%?=&".contains(&byte));
    if next.starts_with("ui/") && is_plain && !next.contains("..") {
        next
    } else {
        ""
    }
}

/// Sends the browser on with a GET.
pub fn redirect(to: &str) -> Reply {
    Reply::new("text/plain; charset=utf-8", "")
        .status(StatusCode::SEE_OTHER)
        .header("location", to)
        .header("cache-control", "no-store")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_login_nobody_is_sent_elsewhere() {
        assert_eq!(next_page("/ui/runs/abc?x=1"), "ui/runs/abc?x=1");
        for other in [
            "//evil.example",
            "https://evil.example",
            "ui/../../x",
            "ui/a\\b",
            "ui/a:b",
            "",
        ] {
            assert_eq!(next_page(other), "", "{other}");
        }
    }
}
