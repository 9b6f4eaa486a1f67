//! `POST /labels` and `/models/{model}/live`: what answers turned out to be, and how good they were.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::common::{detached, env_of, heavy, trouble};
use crate::pipeline::live::{self, Given, LabelsReport, LiveAnswer};
use crate::serve::audit;
use crate::serve::{Code, Problem, Reply, Request, State};

/// Most labels of one request.
const MOST_LABELS: usize = 10_000;

/// Labels of answers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelsRequest {
    /// The model; may be left out where there is only one.
    #[serde(default)]
    model: Option<String>,
    /// One per answer: `id` (as it came with the answer), `label` (the true class or number), and where they are known
    /// `observed_at` (RFC 3339 with its offset; now if not given) and `source`.
    #[schema(value_type = Vec<Object>, example = json!([{"id": "19c1d6b2f0a0c0ffee000001-0", "label": 1}]))]
    labels: Vec<Given>,
}

/// What became of labels.
#[derive(Serialize, ToSchema)]
pub struct LabelsView {
    /// The model.
    model: String,
    /// Whether nothing was written.
    dry_run: bool,
    /// Labels per outcome; those that none came to are left out.
    #[schema(value_type = Object)]
    counts: Value,
    /// Each label in the order of the request: `id`, `outcome` (`recorded`, `unchanged`, `replaced`, `superseded`, `conflict`,
    /// `held`, `unknown`, `too_late`, `invalid`), and a `reason` where it is not plain.
    #[schema(value_type = Vec<Object>)]
    labels: Value,
}

/// Takes in labels of earlier answers.
///
/// Each label comes to an outcome of its own; one that cannot be taken keeps no other from being taken. The same labels again
/// change nothing. Labels are matched by id, never by order.
#[utoipa::path(
    post, path = "/labels", operation_id = "give_labels", tag = "manage",
    params(("dry_run" = Option<bool>, Query, description = "Returns what would become of each, and writes nothing")),
    request_body = LabelsRequest,
    responses(
        (status = 200, description = "What became of each", body = LabelsView),
        (status = 409, description = "The server serves one bundle and keeps no answers"),
    )
)]
pub async fn post(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let mut model = None;
        let answer = taken(&state, &request, &mut model).await;
        audit::record(&state, &request, "labels", model.as_deref(), None, &answer).await;
        answer
    })
    .await
}

async fn taken(
    state: &State,
    request: &Request,
    model: &mut Option<String>,
) -> Result<Reply, Problem> {
    let dry_run = request.parsed::<bool>("dry_run", "`true` or `false`")?;
    let asked: LabelsRequest = request.json()?;
    if asked.labels.len() > MOST_LABELS {
        let why = format!("more than {MOST_LABELS} labels in one request; send them in parts");
        return Err(Problem::new(Code::TooLarge, why));
    }
    let found = state.served_models.model(asked.model.as_deref())?;
    *model = Some(found.name.clone());
    let env = env_of(state, &found.name)?;
    let Some(served) = found.champion() else {
        let why = "the model has no version in production yet, so nothing was answered";
        return Err(Problem::new(Code::Unavailable, why).retry(5));
    };
    let dry_run = dry_run.unwrap_or(false);
    let report = live::give(&env, &served.bundle, asked.labels, dry_run).await;
    let LabelsReport {
        model,
        dry_run,
        counts,
        labels,
    } = report.map_err(trouble)?;
    Ok(Reply::json(&LabelsView {
        model,
        dry_run,
        // Texts and numbers: they can be written.
        counts: serde_json::to_value(counts).unwrap_or_default(),
        labels: serde_json::to_value(labels).unwrap_or_default(),
    })
    .compressible())
}

/// How good a model's answers were.
#[derive(Serialize, ToSchema)]
pub struct LiveView {
    /// The model.
    model: String,
    /// The primary metric.
    metric: &'static str,
    /// From when on answers were looked at, UTC.
    from: String,
    /// Up to when.
    to: String,
    /// Whether there were more answers than are judged at once; then these are the newest.
    is_cut: bool,
    /// Why nothing is said: `no data`, where no answer is kept of this time.
    reason: Option<&'static str>,
    /// All of it per version, newest first: `version`, `from`, `to`, `labelled` (`coverage`, `by_class`, `score`, `interval`,
    /// `delay_ms`, `is_uneven`), `estimated` (`value`, `interval`; without labels), `difference`, `is_immature`, `scores` (bins: `from`, `to`, shares of rows
    /// of `test` and `answers`).
    #[schema(value_type = Vec<Object>)]
    versions: Value,
    /// The same day by day, newest first.
    #[schema(value_type = Vec<Object>)]
    days: Value,
    /// Of models of numbers, week by week (from Monday, UTC), newest first: `version`, `from`, `to`, `answers`, `labelled`, and how alike labels and
    /// answers rank the rows (`spearman`, overlap `worst_10` and `worst_20`).
    #[schema(value_type = Vec<Object>)]
    weeks: Value,
    /// What became of all labels that ever came, by outcome.
    #[schema(value_type = Object)]
    outcomes: Value,
    /// When a label came last.
    last_label: Option<String>,
    /// What the estimate takes for granted.
    assumption: &'static str,
}

/// How good a model's answers were, by labels that came later and estimated without.
#[utoipa::path(
    get, path = "/models/{model}/live", operation_id = "show_live", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("window" = Option<String>, Query, pattern = "^[1-9][0-9]{0,3}[hd]$", description = "The time span of the answers: `24h`, `7d` (the default), or since an instant"),
    ),
    responses(
        (status = 200, description = "The quality", body = LiveView),
        (status = 409, description = "The server serves one bundle and keeps no answers"),
    )
)]
pub async fn show(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let env = env_of(&state, request.param("model"))?;
    let window = request.query("window");
    let text = window.as_deref().unwrap_or("7d");
    let span = crate::pipeline::drift::span(text, env.config.drift.window, state.clock.now_ms());
    let Some((from_ms, to_ms)) = span else {
        let why =
            "the parameter `window` is a time like `24h` or `7d`, or an instant with its offset";
        return Err(Problem::new(Code::BadRequest, why));
    };
    // What was answered this very millisecond belongs to it.
    let answer = heavy(async move { live::live(&env, (from_ms, to_ms + 1)).await }).await?;
    let LiveAnswer { metric, .. } = answer;
    // Texts and numbers: they can be written.
    fn value(of: &impl Serialize) -> Value {
        serde_json::to_value(of).unwrap_or_default()
    }
    Ok(Reply::json(&LiveView {
        metric: metric.name(),
        versions: value(&answer.versions),
        days: value(&answer.days),
        weeks: value(&answer.weeks),
        outcomes: value(&answer.outcomes),
        model: answer.model,
        from: answer.from,
        to: answer.to,
        is_cut: answer.is_cut,
        reason: answer.reason,
        last_label: answer.last_label,
        assumption: answer.assumption,
    })
    .compressible())
}
