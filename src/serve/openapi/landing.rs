//! `/`: what is served here, and where to look further.

use std::fmt::Write as _;

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::HeaderMap;
use warp::http::header::ACCEPT;

use crate::clock::rfc3339;
use crate::serve::{Reply, State};

/// Where to look further: address below this server, what is there.
const LINKS: [(&str, &str); 6] = [
    ("docs", "try the API out"),
    ("openapi.json", "the API as a document"),
    ("scoring", "how good the champion is now"),
    ("diagnostics", "how the data and the last runs are"),
    ("readyz?verbose", "whether all is well"),
    ("metrics", "numbers for Prometheus"),
];

/// What is served here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Landing {
    /// Name of the program.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Whether requests for predictions are taken.
    ready: bool,
    /// The models.
    models: Vec<LandingModel>,
    /// Where to look further.
    links: Vec<&'static str>,
}

/// A model that is served.
#[derive(Debug, Serialize, ToSchema)]
pub struct LandingModel {
    /// Its name.
    model: String,
    /// The version that answers.
    #[schema(required)]
    version: Option<i64>,
    /// Since when it is the champion.
    #[schema(required)]
    since: Option<String>,
    /// What is wrong with following its champion, when something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<String>,
}

/// What is served now. Links are to paths that this server has.
pub fn of(state: &State) -> Landing {
    let models = state.fleet.models().map(|model| {
        let champion = model.champion();
        let since = champion.as_ref().map(|it| it.since_ms);
        LandingModel {
            model: model.name.clone(),
            version: champion.map(|it| it.version),
            since: since.filter(|&ms| ms > 0).map(rfc3339),
            alarm: model.alarm().map(|alarm| alarm.to_string()),
        }
    });
    Landing {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        ready: crate::serve::readiness::is_ready(state),
        models: models.collect(),
        links: LINKS
            .iter()
            .map(|(link, _)| *link)
            .filter(|link| is_there(state, link))
            .collect(),
    }
}

fn is_there(state: &State, link: &str) -> bool {
    let path = link.split('?').next().unwrap_or(link);
    let mut routes = state.table.routes.iter();
    routes.any(|route| route.method == "GET" && route.path.strip_prefix('/') == Some(path))
}

impl Landing {
    /// Says of a model without a version in production that the gate holds one.
    pub fn hold(&mut self, model: &str, version: i64) {
        let found = self.models.iter_mut().find(|it| it.model == model);
        if let Some(found) = found.filter(|it| it.version.is_none()) {
            found.alarm = Some(format!(
                "version {version} is held, since it is doubtful: unseat gate explain {version} says why, and unseat promote {version} makes it the champion"
            ));
        }
    }
}

/// Whether a caller would rather have JSON: it names it, and no page.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let named = |kind: &str| {
        let values = headers.get_all(ACCEPT).iter();
        let mut values = values.filter_map(|value| value.to_str().ok());
        values.any(|value| value.contains(kind))
    };
    named("application/json") && !named("text/html")
}

/// The page: one file, no script. `nights` is what it shows of past ticks.
pub fn page(landing: &Landing, nights: &str) -> Reply {
    let mut models = String::new();
    for model in &landing.models {
        let (state, says) = match (model.version, &model.alarm) {
            (Some(version), None) => ("well", format!("version {version}")),
            (Some(version), Some(alarm)) => ("ill", format!("still version {version}: {alarm}")),
            (None, Some(alarm)) => ("ill", alarm.clone()),
            (None, None) => (
                "none",
                "no version in production yet; unseat run makes one".to_string(),
            ),
        };
        let since = model.since.as_deref().unwrap_or("");
        let (name, says) = (escaped(&model.model), escaped(&says));
        // Writing into a text cannot fail.
        let _ = writeln!(
            models,
            "<tr><th scope=\"row\">{name}</th><td class=\"{state}\">{says}</td><td>{since}</td></tr>"
        );
    }
    let mut links = String::new();
    for (link, about) in LINKS
        .iter()
        .filter(|(link, _)| landing.links.contains(link))
    {
        let _ = writeln!(
            links,
            "<li><a href=\"{link}\">/{link}</a> <span>{about}</span></li>"
        );
    }
    let (name, version) = (landing.name, landing.version);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{name}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name} <small>{version}</small></h1>\n\
         <table>\n<thead><tr><th scope=\"col\">model</th><th scope=\"col\">served</th><th scope=\"col\">champion since</th></tr></thead>\n\
         <tbody>\n{models}</tbody>\n</table>\n{nights}<ul>\n{links}</ul>\n</main>\n</body>\n</html>\n"
    );
    Reply::new("text/html; charset=utf-8", html)
        .header(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        .header("x-content-type-options", "nosniff")
        .header("cache-control", "no-store")
}

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --soft: #777; --well: #15803d; --ill: #b91c1c; }
@media (prefers-color-scheme: dark) { :root { --soft: #aaa; --well: #4ade80; --ill: #f87171; } }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 0; } h2 ~ table { margin-top: .5rem; font-size: .9rem; } h2 ~ table th[scope=row] { font-weight: normal; } h2 ~ table td[class] { white-space: nowrap; } @media (min-width: 40rem) { h2 ~ table th[scope=row] { white-space: nowrap; } }
h1 small, h2 small { font-size: 1rem; font-weight: normal; color: var(--soft); }
table { width: 100%; border-collapse: collapse; margin: 1.5rem 0; }
th, td { padding: .5rem .75rem .5rem 0; text-align: left; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th, span { color: var(--soft); font-weight: normal; } thead th { overflow-wrap: normal; }
.well { color: var(--well); } .ill { color: var(--ill); } .none { color: var(--soft); }
ul { list-style: none; padding: 0; } li { padding: .25rem 0; }
a { display: inline-block; min-width: 11rem; color: inherit; } a.log { min-width: 0; } p.ill { margin: .5rem 0; overflow-wrap: anywhere; }
";

/// A text that is no markup.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(escaped("<b>\"&"), "&lt;b&gt;&quot;&amp;");
    }

    #[test]
    fn a_browser_gets_the_page_and_a_program_json() {
        let wants = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().expect("a header"));
            wants_json(&headers)
        };
        assert!(wants("application/json"));
        assert!(wants("application/json, */*"));
        assert!(!wants("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!wants("text/html, application/json"));
        assert!(!wants("*/*"));
        assert!(!wants_json(&HeaderMap::new()));
    }
}
