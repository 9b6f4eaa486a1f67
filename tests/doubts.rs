//! First versions that are doubtful: held, said why, promoted by hand; what `config check` knows before; and what a run
//! says of intervals and of the learner that `auto` chose.

use serde_json::{Value, json};

use crate::support::Project;

/// Rows of a customer table; `label` says what is in the last column.
fn rows(from: u64, to: u64, label: impl Fn(u64, bool) -> String) -> String {
    let mut text = "id,spend,city,left\n".to_string();
    for row in from..to {
        let spend = (row * 37 + row * row * 11) % 503;
        let stays = spend + (row * 7919) % 211 < 330;
        let city = ["Arn", "Belm", "Cob"][(row % 3) as usize];
        text += &format!("{row},{spend}.5,{city},{}\n", label(row, !stays));
    }
    text
}

fn yes_no(_: u64, left: bool) -> String {
    ["no", "yes"][usize::from(left)].to_string()
}

/// A project without a champion.
fn project(files: &[(&str, String)]) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "attrition", "target": "left", "drop": ["id"],
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 200}, "gate": {"replicates": 200},
    });
    project.write("config.json", &config.to_string());
    for (name, text) in files {
        project.write(name, text);
    }
    project
}

fn reasons(report: &Value) -> String {
    let reasons = report["reasons"].as_array().expect("a list").iter();
    reasons
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}

fn checks(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("a list").iter();
    findings.filter_map(|it| it["check"].as_str()).collect()
}

#[test]
fn a_sound_first_version_goes_in() {
    let project = project(&[
        ("in/a.csv", rows(0, 400, yes_no)),
        ("test/t.csv", rows(1000, 1200, yes_no)),
    ]);
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "promote", "{report}");
    assert_eq!(
        (&report["learner"], &report["attempt"]),
        (&json!("logistic"), &json!(1))
    );
}

#[test]
fn labels_of_several_spellings_hold_a_first_version_until_somebody_promotes_it() {
    let spelled = |row: u64, left: bool| match row % 5 {
        0 => yes_no(row, left).to_uppercase(),
        _ => yes_no(row, left),
    };
    let project = project(&[
        ("in/a.csv", rows(0, 400, spelled)),
        ("test/t.csv", rows(1000, 1200, yes_no)),
    ]);
    let done = project.ok(&["run"]);
    let shown = done.shown();
    let says = "classes of `left` differ in case only: `NO` beside `no`; `YES` beside `yes` in a.csv; 4 classes where 2 are meant, so spell them alike, or compute the target in `derive`";
    assert!(
        shown.contains(&format!("note: check `target_spelling`: {says}")),
        "{shown}"
    );
    assert!(
        shown.contains(&format!(
            "held version 1, there is no champion: the first version is doubtful: {says}"
        )),
        "{shown}"
    );
    // Who asks again is told what to do, and so is who wants predictions.
    let again = project.ok(&["run"]).shown();
    assert!(
        again.contains("version 1 is held: look at it with `unseat gate explain 1`, and `unseat promote 1` makes it the champion"),
        "{again}"
    );
    let predicted = project.unseat(&["predict", "test/t.csv"]);
    assert_eq!(predicted.code(), 1);
    assert!(
        predicted
            .shown()
            .contains("find the champion of `attrition`: there is none, since version 1 is held"),
        "{}",
        predicted.shown()
    );
    let explained = project.ok(&["gate", "explain", "1"]).shown();
    assert!(explained.contains("first_version"), "{explained}");
    project.write("policy.json", r#"{"first": "promote"}"#);
    let replayed = project.json(&["gate", "replay", "--policy", "policy.json"]);
    assert!(
        replayed.to_string().contains("let in by `gate.first`"),
        "{replayed}"
    );
    project.ok(&["promote", "1"]);
    let books = project.assert_settled();
    assert_eq!(books.champion(), Some(1));
    project.ok(&["predict", "test/t.csv"]);
}

#[test]
fn findings_stand_in_the_json_of_a_run_and_a_setting_lets_the_version_in() {
    let project = project(&[
        ("in/a.csv", rows(0, 300, yes_no)),
        (
            "in/b.csv",
            rows(300, 500, |_, left| u8::from(left).to_string()),
        ),
        ("in/c.csv", rows(500, 600, yes_no)),
        ("test/t.csv", rows(1000, 1200, yes_no)),
    ]);
    let report = project.json(&["run"]);
    assert_eq!(
        (&report["outcome"], &report["verdict"]),
        (&json!("inconclusive"), &json!("inconclusive"))
    );
    assert_eq!(checks(&report)[..2], ["target_spelling", "target_kinds"]);
    assert!(
        reasons(&report).contains("`left` is of several kinds: text in a.csv, c.csv, numbers in b.csv; write it the same way in every file"),
        "{report}"
    );
    assert_eq!(
        project
            .unseat(&["run", "--force", "--detailed-exit-code"])
            .code(),
        12
    );
    project.set("gate.first", "promote");
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "promote", "{report}");
    assert!(
        reasons(&report).contains(
            "the first version is doubtful, and let in by `gate.first`: classes of `left`"
        )
    );
}

#[test]
fn a_class_that_counts_as_missing_is_counted() {
    let none = |_: u64, left: bool| ["None", "Churned"][usize::from(left)].to_string();
    let project = project(&[
        ("in/a.csv", rows(0, 400, none)),
        ("test/t.csv", rows(1000, 1200, none)),
    ]);
    let done = project.unseat(&["run"]);
    assert_eq!(done.code(), 1);
    let n = rows(0, 400, none).matches("None").count();
    let says = format!("{n} cells `None` of `left`");
    assert!(done.shown().contains(&says), "{}", done.shown());
    assert!(
        done.shown()
            .contains("count as missing by `ingest.null_values`")
    );
    // Some of three classes: trained, and held.
    let some = |row: u64, left: bool| {
        if row.is_multiple_of(4) {
            "None".to_string()
        } else {
            yes_no(row, left)
        }
    };
    let project = self::project(&[
        ("in/a.csv", rows(0, 400, some)),
        ("test/t.csv", rows(1000, 1200, yes_no)),
    ]);
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "inconclusive", "{report}");
    assert!(
        reasons(&report).contains(
            "100 cells `None` of `left` (25 % of the rows, the first in a.csv) count as missing"
        ),
        "{report}"
    );
}

#[test]
fn what_enough_rows_show_to_be_worse_than_nothing_is_held_and_five_are_too_few() {
    // Numbers that nothing tells, and one far off: the mean is nearer.
    let far = |row: u64, _: bool| {
        if row == 7 {
            "9990000000000000.5".to_string()
        } else {
            format!("{}.5", row % 13)
        }
    };
    let project = project(&[
        ("in/a.csv", rows(0, 300, far)),
        ("test/t.csv", rows(1000, 1100, far)),
    ]);
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "inconclusive", "{report}");
    let why = reasons(&report);
    assert!(
        why.contains("the first version is doubtful: R² -")
            && why.contains("is worse than always_m"),
        "{why}"
    );
    let project = self::project(&[
        ("in/a.csv", rows(0, 300, far)),
        ("test/t.csv", rows(1000, 1005, far)),
    ]);
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "promote", "{report}");
    assert_eq!(
        report["scores"]["challenger"]["intervals"],
        json!([]),
        "five rows give no interval"
    );
}

#[test]
fn test_data_that_cannot_judge_ends_a_run_before_it_trains() {
    let project = project(&[
        ("in/a.csv", rows(0, 300, yes_no)),
        ("test/t.csv", "id,spend,city,left\n".to_string()),
    ]);
    for (text, says) in [
        (
            "id,spend,city,left\n",
            "find test data in test: the files have headers but no rows",
        ),
        (
            "id,spend,city,left\n1,2,Arn,\n",
            "find test data in test: no row has a value in `left`",
        ),
        (
            "id,spend,city,lft\n1,2,Arn,no\n",
            "find the column `left` (the target) in the test data; did you mean `lft`?",
        ),
        (
            "id,city,left\n1,Arn,no\n",
            "find the column `spend` (learned from) in the test data",
        ),
        (
            "id,spend,city,left\n1,2,Arn,0\n2,3,Arn,1\n",
            "find test data in test: no label there is one of the 2 classes of the data set: `left` is `0`, `1` there and `no`, `yes` here; spell them alike",
        ),
    ] {
        project.write("test/t.csv", text);
        let done = project.unseat(&["run"]);
        let shown = done.shown();
        assert_eq!(done.code(), 1, "{shown}");
        assert!(shown.contains(says), "{says}\nnot in\n{shown}");
        assert!(!shown.contains("train   version"), "{shown}");
        let checked = project.unseat(&["config", "check"]);
        assert_eq!(checked.code(), 2);
        assert!(
            checked
                .shown()
                .contains(&format!("problem: a run would fail to {says}")),
            "{}",
            checked.shown()
        );
    }
    let list = project.json(&["versions", "list"]);
    assert_eq!(list, json!([]), "no number was used up");
}

#[test]
fn config_check_tells_every_problem_at_once_and_in_json() {
    let project = project(&[
        ("in/a.csv", rows(0, 300, yes_no)),
        ("test/t.csv", rows(1000, 1100, yes_no)),
    ]);
    assert_eq!(project.json(&["config", "check"])["valid"], true);
    let mut config = project.read_json("config.json");
    config["drop"] = json!(["idd"]);
    config["schema"] = json!({"spent": {"min": 0}});
    config["positive_class"] = json!("left");
    project.write("config.json", &config.to_string());
    let done = project.unseat(&["config", "check", "--json"]);
    assert_eq!(done.code(), 2);
    let told: Value =
        serde_json::from_str(done.stdout.lines().next().expect("a line")).expect("JSON");
    assert_eq!(told["valid"], false);
    assert_eq!(
        told["models"][0]["problems"],
        json!([
            "find the column `idd` (`drop`) in the data set; did you mean `id`?",
            "find the column `spent` (`schema`) in the data set; did you mean `spend`?",
            "learn `left`: `positive_class` is `left`, but the classes are no, yes",
        ])
    );
    assert!(!project.path("unseat.db").exists(), "nothing is written");
}

#[test]
fn the_learner_that_auto_chose_is_named() {
    let project = project(&[
        ("in/a.csv", rows(0, 300, yes_no)),
        ("test/t.csv", rows(1000, 1100, yes_no)),
    ]);
    project.set("learner", json!({"kind": "auto", "max_fits": 24}));
    let done = project.ok(&["run"]);
    let shown = done.shown();
    let version = project.json(&["versions", "show", "1"]);
    let learner = version["learner"]["kind"]
        .as_str()
        .expect("a name")
        .to_string();
    let n = version["leaderboard"].as_array().expect("a list").len();
    assert!(n > 0 && learner != "auto", "{version}");
    assert!(
        shown.contains(&format!("train   version 1 (`auto` chose {learner}) on ")),
        "{shown}"
    );
    assert!(
        shown.contains(&format!(
            "learner     {learner}, chosen by `auto` from {n} candidates"
        )),
        "{shown}"
    );
    let list = project.ok(&["versions", "list"]).shown();
    assert!(
        list.contains("learner") && list.contains(&learner),
        "{list}"
    );
    let model = project.ok(&["models", "show"]).shown();
    assert!(model.contains(&format!("learner: {learner}")), "{model}");
}

#[test]
fn a_number_is_learned_alike_by_the_default_and_by_ridge() {
    let amount = |row: u64, _: bool| format!("{}.25", row * 37 % 503);
    let files = [
        ("in/a.csv", rows(0, 300, amount)),
        ("test/t.csv", rows(1000, 1100, amount)),
    ];
    let predictions = |kind: Option<&str>| {
        let project = project(&files);
        project.set("gate.first", "promote");
        if let Some(kind) = kind {
            project.set("learner", json!({"kind": kind}));
        }
        project.ok(&["run"]);
        project.ok(&["predict", "test/t.csv"]).stdout.clone()
    };
    let by_default = predictions(None);
    assert!(by_default.lines().count() > 100, "{by_default}");
    assert_eq!(by_default, predictions(Some("ridge")));
    assert_ne!(by_default, predictions(Some("linear")));
}
