//! MLflow's REST interface, as far as it is used here. It blocks; for a thread that may.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::Error;
use crate::config::Mlflow;
use crate::notify::secret;

/// Most bytes of an answer that are read.
const MOST_ANSWER: u64 = 8 << 20;
/// Most characters of an error message that are kept.
const MOST_WORDS: usize = 300;

/// A server, and how long calls to it may take.
pub struct Client {
    base: String,
    authorization: Option<String>,
    until: Instant,
}

impl Client {
    /// For the server of the settings; all calls together may take `timeout`.
    ///
    /// # Errors
    /// When the file with the secret cannot be read.
    pub fn open(settings: &Mlflow, project: &Path, timeout: Duration) -> Result<Client, Error> {
        let file = ("mlflow.secret_file", settings.secret_file.as_deref());
        let name = secret(project, ("mlflow.user", None), "MLFLOW_TRACKING_USERNAME")?;
        let authorization = match settings.user.clone().or(name) {
            Some(user) => {
                let password = secret(project, file, "MLFLOW_TRACKING_PASSWORD")?;
                let login = format!("{user}:{}", password.unwrap_or_default());
                Some(format!("Basic {}", STANDARD.encode(login)))
            }
            None => secret(project, file, "MLFLOW_TRACKING_TOKEN")?
                .map(|token| format!("Bearer {token}")),
        };
        let uri = settings.tracking_uri.as_deref().unwrap_or_default();
        Ok(Client {
            base: uri.trim_end_matches('/').to_string(),
            authorization,
            until: Instant::now() + timeout,
        })
    }

    /// `GET` of one of MLflow's own calls.
    pub fn get(&self, call: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        let mut request = self.agent().get(self.own(call));
        for (key, value) in query {
            request = request.query(*key, *value);
        }
        self.answer(call, self.with_login(request).call())
    }

    /// `POST` of JSON.
    pub fn post(&self, call: &str, body: &Value) -> Result<Value, Error> {
        let request = self.agent().post(self.own(call));
        let request = self.with_login(request).content_type("application/json");
        self.answer(call, request.send(body.to_string()))
    }

    /// `DELETE`, with JSON as MLflow wants it.
    pub fn delete(&self, call: &str, body: &Value) -> Result<Value, Error> {
        let request = self.agent().delete(self.own(call));
        let request = self.with_login(request).force_send_body();
        let request = request.content_type("application/json");
        self.answer(call, request.send(body.to_string()))
    }

    /// Puts a file below the artifacts that the server keeps. `path` is relative to them.
    pub fn put_file(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        let path: String = path
            .chars()
            .map(|c| if plain(c) { c } else { '_' })
            .collect();
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/{path}", self.base);
        let request = self.with_login(self.agent().put(url));
        let request = request.content_type("application/octet-stream");
        self.answer("mlflow-artifacts", request.send(bytes))
            .map(drop)
    }

    fn own(&self, call: &str) -> String {
        format!("{}/api/2.0/mlflow/{call}", self.base)
    }

    fn agent(&self) -> ureq::Agent {
        let left = self.until.saturating_duration_since(Instant::now());
        ureq::Agent::config_builder()
            .timeout_global(Some(left.max(Duration::from_millis(1))))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("unseat/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent()
    }

    fn with_login<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }

    fn answer(
        &self,
        call: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, Error> {
        let failed = |error: ureq::Error| Error::Unreachable {
            call: call.to_string(),
            why: match error {
                ureq::Error::Timeout(_) => "it did not answer in time".to_string(),
                other => other.to_string(),
            },
        };
        let mut answer = answer.map_err(failed)?;
        let status = answer.status();
        let body = answer
            .body_mut()
            .with_config()
            .limit(MOST_ANSWER)
            .read_to_string();
        let body = body.map_err(failed)?;
        let value: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let code = value["error_code"].as_str().unwrap_or_default();
        let words = value["message"].as_str().unwrap_or_default();
        let words: String = words
            .chars()
            .filter(|c| !c.is_control())
            .take(MOST_WORDS)
            .collect();
        Err(Error::Answer {
            call: call.to_string(),
            status: status.as_u16(),
            code: format!("{code} {words}").trim().to_string(),
        })
    }

    /// The id of an experiment, which is made where it is not there.
    pub fn experiment(&self, name: &str) -> Result<String, Error> {
        let call = "experiments/get-by-name";
        let found = match self.get(call, &[("experiment_name", name)]) {
            Ok(found) => text(
                &found,
                call,
                &["experiment", "experiment_id"],
                "experiment_id",
            )?,
            Err(error) if error.is(404, "RESOURCE_DOES_NOT_EXIST") => {
                let call = "experiments/create";
                match self.post(call, &json!({"name": name})) {
                    Ok(made) => text(&made, call, &["experiment_id"], "experiment_id")?,
                    // Another process was first.
                    Err(error) if error.is(400, "RESOURCE_ALREADY_EXISTS") => {
                        return self.experiment(name);
                    }
                    Err(error) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        Ok(found)
    }
}

impl Error {
    /// Whether MLflow answered this.
    pub fn is(&self, wanted: u16, name: &str) -> bool {
        matches!(self, Error::Answer { status, code, .. } if *status == wanted && code.starts_with(name))
    }
}

/// A text of an answer.
pub fn text(
    value: &Value,
    call: &str,
    path: &[&str],
    field: &'static str,
) -> Result<String, Error> {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    match found {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(Error::Form {
            call: call.to_string(),
            field,
        }),
    }
}
