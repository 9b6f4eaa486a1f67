//! Channels of the outbox that do not take what they are sent: a dead webhook, table or server is seen here, since it holds no run up.

use std::collections::BTreeMap;

use crate::clock::rfc3339;
use crate::registry::{Error, MessageRow, MessageState, Registry};

/// Messages that are looked at.
const NEWEST: i64 = 200;

/// A sentence for each channel that failed to take messages about a model which still wait.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn untaken(registry: &Registry, model: &str) -> Result<Vec<String>, Error> {
    let waiting = Some(MessageState::Waiting);
    let messages = registry.messages(Some(model), waiting, NEWEST).await?;
    Ok(says(&messages))
}

/// `messages` stand newest first.
fn says(messages: &[MessageRow]) -> Vec<String> {
    let mut channels: BTreeMap<&str, Vec<&MessageRow>> = BTreeMap::new();
    for message in messages.iter().filter(|message| message.error.is_some()) {
        channels.entry(&message.channel).or_default().push(message);
    }
    let sentence = |(channel, waiting): (&str, Vec<&MessageRow>)| {
        let (newest, oldest) = (waiting.first()?, waiting.last()?);
        let many = match waiting.len() {
            1 => "1 message".to_string(),
            n => format!("{n} messages"),
        };
        Some(format!(
            "the channel `{channel}` has not taken {many} since {}: failed to {}",
            rfc3339(oldest.created_ms),
            newest.error.as_deref().unwrap_or_default()
        ))
    };
    channels.into_iter().filter_map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_named_once_with_its_newest_error_and_since_when() {
        let message = |id: i64, channel: &str, error: Option<&str>| MessageRow {
            id,
            topic: id.to_string(),
            model: "m".to_string(),
            kind: "promoted".to_string(),
            channel: channel.to_string(),
            body: String::new(),
            state: MessageState::Waiting,
            attempts: 1,
            next_ms: 0,
            error: error.map(str::to_string),
            created_ms: id * 1000,
            ended_ms: None,
        };
        let all = [
            message(3, "dynamodb", Some("be heard: 500")),
            message(2, "webhook", None),
            message(1, "dynamodb", Some("be heard: 400")),
        ];
        assert_eq!(
            says(&all),
            [
                "the channel `dynamodb` has not taken 2 messages since 1970-01-01T00:00:01Z: failed to be heard: 500"
            ]
        );
        assert_eq!(says(&all[1..2]), [] as [String; 0]);
    }
}
