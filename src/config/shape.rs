//! Checks a JSON value against the JSON Schema of [`RawConfig`](super::raw::RawConfig) and lists *every* difference, so
//! that a user repairs a file once. Understands the part of JSON Schema that our schema uses.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::text::nearest;

/// The JSON Schema of a type, with definitions under `$defs`.
pub fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Every place where `value` departs from `schema`.
pub fn problems(value: &Value, schema: &Schema) -> Vec<Problem> {
    let root = schema.as_value();
    let mut found = Vec::new();
    check(value, root, root, "", &mut found);
    found
}

fn check(value: &Value, schema: &Value, root: &Value, path: &str, found: &mut Vec<Problem>) {
    let schema = resolve(schema, root);
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        return check_any_of(value, options, root, path, found);
    }
    if let Some(names) = allowed_names(schema) {
        return check_name(value, &names, path, found);
    }
    if !fits_type(value, schema) {
        found.push(Problem::at(
            path,
            format!("expected {}, found {}", wanted(schema), kind_of(value)),
        ));
        return;
    }
    match value {
        Value::Object(object) => check_object(object, schema, root, path, found),
        Value::Array(items) => {
            if let Some(item_schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    check(item, item_schema, root, &format!("{path}[{index}]"), found);
                }
            }
        }
        Value::Number(number) => check_number(number, schema, path, found),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn check_object(
    object: &Map<String, Value>,
    schema: &Value,
    root: &Value,
    path: &str,
    found: &mut Vec<Problem>,
) {
    let empty = Map::new();
    let known = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    for (key, value) in object {
        let key_path = join(path, key);
        match (known.get(key), schema.get("additionalProperties")) {
            (Some(key_schema), _) => check(value, key_schema, root, &key_path, found),
            (None, Some(Value::Bool(false))) => {
                found.push(unknown_key(&key_path, key, known.keys()));
            }
            (None, Some(any)) => check(value, any, root, &key_path, found),
            (None, None) => {}
        }
    }
    let required = schema.get("required").and_then(Value::as_array);
    for key in required.into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(key) {
            found.push(Problem::at(&join(path, key), "is missing".to_string()));
        }
    }
}

/// The one alternative that is not null decides what to say.
fn check_any_of(
    value: &Value,
    options: &[Value],
    root: &Value,
    path: &str,
    found: &mut Vec<Problem>,
) {
    // One that is of the wrong form altogether says less than one with something wrong in it.
    let rank = |problems: &[Problem]| {
        let is_other = problems.iter().any(|problem| problem.path == path);
        (is_other, problems.len())
    };
    let mut fewest: Option<Vec<Problem>> = None;
    for option in options {
        let mut here = Vec::new();
        check(value, option, root, path, &mut here);
        if here.is_empty() {
            return;
        }
        let is_null = resolve(option, root).get("type") == Some(&Value::from("null"));
        if !is_null && fewest.as_ref().is_none_or(|best| rank(&here) < rank(best)) {
            fewest = Some(here);
        }
    }
    found.extend(fewest.unwrap_or_default());
}

fn check_name(value: &Value, names: &[&str], path: &str, found: &mut Vec<Problem>) {
    match value.as_str() {
        Some(text) if names.contains(&text) => {}
        Some(text) => {
            let hint = nearest(text, names.iter().copied(), 0.4)
                .map(|name| format!("; did you mean `{name}`?"));
            found.push(Problem::at(
                path,
                format!(
                    "`{text}` is not one of {}{}",
                    names.join(", "),
                    hint.unwrap_or_default()
                ),
            ));
        }
        None => found.push(Problem::at(
            path,
            format!(
                "expected one of {}, found {}",
                names.join(", "),
                kind_of(value)
            ),
        )),
    }
}

fn check_number(number: &serde_json::Number, schema: &Value, path: &str, found: &mut Vec<Problem>) {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or("");
    let largest = match format {
        "uint32" => u64::from(u32::MAX),
        _ => u64::MAX,
    };
    let is_unsigned = format.starts_with("uint");
    if is_unsigned && number.as_u64().is_none_or(|whole| whole > largest) {
        found.push(Problem::at(
            path,
            format!("expected a whole number from 0 to {largest}, found {number}"),
        ));
    }
}

/// What a schema refers to, or the schema itself.
pub(super) fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|at| at.strip_prefix('#'))
    {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

/// The names of a closed set, whether written as `enum` or as `oneOf` constants.
fn allowed_names(schema: &Value) -> Option<Vec<&str>> {
    if let Some(names) = schema.get("enum").and_then(Value::as_array) {
        return Some(names.iter().filter_map(Value::as_str).collect());
    }
    let options = schema.get("oneOf").and_then(Value::as_array)?;
    let mut names = Vec::new();
    for option in options {
        match (
            option.get("const"),
            option.get("enum").and_then(Value::as_array),
        ) {
            (Some(constant), _) => names.extend(constant.as_str()),
            (None, Some(several)) => names.extend(several.iter().filter_map(Value::as_str)),
            (None, None) => return None,
        }
    }
    Some(names)
}

fn fits_type(value: &Value, schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => is_of_type(value, name),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .any(|name| is_of_type(value, name)),
        _ => true,
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn wanted(schema: &Value) -> String {
    let word = |name: &str| match name {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        _ => "null",
    };
    match schema.get("type") {
        Some(Value::String(name)) => word(name).to_string(),
        Some(Value::Array(names)) => {
            let words: Vec<_> = names.iter().filter_map(Value::as_str).map(word).collect();
            words.join(" or ")
        }
        _ => "something else".to_string(),
    }
}

/// A value's kind, for people.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Names of keys that are listed beside one that is unknown and like none of them.
const MOST_LISTED: usize = 12;

fn unknown_key<'a>(path: &str, key: &str, known: impl Iterator<Item = &'a String>) -> Problem {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let hint = nearest(key, known.iter().copied(), 0.4);
    let text = match hint {
        Some(name) => format!("unknown key; did you mean `{name}`?"),
        None if !known.is_empty() && known.len() <= MOST_LISTED => {
            format!("unknown key; there is `{}`", known.join("`, `"))
        }
        None => "unknown key".to_string(),
    };
    Problem::at(path, text)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_string()
    } else {
        format!("{path}.{key}")
    }
}
