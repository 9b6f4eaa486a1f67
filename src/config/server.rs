//! The part of `config.json` that says how predictions are served: addresses, who may ask, limits, logs.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compatibility::Compatibility;
use super::problem::Problem;
use super::tokens::{Token, token_problems};
use crate::model_types::scheme_of;

/// How the project is served over HTTP. One server serves all models of the project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port. Any other than a loopback address needs tokens, or `insecure`.
    pub listen: String,
    /// Whether anyone who can reach an address that is not loopback may do everything.
    pub insecure: bool,
    /// Who may ask. With at least one token, every request needs one, but for paths without a role, like `/livez` and `/docs`.
    pub tokens: Vec<Token>,
    /// File with more tokens: one `<name> <role> <sha256>` per line, `#` begins a comment.
    pub tokens_file: Option<String>,
    /// Certificate and key, both PEM; with them, the port speaks TLS only.
    pub tls: Option<Tls>,
    /// What one request, and all together, may take.
    pub limits: Limits,
    /// Threads that answer. Default: as many as the machine has cores.
    pub threads: Option<usize>,
    /// Seconds after SIGTERM in which `/readyz` says 503 and everything is still answered, so that balancers notice and send
    /// no more. Ctrl-C does not wait for it.
    pub drain_delay: f64,
    /// Seconds that requests under way have to end after that, or after Ctrl-C.
    pub drain_seconds: f64,
    /// Origins whose pages may ask from a browser, exactly as the browser says them, like `https://app.example.org`. Default:
    /// none.
    pub cors_origins: Vec<String>,
    /// Hours after which a login in a browser expires.
    pub session_hours: f64,
    /// Whether `X-Forwarded-Proto` of a proxy before this server is trusted, so that the cookie of a browser is sent by HTTPS
    /// only. Set it only where every request comes through that proxy.
    pub trust_forwarded_proto: bool,
    /// Where a JSON line about each request goes: `off`, `stderr`, or a file.
    pub access_log: String,
    /// File to which every change of state by request is appended: who, when, what, from where.
    pub audit_log: String,
    /// What is kept of requests and predictions.
    pub prediction_log: PredictionLog,
    /// OTLP/HTTP endpoint to which a span per sampled request goes, like `http://localhost:4318/v1/traces`. Default: none.
    pub otlp_endpoint: Option<String>,
    /// How far the calls of other systems go in their own ways.
    pub compatibility: Compatibility,
}

impl Default for Server {
    fn default() -> Self {
        Server {
            listen: "127.0.0.1:8000".to_string(),
            insecure: false,
            tokens: Vec::new(),
            tokens_file: None,
            tls: None,
            limits: Limits::default(),
            threads: None,
            drain_delay: 1.0,
            drain_seconds: 10.0,
            cors_origins: Vec::new(),
            session_hours: 12.0,
            trust_forwarded_proto: false,
            access_log: "off".to_string(),
            audit_log: "audit.ndjson".to_string(),
            prediction_log: PredictionLog::default(),
            otlp_endpoint: None,
            compatibility: Compatibility::default(),
        }
    }
}

/// Certificate and key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file with the certificate chain.
    pub certificate: String,
    /// PEM file with the private key.
    pub key: String,
}

/// What one request, and all together, may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a body, after it is decompressed; more is answered 413.
    pub body_bytes: usize,
    /// Bytes that all requests together may hold: bodies after they are decompressed, rows made of them, answers that wait to
    /// be sent. More is answered 503 with `Retry-After`, or 413 where one request alone needs more. Default: 512 MiB, or
    /// eight bodies where that is more.
    pub work_bytes: Option<usize>,
    /// Rows of a request; more is answered 413.
    pub rows: usize,
    /// Columns of a request, unknown ones included; more is answered 413. A model's own columns are always taken.
    pub columns: usize,
    /// Cells of a request: its rows times the model's columns; more is answered 413.
    pub cells: usize,
    /// Requests under way; one more is answered 503 with `Retry-After`.
    pub in_flight: usize,
    /// Requests per second and token (or address, without tokens); more are answered 429. 0: no limit.
    pub requests_per_second: u32,
    /// Open connections; one more waits until another closes.
    pub connections: usize,
    /// Seconds for the head of a request to arrive, the wait for it on an open connection included.
    pub head_seconds: f64,
    /// Seconds for its body to arrive.
    pub body_seconds: f64,
    /// Seconds for its answer to be made; then the work is given up and 503 answered.
    pub answer_seconds: f64,
    /// Seconds of processor time that one large request may take; then the work is given up and 413 answered.
    pub cpu_seconds: f64,
    /// Seconds for a large answer to be taken by the caller; then the connection is closed.
    pub send_seconds: f64,
}

/// Bytes that requests may hold where nothing is said.
const WORK_BYTES: usize = 512 << 20;
/// As many of the largest bodies may be held where nothing is said.
const WORK_BODIES: usize = 8;

impl Limits {
    /// Bytes that all requests together may hold.
    pub fn most_work_bytes(&self) -> usize {
        self.work_bytes
            .unwrap_or(WORK_BYTES.max(self.body_bytes.saturating_mul(WORK_BODIES)))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body_bytes: 16 << 20,
            work_bytes: None,
            rows: 100_000,
            columns: 10_000,
            cells: 10_000_000,
            in_flight: 512,
            requests_per_second: 0,
            connections: 4096,
            head_seconds: 60.0,
            body_seconds: 30.0,
            answer_seconds: 30.0,
            cpu_seconds: 20.0,
            send_seconds: 60.0,
        }
    }
}

/// What is kept of requests and predictions, in rotating zstd-compressed NDJSON files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PredictionLog {
    /// Share of requests that are kept, from 0 (none) to 1 (all).
    pub sample: f64,
    /// Folder for the files, or a URL (s3://, gs://, az://): then each file goes into that store once it is closed, and workers on other
    /// machines read it there.
    pub folder: String,
    /// With a URL: folder of this machine where a file is written, and waits for the store.
    pub waiting_folder: String,
    /// With a URL: seconds after which a file is closed, however little is in it, so that others can read it.
    pub segment_seconds: f64,
    /// Bytes at which a file is closed and the next one started.
    pub file_bytes: u64,
    /// Closed files that are kept per project; the oldest go first.
    pub files: usize,
    /// Requests that may wait to be written; beyond that, further ones are dropped and counted.
    pub queue: usize,
}

impl Default for PredictionLog {
    fn default() -> Self {
        PredictionLog {
            sample: 0.0,
            folder: "predictionlog".to_string(),
            waiting_folder: "predictionlog_waiting".to_string(),
            segment_seconds: 60.0,
            file_bytes: 64 << 20,
            files: 16,
            queue: 4096,
        }
    }
}

/// Largest body that may be allowed: a gibibyte, since a body is held in memory.
const MOST_BYTES: usize = 1 << 30;
/// Most bytes that requests may hold together: a tebibyte.
const MOST_WORK_BYTES: usize = 1 << 40;
/// Most cells of a request.
const MOST_CELLS: usize = 10_000_000_000;
/// Largest count that any setting may name.
const MOST_COUNT: usize = 100_000_000;
/// Most threads.
const MOST_THREADS: usize = 1024;
/// Longest time that any setting may name: a day.
const MOST_SECONDS: f64 = 86_400.0;

impl Server {
    /// Every setting that cannot be, each under its key below `server.`.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut say = |key: &str, reason: String| {
            problems.push(Problem::at(&format!("server.{key}"), reason));
        };
        if !has_port(&self.listen) {
            say(
                "listen",
                "write it as ADDRESS:PORT, like 127.0.0.1:8000".to_string(),
            );
        }
        token_problems(&self.tokens, &mut say);
        let tls = self.tls.as_ref();
        let files = [
            ("tokens_file", self.tokens_file.as_ref()),
            ("tls.certificate", tls.map(|tls| &tls.certificate)),
            ("tls.key", tls.map(|tls| &tls.key)),
            (
                "compatibility.file_location",
                self.compatibility.file_location.as_ref(),
            ),
        ];
        for (key, file) in files {
            if file.is_some_and(|file| file.trim().is_empty()) {
                say(key, "is empty; name one, or leave the key out".to_string());
            }
        }
        let of_this_machine = [
            ("audit_log", Some(&self.audit_log)),
            ("access_log", Some(&self.access_log)),
            (
                "prediction_log.waiting_folder",
                Some(&self.prediction_log.waiting_folder),
            ),
        ];
        for (key, file) in of_this_machine.into_iter().chain(files) {
            if let Some(scheme) = file.and_then(|file| scheme_of(file)) {
                let reason = format!(
                    "is a URL (`{scheme}://`), and only a file or folder of this machine can be used; data, versions and the champion's copy may be in a store"
                );
                say(key, reason);
            }
        }
        let limits = &self.limits;
        let seconds = [
            ("drain_delay", self.drain_delay, 0.0),
            ("drain_seconds", self.drain_seconds, 0.0),
            ("limits.head_seconds", limits.head_seconds, 0.001),
            ("limits.body_seconds", limits.body_seconds, 0.001),
            ("limits.answer_seconds", limits.answer_seconds, 0.001),
            ("limits.cpu_seconds", limits.cpu_seconds, 0.001),
            ("limits.send_seconds", limits.send_seconds, 0.001),
            (
                "prediction_log.segment_seconds",
                self.prediction_log.segment_seconds,
                0.01,
            ),
        ];
        for (key, value, least) in seconds {
            if !(least..=MOST_SECONDS).contains(&value) {
                say(
                    key,
                    format!("{value} is not from {least} to {MOST_SECONDS}"),
                );
            }
        }
        if !(1.0 / 60.0..=24.0 * 366.0).contains(&self.session_hours) {
            let reason = "is not from a minute (0.0167) to a year (8784)".to_string();
            say("session_hours", reason);
        }
        let counts = [
            ("limits.body_bytes", limits.body_bytes, MOST_BYTES),
            ("limits.rows", limits.rows, MOST_COUNT),
            ("limits.columns", limits.columns, MOST_COUNT),
            ("limits.cells", limits.cells, MOST_CELLS),
            (
                "limits.work_bytes",
                limits.most_work_bytes(),
                MOST_WORK_BYTES,
            ),
            ("limits.in_flight", limits.in_flight, MOST_COUNT),
            ("limits.connections", limits.connections, MOST_COUNT),
            (
                "prediction_log.files",
                self.prediction_log.files,
                MOST_COUNT,
            ),
            (
                "prediction_log.queue",
                self.prediction_log.queue,
                MOST_COUNT,
            ),
            ("threads", self.threads.unwrap_or(1), MOST_THREADS),
        ];
        for (key, value, most) in counts {
            if !(1..=most).contains(&value) {
                say(key, format!("{value} is not from 1 to {most}"));
            }
        }
        if limits.most_work_bytes() < limits.body_bytes {
            let (most, body) = (limits.most_work_bytes(), limits.body_bytes);
            say(
                "limits.work_bytes",
                format!("{most} is less than one body may have, {body} (limits.body_bytes)"),
            );
        }
        for (at, origin) in self.cors_origins.iter().enumerate() {
            if !is_origin(origin) {
                let reason = "write it as a browser does: https://HOST or https://HOST:PORT, in lower case, without a path; `*` is not taken";
                say(&format!("cors_origins[{at}]"), reason.to_string());
            }
        }
        if !(0.0..=1.0).contains(&self.prediction_log.sample) {
            say(
                "prediction_log.sample",
                format!("{} is not from 0 to 1", self.prediction_log.sample),
            );
        }
        problems
    }

    /// A path of these settings: relative to the project's folder.
    pub fn path(&self, project: &Path, path: &str) -> PathBuf {
        super::paths::below(project, path)
    }
}

/// Whether a text ends in a port: an address, or a host name that is looked up when the server starts.
fn has_port(listen: &str) -> bool {
    let named = listen
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    listen.parse::<SocketAddr>().is_ok() || (named && !listen.starts_with('['))
}

/// Whether a text is an origin as browsers write it.
fn is_origin(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte);
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_plain))
}
