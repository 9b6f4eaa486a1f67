//! Other folders in the settings: the champion stays in service, and what was kept elsewhere is still found.

use std::fs;

use crate::serve::Server;
use crate::support::Project;

fn two_versions() -> Project {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project
}

#[test]
fn another_output_model_path_takes_nothing_out_of_service() {
    let project = two_versions();
    let before = project.ok(&["predict", "testdata/testdata.csv"]).stdout;
    project.set("output_model_path", "elsewhere/models");
    assert_eq!(
        project.ok(&["predict", "testdata/testdata.csv"]).stdout,
        before
    );
    project.ok(&["predict", "testdata/testdata.csv", "--version", "1"]);
    let server = Server::of(&project, &[]);
    assert_eq!(server.get("/readyz").expect(200).text(), "ok");
    drop(server);
    assert_eq!(
        project.json(&["run", "--input", "sourcedata"])["outcome"],
        "nothing_new"
    );
    let next = project.json(&["run", "--force", "--input", "sourcedata"]);
    assert_eq!(next["version"], 3, "{next:#}");
    assert!(project.path("elsewhere/models/attrition").exists());
    project.ok(&["promote", "1"]);
    project.ok(&["gate", "explain", "2"]);
    project.ok(&["report", "2"]);
    assert_eq!(project.books().champion(), Some(1));
    assert!(
        !project
            .path(&format!(
                "elsewhere/models/attrition/{}",
                project.books().version(2).folder
            ))
            .exists(),
        "what is kept elsewhere stays whole there"
    );
}

#[test]
fn a_champion_whose_folder_is_gone_is_read_from_its_copy_and_brought_back() {
    let project = two_versions();
    fs::remove_dir_all(project.path("models")).expect("goes");
    project.ok(&["predict", "testdata/testdata.csv"]);
    let done = project.ok(&["run", "--input", "sourcedata"]);
    assert!(
        done.stderr.contains(
            "the bundle of version 2, the champion, was gone and is brought back from production_deployment"
        ),
        "{done}"
    );
    assert!(project.version_file(2, "trainedmodel.json").exists());
}

#[test]
fn data_sets_in_the_folder_of_before_are_still_read() {
    let project = Project::promoted();
    project.set("output_folder_path", "other_data");
    let trained = project.json(&["train"]);
    assert_eq!(trained["version"], 2, "{trained:#}");
}
