//! `GET /{version}/healthcheck` and `POST /{version}/predict`: a scoring service whose versions are in the path.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use warp::http::StatusCode;

use super::given::Given;
use super::names::named;
use super::scored::as_bad_request;
use crate::serve::rows::{Collector, Strictness, version_of};
use crate::serve::scored::score_each;
use crate::serve::work::bounds;
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::pick_error::PickError;
use crate::serving::served::{Field, Served};

/// Versions that health checks load at a time. Anyone may check health, and loading is work.
static LOADING: Semaphore = Semaphore::const_new(1);

/// Whether a version can answer: `OK`, or `Not OK` with 404 where there is no such version and 503 where it cannot be used.
///
/// Where this call comes from, the status was 200 in any case, so that no balancer ever saw a failure; the body alone said
/// it, and says it here, too. `server.compatibility.healthcheck_always_200` brings the 200 back.
#[utoipa::path(
    get,
    path = "/{version}/healthcheck",
    operation_id = "version_healthcheck",
    tag = "borrowed",
    params(
        ("version" = String, Path, description = "v3, 3, champion, or a name that a version was given"),
        ("model" = Option<String>, Query, description = "The model, where there are several"),
    ),
    responses(
        (status = 200, description = "`OK`", body = String, content_type = "text/plain"),
        (status = 404, description = "`Not OK`: there is no such version", body = String, content_type = "text/plain"),
        (status = 422, description = "Which of several models is not said"),
        (status = 503, description = "`Not OK`: the version cannot be used", body = String, content_type = "text/plain"),
    )
)]
pub async fn healthcheck(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let found = if is_champion(&state, &request) {
        Ok(())
    } else {
        match LOADING.try_acquire() {
            Ok(_permit) => asked(&state, &request).await.map(|_| ()),
            Err(_) => Err(Problem::new(Code::Unavailable, "")),
        }
    };
    Ok(match found {
        Ok(()) if !state.is_draining() => Reply::text("OK"),
        // A question of the request still is none of anybody's health.
        found
            if state.settings.compatibility.healthcheck_always_200
                && !matches!(&found, Err(problem) if problem.code == Code::Unprocessable) =>
        {
            Reply::text("Not OK")
        }
        Err(problem) if problem.code == Code::NotFound => {
            Reply::text("Not OK").status(StatusCode::NOT_FOUND)
        }
        // Which of several models is meant is a question of the request, not of anybody's health.
        Err(problem) if problem.code == Code::Unprocessable => return Err(problem),
        _ => Reply::text("Not OK").status(StatusCode::SERVICE_UNAVAILABLE),
    })
}

/// P(positive) of one row by a version, to four decimals.
///
/// The body is one flat object: the columns of the row and an `id`, which comes back as it was. With more than two classes
/// the probability is that of the class that is predicted; a model of numbers answers with its number, not rounded. Keys that the model does not need are ignored.
#[utoipa::path(
    post,
    path = "/{version}/predict",
    operation_id = "version_predict",
    tag = "borrowed",
    params(
        ("version" = String, Path, description = "v3, 3, champion, or a name that a version was given"),
        ("model" = Option<String>, Query, description = "The model, where there are several"),
    ),
    request_body(content = Object, example = json!({"id": "a-1", "lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12})),
    responses(
        (status = 200, description = "The `id` and the probability", body = Object, example = json!({"id": "a-1", "prediction": 0.6108})),
        (status = 400, description = "What is missing or cannot be read", body = Object, example = json!({"message": "Missing keys: 'id', 'number_of_employees'"})),
        (status = 404, description = "No such version", body = Object, example = json!({"message": "Trained model version 'v43287' was not found."})),
    )
)]
pub async fn predict(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let served = asked(&state, &request).await?;
    let body = request.json_object()?;
    let missing = missing_keys(&served, &body);
    if !missing.is_empty() {
        let why = format!("Missing keys: {}", missing.join(", "));
        return Err(Problem::new(Code::BadRequest, why));
    }
    let bounds = bounds(&state, &request);
    let mut collector = Collector::new(&served, Strictness::ExtraIgnored, bounds);
    if collector.begin_row().is_ok() {
        for (name, value) in &body {
            let Field::Input(position) = collector.field(name) else {
                continue;
            };
            match Given::of(value).cell() {
                Some(cell) => collector.put(position, cell),
                None => collector.put_nothing_usable(position),
            }
        }
        collector.end_row();
    }
    let rows = collector.finish().map_err(as_bad_request)?;
    let mut prediction = 0.0;
    let threshold = served.bundle.threshold;
    score_each(&state, &request, &served, rows, threshold, |class, p| {
        let rounded = |p: f64| (p * 1e4).round() / 1e4;
        prediction = match served.bundle.classes.len() {
            0 => p[0],
            2 => rounded(p[0]),
            _ => rounded(p[class]),
        };
    })?;
    let answer = json!({"id": body.get("id"), "prediction": prediction});
    Ok(Reply::json(&answer).by(&served.model, served.version, 1))
}

/// Whether the version in the path is the champion, which is loaded.
fn is_champion(state: &State, request: &Request) -> bool {
    let model = request.query("model");
    let Ok(model) = state.served_models.model(model.as_deref()) else {
        return false;
    };
    let version = version_of(request.param("version"));
    let champion = model.champion().map(|served| served.version);
    champion.is_some() && matches!(version, Ok(version) if version.is_none() || version == champion)
}

/// The version in the path, in this protocol's own words where there is none.
async fn asked(state: &State, request: &Request) -> Result<Arc<Served>, Problem> {
    let model = request.query("model");
    // A model that is not there is reported as such; what can be missing after that is the version.
    let name = state.served_models.model(model.as_deref())?.name.clone();
    let version = request.param("version");
    let absent = || {
        let why = format!("Trained model version '{version}' was not found.");
        Problem::new(Code::NotFound, why)
    };
    let number = match named(state, &name, version).await? {
        Some(number) => Some(number),
        None => version_of(version).map_err(|_| absent())?,
    };
    let picked = state.served_models.pick(Some(&name), number).await;
    picked.map_err(|error| match error {
        PickError::NoModel | PickError::NoVersion => absent(),
        other => other.into(),
    })
}

/// Keys that are not there, as Python writes texts, in the order of the alphabet.
fn missing_keys(served: &Served, body: &Map<String, Value>) -> Vec<String> {
    let inputs = served.inputs.iter().map(|input| input.name.as_str());
    let mut missing: Vec<String> = inputs
        .chain(["id"])
        .filter(|name| !body.contains_key(*name))
        .map(|name| format!("'{name}'"))
        .collect();
    missing.sort();
    missing.dedup();
    missing
}
