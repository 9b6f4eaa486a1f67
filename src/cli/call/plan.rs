//! Which calls are made: every operation of the server's own document that changes nothing, with the examples that stand
//! there.

use serde_json::{Map, Value};

use crate::text::percent_encoded;

/// A request.
#[derive(Debug, PartialEq)]
pub struct Call {
    /// GET, POST …
    pub method: String,
    /// The path as the document has it.
    pub path: String,
    /// What is requested: the path with its values, and the query.
    pub target: String,
    /// Content type and body.
    pub body: Option<(String, Vec<u8>)>,
}

impl Call {
    /// A GET of a path.
    pub fn get(target: &str) -> Self {
        Call {
            method: "GET".to_string(),
            path: target.to_string(),
            target: target.to_string(),
            body: None,
        }
    }
}

/// An operation that is not called.
#[derive(Debug, PartialEq)]
pub struct LeftOut {
    /// GET, POST …
    pub method: String,
    /// The path as the document has it.
    pub path: String,
    /// Why not.
    pub why: String,
}

/// What is called and what is not.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// In the order of the document.
    pub calls: Vec<Call>,
    /// In the order of the document.
    pub left_out: Vec<LeftOut>,
}

/// Id of the newest run, in an answer that lists runs.
pub fn first_run(answer: &Value) -> Option<String> {
    let list = answer.get("runs").unwrap_or(answer);
    let id = list.get(0)?.get("id")?;
    id.as_str().map(str::to_string)
}

impl Plan {
    /// The plan for a document.
    pub fn of(document: &Value, run: &Option<String>) -> Self {
        let mut plan = Plan::default();
        let paths = document["paths"].as_object();
        for (path, item) in paths.into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let method = method.to_ascii_uppercase();
                let called = if changes(&method, operation) {
                    Err("it changes something".to_string())
                } else {
                    call_of(document, &method, path, operation, run)
                };
                match called {
                    Ok(call) => plan.calls.push(call),
                    Err(why) => plan.left_out.push(LeftOut {
                        method,
                        path: path.clone(),
                        why,
                    }),
                }
            }
        }
        plan
    }
}

/// Whatever wants an admin changes something, and so does a POST that is not for predictions.
fn changes(method: &str, operation: &Value) -> bool {
    let ways = operation["security"].as_array().into_iter().flatten();
    let role = ways.filter_map(|way| way["token"][0].as_str()).next();
    match (method, role) {
        (_, Some("admin")) => true,
        ("GET" | "OPTIONS", _) => false,
        ("POST", Some("predict")) => false,
        _ => true,
    }
}

fn call_of(
    document: &Value,
    method: &str,
    path: &str,
    operation: &Value,
    run: &Option<String>,
) -> Result<Call, String> {
    let mut target = path.to_string();
    let mut query = Vec::new();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = value_of(parameter, run);
        match (parameter["in"].as_str(), value) {
            (Some("path"), Some(value)) => {
                target = target.replace(&format!("{{{name}}}"), &percent_encoded(&value));
            }
            (Some("path"), None) => return Err(format!("there is no `{name}` to ask for yet")),
            (Some("query"), Some(value)) if is_told(parameter) => {
                query.push(format!(
                    "{}={}",
                    percent_encoded(name),
                    percent_encoded(&value)
                ));
            }
            (Some("query"), None) if parameter["required"] == true => {
                return Err(format!("there is no example of `{name}`"));
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        target = format!("{target}?{}", query.join("&"));
    }
    let body = match operation["requestBody"]["content"].as_object() {
        None => None,
        Some(content) => Some(body_of(document, content)?),
    };
    Ok(Call {
        method: method.to_string(),
        path: path.to_string(),
        target,
        body,
    })
}

/// A parameter of the query is sent when it must be, or when the document shows a value of it.
fn is_told(parameter: &Value) -> bool {
    parameter["required"] == true || !parameter["example"].is_null()
}

fn value_of(parameter: &Value, run: &Option<String>) -> Option<String> {
    if let (Some("run"), Some(run)) = (parameter["name"].as_str(), run) {
        return Some(run.clone());
    }
    let schema = &parameter["schema"];
    let shown = [
        &parameter["example"],
        &schema["example"],
        &schema["examples"][0],
        &schema["enum"][0],
    ];
    let shown = shown.into_iter().find(|value| !value.is_null());
    shown.map(as_text)
}

/// The first body with an example; JSON before others.
fn body_of(document: &Value, content: &Map<String, Value>) -> Result<(String, Vec<u8>), String> {
    let mut kinds: Vec<&String> = content.keys().collect();
    kinds.sort_by_key(|kind| kind.as_str() != "application/json");
    for kind in kinds {
        let media = &content[kind];
        let first = media["examples"].as_object();
        let first = first.and_then(|all| all.values().next());
        let of_schema = media["schema"]["$ref"].as_str();
        let of_schema = of_schema.and_then(|place| document.pointer(place.strip_prefix('#')?));
        let shown = [
            Some(&media["example"]),
            first.map(|example| &example["value"]),
            of_schema.map(|schema| &schema["example"]),
        ];
        let shown = shown.into_iter().flatten();
        if let Some(shown) = shown.into_iter().find(|value| !value.is_null()) {
            let body = match (kind.as_str(), shown) {
                ("application/json", value) => value.to_string(),
                (_, value) => as_text(value),
            };
            return Ok((kind.clone(), body.into_bytes()));
        }
    }
    Err("there is no example of its body".to_string())
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn planned(paths: Value) -> Plan {
        Plan::of(&json!({"paths": paths}), &Some("r-1".to_string()))
    }

    #[test]
    fn what_changes_nothing_is_called_with_the_examples_of_the_document() {
        let plan = planned(json!({
            "/a/{model}/{version}": {"get": {"security": [{}, {"token": ["read"]}], "parameters": [
                {"name": "model", "in": "path", "required": true, "schema": {"enum": ["a b", "c"]}},
                {"name": "version", "in": "path", "required": true, "schema": {}, "example": 3},
                {"name": "n", "in": "query", "required": true, "schema": {}, "example": "ü"},
                {"name": "other", "in": "query", "schema": {"enum": ["x"]}},
            ]}},
            "/runs/{run}": {"get": {"parameters": [
                {"name": "run", "in": "path", "required": true, "schema": {}},
            ]}},
            "/p": {"post": {"security": [{"token": ["predict"]}], "requestBody": {"content": {
                "text/csv": {"example": "a\n1\n"}, "application/json": {"example": {"a": 1}},
            }}}},
        }));
        let targets: Vec<&str> = plan.calls.iter().map(|call| call.target.as_str()).collect();
        assert_eq!(targets, ["/a/a%20b/3?n=%C3%BC", "/runs/r-1", "/p"]);
        let body = plan.calls[2].body.as_ref().expect("a body");
        assert_eq!(
            body,
            &("application/json".to_string(), b"{\"a\":1}".to_vec())
        );
        assert_eq!(plan.left_out, []);
    }

    #[test]
    fn what_changes_something_or_has_no_example_is_left_out() {
        let plan = planned(json!({
            "/set": {"get": {"security": [{"token": ["admin"]}]}},
            "/runs": {"post": {"security": [{"token": ["admin"]}]}},
            "/load": {"post": {"security": [{"token": ["read"]}]}},
            "/open": {"post": {"security": []}},
            "/gone": {"delete": {"security": [{}, {"token": ["predict"]}]}},
            "/x/{y}": {"get": {"parameters": [{"name": "y", "in": "path", "schema": {}}]}},
            "/q": {"post": {"security": [{"token": ["predict"]}], "requestBody": {"content": {"a/b": {}}}}},
        }));
        assert_eq!(plan.calls, []);
        let left: Vec<_> = plan
            .left_out
            .iter()
            .map(|it| (it.path.as_str(), it.why.as_str()))
            .collect();
        assert_eq!(
            left,
            [
                ("/set", "it changes something"),
                ("/runs", "it changes something"),
                ("/load", "it changes something"),
                ("/open", "it changes something"),
                ("/gone", "it changes something"),
                ("/x/{y}", "there is no `y` to ask for yet"),
                ("/q", "there is no example of its body"),
            ]
        );
    }

    #[test]
    fn the_newest_run_is_found_in_either_form_of_the_list() {
        assert_eq!(
            first_run(&json!({"runs": [{"id": "a"}]})),
            Some("a".to_string())
        );
        assert_eq!(first_run(&json!([{"id": "b"}])), Some("b".to_string()));
        assert_eq!(first_run(&json!({"error": 1})), None);
    }
}
