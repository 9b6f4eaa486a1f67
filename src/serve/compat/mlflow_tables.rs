//! The tables of `POST /invocations` that are not simply a list of objects: columns beside data, rows without names,
//! columns of values.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::given::Given;
use super::mlflow_found::Found;
use crate::serve::rows::{Collector, Stop};
use crate::serve::{Code, Problem};
use crate::serving::served::{Field, Served};

/// Ends reading with a message.
fn reject<T, E: Error>(collector: &mut Collector<'_>, why: String) -> Result<T, E> {
    // Stopping is how the collector learns why; that it stopped is known here.
    let _ = collector.stop(Problem::new(Code::BadRequest, why));
    Err(E::custom("stopped"))
}

fn put(collector: &mut Collector<'_>, field: Field, given: &Given<'_>) {
    if let Field::Input(position) = field {
        match given.cell() {
            Some(cell) => collector.put(position, cell),
            None => collector.put_nothing_usable(position),
        }
    }
}

fn begin<E: Error>(collector: &mut Collector<'_>) -> Result<(), E> {
    collector.begin_row().map_err(|Stop| E::custom("stopped"))
}

/// `{"columns": [...], "data": [[...], ...]}`; an index is ignored.
pub struct Split<'a, 's> {
    /// Where rows go.
    pub collector: &'a mut Collector<'s>,
    /// The columns, from an earlier reading or this one.
    pub found: &'a mut Found,
}

impl<'de> DeserializeSeed<'de> for Split<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Split<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `columns` and `data`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut has_data, mut has_columns) = (false, false);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match (key.as_ref(), &self.found.columns) {
                ("columns", _) => {
                    if std::mem::replace(&mut has_columns, true) {
                        return reject(self.collector, twice("dataframe_split", "columns"));
                    }
                    let mut columns = Vec::new();
                    map.next_value_seed(List(Names {
                        columns: &mut columns,
                        collector: &mut *self.collector,
                    }))?;
                    // A second reading finds the same.
                    self.found.columns = Some(columns);
                }
                ("data", _) if has_data => {
                    return reject(self.collector, twice("dataframe_split", "data"));
                }
                ("data", Some(columns)) => {
                    has_data = true;
                    map.next_value_seed(List(Lists {
                        columns,
                        collector: &mut *self.collector,
                    }))?;
                }
                ("data", None) => {
                    has_data = true;
                    self.found.is_data_left = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        if has_data {
            return Ok(());
        }
        let why = "`dataframe_split` has no `data`; send {\"columns\": […], \"data\": [[…], …]}";
        reject(self.collector, why.to_string())
    }
}

/// What is said of a key that stands twice in an object.
pub fn twice(place: &str, key: &str) -> String {
    format!("`{place}` has `{key}` twice; send it once")
}

/// Names of columns.
struct Names<'a, 's> {
    columns: &'a mut Vec<Field>,
    collector: &'a mut Collector<'s>,
}

impl<'de> DeserializeSeed<'de> for &mut Names<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let field = match Given::deserialize(reader)? {
            Given::Text(name) => self.collector.field(&name),
            _ => Field::Unused,
        };
        self.columns.push(field);
        let n_columns = self.columns.len();
        let room = self.collector.look_at_columns(n_columns);
        room.map_err(|Stop| D::Error::custom("stopped"))
    }
}

/// A list of whatever one element is read by.
struct List<T>(T);

impl<'de, T> DeserializeSeed<'de> for List<T>
where
    for<'x> &'x mut T: DeserializeSeed<'de, Value = ()>,
{
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de, T> Visitor<'de> for List<T>
where
    for<'x> &'x mut T: DeserializeSeed<'de, Value = ()>,
{
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(&mut self.0)?.is_some() {}
        Ok(())
    }
}

/// Rows that are lists of cells.
struct Lists<'a, 's> {
    columns: &'a [Field],
    collector: &'a mut Collector<'s>,
}

impl<'de> DeserializeSeed<'de> for &mut Lists<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Lists<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: a list of cells")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        let n_cells = one_list(list, self.columns, self.collector)?;
        let expected = self.columns.len();
        if n_cells == expected {
            return Ok(());
        }
        let why = format!("a row has {n_cells} cells where there are {expected} columns");
        reject(self.collector, why)
    }
}

/// Reads one row; returns how many cells it had.
fn one_list<'de, A: SeqAccess<'de>>(
    mut list: A,
    columns: &[Field],
    collector: &mut Collector<'_>,
) -> Result<usize, A::Error> {
    begin(collector)?;
    let mut n_cells = 0;
    while let Some(given) = list.next_element::<Given<'de>>()? {
        if let Some(field) = columns.get(n_cells) {
            put(collector, *field, &given);
        }
        n_cells += 1;
    }
    collector.end_row();
    Ok(n_cells)
}

/// A list of rows, each an object, or a list in the model's own order of inputs.
pub struct AnyRows<'a, 's> {
    /// Whose order.
    pub served: &'s Served,
    /// Where rows go.
    pub collector: &'a mut Collector<'s>,
}

impl<'de> DeserializeSeed<'de> for AnyRows<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let positions = 0..self.served.inputs.len();
        List(AnyRow {
            columns: positions.map(Field::Input).collect(),
            rows: self,
        })
        .deserialize(reader)
    }
}

struct AnyRow<'a, 's> {
    columns: Vec<Field>,
    rows: AnyRows<'a, 's>,
}

impl<'de> DeserializeSeed<'de> for &mut AnyRow<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut AnyRow<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row: an object of column and value, or a list of cells")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let collector = &mut *self.rows.collector;
        begin(collector)?;
        let mut n_names = 0;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            n_names += 1;
            let room = collector.look_at_columns(n_names);
            room.map_err(|Stop| A::Error::custom("stopped"))?;
            let field = collector.field(&name);
            put(collector, field, &map.next_value()?);
        }
        collector.end_row();
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        let n_cells = one_list(list, &self.columns, self.rows.collector)?;
        if n_cells == self.columns.len() {
            return Ok(());
        }
        let names: Vec<_> = self
            .rows
            .served
            .inputs
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        let why = format!(
            "a row has {n_cells} cells where the model has {} inputs: {}; send them in this order, or with their names",
            names.len(),
            names.join(", ")
        );
        reject(self.rows.collector, why)
    }
}

/// A list of rows as in [`AnyRows`], or an object of column and values.
pub struct Inputs<'a, 's> {
    /// Most rows that the request may have.
    pub most_rows: usize,
    /// Whose order.
    pub served: &'s Served,
    /// Where rows go.
    pub collector: &'a mut Collector<'s>,
}

impl<'de> DeserializeSeed<'de> for Inputs<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inputs<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows, or an object of column and values")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        let rows = AnyRows {
            served: self.served,
            collector: self.collector,
        };
        rows.deserialize(serde::de::value::SeqAccessDeserializer::new(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut columns: Vec<(Field, Vec<Given<'de>>)> = Vec::new();
        let (mut n_rows, mut n_names, mut n_cells) = (None, 0, 0);
        let mut is_given = vec![false; self.served.inputs.len()];
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            n_names += 1;
            let room = self.collector.look_at_columns(n_names);
            room.map_err(|Stop| A::Error::custom("stopped"))?;
            let Field::Input(position) = self.collector.field(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if std::mem::replace(&mut is_given[position], true) {
                return reject(self.collector, twice("inputs", &name));
            }
            let field = Field::Input(position);
            let cells = map.next_value_seed(ColumnValues {
                most: self.most_rows,
            })?;
            if *n_rows.get_or_insert(cells.len()) != cells.len() {
                let why = "the columns of `inputs` differ in length";
                return reject(self.collector, why.to_string());
            }
            n_cells += cells.len();
            columns.push((field, cells));
            let room = self
                .collector
                .look_at_values(n_cells * size_of::<Given<'_>>());
            room.map_err(|Stop| A::Error::custom("stopped"))?;
        }
        // Without a known column there is still one row, of which everything is missing.
        for row in 0..n_rows.unwrap_or(1) {
            begin(self.collector)?;
            for (field, cells) in &columns {
                put(self.collector, *field, &cells[row]);
            }
            self.collector.end_row();
        }
        Ok(())
    }
}

/// The values of a column, no more than one beyond `most`; one value is a column of one row.
struct ColumnValues {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for ColumnValues {
    type Value = Vec<Given<'de>>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ColumnValues {
    type Value = Vec<Given<'de>>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut cells = Vec::new();
        while cells.len() <= self.most {
            match list.next_element()? {
                Some(cell) => cells.push(cell),
                None => return Ok(cells),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(cells)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(vec![Given::Nothing])
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(vec![Given::Flag(flag)])
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(vec![Given::Whole(number)])
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(vec![Given::Number(number as f64)])
    }
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(vec![Given::Number(number)])
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![Given::Text(text.to_string().into())])
    }
}
