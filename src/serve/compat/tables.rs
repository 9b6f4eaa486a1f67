//! `POST /score`: a referral service, whose callers send the tables of their database and get a score for each referral.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::scored::{as_bad_request, asked_version};
use crate::serve::rows::read_tables;
use crate::serve::scored::score_each;
use crate::serve::work::{bounds, heavy};
use crate::serve::{Problem, Reply, Request, State};
use crate::serving::served::Served;

/// Scores for `{"<table>": [{column: value}, …], …}`, the tables that the model was trained on.
///
/// The answer has a score per record of the base table, under its id: the number that is predicted; of two classes, the
/// probability of the positive one; of more, that of the likeliest.
#[utoipa::path(
    post,
    path = "/score",
    operation_id = "score_tables",
    tag = "borrowed",
    params(
        ("model" = Option<String>, Query, description = "The model, where there are several"),
        ("version" = Option<String>, Query, description = "Another version than the champion: 3, v3"),
    ),
    request_body(content = Object, description = "Table name → list of records; tables and columns as in training, an empty list where there are no records"),
    responses(
        (status = 200, description = "A score per record", body = Object, example = json!({"model_name": "referrals_5", "scores": {"1042": 0.123}})),
        (status = 400, description = "`message` in words: no such tables, or not those of this model", body = Object),
    )
)]
pub async fn score(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let served = asked_version(&state, &request).await?;
    let (_, reply) = heavy(request, move |request: &Request| {
        let bounds = bounds(&state, request);
        let rows = read_tables(&request.body, &served, bounds).map_err(as_bad_request)?;
        let mut ids = rows.ids.clone().into_iter();
        let n_rows = rows.n_rows;
        let mut scores = Map::new();
        let threshold = served.bundle.threshold;
        score_each(&state, request, &served, rows, threshold, |class, given| {
            let id = ids.next().unwrap_or_default();
            scores.insert(id.into(), json!(value_of(&served, class, given)));
        })?;
        let name = format!("{}_{}", served.model, served.version);
        let body = json!({"model_name": name, "scores": Value::Object(scores)});
        Ok(Reply::json(&body).by(&served.model, served.version, n_rows))
    })
    .await?;
    Ok(reply)
}

/// What a row comes to, as one number.
fn value_of(served: &Served, class: usize, probabilities: &[f64]) -> f64 {
    let at = if served.bundle.is_binary() { 0 } else { class };
    probabilities.get(at).copied().unwrap_or(f64::NAN)
}
