//! Files to the dated data set: typed, without exact duplicates, written as Parquet beside everything else, and taken in only when an
//! independent count and sum over what was read back agree with those made before.

use std::collections::BTreeMap;

use super::connect::Session;
use super::error::Error;
use super::kinds::{self, Typed};
use super::source::{FILE, FileForm, RAW, ROW, SourceFile, relate};
use super::sql;
use crate::data::{Column, Kind, trim_text};

/// What is to be taken in.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// In path order.
    pub files: &'a [SourceFile],
    /// The columns in the order of the data set.
    pub names: &'a [String],
    /// Texts that mean "missing".
    pub nulls: &'a [String],
    /// Kinds that the settings give.
    pub kinds: &'a BTreeMap<String, Kind>,
    /// Where the data set is written, as the engine sees it.
    pub to: &'a str,
}

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

/// Reads, writes and verifies.
///
/// # Errors
/// When files do not fit each other, the server fails, or what was written is not what was read. What was written then stays
/// unrecorded.
pub fn ingest(session: &Session, wanted: &Wanted<'_>) -> Result<Ingested, Error> {
    relate(session, wanted.files, wanted.names)?;
    let typed = typed(
        session,
        wanted.files,
        wanted.names,
        wanted.nulls,
        wanted.kinds,
    )?;
    let names: Vec<String> = wanted.names.iter().map(|name| sql::name(name)).collect();
    let cells = typed.cells.iter().zip(&names);
    let cells: Vec<String> = cells
        .map(|(cell, name)| format!("{cell} AS {name}"))
        .collect();
    let names = names.join(", ");
    let all = format!("SELECT {}, {FILE}, {ROW} FROM {RAW}", cells.join(", "));
    let distinct = format!(
        "SELECT {names}, min(struct({FILE}, {ROW})) AS __first FROM ({all}) GROUP BY {names}"
    );
    let check = format!("count(*), sum(pmod(xxhash64({names}), {MODULUS}))");
    let before = counted(
        session,
        "count the distinct rows",
        &format!("SELECT {check} FROM ({distinct})"),
    )?;
    let rows = format!(
        "SELECT {names}, __first.{FILE} AS {FILE}, __first.{ROW} AS {ROW} FROM ({distinct})"
    );
    let to = wanted.to.to_string();
    session.work("write the data set", move |spark| {
        let writer = spark.sql(&rows)?.write();
        Ok(writer.mode("overwrite").format("parquet").save(Some(&to))?)
    })?;
    let written = format!("SELECT {check} FROM {}", sql::parquet(wanted.to));
    let after = counted(session, "read the data set back", &written)?;
    if before != after {
        return Err(Error::Unverified {
            path: wanted.to.to_string(),
            written: after.0,
            expected: before.0,
            more: if before.0 == after.0 {
                ", and their contents differ"
            } else {
                ""
            },
        });
    }
    Ok(Ingested {
        columns: typed.columns,
        rows_read: typed.rows,
        rows: after.0,
        non_finite: typed.non_finite,
    })
}

/// Rows of a query, and the sum of their hashes.
fn counted(session: &Session, doing: &str, query: &str) -> Result<(u64, u64), Error> {
    let table = session.ask(doing, query)?;
    Ok((table.count(0, 0)?, table.count(0, 1)?))
}

/// The columns of [`RAW`] in kinds; `wanted` are those that are given.
pub(super) fn typed(
    session: &Session,
    files: &[SourceFile],
    names: &[String],
    nulls: &[String],
    wanted: &BTreeMap<String, Kind>,
) -> Result<Typed, Error> {
    let is_parquet = |file: &SourceFile| file.form == FileForm::Parquet;
    if !files.iter().any(is_parquet) {
        let nulls: Vec<String> = nulls.iter().map(|it| trim_text(it).to_string()).collect();
        return kinds::of_texts(session, files, names, &nulls, wanted);
    }
    if !files.iter().all(is_parquet) {
        return Err(Error::Input(
            "there are CSV and Parquet files; the engine takes one sort at a time".to_string(),
        ));
    }
    let query = format!("SELECT * FROM {RAW}");
    let known = session.work("look at the types of the columns", move |spark| {
        Ok(spark.sql(&query)?.dtypes()?)
    })?;
    let types = names.iter().map(|name| {
        let known = known.iter().find(|(known, _)| known == name);
        known.map_or_else(String::new, |(_, found)| found.clone())
    });
    let types: Vec<String> = types.collect();
    kinds::of_types(session, files.len(), names, &types, wanted)
}
