//! `/models/{model}/versions` and one of them.

use std::sync::Arc;

use serde_json::Value;

use super::common::{env_of, trouble};
use super::version_files;
use super::views::{VersionDetail, VersionView};
use crate::artifacts;
use crate::http::problem::not_found;
use crate::model_types::{VersionNumber, VersionSelector};
use crate::pipeline::{Env, version_of_name};
use crate::registry::{VersionRow, VersionState};
use crate::serve::{Problem, Reply, Request, Served, State};

/// All versions of a model, newest first.
#[utoipa::path(
    get, path = "/models/{model}/versions", operation_id = "list_versions", tag = "manage",
    params(("model" = String, Path, description = "The model's name")),
    responses((status = 200, description = "Its versions, newest first", body = Vec<VersionView>))
)]
pub async fn list(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let name = request.param("model");
    if state.project.is_none() {
        let served = state.served_models.model(Some(name))?.champion();
        let views: Vec<_> = served.iter().map(|served| of_bundle(served)).collect();
        return Ok(Reply::json(&views));
    }
    let env = env_of(&state, name)?;
    let versions = env.registry.versions(name).await.map_err(trouble)?;
    let champion = env.registry.champion(name).await.map_err(trouble)?;
    let champion = champion.map(|champion| champion.version);
    let scores = env.registry.scores(name).await.map_err(trouble)?;
    let views: Vec<VersionView> = versions
        .into_iter()
        .map(|row| {
            let newest = scores.iter().rfind(|score| score.version == row.number);
            let newest = newest.map(|score| score.record.clone());
            VersionView::of(row, champion, metric_in(&env, newest.as_ref()), newest)
        })
        .collect();
    Ok(Reply::json(&views).compressible())
}

/// One version, with all that is stored of it.
#[utoipa::path(
    get, path = "/models/{model}/versions/{version}", operation_id = "show_version", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("version" = String, Path, description = "`3`, `v3`, `champion` or `latest`"),
    ),
    responses((status = 200, description = "The version", body = VersionDetail))
)]
pub async fn show(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let (name, id) = (request.param("model"), request.param("version"));
    if state.project.is_none() {
        let served = state.served_models.model(Some(name))?.champion();
        let served = served.filter(|served| {
            ["champion", "latest"].contains(&id) || number(id) == Some(served.version)
        });
        let served = served.ok_or_else(no_version)?;
        return Ok(Reply::json(&VersionDetail {
            version: of_bundle(&served),
            record: None,
            decision: None,
            scoring: None,
            files: Vec::new(),
        }));
    }
    let env = env_of(&state, name)?;
    let row = find(&env, id).await?;
    let champion = env.registry.champion(name).await.map_err(trouble)?;
    let champion = champion.map(|champion| champion.version);
    let newest = env.registry.newest_score(name, row.number).await;
    let newest = newest.map_err(trouble)?.map(|score| score.record);
    let files = version_files::of(&env, &row).await;
    let read = async |file: &str| -> Result<Option<Value>, Problem> {
        let key = env.version_key(&row.folder, file);
        match env.models.get(&key).await {
            Err(artifacts::Error::Gone { .. }) => Ok(None),
            bytes => Ok(serde_json::from_slice(&bytes.map_err(trouble)?).ok()),
        }
    };
    Ok(Reply::json(&VersionDetail {
        decision: read("decision.json").await?,
        scoring: read("score.json").await?,
        record: row.record.clone(),
        version: VersionView::of(row, champion, metric_in(&env, newest.as_ref()), newest),
        files,
    })
    .compressible())
}

/// The metric of a version's recorded score that is shown.
fn metric_in(env: &Env, record: Option<&Value>) -> &'static str {
    let metric = record.map(|record| env.config.metric_of(record));
    metric.unwrap_or(env.config.metric).name()
}

/// The number in `3` or `v3`.
pub fn number(id: &str) -> Option<VersionNumber> {
    match id.parse() {
        Ok(VersionSelector::Number(number)) => Some(number),
        _ => None,
    }
}

/// A version by `3`, `v3`, `champion`, `latest` or its name, however far it came.
///
/// # Errors
/// 404.
pub async fn find(env: &Env, id: &str) -> Result<VersionRow, Problem> {
    let model = &env.config.name;
    if let Some(named) = version_of_name(env, id).await.map_err(trouble)? {
        return Ok(named);
    }
    let wanted = match id.parse().map_err(|_| no_version())? {
        VersionSelector::Champion => {
            let champion = env.registry.champion(model).await.map_err(trouble)?;
            champion.map(|champion| champion.version)
        }
        VersionSelector::Latest => {
            let versions = env.registry.versions(model).await.map_err(trouble)?;
            let mut ready = versions
                .into_iter()
                .filter(|version| version.state == VersionState::Ready);
            return ready.next().ok_or_else(no_version);
        }
        VersionSelector::Number(number) => Some(number),
    };
    let number = wanted.ok_or_else(no_version)?;
    let row = env.registry.version(model, number).await.map_err(trouble)?;
    row.ok_or_else(no_version)
}

fn no_version() -> Problem {
    not_found("no such version of the model; GET /models/<model>/versions lists them")
}

/// What a loaded bundle says of its version.
fn of_bundle(served: &Served) -> VersionView {
    VersionView {
        model: served.model.clone(),
        version: served.version,
        state: VersionState::Ready,
        verdict: None,
        created: None,
        run: None,
        is_champion: true,
        score: None,
        scores: None,
        bundle_sha256: Some(served.sha256.clone()),
        model_hash: None,
        data_hash: None,
        config_hash: None,
    }
}

#[cfg(test)]
mod tests {
    use super::number;
    use crate::model_types::VersionNumber;

    #[test]
    fn a_version_is_named_by_its_number_alone() {
        for (id, expected) in [
            ("3", Some(3)),
            ("v3", Some(3)),
            ("0", Some(0)),
            ("vv3", None),
            ("-3", None),
            ("+3", None),
            ("3.0", None),
            ("v", None),
            ("", None),
            ("99999999999999999999", None),
            ("../3", None),
        ] {
            assert_eq!(number(id), expected.map(VersionNumber::new), "{id}");
        }
    }
}
