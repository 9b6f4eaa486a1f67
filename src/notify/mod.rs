//! Notifications: by webhook, e-mail or command, out of an outbox in the registry.
//!
//! In: rows of the registry and the settings. Out: messages that were taken. What happened is put into the outbox first and
//! sent from there, so that none is lost; it is sent at least once. It must not know how a run works, HTTP routes or a
//! terminal, and it never fails its caller.

mod command;
mod drift;
mod email;
mod kept;
mod mail;
mod message;
mod outbox;
mod run_outcome;
mod secret;
mod send;
mod sink;
mod webhook;

#[cfg(test)]
mod tests;

pub use command::call;
pub use kept::look as look_at_sinks;
pub use message::Event;
pub use outbox::{begin, catch_up, happened, run_ended};
pub use secret::find as secret;
pub use send::{Attempt, Look, deliver, next_attempt, send_due, try_all};
pub use sink::Sink;
pub use webhook::signature;

use std::path::PathBuf;

use crate::clock::Clock;
use crate::config::{Config, Notify};
use crate::registry::Registry;

/// Everything that sending needs.
#[derive(Debug, Clone)]
pub struct Post {
    /// Where the outbox is.
    pub registry: Registry,
    /// Who is notified of what, and how.
    pub settings: Notify,
    /// Names of the models.
    pub models: Vec<String>,
    /// The folder below which files with secrets are named.
    pub project: PathBuf,
    /// What time it is.
    pub clock: Clock,
    /// What is kept up to date beside the channels.
    pub sinks: Vec<Sink>,
}

impl Post {
    /// The post of a project.
    pub fn new(registry: &Registry, config: &Config, clock: Clock, sinks: Vec<Sink>) -> Self {
        let mut settings = config.notify.clone();
        settings.channels.extend(config.mlflow.channel());
        settings.channels.extend(config.dynamodb.channel());
        Post {
            registry: registry.clone(),
            settings,
            sinks,
            models: config.models.keys().cloned().collect(),
            project: config.project.clone(),
            clock,
        }
    }

    /// Whether there is any channel or sink.
    pub fn is_silent(&self) -> bool {
        self.settings.channels.is_empty()
    }
}

/// Why an attempt to deliver a message failed. No text holds a secret, or an address that may be one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file with a secret cannot be read.
    #[error("read `{key}`, {}", .path.display())]
    File {
        /// The setting that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A secret is not there, or no text of one line.
    #[error("use `{key}`: {why}")]
    Secret {
        /// The setting that names it.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The webhook answered something else than 2xx.
    #[error("be heard: the webhook answered {0}")]
    Status(u16),
    /// The webhook could not be reached.
    #[error("reach the webhook: {0}")]
    Webhook(String),
    /// The e-mail could not be made, or the server did not take it.
    #[error("send the e-mail: {0}")]
    Mail(String),
    /// The command could not be started or waited for.
    #[error("run the command")]
    Command(#[source] std::io::Error),
    /// The command ended otherwise than by 0.
    #[error("run the command: {0}")]
    Ended(String),
    /// It took too long.
    #[error("be done in {0} s")]
    TooLong(f64),
    /// What is kept up to date was not.
    #[error("bring {name} up to date: {why}")]
    Sink {
        /// What it is.
        name: String,
        /// What went wrong.
        why: String,
    },
    /// The stored message cannot be read.
    #[error("read the stored message")]
    Stored(#[source] serde_json::Error),
    /// The registry cannot answer.
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
}

impl Error {
    /// The error and what lies behind it, on one line.
    pub fn told(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let cause_text = cause.to_string();
            if !text.ends_with(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            next = cause.source();
        }
        text
    }
}
