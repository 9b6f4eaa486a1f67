//! `predict`: rows that the model has not seen the like of.

use super::project::{Project, Said, label, rows};

const HEADER: &str = "name,age,visits";

fn predict(p: &Project, contents: impl AsRef<[u8]>) -> Option<Said> {
    p.write("rows.csv", contents);
    Some(p.unseat(&["predict", "rows.csv"]))
}

cases! {
    predict_nothing_there(p) { Some(p.unseat(&["predict", "rows.csv"])) }
    predict_a_folder(p) { Some(p.unseat(&["predict", "testdata"])) }
    predict_a_folder_named_like_a_file(p) { std::fs::create_dir(p.path("x.csv")).ok()?; Some(p.unseat(&["predict", "x.csv"])) }
    predict_unknown_ending(p) { p.write("rows.xlsx", "x"); Some(p.unseat(&["predict", "rows.xlsx"])) }
    predict_empty_file(p) { predict(p, "") }
    predict_no_rows(p) { predict(p, format!("{HEADER}\n")) }
    predict_columns_missing(p) { predict(p, "name,age\nabcd,1\n") }
    predict_unknown_category(p) {
        p.set(serde_json::json!({"name": "cities", "prod_deployment_path": "live"}));
        let city = |row: usize| format!(",{},{}", ["a", "b"][row % 2], label(row));
        p.input(rows(0..100, ",city,exited", city));
        p.test_data(rows(500..600, ",city,exited", city));
        assert_eq!(p.unseat(&["run"]).exit, 0);
        predict(p, "age,visits,city\n30,2,zzz\n30,2,\n")
    }
    predict_ragged(p) { predict(p, format!("{HEADER}\nabcd,1\n")) }
    predict_strange_values(p) {
        let said = predict(p, format!("{HEADER},extra\nnever seen,NaN,1e308,x\n,inf,-1e308,\nabcd,,,y\n"))?;
        assert_eq!(said.stdout.lines().count(), 4, "{}", said.stdout);
        for line in said.stdout.lines().skip(1) {
            let probability: f64 = line.rsplit(',').next().unwrap_or("").parse().expect("a number");
            assert!((0.0..=1.0).contains(&probability), "{line}");
        }
        Some(said)
    }
    predict_text_for_a_number(p) { predict(p, format!("{HEADER}\nabcd,few,2\n")) }
    predict_text_for_a_number_that_counts_as_missing(p) {
        p.write("rows.csv", format!("{HEADER}\nabcd,few,2\nabcd,30,2\n"));
        Some(p.unseat(&["predict", "rows.csv", "--on-bad-row", "missing"]))
    }
    predict_text_for_a_number_whose_row_is_skipped(p) {
        p.write("rows.csv", format!("{HEADER}\nabcd,few,2\nabcd,30,2\n"));
        Some(p.unseat(&["predict", "rows.csv", "--on-bad-row", "skip"]))
    }
    predict_text_in_a_whole_column_of_numbers(p) { predict(p, format!("{HEADER}\nabcd,n/k,2\nabcd,n/k,3\n")) }
    predict_columns_named_otherwise(p) { predict(p, "name,Age,visits\nabcd,1,2\n") }
    predict_a_time_in_another_form(p) {
        p.set(serde_json::json!({"name": "days", "prod_deployment_path": "live"}));
        let day = |row: usize| format!(",2025-{:02}-{:02},{}", row / 28 % 12 + 1, row % 28 + 1, label(row));
        p.input(rows(0..200, ",day,exited", day));
        p.test_data(rows(500..600, ",day,exited", day));
        assert_eq!(p.unseat(&["run"]).exit, 0);
        predict(p, "age,visits,day\n30,2,2025-05-31\n30,2,31.05.2025\n")
    }
    predict_format_of_a_file(p) {
        p.write("rows.csv", format!("{HEADER}\nabcd,1,2\n"));
        Some(p.unseat(&["predict", "rows.csv", "--format", "json"]))
    }
    predict_only_the_columns_needed_in_another_order(p) {
        predict(p, "visits,age\n3,40\n")
    }
    predict_column_taken(p) { predict(p, format!("{HEADER},prediction\nabcd,1,2,0\n")) }
    predict_into_a_missing_folder(p) {
        p.write("rows.csv", format!("{HEADER}\nabcd,1,2\n"));
        Some(p.unseat(&["predict", "rows.csv", "-o", "nowhere/out.csv"]))
    }
    predict_into_an_unknown_ending(p) {
        p.write("rows.csv", format!("{HEADER}\nabcd,1,2\n"));
        Some(p.unseat(&["predict", "rows.csv", "-o", "out.xlsx"]))
    }
    predict_unknown_version(p) {
        p.write("rows.csv", format!("{HEADER}\nabcd,1,2\n"));
        Some(p.unseat(&["predict", "rows.csv", "--version", "9"]))
    }
    predict_before_any_run(p) {
        p.write("rows.csv", format!("{HEADER}\nabcd,1,2\n"));
        p.forget();
        Some(p.unseat(&["predict", "rows.csv"]))
    }
}
