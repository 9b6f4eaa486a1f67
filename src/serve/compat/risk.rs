//! `POST /predict` and `GET /health`: the calls of a risk assessment service, and of a flight delay service whose bodies
//! have another key (see [`super::flights`]).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::json;
use warp::http::StatusCode;

use super::flights::{self, FlightList, Mistakes};
use super::scored::{as_bad_request, asked_version, list_of_classes};
use crate::http::reply::JSON;
use crate::http::request::{bad_json, without_mark};
use crate::serve::readiness::is_ready;
use crate::serve::rows::{Bounds, Collector, RowList, Rows, Strictness};
use crate::serve::work::{bounds, heavy};
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::served::Served;

/// Whose body it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyForm {
    /// `data`.
    Risk,
    /// `flights`.
    Flights,
}

/// Predictions for `{"data": [{column: value}, …]}` or `{"flights": [{column: value}, …]}`.
///
/// `data` is answered with `{"predictions": [0.0, 1.0, …]}`: each class as a float where the classes are numbers, else its
/// name. `flights` is answered with `{"predict": [0, 1, …]}`; its cells must be such as the training data had. Columns that
/// the model does not need are ignored, and so is a `schema` beside the rows.
#[utoipa::path(
    post,
    path = "/predict",
    operation_id = "predict_rows",
    tag = "borrowed",
    params(
        ("model" = Option<String>, Query, description = "The model, where there are several"),
        ("version" = Option<String>, Query, description = "Another version than the champion: 3, v3"),
    ),
    request_body(content = Object, description = "Exactly one of `data` and `flights`: a list of rows", example = json!({"data": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]})),
    responses(
        (status = 200, description = "`predictions` for `data`, `predict` for `flights`", body = Object, example = json!({"predictions": [0.0]})),
        (status = 400, description = "`error` in words; for `flights`, `detail` names what is missing or invalid", body = Object, example = json!({"detail": "Invalid values in MES"})),
        (status = 422, description = "A cell of `flights` has another type: `detail` lists the places", body = Object, example = json!({"detail": [{"loc": ["body", "flights", 0, "MES"], "msg": "value is not a valid integer", "type": "type_error.integer"}]})),
    )
)]
pub async fn predict(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let served = asked_version(&state, &request).await?;
    let (_, reply) = heavy(request, move |request: &Request| {
        let bounds = bounds(&state, request);
        let (name, answers, rows) = match read(&request.body, &served, bounds)? {
            Read::Risk(rows) => ("predictions", floats(&served), rows),
            Read::Flights(rows) => ("predict", flights::integers(&served), rows),
            Read::Rejected(reply) => return Ok(reply),
        };
        let n_rows = rows.n_rows;
        let body = list_of_classes(name, &answers, &state, request, &served, rows)?;
        Ok(Reply::new(JSON, body).by(&served.model, served.version, n_rows))
    })
    .await?;
    Ok(reply)
}

/// Says which methods `/predict` has.
#[utoipa::path(
    options,
    path = "/predict",
    operation_id = "predict_methods",
    tag = "borrowed",
    responses((status = 204, description = "The methods stand in the header `Allow`"))
)]
pub async fn options(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    let reply = Reply::text("").status(StatusCode::NO_CONTENT);
    Ok(reply.header("allow", "POST, OPTIONS"))
}

/// Whether predictions can be had.
///
/// Where this call comes from, the answer was OK whatever had happened, so that a balancer continued sending requests to a
/// server without a model. Here it is 503 until a model is loaded and while the server is ending.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "health",
    tag = "borrowed",
    responses(
        (status = 200, description = "Ready", body = Object, example = json!({"status": "OK"})),
        (status = 503, description = "Not ready", body = Object, example = json!({"status": "unavailable"})),
    )
)]
pub async fn health(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    if is_ready(&state) {
        return Ok(Reply::json(&json!({"status": "OK"})));
    }
    let reply = Reply::json(&json!({"status": "unavailable"}));
    Ok(reply.status(StatusCode::SERVICE_UNAVAILABLE))
}

/// Each class as a float, or as its name.
fn floats(served: &Served) -> Vec<String> {
    let classes = served.labels.iter().zip(&served.bundle.classes);
    classes
        .map(|(label, class)| match label.parse::<f64>() {
            Ok(number) => json!(number).to_string(),
            Err(_) => json!(class).to_string(),
        })
        .collect()
}

/// What a body came to.
enum Read {
    Risk(Rows),
    Flights(Rows),
    /// Told in the words of the flight delay service.
    Rejected(Reply),
}

fn read(body: &[u8], served: &Served, bounds: Bounds<'_>) -> Result<Read, Problem> {
    let mut collector = Collector::new(served, Strictness::ExtraIgnored, bounds);
    let (mut asked, mut mistakes) = (None, Mistakes::default());
    let body = without_mark(body);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let seed = Body {
        served,
        collector: &mut collector,
        asked: &mut asked,
        mistakes: &mut mistakes,
    };
    let result = seed.deserialize(&mut reader).and_then(|()| reader.end());
    if let Err(error) = result {
        if let Some(stopped) = collector.take_stopped() {
            return Err(stopped);
        }
        return match asked {
            Some(BodyForm::Flights) if error.is_data() => {
                Ok(Read::Rejected(mistakes.wrong_shape()))
            }
            _ => Err(bad_json(body, &error)),
        };
    }
    match asked {
        None => Ok(Read::Rejected(flights::neither())),
        Some(BodyForm::Risk) => collector.finish().map(Read::Risk).map_err(as_bad_request),
        Some(BodyForm::Flights) => Ok(match mistakes.reject(served, collector)? {
            Ok(rows) => Read::Flights(rows),
            Err(reply) => Read::Rejected(reply),
        }),
    }
}

struct Body<'a, 's> {
    served: &'s Served,
    collector: &'a mut Collector<'s>,
    asked: &'a mut Option<BodyForm>,
    mistakes: &'a mut Mistakes,
}

impl<'de> DeserializeSeed<'de> for Body<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `data` or `flights`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let asked = match key.as_ref() {
                "data" => BodyForm::Risk,
                "flights" => BodyForm::Flights,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if self.asked.replace(asked).is_some() {
                let why = "the body has more than one of `data` and `flights`; send one";
                let stop = self.collector.stop(Problem::new(Code::BadRequest, why));
                return stop.map_err(|_| A::Error::custom("stopped"));
            }
            match asked {
                BodyForm::Risk => map.next_value_seed(RowList {
                    collector: &mut *self.collector,
                })?,
                BodyForm::Flights => map.next_value_seed(FlightList {
                    served: self.served,
                    collector: &mut *self.collector,
                    mistakes: &mut *self.mistakes,
                })?,
            }
        }
        Ok(())
    }
}
