//! A browser that is driven by the WebDriver protocol (W3C), as far as a test needs it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

/// Key under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Seconds after which what is waited for does not come.
const MOST_SECONDS: u64 = 240;

/// A browser with one window. Ended when dropped.
pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts Chromium, where it and its driver are installed.
    #[expect(clippy::print_stdout, reason = "says what is left out here")]
    pub fn start() -> Option<Self> {
        let missing = ["chromedriver", "chromium"].into_iter().find(|program| {
            let found = Command::new(program).arg("--version").output();
            !found.is_ok_and(|done| done.status.success())
        });
        if let Some(missing) = missing {
            println!(
                "left out: {missing} is not installed (Debian: apt-get install chromium chromium-driver)"
            );
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the driver starts");
        let stdout = driver.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let port: u16 = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let port = line.split("on port ").nth(1)?;
                port.trim_end_matches('.')
                    .parse()
                    .ok()
                    .filter(|port| *port != 0)
            })
            .expect("it says its port");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let profile = tempfile::tempdir().expect("a folder");
        let base = format!("http://127.0.0.1:{port}/session");
        let arguments = [
            "--headless=new".to_string(),
            "--no-sandbox".to_string(),
            "--disable-gpu".to_string(),
            "--disable-dev-shm-usage".to_string(),
            "--window-size=1200,1000".to_string(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"binary": which("chromium"), "args": arguments},
        }}});
        let begun = said(&agent, "POST", &base, Some(&wanted));
        let id = begun["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {begun}"));
        Some(Browser {
            session: format!("{base}/{id}"),
            driver,
            agent,
            _profile: profile,
        })
    }

    /// Goes to an address.
    pub fn go(&self, url: &str) {
        self.ask("POST", "/url", Some(json!({"url": url})));
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.ask("GET", "/url", None)
            .as_str()
            .expect("an address")
            .to_string()
    }

    /// All text of the page, as a person sees it.
    pub fn text(&self) -> String {
        let script = json!({"script": "return document.body.innerText", "args": []});
        self.ask("POST", "/execute/sync", Some(script))
            .as_str()
            .unwrap_or_default()
            .to_string()
    }

    /// What a script says.
    pub fn script(&self, script: &str) -> Value {
        self.ask(
            "POST",
            "/execute/sync",
            Some(json!({"script": script, "args": []})),
        )
    }

    /// Clicks on the first element of an XPath.
    #[track_caller]
    pub fn click(&self, xpath: &str) {
        let element = self.find(xpath);
        self.ask(
            "POST",
            &format!("/element/{element}/click"),
            Some(json!({})),
        );
    }

    /// Types into the first element of an XPath.
    #[track_caller]
    pub fn write(&self, xpath: &str, text: &str) {
        let element = self.find(xpath);
        self.ask(
            "POST",
            &format!("/element/{element}/clear"),
            Some(json!({})),
        );
        self.ask(
            "POST",
            &format!("/element/{element}/value"),
            Some(json!({"text": text})),
        );
    }

    /// Waits until the page has a text.
    #[track_caller]
    pub fn until(&self, wanted: &str) {
        let began = Instant::now();
        loop {
            let text = self.text();
            if text.contains(wanted) {
                return;
            }
            let seconds = began.elapsed().as_secs();
            assert!(
                seconds < MOST_SECONDS,
                "{wanted:?} never came at {}: {text}",
                self.url()
            );
        }
    }

    #[track_caller]
    fn find(&self, xpath: &str) -> String {
        let wanted = json!({"using": "xpath", "value": xpath});
        let found = self.ask("POST", "/element", Some(wanted));
        let element = found[ELEMENT].as_str();
        element
            .unwrap_or_else(|| panic!("no {xpath} at {}: {}", self.url(), self.text()))
            .to_string()
    }

    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        said(
            &self.agent,
            method,
            &format!("{}{path}", self.session),
            body.as_ref(),
        )
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.ask("DELETE", "", None);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// What the driver answers.
fn said(agent: &ureq::Agent, method: &str, url: &str, body: Option<&Value>) -> Value {
    let body = body.map(ToString::to_string).unwrap_or_default();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(body.into_bytes())
        .expect("a request");
    let mut response = agent.run(request).expect("the driver answers");
    let bytes = response.body_mut().read_to_vec().expect("a body");
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    value["value"].clone()
}

/// Where a program is.
fn which(program: &str) -> String {
    let folders = std::env::var("PATH").unwrap_or_default();
    let mut places = folders
        .split(':')
        .map(|folder| format!("{folder}/{program}"));
    places
        .find(|place| std::path::Path::new(place).is_file())
        .unwrap_or_else(|| program.to_string())
}
