//! Why tables cannot become rows.

use crate::data;

/// Why tables cannot become rows. Messages complete "failed to …" and hold no cell.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A table that the settings name is not there.
    #[error(
        "find the table `{table}` (`related`): an empty one is fine where there are no records, none is not"
    )]
    NoTable {
        /// The table.
        table: String,
    },
    /// A table lacks a column by which it is understood.
    #[error("find the column `{column}` ({role}) in the table `{table}`{hint}")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The setting that names it.
        role: &'static str,
        /// The nearest column that is there.
        hint: String,
    },
    /// Two columns of the flat rows would have one name.
    #[error("name the column `{column}`: there would be two of that name; rename one in its table")]
    SameName {
        /// The name.
        column: String,
    },
    /// A cell of a table cannot be read.
    #[error("read the table `{table}`")]
    Table {
        /// The table.
        table: String,
        /// Why not.
        #[source]
        source: data::Error,
    },
    /// A frame could not be put together; never expected.
    #[error(transparent)]
    Data(#[from] data::Error),
}

impl From<polars::prelude::PolarsError> for Error {
    fn from(source: polars::prelude::PolarsError) -> Self {
        Error::Data(source.into())
    }
}
