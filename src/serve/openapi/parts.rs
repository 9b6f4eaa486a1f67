//! What every room says of its own paths, gathered into one document in the order of the table of routes.

use serde_json::{Map, Value, json};

use crate::http::route_name::RouteTable;

/// Every tag with what it is about, in the order of the page.
const TAGS: &[(&str, &str)] = &[
    ("prediction", "Rows in, predictions out."),
    (
        "diagnostics",
        "How good the champion is on the present test data, what the data is like, how the last runs went.",
    ),
    (
        "manage",
        "Models, their versions and reports, and runs; what changes anything wants the role `admin`.",
    ),
    (
        "borrowed",
        "Calls of other systems, spoken as their clients know them.",
    ),
    ("mlflow", "The MLflow scoring protocol."),
    ("v2", "The Open Inference Protocol, version 2, over REST."),
    ("observe", "Metrics."),
    ("openapi", "What is served here, and this document."),
    ("health", "For those who start, stop and watch the server."),
];

/// The parts as one.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// Path → method → operation, in the order of the table of routes; what is in no row comes last.
    pub paths: Map<String, Value>,
    /// Name → schema.
    pub schemas: Map<String, Value>,
    /// Schemas of one name that two rooms give different meanings, and operations that two rooms describe.
    pub clashes: Vec<String>,
}

/// Gathers the parts.
pub fn gathered(table: &RouteTable) -> Gathered {
    let mut all = Gathered {
        paths: table
            .routes
            .iter()
            .map(|route| (route.path.to_string(), json!({})))
            .collect(),
        schemas: Map::new(),
        clashes: Vec::new(),
    };
    for part in (table.documents)() {
        // A part is made of texts and numbers; it cannot fail to be JSON.
        let mut part = serde_json::to_value(part).unwrap_or_default();
        let schemas = part.pointer_mut("/components/schemas").map(Value::take);
        for (name, schema) in entries(schemas) {
            if all.schemas.get(&name).is_some_and(|known| *known != schema) {
                all.clashes.push(format!("schema {name}"));
            }
            all.schemas.insert(name, schema);
        }
        for (path, item) in entries(part.get_mut("paths").map(Value::take)) {
            let place = all.paths.entry(path.clone()).or_insert_with(|| json!({}));
            for (method, operation) in entries(Some(item)) {
                if place.get(&method).is_some() {
                    all.clashes.push(format!("{method} {path}"));
                }
                place[&method] = operation;
            }
        }
    }
    all.paths
        .retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));
    all
}

fn entries(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// The tags that the operations have, with what each is about.
pub fn tags(paths: &Map<String, Value>) -> Vec<Value> {
    let used = used_tags(paths);
    let told = TAGS.iter().filter(|(name, _)| used.contains(name));
    let told = told.map(|(name, about)| json!({"name": name, "description": about}));
    let others = used.iter().filter(|name| about(name).is_none());
    told.chain(others.map(|name| json!({"name": name})))
        .collect()
}

/// What a tag is about, where that is known.
pub fn about(tag: &str) -> Option<&'static str> {
    let mut tags = TAGS.iter();
    tags.find(|(name, _)| *name == tag).map(|(_, about)| *about)
}

/// Names of tags, each once.
pub fn used_tags(paths: &Map<String, Value>) -> Vec<&str> {
    let operations = paths.values().filter_map(Value::as_object);
    let operations = operations.flat_map(|item| item.values());
    let tags = operations.filter_map(|operation| operation["tags"].as_array());
    let mut names: Vec<&str> = Vec::new();
    for name in tags.flatten().filter_map(Value::as_str) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
