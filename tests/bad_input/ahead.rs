//! What `config check` says before anything is trained, and what the checks say of a target.

use serde_json::{Value, json};

use super::project::{Project, Said, label, rows};

fn check(p: &Project) -> Option<Said> {
    Some(p.unseat(&["config", "check"]))
}

/// `config check` with a setting that the data does not bear out.
fn check_with(p: &Project, settings: Value) -> Option<Said> {
    p.set(settings);
    check(p)
}

/// Training rows whose target is made of the row.
fn labelled(p: &Project, target: impl Fn(usize) -> String) {
    p.input(rows(0..120, ",exited", |row| format!(",{}", target(row))));
}

fn word(row: usize, words: [&str; 4]) -> String {
    words[label(row) + 2 * (row % 2)].to_string()
}

cases! {
    check_target_misspelt(p) { check_with(p, json!({"target": "exted"})) }
    check_target_in_another_case(p) { check_with(p, json!({"target": "EXITED"})) }
    check_columns_not_there(p) {
        check_with(p, json!({"drop": ["nosuch"], "schema": {"visit": "text"}, "features": {"columns": {"agee": {"scale": "none"}}}}))
    }
    check_positive_class_unknown(p) { check_with(p, json!({"positive_class": "yes"})) }
    check_decision_for_a_number(p) {
        p.input(rows(0..120, ",price", |row| format!(",{row}.5")));
        p.test_data(rows(500..560, ",price", |row| format!(",{row}.5")));
        check_with(p, json!({"learner": {"kind": "boosted_trees", "decision": {"by": "fixed", "threshold": 0.5}}}))
    }
    check_test_folder_empty(p) { p.clear("testdata"); check(p) }
    check_test_header_only(p) { p.test_data("age,visits,exited\n"); check(p) }
    check_test_without_the_target(p) { p.test_data("age,visits,exit\n1,2,0\n"); check(p) }
    check_test_unlabelled(p) { p.test_data("age,visits,exited\n1,2,\n3,4,NA\n"); check(p) }
    check_test_without_a_column(p) { p.test_data("age,exited\n1,0\n2,1\n"); check(p) }
    check_test_spelled_otherwise(p) { p.test_data("age,visits,exited\n1,2,no\n3,4,yes\n"); check(p) }
    check_dates_that_read_both_ways(p) {
        p.input(rows(0..120, ",day,exited", |row| format!(",{:02}/{:02}/2025,{}", row % 12 + 1, row % 11 + 1, label(row))));
        p.test_data(rows(500..560, ",day,exited", |row| format!(",{:02}/{:02}/2025,{}", row % 12 + 1, row % 11 + 1, label(row))));
        check_with(p, json!({"features": {"columns": {"day": {"encode": "date"}}}}))
    }
    check_identifier(p) {
        p.input(rows(0..120, ",customer_id,exited", |row| format!(",{},{}", row * 977, label(row))));
        p.test_data(rows(500..560, ",customer_id,exited", |row| format!(",{},{}", row * 977, label(row))));
        check(p)
    }
    target_in_upper_and_lower_case(p) { labelled(p, |row| word(row, ["no", "yes", "NO", "YES"])); p.train() }
    target_as_words_and_digits(p) {
        labelled(p, |row| word(row, ["no", "yes", "no", "yes"]));
        p.add("a.csv", rows(200..300, ",exited", |row| format!(",{}", label(row))));
        p.add("z.csv", rows(300..420, ",exited", |row| format!(",{}", word(row, ["no", "yes", "no", "yes"]))));
        p.train()
    }
    target_of_another_kind_in_a_file(p) {
        labelled(p, |row| label(row).to_string());
        p.add("z.csv", rows(300..360, ",exited", |row| format!(",{}", word(row, ["no", "yes", "no", "yes"]))));
        p.train()
    }
    target_in_other_words_in_a_file(p) {
        labelled(p, |row| word(row, ["good", "bad", "good", "bad"]));
        p.add("z.csv", rows(300..420, ",exited", |row| format!(",{}", word(row, ["gut", "schlecht", "gut", "schlecht"]))));
        p.train()
    }
    target_with_a_slip(p) { labelled(p, |row| if row == 6 { "chruned".to_string() } else { word(row, ["stayed", "churned", "stayed", "churned"]) }); p.train() }
    target_with_a_marker(p) { labelled(p, |row| if row % 11 == 0 { "unknown".to_string() } else { word(row, ["no", "yes", "no", "yes"]) }); p.train() }
    target_with_a_total(p) { labelled(p, |row| if row == 119 { "TOTAL".to_string() } else { word(row, ["no", "yes", "no", "yes"]) }); p.train() }
    target_class_named_none(p) { labelled(p, |row| word(row, ["None", "Churned", "None", "Churned"])); p.train() }
    target_partly_none(p) { labelled(p, |row| if row % 3 == 0 { "None".to_string() } else { word(row, ["no", "yes", "no", "yes"]) }); p.train() }
    row_number_learned_from(p) {
        p.input(rows(0..120, ",rownames,exited", |row| format!(",{},{}", row + 1, label(row))));
        p.train()
    }
    index_without_a_name(p) {
        let table = rows(0..120, ",exited", |row| format!(",{}", label(row)));
        let lines = table.lines().enumerate();
        let indexed = lines.map(|(at, line)| if at == 0 { format!(",{line}\n") } else { format!("{},{line}\n", at - 1) });
        p.input(indexed.collect::<String>());
        p.train()
    }
}
