//! Labels through the whole program: given over HTTP and by file, told again, and checked against the answers.

pub mod fresh;
mod learned;
mod mistakes;
mod rotated;
mod wanted;

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::{MODEL, Project};

fn rows(from: u64, n: u64) -> Value {
    let row = |row: u64| {
        json!({
            "lastmonth_activity": (row * 37) % 301, "lastyear_activity": (row * 53) % 4001, "number_of_employees": row % 41,
        })
    };
    json!({"rows": (from..from + n).map(row).collect::<Vec<_>>()})
}

/// Ids and predictions of some answers, once they are kept.
fn answered(server: &Server, n: u64) -> Vec<(String, Value)> {
    let all = rows(0, n);
    answered_rows(server, all["rows"].as_array().expect("a list"))
}

/// The same of these rows.
fn answered_rows(server: &Server, rows: &[Value]) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for part in rows.chunks(50) {
        let answer = server
            .post("/prediction", &json!({"rows": part}))
            .expect(200)
            .json();
        let predictions = answer["predictions"].as_array().expect("a list").clone();
        all.extend(predictions.iter().map(|it| {
            (
                it["id"].as_str().expect("an id").to_string(),
                it["prediction"].clone(),
            )
        }));
    }
    server.until("/metrics", |answer| {
        answer
            .text()
            .contains(&format!("unseat_answers_kept_total {}\n", rows.len()))
    });
    all
}

fn counts(answer: &Value) -> &Value {
    &answer["counts"]
}

/// Every fourth answer was wrong.
fn labels(answers: &[(String, Value)]) -> Vec<Value> {
    let label = |(at, (id, said)): (usize, &(String, Value))| {
        let truth = if at % 4 == 0 {
            1 - said.as_i64().expect("0 or 1")
        } else {
            said.as_i64().expect("0 or 1")
        };
        json!({"id": id, "label": truth, "observed_at": "2026-04-01T00:00:00Z"})
    };
    answers.iter().enumerate().map(label).collect()
}

fn stop(server: Server) {
    let (is_well, talk) = server.stop(rustix::process::Signal::TERM);
    assert!(is_well, "{talk}");
}

#[test]
fn enough_labels_start_a_run_and_fewer_do_not() {
    let project = Project::promoted();
    project.set("retrain.on_labels", 30);
    let server = Server::of(&project, &[]);
    let answers = answered(&server, 60);
    let all = labels(&answers);
    let by_labels = || {
        let jobs = project.json(&["jobs", "list"]);
        let jobs = jobs.as_array().expect("a list").clone();
        let own = jobs.iter().filter(|job| job["actor"] == "labels");
        own.map(|job| job["force"].clone()).collect::<Vec<_>>()
    };
    let give = |labels: &[Value]| {
        let given = server.post("/labels", &json!({"labels": labels}));
        given.expect(200);
    };
    give(&all[..29]);
    // The same look that computes the live score decides whether a run is started.
    server.until("/metrics", |answer| {
        let text = answer.text();
        let lines = text.lines();
        lines
            .filter(|line| line.starts_with("unseat_live_labelled_answers{"))
            .any(|line| line.ends_with(" 29"))
    });
    assert!(by_labels().is_empty());
    give(&all[29..40]);
    server.until("/healthz", |_| !by_labels().is_empty());
    assert_eq!(by_labels(), [json!(false)]);
    stop(server);
}

#[test]
fn labels_come_to_outcomes_and_say_how_good_the_answers_were() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answers = answered(&server, 200);
    let all = labels(&answers);
    let dry = server
        .post("/labels?dry_run=true", &json!({"labels": all}))
        .expect(200)
        .json();
    assert_eq!(counts(&dry), &json!({"recorded": 200}));
    // Shuffled by their ids: they are matched by those.
    let mut shuffled = all.clone();
    shuffled.sort_by_key(|it| {
        it["id"]
            .as_str()
            .map(|id| id.bytes().rev().collect::<Vec<_>>())
    });
    let given = server
        .post("/labels", &json!({"model": MODEL, "labels": shuffled}))
        .expect(200)
        .json();
    assert_eq!(counts(&given), &json!({"recorded": 200}));
    let again = server
        .post("/labels", &json!({"labels": all}))
        .expect(200)
        .json();
    assert_eq!(counts(&again), &json!({"unchanged": 200}));
    let id = &answers[0].0;
    let old = format!("{:011x}c0ffee00000001-0", 1_000_000);
    let odd = json!({"labels": [
        {"id": id, "label": answers[0].1, "observed_at": "2026-04-02T00:00:00Z"},
        {"id": id, "label": 7},
        {"id": id, "label": 1, "observed_at": "2026-04-02T00:00:00"},
        {"id": answers[1].0, "label": 1 - answers[1].1.as_i64().expect("0 or 1"), "observed_at": "2026-04-01T00:00:00Z", "source": "other"},
        {"id": answers[2].0, "label": 1 - answers[2].1.as_i64().expect("0 or 1"), "observed_at": "2026-03-31T00:00:00Z"},
        {"id": "somebody's own", "label": 1},
        {"id": old, "label": 1},
    ]});
    let odd = server.post("/labels", &odd).expect(200).json();
    let outcomes: Vec<&str> = odd["labels"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["outcome"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        outcomes,
        [
            "replaced",
            "invalid",
            "invalid",
            "conflict",
            "superseded",
            "held",
            "too_late"
        ],
        "{odd:#}"
    );
    let live = server
        .get(&format!("/models/{MODEL}/live"))
        .expect(200)
        .json();
    let whole = &live["versions"][0];
    let coverage = &whole["labelled"]["coverage"];
    assert_eq!(
        (&coverage["answers"], &coverage["labelled"]),
        (&json!(200), &json!(199)),
        "{live:#}"
    );
    assert_eq!(coverage["conflicts"], 1);
    assert!(
        whole["labelled"]["score"].is_number() && whole["labelled"]["interval"].is_object(),
        "{live:#}"
    );
    assert!(whole["estimated"]["value"].is_number(), "{live:#}");
    assert!(whole["difference"].is_number(), "{live:#}");
    stop(server);
    // The command says the same.
    let told = project.json(&["labels", "--window", "30d"]);
    assert_eq!(told["versions"][0]["labelled"], whole["labelled"]);
    assert_eq!(told["outcomes"]["recorded"], 200);
    assert!(
        project.ok(&["labels"]).shown().contains("199 (100 %"),
        "{told:#}"
    );
}

#[test]
fn a_file_of_labels_is_taken_in_and_again() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answers = answered(&server, 60);
    stop(server);
    let mut text = "id,exited,observed_at\n".to_string();
    for (at, (id, said)) in answers.iter().enumerate() {
        // One has not come yet.
        let label = if at == 3 {
            String::new()
        } else {
            said.to_string()
        };
        text += &format!("{id},{label},2026-04-01T00:00:00Z\n");
    }
    project.write("outcomes.csv", &text);
    let dry = project.json(&["labels", "outcomes.csv", "--dry-run"]);
    assert_eq!(
        (counts(&dry), &dry["dry_run"]),
        (&json!({"recorded": 59}), &json!(true))
    );
    assert_eq!(
        counts(&project.json(&["labels", "outcomes.csv"])),
        &json!({"recorded": 59})
    );
    assert_eq!(
        counts(&project.json(&["labels", "outcomes.csv"])),
        &json!({"unchanged": 59})
    );
    let live = project.json(&["labels", "--window", "30d"]);
    assert_eq!(live["versions"][0]["labelled"]["coverage"]["labelled"], 59);
    project.write("none.csv", "who,exited\na,1\n");
    let none = project.unseat(&["labels", "none.csv"]);
    assert_eq!(none.code(), 1);
    assert!(
        none.shown().contains("find the column `id`"),
        "{}",
        none.shown()
    );
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answers = answered(&server, 50);
    let given = server
        .post("/labels", &json!({"labels": labels(&answers)}))
        .expect(200)
        .json();
    assert_eq!(counts(&given), &json!({"recorded": 50}));
    server.signal(rustix::process::Signal::KILL);
    server.ended();
    let live = project.json(&["labels", "--window", "30d"]);
    assert_eq!(
        live["versions"][0]["labelled"]["coverage"]["labelled"], 50,
        "{live:#}"
    );
    let server = Server::of(&project, &[]);
    let again = server
        .post("/labels", &json!({"labels": labels(&answers)}))
        .expect(200)
        .json();
    assert_eq!(counts(&again), &json!({"unchanged": 50}));
    stop(server);
}

#[test]
fn nothing_of_a_row_is_kept_and_nothing_at_all_where_it_is_off() {
    let project = Project::promoted();
    project.set("labels", json!({"enabled": false}));
    let server = Server::of(&project, &[]);
    server.post("/prediction", &rows(0, 50)).expect(200);
    stop(server);
    let live = project.json(&["labels", "--window", "30d"]);
    assert_eq!(live["versions"], json!([]));
    assert!(project.ok(&["labels"]).shown().contains("no data"));
}
