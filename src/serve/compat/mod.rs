//! Other systems' calls, spoken exactly: each in a file of its own.
//!
//! Their clients change a host name and nothing else, so each keeps its paths, keys, messages and status codes; where one is
//! not kept because it was a fault, the handler's own words say so. Rows go through the one
//! [`Collector`](super::rows::Collector) and the one scorer, as everywhere.

mod flights;
pub mod given;
pub mod mlflow;
pub mod mlflow_body;
mod mlflow_found;
mod mlflow_tables;
#[cfg_attr(not(feature = "train"), path = "../alone/names.rs")]
mod names;
#[cfg_attr(not(feature = "train"), path = "../alone/retrain.rs")]
pub mod retrain;
pub mod risk;
mod scored;
#[cfg_attr(not(feature = "train"), path = "../alone/set_model.rs")]
pub mod set_model;
pub mod switch;
mod switched;
pub mod tables;
pub mod texts;
pub mod versioned;

use utoipa::OpenApi;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[cfg_attr(
    feature = "train",
    openapi(paths(
        risk::predict,
        risk::options,
        risk::health,
        versioned::healthcheck,
        versioned::predict,
        set_model::set_model,
        switch::status,
        switch::current_model,
        retrain::retrain,
        retrain::retrain_log,
        tables::score,
        mlflow::invocations,
        mlflow::ping,
        mlflow::version,
    ))
)]
#[cfg_attr(
    not(feature = "train"),
    openapi(paths(
        risk::predict,
        risk::options,
        risk::health,
        versioned::healthcheck,
        versioned::predict,
        switch::status,
        switch::current_model,
        tables::score,
        mlflow::invocations,
        mlflow::ping,
        mlflow::version,
    ))
)]
pub struct Doc;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::routes::ROUTES;

    #[test]
    fn every_call_of_this_room_is_in_the_document_and_in_the_table() {
        let document = serde_json::to_value(Doc::openapi()).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let documented = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        });
        let mut documented: Vec<String> = documented.collect();
        documented.sort();
        let expected = [
            "GET /current-model",
            "GET /health",
            "GET /ping",
            "GET /retrain-log",
            "GET /retrain/{file}",
            "GET /set-model",
            "GET /status",
            "GET /version",
            "GET /{version}/healthcheck",
            "OPTIONS /predict",
            "POST /invocations",
            "POST /predict",
            "POST /score",
            "POST /{version}/predict",
        ];
        assert_eq!(documented, expected);
        for call in expected {
            let rows = ROUTES.iter();
            let mut rows = rows.map(|row| format!("{} {}", row.method, row.path));
            assert!(rows.any(|row| row == call), "{call}");
        }
        let types = &document["paths"]["/invocations"]["post"]["requestBody"]["content"];
        let types: Vec<_> = types.as_object().expect("types").keys().collect();
        assert_eq!(types, ["application/json", "text/csv"]);
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let document = serde_json::to_value(Doc::openapi()).expect("JSON");
        let mut names = Vec::new();
        for (_, item) in document["paths"].as_object().expect("paths") {
            for (_, operation) in item.as_object().expect("methods") {
                names.push(
                    operation["operationId"]
                        .as_str()
                        .expect("a name")
                        .to_string(),
                );
            }
        }
        let n_names = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), n_names, "{names:?}");
    }
}
