//! A whole registry into another database: every row of every table, verified, and begun again where it was broken off.
//!
//! What is read is one state of it. Each table is copied in one transaction and counts as copied when both sides have the same
//! sum of row hashes; one that has not is copied again. Until [`Registry::end_copy`], a mark keeps others from using the copy. What
//! is about processes is left out: they work on this database and not on the copy.

use sha2::{Digest, Sha256};

use super::db::{self, Column, Pool, Row, Table, Tx, Value, query};
use super::error::Doing;
use super::{Error, Registry};

/// Rows that are read and written at once.
const AT_ONCE: usize = 500;
/// What is about processes that work on this database.
pub(super) const LEFT: [&str; 4] = ["locks", "job_workers", "notices", "roles"];

/// A table as it was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// Whether it had been copied before, by a copy that was broken off.
    pub was_there: bool,
}

/// How many rows there are, and the sum of their hashes, which does not hang on their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum {
    rows: u64,
    hash: u128,
}

impl Registry {
    /// Copies all of it into another registry, made by [`Registry::begin_copy`] or [`Registry::open`]; `told` is called for each
    /// table. One that [`Registry::begin_copy`] made is used by nobody until [`Registry::end_copy`].
    ///
    /// # Errors
    /// When a statement fails: what was copied stays, and is not copied again. [`Error::NotTheSame`] when a table is not what it
    /// was copied from.
    pub async fn copy_into(
        &self,
        to: &Registry,
        mut told: impl FnMut(&CopiedTable),
    ) -> Result<Vec<CopiedTable>, Error> {
        let mut from = self
            .pool()
            .begin_snapshot()
            .await
            .doing("read the database")?;
        let mut copied = Vec::new();
        for table in db::tables_of_schema().await? {
            if LEFT.contains(&table.name.as_str()) {
                continue;
            }
            let wanted = sum(&mut from, &table).await?;
            let was_there = sum_of(to, &table).await? == wanted;
            if !was_there {
                copy_table(&mut from, to, &table).await?;
                if sum_of(to, &table).await? != wanted {
                    return Err(Error::NotTheSame { table: table.name });
                }
            }
            let one = CopiedTable {
                rows: wanted.rows,
                was_there,
                name: table.name,
            };
            told(&one);
            crate::faults::point("database.copied")
                .map_err(sqlx::Error::Io)
                .doing("copy the database")?;
            copied.push(one);
        }
        Ok(copied)
    }

    /// How many rows each table has.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn count_rows(&self) -> Result<Vec<(String, i64)>, Error> {
        let mut counted = Vec::new();
        for table in db::tables_of_schema().await? {
            let row = query(format!("SELECT COUNT(*) AS n FROM {}", table.name))
                .fetch_one(&self.pool())
                .await
                .doing("count rows")?;
            counted.push((table.name, row.get("n")));
        }
        Ok(counted)
    }

    /// Whether there is nothing in it but its tables, and what is about processes.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        let counted = self.count_rows().await?;
        let is_left = |table: &String| LEFT.contains(&table.as_str());
        Ok(counted
            .iter()
            .all(|(table, rows)| *rows == 0 || is_left(table)))
    }
}

async fn copy_table(from: &mut Tx, to: &Registry, table: &Table) -> Result<(), Error> {
    let doing = "copy the database";
    let pool = to.pool();
    let mut transaction = pool.begin().await.doing(doing)?;
    query(format!("DELETE FROM {}", table.name))
        .execute(&mut transaction)
        .await
        .doing(doing)?;
    let mut page = Page::first(table);
    while let Some(rows) = page.next(from).await? {
        for row in &rows {
            let mut insert = query(insert(table));
            for column in &table.columns {
                insert = insert.bind(cell(row, column));
            }
            insert.execute(&mut transaction).await.doing(doing)?;
        }
    }
    if let Pool::Postgres(_) = &pool {
        for column in table.columns.iter().filter(|column| column.is_numbered) {
            // The next number that the server gives is after those that are there.
            let (table, column) = (&table.name, &column.name);
            query(format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT COALESCE(MAX({column}), 0) + 1 FROM {table}), false)"
            ))
            .fetch_one(&mut transaction)
            .await
            .doing(doing)?;
        }
    }
    transaction.commit().await.doing(doing)
}

fn insert(table: &Table) -> String {
    let marks = vec!["?"; table.columns.len()].join(", ");
    format!(
        "INSERT INTO {} ({}) VALUES ({marks})",
        table.name,
        names(&table.columns)
    )
}

fn names(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    names.join(", ")
}

/// Pages of a table, in the order of its key.
struct Page<'a> {
    table: &'a Table,
    after: Option<Vec<Value>>,
    is_last: bool,
}

impl<'a> Page<'a> {
    fn first(table: &'a Table) -> Self {
        Page {
            table,
            after: None,
            is_last: false,
        }
    }

    async fn next(&mut self, from: &mut Tx) -> Result<Option<Vec<Row>>, Error> {
        if self.is_last {
            return Ok(None);
        }
        let key: Vec<&Column> = self.table.key().collect();
        let key_names = key
            .iter()
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let beyond = match &self.after {
            Some(_) => format!(
                "WHERE ({key_names}) > ({})",
                vec!["?"; key.len()].join(", ")
            ),
            None => String::new(),
        };
        let (columns, name) = (names(&self.table.columns), &self.table.name);
        let mut page = query(format!(
            "SELECT {columns} FROM {name} {beyond} ORDER BY {key_names} LIMIT {AT_ONCE}"
        ));
        for value in self.after.iter().flatten() {
            page = page.bind(value.clone());
        }
        let rows = page.fetch_all(from).await.doing("read the database")?;
        self.is_last = rows.len() < AT_ONCE;
        self.after = rows
            .last()
            .map(|row| key.iter().map(|column| cell(row, column)).collect());
        Ok(Some(rows))
    }
}

fn cell(row: &Row, column: &Column) -> Value {
    match column.kind {
        db::Kind::Text => Value::Text(row.get(&column.name)),
        db::Kind::Whole => Value::Whole(row.get(&column.name)),
        db::Kind::Number => Value::Number(row.get(&column.name)),
    }
}

async fn sum_of(registry: &Registry, table: &Table) -> Result<Sum, Error> {
    let mut transaction = registry
        .pool()
        .begin_snapshot()
        .await
        .doing("read the copy")?;
    sum(&mut transaction, table).await
}

async fn sum(transaction: &mut Tx, table: &Table) -> Result<Sum, Error> {
    let mut sum = Sum::default();
    let mut page = Page::first(table);
    while let Some(rows) = page.next(transaction).await? {
        for row in &rows {
            sum.rows += 1;
            sum.hash = sum.hash.wrapping_add(hash(row, table));
        }
    }
    Ok(sum)
}

/// The first 16 bytes of the SHA-256 of a row's cells, each with its kind and length before it.
fn hash(row: &Row, table: &Table) -> u128 {
    let mut hasher = Sha256::new();
    for column in &table.columns {
        let (kind, bytes) = match cell(row, column) {
            Value::Text(Some(text)) => (1u8, text.into_bytes()),
            Value::Whole(Some(number)) => (2, number.to_le_bytes().to_vec()),
            Value::Number(Some(number)) => (3, number.to_bits().to_le_bytes().to_vec()),
            Value::Flag(flag) => (4, vec![u8::from(flag)]),
            Value::Text(None) | Value::Whole(None) | Value::Number(None) => (0, Vec::new()),
        };
        hasher.update([kind]);
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(&bytes);
    }
    let digest = hasher.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    u128::from_le_bytes(first)
}
