//! Files that the engine sees, as one relation: their columns in one order, the number of the file and the place in it.

use std::collections::BTreeMap;

use spark_connect::{DataFrame, SparkError, SparkSession};

use super::connect::{Fault, Session};
use super::error::Error;
use super::sql;
use crate::data::Kind;
use crate::model_types::Location;

/// The column with the number of a row's file.
pub(super) const FILE: &str = "__file";
/// The column with a row's place in its file: ascending, not without gaps.
pub(super) const ROW: &str = "__row";
/// The relation of all files as they are.
pub(super) const RAW: &str = "unseat_raw";

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// UTF-8 with a header in the first line; the byte separates fields.
    Csv(u8),
    /// Parquet.
    Parquet,
}

/// A file that the engine reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Below the input folder, for messages.
    pub path: String,
    /// As the engine sees it.
    pub url: String,
    /// How it is written.
    pub form: FileForm,
    /// Its columns in its own order.
    pub columns: Vec<String>,
}

/// Files with what their columns are to be.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// In path order.
    pub files: &'a [SourceFile],
    /// The columns in the order in which they are written.
    pub names: &'a [String],
    /// Texts that mean "missing".
    pub nulls: &'a [String],
    /// Kinds that are given; those of other columns are found.
    pub kinds: &'a BTreeMap<String, Kind>,
}

/// A file or folder as the engine sees it: the same path on a mount that both see, the same object in a store.
///
/// # Errors
/// Why it cannot be named.
pub fn engine_path(place: &Location, below: &str) -> Result<String, Error> {
    let url = match place {
        Location::Folder(folder) => {
            let whole = std::path::absolute(folder)
                .map_err(|error| Error::Input(format!("{}: {error}", folder.display())))?;
            format!("file://{}", whole.display())
        }
        Location::Store(store) => match store.url.split_once("://") {
            Some(("s3", rest)) => format!("s3a://{rest}"),
            Some(("gs", rest)) => format!("gs://{rest}"),
            _ => {
                return Err(Error::Input(format!(
                    "{} cannot be named to the engine; use s3://, gs:// or a folder that both see",
                    store.url
                )));
            }
        },
    };
    let url = match below {
        "" => url,
        below => format!("{}/{below}", url.trim_end_matches('/')),
    };
    if url.contains(['*', '?', '[', ']', '{', '}']) {
        return Err(Error::Input(format!(
            "`{below}` has one of * ? [ ] {{ }} in its path, which the engine takes for a pattern; rename it"
        )));
    }
    Ok(url)
}

/// Makes the relation [`RAW`] of some files: `names` in this order, then [`FILE`] and [`ROW`].
///
/// # Errors
/// When there is no file, or the server cannot read one.
pub(super) fn relate(session: &Session, input: &Input<'_>) -> Result<(), Error> {
    let (files, names) = (input.files.to_vec(), input.names.to_vec());
    session.work("look at the files", move |spark| {
        let mut whole: Option<DataFrame> = None;
        for (at, file) in files.iter().enumerate() {
            let own = numbered(spark, file, at, &names)?;
            whole = Some(match whole {
                None => own,
                Some(whole) => whole.union(&own),
            });
        }
        let none = || SparkError::connect_msg("no file to read");
        Ok(whole.ok_or_else(none)?.create_or_replace_temp_view(RAW)?)
    })
}

fn numbered(
    spark: &SparkSession,
    file: &SourceFile,
    at: usize,
    names: &[String],
) -> Result<DataFrame, Fault> {
    let read = match file.form {
        FileForm::Parquet => spark.read().format("parquet").load(Some(&file.url)),
        FileForm::Csv(separator) => {
            let columns = file.columns.iter();
            let schema: Vec<String> = columns
                .map(|column| format!("{} STRING", sql::name(column)))
                .collect();
            let options = [
                ("header", "true".to_string()),
                ("sep", char::from(separator).to_string()),
                ("quote", "\"".to_string()),
                ("escape", "\"".to_string()),
                // A cell may hold an end of line; a file is then read by one task.
                ("multiLine", "true".to_string()),
                ("mode", "FAILFAST".to_string()),
            ];
            let mut reader = spark.read().format("csv").schema(schema.join(", "));
            for (key, value) in options {
                reader = reader.option(key, &value);
            }
            reader.load(Some(&file.url))
        }
    };
    let mut chosen: Vec<String> = names.iter().map(|name| sql::name(name)).collect();
    chosen.push(format!("{at} AS {FILE}"));
    chosen.push(format!("monotonically_increasing_id() AS {ROW}"));
    Ok(read.select_expr(chosen.iter().map(String::as_str).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_whole_and_patterns_are_rejected() {
        let folder = Location::Folder("/data/in put".into());
        assert_eq!(
            engine_path(&folder, "a/b.csv").expect("a path"),
            "file:///data/in put/a/b.csv"
        );
        let why = engine_path(&folder, "a[1].csv")
            .expect_err("a pattern")
            .to_string();
        assert!(why.contains("a pattern"), "{why}");
    }
}
