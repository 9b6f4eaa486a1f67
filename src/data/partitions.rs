//! Columns that are in folder names, `city=Belm/part-0.parquet`, as Spark and Arrow write them.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{self as pl, IntoColumn as _, NamedFrom as _};

use super::cells::{Nulls, Parsed, parse_boolean, parse_number};
use super::options::ReadOptions;
use super::schema::Kind;
use super::table::{Table, TableColumn};

/// What Spark and Hive call the folder of rows without a value.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// The kinds of the columns in folder names, each decided over all files.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Partitions(BTreeMap<String, Kind>);

/// `key=value` of a folder name, undone from its `%20`.
fn pair(folder: &str) -> Option<(String, String)> {
    let (key, value) = folder.split_once('=')?;
    (!key.is_empty()).then(|| (decoded(key), decoded(value)))
}

/// The pairs of the folders above a file, the nearest folder winning where a key stands twice.
fn pairs(path: &str) -> BTreeMap<String, String> {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').filter_map(pair).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        match (first, after) {
            (b'%', [high, low, behind @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                let code = hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0);
                bytes.push(code as u8);
                rest = behind;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_string())
}

impl Partitions {
    /// Looks at all paths.
    pub fn of<'a>(
        paths: impl Iterator<Item = &'a str>,
        options: &ReadOptions,
        as_text: &BTreeSet<String>,
    ) -> Partitions {
        let nulls = Nulls::new(&options.null_values);
        let mut kinds: BTreeMap<String, Option<Kind>> = BTreeMap::new();
        for (key, value) in paths.flat_map(pairs) {
            let known = kinds.entry(key).or_insert(None);
            if is_missing(&value, &nulls) {
                continue;
            }
            *known = Some(match (*known, kind_of(&value)) {
                (None, found) => found,
                (Some(known), found) if known == found => known,
                (Some(Kind::Integer | Kind::Number), Kind::Integer | Kind::Number) => Kind::Number,
                _ => Kind::Text,
            });
        }
        let fixed = |key: &str| {
            let asked = options.kinds.get(key).copied();
            if as_text.contains(key) {
                Some(Kind::Text)
            } else {
                asked
            }
        };
        let kinds = kinds.into_iter().map(|(key, found)| {
            let found = found.unwrap_or(Kind::Text);
            // A number that a setting asks for is none where a folder says otherwise.
            let kind = match fixed(&key) {
                Some(asked)
                    if asked == Kind::Text || (asked.is_numeric() && found.is_numeric()) =>
                {
                    asked
                }
                _ => found,
            };
            (key, kind)
        });
        Partitions(kinds.collect())
    }

    /// Adds the columns to a file's table; one that the file has itself stays.
    pub fn add(&self, table: &mut Table, path: &str, options: &ReadOptions) {
        if self.0.is_empty() {
            return;
        }
        let nulls = Nulls::new(&options.null_values);
        let own = pairs(path);
        for (key, kind) in &self.0 {
            let is_there = table.columns.iter().any(|column| column.name == *key);
            let Some(value) = own.get(key).filter(|_| !is_there) else {
                continue;
            };
            let rows = table.rows;
            let name: pl::PlSmallStr = key.as_str().into();
            let number = parse_number(value.trim().as_bytes());
            let (kind, cells) = match (kind, number) {
                _ if is_missing(value, &nulls) => (
                    None,
                    pl::Series::full_null(name, rows, &pl::DataType::Float64),
                ),
                (Kind::Integer, Some(Parsed::Integer(value))) => (
                    Some(Kind::Integer),
                    pl::Series::new(name, vec![value; rows]),
                ),
                (Kind::Number, Some(number)) => {
                    let value = match number {
                        Parsed::Integer(value) => value as f64,
                        Parsed::Number(value) => value,
                    };
                    (Some(Kind::Number), pl::Series::new(name, vec![value; rows]))
                }
                (Kind::Boolean, _) if parse_boolean(value.as_bytes()).is_some() => {
                    let flag = parse_boolean(value.as_bytes()) == Some(true);
                    (Some(Kind::Boolean), pl::Series::new(name, vec![flag; rows]))
                }
                _ => (
                    Some(Kind::Text),
                    pl::Series::new(name, vec![value.as_str(); rows]),
                ),
            };
            table.columns.push(TableColumn {
                name: key.clone(),
                kind: kind.filter(|_| rows > 0),
                cells: match rows {
                    0 => pl::Series::full_null(key.as_str().into(), 0, &pl::DataType::Float64)
                        .into_column(),
                    _ => cells.into_column(),
                },
                non_finite: 0,
                first_at: None,
                text_at: None,
                hint: None,
            });
        }
    }
}

fn is_missing(value: &str, nulls: &Nulls) -> bool {
    value == MISSING || nulls.contains(value.trim().as_bytes())
}

fn kind_of(value: &str) -> Kind {
    let value = value.trim().as_bytes();
    match parse_number(value) {
        Some(Parsed::Integer(_)) => Kind::Integer,
        Some(Parsed::Number(value)) if value.is_finite() => Kind::Number,
        _ if parse_boolean(value).is_some() => Kind::Boolean,
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(paths: &[&str]) -> Vec<(String, Kind)> {
        let options = ReadOptions::default();
        let found = Partitions::of(paths.iter().copied(), &options, &BTreeSet::new());
        found.0.into_iter().collect()
    }

    #[test]
    fn folder_names_tell_of_columns_and_their_kinds() {
        let named = |name: &str, kind| (name.to_string(), kind);
        assert_eq!(
            kinds(&["city=Belm/a.csv", "city=Dahme/b.csv"]),
            [named("city", Kind::Text)]
        );
        assert_eq!(
            kinds(&["year=2024/month=01/a.csv", "year=2025/month=02/a.csv"]),
            [named("month", Kind::Integer), named("year", Kind::Integer)]
        );
        assert_eq!(
            kinds(&["x=1/a.csv", "x=1.5/a.csv"]),
            [named("x", Kind::Number)]
        );
        assert_eq!(
            kinds(&["x=1/a.csv", "x=one/a.csv"]),
            [named("x", Kind::Text)]
        );
        assert_eq!(
            kinds(&["x=__HIVE_DEFAULT_PARTITION__/a.csv", "x=3/a.csv"]),
            [named("x", Kind::Integer)]
        );
        // The file's own name is not a folder.
        assert_eq!(kinds(&["a=b.csv", "plain/c.csv", "=x/d.csv"]), []);
    }

    #[test]
    fn names_are_undone_from_their_escapes() {
        assert_eq!(decoded("Bad%20Belzig"), "Bad Belzig");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%C3%A4"), "ä");
        assert_eq!(decoded("%FF"), "%FF");
    }
}
