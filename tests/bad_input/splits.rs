//! Splits that cannot be made, or leave a part empty.

use serde_json::json;

use super::project::{label, rows};

cases! {
    times_unreadable(p) {
        p.set(json!({"time_column": "day", "split": {"kind": "time"}}));
        p.input(rows(0..50, ",day,exited", |row| format!(",day {row},{}", label(row))));
        p.train()
    }
    times_all_missing(p) {
        p.set(json!({"time_column": "day", "split": {"kind": "time"}}));
        p.input(rows(0..50, ",day,exited", |row| format!(",,{}", label(row))));
        p.train()
    }
    times_all_equal(p) {
        p.set(json!({"time_column": "day", "split": {"kind": "time"}}));
        p.input(rows(0..50, ",day,exited", |row| format!(",2026-01-01,{}", label(row))));
        p.train()
    }
    time_split_with_one_class_first(p) {
        p.set(json!({"time_column": "day", "split": {"kind": "time"}}));
        p.input(rows(0..50, ",day,exited", |row| format!(",2026-{:02}-{:02},{}", row / 28 + 1, row % 28 + 1, usize::from(row >= 40))));
        p.train()
    }
    time_column_missing(p) { p.set(json!({"time_column": "dya"})); p.run() }
    window_times_unreadable(p) {
        p.set(json!({"time_column": "day", "ingest": {"keep": "accumulate", "window": {"days": 7}}}));
        p.input(rows(0..50, ",day,exited", |row| format!(",day {row},{}", label(row))));
        p.train()
    }
    one_group_of_all(p) {
        p.set(json!({"keys": ["shop"], "split": {"kind": "group"}}));
        p.input(rows(0..50, ",shop,exited", |row| format!(",a,{}", label(row))));
        p.train()
    }
    groups_of_one_class(p) {
        p.set(json!({"keys": ["shop"], "split": {"kind": "group"}}));
        p.input(rows(0..50, ",shop,exited", |row| format!(",{},{}", label(row), label(row))));
        p.train()
    }
    validation_empty(p) {
        p.set(json!({"split": {"validation": 0.001}}));
        p.input("a,exited\n1,1\n2,0\n3,1\n4,0\n");
        p.train()
    }
}
