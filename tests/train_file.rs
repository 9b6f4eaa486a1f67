//! `unseat train FILE --output OUT`: a model from one file to one file.

use serde_json::json;

use crate::serve::Server;
use crate::support::{Project, files_below};

#[test]
fn a_file_becomes_a_model_that_is_served_and_the_project_is_untouched() {
    let project = Project::new();
    let before = files_below(project.root());
    let done = project.ok(&[
        "train",
        "practicedata/dataset1.csv",
        "--output",
        "model.json",
    ]);
    assert!(done.stderr.contains("train   version 1"), "{done}");
    let mut after = files_below(project.root());
    assert!(after.remove("model.json").is_some());
    assert_eq!(after, before, "no version, no data set, no database");

    let bundle = project.path("model.json");
    let bundle = bundle.to_str().expect("UTF-8");
    let rows = json!({"rows": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]});
    let by_flag = Server::of(&project, &["--bundle", bundle]);
    let told = by_flag.post("/prediction", &rows).json();
    assert_eq!(told["model"], "model");
    let by_variable = Server::with(&project, &[], &[("MODEL_FILEPATH", bundle)]);
    let same = by_variable.post("/prediction", &rows).json();
    assert_eq!(
        told["predictions"][0]["probability"],
        same["predictions"][0]["probability"]
    );
}

#[test]
fn a_folder_is_trained_on_without_a_project() {
    let project = Project::new();
    let nowhere = Project::empty();
    let data = project.path("practicedata");
    let data = data.to_str().expect("UTF-8");
    nowhere.ok(&[
        "train",
        data,
        "--output",
        "model.json",
        "--set",
        "learner.kind=baseline",
    ]);
    let model = nowhere.read("model.json");
    assert!(model.contains("\"kind\":\"baseline\""), "{model}");
    let left: Vec<String> = files_below(nowhere.root()).into_keys().collect();
    assert_eq!(left, ["model.json"]);
}

#[test]
fn what_cannot_be_trained_on_leaves_the_old_model() {
    let project = Project::new();
    project.write("model.json", "old");
    project.write("one.csv", "a,b,y\n1,2,x\n3,4,x\n");
    for (file, says) in [("none.csv", "none.csv"), ("one.csv", "y")] {
        let done = project.unseat(&["train", file, "--output", "model.json"]);
        assert_eq!(done.code(), 1, "{done}");
        assert!(done.stderr.contains(says), "{done}");
        assert_eq!(project.read("model.json"), "old");
    }
    let done = project.unseat(&["train", "one.csv"]);
    assert_eq!(done.code(), 2, "{done}");
}

#[test]
fn every_row_is_learned_from_where_no_validation_part_is_wanted() {
    let project = Project::new();
    project.set("split", json!({"validation": 0}));
    let done = project.ok(&["run"]);
    assert!(
        done.stderr.contains(" 0 validation rows, threshold 0.500"),
        "{done}"
    );
    assert!(done.stderr.contains("the threshold stays 0.5"), "{done}");
    let check = project.ok(&["config", "check"]);
    assert!(check.stdout.contains("on 100 % of the rows"), "{check}");

    project.set("learner", json!({"kind": "auto"}));
    let done = project.unseat(&["config", "check"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(done.stderr.contains("split.validation"), "{done}");
}
