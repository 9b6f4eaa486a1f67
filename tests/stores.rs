//! Projects whose files are in an object store: an S3 server of the tests' own, and one that others wrote where it is installed.

pub mod double;
mod others;
mod requests;
mod texts;
pub mod theirs;

use serde_json::json;

use crate::serve::Server;
use crate::support::Project;
use double::{Double, Fault, Rule};

pub const ROW: &str = r#"{"corporation": "x", "lastmonth_activity": 5, "lastyear_activity": 60, "number_of_employees": 9}"#;

pub fn predicted(server: &Server) -> String {
    let row: serde_json::Value = serde_json::from_str(ROW).expect("it is JSON");
    let answer = server.post("/prediction", &json!({"rows": [row]}));
    answer.expect(200).json()["predictions"][0]["probability"].to_string()
}

/// Tells a project where the store is, as AWS' own tools are told.
pub fn know_store(project: &Project, address: &str) {
    std::fs::create_dir_all(project.path(".aws")).expect("a folder");
    let keys = "[default]\naws_access_key_id = key\naws_secret_access_key = secret\n";
    project.write(".aws/credentials", keys);
    let config = format!("[default]\nregion = eu-central-1\nendpoint_url = {address}\n");
    project.write(".aws/config", &config);
}

/// A sample project that keeps everything it writes in a store.
fn in_store(double: &Double) -> Project {
    let project = Project::new();
    know_store(&project, &double.url);
    project.set_all([
        ("artifact_url", json!("s3://bucket/kept")),
        (
            "artifacts",
            json!({"retry_seconds": 60, "request_seconds": 30}),
        ),
    ]);
    project
}

/// What the champion says of the test rows.
fn answers(project: &Project) -> String {
    project.ok(&["predict", "testdata/testdata.csv"]).stdout
}

/// One that is like it and keeps everything in folders.
fn in_folders() -> Project {
    Project::promoted()
}

#[test]
fn a_project_in_a_store_is_run_served_and_taken_back_with_the_same_answers() {
    let double = Double::start();
    let project = in_store(&double);
    project.ok(&["config", "check"]);
    project.ok(&["run"]);
    for folder in ["models", "ingesteddata"] {
        assert!(!project.path(folder).exists(), "{}", project.listing());
    }
    assert!(!project.path("production_deployment/manifest.json").exists());
    let copy = double.bytes("kept/production_deployment/manifest.json");
    let copy: serde_json::Value = serde_json::from_slice(&copy).expect("JSON");
    assert_eq!(copy["version"], 1, "{copy:#}");
    let local = in_folders();
    assert_eq!(answers(&project), answers(&local), "the same bits");
    let servers = [Server::of(&project, &[]), Server::of(&project, &[])];
    let first = servers.each_ref().map(predicted);
    assert_eq!(first[0], first[1]);
    project.ok(&["run", "--input", "sourcedata"]);
    local.ok(&["run", "--input", "sourcedata"]);
    for server in &servers {
        server.until("/readyz", |_| predicted(server) != first[0]);
    }
    assert_eq!(answers(&project), answers(&local), "of version 2, too");
    // What a store holds of a version is what a folder holds.
    for file in [
        "trainedmodel.json",
        "score.json",
        "report.html",
        "confusion_matrix.png",
    ] {
        let path = format!("/models/attrition/versions/2/{file}");
        servers[0].get(&path).expect(200);
    }
    servers[0].get("/summarystats").expect(200);
    servers[0].get("/scoring").expect(200);
    project.ok(&["verify"]);
    project.ok(&["report", "1"]);
    project.ok(&["gate", "replay"]);
    project.ok(&["rollback"]);
    for server in &servers {
        server.until("/readyz", |_| predicted(server) == first[0]);
    }
    drop(servers);

    // Without a project and without a database.
    let alone = Project::empty();
    know_store(&alone, &double.url);
    let url = "s3://bucket/kept/production_deployment";
    let server = Server::of(&alone, &["--bundle", url]);
    assert_eq!(predicted(&server), first[0]);
    project.ok(&["promote", "2"]);
    project.ok(&["run", "--force"]);
    server.until("/readyz", |_| predicted(&server) != first[0]);
    drop(server);

    // A backup of it is one of a project in folders.
    let before = answers(&project);
    project.ok(&["backup", "kept"]);
    let back = Project::new();
    std::fs::rename(project.path("kept"), back.path("kept")).expect("moves");
    back.ok(&["restore", "kept"]);
    assert_eq!(answers(&back), before);
    back.ok(&["verify"]);
    assert!(back.path("models/attrition").exists());
}

#[test]
fn a_run_that_is_killed_anywhere_leaves_the_champion_as_it_was_in_a_store_too() {
    let double = Double::start();
    let project = in_store(&double);
    project.ok(&["run"]);
    for point in [
        "ingest.data_published",
        "train.bundle_published",
        "score.score_published",
        "deploy.promoting",
        "deploy.promoted",
        "deploy.copy_written",
        "deploy.copy_swapped",
    ] {
        let fault = format!("{point}:kill");
        let arguments = ["run", "--input", "sourcedata", "--force"];
        let killed = project.unseat_with(("UNSEAT_FAULT", &fault), &arguments);
        assert!(killed.is_killed(), "{point}: {killed}");
        project.ok(&["verify"]);
        answers(&project);
    }
    project.ok(&["run", "--input", "practicedata", "--force"]);
    let books = project.books();
    let champion = books.champion().expect("a champion");
    let manifest = project.json(&["versions", "show", "champion"]);
    assert_eq!(
        manifest["version"]["number"].as_i64().unwrap_or(champion),
        champion
    );
    // What the dead ones left half done is gone: each folder is that of a version that is known.
    let known: Vec<&str> = books.versions.iter().map(|it| it.folder.as_str()).collect();
    for key in double.keys() {
        let Some(rest) = key.strip_prefix("kept/models/attrition/") else {
            continue;
        };
        let folder = rest.split('/').next().unwrap_or_default();
        assert!(known.contains(&folder), "{key}");
    }
}

#[test]
fn faults_in_the_middle_of_a_run_are_tried_again_and_damage_is_noticed() {
    let double = Double::start();
    let project = in_store(&double);
    project.set("artifacts.request_seconds", 5);
    project.ok(&["run"]);
    for (method, path, fault) in [
        ("PUT", "trainedmodel.json", Fault::LoseAnswer),
        ("PUT", "finaldata_", Fault::Answer(503, "SlowDown")),
        ("PUT", "score.json", Fault::Hang),
        ("PUT", "decision.json", Fault::Answer(500, "InternalError")),
        ("GET", "trainedmodel.json", Fault::BreakBody),
        ("HEAD", "/kept/", Fault::LoseAnswer),
    ] {
        double.fail(method, path, fault);
    }
    double.freeze_lists();
    project.ok(&["run", "--input", "sourcedata"]);
    assert_eq!(project.books().champion(), Some(2));
    let local = in_folders();
    local.ok(&["run", "--input", "sourcedata"]);
    assert_eq!(answers(&project), answers(&local));
    assert!(double.seen().iter().any(|it| it.starts_with("PUT ")));

    let is_bundle =
        |key: &&String| key.contains("models/attrition/v2_") && key.ends_with("trainedmodel.json");
    let keys = double.keys();
    let bundle = keys.iter().find(is_bundle).expect("a bundle");
    double.damage(bundle);
    std::fs::remove_dir_all(project.path(".unseat-cache")).expect("a cache");
    let done = project.unseat(&["verify"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stdout.contains("not those that were written"),
        "{done}"
    );
}

#[test]
fn a_store_that_stays_away_ends_a_run_in_words_and_servers_go_on() {
    let double = Double::start();
    let project = in_store(&double);
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let before = predicted(&server);
    for (rule, says) in [
        (Rule::Down, "is busy or has a fault"),
        (Rule::Expired, "the credentials have expired"),
        (Rule::NoBucket, "there is no such bucket"),
        (Rule::ReadOnly, "the credentials may not do that"),
    ] {
        project.set("artifacts.retry_seconds", 1);
        double.rule(Some(rule));
        let done = project.unseat(&["run", "--input", "sourcedata"]);
        assert_eq!(done.code(), 1, "{done}");
        assert!(done.stderr.contains(says), "{rule:?}: {done}");
        assert!(done.stderr.contains("hint: "), "{done}");
        assert!(done.stderr.contains("s3://bucket/kept"), "{done}");
        assert_eq!(predicted(&server), before, "{rule:?}");
        double.rule(None);
    }
    project.set("artifacts.retry_seconds", 60);
    project.ok(&["run", "--input", "sourcedata"]);
    server.until("/readyz", |_| predicted(&server) != before);
}

#[test]
fn a_server_of_a_bundle_says_that_its_store_does_not_answer_and_follows_again() {
    let double = Double::start();
    let project = in_store(&double);
    project.ok(&["run"]);
    let alone = Project::empty();
    know_store(&alone, &double.url);
    let url = "s3://bucket/kept/production_deployment";
    let server = Server::of(&alone, &["--bundle", url]);
    let before = predicted(&server);
    double.rule(Some(Rule::Hang));
    let silent = server.until("/readyz?verbose", |answer| {
        answer.text().contains("does not answer")
    });
    let checks = silent.expect(200).json();
    let store = checks["checks"].as_array().expect("checks").iter();
    let store = Vec::from_iter(store.filter(|check| check["name"] == "store"));
    assert_eq!(store.len(), 1, "{checks:#}");
    assert!(
        !checks.to_string().contains("database"),
        "there is none: {checks:#}"
    );
    assert_eq!(predicted(&server), before, "it answers as before");
    double.rule(None);
    project.ok(&["run", "--input", "sourcedata"]);
    server.until("/readyz", |_| predicted(&server) != before);
}

#[test]
fn input_and_test_data_are_read_from_a_store() {
    let double = Double::start();
    let project = Project::new();
    know_store(&project, &double.url);
    let put = |folder: &str, to: &str| {
        for entry in std::fs::read_dir(project.path(folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            let bytes = std::fs::read(entry.path()).expect("reads");
            double.put(&format!("{to}/{name}"), &bytes);
        }
    };
    put("practicedata", "in/deep");
    put("testdata", "test");
    project.set_all([
        ("input_folder_path", json!("s3://bucket/in")),
        ("test_data_path", json!("s3://bucket/test")),
    ]);
    let checked = project.ok(&["config", "check"]);
    assert!(
        checked.stdout.contains("ingest s3://bucket/in: 2 files"),
        "{checked}"
    );
    let dry = project.ok(&["ingest", "--dry-run"]);
    assert!(dry.stdout.contains("from 2 files"), "{dry}");
    project.ok(&["run"]);
    let local = in_folders();
    assert_eq!(answers(&project), answers(&local));
    let again = project.unseat(&["run", "--detailed-exit-code"]);
    assert_eq!(again.code(), 10, "nothing new: {again}");
    put("sourcedata", "in/more");
    let done = project.ok(&["run", "--json"]);
    assert_eq!(done.json()["outcome"], "promote", "{done}");
    // Nothing that is wanted of a store is taken for a folder.
    assert!(!project.path("s3:").exists());
}

#[test]
fn a_model_created_by_request_has_its_rows_in_the_store() {
    let double = Double::start();
    let project = in_store(&double).with_real_clock();
    // One column gives the class away, which holds a first version.
    project.set("gate.first", "promote");
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let rows: Vec<_> = (0..200)
        .map(|at| json!({"n": at, "x": at % 17, "y": i32::from(at % 17 > 8)}))
        .collect();
    let asked = json!({"id": "asked", "data": rows});
    server.post("/models", &asked).expect(202);
    let is_in = |key: &String| key.starts_with("kept/models_data/asked/");
    assert!(double.keys().iter().any(is_in), "{:?}", double.keys());
    project.ok(&["worker", "--once"]);
    server.until("/models/asked", |answer| {
        answer.status == 200 && answer.json()["champion"]["version"] == 1
    });
    assert!(
        !project.path("models_data").exists(),
        "{}",
        project.listing()
    );
    let gone = server.send("DELETE", "/models/asked?force=true", &[], b"");
    gone.expect(200);
    assert!(!double.keys().iter().any(is_in), "{:?}", double.keys());
}

#[test]
fn urls_that_cannot_be_used_are_rejected_in_words() {
    let project = Project::new();
    for (key, url, says) in [
        ("artifact_url", "ftp://host/x", "`ftp://`"),
        ("artifact_url", "kept", "is not a URL"),
        ("input_folder_path", "s3:/bucket/x", "names no bucket"),
        ("output_model_path", "https://host/x", "`https://`"),
        (
            "test_data_path",
            "s3://key:secret@bucket/x",
            "holds more than a bucket",
        ),
    ] {
        let done = project.unseat(&["run", "--set", &format!("{key}={url}")]);
        assert_eq!(done.code(), 2, "{done}");
        assert!(done.stderr.contains(says), "{done}");
        assert!(!done.stderr.contains("secret"), "{done}");
    }
    let done = project.unseat(&[
        "run",
        "--set",
        "artifact_url=s3://b",
        "--set",
        "output_model_path=/srv/m",
    ]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(
        done.stderr.contains("no place below `artifact_url`"),
        "{done}"
    );
}

/// What cannot be read now is not an object that is not there: nothing is made of it, and it is told.
#[test]
fn an_object_that_cannot_be_read_is_not_taken_for_one_that_is_not_there() {
    let double = Double::start();
    let project = in_store(&double);
    project.ok(&["run"]);
    let copy = || -> Vec<String> {
        let keys = double.keys().into_iter();
        keys.filter(|key| key.contains("/production_deployment/"))
            .collect()
    };
    let before = copy();
    assert!(!before.is_empty());
    let denied = Fault::Answer(403, "AccessDenied");
    double.fail("GET", "latestscore.txt", denied.clone());
    let done = project.unseat(&["run"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("latestscore.txt"), "{done}");
    assert_eq!(copy(), before, "no copy with another score");
    project.ok(&["run"]);
    assert_eq!(copy(), before);

    let server = Server::of(&project, &[]);
    let path = "/models/attrition/versions/1";
    assert!(server.get(path).expect(200).json()["decision"].is_object());
    double.fail("GET", "decision.json", denied);
    server.get(path).expect(503);
    assert!(server.get(path).expect(200).json()["decision"].is_object());
}
