//! Files that cannot be imported.

use super::project::{Project, label, rows};

/// Puts a file of `tests/import/models` into the project.
fn put(project: &Project, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/models");
    let bytes = std::fs::read(folder.join(name)).expect("is there");
    project.write(name, bytes);
}

/// A data set with a third column, as the models in the files read.
fn three_columns(project: &Project) {
    let text = |which| {
        rows(which, ",income,exited", |row| {
            format!(",{},{}", row % 100, label(row))
        })
    };
    project.input(text(0..300));
    project.test_data(text(2000..2300));
    let done = project.unseat(&["ingest"]);
    assert_eq!(done.exit, 0, "{done}");
}

const ORDER: &str = "age,income,visits";

cases! {
    import_file_missing(p) { Some(p.unseat(&["import", "nowhere.onnx"])) }
    import_a_folder(p) { Some(p.unseat(&["import", "testdata"])) }
    import_too_large(p) {
        p.write("large.onnx", "");
        let file = std::fs::OpenOptions::new().write(true).open(p.path("large.onnx")).expect("opens");
        // Holes take no room.
        file.set_len(1 << 31).ok()?;
        Some(p.unseat(&["import", "large.onnx"]))
    }
    import_empty(p) { p.write("empty.onnx", ""); Some(p.unseat(&["import", "empty.onnx"])) }
    import_not_onnx(p) { p.write("model.onnx", "age,visits\n1,2\n"); Some(p.unseat(&["import", "model.onnx"])) }
    import_cut_off(p) {
        put(p, "boosted.onnx");
        let whole = p.read("boosted.onnx");
        p.write("boosted.onnx", &whole[..whole.len() / 2]);
        Some(p.unseat(&["import", "boosted.onnx"]))
    }
    import_unknown_operator(p) {
        three_columns(p);
        put(p, "vectors.onnx");
        Some(p.unseat(&["import", "vectors.onnx", "--columns", ORDER]))
    }
    import_columns_not_named(p) { put(p, "hist.onnx"); Some(p.unseat(&["import", "hist.onnx"])) }
    import_columns_too_few(p) { put(p, "hist.onnx"); Some(p.unseat(&["import", "hist.onnx", "--columns", "age,visits"])) }
    import_column_unknown(p) { put(p, "logistic.onnx"); Some(p.unseat(&["import", "logistic.onnx"])) }
    import_reads_the_target(p) { put(p, "hist.onnx"); Some(p.unseat(&["import", "hist.onnx", "--columns", "age,visits,exited"])) }
    import_other_classes(p) {
        three_columns(p);
        put(p, "hist.onnx");
        Some(p.unseat(&["import", "hist.onnx", "--columns", ORDER]))
    }
    import_a_regressor(p) {
        three_columns(p);
        put(p, "hist_numbers.onnx");
        Some(p.unseat(&["import", "hist_numbers.onnx", "--columns", ORDER]))
    }
    import_no_number_for_missing(p) {
        let text = |which| rows(which, ",income,exited", |row| match row % 9 {
            0 => format!(",,{}", label(row)),
            _ => format!(",{},{}", row % 100, label(row)),
        });
        p.input(text(0..300));
        p.test_data(text(2000..2300));
        let done = p.unseat(&["ingest"]);
        assert_eq!(done.exit, 0, "{done}");
        p.set(serde_json::json!({"task": "regression"}));
        put(p, "linear.onnx");
        Some(p.unseat(&["import", "linear.onnx", "--columns", ORDER]))
    }
    import_threshold_no_probability(p) { put(p, "hist.onnx"); Some(p.unseat(&["import", "hist.onnx", "--threshold", "7"])) }
}
