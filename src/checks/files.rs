//! What was seen while files were read, as findings.

use super::finding::{Check, Finding};
use crate::config::checks::{Checks, Severity};
use crate::data::{About, Remark};

/// Most findings of one check; the others are counted.
const MOST: usize = 20;

/// The findings of the files of a data set.
pub fn of_files(remarks: &[Remark], settings: &Checks) -> Vec<Finding> {
    told(remarks, settings, "")
}

/// The findings of the files of test data.
pub(super) fn of_test_files(remarks: &[Remark], settings: &Checks) -> Vec<Finding> {
    told(remarks, settings, "test data: ")
}

fn told(remarks: &[Remark], settings: &Checks, before: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (about, check, severity) in [
        (
            About::Layout,
            Check::FileLayout,
            settings.file_layout.severity,
        ),
        (About::Rows, Check::FileRows, settings.file_rows.severity),
        (About::Cells, Check::FileCells, settings.file_cells.severity),
        (About::Form, Check::FileForms, settings.file_forms.severity),
    ] {
        if severity == Severity::Off {
            continue;
        }
        let of: Vec<&Remark> = remarks.iter().filter(|it| it.about == about).collect();
        let finding = |column: Option<String>, n: u64, says: String| Finding {
            check,
            column,
            severity,
            value: n as f64,
            bound: None,
            says,
        };
        found.extend(of.iter().take(MOST).map(|it| {
            let says = format!("{before}{}", it.says);
            finding(it.column.clone(), it.n, says)
        }));
        if let Some(more) = of.len().checked_sub(MOST).filter(|more| *more > 0) {
            let says =
                format!("{before}{more} more findings of this kind, as the run's notes have them");
            found.push(finding(None, more as u64, says));
        }
    }
    found
}
