//! Files to the dated data set: typed, without exact duplicates, written as Parquet beside everything else, and taken in only when an
//! independent count and sum over what was read back agree with those made before.

use super::connect::Session;
use super::error::Error;
use super::kinds::{self, Typed};
use super::source::{FILE, FileForm, Input, RAW, ROW, SourceFile, relate};
use super::sql;
use crate::data::Column;

/// What was taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingested {
    /// Names and kinds.
    pub columns: Vec<Column>,
    /// Rows of each file.
    pub rows_read: Vec<u64>,
    /// Rows of the data set.
    pub rows: u64,
    /// Per column with any: cells that were no finite number and are missing.
    pub non_finite: Vec<(String, u64)>,
}

/// Prime modulus of the hash of a row, so that sums of hashes stay whole.
const MODULUS: u32 = 1_000_003;

/// Counts rows and sums the hashes of their columns `names`.
fn check(names: &str) -> String {
    format!("count(*), sum(pmod(xxhash64({names}), {MODULUS}))")
}

/// Reads, writes and verifies.
///
/// # Errors
/// When files do not fit each other, the server fails, or what was written is not what was read. What was written then stays
/// unrecorded.
pub fn ingest(session: &Session, input: &Input<'_>, to: &str) -> Result<Ingested, Error> {
    let typed = typed(session, input)?;
    let names: Vec<String> = input.names.iter().map(|name| sql::name(name)).collect();
    let (names, all) = (names.join(", "), typed.rows_of_kinds());
    let distinct = format!(
        "SELECT {names}, min(struct({FILE}, {ROW})) AS __first FROM ({all}) GROUP BY {names}"
    );
    let check = check(&names);
    let before = counted(
        session,
        "count the distinct rows",
        &format!("SELECT {check} FROM ({distinct})"),
    )?;
    let rows = format!(
        "SELECT {names}, __first.{FILE} AS {FILE}, __first.{ROW} AS {ROW} FROM ({distinct})"
    );
    write(session, "write the data set", rows, to)?;
    let written = format!("SELECT {check} FROM {}", sql::parquet(to));
    let after = counted(session, "read the data set back", &written)?;
    same(to, before, after)?;
    Ok(Ingested {
        columns: typed.columns,
        rows_read: typed.rows,
        rows: after.0,
        non_finite: typed.non_finite,
    })
}

/// Whether what was written has as many rows and the same sum of hashes as what was read.
///
/// # Errors
/// With both counts, where it has not.
fn same(to: &str, before: (u64, u64), after: (u64, u64)) -> Result<(), Error> {
    if before == after {
        return Ok(());
    }
    Err(Error::Unverified {
        path: to.to_string(),
        written: after.0,
        expected: before.0,
        more: if before.0 == after.0 {
            ", and their contents differ"
        } else {
            ""
        },
    })
}

/// Rows of a query, and the sum of their hashes.
fn counted(session: &Session, doing: &str, query: &str) -> Result<(u64, u64), Error> {
    let table = session.ask(doing, query)?;
    Ok((table.count(0, 0)?, table.count(0, 1)?))
}

/// Has the rows of a query written as Parquet, in place of what may be there.
pub(super) fn write(session: &Session, doing: &str, query: String, to: &str) -> Result<(), Error> {
    let to = to.to_string();
    session.work(doing, move |spark| {
        let writer = spark.sql(&query)?.write();
        Ok(writer.mode("overwrite").format("parquet").save(Some(&to))?)
    })
}

/// Writes the rows of a query, and verifies that what is read back is what was written; says how many there are.
pub(super) fn put(
    session: &Session,
    doing: &str,
    query: &str,
    names: &str,
    to: &str,
) -> Result<u64, Error> {
    let check = check(names);
    let before = counted(session, doing, &format!("SELECT {check} FROM ({query})"))?;
    write(session, doing, format!("SELECT {names} FROM ({query})"), to)?;
    let after = format!("SELECT {check} FROM {}", sql::parquet(to));
    let after = counted(session, "read what was written back", &after)?;
    same(to, before, after)?;
    Ok(after.0)
}

/// Makes the relation [`RAW`] of the files, and finds its columns in kinds.
pub(super) fn typed(session: &Session, input: &Input<'_>) -> Result<Typed, Error> {
    relate(session, input)?;
    let is_parquet = |file: &SourceFile| file.form == FileForm::Parquet;
    if !input.files.iter().any(is_parquet) {
        return kinds::of_texts(session, input);
    }
    if !input.files.iter().all(is_parquet) {
        return Err(Error::Input(
            "there are CSV and Parquet files; the engine takes one sort at a time".to_string(),
        ));
    }
    let query = format!("SELECT * FROM {RAW}");
    let known = session.work("look at the types of the columns", move |spark| {
        Ok(spark.sql(&query)?.dtypes()?)
    })?;
    let types = input.names.iter().map(|name| {
        let known = known.iter().find(|(known, _)| known == name);
        known.map_or_else(String::new, |(_, found)| found.clone())
    });
    let types: Vec<String> = types.collect();
    kinds::of_types(session, input, &types)
}
