//! `POST /prediction` and `GET /prediction`: rows in, predictions out.

use std::sync::Arc;

use utoipa::OpenApi;

use super::api_schemas;
use super::compat::texts;
use super::file_location::{self, Form};
use super::prediction_arrow::{self, ARROW_STREAM};
use super::prediction_response::write_predictions;
use super::rows::{self, Bounds, Collector, Options, Rows, Strictness};
use super::work::{bounds, heavy};
use super::{Code, Problem, Reply, Request, State};
use crate::explain;
use crate::features::CellRef;
use crate::http::reply::JSON;
use crate::model_types::VersionNumber;
use crate::serving::served::Served;

/// What this file adds to the API document.
#[derive(OpenApi)]
#[openapi(paths(post, get))]
pub struct Doc;

/// Predict rows
///
/// JSON rows with options, CSV with a header, one JSON object per line, or an Arrow stream. With all but JSON, the options are in the
/// query. `Accept: application/vnd.apache.arrow.stream` has the predictions as an Arrow stream.
///
/// A model that was trained on related tables takes `"tables": {"<table>": [{column: value}, …], …}` in place of `rows`, and
/// answers one prediction per record of the base table, whose `id` is the record's.
#[utoipa::path(
    post,
    path = "/prediction",
    tag = "prediction",
    params(
        ("model" = Option<String>, Query, description = "The model; may be left out where there is only one"),
        ("version" = Option<String>, Query, description = "Another version than the champion", pattern = "^(champion|v?[0-9]{1,18})$"),
    ),
    request_body(content(
        (api_schemas::PredictionRequest = "application/json"),
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (api_schemas::ArrowStream = "application/vnd.apache.arrow.stream"),
    )),
    responses((status = 200, description = "The predictions", content(
        (api_schemas::PredictionAnswer = "application/json"),
        (api_schemas::ArrowStream = "application/vnd.apache.arrow.stream"),
    ))),
)]
pub async fn post(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    match request.content_type().as_deref() {
        None | Some("application/json") => match file_location::given(&state, &request).await? {
            None => json(state, request).await,
            Some((body, form)) => lines(state, Request { body, ..request }, form).await,
        },
        Some("text/csv") => lines(state, request, Form::Csv).await,
        Some("application/x-ndjson" | "application/ndjson" | "application/jsonl") => {
            lines(state, request, Form::Ndjson).await
        }
        Some(ARROW_STREAM | "application/vnd.apache.arrow.file") => {
            lines(state, request, Form::Arrow).await
        }
        Some(_) => {
            let why = "the body may be application/json, text/csv, application/x-ndjson or application/vnd.apache.arrow.stream";
            Err(Problem::new(Code::UnsupportedMediaType, why))
        }
    }
}

/// Predict one row
///
/// The row is in the query: `?column=value&…`, a missing value as `column=`. With a body, or a `model_id`, it is another
/// system's call of the same path.
#[utoipa::path(
    get,
    path = "/prediction",
    tag = "prediction",
    params(
        ("model" = Option<String>, Query, description = "The model; may be left out where there is only one"),
        ("version" = Option<String>, Query, description = "Another version than the champion", pattern = "^(champion|v?[0-9]{1,18})$"),
        ("probabilities" = Option<bool>, Query, description = "Adds the probability of every class"),
        ("threshold" = Option<f64>, Query, description = "P(positive) from which on the row is positive; for models with two classes", minimum = 0, maximum = 1),
        ("top_n" = Option<usize>, Query, description = "Adds this many of the most probable classes", minimum = 1),
        ("explain" = Option<bool>, Query, description = "Adds what each column contributed"),
        ("flips" = Option<bool>, Query, description = "Adds counterfactuals: what would have changed the answer; for linear models with two classes"),
    ),
    responses((status = 200, description = "The prediction", body = api_schemas::PredictionAnswer)),
)]
pub async fn get(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    if texts::is_meant(&state, &request) {
        return texts::get(state, request).await;
    }
    let (options, cells) = options_and_cells(&request)?;
    let served = state
        .served_models
        .pick(options.model.as_deref(), options.version)
        .await?;
    let bounds = bounds(&state, &request);
    let mut collector = Collector::new(&served, Strictness::KnownOnly, bounds);
    if collector.begin_row().is_ok() {
        for (name, text) in &cells {
            if let crate::serving::served::Field::Input(position) = collector.field(name) {
                let cell = match text.trim() {
                    "" => CellRef::Missing,
                    text => CellRef::Text(text),
                };
                collector.put(position, cell);
            }
        }
        collector.end_row();
    }
    let rows = collector.finish()?;
    let (_, reply) = heavy(request, move |request: &Request| {
        answer(&state, &served, rows, &options, request)
    })
    .await?;
    Ok(reply)
}

async fn json(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let (guess, served) = guessed(&state, &request).await?;
    // One pass for nearly every body: cells go straight into the slots of the version that is probably meant.
    let (request, reading) = heavy(request, {
        let state = state.clone();
        move |request: &Request| {
            let (options, rows) = read(&request.body, &served, bounds(&state, request))?;
            let is_other = options.model.as_ref().is_some_and(|it| *it != served.model)
                || options.version.is_some_and(|it| it != served.version);
            if is_other {
                return Ok(Reading::OfAnother(options));
            }
            answer(&state, &served, rows?, &options, request).map(Reading::Answered)
        }
    })
    .await?;
    let options = match reading {
        Reading::Answered(reply) => return Ok(reply),
        Reading::OfAnother(options) => merged(options, &guess),
    };
    let (model, version) = (options.model.as_deref(), options.version);
    let served = state.served_models.pick(model, version).await?;
    let (_, reply) = heavy(request, move |request: &Request| {
        let (_, rows) = read(&request.body, &served, bounds(&state, request))?;
        answer(&state, &served, rows?, &options, request)
    })
    .await?;
    Ok(reply)
}

/// What came of reading a body with the columns of the version that it was taken to be for.
enum Reading {
    /// It is for that one; the answer.
    Answered(Reply),
    /// It names another model or version; what it asks for.
    OfAnother(Options),
}

/// The version that a body is taken to be for before it is read, with what is known of its options: what the query names, else
/// the only model's champion. Where those do not tell, the body's options are looked for first.
async fn guessed(state: &State, request: &Request) -> Result<(Options, Arc<Served>), Problem> {
    // The query may name model and version, too; what the body says goes before it.
    let mut guess = Options {
        model: request.query("model"),
        version: named_version(request)?,
        ..Options::default()
    };
    let is_known = guess.model.is_some() || state.served_models.model(None).is_ok();
    if !is_known {
        guess = merged(rows::read_options(&request.body)?, &guess);
    }
    let (model, version) = (guess.model.as_deref(), guess.version);
    let served = match state.served_models.pick(model, version).await {
        // Without a champion, the body may still name a version.
        Err(error) if guess.version.is_none() => {
            guess = merged(rows::read_options(&request.body)?, &guess);
            if guess.version.is_none() && guess.model.is_none() {
                return Err(error.into());
            }
            let (model, version) = (guess.model.as_deref(), guess.version);
            state.served_models.pick(model, version).await?
        }
        picked => picked?,
    };
    Ok((guess, served))
}

/// Options and rows of a body of rows or of tables.
fn read(
    body: &[u8],
    served: &Served,
    bounds: Bounds<'_>,
) -> Result<(Options, Result<Rows, Problem>), Problem> {
    match rows::tables_in(body)? {
        None => rows::read_body(body, served, bounds),
        Some(tables) => {
            let options = rows::read_options(body)?;
            Ok((
                options,
                rows::read_tables(tables.get().as_bytes(), served, bounds),
            ))
        }
    }
}

/// What the body asks for, and for model and version what the query does.
fn merged(body: Options, query: &Options) -> Options {
    Options {
        model: body.model.or_else(|| query.model.clone()),
        version: body.version.or(query.version),
        ..body
    }
}

async fn lines(state: Arc<State>, request: Request, form: Form) -> Result<Reply, Problem> {
    let (options, cells) = options_and_cells(&request)?;
    if !cells.is_empty() {
        let known = "model, version, probabilities, threshold, top_n, explain, flips";
        let why = format!("the query has a parameter that is not known; there is {known}");
        return Err(Problem::new(Code::BadRequest, why));
    }
    let served = state
        .served_models
        .pick(options.model.as_deref(), options.version)
        .await?;
    let (_, reply) = heavy(request, move |request: &Request| {
        let bounds = self::bounds(&state, request);
        let rows = match form {
            Form::Csv => rows::read_csv(
                &request.body,
                &served,
                Strictness::KnownOnly,
                &served.null_values,
                bounds,
            )?,
            Form::Ndjson => rows::read_ndjson(&request.body, &served, bounds)?,
            Form::Arrow => rows::read_arrow(&request.body, &served, Strictness::KnownOnly, bounds)?,
        };
        answer(&state, &served, rows, &options, request)
    })
    .await?;
    Ok(reply)
}

/// Options and everything else of a query.
fn options_and_cells(request: &Request) -> Result<(Options, Vec<(String, String)>), Problem> {
    let flag = |name| request.parsed::<bool>(name, "`true` or `false`");
    let options = Options {
        model: request.query("model"),
        version: named_version(request)?,
        probabilities: flag("probabilities")?.unwrap_or(false),
        threshold: request.parsed("threshold", "a number")?,
        top_n: request.parsed("top_n", "a whole number")?,
        explain: flag("explain")?.unwrap_or(false),
        flips: flag("flips")?.unwrap_or(false),
    };
    let known = [
        "model",
        "version",
        "probabilities",
        "threshold",
        "top_n",
        "explain",
        "flips",
    ];
    let mut cells = request.query_pairs();
    cells.retain(|(name, _)| !known.contains(&name.as_str()));
    Ok((options, cells))
}

fn named_version(request: &Request) -> Result<Option<VersionNumber>, Problem> {
    match request.query("version") {
        Some(text) => rows::version_of(&text),
        None => Ok(None),
    }
}

/// Scores the rows and writes the answer; the rows end in the prediction log where there is one.
pub fn answer(
    state: &State,
    served: &Arc<Served>,
    rows: Rows,
    options: &Options,
    request: &Request,
) -> Result<Reply, Problem> {
    if served.is_of_numbers() {
        let asked = [
            ("threshold", options.threshold.is_some()),
            ("probabilities", options.probabilities),
            ("top_n", options.top_n.is_some()),
        ];
        if let Some((name, _)) = asked.iter().find(|(_, is_asked)| *is_asked) {
            let why = format!("`{name}` is for models of classes; this one predicts numbers");
            return Err(Problem::new(Code::Unprocessable, why));
        }
    }
    if options
        .threshold
        .is_some_and(|it| !(0.0..=1.0).contains(&it))
    {
        let why = "the `threshold` is not from 0 to 1";
        return Err(Problem::new(Code::Unprocessable, why));
    }
    if options.threshold.is_some() && !served.bundle.is_binary() {
        let why = "a `threshold` is for models with two classes; this one has more";
        return Err(Problem::new(Code::Unprocessable, why));
    }
    if options.top_n == Some(0) {
        let why = "`top_n` is at least 1";
        return Err(Problem::new(Code::Unprocessable, why));
    }
    if options.flips && !explain::has_counterfactuals(&served.bundle) {
        let why = "`flips` are for linear models with two classes; this one is another";
        return Err(Problem::new(Code::Unprocessable, why));
    }
    let n_rows = rows.n_rows;
    let (kind, body) = if prediction_arrow::is_wanted(request) {
        let body = prediction_arrow::write_predictions(state, served, rows, options, request)?;
        (ARROW_STREAM, body)
    } else {
        (
            JSON,
            write_predictions(state, served, rows, options, request)?,
        )
    };
    Ok(Reply::new(kind, body).by(&served.model, served.version, n_rows))
}
