//! The part of `config.json` that names a table of DynamoDB in which created models are mirrored. Keys are never in it: they come
//! from the variables, profiles and roles that AWS' own tools go by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::notify::{Channel, ChannelKind, DYNAMODB_CHANNEL, Topic, not_an_address};
use super::problem::Problem;

/// A table of DynamoDB that has a row for each model that was created by request: `key`, `sort`, `data` and `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DynamoDb {
    /// Name of the table. Without it, nothing is sent.
    pub table: Option<String>,
    /// Its region; or `AWS_REGION`, `AWS_DEFAULT_REGION`, or that of the profile.
    pub region: Option<String>,
    /// Its address, where it is not AWS' own; or `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// Seconds that one attempt may take.
    pub timeout_seconds: f64,
}

impl Default for DynamoDb {
    fn default() -> Self {
        DynamoDb {
            table: None,
            region: None,
            endpoint_url: None,
            timeout_seconds: 10.0,
        }
    }
}

/// Longest time that one attempt may take, in seconds.
const MOST_SECONDS: f64 = 300.0;

impl DynamoDb {
    /// The name of its channel in the outbox.
    pub const CHANNEL: &'static str = DYNAMODB_CHANNEL;

    /// The channel of the outbox that sends to it; `None` without a table.
    pub fn channel(&self) -> Option<Channel> {
        self.table.as_ref()?;
        // A model gets its champion by one of these.
        let on = vec![Topic::Promoted];
        Some(Channel {
            timeout_seconds: self.timeout_seconds,
            ..Channel::kept(ChannelKind::DynamoDb, Self::CHANNEL, on)
        })
    }

    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut say = |key: &str, reason: String| {
            problems.push(Problem::at(&format!("dynamodb.{key}"), reason));
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        if let Some(table) = &self.table
            && !((3..=255).contains(&table.len()) && table.chars().all(is_plain))
        {
            let reason = "is no name of a table: use 3 to 255 letters, digits, `_`, `.` and `-`";
            say("table", reason.to_string());
        }
        if let Some(reason) = self.endpoint_url.as_deref().and_then(not_an_address) {
            say("endpoint_url", reason.to_string());
        }
        if !(0.1..=MOST_SECONDS).contains(&self.timeout_seconds) {
            let reason = format!("{} is not from 0.1 to {MOST_SECONDS}", self.timeout_seconds);
            say("timeout_seconds", reason);
        }
        problems
    }
}
