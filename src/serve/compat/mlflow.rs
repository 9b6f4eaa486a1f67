//! The scoring protocol of MLflow: `POST /invocations`, `GET /ping`, `GET /version`.

use std::sync::Arc;

use warp::http::header::CONTENT_TYPE;

use super::mlflow_body;
use super::mlflow_found::Params;
use super::scored::{as_bad_request, asked_version};
use crate::http::reply::JSON;
use crate::serve::readiness::is_ready;
use crate::serve::rows::{Rows, Strictness, read_csv};
use crate::serve::scored::score_each;
use crate::serve::work::{bounds, heavy};
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::prediction_json::{number, per_class, prediction};
use crate::serving::served::Served;

/// What a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
}

/// Predictions for a table in one of MLflow's forms.
///
/// JSON has exactly one of `dataframe_split` (`columns`, `data`), `dataframe_records`, `instances` and `inputs`, and
/// optionally `params`: `threshold` for P(positive), `predict_method` (`predict`, or `predict_proba` for a row of
/// probabilities in the order of the classes). Rows without names have the model's inputs in the model's order. Columns
/// that the model does not need are ignored. `NaN` in JSON, as Python writes it, is a missing value.
#[utoipa::path(
    post,
    path = "/invocations",
    tag = "mlflow",
    params(
        ("model" = Option<String>, Query, description = "The model, where there are several"),
        ("version" = Option<String>, Query, description = "Another version than the champion: 3, v3"),
    ),
    request_body(content(
        (Object = "application/json", example = json!({"dataframe_split": {"columns": ["lastmonth_activity", "lastyear_activity", "number_of_employees"], "data": [[78, 1024, 12]]}})),
        (String = "text/csv", example = json!("lastmonth_activity,lastyear_activity,number_of_employees\n78,1024,12\n")),
    )),
    responses(
        (status = 200, description = "A class or a number per row, a class as a number where the target was one; with `predict_proba`, a list of probabilities per row", body = Object, example = json!({"predictions": [0]})),
    )
)]
pub async fn invocations(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let form = form(&request)?;
    let served = asked_version(&state, &request).await?;
    let (_, reply) = heavy(request, move |request: &Request| {
        let bounds = bounds(&state, request);
        let (rows, params) = match form {
            Form::Json => mlflow_body::read(&request.body, &served, bounds)?,
            Form::Csv => {
                let (strictness, nulls) = (Strictness::ExtraIgnored, &served.null_values);
                let rows = read_csv(&request.body, &served, strictness, nulls, bounds);
                (rows.map_err(as_bad_request)?, Params::default())
            }
        };
        let n_rows = rows.n_rows;
        let body = answer(&state, request, &served, rows, &params)?;
        Ok(Reply::new(JSON, body).by(&served.model, served.version, n_rows))
    })
    .await?;
    Ok(reply)
}

/// Whether predictions can be had: 200 and an empty line, else 503.
#[utoipa::path(
    get,
    path = "/ping",
    operation_id = "mlflow_ping",
    tag = "mlflow",
    responses(
        (status = 200, description = "Ready", body = String, content_type = "text/plain"),
        (status = 503, description = "Not ready", body = Object),
    )
)]
pub async fn ping(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    if is_ready(&state) {
        return Ok(Reply::text("\n"));
    }
    let why = "no model is loaded, or the server is ending; /readyz?verbose says which";
    Err(Problem::new(Code::Unavailable, why).retry(1))
}

/// The version of this program, as text.
#[utoipa::path(
    get,
    path = "/version",
    operation_id = "mlflow_version",
    tag = "mlflow",
    responses((status = 200, description = "Such as 0.1.0", body = String, content_type = "text/plain"))
)]
pub async fn version(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    Ok(Reply::text(env!("CARGO_PKG_VERSION")))
}

/// The form that the content type says; its only parameter is a charset, and that is UTF-8.
fn form(request: &Request) -> Result<Form, Problem> {
    let rejected = |why: &str| Err(Problem::new(Code::UnsupportedMediaType, why));
    let value = request.headers.get(CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let Some(value) = value else {
        return rejected("the request has no content type; send application/json or text/csv");
    };
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    for parameter in parts.filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !name.trim().eq_ignore_ascii_case("charset") {
            return rejected("the content type has a parameter besides `charset`; leave it out");
        }
        if !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8") {
            return rejected("the charset of the body is not UTF-8; send UTF-8");
        }
    }
    match media.as_str() {
        "application/json" => Ok(Form::Json),
        "text/csv" => Ok(Form::Csv),
        _ => rejected("the body may be application/json or text/csv"),
    }
}

/// `{"predictions": [...]}`.
fn answer(
    state: &State,
    request: &Request,
    served: &Arc<Served>,
    rows: Rows,
    params: &Params,
) -> Result<Vec<u8>, Problem> {
    let rejected = |why: &str| Err(Problem::new(Code::BadRequest, why));
    let threshold = match params.threshold {
        None => served.bundle.threshold,
        Some(_) if served.is_of_numbers() => {
            return rejected(
                "a `threshold` is for models with two classes; this one predicts numbers",
            );
        }
        Some(_) if !served.bundle.is_binary() => {
            return rejected("a `threshold` is for models with two classes; this one has more");
        }
        Some(threshold) if (0.0..=1.0).contains(&threshold) => threshold,
        Some(_) => return rejected("the `threshold` is not from 0 to 1"),
    };
    let with_probabilities = match params.predict_method.as_deref() {
        None | Some("predict") => false,
        Some("predict_proba") if served.is_of_numbers() => {
            return rejected("`predict_proba` is for models of classes; this one predicts numbers");
        }
        Some("predict_proba") => true,
        Some(_) => return rejected("`predict_method` is neither `predict` nor `predict_proba`"),
    };
    let mut out = Vec::with_capacity(32 + rows.n_rows * 8);
    out.extend_from_slice(b"{\"predictions\":[");
    let mut is_first = true;
    score_each(state, request, served, rows, threshold, |class, p| {
        if !std::mem::replace(&mut is_first, false) {
            out.push(b',');
        }
        if with_probabilities {
            for (at, p) in per_class(served, p).into_iter().enumerate() {
                out.push(if at == 0 { b'[' } else { b',' });
                number(&mut out, p);
            }
            out.push(b']');
        } else {
            prediction(&mut out, served, class, p);
        }
    })?;
    out.extend_from_slice(b"]}");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Role;
    use crate::config::server::Limits;
    use crate::http::budget::Budget;
    use crate::http::request::Caller;
    use warp::http::{HeaderMap, HeaderValue, Method};

    fn request(content_type: Option<&str>) -> Request {
        let mut headers = HeaderMap::new();
        if let Some(text) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(text).expect("a header"));
        }
        Request {
            method: Method::POST,
            path: "/invocations".into(),
            params: Vec::new(),
            query: None,
            headers: headers.into(),
            body: bytes::Bytes::new(),
            id: String::new(),
            unique: String::new(),
            caller: Caller {
                name: "anonymous".into(),
                role: Role::Admin,
                address: None,
            },
            work: crate::http::budget::Work::begin(
                &Limits::default(),
                Budget::new(0).nothing(),
                None,
            ),
        }
    }

    #[test]
    fn content_types_are_taken_or_rejected() {
        let taken = [
            ("application/json", Form::Json),
            ("application/json; charset=utf-8", Form::Json),
            ("Application/JSON;charset=\"UTF-8\"", Form::Json),
            ("text/csv", Form::Csv),
            ("text/csv ; charset=UTF-8;", Form::Csv),
        ];
        for (text, expected) in taken {
            let found = form(&request(Some(text))).map_err(|problem| problem.message);
            assert_eq!(found, Ok(expected), "{text}");
        }
        let rejected = [
            (None, "no content type"),
            (Some("application/xml"), "application/json or text/csv"),
            (Some("application/json; charset=latin1"), "not UTF-8"),
            (Some("application/json; version=2"), "besides `charset`"),
            (Some("application/json; format"), "besides `charset`"),
            (Some(""), "application/json or text/csv"),
        ];
        for (text, expected) in rejected {
            let problem = form(&request(text)).expect_err("rejected");
            assert_eq!(problem.code, Code::UnsupportedMediaType);
            assert!(problem.message.contains(expected), "{text:?} {problem:?}");
        }
    }
}
