//! A version that the gate would promote waits for somebody, and does so no longer once what it was judged by is another.

use serde_json::json;

use super::{csrf, form, page};
use crate::serve::Server;
use crate::support::{MODEL, Project};

/// A champion, and version 2 that waits.
fn waiting() -> Project {
    let project = Project::promoted();
    project.set("gate.approval", "manual");
    let more = project.read("sourcedata/dataset3.csv");
    project.write("practicedata/more.csv", &more);
    let run = project.json(&["run"]);
    assert_eq!(run["outcome"], "waiting", "{run}");
    assert_eq!(run["champion"], 1);
    project
}

#[test]
fn a_version_waits_until_somebody_approves_it() {
    let project = waiting();
    let status = project.json(&["status"]);
    let needs = status["models"][0]["needs"].to_string();
    assert!(needs.contains("version 2 waits for approval"), "{needs}");
    assert_eq!(
        project.json(&["run"])["outcome"],
        "nothing_new",
        "it is not judged again while it waits"
    );
    let done = project.ok(&["approve", "--reason", "looked at it"]);
    assert!(done.stdout.contains("version 2 is the champion"), "{done}");
    let versions = project.json(&["versions", "list"]);
    assert_eq!(versions[0]["verdict"], "promote");
    assert_eq!(
        versions[0]["record"]["approval"]["reason"],
        "approved: looked at it"
    );
    let again = project.unseat(&["approve"]);
    assert!(
        again.code() == 1 && again.stderr.contains("no version waits for approval"),
        "{again}"
    );
}

#[test]
fn a_version_that_is_rejected_stays_out() {
    let project = waiting();
    let other = project.unseat(&["reject", "1"]);
    assert!(
        other
            .stderr
            .contains("version 1 does not wait; version 2 does"),
        "{other}"
    );
    project.ok(&["reject", "2", "--reason", "odd in the north"]);
    assert_eq!(project.books().champion(), Some(1));
    assert_eq!(project.json(&["versions", "list"])[0]["verdict"], "reject");
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
    // Who said so, and why, is told wherever the version and changes are.
    let shown = project.ok(&["versions", "show", "2"]);
    assert!(
        shown.stdout.contains("rejected: odd in the north ("),
        "{shown}"
    );
    let server = Server::of(&project, &[]);
    for path in [
        format!("/ui/models/{MODEL}/versions/2"),
        "/ui/changes".to_string(),
    ] {
        let text = page(&server, &path, None).expect(200).text();
        assert_eq!(
            text.matches("rejected: odd in the north").count(),
            1,
            "{path}: {text}"
        );
    }
}

#[test]
fn it_waits_no_longer_when_the_test_data_or_the_champion_is_another() {
    let project = waiting();
    let test = project.read("testdata/testdata.csv");
    let shorter: Vec<&str> = test.lines().take(test.lines().count() / 2).collect();
    project.write("testdata/testdata.csv", &(shorter.join("\n") + "\n"));
    let late = project.unseat(&["approve"]);
    assert!(
        late.code() == 1 && late.stderr.contains("the test data is another one since"),
        "{late}"
    );
    project.write("testdata/testdata.csv", &test);
    project.ok(&["promote", "2"]);
    project.ok(&["rollback"]);
    assert_eq!(project.books().champion(), Some(1));
    project.ok(&["approve", "2"]);
    assert_eq!(project.books().champion(), Some(2));
}

#[test]
fn it_is_approved_on_its_page_and_by_request() {
    let project = waiting();
    let server = Server::of(&project, &[]);
    let path = format!("/ui/models/{MODEL}/versions/2");
    let shown = page(&server, &path, None).expect(200);
    assert!(
        shown.text().contains("it waits for approval"),
        "{}",
        shown.text()
    );
    let bad = format!("/models/{MODEL}/versions/1/approve");
    server.post(&bad, &json!({})).expect(409);
    let csrf = csrf(&shown);
    let fields = [
        ("csrf", csrf.as_str()),
        ("model", MODEL),
        ("version", "2"),
        ("reason", "fine"),
    ];
    form(&server, "/ui/do/approve", None, &fields).expect(303);
    let changes = page(&server, "/ui/changes", None).expect(200).text();
    assert_eq!(changes.matches("approved: fine").count(), 1, "{changes}");
    // The request that was rejected is there, and what was done is not told twice.
    assert_eq!(changes.matches("<b>approve</b>").count(), 1, "{changes}");
    let model = server.get(&format!("/models/{MODEL}")).expect(200).json();
    assert_eq!(
        (&model["champion"]["version"], &model["served"]),
        (&json!(2), &json!(2))
    );
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let project = Project::promoted();
    let before = project.listing();
    assert_eq!(
        project.json(&["run", "--dry-run"])[0]["would"],
        "nothing_new"
    );
    project.write(
        "practicedata/more.csv",
        &project.read("sourcedata/dataset3.csv"),
    );
    let planned = project.json(&["run", "--dry-run"]);
    assert_eq!(planned[0]["would"], "train", "{planned}");
    assert_eq!(planned[0]["new_files"], json!(["more.csv"]));
    std::fs::remove_file(project.path("practicedata/more.csv")).expect("removes");
    assert_eq!(project.listing(), before);
}

#[test]
fn what_is_damaged_is_found_and_what_was_live_is_told() {
    let project = Project::promoted();
    let sound = project.ok(&["verify"]);
    assert!(sound.stdout.contains("all 2 are sound"), "{sound}");
    let then = project.json(&["at", "2030-01-01T00:00:00Z"]);
    assert_eq!(then["version"], 1);
    assert_eq!(then["decision"]["verdict"], "promote");
    assert_eq!(
        project.json(&["at", "2000-01-01T00:00:00Z"])["version"],
        json!(null)
    );
    let by_time = project.ok(&[
        "at",
        "2030-01-01T00:00:00Z",
        "predict",
        "testdata/testdata.csv",
    ]);
    let by_name = project.ok(&["predict", "testdata/testdata.csv"]);
    assert_eq!(by_time.stdout, by_name.stdout);
    let path = project.version_file(1, "trainedmodel.json");
    let mut bytes = std::fs::read(&path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("writes");
    let damaged = project.unseat(&["verify"]);
    assert!(
        damaged.code() == 1 && damaged.stdout.contains("damaged"),
        "{damaged}"
    );
}
