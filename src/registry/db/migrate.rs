//! Making the tables and bringing them up to date.

use super::super::error::{Doing, Error};
use super::super::schema::{SCHEMA_VERSION, TABLES};
use super::pool::{Held, Pool, Tx};
use super::query::query;
use super::{ahead, dialect};

/// Since this version the queue has no tables of its own.
const WITHOUT_QUEUE_TABLES: i64 = 6;

/// Makes the tables, or brings those of an earlier version up to date. Of several that do so at once, one does.
///
/// # Errors
/// [`Error::Newer`] when a newer program made them; when a statement fails, and then nothing was changed.
pub async fn migrate(pool: &Pool, database: &str) -> Result<(), Error> {
    let found = schema_version(pool).await?;
    if found == Some(SCHEMA_VERSION) {
        return Ok(());
    }
    check_version(database, found.unwrap_or_default())?;
    if let Pool::Sqlite(pool) = pool {
        ahead::log_ahead(pool).await?;
    }
    // Two first runs may get here at once: the second waits and then finds the tables.
    let mut transaction = pool.begin().await.doing("begin a transaction")?;
    transaction.hold(Held::Tables).await?;
    let statement = "CREATE TABLE IF NOT EXISTS unseat_schema (version BIGINT NOT NULL)";
    make(&mut transaction, pool, statement).await?;
    let row = query("SELECT version FROM unseat_schema")
        .fetch_optional(&mut transaction)
        .await
        .doing("read the table version")?;
    let found: i64 = row.map_or(0, |row| row.get("version"));
    check_version(database, found)?;
    for tables in &TABLES[found as usize..] {
        make(&mut transaction, pool, tables).await?;
    }
    if found < WITHOUT_QUEUE_TABLES && matches!(pool, Pool::Sqlite(_)) {
        make(&mut transaction, pool, dialect::LEFTOVERS).await?;
    }
    make(&mut transaction, pool, "DELETE FROM unseat_schema").await?;
    query("INSERT INTO unseat_schema (version) VALUES (?)")
        .bind(SCHEMA_VERSION)
        .execute(&mut transaction)
        .await
        .doing("make tables")?;
    transaction.commit().await.doing("make tables")
}

/// Which version the tables are; `None` where there are none.
///
/// # Errors
/// When the database cannot be read, or holds what this program does not know.
pub async fn schema_version(pool: &Pool) -> Result<Option<i64>, Error> {
    let named = match pool {
        Pool::Sqlite(_) => dialect::SQLITE_TABLE_NAMED,
        Pool::Postgres(_) => dialect::POSTGRES_TABLE_NAMED,
    };
    let exists = query(named)
        .bind("unseat_schema")
        .fetch_optional(pool)
        .await
        .doing("look for tables")?;
    if exists.is_none() {
        return Ok(None);
    }
    let row = query("SELECT version FROM unseat_schema")
        .fetch_optional(pool)
        .await
        .doing("read the table version")?;
    Ok(row.map(|row| row.get("version")))
}

async fn make(transaction: &mut Tx, pool: &Pool, tables: &str) -> Result<(), Error> {
    let statements = match pool {
        Pool::Sqlite(_) => tables.to_string(),
        Pool::Postgres(_) => dialect::postgres_tables(tables),
    };
    transaction.run_all(statements).await.doing("make tables")
}

fn check_version(database: &str, found: i64) -> Result<(), Error> {
    if found > SCHEMA_VERSION {
        return Err(Error::Newer {
            database: database.to_string(),
            found,
        });
    }
    Ok(())
}
