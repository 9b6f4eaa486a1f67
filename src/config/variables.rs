//! `UNSEAT_…` variables: which are settings, which are read elsewhere, which belong to something else, and which are misspelt.

use serde_json::Value;

use super::raw::RawConfig;
use super::shape;
use crate::text::nearest;

/// What settings begin with.
const PREFIX: &str = "UNSEAT_";

/// Variables that are not settings.
const RESERVED: &[&str] = &[
    "UNSEAT_NOW",
    "UNSEAT_FAULT",
    "UNSEAT_LOG",
    "UNSEAT_SEED",
    "UNSEAT_TOKEN",
    "UNSEAT_DATABASE_PASSWORD",
    "UNSEAT_EVIDENCE_KEY",
];

/// The variables of an environment that concern this program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variables {
    /// `(key path, value)` of the settings, sorted.
    pub settings: Vec<(String, String)>,
    /// Those that are no settings, although they look like it; they are passed over.
    pub unknown: Vec<Unknown>,
}

/// A variable that is not a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its name.
    pub name: String,
    /// The nearest one that is.
    pub near: Option<String>,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the variable {} is ignored: it is not a setting",
            self.name
        )?;
        match &self.near {
            Some(near) => write!(f, "; did you mean {near}?"),
            None => Ok(()),
        }
    }
}

/// Sorts variables: `UNSEAT_GATE__REQUIRE=naive` is the setting `("gate.require", "naive")`. Reserved names, secrets and those
/// that Kubernetes makes for a Service are left out in silence.
pub fn of(variables: impl Iterator<Item = (String, String)>) -> Variables {
    let mut found = Variables::default();
    let mut known: Option<SettingKeys> = None;
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if RESERVED.contains(&name.as_str()) || is_secret(&name) {
            continue;
        }
        let path = rest.to_lowercase().replace("__", ".");
        let known = known.get_or_insert_with(SettingKeys::all);
        if known.has(&path) {
            found.settings.push((path, value));
        } else if !is_service_link(rest, &value) {
            let near = known.nearest(&path);
            found.unknown.push(Unknown { name, near });
        }
    }
    found.settings.sort();
    found.unknown.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Whether a variable holds a secret of a channel, `UNSEAT_NOTIFY_<NAME>_SECRET`: such ones are read where they are used, and
/// never become settings, which are shown.
fn is_secret(name: &str) -> bool {
    let rest = name.strip_prefix("UNSEAT_NOTIFY_");
    rest.is_some_and(|rest| {
        !rest.starts_with('_') && (rest.ends_with("_SECRET") || rest.ends_with("_PASSWORD"))
    })
}

/// Whether Kubernetes made a variable for a Service named `unseat` or `unseat-…` in the same namespace. The forms:
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_service_link(rest: &str, value: &str) -> bool {
    let parts: Vec<&str> = rest.split('_').collect();
    if parts
        .windows(2)
        .any(|two| two == ["SERVICE", "HOST"] || two == ["SERVICE", "PORT"])
    {
        return true;
    }
    let Some(at) = parts.iter().rposition(|part| *part == "PORT") else {
        return false;
    };
    let is_protocol = |part: &str| ["TCP", "UDP", "SCTP"].contains(&part);
    let is_number = |part: &str| part.parse::<u16>().is_ok();
    match &parts[at + 1..] {
        // `UNSEAT_PORT`, and `UNSEAT_PORT_8000_TCP_PORT`.
        [] => {
            let of_port = at >= 2 && is_protocol(parts[at - 1]) && is_number(parts[at - 2]);
            of_port || value.contains("://")
        }
        [number, protocol] => is_number(number) && is_protocol(protocol),
        [number, protocol, "PROTO" | "ADDR"] => is_number(number) && is_protocol(protocol),
        _ => false,
    }
}

/// The keys of the settings.
struct SettingKeys {
    schema: Value,
    paths: Vec<String>,
}

impl SettingKeys {
    fn all() -> Self {
        let schema = shape::schema_of::<RawConfig>().as_value().clone();
        let mut paths = Vec::new();
        collect(&schema, &schema, "", &mut paths);
        SettingKeys { schema, paths }
    }

    fn has(&self, path: &str) -> bool {
        let mut here = vec![&self.schema];
        for key in path.split('.') {
            here = here
                .into_iter()
                .flat_map(|schema| below(schema, key, &self.schema))
                .collect();
        }
        !here.is_empty()
    }

    fn nearest(&self, path: &str) -> Option<String> {
        let written = path.replace('.', "__");
        let paths = self.paths.iter().map(String::as_str);
        let near = nearest(&written, paths, 0.4)?;
        Some(format!("{PREFIX}{}", near.to_uppercase()))
    }
}

/// The schemas of what may be at a key of an object.
fn below<'a>(schema: &'a Value, key: &str, root: &'a Value) -> Vec<&'a Value> {
    let schema = shape::resolve(schema, root);
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        let options = options.iter();
        return options.flat_map(|it| below(it, key, root)).collect();
    }
    match (
        schema.get("properties").and_then(|it| it.get(key)),
        schema.get("additionalProperties"),
    ) {
        (Some(known), _) => vec![known],
        (None, Some(Value::Bool(false)) | None) => Vec::new(),
        (None, Some(any)) => vec![any],
    }
}

/// Every key path that the schema names, as variables write it, in lower case.
fn collect(schema: &Value, root: &Value, before: &str, paths: &mut Vec<String>) {
    let schema = shape::resolve(schema, root);
    for option in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        collect(option, root, before, paths);
    }
    let keys = schema.get("properties").and_then(Value::as_object);
    for (key, value) in keys.into_iter().flatten() {
        let path = match before {
            "" => key.clone(),
            before => format!("{before}__{key}"),
        };
        collect(value, root, &path, paths);
        paths.push(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(variables: &[(&str, &str)]) -> Variables {
        of(variables
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string())))
    }

    #[test]
    fn the_environment_is_read_by_prefix_and_reserved_names_are_not_settings() {
        let found = sorted(&[
            ("UNSEAT_GATE__REQUIRE", "naive"),
            ("UNSEAT_NOW", "2026-01-01T00:00:00Z"),
            ("UNSEAT_NOTIFY_WEBHOOK_SECRET", "s"),
            ("UNSEAT_NOTIFY_EMAIL_PASSWORD", "p"),
            ("UNSEAT_MODELS__B__METRIC", "f1"),
            ("UNSEAT_INGEST__WINDOW__DAYS", "3"),
            ("HOME", "x"),
        ]);
        let paths: Vec<_> = found.settings.iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            ["gate.require", "ingest.window.days", "models.b.metric"]
        );
        assert_eq!(found.unknown, []);
    }

    #[test]
    fn what_kubernetes_says_of_a_service_is_nobodys_slip() {
        let found = sorted(&[
            ("UNSEAT_SERVICE_HOST", "10.0.0.11"),
            ("UNSEAT_SERVICE_PORT", "8000"),
            ("UNSEAT_SERVICE_PORT_HTTP", "8000"),
            ("UNSEAT_PORT", "tcp://10.0.0.11:8000"),
            ("UNSEAT_PORT_8000_TCP", "tcp://10.0.0.11:8000"),
            ("UNSEAT_PORT_8000_TCP_PROTO", "tcp"),
            ("UNSEAT_PORT_8000_TCP_PORT", "8000"),
            ("UNSEAT_PORT_8000_TCP_ADDR", "10.0.0.11"),
            ("UNSEAT_API_SERVICE_HOST", "10.0.0.12"),
            ("UNSEAT_API_SERVICE_PORT_HTTP_METRICS", "9000"),
            ("UNSEAT_SERVER_PORT", "udp://10.0.0.12:9000"),
            ("UNSEAT_SERVER_PORT_9000_UDP_ADDR", "10.0.0.12"),
        ]);
        assert_eq!(found, Variables::default());
    }

    #[test]
    fn a_slip_is_told_with_the_nearest_setting() {
        let found = sorted(&[
            ("UNSEAT_METRICS", "f1"),
            ("UNSEAT_GATE_REQUIRE", "naive"),
            ("UNSEAT_GATE__REQUIRES", "naive"),
            ("UNSEAT_SERVER_PORT", "8000"),
            ("UNSEAT_XYZZY", "1"),
        ]);
        assert_eq!(found.settings, []);
        let said: Vec<_> = found.unknown.iter().map(ToString::to_string).collect();
        assert_eq!(
            said[..3],
            [
                "the variable UNSEAT_GATE_REQUIRE is ignored: it is not a setting; did you mean UNSEAT_GATE__REQUIRE?",
                "the variable UNSEAT_GATE__REQUIRES is ignored: it is not a setting; did you mean UNSEAT_GATE__REQUIRE?",
                "the variable UNSEAT_METRICS is ignored: it is not a setting; did you mean UNSEAT_METRIC?",
            ]
        );
        assert!(said[3].starts_with("the variable UNSEAT_SERVER_PORT is ignored"));
        assert_eq!(
            said[4],
            "the variable UNSEAT_XYZZY is ignored: it is not a setting"
        );
    }
}
