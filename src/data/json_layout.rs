//! JSON that holds a table in another layout than a list of records, as pandas writes it with `orient`: read where rows and
//! columns can be told apart.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read as _;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::encoding::TextFile;
use super::options::ReadOptions;
use super::read_error::read_error;
use super::source;
use super::table::{Bad, TableError};

/// A record: its names and their values as they are written.
pub(super) type RawRow = Vec<(String, Box<RawValue>)>;

/// What a JSON text is that is one object.
pub(super) enum Layout {
    /// Its records.
    Records(Vec<RawRow>),
    /// A table whose rows and columns cannot be told apart, or that has gaps; why.
    Rejected(String),
    /// None of the layouts.
    Other,
}

/// The members of an object in their order.
pub(super) struct Members(pub RawRow);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = RawRow;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawRow, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<String, Box<RawValue>>()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        reader.deserialize_map(Pairs).map(Members)
    }
}

/// The records of a file that is one object in another layout than a list of records.
pub(super) fn other_layout(
    file: &TextFile<'_>,
    options: &ReadOptions,
) -> Result<Option<Vec<RawRow>>, TableError> {
    let path = file.path;
    let mut text = String::new();
    let mut reader = file
        .open_bounded(options.most_bytes)
        .map_err(|error| read_error(path, error))?;
    let read = reader.read_to_string(&mut text);
    match read {
        Ok(_) => {}
        // What is not UTF-8 is said of it as a record.
        Err(error)
            if error.kind() == std::io::ErrorKind::InvalidData && !source::is_packed(path) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(read_error(path, error)),
    }
    match layout_of(text.trim_start_matches('\u{feff}')) {
        Layout::Records(records) => Ok(Some(records)),
        Layout::Rejected(why) => Err(Bad::new(why).into()),
        Layout::Other => Ok(None),
    }
}

const ADVICE: &str = "write a list of records, as pandas does with `orient=\"records\"`";

/// The layout of one JSON object.
pub(super) fn layout_of(text: &str) -> Layout {
    let Ok(Members(members)) = serde_json::from_str::<Members>(text) else {
        return Layout::Other;
    };
    let member = |name: &str| {
        members
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, it)| it)
    };
    let is_only = |names: &[&str]| {
        members
            .iter()
            .all(|(name, _)| names.contains(&name.as_str()))
    };
    // pandas and most exports of query results, which call the rows differently.
    for (rows, also) in [("data", "index"), ("rows", "types"), ("values", "types")] {
        let (columns, data) = (member("columns"), member(rows));
        if let (Some(columns), Some(data), true) =
            (columns, data, is_only(&["columns", also, rows]))
        {
            return split(columns, (rows, data));
        }
    }
    if let (Some(schema), Some(data), true) = (
        member("schema"),
        member("data"),
        is_only(&["schema", "data"]),
    ) {
        return table(schema, data);
    }
    if members.is_empty() {
        return Layout::Other;
    }
    if let Some(name) = list_of_records(&members) {
        return Layout::Rejected(format!(
            "its records are in the list `{name}` of one object; write that list alone as the file"
        ));
    }
    let lists: Option<Vec<Vec<Box<RawValue>>>> =
        members.iter().map(|(_, value)| flat_list(value)).collect();
    if let Some(lists) = lists {
        return of_lists(members.into_iter().map(|(name, _)| name), lists);
    }
    let objects: Option<Vec<RawRow>> = members
        .iter()
        .map(|(_, value)| flat_object(value))
        .collect();
    match objects {
        Some(objects) => of_objects(members.into_iter().map(|(name, _)| name).collect(), objects),
        None => Layout::Other,
    }
}

fn is_nested(value: &RawValue) -> bool {
    value.get().starts_with(['{', '['])
}

/// The one member that is a list of several objects, as programs wrap the records of an answer.
fn list_of_records(members: &RawRow) -> Option<&str> {
    let is_list = |value: &RawValue| {
        let list: Result<Vec<Members>, _> = serde_json::from_str(value.get());
        list.is_ok_and(|list| list.len() > 1)
    };
    let mut lists = members.iter().filter(|(_, value)| is_list(value));
    let (name, _) = lists.next()?;
    lists.next().is_none().then_some(name)
}

fn flat_list(value: &RawValue) -> Option<Vec<Box<RawValue>>> {
    let list: Vec<Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
    (!list.iter().any(|it| is_nested(it))).then_some(list)
}

fn flat_object(value: &RawValue) -> Option<RawRow> {
    let Members(members) = serde_json::from_str(value.get()).ok()?;
    (!members.iter().any(|(_, it)| is_nested(it))).then_some(members)
}

/// `{"columns": [name, …], "index": […], "data": [[value, …], …]}`, where a column may be an object with a `name`.
fn split(columns: &RawValue, (called, data): (&str, &RawValue)) -> Layout {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Column {
        Name(String),
        Described { name: String },
    }
    let columns: Result<Vec<Column>, _> = serde_json::from_str(columns.get());
    let rows: Result<Vec<Vec<Box<RawValue>>>, _> = serde_json::from_str(data.get());
    let (Ok(columns), Ok(rows)) = (columns, rows) else {
        return Layout::Other;
    };
    let names = columns.into_iter().map(|column| match column {
        Column::Name(name) | Column::Described { name } => name,
    });
    let names: Vec<String> = names.collect();
    if rows.iter().any(|row| row.len() != names.len()) {
        return Layout::Rejected(format!(
            "a row of `{called}` has another number of values than `columns` has names"
        ));
    }
    let records = rows
        .into_iter()
        .map(|row| names.iter().cloned().zip(row).collect());
    Layout::Records(records.collect())
}

/// `{"schema": {"fields": […], "primaryKey": ["index"]}, "data": [record, …]}`: the numbering of rows that pandas adds is no
/// column.
fn table(schema: &RawValue, data: &RawValue) -> Layout {
    let schema: Result<serde_json::Value, _> = serde_json::from_str(schema.get());
    let records: Result<Vec<Members>, _> = serde_json::from_str(data.get());
    let (Ok(schema), Ok(records)) = (schema, records) else {
        return Layout::Other;
    };
    let is_numbering = |name: &str| {
        name == "index"
            && schema["primaryKey"]
                .as_array()
                .is_some_and(|key| key.iter().any(|it| it == "index"))
    };
    let records = records.into_iter().map(|Members(mut members)| {
        members.retain(|(name, _)| !is_numbering(name));
        members
    });
    Layout::Records(records.collect())
}

/// `{column: [value, …], …}`.
fn of_lists(names: impl Iterator<Item = String>, lists: Vec<Vec<Box<RawValue>>>) -> Layout {
    let rows = lists.first().map_or(0, Vec::len);
    if lists.iter().any(|list| list.len() != rows) {
        return Layout::Rejected(format!(
            "its lists, one a column, are not as long as each other; {ADVICE}"
        ));
    }
    let names: Vec<String> = names.collect();
    let mut records: Vec<RawRow> = (0..rows).map(|_| Vec::with_capacity(names.len())).collect();
    for (name, list) in names.into_iter().zip(lists) {
        for (record, value) in records.iter_mut().zip(list) {
            record.push((name.clone(), value));
        }
    }
    Layout::Records(records)
}

/// `{column: {row: value}}` or `{row: {column: value}}`: what is numbered is the rows.
fn of_objects(outer: Vec<String>, objects: Vec<RawRow>) -> Layout {
    let names_of = |object: &RawRow| {
        object
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<BTreeSet<_>>()
    };
    let inner = objects.first().map(names_of).unwrap_or_default();
    // What a name stands for that an object has twice is lost in a set of them.
    let n_outer = outer.iter().collect::<BTreeSet<_>>().len();
    let is_twice = |object: &RawRow| object.len() > names_of(object).len();
    if n_outer < outer.len() || objects.iter().any(is_twice) {
        return Layout::Rejected(
            "a key that is there twice in one object; write it once".to_string(),
        );
    }
    if inner.is_empty() || objects.iter().any(|object| names_of(object) != inner) {
        // One record of nested values, most likely.
        return Layout::Other;
    }
    let is_number = |name: &String| name.parse::<i64>().is_ok();
    match (outer.iter().all(is_number), inner.iter().all(is_number)) {
        (true, false) => Layout::Records(objects),
        (false, true) => {
            let order: Vec<String> = objects
                .first()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect();
            let mut columns: Vec<std::collections::HashMap<String, Box<RawValue>>> = objects
                .into_iter()
                .map(|object| object.into_iter().collect())
                .collect();
            let record = |row: &String| {
                let cells = outer.iter().zip(&mut columns);
                cells
                    .filter_map(|(name, column)| Some((name.clone(), column.remove(row)?)))
                    .collect()
            };
            Layout::Records(order.iter().map(record).collect())
        }
        _ => Layout::Rejected(format!("rows and columns cannot be told apart; {ADVICE}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match layout_of(text) {
            Layout::Other => "other".to_string(),
            Layout::Rejected(why) => why,
            Layout::Records(records) => {
                let record = |record: &RawRow| {
                    record
                        .iter()
                        .map(|(name, value)| format!("{name}={}", value.get()))
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                records.iter().map(record).collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn the_layouts_of_pandas_are_the_same_records() {
        let records = "a=1.50 b=\"x\"; a=null b=\"y\"";
        for text in [
            r#"{"a": {"0": 1.50, "1": null}, "b": {"0": "x", "1": "y"}}"#,
            r#"{"0": {"a": 1.50, "b": "x"}, "1": {"a": null, "b": "y"}}"#,
            r#"{"columns": ["a", "b"], "index": [0, 1], "data": [[1.50, "x"], [null, "y"]]}"#,
            r#"{"columns": ["a", "b"], "data": [[1.50, "x"], [null, "y"]]}"#,
            r#"{"rows": [[1.50, "x"], [null, "y"]], "columns": ["a", "b"]}"#,
            r#"{"columns": [{"name": "a", "type": "REAL"}, {"name": "b"}], "types": ["REAL", "TEXT"], "values": [[1.50, "x"], [null, "y"]]}"#,
            r#"{"schema": {"fields": [], "primaryKey": ["index"]}, "data": [{"index": 0, "a": 1.50, "b": "x"}, {"index": 1, "a": null, "b": "y"}]}"#,
            r#"{"a": [1.50, null], "b": ["x", "y"]}"#,
        ] {
            assert_eq!(read(text), records, "{text}");
        }
        // Rows keep their order, whatever their numbers.
        assert_eq!(read(r#"{"a": {"7": 1, "3": 2}}"#), "a=1; a=2");
    }

    #[test]
    fn what_may_be_meant_either_way_is_rejected_and_a_nested_record_is_no_table() {
        for text in [
            r#"{"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}"#,
            r#"{"0": {"1": 1}, "1": {"1": 2}}"#,
        ] {
            assert!(
                read(text).starts_with("rows and columns cannot be told apart"),
                "{text}"
            );
        }
        for text in [
            r#"{"items": [{"x": 1}, {"x": 2}]}"#,
            r#"{"next": null, "items": [{"x": 1}, {"x": 2, "y": 3}], "page": {"n": 1}}"#,
        ] {
            assert!(
                read(text).starts_with("its records are in the list `items`"),
                "{text}"
            );
        }
        assert_eq!(
            read(r#"{"a": [{"x": 1}, {"x": 2}], "b": [{"x": 1}, {"x": 2}]}"#),
            "other"
        );
        assert!(read(r#"{"a": [1, 2], "b": [1]}"#).contains("not as long as each other"));
        assert!(
            read(r#"{"columns": ["a"], "rows": [[1, 2]]}"#)
                .starts_with("a row of `rows` has another number of values")
        );
        for text in [
            r#"{"a": 1, "b": {"x": 1}}"#,
            r#"{"user": {"name": "x"}, "place": {"city": "y"}}"#,
            r#"{"a": [{"x": 1}]}"#,
            "{}",
            "[1]",
        ] {
            assert_eq!(read(text), "other", "{text}");
        }
    }
}
