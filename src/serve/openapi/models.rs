//! What the document says of the models that are served: a schema of each one's rows, examples that it can answer, names to
//! choose from.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::data::{ColumnSummary, Kind};
use crate::serve::Served;
use crate::serving::served::InputFacts;

/// Categories that are listed; the rest is counted.
const MOST_CATEGORIES: usize = 20;
/// A number as text: what JSON says of numbers, with spaces around it.
const NUMBER: &str = r"[+-]?([0-9]{1,200}(\.[0-9]{0,200})?|\.[0-9]{1,200})([eE][+-]?[0-9]{1,2})?";
const FLAG: &str = "([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])";
/// Parameters of `GET /prediction` that are no columns.
const OPTIONS: [&str; 7] = [
    "model",
    "version",
    "probabilities",
    "threshold",
    "top_n",
    "explain",
    "flips",
];

/// Adds what is known of the models. `champions` are those of them that are loaded.
pub fn add(
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
    names: &[&str],
    champions: &[Arc<Served>],
) {
    name_models(paths, names, champions);
    let Some(first) = champions.first() else {
        return;
    };
    let mut references = Vec::new();
    for served in champions {
        let name = schema_name(&served.model);
        references.push(json!({"$ref": format!("#/components/schemas/{name}")}));
        schemas.insert(name, row_schema(served));
    }
    if let Some(rows) = schemas
        .get_mut("PredictionRequest")
        .and_then(|it| it.pointer_mut("/properties/rows"))
    {
        rows["items"] = match references.as_slice() {
            [only] => only.clone(),
            several => json!({"anyOf": several}),
        };
    }
    let is_only = names.len() == 1;
    if let Some(operation) = paths
        .get_mut("/prediction")
        .and_then(|it| it.get_mut("get"))
    {
        add_columns(operation, champions, is_only);
    }
    for (path, item) in paths.iter_mut() {
        if let Some(content) = item.pointer_mut("/post/requestBody/content") {
            add_examples(path, content, first, is_only);
        }
    }
}

/// Where a model is to be named, the names there are; where a version is, the one that is served.
fn name_models(paths: &mut Map<String, Value>, names: &[&str], champions: &[Arc<Served>]) {
    let items = paths.values_mut().filter_map(Value::as_object_mut);
    let operations = items.flat_map(|item| item.iter_mut());
    let lists = operations.filter_map(|(method, it)| Some((method, it.get_mut("parameters")?)));
    let each = lists.flat_map(|(method, list)| {
        let list = list.as_array_mut().into_iter().flatten();
        list.map(move |parameter| (method.as_str(), parameter))
    });
    for (method, parameter) in each {
        let is_in_path = parameter["in"] == "path";
        match parameter["name"].as_str() {
            Some("model") if names.is_empty() => {}
            // A body may name the model, too, and goes before the query: what the query says is then of no account.
            Some("model") if method == "post" && !is_in_path => {
                parameter["schema"]["examples"] = json!(names);
            }
            Some("model") => parameter["schema"]["enum"] = json!(names),
            Some("version") if is_in_path && parameter.get("example").is_none() => {
                if let Some(first) = champions.first() {
                    parameter["example"] = first.version.get().into();
                }
            }
            _ => {}
        }
    }
}

/// `Row_` and the model's name, as far as it may be in a component's name.
fn schema_name(model: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    format!("Row_{}", model.chars().map(plain).collect::<String>())
}

fn row_schema(served: &Served) -> Value {
    let mut properties = Map::new();
    for facts in &served.inputs {
        let mut schema = cell_schema(facts.kind);
        schema["description"] = told(served, facts).into();
        schema["examples"] = json!([example(served, &facts.name)]);
        properties.insert(facts.name.clone(), schema);
    }
    let required: Vec<&String> = served.inputs.iter().map(|input| &input.name).collect();
    let others = served.bundle.profile.iter().map(|column| &column.name);
    for name in others.chain([&served.bundle.target]) {
        properties
            .entry(name.clone())
            .or_insert_with(|| json!({"description": "Not learned from; ignored"}));
    }
    json!({
        "type": "object",
        "description": format!("A row for the model `{}`, version {}", served.model, served.version),
        "required": required,
        "properties": properties,
        "additionalProperties": false,
        "examples": [row(served)],
    })
}

/// What a cell of JSON may be; an empty text is a missing value, as in a file.
fn cell_schema(kind: Kind) -> Value {
    match kind {
        Kind::Integer | Kind::Number => {
            json!({"type": ["number", "string", "null"], "pattern": format!("^ *({NUMBER})? *$")})
        }
        Kind::Boolean => json!({"anyOf": [
            {"enum": [true, false, 0, 1, null]},
            {"type": "string", "pattern": format!("^ *{FLAG}? *$")},
        ]}),
        Kind::Text => json!({"type": ["string", "number", "boolean", "null"]}),
    }
}

/// What a cell of a query may be.
fn query_schema(kind: Kind) -> Value {
    match kind {
        Kind::Integer | Kind::Number => {
            json!({"type": ["number", "string"], "pattern": format!("^ *({NUMBER})? *$")})
        }
        Kind::Boolean => {
            json!({"type": ["boolean", "string"], "pattern": format!("^ *{FLAG}? *$")})
        }
        Kind::Text => json!({"type": "string"}),
    }
}

/// What training knows of an input.
fn told(served: &Served, facts: &InputFacts) -> String {
    let mut inputs = served.bundle.transformer.inputs.iter();
    let input = inputs.find(|input| input.name == facts.name);
    let categories = input.and_then(|input| input.step.categories());
    let kind = match facts.kind {
        Kind::Integer | Kind::Number => "A number",
        Kind::Boolean => "True or false",
        Kind::Text => "A text",
    };
    match (categories, facts.range) {
        (None, Some((low, high))) => {
            format!("{kind}; from {low} to {high} in the training data")
        }
        (None, None) => kind.to_string(),
        (Some(categories), _) => {
            let listed: Vec<_> = categories
                .iter()
                .take(MOST_CATEGORIES)
                .map(|it| format!("`{it}`"))
                .collect();
            let more = match categories.len().saturating_sub(MOST_CATEGORIES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{kind}; learned from: {}{more}", listed.join(", "))
        }
    }
}

/// A row that the model can answer: the middle of each column.
pub fn row(served: &Served) -> Value {
    let names = served.inputs.iter().map(|input| &input.name);
    names
        .map(|name| (name.clone(), example(served, name)))
        .collect::<Map<_, _>>()
        .into()
}

/// The middle of a column, or its most frequent text.
fn example(served: &Served, column: &str) -> Value {
    let mut profile = served.bundle.profile.iter();
    profile
        .find(|it| it.name == column)
        .map_or(Value::Null, middle)
}

fn middle(column: &ColumnSummary) -> Value {
    match column.kind {
        Kind::Text => column.top.first().map(|(text, _)| text.as_str()).into(),
        Kind::Boolean => column.mean.map(|share| share >= 0.5).into(),
        Kind::Integer => column.median.map(|middle| middle.round() as i64).into(),
        Kind::Number => column.median.into(),
    }
}

/// A parameter per column: wanted where there is one model, else to choose from.
fn add_columns(operation: &mut Value, champions: &[Arc<Served>], is_only: bool) {
    let Some(parameters) = operation["parameters"].as_array_mut() else {
        return;
    };
    let mut told: Vec<String> = OPTIONS.map(str::to_string).to_vec();
    for served in champions {
        for facts in &served.inputs {
            if told.contains(&facts.name) {
                continue;
            }
            told.push(facts.name.clone());
            let about = self::told(served, facts);
            parameters.push(json!({
                "name": facts.name,
                "in": "query",
                "required": is_only,
                "description": if is_only { about } else { format!("{about} (`{}`)", served.model) },
                "schema": query_schema(facts.kind),
                "example": example(served, &facts.name),
            }));
        }
    }
    // Which model answers is a matter of choice where there are several; the example's columns are the first one's.
    let model = parameters.iter_mut().find(|it| it["name"] == "model");
    if let (Some(model), Some(first), false) = (model, champions.first(), is_only) {
        model["example"] = first.model.as_str().into();
    }
}

/// Bodies that the first model can answer.
fn add_examples(path: &str, content: &mut Value, served: &Served, is_only: bool) {
    let Some(content) = content.as_object_mut() else {
        return;
    };
    let row = row(served);
    for (kind, media) in content.iter_mut() {
        let example = match (kind.as_str(), path) {
            ("application/json", "/prediction") if is_only => json!({"rows": [row]}),
            ("application/json", "/prediction") => json!({"model": served.model, "rows": [row]}),
            ("application/json", "/predict") => json!({"data": [row]}),
            ("application/json", "/{version}/predict") => {
                let mut body = json!({"id": "a-1"});
                for (name, cell) in row.as_object().into_iter().flatten() {
                    body[name] = cell.clone();
                }
                body
            }
            ("application/json", path) if path.ends_with("/infer") => tensors(served),
            ("application/json", "/invocations") => json!({"dataframe_records": [row]}),
            ("application/x-ndjson", _) => format!("{row}\n").into(),
            ("text/csv", _) => csv(&row).into(),
            _ => continue,
        };
        media["example"] = example;
        if let Some(media) = media.as_object_mut() {
            media.remove("examples");
        }
    }
}

/// The row as the Open Inference Protocol has it: a tensor per column.
fn tensors(served: &Served) -> Value {
    let inputs = served.inputs.iter().map(|input| {
        let datatype = match input.kind {
            Kind::Integer => "INT64",
            Kind::Number => "FP64",
            Kind::Boolean => "BOOL",
            Kind::Text => "BYTES",
        };
        let data = [example(served, &input.name)];
        json!({"name": input.name, "shape": [1], "datatype": datatype, "data": data})
    });
    json!({"inputs": inputs.collect::<Vec<_>>()})
}

/// Header and row.
fn csv(row: &Value) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let cells = row.as_object().into_iter().flatten();
    let (names, cells): (Vec<&String>, Vec<String>) = cells
        .map(|(name, cell)| {
            let cell = match cell {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            (name, cell)
        })
        .unzip();
    // Writing into memory cannot fail.
    let _ = writer.write_record(&names);
    let _ = writer.write_record(&cells);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
