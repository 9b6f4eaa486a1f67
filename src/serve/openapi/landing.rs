//! `/` for programs: what is served here, and where to look further. The page for people is in `pages/`.

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::HeaderMap;
use warp::http::header::ACCEPT;

use crate::clock::rfc3339;
use crate::model_types::VersionNumber;
use crate::serve::State;

/// Where to look further, below this server: the API tried out and as a document, the champion's score, data and last runs,
/// whether all is well, numbers for Prometheus.
const LINKS: [&str; 6] = [
    "docs",
    "openapi.json",
    "scoring",
    "diagnostics",
    "readyz?verbose",
    "metrics",
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
    #[schema(value_type = Option<i64>, required)]
    version: Option<VersionNumber>,
    /// Since when it is the champion.
    #[schema(required)]
    since: Option<String>,
    /// What is wrong with following its champion, when something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<String>,
}

/// What is served now. Links are to paths that this server has.
pub fn of(state: &State) -> Landing {
    let models = state.served_models.models().map(|model| {
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
            .into_iter()
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
    pub fn hold(&mut self, model: &str, version: VersionNumber) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
