//! The target: missing, of one class, a number, or spelled in several ways.

use serde_json::json;

use super::project::{label, rows};

cases! {
    target_missing(p) { p.set(json!({"target": "exit"})); p.run() }
    target_far_from_any(p) { p.set(json!({"target": "zzz"})); p.run() }
    target_in_another_case(p) { p.set(json!({"target": "Exited"})); p.run() }
    target_in_drop(p) { p.set(json!({"target": "exited", "drop": ["exited"]})); p.run() }
    positive_class_as_a_number(p) { p.set(json!({"positive_class": 0})); p.train() }
    last_column_in_drop(p) { p.set(json!({"drop": ["exited"]})); p.run() }
    last_column_is_time(p) { p.set(json!({"time_column": "exited"})); p.run() }
    drop_missing(p) { p.set(json!({"drop": ["visit"]})); p.run() }
    keys_missing(p) { p.set(json!({"keys": ["customer"]})); p.run() }
    target_all_missing(p) { p.input(rows(0..50, ",exited", |_| ",".to_string())); p.train() }
    target_partly_missing(p) {
        p.input(rows(0..100, ",exited", |row| if row % 4 == 0 { ",".to_string() } else { format!(",{}", label(row)) }));
        p.train()
    }
    target_of_one_class(p) { p.input(rows(0..50, ",exited", |_| ",1".to_string())); p.train() }
    target_a_number_to_regress(p) { p.input(rows(0..300, ",price", |row| format!(",{}.5", row))); p.train() }
    target_a_number_for_classes(p) {
        p.set(json!({"learner": {"kind": "logistic", "c": 2}}));
        p.input(rows(0..300, ",price", |row| format!(",{}.5", row)));
        p.train()
    }
    target_of_few_fractions(p) { p.input(rows(0..100, ",price", |row| format!(",{}.5", row % 3))); p.train() }
    target_an_identifier(p) { p.input(rows(0..300, ",id", |row| format!(",u{row}"))); p.train() }
    positive_class_unknown(p) { p.set(json!({"positive_class": "yes"})); p.run() }
    class_of_one_row(p) {
        p.input(rows(0..100, ",exited", |row| if row == 7 { ",2".to_string() } else { format!(",{}", label(row)) }));
        p.train()
    }
    two_classes_one_of_one_row(p) { p.input(rows(0..50, ",exited", |row| format!(",{}", usize::from(row == 7)))); p.train() }
    target_with_spaces(p) {
        p.input(rows(0..100, ",exited", |row| format!(",{}", ["no", "yes", "no ", " yes"][label(row) + 2 * (row % 2)])));
        p.train()
    }
    target_name_with_spaces(p) {
        p.set(json!({"target": "exited"}));
        p.input(rows(0..100, ", exited ", |row| format!(",{}", label(row))));
        p.train()
    }
    target_of_truth_values(p) { p.input(rows(0..100, ",exited", |row| format!(",{}", label(row) == 1))); p.train() }
    target_as_fractions_in_one_file(p) {
        p.input(rows(0..100, ",exited", |row| format!(",{}", label(row))));
        p.add("b.csv", rows(0..100, ",exited", |row| format!("9,{}.0", label(row))));
        p.train()
    }
}
