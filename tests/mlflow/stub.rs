//! A tracking server of a few lines: it answers what MLflow answers, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A call that came.
#[derive(Debug, Clone)]
pub struct Call {
    /// `METHOD path`, without what is before the call's own name.
    pub what: String,
    pub authorization: String,
    pub body: Value,
}

/// The server.
pub struct Stub {
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Stub {
    /// One whose files are elsewhere.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let kept = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                if let Some(call) = read(&stream) {
                    let answer = answer(&call).to_string();
                    kept.lock().expect("no panic").push(call);
                    let head = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        answer.len()
                    );
                    let _ = (&stream).write_all((head + &answer).as_bytes());
                }
            }
        });
        Stub { url, calls }
    }

    /// What came since this was asked last.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().expect("no panic"))
    }
}

fn answer(call: &Call) -> Value {
    match call.what.as_str() {
        "GET experiments/get-by-name" => json!({"experiment": {"experiment_id": "4"}}),
        "POST runs/create" => {
            json!({"run": {"info": {"run_id": "r", "artifact_uri": "s3://bucket/4/r/artifacts"}}})
        }
        "POST model-versions/create" => json!({"model_version": {"version": "9"}}),
        _ => json!({}),
    }
}

fn read(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let path = path.split('?').next().unwrap_or_default();
    let own = path.trim_start_matches("/api/2.0/mlflow/");
    let what = format!("{method} {own}");
    let (mut length, mut authorization) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = value.trim().to_string(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Call {
        what,
        authorization,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}
