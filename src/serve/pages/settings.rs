//! The settings in effect: defaults, file, environment and flags put together, without secrets and places of the machine.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::Value;

use super::kit::{View, table};
use crate::overview::without_folder;
use crate::serve::{Problem, Reply, Request, State};

/// The settings in effect.
pub async fn settings(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let view = View::of(&state, &request);
    let news = state.settings_news().and_then(|news| news.says());
    let envs = state.project.as_ref().map(|project| project.envs.all());
    let body = html! {
        h1 { "Settings" }
        p class="lead" { "What is in effect in this process: defaults, config.json, environment and flags put together." }
        @match &news {
            Some(says) => { p class="note warn" { (says) } }
            None => { p class="soft" { "config.json is as this process follows it." } }
        }
        @if let Some(envs) = &envs {
            @for (name, env) in envs.iter() {
                @let mut rows = Vec::new();
                @let () = flatten("", &serde_json::to_value(&env.config).unwrap_or_default(), &mut rows);
                section class="card" aria-label=(name) {
                    h2 { (name) }
                    (listed(rows.into_iter().map(|(key, value)| (key, without_folder(&value, &env.config.project))).collect()))
                }
            }
        }
        section class="card" aria-label="Server" { h2 { "Server" } (listed(server(&state))) }
    };
    Ok(view.page("Settings", &body))
}

/// Settings of the server. Of tokens, names and roles; nothing that a token could be found by.
fn server(state: &State) -> Vec<(String, String)> {
    let mut value = serde_json::to_value(&state.settings).unwrap_or_default();
    if let Some(tokens) = value["tokens"].as_array_mut() {
        for token in tokens.iter_mut().filter_map(Value::as_object_mut) {
            token.remove("sha256");
        }
    }
    let mut rows = Vec::new();
    flatten("", &value, &mut rows);
    let folder = state.project.as_ref().and_then(|project| {
        let envs = project.envs.all();
        envs.values().next().map(|env| env.config.project.clone())
    });
    for (_, value) in &mut rows {
        *value = without_folder(value, &folder.clone().unwrap_or_default());
    }
    rows
}

fn listed(rows: Vec<(String, String)>) -> Markup {
    let rows: Vec<Vec<Markup>> = rows
        .into_iter()
        .map(|(key, value)| {
            vec![
                html! { span class="mono" { (key) } },
                html! { span class="mono" { (value) } },
            ]
        })
        .collect();
    table("Each key and its value", &["key", "value"], &rows)
}

/// Keys with dots, and values on one line.
fn flatten(prefix: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let key = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&key, value, rows);
            }
        }
        Value::Null => rows.push((prefix.to_string(), "–".to_string())),
        Value::String(text) => rows.push((prefix.to_string(), text.clone())),
        other => rows.push((prefix.to_string(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_keys_with_dots() {
        let mut rows = Vec::new();
        flatten(
            "",
            &json!({"a": {"b": 1, "c": []}, "d": null, "e": "x"}),
            &mut rows,
        );
        let told: Vec<String> = rows
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(told, ["a.b=1", "a.c=[]", "d=–", "e=x"]);
    }
}
