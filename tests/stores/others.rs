//! Other stores than a bucket with keys in a file: roles of a machine and of a task, and Google's protocol.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::double::Double;
use crate::support::{Done, Project};

/// A server that gives out keys to who shows a token, as the metadata service of a machine and the agent of a task do.
struct Role {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Role {
    fn start() -> Role {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let Some((line, headers)) = head(&socket) else {
                    continue;
                };
                let (status, body) = told(&line, &headers);
                kept.lock()
                    .expect("no panic")
                    .push(format!("{status} {line}"));
                let text = format!(
                    "HTTP/1.1 {status} So\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = (&socket).write_all(text.as_bytes());
            }
        });
        Role { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// `METHOD path` and the headers.
fn head(socket: &TcpStream) -> Option<(String, BTreeMap<String, String>)> {
    let mut lines = BufReader::new(socket).lines().map_while(Result::ok);
    let first = lines.next()?;
    let line = first.rsplit_once(' ')?.0.to_string();
    let lines = lines.take_while(|line| !line.is_empty());
    let pairs = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_string()))
    });
    Some((line, pairs.collect()))
}

fn told(line: &str, headers: &BTreeMap<String, String>) -> (u16, String) {
    let keys = |id: &str| {
        json!({
            "AccessKeyId": id, "SecretAccessKey": "s", "Token": "session", "Expiration": "2099-01-01T00:00:00Z",
        })
        .to_string()
    };
    let has = |name: &str, value: &str| headers.get(name).is_some_and(|it| it == value);
    let is_machine = has("x-aws-ec2-metadata-token", "t0k3n");
    match line {
        "PUT /latest/api/token" => (200, "t0k3n".to_string()),
        "GET /latest/meta-data/iam/security-credentials/" if is_machine => {
            (200, "unseat".to_string())
        }
        "GET /latest/meta-data/iam/security-credentials/unseat" if is_machine => {
            (200, keys("MACHINE"))
        }
        "GET /task" if has("authorization", "of-the-task") => (200, keys("TASK")),
        _ => (403, String::new()),
    }
}

/// A sample project that keeps everything in a bucket, and no keys.
fn project(address: &str, artifacts: &str) -> Project {
    let project = Project::new();
    std::fs::create_dir_all(project.path(".aws")).expect("a folder");
    let config = format!("[default]\nregion = eu-central-1\nendpoint_url = {address}\n");
    project.write(".aws/config", &config);
    project.set_all([
        ("artifact_url", json!(artifacts)),
        (
            "artifacts",
            json!({"retry_seconds": 2, "request_seconds": 10}),
        ),
    ]);
    project
}

fn done(project: &Project, variables: &[(&str, &str)], arguments: &[&str]) -> Done {
    let mut command = project.command(arguments);
    command.envs(variables.iter().copied());
    project.finish(command.spawn().expect("the program starts"), arguments)
}

#[test]
fn the_role_of_a_machine_gives_the_keys() {
    let (double, role) = (Double::start(), Role::start());
    let project = project(&double.url, "s3://bucket/kept");
    let own = [("AWS_METADATA_ENDPOINT", role.url.as_str())];
    let run = done(&project, &own, &["run"]);
    assert_eq!(run.code(), 0, "{run}");
    assert!(
        double
            .keys()
            .iter()
            .any(|key| key.ends_with("trainedmodel.json"))
    );
    assert_eq!(double.signers(), ["MACHINE session"], "{:?}", role.asked());
    assert_eq!(role.asked()[0], "200 PUT /latest/api/token");
}

#[test]
fn the_role_of_a_task_gives_the_keys_and_a_wrong_token_is_said() {
    let (double, role) = (Double::start(), Role::start());
    let project = project(&double.url, "s3://bucket/kept");
    project.write("token", "of-the-task");
    let (address, token) = (
        format!("{}/task", role.url),
        project.path("token").display().to_string(),
    );
    let own = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", address.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.as_str()),
    ];
    let run = done(&project, &own, &["run"]);
    assert_eq!(run.code(), 0, "{run}");
    assert_eq!(double.signers(), ["TASK session"], "{:?}", role.asked());
    project.write("token", "of-another");
    let run = done(&project, &own, &["run", "--force"]);
    assert_eq!(run.code(), 1, "{run}");
    assert!(run.shown().contains("403 Forbidden"), "{run}");
    assert!(role.asked().contains(&"403 GET /task".to_string()));
}

#[test]
fn a_bucket_of_google_keeps_a_project() {
    let double = Double::start();
    let project = project(&double.url, "gs://bucket/kept");
    let key = json!({
        "gcs_base_url": double.url, "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": "",
    })
    .to_string();
    let own = [("GOOGLE_SERVICE_ACCOUNT_KEY", key.as_str())];
    let ok = |arguments: &[&str]| {
        let it = done(&project, &own, arguments);
        assert_eq!(it.code(), 0, "{it}");
        it.stdout
    };
    ok(&["run"]);
    let first = ok(&["predict", "testdata/testdata.csv"]);
    ok(&["run", "--input", "sourcedata"]);
    let second = ok(&["predict", "testdata/testdata.csv"]);
    assert_ne!(first, second);
    ok(&["rollback"]);
    assert_eq!(ok(&["predict", "testdata/testdata.csv"]), first);
    ok(&["verify"]);
    let keys = double.keys();
    assert!(
        keys.iter()
            .any(|key| key.starts_with("kept/production_deployment/")),
        "{keys:?}"
    );
    assert!(!project.path("models").exists());
}
