//! What the operations share, added by machine, so that no room can forget it: ids, who may ask, headers, and the answers to
//! requests that cannot be read, are not allowed, or come at a bad time, in the words of each path's protocol.

use serde_json::{Map, Value, json};

use crate::http::dialect::Dialect;
use crate::http::route_name::RouteName;

/// Every dialect with the name of its schema.
const DIALECTS: [(Dialect, &str); 5] = [
    (Dialect::Native, "Problem"),
    (Dialect::Plain, "PlainProblem"),
    (Dialect::Detail, "DetailProblem"),
    (Dialect::Message, "MessageProblem"),
    (Dialect::Mlflow, "MlflowProblem"),
];

/// Status, what it says, a header that comes with it.
const STATUSES: [(u16, &str, Option<&str>); 12] = [
    (400, "The body or a parameter cannot be read", None),
    (401, "No token, or an unknown one", Some("WWW-Authenticate")),
    (
        403,
        "The token's role does not allow it, or a page of elsewhere asks",
        None,
    ),
    (404, "No such model, version, run or file", None),
    (405, "The path has other methods", Some("Allow")),
    (408, "The body did not arrive in time", None),
    (
        413,
        "More bytes or rows than the server takes at a time",
        None,
    ),
    (
        415,
        "A content type or encoding that is not understood",
        None,
    ),
    (
        422,
        "Readable, but not what the model can answer: all columns that are missing, unknown or mistyped are named",
        None,
    ),
    (
        429,
        "More requests than the caller may make",
        Some("Retry-After"),
    ),
    (
        500,
        "The server failed; its log says why, under the request id",
        None,
    ),
    (
        503,
        "Not now: no model yet, too busy, too slow, or ending",
        Some("Retry-After"),
    ),
];

/// Adds to every operation what all have. `is_guarded`: whether the server wants tokens.
pub fn add(paths: &mut Map<String, Value>, routes: &[RouteName], is_guarded: bool) {
    for route in routes {
        let method = route.method.to_ascii_lowercase();
        let Some(operation) = paths
            .get_mut(route.path)
            .and_then(|item| item.get_mut(&method))
        else {
            continue;
        };
        operation["operationId"] = operation_id(route).into();
        operation["security"] = security(route, is_guarded);
        let mut answers = match operation["responses"].take() {
            Value::Object(answers) => answers,
            _ => Map::new(),
        };
        for (status, ..) in STATUSES {
            let own = answers.remove(&status.to_string());
            if own.is_some() || has(route, status) {
                answers.insert(
                    status.to_string(),
                    common_answer(route.dialect, status, own),
                );
            }
        }
        // Who can be in whose way, only the rooms know.
        if let Some(own) = answers.remove("409") {
            let told = common_answer(route.dialect, 409, Some(own));
            answers.insert("409".to_string(), told);
        }
        for answer in answers.values_mut() {
            add_headers(answer, route);
        }
        answers.sort_keys();
        operation["responses"] = Value::Object(answers);
    }
}

/// `get_models_model_versions`: method and path.
pub fn operation_id(route: &RouteName) -> String {
    let mut id = route.method.to_ascii_lowercase();
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric());
    for word in words.filter(|word| !word.is_empty()) {
        id.push('_');
        id.push_str(word);
    }
    id
}

/// The role is beside the scheme, as OpenAPI 3.1 allows; without tokens in its settings, a server lets every caller in.
fn security(route: &RouteName, is_guarded: bool) -> Value {
    match route.role {
        None => json!([]),
        Some(role) if is_guarded => json!([{"token": [role.name()]}]),
        Some(role) => json!([{}, {"token": [role.name()]}]),
    }
}

/// Whether a path may answer with a status of the list.
fn has(route: &RouteName, status: u16) -> bool {
    match status {
        401 | 422 | 429 => route.role.is_some(),
        404 => route.role.is_some() || route.path.contains('{'),
        _ => true,
    }
}

/// The answer that all paths of a dialect share; where the room has its own for that status, either.
fn common_answer(dialect: Dialect, status: u16, own: Option<Value>) -> Value {
    let name = schema_of(dialect);
    let Some(mut own) = own else {
        return json!({"$ref": format!("#/components/responses/{name}{status}")});
    };
    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
    let place = &mut own["content"]["application/json"]["schema"];
    *place = match place.take() {
        Value::Null => reference,
        known if known == reference => reference,
        known => json!({"anyOf": [known, reference]}),
    };
    own
}

fn add_headers(answer: &mut Value, route: &RouteName) {
    if answer.get("$ref").is_some() {
        return;
    }
    let headers = &mut answer["headers"];
    headers["X-Request-Id"] = json!({"$ref": "#/components/headers/RequestId"});
    if route.role == Some(crate::config::Role::Predict) {
        headers["X-Model"] = json!({"$ref": "#/components/headers/Model"});
        headers["X-Model-Version"] = json!({"$ref": "#/components/headers/ModelVersion"});
    }
}

fn schema_of(dialect: Dialect) -> &'static str {
    let mut all = DIALECTS.iter();
    all.find(|(it, _)| *it == dialect)
        .map_or("Problem", |(_, name)| name)
}

/// Components that [`add`] refers to: `(responses, headers, security schemes)`; the schemas are added to the others.
pub fn components(schemas: &mut Map<String, Value>, routes: &[RouteName]) -> (Value, Value, Value) {
    let message =
        json!({"type": "string", "description": "What is wrong, and what would be right"});
    let mut responses = Map::new();
    for (dialect, name) in DIALECTS {
        if !routes.iter().any(|route| route.dialect == dialect) {
            continue;
        }
        schemas.insert(name.to_string(), problem_schema(dialect, &message));
        for (status, says, header) in STATUSES {
            let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
            if let Some(header) = header {
                let kind = if header == "Retry-After" {
                    "integer"
                } else {
                    "string"
                };
                headers[header] = json!({"schema": {"type": kind}});
            }
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            let content = json!({"application/json": {"schema": schema}});
            let answer = json!({"description": says, "headers": headers, "content": content});
            responses.insert(format!("{name}{status}"), answer);
        }
    }
    let text = |about: &str| json!({"description": about, "schema": {"type": "string"}});
    let headers = json!({
        "RequestId": text("Id of the request: the caller's own `X-Request-Id`, or a new one"),
        "Model": text("The model that answered"),
        "ModelVersion": {
            "description": "The version that answered",
            "schema": {"type": "integer", "minimum": 1},
        },
    });
    let schemes = json!({"token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `server.tokens`. Its role must be the one that the operation names, or a higher one: \
            `read`, `predict`, `admin`.",
    }});
    (Value::Object(responses), headers, schemes)
}

fn problem_schema(dialect: Dialect, message: &Value) -> Value {
    let flat = |key: &str, about: &str| {
        json!({
            "type": "object", "description": about, "required": [key], "properties": {key: message},
        })
    };
    match dialect {
        Dialect::Native | Dialect::Page => json!({
            "type": "object",
            "description": "What is wrong with a request. Never holds a value of its data.",
            "required": ["error"],
            "properties": {"error": {
                "type": "object",
                "required": ["code", "message", "details"],
                "properties": {
                    "code": {"type": "string", "description": "What sort of problem it is", "examples": ["unprocessable"]},
                    "message": message,
                    "details": {"type": "object", "description": "The same for programs"},
                },
            }},
        }),
        Dialect::Plain => flat("error", "What is wrong with a request"),
        Dialect::Detail => flat("detail", "What is wrong with a request"),
        Dialect::Message => flat("message", "What is wrong with a request"),
        Dialect::Mlflow => json!({
            "type": "object",
            "description": "What is wrong with a request, in MLflow's form",
            "required": ["error_code", "message"],
            "properties": {
                "error_code": {"type": "string", "examples": ["BAD_REQUEST"]},
                "message": message,
            },
        }),
    }
}
