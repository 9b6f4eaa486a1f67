//! Which tables there are and what their columns hold: asked of a database that is made for it, so that no list is forgotten.

use sqlx::Row as _;
use sqlx::sqlite::SqlitePoolOptions;

use super::super::error::{Doing, Error};
use super::super::schema::TABLES;

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
}

impl Table {
    /// The columns of its key.
    pub fn key(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.is_key)
    }
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it belongs to the table's key.
    pub is_key: bool,
    /// Whether the database gives its numbers.
    pub is_numbered: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
}

/// Every table of the present schema, by name.
///
/// # Errors
/// When they cannot be made in memory.
pub async fn tables_of_schema() -> Result<Vec<Table>, Error> {
    let doing = "look at the tables";
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.doing(doing)?;
    for tables in TABLES {
        sqlx::raw_sql(tables).execute(&pool).await.doing(doing)?;
    }
    let rows = sqlx::query(
        "SELECT m.name AS named, c.name AS column_named, c.type AS type, c.pk AS key
         FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid",
    )
    .fetch_all(&pool)
    .await
    .doing(doing)?;
    pool.close().await;
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let name: String = row.get("named");
        let declared: String = row.get("type");
        let column = Column {
            name: row.get("column_named"),
            kind: match declared.as_str() {
                "TEXT" => Kind::Text,
                "BIGINT" | "INTEGER" => Kind::Whole,
                _ => Kind::Number,
            },
            is_key: row.get::<i64, _>("key") > 0,
            is_numbered: declared == "INTEGER",
        };
        match tables.last_mut().filter(|table| table.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table {
                name,
                columns: vec![column],
            }),
        }
    }
    Ok(tables)
}
