//! What the documents say is so: the lists of settings and paths, the commands, the links, and what CI calls.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use serde_json::Value;
use unseat::config::{raw::RawConfig, shape::schema_of};

mod http;

const BEGIN: &str = "<!-- made from the schema: begin -->\n";
const END: &str = "<!-- made from the schema: end -->\n";

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The command lines of a document's shell blocks.
fn shell_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        match line.trim() {
            "```sh" => is_inside = true,
            "```" => is_inside = false,
            command if is_inside && !command.is_empty() => lines.push(command.to_string()),
            _ => {}
        }
    }
    lines
}

#[test]
fn the_settings_are_documented_as_the_schema_has_them() {
    let path = top().join("docs/config.md");
    let text = read("docs/config.md");
    let (head, rest) = text.split_once(BEGIN).expect("the begin mark stands in it");
    let (here, tail) = rest.split_once(END).expect("the end mark stands in it");
    let wanted = settings();
    if std::env::var_os("REWRITE_DOCS").is_some() {
        fs::write(&path, format!("{head}{BEGIN}{wanted}{END}{tail}")).expect("can be written");
        return;
    }
    assert!(
        here == wanted,
        "docs/config.md is not what the schema says; `REWRITE_DOCS=1 cargo test docs` writes it"
    );
}

#[test]
fn the_picture_of_the_gate_is_what_the_program_draws() {
    let judgement = serde_json::from_str(&read("tests/docs/judgement.json")).expect("a judgement");
    let policy = unseat::gate::Policy::default();
    let drawn = unseat::report::judgement_svg(&judgement, &policy, unseat::evaluate::Metric::F1);
    if std::env::var_os("REWRITE_DOCS").is_some() {
        fs::write(top().join("docs/gate.svg"), drawn).expect("can be written");
        return;
    }
    assert!(
        read("docs/gate.svg") == drawn,
        "docs/gate.svg is not what the program draws; `REWRITE_DOCS=1 cargo test docs` draws it"
    );
}

#[test]
fn the_quick_start_and_ci_call_the_same_commands() {
    let readme = read("README.md");
    let start = readme
        .split("## Quick start")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("README.md has a quick start");
    let ci = read(".ci/run");
    let in_ci: BTreeSet<&str> = ci.lines().map(str::trim).collect();
    let commands = shell_lines(start);
    assert!(commands.contains(&"cargo test".to_string()));
    for command in commands {
        assert!(
            in_ci.iter().any(|line| line.ends_with(&command)),
            "`{command}` stands in README.md but not in .ci/run"
        );
    }
}

#[test]
fn readme_names_every_command() {
    let readme = read("README.md");
    for command in unseat::cli::Cli::command().get_subcommands() {
        assert!(
            readme.contains(&format!("`{}", command.get_name())),
            "README.md does not name `{}`",
            command.get_name()
        );
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents: Vec<PathBuf> = Vec::new();
    for folder in [top(), top().join("docs"), top().join("bench")] {
        let entries = fs::read_dir(folder).expect("the folder is there");
        let paths = entries.map(|entry| entry.expect("can be listed").path());
        documents
            .extend(paths.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document is text");
        for after in text.split("](").skip(1) {
            let link = after.split([')', '#']).next().unwrap_or_default();
            let is_outside = link.contains("://") || link.is_empty();
            let folder = document.parent().unwrap_or(Path::new("."));
            assert!(
                is_outside || folder.join(link).exists(),
                "{} links to {link}, which is not there",
                document.display()
            );
        }
    }
}

/// Every key with its kind, default and meaning, in the order of the schema.
fn settings() -> String {
    let schema = schema_of::<RawConfig>();
    let root = schema.as_value();
    let required: Vec<_> = root["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut plain = Vec::new();
    let mut groups = Vec::new();
    for (key, property) in root["properties"].as_object().into_iter().flatten() {
        match properties_of(property, root) {
            Some(_) => groups.push((key, property)),
            None => plain.push((key, property)),
        }
    }
    let (must, may): (Vec<_>, Vec<_>) = plain
        .into_iter()
        .partition(|(key, _)| required.contains(&key.as_str()));

    let mut text = String::new();
    let mut names = BTreeSet::new();
    let _ = writeln!(
        text,
        "\n## The five that every project has\n\n| key | meaning |\n|---|---|"
    );
    for (key, property) in must {
        let _ = writeln!(text, "| `{key}` | {} |", meaning(property, root));
    }
    let _ = writeln!(text, "\n## Top level\n");
    table(&mut text, &mut names, "", may.into_iter(), root);
    for (key, property) in groups {
        let _ = writeln!(text, "\n## `{key}`\n\n{}\n", meaning(property, root));
        let keys = properties_of(property, root).into_iter().flatten();
        table(&mut text, &mut names, &format!("{key}."), keys, root);
    }
    let _ = writeln!(text, "\n## Names that a key may have as its value");
    for (name, definition) in root["$defs"].as_object().into_iter().flatten() {
        if !names.contains(name) {
            continue;
        }
        let _ = writeln!(text, "\n### {name}\n\n| name | meaning |\n|---|---|");
        for option in definition["oneOf"].as_array().into_iter().flatten() {
            let value = option["const"].as_str().unwrap_or_default();
            let _ = writeln!(text, "| `{value}` | {} |", cell(&option["description"]));
        }
    }
    text.push('\n');
    text
}

/// Writes a table of keys; keys of objects and of lists of objects follow theirs.
fn table<'a>(
    text: &mut String,
    names: &mut BTreeSet<String>,
    prefix: &str,
    keys: impl Iterator<Item = (&'a String, &'a Value)>,
    root: &'a Value,
) {
    let _ = writeln!(
        text,
        "| key | value | default | meaning |\n|---|---|---|---|"
    );
    let mut open: Vec<_> = keys
        .map(|(key, property)| (format!("{prefix}{key}"), property))
        .collect();
    open.reverse();
    while let Some((key, property)) = open.pop() {
        let below = properties_of(property, root).map(|keys| (format!("{key}."), keys));
        let listed =
            properties_of(&property["items"], root).map(|keys| (format!("{key}[]."), keys));
        let mapped = properties_of(&property["additionalProperties"], root)
            .map(|keys| (format!("{key}.<name>."), keys));
        let is_group = below.is_some();
        let named = resolved(&property["additionalProperties"], root)["anyOf"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|option| properties_of(option, root))
            .map(|keys| (format!("{key}.<name>."), keys));
        if let Some((prefix, keys)) = below.or(listed).or(mapped).or(named) {
            let more: Vec<_> = keys
                .iter()
                .map(|(key, property)| (format!("{prefix}{key}"), property))
                .collect();
            open.extend(more.into_iter().rev());
        }
        if is_group {
            continue;
        }
        let default = match property.get("default") {
            None if may_be_null(property) => "none".to_string(),
            None => "must be given".to_string(),
            Some(Value::Null) => "none".to_string(),
            Some(default) => format!("`{default}`"),
        };
        let (kind, meaning) = (kind(property, root, names), meaning(property, root));
        let _ = writeln!(text, "| `{key}` | {kind} | {default} | {meaning} |");
    }
}

/// Whether a key may be left out because `null` stands for that.
fn may_be_null(property: &Value) -> bool {
    let null = Value::from("null");
    let kinds = property["type"].as_array().into_iter().flatten();
    let options = property["anyOf"].as_array().into_iter().flatten();
    kinds
        .chain(options.map(|option| &option["type"]))
        .any(|kind| *kind == null)
}

fn resolved<'a>(property: &'a Value, root: &'a Value) -> &'a Value {
    // An object that may be left out.
    let mut options = property["anyOf"].as_array().into_iter().flatten();
    if let Some(group) = options.find(|option| properties_of(option, root).is_some()) {
        return resolved(group, root);
    }
    match property["$ref"]
        .as_str()
        .and_then(|at| at.strip_prefix('#'))
    {
        Some(pointer) => root.pointer(pointer).unwrap_or(property),
        None => property,
    }
}

fn properties_of<'a>(
    property: &'a Value,
    root: &'a Value,
) -> Option<&'a serde_json::Map<String, Value>> {
    resolved(property, root)["properties"].as_object()
}

/// What a key may hold, in words; names of closed sets are noted.
fn kind(property: &Value, root: &Value, names: &mut BTreeSet<String>) -> String {
    if let Some(name) = property["$ref"]
        .as_str()
        .and_then(|at| at.rsplit('/').next())
    {
        if resolved(property, root)["oneOf"].is_array() {
            names.insert(name.to_string());
            return format!("[a name](#{})", name.to_lowercase());
        }
        let definition = resolved(property, root);
        if definition["properties"].is_object() {
            return "object".to_string();
        }
        let options = definition["anyOf"].as_array().into_iter().flatten();
        let objects = options.clone().any(|it| properties_of(it, root).is_some());
        if objects {
            let kinds: Vec<String> = options.map(|it| kind(it, root, names)).collect();
            return kinds.join(" or ");
        }
        return "text, number or truth value".to_string();
    }
    if let Some(options) = property["anyOf"].as_array() {
        return kind(&options[0], root, names);
    }
    let first = property["type"]
        .as_str()
        .or_else(|| property["type"][0].as_str());
    match first.unwrap_or_default() {
        "string" => "text".to_string(),
        "integer" => "whole number".to_string(),
        "number" => "number".to_string(),
        "boolean" => "`true` or `false`".to_string(),
        "array" if properties_of(&property["items"], root).is_some() => {
            "list of objects".to_string()
        }
        "array" => format!("list of {}", kind(&property["items"], root, names)),
        _ if properties_of(&property["additionalProperties"], root).is_some() => {
            "objects by name".to_string()
        }
        _ => match property["additionalProperties"].get("$ref") {
            Some(_) => format!(
                "object of {}",
                kind(&property["additionalProperties"], root, names)
            ),
            None => "object".to_string(),
        },
    }
}

fn meaning(property: &Value, root: &Value) -> String {
    match property.get("description") {
        Some(description) => cell(description),
        None => cell(&resolved(property, root)["description"]),
    }
}

/// A text that may be in a table.
fn cell(text: &Value) -> String {
    let words: Vec<_> = text
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    words.join(" ").replace('|', "\\|")
}
