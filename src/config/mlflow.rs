//! The part of `config.json` that says which MLflow server is kept up to date. Secrets are never in it: they come from a
//! file, or from the variables that MLflow's own clients read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::notify::{Channel, ChannelKind, MLFLOW_CHANNEL, Topic, not_an_address};
use super::problem::Problem;

/// An MLflow tracking server that receives every version: its scores, files and aliases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mlflow {
    /// Its address, like `http://127.0.0.1:5000`. Without it, nothing is sent.
    pub tracking_uri: Option<String>,
    /// Name of the experiment; `{model}` stands for the name of the model.
    pub experiment: String,
    /// Whether files are sent, too: report, card, plots, decision, and the model as ONNX with its signature.
    pub artifacts: bool,
    /// Who logs in, where the server asks; or `MLFLOW_TRACKING_USERNAME`.
    pub user: Option<String>,
    /// File with the password of `user`, else with a token; or `MLFLOW_TRACKING_PASSWORD`, `MLFLOW_TRACKING_TOKEN`.
    pub secret_file: Option<String>,
    /// Seconds that one attempt may take, files included.
    pub timeout_seconds: f64,
}

impl Default for Mlflow {
    fn default() -> Self {
        Mlflow {
            tracking_uri: None,
            experiment: "unseat/{model}".to_string(),
            artifacts: true,
            user: None,
            secret_file: None,
            timeout_seconds: 60.0,
        }
    }
}

/// Longest time that one attempt may take, in seconds.
const MOST_SECONDS: f64 = 3600.0;

impl Mlflow {
    /// The name of its channel in the outbox.
    pub const CHANNEL: &'static str = MLFLOW_CHANNEL;

    /// The channel of the outbox that sends to it; `None` without a server.
    pub fn channel(&self) -> Option<Channel> {
        self.tracking_uri.as_ref()?;
        let on = vec![
            Topic::Promoted,
            Topic::Refused,
            Topic::Failed,
            Topic::RolledBack,
        ];
        Some(Channel {
            timeout_seconds: self.timeout_seconds,
            ..Channel::kept(ChannelKind::Mlflow, Self::CHANNEL, on)
        })
    }

    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut say = |key: &str, reason: String| {
            problems.push(Problem::at(&format!("mlflow.{key}"), reason));
        };
        if let Some(reason) = self.tracking_uri.as_deref().and_then(not_an_address) {
            say("tracking_uri", reason.to_string());
        }
        if self.experiment.trim().is_empty() {
            say(
                "experiment",
                "is empty; leave the key out for `unseat/{model}`".to_string(),
            );
        }
        if !(0.1..=MOST_SECONDS).contains(&self.timeout_seconds) {
            let reason = format!("{} is not from 0.1 to {MOST_SECONDS}", self.timeout_seconds);
            say("timeout_seconds", reason);
        }
        problems
    }
}
