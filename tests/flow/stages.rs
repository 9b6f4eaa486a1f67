//! Each stage alone.

use crate::support::Project;

#[test]
fn stage_by_stage_comes_to_the_same_as_a_run() {
    let (whole, parts) = (Project::promoted(), Project::promoted());
    whole.ok(&["run", "--input", "sourcedata"]);
    parts.ok(&["ingest", "--input", "sourcedata"]);
    parts.ok(&["train"]);
    parts.ok(&["score"]);
    let deployed = parts.json(&["deploy"]);
    assert_eq!(deployed["outcome"], "promote", "{deployed:#}");
    parts.ok(&["report"]);
    assert!(whole.bundle(2) == parts.bundle(2));
    let (of_whole, of_parts) = (whole.assert_settled(), parts.assert_settled());
    assert_eq!(of_whole.version(2).verdict, of_parts.version(2).verdict);
    for file in [
        "score.json",
        "decision.json",
        "predictions.parquet",
        "latestscore.txt",
    ] {
        let bytes =
            |project: &Project| std::fs::read(project.version_file(2, file)).expect("reads");
        assert!(bytes(&whole) == bytes(&parts), "{file} differs");
    }
    let copied =
        |project: &Project, file: &str| project.read(&format!("production_deployment/{file}"));
    for file in ["trainedmodel.json", "ingestedfiles.txt", "latestscore.txt"] {
        assert!(
            copied(&whole, file) == copied(&parts, file),
            "{file} differs"
        );
    }
    assert_eq!(
        parts.json(&["run", "--input", "sourcedata"])["outcome"],
        "nothing_new"
    );
}

#[test]
fn a_stage_without_what_it_works_on_says_which_comes_first() {
    let project = Project::new();
    insta::assert_snapshot!(project.unseat(&["train"]).shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to find a data set: none was ingested yet; run `unseat ingest` first
    ");
    insta::assert_snapshot!(project.unseat(&["score"]).shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to find version `latest` of `attrition`: it has no version yet; run `unseat run` first
    ");
    project.ok(&["ingest"]);
    project.ok(&["train"]);
    insta::assert_snapshot!(project.unseat(&["report"]).shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to find score.json of version 1: it was not made; run `unseat score` first
    ");
    insta::assert_snapshot!(project.unseat(&["gate", "explain"]).shown(), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to find decision.json of version 1: it was not made; run `unseat deploy` first
    ");
}

#[test]
fn the_transformed_matrices_can_be_looked_at() {
    let project = Project::new();
    project.ok(&["ingest"]);
    project.ok(&["train", "--matrix", "matrix"]);
    for part in ["train", "test"] {
        let frame = unseat::data::read_parquet(&project.path(&format!("matrix/{part}.parquet")))
            .expect("reads");
        assert!(frame.height() > 0 && frame.width() > 3, "{part}");
    }
}
