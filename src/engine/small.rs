//! Small tables of this machine, for queries that join them with rows of the engine.

use std::collections::BTreeMap;

use spark_connect::row::{Row, Value};
use spark_connect::types::{DataType, StructField};

use super::connect::Session;
use super::error::Error;

/// A column's name and type.
pub(super) type Field = (String, DataType);

/// A column of texts.
pub(super) fn texts(name: String) -> Field {
    let collation = "UTF8_BINARY".to_string();
    (name, DataType::String { collation })
}

/// Makes a view of the session of some rows.
///
/// # Errors
/// When the server fails or goes away.
pub(super) fn view(
    session: &Session,
    doing: &str,
    name: &str,
    fields: Vec<Field>,
    rows: Vec<Vec<Value>>,
) -> Result<(), Error> {
    let name = name.to_string();
    session.work(doing, move |spark| {
        let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
        let fields = fields.into_iter().map(|(name, data_type)| StructField {
            name,
            data_type,
            nullable: false,
            metadata: BTreeMap::new(),
        });
        let schema = DataType::Struct {
            fields: fields.collect(),
        };
        let rows = rows.into_iter().map(|row| Row::new(names.clone(), row));
        let frame = spark.create_dataframe(rows.collect(), schema)?;
        Ok(frame.create_or_replace_temp_view(&name)?)
    })
}
