//! The protocol before v2: `{"instances": […]}` in, `{"predictions": […]}` out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::forms::ModelReady;
use super::models::{self, pick};
use super::wire::bad;
use crate::features::CellRef;
use crate::serve::fleet::Served;
use crate::serve::prediction::{bounds, heavy};
use crate::serve::reply::JSON;
use crate::serve::request::bad_json;
use crate::serve::rows::{Bounds, Collector, Rows, Strictness, read_row};
use crate::serve::written::prediction;
use crate::serve::{Code, Problem, Reply, Request, State};

/// `GET /v1/models`.
#[derive(Serialize, ToSchema)]
#[schema(as = v1::Models)]
pub struct Models {
    /// Their names.
    models: Vec<String>,
}

/// Names of all models.
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "v2",
    operation_id = "v1_models",
    responses((status = 200, description = "The names.", body = Models)),
)]
pub async fn list(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    let names = state.fleet.models().map(|model| model.name.clone());
    Ok(Reply::json(&Models {
        models: names.collect(),
    }))
}

/// Whether a model has a champion that answers.
#[utoipa::path(
    get,
    path = "/v1/models/{model}",
    tag = "v2",
    operation_id = "v1_model",
    params(("model" = String, Path, description = "The model's name.")),
    responses((status = 200, description = "It has.", body = ModelReady)),
)]
pub async fn ready(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    models::ready(state, request).await
}

/// Rows, each an object of columns, or a list of values in the order of the model's inputs.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(default, borrow)]
    instances: Option<Vec<&'a RawValue>>,
}

/// A request.
#[derive(ToSchema)]
#[schema(as = v1::PredictRequest, example = json!({"instances": [
    {"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12},
    [78, 1024, 12],
]}))]
#[expect(
    dead_code,
    reason = "shown in the API document; requests are read by hand"
)]
pub struct PredictRequest {
    /// Rows, each an object of columns, or a list of values in the order of the model's inputs.
    instances: Vec<Value>,
}

/// An answer.
#[derive(ToSchema)]
#[schema(as = v1::PredictResponse)]
#[expect(
    dead_code,
    reason = "shown in the API document; answers are written by hand"
)]
pub struct PredictResponse {
    /// The label of each row, or its number.
    predictions: Vec<Value>,
}

/// Labels or numbers of the champion for rows.
#[utoipa::path(
    post,
    path = "/v1/models/{model}:predict",
    tag = "v2",
    operation_id = "v1_predict",
    params(("model" = String, Path, description = "The model's name.")),
    request_body = PredictRequest,
    responses((status = 200, description = "A label or a number per row.", body = PredictResponse)),
)]
pub async fn predict(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let served = pick(&state, &request).await?;
    let (_, reply) = heavy(request, move |request: &Request| {
        answer(&state, request, &served)
    })
    .await?;
    Ok(reply)
}

fn answer(state: &State, request: &Request, served: &Arc<Served>) -> Result<Reply, Problem> {
    let rows = read_rows(served, bounds(state, request), request)?;
    let mut body = b"{\"predictions\":[".to_vec();
    let scored = super::outputs::score(state, request, served, rows)?;
    for (row, &class) in scored.labels.iter().enumerate() {
        if row > 0 {
            body.push(b',');
        }
        let own = &scored.probabilities[row * scored.width..][..scored.width];
        prediction(&mut body, served, class, own);
    }
    body.extend_from_slice(b"]}");
    Ok(Reply::new(JSON, body).by(served, scored.n_rows).packable())
}

fn read_rows(served: &Served, bounds: Bounds, request: &Request) -> Result<Rows, Problem> {
    let none = "the body has no `instances`; send {\"instances\": [{column: value, …}, …]}";
    if request.body.trim_ascii().first() != Some(&b'{') {
        return Err(bad(none));
    }
    let asked: Asked<'_> =
        serde_json::from_slice(&request.body).map_err(|error| bad_json(&error))?;
    let instances = asked.instances.ok_or_else(|| bad(none))?;
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    for (at, instance) in instances.iter().enumerate() {
        let text = instance.get();
        let is_read = if text.starts_with('[') {
            list_row(text, served, &mut collector)
        } else {
            read_row(text.as_bytes(), &mut collector).is_ok()
        };
        if !is_read {
            let n = served.inputs.len();
            let why = format!(
                "instance {at}, counted from 0, is neither an object of columns nor a list of {n} values"
            );
            return Err(collector.take_stopped().unwrap_or_else(|| bad(why)));
        }
    }
    collector.finish().map_err(|problem| match problem.code {
        Code::Unprocessable => bad(problem.message),
        _ => problem,
    })
}

/// Values in the order of the inputs; whether that is what they are.
fn list_row(text: &str, served: &Served, collector: &mut Collector<'_>) -> bool {
    let Ok(values) = serde_json::from_str::<Vec<Value>>(text) else {
        return false;
    };
    if values.len() != served.inputs.len() || collector.begin_row().is_err() {
        return false;
    }
    for (position, value) in values.iter().enumerate() {
        match value {
            Value::Null => collector.put(position, CellRef::Missing),
            Value::Bool(flag) => collector.put(position, CellRef::Boolean(*flag)),
            Value::String(text) => collector.put(position, CellRef::Text(text)),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => collector.put(position, CellRef::Integer(whole)),
                (None, Some(number)) => collector.put(position, CellRef::Number(number)),
                (None, None) => collector.put_nothing_usable(position),
            },
            Value::Array(_) | Value::Object(_) => collector.put_nothing_usable(position),
        }
    }
    collector.end_row();
    true
}
