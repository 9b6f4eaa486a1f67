//! The document as bytes: made once per set of champions, kept until one changes.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{common, models, parts};
use crate::config::Role;
use crate::http::request::Caller;
use crate::http::route_name::RouteTable;
use crate::serve::{Served, State};
use crate::text::hex;

/// What a user must know before anything else; Markdown.
const DESCRIPTION: &str = "\
Serves the champion of every model of a project, and what is known of it. Three things to know:

1. **Send rows to `POST /prediction`**: `{\"rows\": [{column: value}]}`. Every column that the model learns from must be \
there, a missing value as `null`; everything that is wrong is reported in one message.
2. **Every answer names its version**: `X-Model` and `X-Model-Version`, and `X-Request-Id`, by which the server's logs know \
the request. A promotion is live within a second, without a restart; a request is answered by one version from its first \
row to its last.
3. **Where the server has tokens, send one** as `Authorization: Bearer …`. An operation names the role that it needs: \
`read`, `predict` or `admin`, each of which may do what the ones before it may.";

/// The document on the wire.
pub struct Document {
    /// JSON.
    pub bytes: Bytes,
    /// Its `ETag`.
    pub tag: String,
}

/// Makings and document of the last few sets of champions.
static KEPT: Mutex<Vec<(String, Arc<Document>)>> = Mutex::new(Vec::new());
/// A server with tokens tells unauthenticated clients less: two are enough, two more outlast a rollback.
const MOST_KEPT: usize = 4;

/// The document of what is served now, as this caller may see it: columns and categories of a model are for callers who may
/// use it.
pub fn present(state: &State, caller: &Caller) -> Arc<Document> {
    let settings = &state.settings;
    let is_guarded = !settings.tokens.is_empty() || settings.tokens_file.is_some();
    let is_told = caller.role == Role::Admin || caller.name != "anonymous";
    let champions: Vec<_> = state
        .served_models
        .models()
        .filter(|_| is_told)
        .filter_map(|model| model.champion())
        .collect();
    let marks = champions
        .iter()
        .map(|it| format!("{} {} {}", it.model, it.version, it.sha256));
    let names = state.served_models.models().filter(|_| is_told);
    let names: Vec<String> = names.map(|model| model.name.clone()).collect();
    let marks = marks.collect::<Vec<_>>().join("\n");
    let key = format!("{is_told} {} {marks}", names.join(" "));
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, known)) = kept.iter().find(|(known, _)| *known == key) {
        return known.clone();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bytes = Bytes::from(whole(&names, &champions, &state.table, is_guarded).to_string());
    let tag = format!("\"{}\"", &hex(&Sha256::digest(&bytes))[..32]);
    let made = Arc::new(Document { bytes, tag });
    if kept.len() >= MOST_KEPT {
        kept.remove(0);
    }
    kept.push((key, made.clone()));
    made
}

/// The whole document.
pub fn whole(
    names: &[&str],
    champions: &[Arc<Served>],
    table: &RouteTable,
    is_guarded: bool,
) -> Value {
    static GATHERED: OnceLock<parts::Gathered> = OnceLock::new();
    let gathered = GATHERED.get_or_init(|| parts::gathered(table));
    let (mut paths, mut schemas) = (gathered.paths.clone(), gathered.schemas.clone());
    models::add(&mut paths, &mut schemas, names, champions);
    common::add(&mut paths, table.routes, is_guarded);
    let (responses, headers, schemes) = common::components(&mut schemas, table.routes);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "description": DESCRIPTION,
            "license": {"name": "MIT OR Apache-2.0", "identifier": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{"url": "/"}],
        "tags": parts::tags(&paths),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "headers": headers,
            "securitySchemes": schemes,
        },
    })
}
