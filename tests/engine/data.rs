//! Projects whose cells are of every sort that the engine takes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::Project;

/// Labels that SQL could stumble over.
const PLANS: [&str; 6] = [
    "basic",
    "it's",
    "back\\slash",
    "plus, \"und\"",
    "große",
    "two\nlines",
];

/// Rows of customers: numbers with gaps, flags, labels with blanks around them, and what is predicted, which hangs on them.
fn rows(first: usize, n: usize, columns: [&str; 6]) -> String {
    let mut text = columns.join(",") + "\n";
    for row in first..first + n {
        let mix = (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        let age = 18 + mix % 60;
        let place = (mix / 61 % 6) as usize;
        let spend = (mix / 367 % 10_007) as f64 / 7.0;
        let chance = mix / 1009 % 100;
        let left = (age / 2 + 5 * place as u64 + chance / 2) > 62;
        let number = age as f64 * 1.5 + spend / 10.0 + place as f64 * 12.25 + chance as f64 / 9.0;
        let cell = |cell: String, every: u64| {
            if mix % every == 3 {
                String::new()
            } else {
                cell
            }
        };
        let quoted = format!("\"{}\"", PLANS[place].replace('"', "\"\""));
        let blank = if mix.is_multiple_of(5) && !PLANS[place].contains('\n') {
            " "
        } else {
            ""
        };
        let plan = if blank.is_empty() {
            quoted
        } else {
            format!("\"{blank}{}{blank}\"", PLANS[place].replace('"', "\"\""))
        };
        for (at, column) in columns.iter().enumerate() {
            let written = match *column {
                "age" => cell(age.to_string(), 17),
                "spend" => cell(format!("{spend}"), 13),
                "member" => cell((mix % 7 < 3).to_string().to_uppercase(), 19),
                "plan" => cell(plan.clone(), 23),
                "left" => if left { "yes" } else { "no" }.to_string(),
                "worth" => format!("{number:.3}"),
                "tier" => ["low", "middle", "high's"][(number / 50.0) as usize % 3].to_string(),
                _ => String::new(),
            };
            let end = if at + 1 < columns.len() { "," } else { "\n" };
            let _ = write!(text, "{written}{end}");
        }
    }
    text
}

/// A project of three files, one with its columns in another order, with rows that stand twice.
pub fn project(target: &str, more: &Value) -> Project {
    let project = Project::empty();
    let other = if target == "left" { "worth" } else { "left" };
    let mut config = json!({
        "name": "customers", "target": target, "drop": [other],
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "score": {"replicates": 100}, "gate": {"replicates": 200, "first": "promote", "out_of_fold_rows": 0},
    });
    for (key, value) in more.as_object().expect("an object") {
        config[key] = value.clone();
    }
    // Folds of few rows are drawn without an engine only.
    config["split"]["fold_rows"] = json!(0);
    project.write("config.json", &config.to_string());
    let last = if target == "tier" { "tier" } else { "worth" };
    let order = ["age", "spend", "member", "plan", "left", last];
    project.write("data/a.csv", &rows(0, 500, order));
    project.write("data/b.csv", &rows(450, 400, order));
    let other = [last, "plan", "member", "spend", "age", "left"];
    project.write("data/c.csv", &rows(900, 300, other));
    project.write("test/rows.csv", &rows(5000, 400, order));
    project
}

/// The same project by the engine at an address.
pub fn by_engine(project: &Project, url: &str, more: &Value) -> Project {
    let twin = project.copy();
    let mut engine = json!({"kind": "spark", "url": url, "lost_seconds": 1});
    for (key, value) in more.as_object().expect("an object") {
        engine[key] = value.clone();
    }
    twin.set("engine", engine);
    twin
}

/// The folders that engines wrote below the output folder, by name.
pub fn engine_folders(project: &Project) -> BTreeSet<String> {
    let files = project.hashes(&["ingested"]).into_keys();
    let folders = files.filter_map(|name| Some(name.split('/').nth(1)?.to_string()));
    folders.filter(|name| name.ends_with(".engine")).collect()
}
