//! The page kit: frame of a page, facts, tables, times, numbers. Every text is escaped by `maud`.

use maud::{DOCTYPE, Markup, html};

use crate::clock::rfc3339;
use crate::config::Role;
use crate::http::auth::ANONYMOUS;
use crate::overview::{short, span};
use crate::serve::{Reply, Request, State};

/// A page loads and asks nothing but this server; styles and scripts come from files alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The pages of the bar: path below the server, name.
const BAR: [(&str, &str); 7] = [
    ("", "Overview"),
    ("ui/runs", "Runs"),
    ("ui/queue", "Queue and schedule"),
    ("ui/live", "Live"),
    ("ui/notifications", "Notifications"),
    ("ui/changes", "Changes"),
    ("ui/settings", "Settings"),
];

/// Who looks at a page, and from where: links are relative, so that a proxy may put the server below a path of its own.
pub struct View {
    root: String,
    path: String,
    /// What a form has to send back.
    pub csrf: String,
    /// Who looks.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they came with a session that can be ended.
    pub has_session: bool,
}

impl View {
    /// Of a request whose caller is known.
    pub fn of(state: &State, request: &Request) -> Self {
        View {
            root: root_of(&request.path),
            path: request.path.clone(),
            csrf: state.guard.csrf(&request.headers),
            name: request.caller.name.clone(),
            role: request.caller.role,
            has_session: state.guard.session(&request.headers).is_some(),
        }
    }

    /// Of a caller who was not let in.
    pub fn without_session(state: &State, path: &str, headers: &warp::http::HeaderMap) -> Self {
        View {
            root: root_of(path),
            path: path.to_string(),
            csrf: state.guard.csrf(headers),
            name: ANONYMOUS.to_string(),
            role: Role::Read,
            has_session: false,
        }
    }

    /// A path of this server as a link from this page.
    pub fn link(&self, path: &str) -> String {
        match (self.root.is_empty(), path) {
            (true, "") => "./".to_string(),
            _ => format!("{}{path}", self.root),
        }
    }

    /// Whether buttons are shown that change something.
    pub fn may_change(&self) -> bool {
        self.role == Role::Admin
    }

    /// A page of the dashboard.
    pub fn page(&self, title: &str, body: &Markup) -> Reply {
        self.framed(title, true, body)
    }

    /// A page without the bar, for callers who may not see what it links to.
    pub fn bare(&self, title: &str, body: &Markup) -> Reply {
        self.framed(title, false, body)
    }

    fn framed(&self, title: &str, has_bar: bool, body: &Markup) -> Reply {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " · unseat" }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href=(self.link("ui/style.css"));
                    script src=(self.link("ui/script.js")) defer {}
                }
                body {
                    a class="skip" href="#content" { "Skip to the content" }
                    (self.top(has_bar))
                    main id="content" { (body) }
                    (self.bottom())
                }
            }
        };
        Reply::new("text/html; charset=utf-8", page.into_string())
            .header("content-security-policy", POLICY)
            .header("referrer-policy", "same-origin")
            // Not compressed: it holds a secret beside what a caller may have written.
            .header("cache-control", "no-store")
    }

    fn top(&self, has_bar: bool) -> Markup {
        let here = self.path.trim_start_matches('/').trim_end_matches('/');
        html! {
            header class="top" {
                div {
                    a class="brand" href=(self.link("")) { "unseat" }
                    @if has_bar {
                        nav class="main" aria-label="Pages" {
                            @for (path, name) in BAR {
                                @let is_here = here == path || (!path.is_empty() && here.starts_with(&format!("{path}/")));
                                a href=(self.link(path)) aria-current=[is_here.then_some("page")] { (name) }
                            }
                        }
                        span class="who" {
                            @if self.name != ANONYMOUS { span { (self.name) ", " (self.role.name()) } }
                            @if self.has_session {
                                form method="post" action=(self.link("ui/logout")) {
                                    (self.token())
                                    button class="plain" { "Log out" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn bottom(&self) -> Markup {
        html! {
            footer {
                span { "unseat " (env!("CARGO_PKG_VERSION")) }
                a href=(self.link("docs")) { "API" }
                a href=(self.link("openapi.json")) { "openapi.json" }
                a href=(self.link("readyz?verbose")) { "Health checks" }
                a href=(self.link("metrics")) { "Metrics" }
                a href=(self.link("diagnostics")) { "Diagnostics" }
            }
        }
    }

    /// The hidden field that a form has to send back.
    pub fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf); }
    }

    /// A button that changes something: a form of its own. `fields` are names and values that it sends.
    pub fn button(
        &self,
        action: &str,
        class: &str,
        words: &str,
        fields: &[(&str, &str)],
    ) -> Markup {
        html! {
            form method="post" action=(self.link(&format!("ui/do/{action}"))) {
                (self.token())
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                button class=(class) { (words) }
            }
        }
    }
}

/// The way from a page to the root of the server.
fn root_of(path: &str) -> String {
    "../".repeat(path.matches('/').count().saturating_sub(1))
}

/// A time in UTC; a script adds the local one beside it. `at` is RFC 3339, in UTC or with an offset.
pub fn when(at: &str) -> Markup {
    let is_time = at.len() >= 20 && at.as_bytes()[10] == b'T';
    if !is_time {
        return html! { (at) };
    }
    let zone = match &at[19..] {
        "Z" => "UTC",
        offset => offset,
    };
    html! { time datetime=(at) { (&at[..10]) " " (&at[11..16]) " " (zone) } }
}

/// A time in milliseconds since 1970.
pub fn when_ms(at_ms: i64) -> Markup {
    when(&rfc3339(at_ms))
}

/// Names and values, each pair together.
pub fn facts(pairs: &[(&str, Markup)]) -> Markup {
    html! {
        dl class="facts" {
            @for (name, value) in pairs { div { dt { (name) } dd { (value) } } }
        }
    }
}

/// A table that scrolls by itself where it is wider than the page. Heads that end in `#` are of numbers.
pub fn table(caption: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    let is_number = |column: usize| heads.get(column).is_some_and(|head| head.ends_with('#'));
    let class = |column: usize| is_number(column).then_some("n");
    html! {
        div class="wide" tabindex="0" role="region" aria-label=(caption) {
            table class="stack" {
                caption { (caption) }
                thead {
                    tr {
                        @for (column, head) in heads.iter().enumerate() {
                            th scope="col" class=[class(column)] { (head.trim_end_matches('#')) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                @let head = heads.get(column).copied().unwrap_or_default();
                                td class=[class(column)] data-head=(head.trim_end_matches('#')) {
                                    @if !cell.0.is_empty() { div { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A number, or a dash where there is none.
pub fn number(value: Option<f64>) -> Markup {
    html! { @match value { Some(value) => { (short(value)) } None => { "–" } } }
}

/// A whole number with its thousands apart.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An interval, or nothing.
pub fn interval(interval: Option<(f64, f64)>) -> String {
    interval.map_or(String::new(), |(low, high)| {
        format!("{} to {}", short(low), short(high))
    })
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        exact if exact == 0.0 || exact >= 10.0 => format!("{exact:.0} %"),
        small => format!("{small:.1} %"),
    }
}

/// A span of milliseconds.
pub fn took(ms: Option<f64>) -> String {
    ms.map_or(String::new(), |ms| span(ms / 1e3))
}

/// Bytes in the largest unit that makes them at least one.
pub fn bytes(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{value:.1} {}", units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_back_from_wherever_a_page_is() {
        for (path, expected) in [
            ("/", ""),
            ("/ui/runs", "../"),
            ("/ui/runs/", "../../"),
            ("/ui/models/a/versions/3", "../../../../"),
        ] {
            assert_eq!(root_of(path), expected, "{path}");
        }
    }

    #[test]
    fn times_numbers_and_bytes_are_read_by_people() {
        let shown = when("2026-11-29T10:08:45Z").into_string();
        assert_eq!(
            shown,
            "<time datetime=\"2026-11-29T10:08:45Z\">2026-11-29 10:08 UTC</time>"
        );
        assert!(
            when("2026-11-29T10:08:45+01:00")
                .into_string()
                .ends_with("10:08 +01:00</time>")
        );
        assert_eq!(when("<b>").into_string(), "&lt;b&gt;");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500_000), "1.5 MB");
        assert_eq!(percent(0.054), "5.4 %");
        assert_eq!(percent(0.5), "50 %");
    }
}
