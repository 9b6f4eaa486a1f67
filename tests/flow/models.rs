//! Several models in one project, and what is listed of versions, runs and models.

use serde_json::json;

use crate::support::Project;

fn with_two_models() -> Project {
    let project = Project::new();
    project.set(
        "models",
        json!({
            "attrition": {},
            "size": {"learner": {"c": 0.01}, "drop": ["number_of_employees"]},
        }),
    );
    project
}

#[test]
fn each_of_several_models_has_its_own_champion() {
    let project = with_two_models();
    let done = project.ok(&["run", "--json"]);
    let reports: Vec<serde_json::Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("one report a line"))
        .collect();
    let outcomes: Vec<_> = reports
        .iter()
        .map(|report| (&report["model"], &report["outcome"]))
        .collect();
    assert_eq!(
        outcomes,
        [
            (&json!("attrition"), &json!("promote")),
            (&json!("size"), &json!("promote"))
        ]
    );
    assert_ne!(reports[0]["run"], reports[1]["run"]);
    for model in ["attrition", "size"] {
        let manifest = project.read_json(&format!("production_deployment/{model}/manifest.json"));
        assert_eq!(manifest["model"], model);
    }
    project.ok(&["run", "--model", "size", "--input", "sourcedata"]);
    let listed = project.json(&["models", "list"]);
    assert_eq!(
        (&listed[0]["versions"], &listed[1]["versions"]),
        (&json!(1), &json!(2))
    );

    let done = project.unseat(&["predict", "testdata/testdata.csv"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(
        done.stderr
            .contains("add `--model NAME`, one of attrition, size"),
        "{done}"
    );
    project.ok(&["predict", "testdata/testdata.csv", "--model", "size"]);
    let done = project.unseat(&["run", "--model", "sise"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(
        done.stderr.contains("the project has attrition, size"),
        "{done}"
    );
}

#[test]
fn one_models_trouble_does_not_keep_the_others_from_their_run() {
    let project = with_two_models();
    project.set("models.attrition", json!({"target": "exitted"}));
    let done = project.unseat(&["run"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("did you mean `exited`?"), "{done}");
    let listed = project.json(&["models", "list"]);
    assert_eq!(listed[0]["champion"], json!(null));
    assert_eq!(listed[1]["champion"]["version"], 1);
}

#[test]
fn parts_of_another_models_run_are_left_alone() {
    let project = with_two_models();
    project.ok(&["run"]);
    project.write(
        "models/size/v9_x/.part-predictions.parquet",
        "being written",
    );
    project.write(
        "models/attrition/v9_x/.part-predictions.parquet",
        "left over",
    );
    project.ok(&["run", "--model", "attrition"]);
    assert!(
        project
            .path("models/size/v9_x/.part-predictions.parquet")
            .exists()
    );
    assert!(
        !project
            .path("models/attrition/v9_x/.part-predictions.parquet")
            .exists()
    );
}

#[test]
fn versions_and_runs_are_listed_and_found_by_latest_and_by_a_unique_beginning() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project.ok(&["run"]);
    insta::assert_snapshot!(project.ok(&["versions"]).stdout, @r"
    version  made                  verdict  f1      learner   folder
    2 *      2026-03-01T00:02:00Z  promote  0.7296  logistic  models/attrition/v2_20260301T000200Z/
    1        2026-03-01T00:01:00Z  promote  0.6548  logistic  models/attrition/v1_20260301T000100Z/
    ");
    insta::assert_snapshot!(project.ok(&["runs", "list"]).stdout, @r"
    run                         model      by   started               took  outcome      version
    20260301T000300Z-000c3e493  attrition  cli  2026-03-01T00:03:00Z  0 ms  nothing_new
    20260301T000200Z-0004d5ba4  attrition  cli  2026-03-01T00:02:00Z  0 ms  promote      2
    20260301T000100Z-00069a586  attrition  cli  2026-03-01T00:01:00Z  0 ms  promote      1
    ");
    insta::assert_snapshot!(project.ok(&["models"]).stdout, @r"
    model      champion  since                 versions  last run              outcome      stale
    attrition  2         2026-03-01T00:02:00Z  2         2026-03-01T00:03:00Z  nothing_new
    ");

    let runs = project.json(&["runs", "list", "-n", "2"]);
    assert_eq!(runs.as_array().map(Vec::len), Some(2));
    let id = runs[1]["id"].as_str().expect("an id");
    assert_eq!(project.json(&["runs", "show", id])["outcome"], "promote");
    assert_eq!(
        project.json(&["runs", "show", &id[..id.len() - 2]])["id"],
        id
    );
    assert_eq!(project.json(&["runs", "show"])["outcome"], "nothing_new");
    assert_eq!(
        project.json(&["runs", "show", "latest"])["outcome"],
        "nothing_new"
    );
    let report = &project.json(&["runs", "show", id])["record"];
    assert_eq!(report["version"], 2);

    insta::assert_snapshot!(project.unseat(&["runs", "show", "2026"]).shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to find one run: several ids begin with `2026`
    hint: give more of the id
    ");
    insta::assert_snapshot!(project.unseat(&["runs", "show", "1999"]).shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to find a run whose id begins with `1999`
    hint: `unseat runs list` shows the ids
    ");

    for version in ["latest", "champion", "2", "v2"] {
        assert_eq!(
            project.json(&["versions", "show", version])["version"]["number"],
            2
        );
    }
    insta::assert_snapshot!(project.unseat(&["versions", "show", "3"]).shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to find version `3` of `attrition`: there are 1, 2; `unseat versions` lists them
    ");
}
