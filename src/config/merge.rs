//! Puts one layer of configuration over another, as JSON values: file, environment, flags; project, model.

use serde_json::{Map, Value};

use super::checked::Problem;

/// Variables that are not settings.
const RESERVED: &[&str] = &[
    "UNSEAT_NOW",
    "UNSEAT_FAULT",
    "UNSEAT_LOG",
    "UNSEAT_SEED",
    "UNSEAT_TOKEN",
];

/// Whether a variable holds a secret of a channel, `UNSEAT_NOTIFY_<NAME>_SECRET`: such ones are read where they are used, and
/// never become settings, which are shown.
fn is_secret(name: &str) -> bool {
    let rest = name.strip_prefix("UNSEAT_NOTIFY_");
    rest.is_some_and(|rest| {
        !rest.starts_with('_') && (rest.ends_with("_SECRET") || rest.ends_with("_PASSWORD"))
    })
}

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

/// `UNSEAT_GATE__REQUIRE=naive` becomes `("gate.require", "naive")`; reserved names are passed over.
pub fn from_environment(
    variables: impl Iterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    let mut settings: Vec<_> = variables
        .filter(|(name, _)| !RESERVED.contains(&name.as_str()) && !is_secret(name))
        .filter_map(|(name, value)| {
            let path = name
                .strip_prefix("UNSEAT_")?
                .to_lowercase()
                .replace("__", ".");
            Some((path, value))
        })
        .collect();
    settings.sort();
    settings
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

    #[test]
    fn the_environment_is_read_by_prefix_and_reserved_names_are_not_settings() {
        let variables = [
            ("UNSEAT_GATE__REQUIRE", "naive"),
            ("UNSEAT_NOW", "2026-01-01T00:00:00Z"),
            ("UNSEAT_NOTIFY_WEBHOOK_SECRET", "s"),
            ("UNSEAT_NOTIFY_EMAIL_PASSWORD", "p"),
            ("HOME", "x"),
        ];
        let settings = from_environment(
            variables
                .iter()
                .map(|(k, v)| (k.to_string(), v.to_string())),
        );
        assert_eq!(
            settings,
            [("gate.require".to_string(), "naive".to_string())]
        );
    }
}
