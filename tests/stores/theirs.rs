//! The same against moto's S3 server, which others wrote, where Python has it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::json;

use crate::serve::Server;
use crate::stores::{know_store, predicted};
use crate::support::Project;

/// Starts the server on a free port, makes the bucket, says the port, and ends when its standard input does.
const SERVE: &str = r#"
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
import boto3
s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-central-1",
                  aws_access_key_id="key", aws_secret_access_key="secret")
s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
print(port, flush=True)
sys.stdin.read()
server.stop()
"#;

/// A running server.
pub struct Moto {
    pub url: String,
    /// The Python that has it.
    pub python: String,
    child: Child,
    _life: ChildStdin,
}

impl Moto {
    /// One with a bucket; `None` where Python has none, which is said.
    pub fn start() -> Option<Moto> {
        let say = |why: &str| {
            let _ = writeln!(std::io::stderr(), "left out: {why}");
        };
        let Ok(python) = std::env::var("UNSEAT_PACKAGING_PYTHON") else {
            say("UNSEAT_PACKAGING_PYTHON names no Python with moto");
            return None;
        };
        let mut child = Command::new(&python)
            .args(["-W", "ignore", "-c", SERVE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let life = child.stdin.take().expect("an input");
        let mut port = String::new();
        let out = child.stdout.take().expect("an output");
        BufReader::new(out).read_line(&mut port).expect("a line");
        let Ok(port) = port.trim().parse::<u16>() else {
            say("this Python has no moto with a server");
            let _ = child.wait();
            return None;
        };
        Some(Moto {
            url: format!("http://127.0.0.1:{port}"),
            python,
            child,
            _life: life,
        })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_project_in_a_store_that_others_wrote_is_run_and_served() {
    let Some(moto) = Moto::start() else {
        return;
    };
    let project = Project::new();
    know_store(&project, &moto.url);
    project.set("artifact_url", json!("s3://bucket/kept"));
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let first = predicted(&server);
    project.ok(&["run", "--input", "sourcedata"]);
    server.until("/readyz", |_| predicted(&server) != first);
    project.ok(&["rollback"]);
    project.ok(&["verify"]);
    project.ok(&["gc"]);
    let alone = Project::empty();
    know_store(&alone, &moto.url);
    let bundle = ["--bundle", "s3://bucket/kept/production_deployment"];
    // Moving the champion by hand makes the copy.
    let bare = Server::of(&alone, &bundle);
    assert_eq!(predicted(&bare), first);
}
