//! What ingest takes in, and how the files are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::{
    self, Decimal, EpochUnit, OnBadFile, ReadOptions, TextOptions, Thousands, TimeSettings,
    is_time_format,
};

/// A setting that is to be found out.
const AUTO: &str = "auto";
/// A setting that says that there is no such thing.
const NONE: &str = "none";

/// Which rows make the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The present content of the input folder.
    #[default]
    Folder,
    /// What is there now and everything seen before.
    Accumulate,
}

/// The form of the dated data sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataFormat {
    /// Parquet.
    #[default]
    Parquet,
    /// Comma-separated text.
    Csv,
}

/// What ingest takes in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// Which rows make the data set.
    pub keep: Keep,
    /// How far back `accumulate` reaches.
    pub window: RawWindow,
    /// What happens to a file that cannot be read or does not fit the others: leave it out and say so, or stop.
    pub on_bad_file: OnBadFile,
    /// Cells that mean "missing", besides cells of nothing but spaces.
    pub null_values: Vec<String>,
    /// Form of `finaldata_<stamp>`.
    pub format: DataFormat,
    /// Encoding of text files, by its name in the WHATWG standard (`windows-1252`, `iso-8859-2`, `utf-16le`, `shift_jis` …).
    /// `auto`: UTF-8, or UTF-16 where it shows.
    pub encoding: String,
    /// What separates the fields of CSV files: one character, or `tab`. `auto`: the one of `,` `;` tab and `|` that splits the
    /// lines alike.
    pub delimiter: String,
    /// The decimal mark of numbers. `auto`: what whole columns show beyond doubt.
    pub decimal: Decimal,
    /// What groups the digits of numbers in threes. `auto`: what whole columns show beyond doubt.
    pub thousands: Thousands,
    /// Currency that is at numbers, as it is written (`€`, `EUR`). `auto`: any one currency per column; `none`: none, so
    /// that such cells are texts.
    pub currency: String,
    /// Line of the header in CSV files, counted from 1; `none` where there is no header, and columns are named `column_1`,
    /// `column_2` …. `auto`: the first line, or the one below title lines.
    pub header_row: HeaderRow,
    /// What lines begin with that are passed over in CSV files, such as `#`. `auto`: `#` above the header; `none`: nothing.
    pub comment: String,
    /// Forms of dates and times besides ISO 8601, as of strftime: `%d.%m.%Y`, `%m/%d/%Y %H:%M`. Without any, the form of a
    /// column is found where all of its cells have it and no other reading is possible.
    pub date_formats: Vec<String>,
    /// What numbers count in columns of times. Without it, plausible years decide.
    pub epoch_unit: Option<EpochUnit>,
    /// A file that was changed within this many seconds waits for the next run. Whatever this says, a file that changes while it
    /// is looked at waits, too, and one that was changed within ten minutes and ends in the middle of a line.
    pub settle_seconds: u32,
    /// Megabytes of memory that one file may need, by its rows and what it holds decompressed: a larger one is left out.
    /// Default: half of the machine's memory.
    pub max_file_mb: Option<u64>,
}

impl Default for Ingest {
    fn default() -> Self {
        Ingest {
            keep: Keep::Folder,
            window: RawWindow::default(),
            on_bad_file: OnBadFile::Quarantine,
            null_values: ReadOptions::default().null_values,
            format: DataFormat::Parquet,
            encoding: AUTO.to_string(),
            delimiter: AUTO.to_string(),
            decimal: Decimal::Auto,
            thousands: Thousands::Auto,
            currency: AUTO.to_string(),
            header_row: HeaderRow::Name(HeaderName::Auto),
            comment: AUTO.to_string(),
            date_formats: Vec::new(),
            epoch_unit: None,
            settle_seconds: 0,
            max_file_mb: None,
        }
    }
}

/// How far back `accumulate` reaches; at most one of the two.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawWindow {
    /// Rows whose `time_column` is within this many days of the newest row.
    pub days: Option<u32>,
    /// The last rows, this many.
    pub rows: Option<u64>,
}

/// A line of the header by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeaderName {
    /// Found out.
    #[default]
    Auto,
    /// There is no header.
    None,
}

/// Where the header of a CSV file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum HeaderRow {
    /// The line, from 1.
    Line(u32),
    /// A name.
    Name(HeaderName),
}

impl Ingest {
    /// How text files are written, by the settings. Settings that `config check` rejects count as `auto`.
    pub fn text(&self) -> TextOptions {
        TextOptions {
            encoding: self.encoding(),
            delimiter: self.delimiter(),
            decimal: self.decimal,
            thousands: self.thousands,
            currency: named(&self.currency),
            header_row: match self.header_row {
                HeaderRow::Line(line) => Some(line),
                HeaderRow::Name(HeaderName::None) => Some(0),
                HeaderRow::Name(HeaderName::Auto) => None,
            },
            comment: named(&self.comment),
        }
    }

    fn encoding(&self) -> Option<data::Encoding> {
        data::Encoding::named(&self.encoding)
    }

    fn delimiter(&self) -> Option<u8> {
        match self.delimiter.as_bytes() {
            b"tab" | b"\\t" => Some(b'\t'),
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Some(*byte),
            _ => None,
        }
    }

    /// How times are read, as far as the settings say.
    pub fn times(&self) -> TimeSettings {
        TimeSettings {
            formats: self.date_formats.clone(),
            unit: self.epoch_unit,
        }
    }

    /// Tells which settings cannot be.
    pub(super) fn check(&self, say: &mut impl FnMut(&str, String)) {
        if self.encoding != AUTO && self.encoding().is_none() {
            let why = "is not an encoding that is known; use `auto` or a name like `windows-1252`, `iso-8859-2`, `utf-16le`";
            say("encoding", why.to_string());
        }
        let is_quote = matches!(self.delimiter(), Some(b'"' | b'\n' | b'\r'));
        if self.delimiter != AUTO && (self.delimiter().is_none() || is_quote) {
            let why = "is not a separator; use `auto`, `tab`, or one character that is not a letter, digit or quote";
            say("delimiter", why.to_string());
        }
        let is_same = matches!(
            (self.decimal, self.thousands),
            (Decimal::Point, Thousands::Point) | (Decimal::Comma, Thousands::Comma)
        );
        if is_same {
            say("thousands", "is the same as `ingest.decimal`".to_string());
        }
        if self.header_row == HeaderRow::Line(0) {
            let why = "lines are counted from 1; where there is no header, use `none`";
            say("header_row", why.to_string());
        }
        for (key, text) in [("currency", &self.currency), ("comment", &self.comment)] {
            if text.trim().is_empty() {
                say(key, "is empty; use `auto` or `none`".to_string());
            }
        }
        for (at, format) in self.date_formats.iter().enumerate() {
            if !is_time_format(format) {
                let why = "is not a strftime form that holds a whole day, as `%d.%m.%Y` does";
                say(&format!("date_formats[{at}]"), why.to_string());
            }
        }
        if self.currency.bytes().any(|byte| byte.is_ascii_digit()) {
            say("currency", "has a digit in it".to_string());
        }
    }

    /// The settings of how files are written, where one is not what it is by default: what a fingerprint adds.
    pub(super) fn not_default(&self) -> Option<String> {
        let facts = |it: &Ingest| {
            serde_json::json!([
                it.encoding,
                it.delimiter,
                it.decimal,
                it.thousands,
                it.currency,
                it.header_row,
                it.comment,
                it.date_formats,
                it.epoch_unit
            ])
        };
        let own = facts(self);
        (own != facts(&Ingest::default())).then(|| own.to_string())
    }
}

/// The text that a setting names; an empty one for `none`, nothing for `auto`.
fn named(setting: &str) -> Option<String> {
    match setting {
        AUTO => None,
        NONE => Some(String::new()),
        text => Some(text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_that_cannot_be_is_told_by_its_key() {
        let ingest = Ingest {
            encoding: "latin-9000".to_string(),
            delimiter: "ab".to_string(),
            decimal: Decimal::Comma,
            thousands: Thousands::Comma,
            header_row: HeaderRow::Line(0),
            currency: "5".to_string(),
            comment: " ".to_string(),
            ..Ingest::default()
        };
        let mut keys = Vec::new();
        ingest.check(&mut |key, _| keys.push(key.to_string()));
        let wanted = [
            "encoding",
            "delimiter",
            "thousands",
            "header_row",
            "comment",
            "currency",
        ];
        assert_eq!(keys, wanted);
        Ingest::default().check(&mut |key, why| panic!("{key}: {why}"));
        assert_eq!(Ingest::default().text(), TextOptions::default());
        assert_eq!(Ingest::default().not_default(), None);
    }
}
