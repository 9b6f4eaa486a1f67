//! Names of columns, classes and files that are hard to print. The whole run must survive them, report and all.

use serde_json::json;

use super::project::{label, rows};

cases! {
    column_names_that_differ_in_case(p) {
        p.input(rows(0..100, ",AGE,Age,exited", |row| format!(",{},{},{}", row % 3, row % 4, label(row))));
        p.train()
    }
    column_names_with_markup(p) {
        let header = ",\"<script>alert(1)</script>\",\"say \"\"hi\"\"\",\"two\nlines\",\"a|b `c`\",exited";
        p.input(rows(0..100, header, |row| format!(",{},{},{},{},{}", row % 3, row % 4, row % 5, row % 6, label(row))));
        p.test_data(rows(500..560, header, |row| format!(",{},{},{},{},{}", row % 3, row % 4, row % 5, row % 6, label(row))));
        let said = p.unseat(&["run", "--set", "gate.require=better"]);
        let page = p.challenger_file("report.html");
        let page = String::from_utf8(p.read(&page)).expect("the report is UTF-8");
        assert!(!page.contains("<script>alert"), "markup got into the report");
        Some(said)
    }
    very_long_column_name(p) {
        let header = format!(",{},exited", "long".repeat(2500));
        p.input(rows(0..100, &header, |row| format!(",{},{}", row % 3, label(row))));
        p.test_data(rows(500..560, &header, |row| format!(",{},{}", row % 3, label(row))));
        p.run()
    }
    very_long_class_names(p) {
        let class = |row: usize| ["stays", "leaves"][label(row)].repeat(500);
        p.input(rows(0..100, ",exited", |row| format!(",{}", class(row))));
        p.test_data(rows(500..560, ",exited", |row| format!(",{}", class(row + 1))));
        p.run()
    }
    class_names_with_markup(p) {
        let class = |row: usize| ["\"<b>no</b>\"", "\"yes\n\"\"|\"\"\""][label(row)];
        p.input(rows(0..100, ",exited", |row| format!(",{}", class(row))));
        p.test_data(rows(500..560, ",exited", |row| format!(",{}", class(row + 1))));
        p.run()
    }
    column_named_prediction(p) {
        let header = ",prediction,probability,__target,exited";
        p.input(rows(0..100, header, |row| format!(",{},{},{},{}", row % 3, row % 4, row % 5, label(row))));
        p.test_data(rows(500..560, header, |row| format!(",{},{},{},{}", row % 3, row % 4, row % 5, label(row))));
        p.run()
    }
    file_names_that_are_hard_to_print(p) {
        p.input(rows(0..50, ",exited", |row| format!(",{}", label(row))));
        p.add("two\nlines.csv", "");
        p.add("<script>.csv", "");
        p.add("\u{1b}[31mred.csv", "");
        p.add("naïve 🙂.csv", "age,visits,exited\n1000,1,1\n");
        p.ingest()
    }
    file_name_not_utf_8(p) {
        use std::os::unix::ffi::OsStrExt as _;
        p.input(rows(0..50, ",exited", |row| format!(",{}", label(row))));
        let name = std::ffi::OsStr::from_bytes(b"practicedata/caf\xe9.csv");
        std::fs::write(p.folder().join(name), "age,visits,exited\n1000,1,1\n").ok()?;
        p.ingest()
    }
    model_name_bad(p) { p.set(json!({"name": "../up"})); p.run() }
}
