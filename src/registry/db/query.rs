//! A statement with its values, for either database.

use std::borrow::Cow;

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query as Statement;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{AssertSqlSafe, Error};

use super::again::Tries;
use super::fault::{is_lost, was_not_begun};
use super::pool::{Inner, On};
use super::row::Row;
use super::value::Value;

/// Marks that stand for what only Postgres needs, and their text.
const MARKS: [(&str, &str); 2] = [
    // The rows are kept from other writers until the transaction ends.
    ("{hold}", "FOR UPDATE"),
    // Likewise, and rows that another transaction holds are left out.
    ("{skip held}", "FOR UPDATE SKIP LOCKED"),
];

/// A statement and what is bound to its placeholders.
#[derive(Debug, Clone)]
pub struct Query {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement with `?` for each value. Texts of others are never part of it; they are bound.
pub fn query(text: impl Into<Cow<'static, str>>) -> Query {
    Query {
        text: text.into(),
        values: Vec::new(),
    }
}

/// What a statement did.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    rows: u64,
}

impl Done {
    /// How many rows were added, changed or removed.
    pub fn rows_affected(self) -> u64 {
        self.rows
    }
}

/// Runs one of the driver's ways of asking, on whatever it is asked.
macro_rules! ask {
    ($query:expr, $on:expr, $way:ident, $row:expr, $pg:expr) => {
        match $on.into() {
            On::Sqlite(pool) => $query.sqlite().$way(pool).await.map($row),
            On::Postgres(pool) => {
                let mut tries = Tries::new();
                loop {
                    match $query.clone().postgres().$way(pool).await {
                        Err(error) if $query.may_repeat(&error) && tries.wait().await => {}
                        done => break done.map($pg),
                    }
                }
            }
            On::Tx(tx) => match &mut tx.inner {
                Inner::Sqlite(tx) => $query.sqlite().$way(&mut **tx).await.map($row),
                Inner::Postgres(tx) => $query.postgres().$way(&mut **tx).await.map($pg),
            },
        }
    };
}

impl Query {
    /// Binds the next placeholder.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it for what it does.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn execute<'a>(self, on: impl Into<On<'a>>) -> Result<Done, Error> {
        ask!(
            self,
            on,
            execute,
            |done| Done {
                rows: done.rows_affected()
            },
            |done| Done {
                rows: done.rows_affected()
            }
        )
    }

    /// All rows of its answer.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn fetch_all<'a>(self, on: impl Into<On<'a>>) -> Result<Vec<Row>, Error> {
        ask!(
            self,
            on,
            fetch_all,
            |rows| rows.into_iter().map(Row::Sqlite).collect(),
            |rows| rows.into_iter().map(Row::Postgres).collect()
        )
    }

    /// The first row of its answer, if there is one.
    ///
    /// # Errors
    /// What the driver says.
    pub async fn fetch_optional<'a>(self, on: impl Into<On<'a>>) -> Result<Option<Row>, Error> {
        ask!(
            self,
            on,
            fetch_optional,
            |row| row.map(Row::Sqlite),
            |row| row.map(Row::Postgres)
        )
    }

    /// The first row of its answer.
    ///
    /// # Errors
    /// What the driver says; when there is none.
    pub async fn fetch_one<'a>(self, on: impl Into<On<'a>>) -> Result<Row, Error> {
        ask!(self, on, fetch_one, Row::Sqlite, Row::Postgres)
    }

    /// Whether a statement that stands alone can be run again: it only reads, or was certainly not run.
    fn may_repeat(&self, error: &Error) -> bool {
        was_not_begun(error) || (self.text.starts_with("SELECT") && is_lost(error))
    }

    fn sqlite(self) -> Statement<'static, Sqlite, SqliteArguments> {
        let mut text = self.text.into_owned();
        for (mark, _) in MARKS {
            text = text.replace(mark, "");
        }
        let mut statement = sqlx::query(AssertSqlSafe(text));
        for value in self.values {
            statement = match value {
                Value::Text(text) => statement.bind(text),
                Value::Whole(number) => statement.bind(number),
                Value::Number(number) => statement.bind(number),
                Value::Flag(flag) => statement.bind(flag),
            };
        }
        statement
    }

    fn postgres(self) -> Statement<'static, Postgres, PgArguments> {
        let mut statement = sqlx::query(AssertSqlSafe(numbered(&self.text)));
        for value in self.values {
            statement = match value {
                Value::Text(text) => statement.bind(text),
                Value::Whole(number) => statement.bind(number),
                Value::Number(number) => statement.bind(number),
                Value::Flag(flag) => statement.bind(flag),
            };
        }
        statement
    }
}

/// A statement as Postgres wants it: `$1`, `$2` … for `?`, and its marks in its words. A `?` inside quotes is a text's own.
fn numbered(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut is_quoted = false;
    let mut at = 0;
    for letter in text.chars() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                out.push(letter);
            }
            '?' if !is_quoted => {
                at += 1;
                out += &format!("${at}");
            }
            _ => out.push(letter),
        }
    }
    for (mark, words) in MARKS {
        out = out.replace(mark, words);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn placeholders_are_numbered_and_texts_are_left_alone() {
        for (written, wanted) in [
            ("a = ? AND b = ?", "a = $1 AND b = $2"),
            ("a = '?' OR a = ?", "a = '?' OR a = $1"),
            ("a = 'it''s ?' OR a = ?", "a = 'it''s ?' OR a = $1"),
            ("SELECT 1 {hold}", "SELECT 1 FOR UPDATE"),
            ("LIMIT 1 {skip held}", "LIMIT 1 FOR UPDATE SKIP LOCKED"),
            ("a LIKE '%\"data\":{%'", "a LIKE '%\"data\":{%'"),
        ] {
            assert_eq!(numbered(written), wanted);
        }
    }
}
