//! Channels of what is kept up to date beside those of `notify`: another system with settings of its own.

use super::notify::{Channel, ChannelKind, Topic, default_seconds};

impl Channel {
    /// The channel of something that is kept up to date beside those of `notify`.
    pub fn kept(kind: ChannelKind, name: &str, on: Vec<Topic>) -> Channel {
        Channel {
            kind,
            name: Some(name.to_string()),
            on,
            timeout_seconds: default_seconds(),
            url: None,
            url_file: None,
            secret_file: None,
            smtp: None,
            user: None,
            password_file: None,
            from: None,
            to: Vec::new(),
            argv: Vec::new(),
        }
    }
}
