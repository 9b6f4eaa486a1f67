//! Puts one layer of configuration over another, as JSON values: file, environment, flags; project, model.

use serde_json::{Map, Value};

use super::problem::Problem;

/// Lays `top` over `base`: objects are merged key by key, everything else is replaced.
pub fn overlay(base: &mut Map<String, Value>, top: &Map<String, Value>) {
    for (key, value) in top {
        match (base.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Sets the value at a dotted key path, making objects on the way.
///
/// # Errors
/// A problem when a key on the way already holds something that is not an object.
pub fn set(object: &mut Map<String, Value>, path: &str, text: &str) -> Result<(), Problem> {
    let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut here = object;
    for key in parents.split('.').filter(|key| !key.is_empty()) {
        let below = here.entry(key).or_insert_with(|| Value::Object(Map::new()));
        here = below.as_object_mut().ok_or_else(|| {
            Problem::at(
                path,
                format!("`{key}` is a plain value and has no keys below it"),
            )
        })?;
    }
    here.insert(last.to_string(), value_of(text));
    Ok(())
}

/// Text as JSON where it reads as a number, truth value, list, object or null; as a text otherwise.
fn value_of(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::String(_)) | Err(_) => Value::String(text.to_string()),
        Ok(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_reaches_into_objects_and_numbers_stay_numbers() {
        let mut object = json!({"gate": {"floor": 0.1}})
            .as_object()
            .cloned()
            .unwrap_or_default();
        set(&mut object, "gate.require", "naive").expect("sets");
        set(&mut object, "gate.floor", "0.5").expect("sets");
        set(&mut object, "drop", "[\"id\"]").expect("sets");
        assert_eq!(
            Value::Object(object),
            json!({"gate": {"floor": 0.5, "require": "naive"}, "drop": ["id"]})
        );
    }
}
