//! A month of production on the program's own clock: traffic changes in its third week, and labels come a week late. What is seen
//! first without labels, then with them, and what is done about it.

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::{MODEL, Project};

/// Rows of a day.
const ROWS: u64 = 200;
/// The day on which the traffic changes.
const CHANGE: u64 = 15;
/// Days after which a label comes.
const LATE: u64 = 7;
const DAYS: u64 = 28;

/// A time of a day of the month.
fn at(day: u64, time: &str) -> String {
    format!("2026-04-{day:02}T{time}Z")
}

/// The activity of a row, and whether its company left: surely below 100 and above 190, by chance between.
fn row(number: u64, is_changed: bool) -> (u64, u64) {
    let month = if is_changed {
        // From now on most are of the kind that nobody can tell.
        105 + (number * 37) % 81
    } else {
        (number * 37) % 301
    };
    let chance = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 91;
    (month, u64::from(month + chance > 190))
}

fn csv(from: u64, to: u64) -> String {
    let mut text =
        "corporation,lastmonth_activity,lastyear_activity,number_of_employees,exited\n".to_string();
    for number in from..to {
        let (month, exited) = row(number, false);
        text += &format!(
            "c{number},{month},{},{},{exited}\n",
            (number * 53) % 4001,
            number % 41
        );
    }
    text
}

fn project() -> Project {
    let project = Project::empty();
    project.ok(&["init", ".", "--rows", "50"]);
    project.set_all([
        ("score.replicates", json!(100)),
        ("gate.first", json!("promote")),
        ("drift", json!({"window": "day", "action": "retrain"})),
        ("health.min_live_score", json!(0.8)),
        ("labels.per_second", json!(100_000)),
    ]);
    for name in ["dataset1.csv", "dataset2.csv"] {
        std::fs::remove_file(project.path("practicedata").join(name)).expect("is there");
    }
    project.write("practicedata/rows.csv", &csv(0, 3000));
    project.write("testdata/testdata.csv", &csv(5000, 6000));
    let done = project.unseat_with(("UNSEAT_NOW", "2026-03-31T12:00:00Z"), &["run"]);
    assert_eq!(done.code(), 0, "{done}");
    project
}

/// One day: rows are answered, and the labels of a week ago come. Returns ids with their labels to come.
fn day(project: &Project, day: u64) -> Vec<(String, u64)> {
    let noon = at(day, "12:00:00");
    let server = Server::with(project, &[], &[("UNSEAT_NOW", &noon)]);
    let numbers: Vec<u64> = (0..ROWS).map(|at| 10_000 + day * ROWS + at).collect();
    let rows: Vec<Value> = numbers
        .iter()
        .map(|&number| {
            json!({
                "lastmonth_activity": row(number, day >= CHANGE).0, "lastyear_activity": (number * 53) % 4001,
                "number_of_employees": number % 41,
            })
        })
        .collect();
    let answer = server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200)
        .json();
    let ids = answer["predictions"]
        .as_array()
        .expect("a list")
        .iter()
        .zip(numbers);
    let answered = ids
        .map(|(it, number)| {
            (
                it["id"].as_str().expect("an id").to_string(),
                row(number, day >= CHANGE).1,
            )
        })
        .collect();
    if day > 1 {
        // The next server judges the day before.
        let before = at(day - 1, "00:00:00");
        server.until(&format!("/models/{MODEL}/drift?window=30d"), |answer| {
            let answer = answer.json();
            let checks = answer["history"]["checks"]
                .as_array()
                .expect("a list")
                .clone();
            checks
                .iter()
                .any(|check| check["kind"] == "requests" && check["from"] == before)
        });
    }
    let (is_well, talk) = server.stop(rustix::process::Signal::TERM);
    assert!(is_well, "{talk}");
    answered
}

/// What the command says on the evening of a day.
fn told(project: &Project, day: u64, arguments: &[&str]) -> Value {
    let evening = at(day, "20:00:00");
    let arguments = [arguments, &["--json"]].concat();
    project
        .unseat_with(("UNSEAT_NOW", &evening), &arguments)
        .json()
}

/// The scores of a day: by labels, and estimated with its interval.
fn scores(live: &Value, day: u64) -> (Option<f64>, f64, [f64; 2]) {
    let from = at(day, "00:00:00");
    let days = live["days"].as_array().expect("a list");
    let found = days.iter().find(|it| it["from"] == from);
    let found = found.unwrap_or_else(|| panic!("{from} is not in {live:#}"));
    let estimated = &found["estimated"];
    let number = |value: &Value| value.as_f64().expect("a number");
    let interval = [
        number(&estimated["interval"]["low"]),
        number(&estimated["interval"]["high"]),
    ];
    (
        found["labelled"]["score"].as_f64(),
        number(&estimated["value"]),
        interval,
    )
}

fn is_stale(project: &Project, day: u64) -> bool {
    let told = told(project, day, &["diagnose"]);
    told.to_string().contains("\"live_score\"")
}

#[test]
fn a_month_in_which_traffic_changes_and_labels_come_late() {
    let project = project();
    let mut answered = Vec::new();
    for now in 1..=DAYS {
        answered.push(day(&project, now));
        if now > LATE {
            let mut file = "id,label\n".to_string();
            for (id, label) in &answered[(now - LATE - 1) as usize] {
                file += &format!("{id},{label}\n");
            }
            project.write("labels.csv", &file);
            let given = told(&project, now, &["labels", "labels.csv"]);
            assert_eq!(given["counts"], json!({"recorded": ROWS}), "{given:#}");
        }
        let drift = || told(&project, now, &["drift", "--against", "requests"]);
        match now {
            // Two quiet weeks: nothing is wrong, and nothing says so.
            14 => {
                let drift = drift();
                assert_eq!(drift["verdict"], "ok", "{drift:#}");
                assert_eq!(drift["history"]["episodes"], json!([]), "{drift:#}");
                assert!(!is_stale(&project, now));
            }
            // On the evening of the first day, without one label of it: drift, and an estimate that has fallen.
            CHANGE => {
                let live = told(&project, now, &["labels", "--window", "30d"]);
                let (score, estimated, [_, high]) = scores(&live, CHANGE);
                let (_, before, [low, _]) = scores(&live, CHANGE - 1);
                assert_eq!(score, None, "no label can have come: {live:#}");
                assert!(high < low, "{estimated} after {before}: {live:#}");
            }
            // The day after, the window is judged and the policy starts a run, once.
            16 => {
                let drift = drift();
                let episodes = drift["history"]["episodes"].as_array().expect("a list");
                assert_eq!(episodes.len(), 1, "{drift:#}");
                assert_eq!(episodes[0]["began"], at(CHANGE, "00:00:00"), "{drift:#}");
                assert_eq!(episodes[0]["action"], "retrain", "{drift:#}");
                assert_eq!(
                    drift["features"][0]["name"], "lastmonth_activity",
                    "{drift:#}"
                );
            }
            // A week later no label of the changed rows has come yet, so the live score is as good as ever.
            21 => assert!(!is_stale(&project, now)),
            // Then they come, and say what the estimate said.
            22 => {
                let live = told(&project, now, &["labels", "--window", "30d"]);
                let (score, estimated, _) = scores(&live, CHANGE);
                let score = score.expect("the labels have come");
                assert!(
                    (score - estimated).abs() < 0.1,
                    "{score} beside {estimated}"
                );
                let (before, _, _) = scores(&live, CHANGE - 1);
                assert!(before.expect("labels") > score + 0.1, "{live:#}");
            }
            // When most labels of seven days are of changed rows, the live score is below its bound, and the model is stale.
            DAYS => assert!(is_stale(&project, now)),
            _ => {}
        }
    }
    let drift = told(&project, DAYS, &["drift", "--against", "requests"]);
    let episodes = drift["history"]["episodes"].as_array().expect("a list");
    assert_eq!(episodes.len(), 1, "one drift is one episode: {drift:#}");
    assert_eq!(episodes[0]["ended"], Value::Null, "it goes on: {drift:#}");
    let done = episodes[0]["done"].as_str().expect("it was done");
    assert!(done.starts_with("run "), "{done}");
    let jobs = told(&project, DAYS, &["jobs", "list"]);
    assert_eq!(jobs.as_array().map(Vec::len), Some(1), "{jobs:#}");
    let quiet = |check: &&Value| check["kind"] == "requests" && check["verdict"] == "ok";
    let checks = drift["history"]["checks"].as_array().expect("a list");
    assert_eq!(
        checks.iter().filter(quiet).count() as u64,
        CHANGE - 1,
        "{drift:#}"
    );
}
