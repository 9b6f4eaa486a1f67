//! How files are read, as the settings say it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::numbers::NumberForm;
use super::rules::Rule;
use super::schema::{Kind, Schema};
use super::text_options::TextOptions;

/// What to do with a file that cannot be used.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OnBadFile {
    /// Leave it out, say why, continue with the others.
    #[default]
    Quarantine,
    /// Stop.
    Fail,
}

/// How to read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOptions {
    /// Cells of CSV files that mean "missing", compared without blanks around them. Empty and blank cells always do.
    pub null_values: Vec<String>,
    /// What to do with a file that cannot be used.
    pub on_bad_file: OnBadFile,
    /// Kinds that inference is not asked for: column name → kind. Unlike an expected schema this asks for no column.
    pub kinds: BTreeMap<String, Kind>,
    /// Rules that the rows of a folder must keep.
    pub rules: Vec<Rule>,
    /// Whether of equal rows only the first is kept.
    pub dedupe: bool,
    /// How text files are written.
    pub text: TextOptions,
    /// Bytes of each CSV or JSON file to read at most, decompressed and up to the end of a row, and of a longer Parquet file a
    /// few thousand rows; none for all. JSON that is one object is read whole.
    pub head: Option<u64>,
    /// Whether of a Parquet file longer than `head` the columns are read and no rows: of a file that is not whole.
    pub columns_alone: bool,
    /// Columns that are not learned from: where their cells are of a type that cannot be used they count as missing.
    pub drop: Vec<String>,
    /// Bytes of memory that one file may need; `None`: any number.
    pub most_bytes: Option<u64>,
    /// A file that was changed between these and ends in the middle waits for the next run; `None`: none does. Such a file with
    /// a time to come waits no longer than any other bad one.
    pub young: Option<RangeInclusive<SystemTime>>,
    /// How the numbers of columns were written in the training data, where they were not plain: what settles a form that may
    /// mean two numbers.
    pub reading: BTreeMap<String, NumberForm>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        let null_values = [
            "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?",
        ];
        ReadOptions {
            null_values: null_values.map(str::to_owned).to_vec(),
            on_bad_file: OnBadFile::Quarantine,
            kinds: BTreeMap::new(),
            rules: Vec::new(),
            dedupe: true,
            text: TextOptions::default(),
            head: None,
            columns_alone: false,
            drop: Vec::new(),
            most_bytes: None,
            young: None,
            reading: BTreeMap::new(),
        }
    }
}

impl ReadOptions {
    /// Names of the columns that are read as they are written, by the schema and by `kinds`.
    pub(super) fn text_columns(&self, schema: Option<&Schema>) -> BTreeSet<String> {
        let named = self.kinds.iter().filter(|(_, kind)| **kind == Kind::Text);
        let mut names: BTreeSet<String> = named.map(|(name, _)| name.clone()).collect();
        names.extend(text_columns(schema));
        names
    }
}

pub(super) fn text_columns(schema: Option<&Schema>) -> BTreeSet<String> {
    let columns = schema.iter().flat_map(|schema| &schema.columns);
    let texts = columns.filter(|column| column.kind == Kind::Text);
    texts.map(|column| column.name.clone()).collect()
}
