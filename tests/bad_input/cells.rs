//! Columns and cells: that cannot help, that are too much, and shapes of whole tables.

use super::project::{label, rows};

cases! {
    column_all_missing(p) { p.input(rows(0..100, ",empty,exited", |row| format!(",,{}", label(row)))); p.train() }
    column_constant(p) { p.input(rows(0..100, ",one,exited", |row| format!(",1,{}", label(row)))); p.train() }
    column_constant_text(p) { p.input(rows(0..100, ",one,exited", |row| format!(",x,{}", label(row)))); p.train() }
    nothing_to_learn_from(p) {
        let mut text = "one,empty,id,exited\n".to_string();
        (0..40).for_each(|row| text += &format!("x,,u{row},{}\n", row % 2));
        p.input(text);
        p.train()
    }
    ten_thousand_categories(p) {
        // Each is in two rows and some in more, so that they are not taken for identifiers.
        p.input(rows(0..30_000, ",city,exited", |row| format!(",c{},{}", row % 10_000, label(row))));
        p.train()
    }
    identifier(p) { p.input(rows(0..100, ",id,exited", |row| format!(",u{row},{}", label(row)))); p.train() }
    not_a_number_and_infinite(p) {
        p.input(rows(0..100, ",x,exited", |row| {
            let x = ["NaN", "inf", "-inf", "1e309", "7"][row % 5];
            format!(",{x},{}", label(row))
        }));
        p.train()
    }
    huge_numbers(p) {
        p.input(rows(0..100, ",x,exited", |row| {
            let x = ["1e308", "-1e308", "1e-308", "0", "7"][row % 5];
            format!(",{x},{}", label(row))
        }));
        p.train()
    }
    numbers_beyond_64_bits(p) {
        p.input(rows(0..100, ",x,exited", |row| format!(",{row}0000000000000000000000,{}", label(row))));
        p.train()
    }
    dates_as_features(p) {
        p.input(rows(0..100, ",day,exited", |row| format!(",2026-01-{:02},{}", row % 9 + 1, label(row))));
        p.train()
    }
    dates_of_either_order(p) {
        p.input(rows(0..100, ",day,exited", |row| format!(",{:02}/{:02}/2025,{}", row % 12 + 1, row % 7 + 1, label(row))));
        p.train()
    }
    dates_of_either_order_that_are_asked_for(p) {
        p.set(serde_json::json!({"features": {"columns": {"day": {"encode": "date"}}}}));
        p.input(rows(0..100, ",day,exited", |row| format!(",{:02}/{:02}/2025,{}", row % 12 + 1, row % 7 + 1, label(row))));
        p.train()
    }
    dates_that_are_none(p) {
        p.set(serde_json::json!({"features": {"columns": {"day": {"encode": "date"}}}}));
        p.input(rows(0..100, ",day,exited", |row| format!(",{},{}", ["early", "late"][row % 2], label(row))));
        p.train()
    }
    times_in_an_unknown_unit(p) {
        p.set(serde_json::json!({"features": {"columns": {"day": {"encode": "date"}}}}));
        p.input(rows(0..100, ",day,exited", |row| format!(",{},{}", row * 1000, label(row))));
        p.train()
    }
    text_missing_in_training(p) {
        // The last rows by time validate; only they have the text.
        p.set(serde_json::json!({"time_column": "day", "split": {"kind": "time"}}));
        p.input(rows(0..100, ",day,note,exited", |row| {
            let note = if row >= 80 { "x" } else { "" };
            format!(",2026-{:02}-{:02},{note},{}", row / 28 + 1, row % 28 + 1, label(row))
        }));
        p.train()
    }
    category_only_in_validation(p) {
        p.set(serde_json::json!({"time_column": "day", "split": {"kind": "time"}}));
        p.input(rows(0..100, ",day,note,exited", |row| {
            let note = if row >= 80 { "new" } else { ["a", "b"][row % 2] };
            format!(",2026-{:02}-{:02},{note},{}", row / 28 + 1, row % 28 + 1, label(row))
        }));
        p.train()
    }
    one_row(p) { p.input("a,exited\n1,1\n"); p.train() }
    two_rows(p) { p.input("a,exited\n1,1\n2,0\n"); p.train() }
    two_rows_of_one_class(p) { p.input("a,exited\n1,1\n2,1\n"); p.train() }
    three_rows(p) { p.input("a,exited\n1,1\n2,0\n3,1\n"); p.train() }
    rows_all_alike(p) { p.input("a,exited\n".to_string() + &"1,1\n".repeat(50)); p.train() }
    rows_alike_but_for_the_class(p) { p.input("a,exited\n".to_string() + &"1,1\n1,0\n".repeat(50)); p.train() }
    one_column(p) { p.input("exited\n1\n0\n"); p.train() }
    more_columns_than_rows(p) { p.input(wide(20, 60)); p.train() }
    three_thousand_columns(p) { p.input(wide(100, 3000)); p.train() }
}

/// `n` rows of many columns of numbers and the class.
fn wide(n: usize, columns: usize) -> String {
    let header: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
    let mut text = header.join(",") + ",exited\n";
    for row in 0..n {
        for column in 0..columns {
            text += &format!("{},", (row * 31 + column * 17 + row * column) % 101);
        }
        text += &format!("{}\n", label(row));
    }
    text
}
