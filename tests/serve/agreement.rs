//! What is served is what was scored: over HTTP, from `unseat predict` and at the scoring itself, bit for bit.

use std::path::Path;

use serde_json::Value;
use unseat::data;

use super::Server;
use super::running::Answer;
use crate::support::Project;

/// P of each row, as HTTP, `predict` and the stored scoring tell it, for all test rows of a project with a champion.
fn assert_agree(project: &Project, test_file: &Path) {
    let server = Server::of(project, &[]);
    let text = std::fs::read_to_string(test_file).expect("the test file");
    let test_file = test_file.display().to_string();
    let headers = [("content-type", "text/csv")];
    let answer = server
        .send("POST", "/prediction", &headers, text.as_bytes())
        .expect(200)
        .json();
    let told = answer["predictions"].as_array().expect("a list");
    let bits = |row: &Value| row["probability"].as_f64().map(f64::to_bits);
    let served: Vec<_> = told.iter().map(bits).collect();
    assert!(served.len() > 10 && served.iter().all(Option::is_some));

    let predicted = project.ok(&["predict", &test_file, "--json"]).stdout;
    let predicted: Vec<Value> = predicted
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    assert_eq!(served, predicted.iter().map(bits).collect::<Vec<_>>());
    // A row after the other, each as JSON of its own, gives the same again.
    let rows = predicted.iter().take(50).zip(&served);
    for (row, served) in rows {
        let mut row = row.clone();
        let cells = row.as_object_mut().expect("an object");
        cells.retain(|name, _| name != "prediction" && name != "probability");
        let body = serde_json::json!({"rows": [row]});
        let alone = server.post("/prediction", &body).expect(200).json();
        assert_eq!(bits(&alone["predictions"][0]), *served, "{body}");
    }

    let champion = project.books().champion().expect("a champion");
    let stored = data::read_parquet(&project.version_file(champion, "predictions.parquet"));
    let stored = stored.expect("the stored predictions");
    let column = stored
        .columns()
        .iter()
        .find(|column| column.name().starts_with("challenger_prob"))
        .unwrap_or_else(|| panic!("{:?}", stored.schema()));
    let scored: Vec<_> = column
        .f64()
        .expect("numbers")
        .iter()
        .map(|p| p.map(f64::to_bits))
        .collect();
    assert_eq!(served, scored);
}

#[test]
fn http_predict_and_scoring_give_the_same_bits() {
    let project = Project::promoted();
    let file = project.path("testdata/testdata.csv");
    assert_agree(&project, &file);
}

#[test]
fn they_do_on_real_data_with_texts_and_gaps() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/telco_churn");
    if !data.exists() {
        return println!("left out: real data (../shared/data is not here)");
    }
    let project = Project::new();
    let folder = |name: &str| data.join(name).display().to_string();
    project.set("input_folder_path", folder("sourcedata"));
    project.set("test_data_path", folder("testdata"));
    project.set("target", "churn");
    project.set("positive_class", "Yes");
    project.ok(&["run"]);
    assert_agree(&project, &data.join("testdata/testdata.csv"));
}

/// A project that learned from numbers as `write` writes them.
fn trained_on(header: &str, write: impl Fn(f64) -> String) -> Project {
    let project = Project::new();
    let rows = |from: u32, to: u32| {
        let mut text = format!("{header}\n");
        for row in from..to {
            let spend = f64::from(row * 7919 % 4001) + 0.25;
            let separator = if header.contains(';') { ';' } else { ',' };
            let left = u8::from(spend > 2000.0);
            text += &format!("{}{separator}{}{separator}{left}\n", write(spend), row % 9);
        }
        text
    };
    project.write("in/a.csv", &rows(0, 300));
    project.write("test/a.csv", &rows(300, 400));
    project.set("input_folder_path", "in");
    project.set("test_data_path", "test");
    project.set("target", "left");
    // One column gives the class away, which holds a first version.
    project.set("gate", serde_json::json!({"first": "promote"}));
    project.ok(&["run"]);
    project
}

/// The verdict on each cell of `spend` by CSV and by JSON, of the server and of `predict`: the P it comes to, or none where the
/// row is rejected.
fn verdicts(project: &Project, cells: &[&str]) -> Vec<[Option<u64>; 4]> {
    let server = Server::of(project, &[]);
    let bits = |row: &Value| row["probability"].as_f64().map(f64::to_bits);
    let quoted = |cell: &str| format!("\"{cell}\"");
    let mut csv = "spend,qty\n1,3\n".to_string();
    let mut json = vec![serde_json::json!({"spend": 1, "qty": 3})];
    for cell in cells {
        csv += &format!("{},3\n", quoted(cell));
        json.push(serde_json::json!({"spend": cell, "qty": 3}));
    }
    project.write("rows.csv", &csv);
    project.write("rows.json", &Value::from(json).to_string());
    let predicted = ["rows.csv", "rows.json"].map(|file| {
        let done = project.ok(&["predict", file, "--on-bad-row", "skip", "--json"]);
        let rows = done.stdout.lines();
        let rows: Vec<Value> = rows
            .map(|line| serde_json::from_str(line).expect("a row"))
            .collect();
        rows
    });
    let mut next = [1, 1];
    let mut found = Vec::new();
    for cell in cells {
        let headers = [("content-type", "text/csv")];
        let text = format!("spend,qty\n{},3\n", quoted(cell));
        let by_csv = server.send("POST", "/prediction", &headers, text.as_bytes());
        let body = serde_json::json!({"rows": [{"spend": cell, "qty": 3}]});
        let by_json = server.post("/prediction", &body);
        let verdict = |answer: Answer| match answer.status {
            200 => bits(&answer.json()["predictions"][0]),
            422 => None,
            status => panic!("{status} for `{cell}`"),
        };
        let served = [by_csv, by_json].map(verdict);
        if !cell.contains([',', '"']) {
            let bare = format!("spend,qty\n{cell},3\n");
            let bare = server.send("POST", "/prediction", &headers, bare.as_bytes());
            assert_eq!(verdict(bare), served[0], "`{cell}` without quotes");
        }
        // A row that was left out is not among the predicted ones.
        let told = [0, 1].map(|at| {
            let row = predicted[at].get(next[at])?;
            let own = match &row["spend"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if own != *cell {
                return None;
            }
            next[at] += 1;
            bits(row)
        });
        found.push([served[0], served[1], told[0], told[1]]);
    }
    assert_eq!(
        next,
        [predicted[0].len(), predicted[1].len()],
        "{predicted:?}"
    );
    found
}

/// Cells as people write numbers, and the number that each is to a version; `f64::NAN` is a missing value.
fn assert_verdicts(project: &Project, cells: &[(&str, Option<f64>)]) {
    let texts: Vec<&str> = cells.iter().map(|(text, _)| *text).collect();
    let server = Server::of(project, &[]);
    for ((text, number), found) in cells.iter().zip(verdicts(project, &texts)) {
        let wanted = number.map(|number| {
            let number = if number.is_nan() {
                Value::Null
            } else {
                Value::from(number)
            };
            let body = serde_json::json!({"rows": [{"spend": number, "qty": 3}]});
            let answer = server.post("/prediction", &body).expect(200).json();
            answer["predictions"][0]["probability"]
                .as_f64()
                .expect("a number")
                .to_bits()
        });
        assert_eq!(
            found, [wanted; 4],
            "`{text}`: HTTP CSV, JSON, `predict` CSV, JSON"
        );
    }
}

/// What a version learned decides, not what a file or a body looks like.
#[test]
fn the_server_and_predict_give_one_verdict_on_a_number_in_whatever_form() {
    let missing = Some(f64::NAN);
    let plain = trained_on("spend,qty,left", |spend| format!("{spend:.2}"));
    assert_verdicts(
        &plain,
        &[
            ("1234.5", Some(1234.5)),
            (" 12 ", Some(12.0)),
            ("\u{a0}12\u{a0}", Some(12.0)),
            ("1e3", Some(1000.0)),
            ("-7", Some(-7.0)),
            ("007", Some(7.0)),
            ("", missing),
            ("NA", missing),
            ("inf", missing),
            ("121,79", None),
            ("1.234,5", None),
            ("1,234", None),
            ("1,234.5", None),
            ("$12.50", None),
            ("12 EUR", None),
            ("1 234", None),
            ("12%", None),
            ("-", None),
            ("#N/A", missing),
            ("n/k", None),
            ("true", None),
            ("0x10", None),
            ("1_000", None),
        ],
    );
    let german = trained_on("spend;qty;left", |spend| {
        let cents = (spend * 100.0).round() as u64;
        let (whole, cents) = (cents / 100, cents % 100);
        match whole {
            0..1000 => format!("{whole},{cents:02}"),
            _ => format!("{}.{:03},{cents:02}", whole / 1000, whole % 1000),
        }
    });
    assert_verdicts(
        &german,
        &[
            ("121,79", Some(121.79)),
            ("1.234,5", Some(1234.5)),
            ("1.234", Some(1234.0)),
            ("12", Some(12.0)),
            // Only one number can be meant.
            ("121.79", Some(121.79)),
            ("", missing),
            ("NA", missing),
            ("12 EUR", None),
            ("1,234.5", None),
            ("12%", None),
            ("n/k", None),
        ],
    );
}

/// One rule for whole-number columns, with a time column in the version and without one: any number is taken, and what is none
/// is rejected by both.
#[test]
fn a_whole_number_column_takes_the_same_numbers_from_both_with_and_without_times() {
    let numbers = ["3", "3.5", "-0.0", "1e3", "9223372036854775813", "0.1"];
    let no_numbers = ["\"three\"", "true", "[3]", "{}"];
    for with_times in [false, true] {
        let project = Project::new();
        let rows = |from: u32, to: u32| {
            let mut text = "qty,spend,at,left\n".to_string();
            for row in from..to {
                let spend = f64::from(row * 7919 % 4001) + 0.25;
                let left = u8::from(spend + f64::from(row * 31 % 97) > 2000.0);
                text += &format!(
                    "{},{spend},2025-01-{:02}T03:00:00,{left}\n",
                    row % 9,
                    1 + row % 28
                );
            }
            text
        };
        project.write("in/a.csv", &rows(0, 300));
        project.write("test/a.csv", &rows(300, 400));
        project.set("input_folder_path", "in");
        project.set("test_data_path", "test");
        project.set("target", "left");
        project.set("gate", serde_json::json!({"first": "promote"}));
        if !with_times {
            project.set("drop", serde_json::json!(["at"]));
        }
        project.ok(&["run"]);
        let server = Server::of(&project, &[]);
        let row = |qty: &str| {
            let time = if with_times {
                ", \"at\": \"2025-01-05T03:00:00\""
            } else {
                ""
            };
            format!("{{\"qty\": {qty}, \"spend\": 17.5{time}}}")
        };
        let bits = |told: &Value| told["probability"].as_f64().map(f64::to_bits);
        for qty in numbers {
            let body = format!("{{\"rows\": [{}]}}", row(qty));
            let headers = [("content-type", "application/json")];
            let answer = server.send("POST", "/prediction", &headers, body.as_bytes());
            let served = bits(&answer.expect(200).json()["predictions"][0]);
            project.write("one.ndjson", &row(qty));
            let told = project.ok(&["predict", "one.ndjson", "--json"]).stdout;
            let told: Value = serde_json::from_str(&told).expect("a row");
            assert!(served.is_some(), "{qty}");
            assert_eq!(served, bits(&told), "{qty}, with times: {with_times}");
        }
        for qty in no_numbers {
            let body = format!("{{\"rows\": [{}]}}", row(qty));
            let headers = [("content-type", "application/json")];
            let answer = server.send("POST", "/prediction", &headers, body.as_bytes());
            let status = answer.status;
            assert!(status == 422 || status == 400, "{qty}: {}", answer.text());
            project.write("one.ndjson", &row(qty));
            assert_ne!(
                project.unseat(&["predict", "one.ndjson"]).code(),
                0,
                "{qty}"
            );
        }
    }
}
