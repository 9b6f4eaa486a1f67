//! Projects whose database is a Postgres server: several processes and hosts share it, it may be gone for a while, and the
//! whole of it can be carried from a file to a server and back.

use rustix::process::Signal;
use serde_json::json;
use unseat::model_types::RunId;

use crate::postgres::Postgres;
use crate::serve::Server;
use crate::support::{MODEL, Project};

const ROW: &str = r#"{"corporation": "x", "lastmonth_activity": 5, "lastyear_activity": 60, "number_of_employees": 9}"#;

fn predicted(server: &Server) -> String {
    let row: serde_json::Value = serde_json::from_str(ROW).expect("it is JSON");
    let answer = server
        .post("/prediction", &json!({"rows": [row]}))
        .expect(200);
    answer.json()["predictions"][0]["probability"].to_string()
}

#[test]
fn a_project_on_a_server_is_run_served_by_two_and_rolled_back() {
    let Some(project) = Project::promoted_on(Postgres::shared()) else {
        return;
    };
    assert!(!project.path("unseat.db").exists());
    let servers = [Server::of(&project, &[]), Server::of(&project, &[])];
    let first = servers.each_ref().map(predicted);
    assert_eq!(first[0], first[1]);
    project.ok(&["run", "--input", "sourcedata"]);
    assert_eq!(project.assert_settled().champion(), Some(2));
    for server in &servers {
        server.until("/models/attrition", |answer| {
            answer.json()["champion"]["version"] == 2
        });
    }
    // What the database says is loaded a moment later.
    for server in &servers {
        server.until("/readyz", |_| predicted(server) != first[0]);
    }
    let second = servers.each_ref().map(predicted);
    assert_eq!(second[0], second[1]);
    project.ok(&["rollback"]);
    for server in &servers {
        server.until("/readyz", |_| predicted(server) == first[0]);
    }
    let checked = project.json(&["--json", "database", "check"]);
    assert_eq!(
        (&checked["answers"], &checked["tables"]),
        (&json!(true), &json!(true)),
        "{checked}"
    );
    assert_eq!(checked["rows"]["operations"], 3, "{checked}");
    project.ok(&["config", "check"]);
    project.ok(&["backup", "kept"]);
    let done = project.unseat(&["restore", "kept", "--force"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr.contains("the database is on a server"),
        "{done}"
    );
}

#[test]
fn a_server_without_its_database_goes_on_answering_and_says_so() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let project = Project::promoted_on(Some(&postgres)).expect("a server");
    let project = project.with_real_clock();
    let server = Server::of(&project, &[]);
    let before = predicted(&server);
    postgres.crash();
    let says =
        |answer: &crate::serve::Answer| answer.text().contains("the database does not answer");
    let answer = server.until("/readyz?verbose", says);
    assert_eq!(
        answer.status,
        200,
        "it goes on answering: {}",
        answer.text()
    );
    assert_eq!(predicted(&server), before);
    server.get("/readyz").expect(200);
    // Servers that follow the champion have noticed, too.
    server.until("/readyz?verbose", |answer| {
        answer.text().contains("still version 1")
    });
    postgres.start_again();
    server.until("/readyz?verbose", |answer| !says(answer));
    project.ok(&["run", "--input", "sourcedata"]);
    server.until("/models/attrition", |answer| {
        answer.json()["champion"]["version"] == 2
    });
    let (_, talk) = server.stop(Signal::TERM);
    assert!(talk.contains("cannot follow the champion"), "{talk}");
}

#[test]
fn a_run_lives_through_a_restart_of_the_database() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let project = Project::promoted_on(Some(&postgres)).expect("a server");
    let project = project.with_real_clock();
    for point in [
        "ingest.recorded",
        "train.bundle_published",
        "score.recorded",
        "deploy.verified",
    ] {
        let arguments = ["run", "--input", "sourcedata", "--force"];
        let mut command = project.command(&arguments);
        command.env("UNSEAT_FAULT", format!("{point}:wait"));
        let run = command.spawn().expect("starts");
        while !project.path("waits").exists() {
            std::thread::yield_now();
        }
        postgres.crash();
        postgres.start_again();
        std::fs::remove_file(project.path("waits")).expect("it waits");
        let done = project.finish(run, &arguments);
        assert!(done.status.success(), "{point}: {done}");
        project.assert_settled();
    }
}

#[test]
fn a_database_that_is_not_there_is_told_in_words() {
    let project = Project::promoted();
    project.set(
        "database_url",
        "postgres://nobody@127.0.0.1:1/none?sslmode=disable",
    );
    let done = project.unseat(&["database", "check"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr
            .contains("failed to open the database postgres://127.0.0.1:1/none"),
        "{done}"
    );
    assert!(
        done.stderr
            .contains("the database server cannot be reached"),
        "{done}"
    );
}

#[test]
fn a_project_is_carried_to_a_server_and_back_whole() {
    let Some(postgres) = Postgres::shared() else {
        return;
    };
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let before = project.books();
    let rows = |project: &Project| project.json(&["--json", "database", "check"])["rows"].clone();
    let counted = rows(&project);
    let predictions = project.ok(&["predict", "testdata/testdata.csv"]).stdout;
    let url = postgres.database();
    let copy = ["database", "copy", "--to", &url];

    // At work it is rejected, in words; broken off it continues.
    let held = project.registry(async |registry| {
        registry
            .take_lock(MODEL, &RunId::new("r"), 1)
            .await
            .expect("free")
    });
    let done = project.unseat(&copy);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr
            .contains("the project is at work: a run of `attrition`"),
        "{done}"
    );
    project.registry(async |registry| registry.release_lock(&held).await.expect("gives back"));
    let killed = project.unseat_with(("UNSEAT_FAULT", "database.copied:kill:4"), &copy);
    assert!(killed.is_killed(), "{killed}");
    project.set("database_url", url.as_str());
    let done = project.unseat(&["runs", "list"]);
    assert!(
        done.stderr
            .contains("a copy is being written into it, or was broken off"),
        "{done}"
    );
    project.set("database_url", "sqlite://unseat.db");
    let done = project.ok(&copy);
    assert!(done.stderr.contains("was there"), "{done}");
    assert!(done.stdout.contains("both sides are the same"), "{done}");
    assert_eq!(project.unseat(&copy).code(), 1, "a project is there now");

    std::fs::rename(project.path("unseat.db"), project.path("old.db")).expect("moves");
    project.set("database_url", url.as_str());
    assert_eq!(rows(&project), counted);
    assert_eq!(
        project.ok(&["predict", "testdata/testdata.csv"]).stdout,
        predictions
    );
    project.ok(&["rollback"]);
    project.ok(&["promote", "2"]);
    let done = project.ok(&["database", "copy", "--to", "sqlite://unseat.db"]);
    assert!(done.stdout.contains("both sides are the same"), "{done}");
    project.set("database_url", "sqlite://unseat.db");
    let after = project.assert_settled();
    assert_eq!(after.operations.len(), before.operations.len() + 2);
    assert_eq!(after.runs, before.runs);
    assert_eq!(after.versions, before.versions);
    assert_eq!(
        project.ok(&["predict", "testdata/testdata.csv"]).stdout,
        predictions
    );
}

#[test]
fn a_server_across_a_network_is_reached_encrypted_and_with_a_password_only() {
    let made =
        rcgen::generate_simple_self_signed(vec!["localhost".to_string()]).expect("a certificate");
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("its address").port();
    drop(free);
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\nssl_cert_file = '../server.crt'\nssl_key_file = '../server.key'"
    );
    let files = [
        ("server.crt", certificate.as_str()),
        ("server.key", key.as_str()),
    ];
    let Some(server) = Postgres::start_with(&settings, &files) else {
        return;
    };
    let socket = format!("{}&port={port}", server.url("postgres"));
    crate::postgres::execute(&socket, "CREATE DATABASE shop");
    crate::postgres::execute(&socket, "ALTER USER unseat PASSWORD 'a secret'");
    let project = Project::new();
    project.write("ca.pem", &certificate);
    let url = |mode: &str| {
        let root = project.path("ca.pem");
        format!(
            "postgres://unseat@localhost:{port}/shop?sslmode={mode}&sslrootcert={}",
            root.display()
        )
    };
    project.set("database_url", url("verify-full"));
    let check = ["database", "check"];
    let done = project.unseat(&check);
    assert_eq!(done.code(), 1, "without a password: {done}");
    let done = project.unseat_with(("UNSEAT_DATABASE_PASSWORD", "another"), &check);
    assert!(
        done.stderr.contains("password authentication failed"),
        "{done}"
    );
    assert!(!done.to_string().contains("another"), "{done}");
    project.write("secrets/db", "a secret\n");
    project.set("database", json!({"password_file": "secrets/db"}));
    project.ok(&["run"]);
    let shown = project.ok(&["config", "show"]).stdout;
    assert!(!shown.contains("a secret"), "{shown}");
    let checked = project.json(&["--json", "database", "check"]);
    assert_eq!(checked["rows"]["operations"], 1, "{checked}");
    // Neither in plain text nor by a certificate that nobody vouches for.
    project.set("database_url", url("disable"));
    assert_eq!(project.unseat(&check).code(), 1);
    let other =
        rcgen::generate_simple_self_signed(vec!["localhost".to_string()]).expect("a certificate");
    project.write("ca.pem", &other.cert.pem());
    project.set("database_url", url("verify-full"));
    let done = project.unseat(&check);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("certificate"), "{done}");
}
