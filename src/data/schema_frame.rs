//! Kinds and schemas of frames.

use polars::prelude::{DataFrame, DataType};

use super::schema::{Column, Kind, Schema};

impl Kind {
    /// The frame type of this kind.
    pub fn dtype(self) -> DataType {
        match self {
            Kind::Integer => DataType::Int64,
            Kind::Number => DataType::Float64,
            Kind::Boolean => DataType::Boolean,
            Kind::Text => DataType::String,
        }
    }

    /// The kind of a frame type; `None` for types that frames of this module never have.
    pub fn of(dtype: &DataType) -> Option<Kind> {
        match dtype {
            DataType::Int64 => Some(Kind::Integer),
            DataType::Float64 => Some(Kind::Number),
            DataType::Boolean => Some(Kind::Boolean),
            DataType::String => Some(Kind::Text),
            _ => None,
        }
    }
}

impl Schema {
    /// The schema of a frame. A type outside the four kinds counts as `Text`.
    pub fn of(frame: &DataFrame) -> Schema {
        let columns = frame.columns().iter().map(|column| Column {
            name: column.name().to_string(),
            kind: Kind::of(column.dtype()).unwrap_or(Kind::Text),
        });
        Schema {
            columns: columns.collect(),
        }
    }
}
