//! The protocol before v2: `{"instances": […]}` in, `{"predictions": […]}` out.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::api_schemas::ModelReady;
use super::models::{self, pick};
use super::wire::bad;
use crate::http::reply::JSON;
use crate::http::request::{bad_json, without_mark};
use crate::serve::compat::given::Given;
use crate::serve::rows::{Bounds, Collector, Rows, Stop, Strictness, read_row};
use crate::serve::work::{bounds, heavy};
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::prediction_json::prediction;
use crate::serving::served::Served;

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
    let names = state.served_models.models().map(|model| model.name.clone());
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
    Ok(Reply::new(JSON, body)
        .by(&served.model, served.version, scored.n_rows)
        .compressible())
}

/// Rows of a body.
///
/// # Errors
/// 400 with what is wrong with it; what stops a [`Collector`].
pub fn read_rows(served: &Served, bounds: Bounds<'_>, request: &Request) -> Result<Rows, Problem> {
    let none = "the body has no `instances`; send {\"instances\": [{column: value, …}, …]}";
    let body = without_mark(&request.body);
    if body.trim_ascii().first() != Some(&b'{') {
        return Err(bad(none));
    }
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    let mut has_instances = false;
    let mut reader = serde_json::Deserializer::from_slice(body);
    let asked = V1Body {
        served,
        collector: &mut collector,
        has_instances: &mut has_instances,
    };
    let read = asked.deserialize(&mut reader).and_then(|()| reader.end());
    if let Err(error) = read {
        let stopped = collector.take_stopped();
        return Err(stopped.unwrap_or_else(|| bad_json(body, &error)));
    }
    if !has_instances {
        return Err(bad(none));
    }
    collector.finish().map_err(|problem| match problem.code {
        Code::Unprocessable => bad(problem.message),
        _ => problem,
    })
}

/// The body.
struct V1Body<'a, 's> {
    served: &'s Served,
    collector: &'a mut Collector<'s>,
    has_instances: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for V1Body<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for V1Body<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `instances`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key != "instances" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if std::mem::replace(self.has_instances, true) {
                let why = "the body has `instances` twice; send it once";
                let stop = self.collector.stop(bad(why));
                return stop.map_err(|Stop| A::Error::custom("stopped"));
            }
            map.next_value_seed(Instances {
                served: self.served,
                collector: &mut *self.collector,
            })?;
        }
        Ok(())
    }
}

/// The list of rows.
struct Instances<'a, 's> {
    served: &'s Served,
    collector: &'a mut Collector<'s>,
}

impl<'de> DeserializeSeed<'de> for Instances<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Instances<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut at = 0;
        while let Some(instance) = list.next_element::<&RawValue>()? {
            let text = instance.get();
            let is_read = if text.starts_with('[') {
                list_row(text, self.served, self.collector)
            } else {
                read_row(text.as_bytes(), self.collector).is_ok()
            };
            if !is_read {
                let n = self.served.inputs.len();
                let why = format!(
                    "instance {at}, counted from 0, is neither an object of columns nor a list of {n} values"
                );
                if !self.collector.is_stopped() {
                    let _ = self.collector.stop(bad(why));
                }
                return Err(A::Error::custom("stopped"));
            }
            at += 1;
        }
        Ok(())
    }
}

/// Values in the order of the inputs; whether that is what they are.
fn list_row(text: &str, served: &Served, collector: &mut Collector<'_>) -> bool {
    struct Cells<'a, 's>(&'a mut Collector<'s>, usize);
    impl<'de> Visitor<'de> for Cells<'_, '_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of {} values", self.1)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
            let Cells(collector, n) = self;
            for position in 0..n {
                let Some(given) = list.next_element::<Given<'de>>()? else {
                    return Err(A::Error::invalid_length(position, &"more values"));
                };
                match given.cell() {
                    Some(cell) => collector.put(position, cell),
                    None => collector.put_nothing_usable(position),
                }
            }
            Ok(())
        }
    }
    if collector.begin_row().is_err() {
        return false;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let cells = Cells(&mut *collector, served.inputs.len());
    let is_read = reader.deserialize_seq(cells).and_then(|()| reader.end());
    collector.end_row();
    is_read.is_ok()
}
