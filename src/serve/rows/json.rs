//! JSON bodies: `{"rows": [{column: value}], …options}`, one object, and one object per line.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::options::{Options, VersionName, version_of};
use super::{Bounds, Collector, Stop, Strictness, quick};
use crate::features::CellRef;
use crate::http::request::{bad_json, without_mark};
use crate::serve::{Code, Problem};
use crate::serving::rows::Rows;
use crate::serving::served::{Field, Served};

/// The options of a body alone, for finding out whose rows they are.
pub fn read_options(body: &[u8]) -> Result<Options, Problem> {
    let body = without_mark(body);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let (mut options, mut problem) = (Options::default(), None);
    let seed = Body {
        collector: None,
        options: &mut options,
        problem: &mut problem,
        has_rows: &mut false,
    };
    seed.deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|error| problem.unwrap_or_else(|| bad_json(body, &error)))?;
    Ok(options)
}

/// Options and rows of a body.
///
/// # Errors
/// 400 when it is not of this form; what [`Collector::finish`] says comes second, with the options, so that the caller may
/// read the body again for another model.
pub fn read_body(
    body: &[u8],
    served: &Served,
    bounds: Bounds<'_>,
) -> Result<(Options, Result<Rows, Problem>), Problem> {
    if let Some(read) = quick::read(body, served, bounds) {
        return Ok((Options::default(), read));
    }
    read_any_body(body, served, bounds)
}

/// [`read_body`] for bodies of whatever form.
pub(super) fn read_any_body(
    body: &[u8],
    served: &Served,
    bounds: Bounds<'_>,
) -> Result<(Options, Result<Rows, Problem>), Problem> {
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    let body = without_mark(body);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let mut options = Options::default();
    let (mut problem, mut has_rows) = (None, false);
    let seed = Body {
        collector: Some(&mut collector),
        options: &mut options,
        problem: &mut problem,
        has_rows: &mut has_rows,
    };
    let read = seed.deserialize(&mut reader).and_then(|()| reader.end());
    if let Err(error) = read {
        let stopped = collector.take_stopped().or(problem);
        return Err(stopped.unwrap_or_else(|| bad_json(body, &error)));
    }
    if !has_rows {
        let why = "the body has no `rows`; send {\"rows\": [{column: value, …}, …]}";
        return Err(Problem::new(Code::BadRequest, why));
    }
    Ok((options, collector.finish()))
}

/// One JSON object per line.
///
/// # Errors
/// 400 when a line is another thing; what [`Collector::finish`] says.
pub fn read_ndjson(body: &[u8], served: &Served, bounds: Bounds<'_>) -> Result<Rows, Problem> {
    match quick::read_lines(body, served, bounds) {
        Some(read) => read,
        None => read_any_lines(body, served, bounds),
    }
}

/// [`read_ndjson`] for lines of whatever form.
pub(super) fn read_any_lines(
    body: &[u8],
    served: &Served,
    bounds: Bounds<'_>,
) -> Result<Rows, Problem> {
    let mut collector = Collector::new(served, Strictness::KnownOnly, bounds);
    let lines = without_mark(body).split(|&byte| byte == b'\n');
    for (line, text) in lines.enumerate() {
        if text.trim_ascii().is_empty() {
            continue;
        }
        if let Err(error) = read_row(text, &mut collector) {
            return Err(collector.take_stopped().unwrap_or_else(|| {
                let mut problem = bad_json(text, &error);
                let (line, column) = (line + 1, error.column());
                if !problem.message.contains("`null`") {
                    problem.message =
                        format!("line {line} of the body is not a JSON object, at column {column}");
                } else {
                    // Counted within its line so far.
                    problem.message =
                        problem
                            .message
                            .replacen("line 1,", &format!("line {line},"), 1);
                }
                problem
            }));
        }
    }
    collector.finish()
}

/// One JSON object as a row.
pub fn read_row(text: &[u8], collector: &mut Collector<'_>) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    Row {
        collector,
        order: &mut Vec::new(),
    }
    .deserialize(&mut reader)
    .and_then(|()| reader.end())
}

/// Every key that a body may have.
const KEYS: [&str; 9] = [
    "rows",
    "tables",
    "model",
    "version",
    "probabilities",
    "threshold",
    "top_n",
    "explain",
    "flips",
];

/// The whole body.
struct Body<'a, 's> {
    collector: Option<&'a mut Collector<'s>>,
    options: &'a mut Options,
    problem: &'a mut Option<Problem>,
    has_rows: &'a mut bool,
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
        f.write_str("an object with `rows`")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut seen = [false; KEYS.len()];
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if let Some(at) = KEYS.iter().position(|known| **known == *key)
                && std::mem::replace(&mut seen[at], true)
            {
                let why = format!("the body has `{}` twice; send it once", KEYS[at]);
                *self.problem = Some(Problem::new(Code::BadRequest, why));
                return Err(A::Error::custom("given twice"));
            }
            let options = &mut *self.options;
            match key.as_ref() {
                "rows" => {
                    *self.has_rows = true;
                    match self.collector.as_deref_mut() {
                        Some(collector) => map.next_value_seed(RowList { collector })?,
                        None => map.next_value::<IgnoredAny>().map(|_| ())?,
                    }
                }
                "model" => options.model = map.next_value()?,
                "version" => {
                    let version = match map.next_value::<Option<VersionName>>()? {
                        None => Ok(None),
                        Some(VersionName::Number(number)) => Ok(Some(number)),
                        Some(VersionName::Text(text)) => version_of(&text),
                    };
                    match version {
                        Ok(version) => options.version = version,
                        Err(problem) => {
                            *self.problem = Some(problem);
                            return Err(A::Error::custom("version"));
                        }
                    }
                }
                "probabilities" => options.probabilities = map.next_value()?,
                "threshold" => options.threshold = map.next_value()?,
                "top_n" => options.top_n = map.next_value()?,
                "explain" => options.explain = map.next_value()?,
                "flips" => options.flips = map.next_value()?,
                // Read elsewhere; here only for the options beside them.
                "tables" if self.collector.is_none() => {
                    map.next_value::<IgnoredAny>().map(|_| ())?;
                }
                _ => {
                    let known =
                        "rows, model, version, probabilities, threshold, top_n, explain, flips";
                    let why = format!("the body has a key that is not known; there is {known}");
                    *self.problem = Some(Problem::new(Code::BadRequest, why));
                    return Err(A::Error::custom("unknown key"));
                }
            }
        }
        Ok(())
    }
}

/// A list of rows.
pub struct RowList<'a, 's> {
    /// Where they go.
    pub collector: &'a mut Collector<'s>,
}

impl<'de> DeserializeSeed<'de> for RowList<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowList<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut order = Vec::new();
        let collector = self.collector;
        while list
            .next_element_seed(Row {
                collector: &mut *collector,
                order: &mut order,
            })?
            .is_some()
        {}
        Ok(())
    }
}

/// Columns in the order of the first row: the next row very likely has the same, and need not look names up.
type Order = Vec<(Box<str>, Field)>;

struct Row<'a, 's> {
    collector: &'a mut Collector<'s>,
    order: &'a mut Order,
}

impl<'de> DeserializeSeed<'de> for Row<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: an object of column and value")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Row { collector, order } = self;
        collector
            .begin_row()
            .map_err(|Stop| A::Error::custom("stopped"))?;
        let mut next = 0;
        while let Some(field) = map.next_key_seed(Name {
            collector: &mut *collector,
            order: &mut *order,
            next,
        })? {
            next += 1;
            if next > MOST_SURE && collector.look_at_columns(next).is_err() {
                return Err(A::Error::custom("stopped"));
            }
            match field {
                Field::Input(position) => map.next_value_seed(Value {
                    collector: &mut *collector,
                    position,
                })?,
                Field::Unused => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
            if collector.is_stopped() {
                return Err(A::Error::custom("stopped"));
            }
        }
        collector.end_row();
        Ok(())
    }
}

/// Columns that no setting rejects.
const MOST_SURE: usize = 64;

struct Name<'a, 's> {
    collector: &'a mut Collector<'s>,
    order: &'a mut Order,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = Field;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Field, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = Field;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column's name")
    }
    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        match self.order.get(self.next) {
            Some((known, field)) if **known == *name => Ok(*field),
            Some(_) => Ok(self.collector.field(name)),
            None => {
                let field = self.collector.field(name);
                self.order.push((name.into(), field));
                Ok(field)
            }
        }
    }
}

struct Value<'a, 's> {
    collector: &'a mut Collector<'s>,
    position: usize,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl Value<'_, '_> {
    fn put<E>(self, cell: CellRef<'_>) -> Result<(), E> {
        self.collector.put(self.position, cell);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true, false or null")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.put(CellRef::Missing)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.put(CellRef::Boolean(flag))
    }
    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.put(CellRef::Integer(number))
    }
    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        match i64::try_from(number) {
            Ok(number) => self.put(CellRef::Integer(number)),
            Err(_) => self.put(CellRef::Number(number as f64)),
        }
    }
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.put(CellRef::Number(number))
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.put(CellRef::Text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.collector.put_nothing_usable(self.position);
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.collector.put_nothing_usable(self.position);
        Ok(())
    }
}
