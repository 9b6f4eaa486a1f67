//! Living on a disk: what is old goes and what is needed stays, whatever happens on the way; a full disk is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use unseat::faults::RETENTION;
use unseat::registry::{RunRow, RunState, VersionState};

use crate::support::{Books, MODEL, Project};

/// Long after everything that the tests make.
const LATER: (&str, &str) = ("UNSEAT_NOW", "2026-06-01T00:00:00Z");

/// Four versions, of which the second is the champion and the first the one before it; more data sets, and many logs.
fn project() -> Project {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project.ok(&["run", "--input", "sourcedata", "--force"]);
    project.ok(&["run", "--input", "sourcedata", "--force"]);
    project.ok(&["ingest"]);
    project.set("retention.versions.count", 1);
    project.set("retention.datasets.count", 1);
    project.set("retention.runs.count", 1);
    project.set("retention.logs.count", 23);
    let runs: Vec<String> = (0..30)
        .map(|at| format!("20260401T0000{at:02}Z-000000000"))
        .collect();
    project.registry(async |registry| {
        for (at, id) in runs.iter().enumerate() {
            let at_ms = 1_775_001_600_000 + at as i64 * 1000;
            let started = registry.start_run(id, MODEL, "api", at_ms).await;
            started.expect("is recorded");
            let mut end = registry.find_runs(id).await.expect("reads").remove(0);
            end.state = RunState::Done;
            registry.end_run(&end).await.expect("is recorded");
        }
    });
    for id in &runs {
        project.write(
            &format!("logs/{id}.ndjson"),
            &format!("{{\"run\":\"{id}\"}}\n"),
        );
    }
    project.write("logs/audit.txt", "somebody's own\n");
    // Kept although there are too many: the bound on runs is for the old.
    project.set("retention.runs.count", 25);
    project
}

fn gone(retained: &Value, kind: &str) -> Vec<String> {
    let fates = retained["fates"].as_array().expect("fates").iter();
    let of_kind = fates.filter(|fate| fate["kind"] == kind);
    of_kind
        .filter(|fate| {
            let why = fate["why"].as_str().expect("a reason");
            why.ends_with("are kept") || why.contains("older than") || why.contains("not known")
        })
        .map(|fate| fate["id"].as_str().expect("an id").to_string())
        .collect()
}

fn whole(books: &Books) -> Vec<i64> {
    let whole = books.versions.iter();
    whole
        .filter(|version| version.state == VersionState::Ready)
        .map(|version| version.number.get())
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn old_things_go_and_what_is_needed_stays() {
    let project = project();
    let before = project.products();
    let books = project.books();
    let looked = project
        .unseat_with(LATER, &["gc", "--dry-run", "--json"])
        .json();
    assert_eq!(project.products(), before, "only looked");
    assert_eq!(gone(&looked, "version"), ["3"]);
    assert!(looked["bytes_freed"].as_u64() > Some(1000), "{looked:#}");

    let shown = project.unseat_with(LATER, &["gc"]);
    let says = |text: &str| assert!(shown.stdout.contains(text), "{text}: {shown}");
    says("removed  version 3");
    says("version 2");
    says("it is the champion");
    says("it was the champion before, and a rollback needs it");
    let after = project.assert_settled();
    assert_eq!(whole(&after), [4, 2, 1]);
    // History is told: number, verdict and hashes of what was removed.
    for (was, is) in books.versions.iter().zip(&after.versions) {
        let mut expected = was.clone();
        expected.state = is.state;
        assert_eq!(*is, expected);
    }
    assert_eq!(after.operations, books.operations);
    let removed_run = &books.version(3).run;
    assert!(
        !after
            .dataset_runs
            .iter()
            .any(|run| removed_run == run.as_str())
    );
    assert!(!after.runs.iter().any(|run| run.id == *removed_run));

    let logs = names(&project.path("logs"));
    let packed = logs.iter().filter(|name| name.ends_with(".ndjson.gz"));
    let plain = logs.iter().filter(|name| name.ends_with(".ndjson"));
    assert_eq!((packed.count(), plain.count()), (3, 20), "{logs:?}");
    assert!(logs.contains(&"audit.txt".to_string()));

    let again = project.unseat_with(LATER, &["gc"]);
    assert!(
        again.stdout.contains("nothing is old enough to go"),
        "{again}"
    );
    // Numbers are not used again, and the way back is open.
    let run = project.json(&["run", "--force"]);
    assert_eq!(run["version"], 5);
    project.ok(&["rollback", "--reason", "a test"]);
    project.assert_settled();
}

#[test]
fn what_is_young_stays_unless_it_is_asked_for() {
    let project = project();
    let young = project.json(&["gc"]);
    for kind in ["version", "dataset"] {
        assert_eq!(gone(&young, kind), Vec::<String>::new(), "{kind}");
    }
    project.ok(&["gc", "--min-age", "0"]);
    assert_eq!(whole(&project.assert_settled()), [4, 2, 1]);
}

#[test]
fn a_run_clears_up_behind_itself() {
    let project = project();
    let run = project.unseat_with(LATER, &["run", "--input", "sourcedata", "--json"]);
    assert_eq!(run.json()["outcome"], "nothing_new", "{run}");
    assert_eq!(whole(&project.assert_settled()), [4, 2, 1]);
}

#[test]
fn clearing_up_that_fails_is_told_and_fails_no_run() {
    let project = project();
    let mut command = project.command(&["run", "--input", "sourcedata", "--json"]);
    command.env(LATER.0, LATER.1);
    command.env("UNSEAT_FAULT", "retain.version_marked:full");
    let run = project.finish(command.spawn().expect("starts"), &["run"]);
    assert_eq!(run.json()["outcome"], "nothing_new", "{run}");
    assert!(run.stderr.contains("could not all be removed"), "{run}");
    project.unseat_with(LATER, &["gc"]);
    project.assert_settled();
}

#[test]
fn what_was_being_removed_when_the_process_died_is_removed_the_next_time() {
    let before = project();
    let calm = before.copy();
    calm.unseat_with(LATER, &["gc"]);
    let books = calm.assert_settled();
    let (products, logs) = (calm.products(), names(&calm.path("logs")));
    for &point in RETENTION {
        let project = before.copy();
        let fault = format!("{point}:kill");
        let mut command = project.command(&["gc"]);
        command.env(LATER.0, LATER.1).env("UNSEAT_FAULT", &fault);
        let stopped = project.finish(command.spawn().expect("starts"), &["gc"]);
        assert!(stopped.is_killed(), "{fault} did not stop it: {stopped}");
        // The champion and the way back are whole at any moment.
        project.ok(&["predict", "testdata/testdata.csv"]);
        assert!(project.version_file(1, "trainedmodel.json").exists());

        let again = project.unseat_with(LATER, &["gc"]);
        assert!(again.status.success(), "{fault}: {again}");
        let settled = project.assert_settled();
        let ids = |runs: &[RunRow]| runs.iter().map(|run| run.id.clone()).collect::<Vec<_>>();
        assert_eq!(settled.versions, books.versions, "{fault}");
        assert_eq!(ids(&settled.runs), ids(&books.runs), "{fault}");
        assert_eq!(project.products(), products, "{fault}");
        assert_eq!(names(&project.path("logs")), logs, "{fault}");
    }
}

#[test]
fn a_full_disk_stops_a_run_in_words_and_the_champion_goes_on() {
    let before = Project::promoted();
    for point in ["ingest.data_written", "train.bundle_published"] {
        let project = before.copy();
        let fault = format!("{point}:full");
        let run = ["run", "--input", "sourcedata", "--json"];
        let stopped = project.unseat_with(("UNSEAT_FAULT", &fault), &run);
        let error = &stopped.json()["error"];
        assert_eq!(error["code"], "store", "{stopped}");
        let hint = error["details"]["hints"][0].as_str().expect("a hint");
        assert!(hint.starts_with("the disk is full"), "{stopped}");
        let books = project.books();
        assert_eq!(books.runs[0].state, RunState::Failed);
        assert_eq!(books.champion(), Some(1));
        project.ok(&["predict", "testdata/testdata.csv"]);
        assert_eq!(
            project.json(&["run", "--input", "sourcedata"])["outcome"],
            "promote"
        );
        project.assert_settled();
    }
}

/// A small file system in a folder, until it is dropped.
struct Small(PathBuf);

impl Small {
    /// `None` where we may not mount.
    fn on(folder: PathBuf) -> Option<Self> {
        fs::create_dir_all(&folder).expect("makes it");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
        let done = mount.arg(&folder).output().ok()?;
        done.status.success().then_some(Small(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn a_run_does_not_begin_where_there_is_no_room_for_it() {
    let project = Project::promoted();
    project.set("output_folder_path", "small/data");
    let Some(small) = Small::on(project.path("small")) else {
        println!("note: only root may mount; a small disk was not tried");
        return;
    };
    for command in ["run", "ingest"] {
        let arguments = [command, "--json", "--set", "input_folder_path=sourcedata"];
        let stopped = project.unseat(&arguments);
        let error = &stopped.json()["error"];
        assert_eq!(error["code"], "store", "{stopped}");
        let message = error["message"].as_str().expect("a message");
        let expected = "failed to find room in small/data: not enough room: 1 MB are free";
        assert!(message.starts_with(expected), "{stopped}");
    }
    assert_eq!(project.books().champion(), Some(1));
    project.ok(&["predict", "testdata/testdata.csv"]);
    drop(small);
    assert_eq!(
        project.json(&["run", "--input", "sourcedata"])["outcome"],
        "promote"
    );
}

#[test]
fn the_database_gives_room_back() {
    let project = Project::promoted();
    // The file's own head: of databases that give pages back, both numbers are there (sqlite.org/fileformat2, 1.3).
    let head = std::fs::read(project.path("unseat.db")).expect("reads");
    let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().expect("four bytes"));
    assert!(number(52) > 0 && number(64) > 0, "incremental");
}
