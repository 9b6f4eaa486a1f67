//! A row of an answer.

use std::str::FromStr;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Database, Decode, Row as _, Type};

use super::super::error::Error;
use crate::model_types::{PredictionId, RunId, Sha256, Unnamed, VersionNumber};

/// A row of an answer, of whichever database.
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of Postgres.
    Postgres(PgRow),
}

/// What a column can be read as.
pub trait Cell:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Cell for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

/// Makes a type of the program readable from columns of the type in which tables hold it. Whatever stands there is read: a row that
/// is odd must still be found.
macro_rules! read_as {
    ($($name:ty: $held:ty => $made:expr,)*) => {$(
        impl<D: Database> Type<D> for $name
        where
            $held: Type<D>,
        {
            fn type_info() -> D::TypeInfo {
                <$held>::type_info()
            }

            fn compatible(of: &D::TypeInfo) -> bool {
                <$held>::compatible(of)
            }
        }

        impl<'r, D: Database> Decode<'r, D> for $name
        where
            $held: Decode<'r, D>,
        {
            fn decode(value: D::ValueRef<'r>) -> Result<Self, BoxDynError> {
                <$held>::decode(value).map($made)
            }
        }
    )*};
}

read_as! {
    PredictionId: String => PredictionId::new,
    RunId: String => RunId::new,
    Sha256: String => Sha256::new,
    VersionNumber: i64 => VersionNumber::new,
}

impl Row {
    /// The value of a column that holds one of a closed set of names.
    ///
    /// # Errors
    /// [`Error::Name`] when it holds another text.
    ///
    /// # Panics
    /// As [`Row::get`].
    pub fn named<T: FromStr<Err = Unnamed>>(&self, column: &'static str) -> Result<T, Error> {
        let text: String = self.get(column);
        text.parse()
            .map_err(|source| Error::Name { column, source })
    }

    /// The same of a column that may be NULL.
    ///
    /// # Errors
    /// [`Error::Name`] when it holds another text.
    ///
    /// # Panics
    /// As [`Row::get`].
    pub fn named_if_any<T: FromStr<Err = Unnamed>>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, Error> {
        let text: Option<String> = self.get(column);
        let parsed = text.map(|text| text.parse()).transpose();
        parsed.map_err(|source| Error::Name { column, source })
    }

    /// The value of a column: a text, an `i64`, an `f64`, a `bool` or a type of [`crate::model_types`] that is held as one of them; an
    /// `Option` where it may be NULL.
    ///
    /// # Panics
    /// When the answer has no such column, or one of another type: that is a mistake in the statement.
    pub fn get<T: Cell>(&self, column: &str) -> T {
        match self {
            Row::Sqlite(row) => row.get(column),
            Row::Postgres(row) => row.get(column),
        }
    }
}
