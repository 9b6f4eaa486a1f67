//! The document against the table of routes, and against what OpenAPI asks of a document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{common, document, parts};
use crate::config::Role;
use crate::http::dialect::Dialect;
use crate::serve::route_table;
use crate::serve::routes::{ROUTES, Route};

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "options"];

/// Every route but the pages, which are for people.
fn described() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.dialect != Dialect::Page)
}

/// `(METHOD, path, operation)`.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let items = paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().expect("an item").iter();
        operations.map(move |(method, it)| (method.to_ascii_uppercase(), path.clone(), it))
    });
    items.collect()
}

#[test]
fn every_route_is_documented_and_every_operation_is_a_route() {
    let document = document::whole(&[], &[], &route_table(), true);
    let told: BTreeSet<String> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    let routes: BTreeSet<String> = described()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let missing: Vec<_> = routes.difference(&told).collect();
    let invented: Vec<_> = told.difference(&routes).collect();
    assert!(missing.is_empty(), "not documented: {missing:#?}");
    assert!(
        invented.is_empty(),
        "documented but no route: {invented:#?}"
    );
}

#[test]
fn every_operation_names_the_role_of_its_route() {
    for is_guarded in [true, false] {
        let document = document::whole(&[], &[], &route_table(), is_guarded);
        for route in described() {
            let method = route.method.to_ascii_lowercase();
            let operation = &document["paths"][route.path][&method];
            let named: Vec<&str> = operation["security"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|way| way["token"][0].as_str())
                .collect();
            let expected: Vec<&str> = route.role.iter().map(|role| role.name()).collect();
            assert_eq!(named, expected, "{} {}", route.method, route.path);
        }
    }
}

#[test]
fn no_two_rooms_give_one_name_two_meanings() {
    let clashes = parts::gathered(&route_table()).clashes;
    assert!(clashes.is_empty(), "{clashes:#?}");
}

#[test]
fn every_tag_says_what_it_is_about() {
    let gathered = parts::gathered(&route_table());
    for tag in parts::used_tags(&gathered.paths) {
        assert!(parts::about(tag).is_some(), "`{tag}` is not in TAGS");
    }
}

#[test]
fn operation_ids_are_unique() {
    let mut seen = BTreeSet::new();
    for route in ROUTES {
        let id = common::operation_id(route);
        assert!(seen.insert(id.clone()), "{id} twice: {}", route.path);
    }
}

#[test]
fn every_operation_is_whole() {
    let document = document::whole(&[], &[], &route_table(), true);
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        assert!(
            METHODS.contains(&method.to_ascii_lowercase().as_str()),
            "{at}"
        );
        assert!(operation["summary"].is_string(), "{at} has no summary");
        assert!(operation["tags"][0].is_string(), "{at} has no tag");
        let answers = operation["responses"].as_object().expect("responses");
        let is_well = |status: &String| status.starts_with(['1', '2', '3']);
        // Other systems load and unload by request; here the champion is what is loaded, and asking is rejected.
        let is_always_rejected = path.ends_with("/load") || path.ends_with("/unload");
        assert!(
            is_always_rejected || answers.keys().any(is_well),
            "{at} has no good answer"
        );
        for (status, answer) in answers {
            let is_told = answer["description"].is_string() || answer["$ref"].is_string();
            assert!(is_told, "{at} {status} has no description");
        }
        let parameters = operation["parameters"].as_array();
        let mut told: Vec<&str> = Vec::new();
        for parameter in parameters.into_iter().flatten() {
            assert!(parameter["schema"].is_object(), "{at}: {parameter}");
            if parameter["in"] == "path" {
                assert_eq!(parameter["required"], true, "{at}: {parameter}");
                told.extend(parameter["name"].as_str());
            }
        }
        let mut named: Vec<&str> = path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        named.sort_unstable();
        told.sort_unstable();
        assert_eq!(
            named, told,
            "{at}: names in the path, parameters of the path"
        );
    }
}

#[test]
fn every_rejection_that_a_room_documents_has_the_form_of_its_protocol() {
    let document = document::whole(&[], &[], &route_table(), true);
    let mut conflicts = 0;
    for (method, path, operation) in operations(&document) {
        let answer = &operation["responses"]["409"];
        if answer.is_null() {
            continue;
        }
        conflicts += 1;
        let schema = &answer["content"]["application/json"]["schema"]["$ref"];
        let name = schema.as_str().unwrap_or_default();
        assert!(name.ends_with("Problem"), "{method} {path}: {answer}");
    }
    let changes = described().filter(|route| route.role == Some(Role::Admin));
    for route in changes {
        let method = route.method.to_ascii_lowercase();
        let answers = &document["paths"][route.path][&method]["responses"];
        assert!(!answers["409"].is_null(), "{} {}", route.method, route.path);
    }
    assert!(conflicts >= 12, "{conflicts}");
}

#[test]
fn every_reference_leads_somewhere_and_every_part_is_referred_to() {
    let document = document::whole(&[], &[], &route_table(), true);
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in &references {
        let place = reference.strip_prefix('#').expect("inside the document");
        assert!(
            document.pointer(place).is_some(),
            "{reference} leads nowhere"
        );
    }
    for (name, _) in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
    {
        let reference = format!("#/components/schemas/{name}");
        assert!(references.contains(&reference), "nothing refers to {name}");
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                references.insert(reference.clone());
            }
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}
