//! Columns are known by their names: in whatever order they come, everything is as before.

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::Project;

const NAMES: [&str; 5] = ["a", "b", "plan", "flag", "y"];

/// Cells that are the same on every machine; the class hangs on `a` and the plan.
fn cells(row: u64) -> [String; 5] {
    let (a, b) = ((row * 37) % 101, (row * 53) % 89);
    let plan = ["basic", "gold", "plus"][(row * 31 % 7 % 3) as usize];
    let y = u64::from(a + 10 * (row % 3) + (row * 7919) % 40 > 75);
    [
        format!("{a}.5"),
        b.to_string(),
        plan.to_string(),
        row.is_multiple_of(2).to_string(),
        y.to_string(),
    ]
}

/// CSV with the columns in some order.
fn table(rows: std::ops::Range<u64>, order: [usize; 5]) -> String {
    let line = |cells: [String; 5]| order.map(|at| cells[at].clone()).join(",") + "\n";
    let header = line(NAMES.map(str::to_string));
    std::iter::once(header)
        .chain(rows.map(|row| line(cells(row))))
        .collect()
}

const AS_THEY_ARE: [usize; 5] = [0, 1, 2, 3, 4];
const TURNED: [usize; 5] = [3, 4, 1, 2, 0];

fn project(second: [usize; 5], test: [usize; 5]) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "m", "target": "y", "positive_class": 1,
        "input_folder_path": "in", "output_folder_path": "out", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "score": {"replicates": 100}, "gate": {"replicates": 100, "first": "promote"},
    });
    project.write("config.json", &config.to_string());
    project.write("in/a.csv", &table(0..300, AS_THEY_ARE));
    project.write("in/b.csv", &table(300..600, second));
    project.write("test/t.csv", &table(1000..1400, test));
    project.ok(&["run"]);
    project
}

/// The probabilities of a file's rows, as they are printed.
fn predicted(project: &Project, text: &str) -> Vec<String> {
    project.write("rows.csv", text);
    project.ok(&["predict", "rows.csv", "-o", "said.csv"]);
    let said = project.read("said.csv");
    let mut lines = said.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let at = header
        .iter()
        .position(|name| *name == "probability")
        .expect("a column");
    lines
        .map(|line| line.split(',').nth(at).expect("a cell").to_string())
        .collect()
}

#[test]
fn training_and_test_files_may_have_their_columns_in_any_order() {
    let plain = project(AS_THEY_ARE, AS_THEY_ARE);
    let rows = table(2000..2060, AS_THEY_ARE);
    let expected = predicted(&plain, &rows);
    let score = |project: &Project| {
        let score = project.read_json(&format!("models/m/{}/score.json", version_folder(project)));
        score["challenger"]["metrics"].clone()
    };
    for (second, test) in [
        (TURNED, AS_THEY_ARE),
        (AS_THEY_ARE, TURNED),
        (TURNED, TURNED),
    ] {
        let turned = project(second, test);
        assert_eq!(predicted(&turned, &rows), expected, "{second:?} {test:?}");
        assert_eq!(score(&turned), score(&plain), "{second:?} {test:?}");
    }
    // So may the rows that are predicted.
    assert_eq!(predicted(&plain, &table(2000..2060, TURNED)), expected);
}

fn version_folder(project: &Project) -> String {
    let mut names = std::fs::read_dir(project.path("models/m")).expect("a folder");
    let entry = names.next().expect("a version").expect("an entry");
    entry.file_name().to_string_lossy().into_owned()
}

/// A row as the text of an object, its members in some order.
fn object(row: u64, order: &[usize]) -> String {
    let cells = cells(row);
    let member = |at: &usize| {
        let quoted = if NAMES[*at] == "plan" { "\"" } else { "" };
        format!("\"{}\":{quoted}{}{quoted}", NAMES[*at], cells[*at])
    };
    format!(
        "{{{}}}",
        order.iter().map(member).collect::<Vec<_>>().join(",")
    )
}

#[test]
fn a_permuted_request_gives_the_same_answer_in_every_form() {
    let project = project(AS_THEY_ARE, AS_THEY_ARE);
    let server = Server::of(&project, &[]);
    let send = |kind: &str, body: &str| -> Vec<Value> {
        let headers = [("content-type", kind)];
        let answer = server
            .send("POST", "/prediction", &headers, body.as_bytes())
            .expect(200)
            .json();
        let predictions = answer["predictions"].as_array().expect("a list").clone();
        predictions
            .iter()
            .map(|it| it["probability"].clone())
            .collect()
    };
    let rows = |order: &dyn Fn(u64) -> Vec<usize>| {
        let rows: Vec<String> = (2000..2060).map(|row| object(row, &order(row))).collect();
        format!("{{\"rows\":[{}]}}", rows.join(","))
    };
    let expected = send("application/json", &rows(&|_| vec![0, 1, 2, 3]));
    assert_eq!(expected.len(), 60);
    assert!(expected.iter().any(|p| *p != expected[0]), "{expected:?}");
    assert_eq!(
        send("application/json", &rows(&|_| vec![3, 2, 1, 0])),
        expected
    );
    // Each row in an order of its own, also after rows in the usual one.
    let mixed = |row: u64| {
        let mut order = vec![0, 1, 2, 3];
        order.rotate_left((row / 7 % 4) as usize);
        if row.is_multiple_of(3) {
            order.reverse();
        }
        order
    };
    assert_eq!(send("application/json", &rows(&mixed)), expected);
    let lines: String = (2000..2060)
        .map(|row| object(row, &mixed(row)) + "\n")
        .collect();
    assert_eq!(send("application/x-ndjson", &lines), expected);
    let csv = |order: [usize; 4]| -> String {
        let line = |cells: [String; 5]| order.map(|at| cells[at].clone()).join(",") + "\n";
        let header = line(NAMES.map(str::to_string));
        std::iter::once(header)
            .chain((2000..2060).map(|row| line(cells(row))))
            .collect()
    };
    assert_eq!(send("text/csv", &csv([0, 1, 2, 3])), expected);
    assert_eq!(send("text/csv", &csv([2, 0, 3, 1])), expected);
    // A matrix with the names of its columns, and a tensor for each.
    let matrix = |order: [usize; 4]| {
        let value = |row: u64, at: usize| -> Value {
            let cell = cells(row)[at].clone();
            serde_json::from_str(&cell).unwrap_or(Value::String(cell))
        };
        let data: Vec<Vec<Value>> = (2000..2060)
            .map(|row| order.map(|at| value(row, at)).to_vec())
            .collect();
        let split =
            json!({"dataframe_split": {"columns": order.map(|at| NAMES[at]), "data": data}});
        server.post("/invocations", &split).expect(200).json()["predictions"].clone()
    };
    assert_eq!(matrix([0, 1, 2, 3]), matrix([3, 1, 0, 2]));
    assert!(server.stop(rustix::process::Signal::TERM).0);
}
