//! `GET /prediction` with `model_id`, `text` and `n_top`: a service that sorts texts. The path is the native one's, too; it
//! is this protocol's when the request has a body or names a `model_id`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::data::Kind;
use crate::features::CellRef;
use crate::http::dialect::Dialect;
use crate::model_types::PredictionId;
use crate::serve::prediction_response::ranked;
use crate::serve::rows::{Collector, Strictness};
use crate::serve::scored::score_each;
use crate::serve::work::bounds;
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::pick_error::PickError;
use crate::serving::served::Served;

/// Classes that are listed when the caller does not say how many.
const N_TOP: u64 = 5;
/// The header with the id of the prediction.
const PREDICTION_ID: &str = "x-prediction-id";
/// P(positive) from which on the positive class is the likelier of two: the answer goes by that, not by the threshold that
/// was learned.
const LIKELIEST: f64 = 0.5_f64.next_up();

/// A whole number, also one that stands as a text: the query string knows nothing else, and clients of this protocol send it so
/// in bodies, too.
fn whole_number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    }
}

/// Whether a `GET /prediction` is meant for this protocol. A model with a column called `model_id` can still be asked by
/// the native one.
pub fn is_meant(state: &State, request: &Request) -> bool {
    let is_column = || {
        let mut champions = state
            .served_models
            .models()
            .filter_map(|model| model.champion());
        champions.any(|served| served.fields.contains_key("model_id"))
    };
    !request.body.trim_ascii().is_empty() || (request.query("model_id").is_some() && !is_column())
}

/// The likeliest classes of a text, in this protocol's words, problems included.
pub async fn get(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let answer = answer(&state, &request).await;
    Ok(answer.unwrap_or_else(|problem| Dialect::Plain.tell(&problem)))
}

async fn answer(state: &State, request: &Request) -> Result<Reply, Problem> {
    let asked = asked(request)?;
    let (Some(Value::String(id)), Some(Value::String(text))) =
        (asked.get("model_id"), asked.get("text"))
    else {
        return reject("Required parameters not supplied");
    };
    let n_top = match asked.get("n_top").and_then(whole_number) {
        Some(n_top) if n_top >= 1 => n_top,
        _ => return reject("`n_top` is a whole number of at least 1"),
    };
    let served = match state.served_models.pick(Some(id), None).await {
        Err(PickError::NoModel | PickError::NoVersion) => {
            return reject("Requested Model ID does not exist");
        }
        other => other?,
    };
    if served.is_of_numbers() {
        return reject(
            "the model predicts numbers, so a text has no likeliest class; POST /prediction answers with the number",
        );
    }
    let column = text_column(&served)?;
    let mut collector = Collector::new(&served, Strictness::KnownOnly, bounds(state, request));
    if collector.begin_row().is_ok() {
        for position in 0..served.inputs.len() {
            let is_text = position == column;
            let cell = if is_text {
                CellRef::Text(text)
            } else {
                CellRef::Missing
            };
            collector.put(position, cell);
        }
        collector.end_row();
    }
    let rows = collector.finish()?;
    let mut prediction = Vec::new();
    score_each(state, request, &served, rows, LIKELIEST, |_, p| {
        let n_top = usize::try_from(n_top).unwrap_or(usize::MAX);
        let classes = ranked(&served, p).into_iter().take(n_top);
        prediction.extend(classes.map(|(class, p)| json!([served.bundle.classes[class], p])));
    })?;
    let model = json!({
        "key": "model",
        "sort": served.model,
        "data": {
            "id": served.model,
            "version": served.version,
            "target": served.bundle.target,
            "classes": served.bundle.classes,
        },
        "status": "active",
    });
    let answer = json!({"prediction_request": asked, "model": model, "prediction": prediction});
    // The body is this protocol's word for word; the id is what a label is given by.
    let id = PredictionId::of_row(&request.unique, 0);
    let reply = Reply::json(&answer).header(PREDICTION_ID, &id);
    Ok(reply.by(&served.model, served.version, 1))
}

fn reject<T>(why: &str) -> Result<T, Problem> {
    Err(Problem::new(Code::BadRequest, why))
}

/// What was requested, out of the body or the query, with `n_top` filled in.
fn asked(request: &Request) -> Result<Map<String, Value>, Problem> {
    let mut asked: Map<String, Value> = if request.body.trim_ascii().is_empty() {
        let pairs = request.query_pairs().into_iter();
        pairs
            .map(|(name, text)| {
                let value = match (name.as_str(), text.parse::<u64>()) {
                    ("n_top", Ok(number)) => json!(number),
                    _ => Value::String(text),
                };
                (name, value)
            })
            .collect()
    } else {
        request.json_object()?
    };
    if asked.get("n_top").is_none_or(Value::is_null) {
        asked.insert("n_top".to_string(), json!(N_TOP));
    }
    Ok(asked)
}

/// The input that takes the text: the only one, or the only one of texts.
fn text_column(served: &Served) -> Result<usize, Problem> {
    if served.inputs.len() == 1 {
        return Ok(0);
    }
    let mut texts = (0..served.inputs.len()).filter(|&at| served.inputs[at].kind == Kind::Text);
    match (texts.next(), texts.next()) {
        (Some(only), None) => Ok(only),
        _ => reject(
            "the model has not one column of texts, so a `text` alone cannot be sorted; POST /prediction takes all columns",
        ),
    }
}
