//! What is asked of a model: what it takes and gives, is it ready, which versions are there.

use std::sync::Arc;

use serde::Deserialize;

use super::api_schemas::{IndexEntry, ModelMetadata, ModelReady, TensorMetadata};
use super::outputs::{Labels, OutputKind};
use super::wire::bad;
use crate::data;
use crate::http::problem::not_found;
use crate::model_types::VersionNumber;
use crate::serve::rows::version_of;
use crate::serve::{Code, Problem, Reply, Request, Source, State};
use crate::serving::served::Served;
use crate::serving::served_models::ModelSlot;

/// What the version that the path names takes and gives: the champion, where it names none.
///
/// # Errors
/// 404 for a model or version that is not there, 503 where there is no champion.
pub async fn pick(state: &State, request: &Request) -> Result<Arc<Served>, Problem> {
    let version = match request.param("version") {
        "" => None,
        text => version_of(text).map_err(|_| {
            not_found("no such version: a version is a number like 3, or `champion`")
        })?,
    };
    let model = request.param("model");
    Ok(state.served_models.pick(Some(model), version).await?)
}

/// Tensors that the champion takes and gives.
#[utoipa::path(
    get,
    path = "/v2/models/{model}",
    tag = "v2",
    operation_id = "v2_model_metadata",
    params(("model" = String, Path, description = "The model's name.")),
    responses((status = 200, description = "Its tensors and versions.", body = ModelMetadata)),
)]
pub async fn metadata(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let served = pick(&state, &request).await?;
    let model = state.served_models.model(Some(&served.model))?;
    let versions = versions(&state, &model).await?;
    let input = |input: &crate::serving::served::InputFacts| TensorMetadata {
        name: input.name.clone(),
        datatype: match input.kind {
            data::Kind::Integer => "INT64",
            data::Kind::Number => "FP64",
            data::Kind::Boolean => "BOOL",
            data::Kind::Text => "BYTES",
        },
        shape: vec![-1],
    };
    let output = |kind: OutputKind| TensorMetadata {
        name: kind.name().to_string(),
        datatype: match kind {
            OutputKind::Predict => Labels::of(&served).datatype(),
            OutputKind::PredictProba | OutputKind::Probability => "FP64",
        },
        shape: match kind {
            OutputKind::Predict | OutputKind::Probability => vec![-1],
            OutputKind::PredictProba => vec![-1, served.bundle.classes.len() as i64],
        },
    };
    Ok(Reply::json(&ModelMetadata {
        name: served.model.clone(),
        versions: versions.iter().map(ToString::to_string).collect(),
        platform: "unseat_linear",
        inputs: served.inputs.iter().map(input).collect(),
        outputs: OutputKind::of(&served).into_iter().map(output).collect(),
    })
    .compressible())
}

/// Tensors that a version takes and gives.
#[utoipa::path(
    get,
    path = "/v2/models/{model}/versions/{version}",
    tag = "v2",
    operation_id = "v2_version_metadata",
    params(
        ("model" = String, Path, description = "The model's name."),
        ("version" = String, Path, description = "A version's number, or `champion`."),
    ),
    responses((status = 200, description = "Its tensors.", body = ModelMetadata)),
)]
pub async fn version_metadata(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    metadata(state, request).await
}

/// Whether a model has a champion that answers.
#[utoipa::path(
    get,
    path = "/v2/models/{model}/ready",
    tag = "v2",
    operation_id = "v2_model_ready",
    params(("model" = String, Path, description = "The model's name.")),
    responses((status = 200, description = "It has.", body = ModelReady)),
)]
pub async fn ready(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let served = pick(&state, &request).await?;
    Ok(Reply::json(&ModelReady {
        name: served.model.clone(),
        ready: true,
    }))
}

/// Whether a version is there and can answer.
#[utoipa::path(
    get,
    path = "/v2/models/{model}/versions/{version}/ready",
    tag = "v2",
    operation_id = "v2_version_ready",
    params(
        ("model" = String, Path, description = "The model's name."),
        ("version" = String, Path, description = "A version's number, or `champion`."),
    ),
    responses((status = 200, description = "It can.", body = ModelReady)),
)]
pub async fn version_ready(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    ready(state, request).await
}

/// What may be asked of the index.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = v2::IndexRequest)]
pub struct IndexRequest {
    /// Only what is ready.
    #[serde(default)]
    ready: Option<bool>,
}

/// All versions of all models that can be requested. Changes nothing.
#[utoipa::path(
    post,
    path = "/v2/repository/index",
    tag = "v2",
    operation_id = "v2_repository_index",
    request_body = Option<IndexRequest>,
    responses((status = 200, description = "The versions, newest first.", body = Vec<IndexEntry>)),
)]
pub async fn index(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let asked = match request.body.trim_ascii() {
        b"" | b"null" => IndexRequest::default(),
        [b'{', ..] => request.json()?,
        _ => {
            return Err(bad(
                "the body is not a JSON object; send {\"ready\": true}, or none",
            ));
        }
    };
    let mut entries = Vec::new();
    for model in state.served_models.models() {
        let champion = model.champion().map(|served| served.version);
        let numbers = versions(&state, &model).await?;
        for &number in &numbers {
            entries.push(IndexEntry {
                name: model.name.clone(),
                version: number.to_string(),
                state: "READY",
                reason: if Some(number) == champion {
                    "the champion"
                } else {
                    "not the champion; answers when it is requested by number"
                },
            });
        }
        if numbers.is_empty() && asked.ready != Some(true) {
            entries.push(IndexEntry {
                name: model.name.clone(),
                version: String::new(),
                state: "UNAVAILABLE",
                reason: "there is no version yet; `unseat run` makes one",
            });
        }
    }
    Ok(Reply::json(&entries).compressible())
}

/// Loading by hand, which is not supported.
///
/// Always rejected: what is served is decided by promotions, and other versions are loaded when they are requested.
#[utoipa::path(
    post,
    path = "/v2/repository/models/{model}/load",
    tag = "v2",
    operation_id = "v2_repository_load",
    params(("model" = String, Path, description = "The model's name.")),
    responses((status = 409, description = "Always, for a model that is there.")),
)]
pub async fn load(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    state.served_models.model(Some(request.param("model")))?;
    let why = "the champion is what is served, and is loaded by itself when a promotion or rollback moves it; other versions are loaded when they are requested by number. To change the champion: `unseat promote`, `unseat rollback`";
    Err(Problem::new(Code::Conflict, why))
}

/// Unloading by hand, which is not supported.
///
/// Rejected, as loading is.
#[utoipa::path(
    post,
    path = "/v2/repository/models/{model}/unload",
    tag = "v2",
    operation_id = "v2_repository_unload",
    params(("model" = String, Path, description = "The model's name.")),
    responses((status = 409, description = "Always, for a model that is there.")),
)]
pub async fn unload(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    load(state, request).await
}

/// Versions that can be requested by number, newest first.
async fn versions(state: &State, model: &ModelSlot) -> Result<Vec<VersionNumber>, Problem> {
    match &state.served_models.source {
        Source::Folder { .. } | Source::Store(_) => {
            Ok(model.champion().iter().map(|it| it.version).collect())
        }
        Source::Project(project) => {
            let versions = project.versions(&model.name).await;
            versions.map_err(|error| Problem::internal(&error))
        }
    }
}
