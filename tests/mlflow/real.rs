//! MLflow itself, and what its own client reads of it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::project;
use crate::support::Project;

/// A server of its own folder, for as long as it is held.
struct Mlflow {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Mlflow {
    fn drop(&mut self) {
        // Its workers end with it.
        let group = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

impl Mlflow {
    /// Starts one; none where that Python has no MLflow.
    fn start(python: &str) -> Option<Self> {
        let has_it = Command::new(python)
            .args(["-c", "import mlflow, onnx, onnxruntime"])
            .stderr(Stdio::null())
            .status();
        if !has_it.expect("Python starts").success() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port().to_string();
        drop(free);
        let below = |name: &str| folder.path().join(name).display().to_string();
        let mut command = Command::new(python);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let process = command
            .args([
                "-m",
                "mlflow",
                "server",
                "--host",
                "127.0.0.1",
                "--port",
                &port,
                "--serve-artifacts",
            ])
            .args([
                "--backend-store-uri",
                &format!("sqlite:///{}", below("mlflow.db")),
            ])
            .args(["--artifacts-destination", &below("files"), "--workers", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("MLflow starts");
        let mlflow = Mlflow {
            process,
            url: format!("http://127.0.0.1:{port}"),
            _folder: folder,
        };
        let began = Instant::now();
        let is_there = || ureq::get(format!("{}/health", mlflow.url)).call().is_ok();
        while !is_there() {
            assert!(
                began.elapsed() < Duration::from_secs(240),
                "MLflow does not answer"
            );
            std::thread::park_timeout(Duration::from_millis(250));
        }
        Some(mlflow)
    }
}

/// What MLflow's own client reads.
fn read(python: &str, mlflow: &Mlflow, project: &Project) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mlflow/check.py");
    let done = Command::new(python)
        .args([script, &mlflow.url, "attrition"])
        .arg(project.path("testdata/testdata.csv"))
        .output()
        .expect("Python starts");
    let talk = String::from_utf8_lossy(&done.stderr);
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {talk}"))
}

#[test]
fn mlflow_shows_every_version_and_its_champion_predicts_the_same() {
    let Ok(python) = std::env::var("UNSEAT_CLIENTS_PYTHON") else {
        println!("left out: UNSEAT_CLIENTS_PYTHON names no Python with MLflow");
        return;
    };
    let Some(mlflow) = Mlflow::start(&python) else {
        println!("left out: that Python has no MLflow, or no onnxruntime");
        return;
    };
    let project = project(&mlflow.url);
    // Probabilities are sent as they are answered: calibrated.
    project.set("learner.calibration", "isotonic");
    project.ok(&["run"]);
    let bundle = project.read_json("production_deployment/trainedmodel.json");
    let method = &bundle["bundle"]["calibration"]["calibrator"]["method"];
    assert_eq!(method, "isotonic");
    project.ok(&["run", "--input", "sourcedata"]);
    // What the seconds at the end of a run were too short for.
    project.ok(&["notify", "send"]);
    project.ok(&["rollback"]);
    project.ok(&["notify", "send"]);
    std::fs::rename(project.path("practicedata"), project.path("away")).expect("moves");
    project.unseat(&["run", "--force"]);
    project.ok(&["notify", "send"]);

    let found = read(&python, &mlflow, &project);
    let versions = found["versions"].as_array().expect("a list");
    let own = |number: i64| {
        let wanted = Value::from(number.to_string());
        let tag = |it: &&Value| it["tags"]["unseat.version"] == wanted;
        versions
            .iter()
            .find(tag)
            .unwrap_or_else(|| panic!("{found:#}"))
    };
    assert_eq!(versions.len(), 2, "{found:#}");
    assert_eq!(found["aliases"]["champion"], own(1)["version"]);
    assert_eq!(own(2)["tags"]["unseat.verdict"], "promote");
    for number in [1, 2] {
        let shown = project.json(&["versions", "show", &number.to_string()]);
        assert_eq!(
            own(number)["metrics"]["f1"],
            shown["score"]["challenger"]["f1"]
        );
        assert_eq!(own(number)["status"], "FINISHED");
        let files = own(number)["files"].as_array().expect("a list");
        for file in [
            "report.html",
            "model_card.md",
            "decision.json",
            "roc.png",
            "model/MLmodel",
            "model/model.onnx",
        ] {
            assert!(files.iter().any(|it| it == file), "{file}: {files:?}");
        }
        assert!(
            !files.iter().any(|it| it.to_string().contains("parquet")),
            "rows are not sent"
        );
    }
    let failed = found["failed"].to_string();
    assert!(
        failed.contains("failed to read the folder `practicedata`"),
        "{failed}"
    );

    let predicted = project.ok(&["predict", "testdata/testdata.csv"]).stdout;
    let rows: Vec<&str> = predicted.lines().skip(1).collect();
    let answers = found["answers"]["prediction"].as_array().expect("a list");
    assert_eq!(answers.len(), rows.len());
    for (at, row) in rows.iter().enumerate() {
        let mut cells = row.rsplit(',');
        let probability: f64 = cells.next().expect("a cell").parse().expect("a number");
        assert_eq!(answers[at], cells.next().expect("a cell"), "row {at}");
        let answered = found["answers"]["probability"][at]
            .as_f64()
            .expect("a number");
        assert!(
            (answered - probability).abs() < 1e-5,
            "row {at}: {answered} and {probability}"
        );
    }
}
