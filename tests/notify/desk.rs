//! A registry, a post and a clock of one's own.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use unseat::clock::Clock;
use unseat::config::{Config, Overrides, load::from_value};
use unseat::notify::{Attempt, Event, Post, send_due};
use unseat::registry::{MessageRow, Registry};

/// A post with channels, whose clock stands still until it is put forward.
pub struct Desk {
    pub folder: tempfile::TempDir,
    pub post: Post,
    now: DateTime<Utc>,
}

impl Desk {
    pub async fn with(channels: Value) -> Self {
        Desk::filled(&[], channels).await
    }

    /// With files in the project's folder.
    pub async fn filled(files: &[(&str, &str)], channels: Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("writes");
        }
        let config = config(folder.path(), channels);
        let registry = Registry::open(&folder.path().join("unseat.db"))
            .await
            .expect("opens");
        let now = DateTime::from_timestamp_millis(1_772_323_200_000).expect("in range");
        let post = Post::new(&registry, &config, Clock::Fixed(now), Vec::new());
        Desk { folder, post, now }
    }

    /// Puts the clock forward.
    pub fn later(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
        self.post.clock = Clock::Fixed(self.now);
    }

    pub fn event(&self, key: &str) -> Event {
        Event {
            key: key.to_string(),
            subject: format!("the event {key}"),
            ..Event::stale(
                "m",
                "untrained",
                0,
                "was not trained",
                self.post.clock.now_ms(),
            )
        }
    }

    pub async fn send(&self) -> Vec<Attempt> {
        send_due(&self.post, None).await
    }

    pub async fn messages(&self) -> Vec<MessageRow> {
        let found = self.post.registry.messages(None, None, 1000).await;
        found.expect("reads")
    }

    /// The only message.
    pub async fn only(&self) -> MessageRow {
        let mut found = self.messages().await;
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

fn config(folder: &std::path::Path, channels: Value) -> Config {
    let value = json!({
        "input_folder_path": "a", "output_folder_path": "b", "test_data_path": "c",
        "output_model_path": "d", "prod_deployment_path": "e", "name": "m",
        "notify": {"channels": channels},
    });
    from_value(value, folder, &Overrides::default()).expect("valid settings")
}
