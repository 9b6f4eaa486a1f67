//! Every figure on a page is the one that the command line tells: both are built by the same functions, and this walks them.

use serde_json::Value;

use super::{csrf, form, page};
use crate::serve::Server;
use crate::support::{MODEL, Project};

/// A score as pages write it.
pub fn short(value: &Value) -> String {
    unseat::overview::short(value.as_f64().expect("a number"))
}

/// A whole number with its thousands apart.
pub fn counted(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", counted(number / 1000), number % 1000),
    }
}

/// A project with two versions and a quarantined file.
fn project() -> Project {
    let project = Project::promoted();
    project.write(
        "practicedata/more.csv",
        &project.read("sourcedata/dataset3.csv"),
    );
    project.write("practicedata/bad.csv", "a,b\n1,2,3\n");
    project.ok(&["run"]);
    project
}

#[test]
fn pages_show_what_the_command_line_says() {
    let project = project();
    let status = project.json(&["status"]);
    let versions = project.json(&["versions", "list"]);
    let compared = project.json(&["compare", "1", "2"]);
    let decision = project.json(&["gate", "explain", "2"]);
    let runs = project.json(&["runs", "list"]);
    let server = Server::of(&project, &[]);
    let has = |text: &str, wanted: &str, what: &str| {
        assert!(text.contains(wanted), "{what}: `{wanted}` is not in {text}");
    };

    let home = page(&server, "/", None).expect(200).text();
    let model = &status["models"][0];
    has(
        &home,
        status["says"].as_str().expect("a text"),
        "the sentence",
    );
    for need in model["needs"].as_array().expect("a list") {
        has(&home, need.as_str().expect("a text"), "a need");
    }
    has(&home, &short(&model["score"]["value"]), "the score");
    has(
        &home,
        &short(&model["score"]["interval"][0]),
        "its interval",
    );
    let delta = model["decision"]["delta"].as_f64().expect("a number");
    has(
        &home,
        &format!("+{}", unseat::overview::short(delta)),
        "the gain",
    );
    for entry in model["timeline"].as_array().expect("a list") {
        let run = entry["run"].as_str().expect("a run");
        has(&home, &format!("ui/runs/{run}"), "a run");
    }
    for next in model["schedule"]["next"].as_array().expect("a list") {
        has(&home, next.as_str().expect("a time"), "a next run");
    }

    let shown = page(&server, &format!("/ui/models/{MODEL}"), None)
        .expect(200)
        .text();
    for version in versions.as_array().expect("a list") {
        let number = &version["number"];
        has(
            &shown,
            &format!("ui/models/{MODEL}/versions/{number}"),
            "a version",
        );
        has(&shown, version["run"].as_str().expect("a run"), "its run");
    }
    for pair in compared["metrics"].as_array().expect("a list") {
        if pair["decides"] == true {
            has(&shown, &short(&pair["a"]), "the score of version 1");
            has(
                &shown,
                &short(&pair["b_interval"][1]),
                "the interval of version 2",
            );
        }
    }

    let page_2 = page(&server, &format!("/ui/models/{MODEL}/versions/2"), None)
        .expect(200)
        .text();
    for rule in decision["rules"].as_array().expect("a list") {
        has(&page_2, rule["name"].as_str().expect("a name"), "a rule");
        if rule["group"] != "evidence" && rule["value"].is_number() {
            has(&page_2, &short(&rule["value"]), "its value");
        }
    }
    for cell in decision["challenger"]["confusion"]
        .as_array()
        .into_iter()
        .flatten()
    {
        for count in cell.as_array().into_iter().flatten() {
            let count = counted(count.as_u64().expect("a count"));
            has(&page_2, &count, "a cell of the confusion matrix");
        }
    }

    let beside = page(
        &server,
        &format!("/ui/models/{MODEL}/compare?a=1&b=2"),
        None,
    )
    .expect(200)
    .text();
    for pair in compared["metrics"].as_array().expect("a list") {
        has(&beside, &short(&pair["a"]), "a metric of version 1");
        has(&beside, &short(&pair["b"]), "a metric of version 2");
        let difference = pair["difference"].as_f64().expect("a number");
        has(&beside, &format!("{difference:+.4}"), "a difference");
    }
    for key in ["both_right", "only_a_right", "only_b_right"] {
        let count = counted(compared["flips"][key].as_u64().expect("a count"));
        has(&beside, &count, key);
    }

    let timeline = page(&server, "/ui/runs", None).expect(200).text();
    for run in runs.as_array().expect("a list") {
        has(&timeline, run["id"].as_str().expect("an id"), "a run");
    }
    let logs = project.json(&["runs", "show"]);
    let run = page(&server, "/ui/runs/latest", None).expect(200).text();
    has(&run, logs["id"].as_str().expect("an id"), "the run");
    has(&run, "bad.csv, line 2", "the quarantined file");
    let data = page(&server, &format!("/ui/models/{MODEL}/data"), None)
        .expect(200)
        .text();
    let rows = model["data"]["rows"].as_u64().expect("a count");
    has(&data, &counted(rows), "the rows");
    has(&data, "lastmonth_activity", "a column");
}

#[test]
fn a_prediction_on_a_page_is_the_one_of_the_api() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let path = format!("/ui/models/{MODEL}/try");
    let row = [
        ("lastmonth_activity", "78"),
        ("lastyear_activity", "1024"),
        ("number_of_employees", "12"),
    ];
    let query: Vec<String> = row
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let told = server
        .get(&format!("/prediction?{}&explain=true", query.join("&")))
        .expect(200)
        .json();
    let told = &told["predictions"][0];
    let start = page(&server, &path, None).expect(200);
    let csrf = csrf(&start);
    let names: Vec<String> = row.iter().map(|(name, _)| format!("c.{name}")).collect();
    let mut fields: Vec<(&str, &str)> = names
        .iter()
        .zip(row)
        .map(|(name, (_, value))| (name.as_str(), value))
        .collect();
    fields.push(("csrf", &csrf));
    let shown = form(&server, &path, None, &fields).expect(200).text();
    let prediction = told["prediction"]
        .as_str()
        .map_or_else(|| told["prediction"].to_string(), str::to_string);
    assert!(
        shown.contains(&format!("Prediction: {prediction}")),
        "{shown}"
    );
    for (column, push) in told["contributions"]["columns"]
        .as_object()
        .expect("columns")
    {
        let push = format!("{:+.4}", push.as_f64().expect("a number"));
        assert!(
            shown.contains(column) && shown.contains(&push),
            "{column} {push}: {shown}"
        );
    }
    let csv = "lastmonth_activity,lastyear_activity,number_of_employees\n78,1024,12\n,1,2\n";
    let two = form(&server, &path, None, &[("csrf", &csrf), ("csv", csv)])
        .expect(200)
        .text();
    assert!(two.contains("2 predictions"), "{two}");
    let bad = form(
        &server,
        &path,
        None,
        &[("csrf", &csrf), ("csv", "nothing\n1\n")],
    );
    assert_eq!(bad.status, 422);
    assert!(bad.text().contains("role=\"alert\""), "{}", bad.text());
}

#[test]
fn the_status_says_whether_anything_needs_somebody() {
    let project = Project::promoted();
    let calm = project.unseat(&["status", "--detailed-exit-code"]);
    assert_eq!(calm.code(), 0, "{calm}");
    assert!(calm.stdout.contains("Nothing needs you."), "{calm}");
    std::fs::rename(project.path("practicedata"), project.path("aside")).expect("moves");
    project.unseat(&["run", "--force"]);
    let failing = project.unseat(&["status", "--detailed-exit-code"]);
    assert_eq!(failing.code(), 15, "{failing}");
    assert!(failing.stdout.contains("failed to read"), "{failing}");
    assert_eq!(project.unseat(&["status"]).code(), 0);
}
