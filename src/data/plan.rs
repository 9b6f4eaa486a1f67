//! The reading plan: how each file is written and how each column is read, as it was found. It never holds a cell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::numbers::NumberForm;
use super::schema::Kind;

/// How the files of a folder were read.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ReadingPlan {
    /// In path order.
    pub files: Vec<FilePlan>,
    /// In the order of the frame.
    pub columns: Vec<ColumnPlan>,
}

/// How one file is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilePlan {
    /// Relative to the folder.
    pub path: String,
    /// `csv`, `json` or `parquet`.
    pub format: String,
    /// `gzip` or `zstd`, whatever its name says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// How bytes stand for characters, of CSV files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What separates fields, of CSV files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// Line of the header, from 1; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_line: Option<u64>,
    /// Title lines above the header that were passed over.
    #[serde(default)]
    pub title_lines: u64,
    /// Lines that were passed over as comments.
    #[serde(default)]
    pub comment_lines: u64,
    /// Records equal to the header, which were left out.
    #[serde(default)]
    pub headers_again: u64,
    /// Rows in it.
    pub rows: u64,
    /// Its columns, in its own order.
    pub columns: Vec<String>,
}

/// How one column is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnPlan {
    /// The name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Cells with something in them.
    pub cells: u64,
    /// Those that are of this kind.
    pub readable: u64,
    /// The forms of its numbers, where they are not plain; several where files differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<NumberForm>,
    /// What the other cells look like → how many.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exceptions: BTreeMap<String, u64>,
}

impl ReadingPlan {
    /// The forms that a version keeps: of each column whose numbers are not plain the one that most of its files have.
    pub fn frozen(&self) -> BTreeMap<String, NumberForm> {
        let columns = self.columns.iter();
        columns
            .filter(|column| column.kind.is_numeric())
            .filter_map(|column| Some((column.name.clone(), column.forms.first()?.clone())))
            .collect()
    }

    /// The plan in lines for people.
    pub fn lines(&self) -> Vec<String> {
        let files = self.files.iter().map(FilePlan::line);
        files
            .chain(self.columns.iter().map(ColumnPlan::line))
            .collect()
    }
}

impl FilePlan {
    fn line(&self) -> String {
        let mut parts = vec![match &self.compression {
            Some(how) => format!("{}, compressed by {how}", self.format),
            None => self.format.clone(),
        }];
        parts.extend(self.encoding.clone());
        parts.extend(
            self.separator
                .as_ref()
                .map(|it| format!("fields separated by {it}")),
        );
        match self.header_line {
            Some(line) => parts.push(format!("header at line {line}")),
            None if self.format == "csv" => parts.push("no header".to_string()),
            None => {}
        }
        for (n, what) in [
            (self.title_lines, "title line"),
            (self.comment_lines, "comment line"),
            (self.headers_again, "repeated header"),
        ] {
            if n > 0 {
                let plural = if n == 1 { "" } else { "s" };
                parts.push(format!("{n} {what}{plural} passed over"));
            }
        }
        let names: Vec<String> = self
            .columns
            .iter()
            .take(8)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = match self.columns.len() {
            n if n > 8 => format!(" and {} more", n - 8),
            _ => String::new(),
        };
        format!(
            "{}: {}; {} rows, {} columns: {}{more}",
            self.path,
            parts.join(", "),
            self.rows,
            self.columns.len(),
            names.join(", ")
        )
    }
}

impl ColumnPlan {
    fn line(&self) -> String {
        let share = match self.cells {
            0 => "no cell has a value".to_string(),
            cells => format!(
                "{} of {cells} cells ({:.1} %)",
                self.readable,
                // Never 100.0 where one is not.
                (1000.0 * self.readable as f64 / cells as f64).floor() / 10.0
            ),
        };
        let forms: Vec<String> = self.forms.iter().map(NumberForm::to_string).collect();
        let forms = if forms.is_empty() {
            String::new()
        } else {
            format!(", {}", forms.join(" or "))
        };
        let others: Vec<String> = self
            .exceptions
            .iter()
            .map(|(what, n)| format!("{n}: {what}"))
            .collect();
        let others = if others.is_empty() {
            String::new()
        } else {
            format!("; not so {}", others.join(", "))
        };
        format!("`{}`: {}{forms}, {share}{others}", self.name, self.kind)
    }
}
