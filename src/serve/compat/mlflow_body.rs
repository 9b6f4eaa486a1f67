//! JSON bodies of `POST /invocations`, read straight into rows.
//!
//! Which columns a `dataframe_split` has may be said after its data; then, and when Python wrote `NaN`, which is not a JSON,
//! the body is read a second time.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::mlflow_found::Found;
use super::mlflow_found::Params;
use super::mlflow_tables::{AnyRows, Inputs, Split};
use super::scored::as_bad_request;
use crate::http::request::{Object, bad_json, without_mark};
use crate::serve::rows::{Bounds, Collector, RowList, Rows, Strictness};
use crate::serve::{Code, Problem};
use crate::serving::served::{Field, Served};

/// Rows and params of a body.
///
/// # Errors
/// 400 with what is wrong with its form or its columns; what the collector stopped for.
pub fn read(body: &[u8], served: &Served, bounds: Bounds<'_>) -> Result<(Rows, Params), Problem> {
    let body = without_mark(body);
    match read_once(body, served, bounds, None) {
        Err(Failed::Syntax(problem)) => match with_null_for_nan(body) {
            Some(body) => read_once(&body, served, bounds, None),
            None => Err(Failed::Syntax(problem)),
        },
        other => other,
    }
    .map_err(|failed| match failed {
        Failed::Syntax(problem) | Failed::Other(problem) => as_bad_request(problem),
    })
}

enum Failed {
    /// It is not JSON.
    Syntax(Problem),
    Other(Problem),
}

fn read_once(
    body: &[u8],
    served: &Served,
    bounds: Bounds<'_>,
    columns: Option<Vec<Field>>,
) -> Result<(Rows, Params), Failed> {
    let is_second = columns.is_some();
    let mut collector = Collector::new(served, Strictness::ExtraIgnored, bounds);
    let mut found = Found {
        columns,
        ..Found::default()
    };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let seed = Body {
        most_rows: bounds.rows,
        served,
        collector: &mut collector,
        found: &mut found,
    };
    let result = seed.deserialize(&mut reader).and_then(|()| reader.end());
    if let Err(error) = result {
        let problem = collector.take_stopped();
        return Err(match problem {
            Some(problem) => Failed::Other(problem),
            None if error.is_syntax() => Failed::Syntax(bad_json(body, &error)),
            None => Failed::Other(bad_json(body, &error)),
        });
    }
    let rejected = |why: &str| Err(Failed::Other(Problem::new(Code::BadRequest, why)));
    if !found.has_table {
        return rejected(ONE_OF);
    }
    if found.is_data_left {
        return match found.columns {
            Some(columns) if !is_second => read_once(body, served, bounds, Some(columns)),
            _ => rejected(
                "`dataframe_split` has no `columns`; send {\"columns\": […], \"data\": [[…], …]}",
            ),
        };
    }
    let rows = collector.finish().map_err(Failed::Other)?;
    Ok((rows, found.params.unwrap_or_default()))
}

const ONE_OF: &str = "the body must have exactly one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`";

struct Body<'a, 's> {
    most_rows: usize,
    served: &'s Served,
    collector: &'a mut Collector<'s>,
    found: &'a mut Found,
}

impl<'de> DeserializeSeed<'de> for Body<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Body {
            most_rows,
            served,
            collector,
            found,
        } = self;
        let mut has_params = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let key = key.as_ref();
            let is_table = matches!(
                key,
                "dataframe_split" | "dataframe_records" | "instances" | "inputs"
            );
            if is_table && std::mem::replace(&mut found.has_table, true) {
                let stop = collector.stop(Problem::new(Code::BadRequest, ONE_OF));
                return stop.map_err(|_| A::Error::custom("stopped"));
            }
            match key {
                "dataframe_split" => map.next_value_seed(Split {
                    collector: &mut *collector,
                    found: &mut *found,
                })?,
                "dataframe_records" => map.next_value_seed(RowList {
                    collector: &mut *collector,
                })?,
                "instances" => map.next_value_seed(AnyRows {
                    served,
                    collector: &mut *collector,
                })?,
                "inputs" => map.next_value_seed(Inputs {
                    most_rows,
                    served,
                    collector: &mut *collector,
                })?,
                "params" => {
                    if std::mem::replace(&mut has_params, true) {
                        let why = "the body has `params` twice; send it once";
                        let stop = collector.stop(Problem::new(Code::BadRequest, why));
                        return stop.map_err(|_| A::Error::custom("stopped"));
                    }
                    // A list would pass for a struct whose fields may be left out.
                    let given: Option<Object<Params>> = map.next_value()?;
                    found.params = given.map(|Object(params)| params);
                }
                _ => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        Ok(())
    }
}

/// The body with `null` wherever Python wrote `NaN`, `Infinity` or `-Infinity` outside of texts; `None` when it nowhere did.
fn with_null_for_nan(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len() + 16);
    let (mut at, mut is_changed, mut in_text) = (0, false, false);
    while at < body.len() {
        let rest = &body[at..];
        if in_text {
            let n = if rest[0] == b'\\' {
                2.min(rest.len())
            } else {
                1
            };
            in_text = rest[0] != b'"';
            out.extend_from_slice(&rest[..n]);
            at += n;
            continue;
        }
        let words: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
        if let Some(word) = words.iter().find(|word| rest.starts_with(word)) {
            out.extend_from_slice(b"null");
            at += word.len();
            is_changed = true;
            continue;
        }
        in_text = rest[0] == b'"';
        out.push(rest[0]);
        at += 1;
    }
    is_changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_s_nan_becomes_null_and_texts_stay() {
        let check = |body: &str, expected: Option<&str>| {
            let found = with_null_for_nan(body.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{body}");
        };
        check("[1, 2]", None);
        check(r#"["NaN", "a\"NaN", "\\"]"#, None);
        check("[NaN,-Infinity, Infinity]", Some("[null,null, null]"));
        check(r#"{"NaN\\":NaN}"#, Some(r#"{"NaN\\":null}"#));
        check(r#""ends \"#, None);
    }
}
