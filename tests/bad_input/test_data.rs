//! Test data that cannot judge, or judges too kindly.

use super::project::{Project, label, rows};

/// Training rows and a header that test data should have.
fn trained(p: &Project) {
    p.input(rows(0..200, ",city,exited", |row| {
        format!(",{},{}", ["a", "b"][row % 2], label(row))
    }));
}

cases! {
    test_folder_missing(p) { p.remove("testdata"); p.run() }
    test_folder_empty(p) { p.clear("testdata"); p.run() }
    test_header_only(p) { trained(p); p.test_data("age,visits,city,exited\n"); p.run() }
    test_file_bad(p) { trained(p); p.test_data("age,visits,city,exited\n1,2\n"); p.run() }
    test_without_the_target(p) { trained(p); p.test_data("age,visits,city\n1,2,a\n"); p.run() }
    test_without_a_label(p) { trained(p); p.test_data("age,visits,city,exited\n1,2,a,\n"); p.run() }
    test_without_a_column(p) { trained(p); p.test_data("age,city,exited\n1,a,1\n"); p.run() }
    champion_needs_a_column_that_is_gone(p) {
        let rows = |first: usize| format!("points,exited\n{}", (first..first + 100).map(|row| format!("{}.{row},{}\n", row % 9, label(row))).collect::<String>());
        p.input(rows(0));
        p.test_data(rows(500));
        p.run()
    }
    test_of_unknown_classes_only(p) { trained(p); p.test_data("age,visits,city,exited\n1,2,a,7\n"); p.run() }
    test_with_an_unknown_class(p) {
        trained(p);
        p.test_data(rows(500..560, ",city,exited", |row| format!(",a,{}", if row == 503 { 7 } else { label(row) })));
        p.score()
    }
    test_of_one_class(p) { trained(p); p.test_data(rows(500..560, ",city,exited", |_| ",a,0".to_string())); p.run() }
    metric_not_a_number(p) {
        p.set(serde_json::json!({"metric": "roc_auc"}));
        trained(p);
        p.test_data(rows(500..560, ",city,exited", |_| ",a,0".to_string()));
        p.run()
    }
    test_of_one_row(p) { trained(p); p.test_data("age,visits,city,exited\n30,2,a,0\n"); p.run() }
    test_with_text_for_numbers(p) { trained(p); p.test_data("age,visits,city,exited\nold,2,a,0\nyoung,2,b,1\n"); p.run() }
    test_in_another_order(p) {
        trained(p);
        p.test_data("more,exited,city,visits,age\n1,1,a,2,30\n1,0,z,,31\n");
        p.score()
    }
    test_overlaps_training(p) {
        p.clear("testdata");
        p.write("testdata/rows.csv", p.read("sourcedata/rows.csv"));
        Some(p.unseat(&["run", "--input", "sourcedata"]))
    }
}
