//! `/models/{model}/drift`: whether rows are still like those that the champion was trained on.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::common::{env_of, trouble};
use crate::model_types::VersionNumber;
use crate::pipeline::drift::{self, DriftAnswer, DriftCheck, RowsKind};
use crate::pipeline::{Env, load_bundle};
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::served::Served;

/// Rows checked against what the champion was trained on.
#[derive(Serialize, ToSchema)]
pub struct DriftView {
    /// The model.
    model: String,
    /// The version whose training rows are the reference.
    #[schema(value_type = i64)]
    version: VersionNumber,
    /// What sort of rows were compared: `requests`, `data` or `test`.
    kind: &'static str,
    /// The run that read them; empty of requests.
    source: String,
    /// Begin and end of the window, UTC; the end does not belong to it.
    window: [String; 2],
    /// Rows of the reference; 0 for a version without one.
    reference_rows: u64,
    /// Rows that were compared.
    rows: u64,
    /// `ok`, `warn`, `drift` or `unknown`: whether it matters to this model.
    verdict: &'static str,
    /// Why, in words.
    reason: String,
    /// `alpha`, `least_effect` and `large_effect` that it was judged by.
    #[schema(value_type = Option<Object>)]
    levels: Value,
    /// Each column, the most severe first: `name`, `kind`, `test`, `statistic`, `effect`, `p_value`, `p_adjusted`, `psi`,
    /// `wasserstein_iqr`, `jensen_shannon`, `total_variation`, `reference` and `window` (shares of rows), `importance`,
    /// `severity`, `is_found`, `verdict`, `reason`.
    #[schema(value_type = Vec<Object>)]
    features: Value,
    /// The same of what the model said; null where it was not compared.
    #[schema(value_type = Option<Object>)]
    prediction: Value,
    /// Columns that are not what they were: `column`, `change` (`missing`, `added`, `kind`), `reason`.
    #[schema(value_type = Vec<Object>)]
    schema: Value,
    /// The same against the champion since drift was last reported, else the first one, where that is another version: `version`, `verdict`, `reason`, `columns`.
    #[schema(value_type = Option<Object>)]
    slow: Value,
    /// All columns together, by a classifier, where `drift.domain_classifier` asks for it: `auc`, `p_value`, `rows`, `reason`.
    #[schema(value_type = Option<Object>)]
    joint: Value,
    /// Each column in the bins of the reference: `column`, `kind`, `bins` (`label`, `from`, `to`, shares of rows of `reference` and
    /// `window`).
    #[schema(value_type = Vec<Object>)]
    histograms: Value,
    /// `checks` that were recorded and `episodes` of drift, newest first.
    #[schema(value_type = Object)]
    history: Value,
}

impl DriftView {
    fn of(answer: DriftAnswer) -> DriftView {
        let DriftAnswer {
            check,
            histograms,
            history,
        } = answer;
        // Texts and numbers: they can be written.
        fn value(of: &impl Serialize) -> Value {
            serde_json::to_value(of).unwrap_or_default()
        }
        DriftView {
            version: check.version,
            kind: check.kind.name(),
            window: check.window.clone(),
            reference_rows: check.reference_rows,
            rows: check.rows,
            verdict: check.verdict.name(),
            levels: value(&check.levels),
            features: value(&check.features),
            prediction: value(&check.prediction),
            schema: value(&check.schema),
            slow: value(&check.slow),
            joint: value(&check.joint),
            histograms: value(&histograms),
            history: value(&history),
            model: check.model,
            source: check.source,
            reason: check.reason,
        }
    }
}

/// Whether rows are still like those that the champion was trained on.
///
/// Requests are counted in the bins of the champion's reference, hour by hour or day by day; of data sets and test rows, the newest
/// comparison of a run is returned. Nothing is read or computed but what was counted.
#[utoipa::path(
    get, path = "/models/{model}/drift", operation_id = "show_drift", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("of" = Option<String>, Query, pattern = "^(requests|data|test)$", description = "What is compared: `requests` (the default), `data` (the newest data set) or `test` (the test rows)"),
        ("window" = Option<String>, Query, pattern = "^[1-9][0-9]{0,3}[hd]$", description = "The time span of the requests: `24h`, `7d`, or since an instant; the present window and the one before if not given"),
    ),
    responses(
        (status = 200, description = "The comparison", body = DriftView),
        (status = 409, description = "The server serves one bundle and has no history"),
    )
)]
pub async fn show(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let name = request.param("model");
    let of = request.query("of");
    let kind = kind_of(of.as_deref())?;
    let window = request.query("window");
    let wanted = &RowsKind::RECORDED;
    let answer = drift_of(&state, name, (kind, wanted), window.as_deref()).await?;
    Ok(Reply::json(&DriftView::of(answer)).compressible())
}

/// What rows are requested; requests if nothing is said.
///
/// # Errors
/// For a word that names none.
pub fn kind_of(of: Option<&str>) -> Result<RowsKind, Problem> {
    match of {
        None | Some("requests") => Ok(RowsKind::Requests),
        Some("data") => Ok(RowsKind::Data),
        Some("test") => Ok(RowsKind::Test),
        Some(_) => {
            let why = "the parameter `of` is `requests`, `data` or `test`";
            Err(Problem::new(Code::BadRequest, why))
        }
    }
}

/// Requests of some time, or what the last run compared, checked against the champion, with the history of the wanted sorts of rows.
///
/// # Errors
/// Without a champion, before the first comparison, for a time that cannot be read, or when the registry cannot answer.
pub async fn drift_of(
    state: &State,
    name: &str,
    (kind, wanted): (RowsKind, &[RowsKind]),
    window: Option<&str>,
) -> Result<DriftAnswer, Problem> {
    let model = state.served_models.model(Some(name))?;
    let env = env_of(state, name)?;
    let now_ms = state.clock.now_ms();
    let text = window.unwrap_or("requests");
    let span = drift::span(text, env.config.drift.window, now_ms).ok_or_else(|| {
        let why =
            "the parameter `window` is a time like `24h` or `7d`, or an instant with its offset";
        Problem::new(Code::BadRequest, why)
    })?;
    let Some(served) = model.champion() else {
        let why = "the model has no version in production yet; `unseat run` makes one";
        return Err(Problem::new(Code::Unavailable, why).retry(5));
    };
    let check = match kind {
        RowsKind::Requests => {
            let champion = (served.version, &served.bundle);
            drift::of_requests(&env, champion, span)
                .await
                .map_err(trouble)?
        }
        RowsKind::Data | RowsKind::Test | RowsKind::File => {
            let rows = env.registry.drift_checks(name, kind.name(), 1).await;
            let rows = rows.map_err(trouble)?;
            let check = rows.first().and_then(DriftCheck::read);
            check.ok_or_else(|| {
                let why =
                    "no run has compared these rows yet: it does as soon as there is a champion";
                Problem::new(Code::NotFound, why)
            })?
        }
    };
    answer_of(&env, check, &served, wanted).await
}

/// A comparison with its history, in the bins of the version that it was compared with.
///
/// # Errors
/// When the registry cannot answer.
pub async fn answer_of(
    env: &Env,
    check: DriftCheck,
    served: &Served,
    wanted: &[RowsKind],
) -> Result<DriftAnswer, Problem> {
    let answer = if check.version == served.version {
        DriftAnswer::of(env, check, served.bundle.reference.as_ref(), wanted).await
    } else {
        // A version that is gone leaves the comparison without its bins.
        let loaded = load_bundle(env, check.version).await.ok();
        let reference = loaded.as_ref().and_then(|it| it.bundle.reference.as_ref());
        DriftAnswer::of(env, check, reference, wanted).await
    };
    answer.map_err(trouble)
}
