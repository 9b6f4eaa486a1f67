//! A running server and a client that knows what tests ask.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::Project;

/// Longest that an answer is waited for, also on a machine that is busy with other things.
const LONGEST: Duration = Duration::from_secs(240);

/// A server of a project on a port of its own. Ended when dropped.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`.
    pub base: String,
    agent: ureq::Agent,
    /// Goes when the server went, for who has no other use for it.
    folder: Option<tempfile::TempDir>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The status is as expected; else everything is shown.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

/// What a server at `http://…` answers to a GET.
#[track_caller]
pub fn asked(base: &str, path: &str) -> Answer {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(LONGEST))
        .build()
        .new_agent();
    let mut response = agent
        .get(format!("{base}{path}"))
        .call()
        .expect("an answer");
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.body_mut().read_to_vec().expect("a body"),
    }
}

impl Server {
    /// `unseat serve` in a project, with further arguments, once it answers.
    pub fn of(project: &Project, arguments: &[&str]) -> Self {
        Server::with(project, arguments, &[])
    }

    /// The same, with variables more in its environment.
    pub fn with(project: &Project, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let listen: &[&str] = if arguments.contains(&"--listen") {
            &[]
        } else {
            &["--listen", "127.0.0.1:0"]
        };
        let all = [&["serve", "--json"], listen, arguments].concat();
        let mut command = project.command(&all);
        command.envs(variables.iter().copied());
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says where it listens");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            let mut talk = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                let _ = stderr.read_to_string(&mut talk);
            }
            panic!("{error}: {line:?} {talk}")
        });
        let base = said["listening"].as_str().expect("a URL").to_string();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // A GET may have a body here: some of the compatibility protocols want one.
            .allow_non_standard_methods(true)
            .timeout_global(Some(LONGEST))
            .build()
            .new_agent();
        Server {
            child,
            base,
            agent,
            folder: None,
        }
    }

    /// Keeps the project for as long as the server lives.
    pub fn keeping(mut self, project: Project) -> Self {
        self.folder = Some(project.into_folder());
        self
    }

    /// The process, to send it signals.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a request with headers and a body, as they are.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a request");
        let mut response = self.agent.run(request).expect("an answer");
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_vec().expect("a body"),
        }
    }

    /// Sends a request that the server may die of; then there is no answer.
    pub fn try_send(&self, method: &str, path: &str) -> Option<u16> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        let request = request.body(()).expect("a request");
        let answer = self.agent.run(request).ok()?;
        Some(answer.status().as_u16())
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send("POST", path, &headers, body.to_string().as_bytes())
    }

    /// Asks until an answer is as wanted; a server that never gives it is a failure.
    #[track_caller]
    pub fn until(&self, path: &str, is_wanted: impl FnMut(&Answer) -> bool) -> Answer {
        self.until_with(&[], path, is_wanted)
    }

    /// The same, with headers.
    #[track_caller]
    pub fn until_with(
        &self,
        headers: &[(&str, &str)],
        path: &str,
        mut is_wanted: impl FnMut(&Answer) -> bool,
    ) -> Answer {
        let began = std::time::Instant::now();
        loop {
            let answer = self.send("GET", path, headers, b"");
            if is_wanted(&answer) {
                return answer;
            }
            assert!(
                began.elapsed() < LONGEST,
                "never came: {path}: {}",
                answer.text()
            );
        }
    }

    /// Sends a signal, waits for the end, and returns what was said on stderr and whether the exit code was 0.
    pub fn stop(self, signal: rustix::process::Signal) -> (bool, String) {
        self.signal(signal);
        self.ended()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("sends");
    }

    /// Waits for the end; what was said on stderr, and whether the exit code was 0.
    pub fn ended(mut self) -> (bool, String) {
        let mut talk = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut talk);
        }
        let status = self.child.wait().expect("ends");
        (status.success(), talk)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
