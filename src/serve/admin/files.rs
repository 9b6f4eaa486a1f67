//! The files of a version: the report, the plots, the card, scores, decision and bundle. A name is looked up in a list of
//! what the program writes; no path of a request reaches the file system.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use warp::http::header::IF_NONE_MATCH;
use warp::http::{HeaderMap, StatusCode};

use super::common::{env_of, trouble};
use super::version_files::{FILES, HTML};
use super::versions;
use crate::artifacts;
use crate::http::problem::not_found;
use crate::registry::VersionState;
use crate::serve::{Problem, Reply, Request, State};
use crate::text::hex;

/// The page has its style and images embedded, and needs nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// One of the names in the list, for the API document.
pub struct FileName;

impl PartialSchema for FileName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .enum_values(Some(FILES.map(|(name, _)| name)))
            .into()
    }
}

impl ToSchema for FileName {}

/// The report of a version, a page that is complete in itself.
#[utoipa::path(
    get, path = "/models/{model}/versions/{version}/report", operation_id = "show_report", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("version" = String, Path, description = "`3`, `v3`, `champion` or `latest`"),
        ("if-none-match" = Option<String>, Header, description = "The `ETag` of the copy that the caller has"),
    ),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 304, description = "The caller's copy is the same"),
        (status = 409, description = "The server serves one bundle and has no reports"),
    )
)]
pub async fn report(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    answer(&state, &request, FILES[0]).await
}

/// A file of a version: plots, model card, scores, decision, bundle.
#[utoipa::path(
    get, path = "/models/{model}/versions/{version}/{file}", operation_id = "show_version_file", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("version" = String, Path, description = "`3`, `v3`, `champion` or `latest`"),
        ("file" = inline(FileName), Path, description = "The file's name"),
        ("if-none-match" = Option<String>, Header, description = "The `ETag` of the copy that the caller has"),
    ),
    responses(
        (status = 200, description = "The file", content(
            (Value = "application/json"), (String = "text/html"), (String = "text/markdown"), (String = "text/plain"),
            (String = "image/png"),
        )),
        (status = 304, description = "The caller's copy is the same"),
        (status = 409, description = "The server serves one bundle and has no other files"),
    )
)]
pub async fn file(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let name = request.param("file");
    let known = FILES.iter().find(|(known, _)| *known == name);
    let known = known.ok_or_else(|| {
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        not_found(format!(
            "no such file of a version; there are {}",
            names.join(", ")
        ))
    })?;
    answer(&state, &request, *known).await
}

async fn answer(
    state: &State,
    request: &Request,
    (name, content_type): (&str, &'static str),
) -> Result<Reply, Problem> {
    let env = env_of(state, request.param("model"))?;
    let row = versions::find(&env, request.param("version")).await?;
    let number = row.number;
    let absent = |why: &str| not_found(format!("version {number} has no {name}: {why}"));
    match row.state {
        VersionState::Ready => {}
        VersionState::Building => return Err(absent("it is being made")),
        VersionState::Abandoned => return Err(absent("it was given up")),
        VersionState::Removed => return Err(absent("it was removed")),
    }
    let key = env.version_key(&row.folder, name);
    let bytes = match env.models.get(&key).await {
        Ok(bytes) => bytes,
        Err(artifacts::Error::Gone { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            return Err(absent(
                "it was not made, or not for such a model; `unseat report` makes the report",
            ));
        }
        Err(error) => return Err(trouble(error)),
    };
    let tag = format!("\"{}\"", hex(&Sha256::digest(&bytes)));
    let reply = if has(&request.headers, &tag) {
        let mut reply = Reply::text("").status(StatusCode::NOT_MODIFIED);
        reply.headers.clear();
        reply
    } else {
        Reply::new(content_type, bytes).header("x-content-type-options", "nosniff")
    };
    let reply = if content_type == HTML {
        reply.header("content-security-policy", POLICY)
    } else {
        reply
    };
    // A report may be drawn again, so a copy is asked about before it is used.
    Ok(reply
        .header("etag", &tag)
        .header("cache-control", "private, no-cache"))
}

/// Whether the caller has a copy of this tag.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one == tag)
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    #[test]
    fn a_copy_is_known_by_its_tag_in_every_form() {
        for (value, expected) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(value));
            assert_eq!(has(&headers, "\"a\""), expected, "{value}");
        }
        assert!(!has(&HeaderMap::new(), "\"a\""));
    }
}
