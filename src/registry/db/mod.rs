//! The one place that knows which database is behind the registry: SQLite in a file, or a Postgres server.
//!
//! **How to add a query.** Write it once, for both, in the file of its table:
//!
//! ```text
//! let row = query("SELECT version FROM versions WHERE model = ? AND number = ?")
//!     .bind(model)
//!     .bind(number)
//!     .fetch_optional(&self.pool())          // or `&mut transaction`
//!     .await
//!     .doing("find the version")?;
//! ```
//!
//! - Placeholders are `?`; Postgres gets them numbered. Numbers are `BIGINT` in tables and `i64` here, texts `TEXT`, conditions
//!   `bool`; values of [`crate::model_types`] are bound and read as they are (`row.rs`, `value.rs`); `SUM` of numbers wants `CAST(… AS BIGINT)`, and an upsert names its table where it counts (`runs = run_totals.runs + 1`).
//! - **One writer at a time is what SQLite gives for free, and Postgres does not.** Whatever a transaction reads and then relies
//!   on is held: a row that is there by `{hold}` at the end of its `SELECT`, which on Postgres is `FOR UPDATE`; what has no row to
//!   hold ("no job of this model is open", "the next number") by [`Tx::hold`] with one of [`Held`], in the order of that list. A
//!   single `UPDATE … WHERE state = … RETURNING` needs neither. A row that many want, each another one, is chosen by
//!   `{skip held}` in the subquery.
//! - A time that decides who is dead or what is due comes from [`super::Registry::lease_ms`], the database's clock: machines
//!   differ.
//! - A new table is a new file in `schema/`; `INTEGER PRIMARY KEY` is a number that the database gives. What only one of both
//!   understands is in `dialect.rs`, here.
//! - A transaction that may meet another one's is written so that it can be started again, and called by `settled!`.

mod again;
mod ahead;
mod dialect;
mod fault;
mod migrate;
mod pool;
mod postgres;
mod query;
mod row;
mod sqlite;
mod tables;
mod value;

pub use again::Tries;
pub(crate) use again::settled;
pub use fault::{is_busy, is_damaged, is_misunderstood, is_unreachable};
pub use pool::{Held, Pool, Tx};
pub use postgres::ServerSettings;
pub use row::Row;

#[cfg(test)]
pub(super) use fault::is_lost;
pub(super) use migrate::{migrate, schema_version};
pub(super) use pool::On;
pub(super) use postgres::{COPYING, Server};
pub(super) use query::query;
#[cfg(test)]
pub(super) use sqlite::open_bare;
pub(super) use sqlite::{
    Mark, Opened, check_ours, copy_to, is_log_alone, is_read_only, mark, open_copy, open_file,
};
pub(super) use tables::{Column, Kind, Table, tables_of_schema};
pub(super) use value::Value;
