//! Sending what is due: claimed, tried, settled; and the loop that does so for as long as a process lives.

use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;

use super::message::id_of;
use super::outbox::catch_up_on_probations;
use super::webhook::Posting;
use super::{Error, Event, Post, catch_up, command, happened, kept, mail, secret, webhook};
use crate::config::notify::{Smtp, not_an_address};
use crate::config::{Channel, ChannelKind};
use crate::registry::{MessageRow, MessageState};

/// How long a claim holds unless it is renewed.
const LEASE_MS: i64 = 60_000;
/// How often a claim is renewed while an attempt continues.
const RENEW: Duration = Duration::from_secs(15);
/// Wait before the second attempt; each later one waits twice as long.
const FIRST_WAIT_MS: i64 = 30_000;
/// After so long, a message that was not taken is given up.
const PATIENCE_MS: i64 = 86_400_000;
/// How often the outbox is looked at.
const POLL: Duration = Duration::from_secs(5);
/// How often to look for events that were never reported, and for stale models.
const LOOK: Duration = Duration::from_secs(180);
/// How long attempts under way may continue after the signal to end.
const LAST: Duration = Duration::from_secs(5);

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// The channel.
    pub channel: String,
    /// Its kind.
    pub kind: &'static str,
    /// The message.
    pub subject: String,
    /// Whether it was taken.
    pub sent: bool,
    /// Why it was not.
    pub error: Option<String>,
    /// How long it took.
    pub took_ms: f64,
}

/// When a message is tried again after its last attempt failed; `None` when it is given up. The last attempt is a day after
/// it was put into the outbox.
pub fn next_attempt(created_ms: i64, attempts: i64, now_ms: i64) -> Option<i64> {
    let last_ms = created_ms.saturating_add(PATIENCE_MS);
    if now_ms >= last_ms {
        return None;
    }
    let doubled = attempts.clamp(1, 20) - 1;
    Some((now_ms + (FIRST_WAIT_MS << doubled)).min(last_ms))
}

/// Sends everything that is due. `bound` is how long all of it may take: what is not started by then stays in the outbox.
pub async fn send_due(post: &Post, bound: Option<Duration>) -> Vec<Attempt> {
    let until = bound.map(|bound| Instant::now() + bound);
    let named = post.settings.named();
    // A channel that is slow or dead must not keep the others waiting.
    let channels = named
        .iter()
        .map(|(name, channel)| channel_due(post, name, channel, until));
    join_all(channels).await.into_iter().flatten().collect()
}

async fn channel_due(
    post: &Post,
    name: &str,
    channel: &Channel,
    until: Option<Instant>,
) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return attempts;
        }
        match one_due(post, name, channel, left).await {
            Ok(Some(attempt)) => attempts.push(attempt),
            Ok(None) => return attempts,
            Err(error) => {
                tracing::warn!(channel = name, "messages wait: failed to {}", error.told());
                return attempts;
            }
        }
    }
}

/// Claims, tries and settles one message.
async fn one_due(
    post: &Post,
    name: &str,
    channel: &Channel,
    left: Option<Duration>,
) -> Result<Option<Attempt>, Error> {
    let registry = &post.registry;
    let now_ms = post.clock.now_ms();
    let claimed = registry.claim_message(name, now_ms, now_ms + LEASE_MS);
    let Some(claimed) = claimed.await? else {
        return Ok(None);
    };
    let event = serde_json::from_str::<Event>(&claimed.body).map_err(Error::Stored);
    let subject = event
        .as_ref()
        .map_or(String::new(), |event| event.subject.clone());
    let began = Instant::now();
    let done = match event {
        Ok(event) => {
            held(
                post,
                &claimed,
                attempt(post, name, channel, &claimed, event, left),
            )
            .await
        }
        Err(error) => Err(error),
    };
    let now_ms = post.clock.now_ms();
    let error = done.err().map(|error| error.told());
    let (state, next_ms) = match &error {
        None => (MessageState::Sent, now_ms),
        Some(_) => match next_attempt(claimed.created_ms, claimed.attempts, now_ms) {
            Some(next_ms) => (MessageState::Waiting, next_ms),
            None => (MessageState::GivenUp, now_ms),
        },
    };
    registry
        .settle_message(&claimed, state, next_ms, error.as_deref(), now_ms)
        .await?;
    if let Some(error) = &error {
        tracing::warn!(
            channel = name,
            message = claimed.id,
            attempt = claimed.attempts,
            state = state.name(),
            "a message was not taken: failed to {error}"
        );
    }
    Ok(Some(Attempt {
        channel: name.to_string(),
        kind: channel.kind.name(),
        subject,
        sent: error.is_none(),
        error,
        took_ms: began.elapsed().as_secs_f64() * 1e3,
    }))
}

/// Holds a claim while an attempt continues, so that no other process starts one.
async fn held(
    post: &Post,
    claimed: &MessageRow,
    attempt: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let mut attempt = std::pin::pin!(attempt);
    loop {
        match tokio::time::timeout(RENEW, &mut attempt).await {
            Ok(done) => return done,
            Err(_) => {
                let until_ms = post.clock.now_ms() + LEASE_MS;
                // When this fails, the claim runs out and the message may be sent once more.
                let _ = post.registry.hold_message(claimed, until_ms).await;
            }
        }
    }
}

async fn attempt(
    post: &Post,
    name: &str,
    channel: &Channel,
    claimed: &MessageRow,
    event: Event,
    left: Option<Duration>,
) -> Result<(), Error> {
    let (post, name, channel) = (post.clone(), name.to_string(), channel.clone());
    let (id, count) = (id_of(&claimed.topic), claimed.attempts);
    let blocking =
        tokio::task::spawn_blocking(move || tell(&post, &name, &channel, &event, &id, count, left));
    let failed = |error: tokio::task::JoinError| Error::Command(std::io::Error::other(error));
    blocking.await.map_err(failed)?
}

/// One attempt, on a thread that may wait.
fn tell(
    post: &Post,
    name: &str,
    channel: &Channel,
    event: &Event,
    id: &str,
    attempt: i64,
    left: Option<Duration>,
) -> Result<(), Error> {
    let own = Duration::from_secs_f64(channel.timeout_seconds);
    let timeout = left.map_or(own, |left| left.min(own));
    let body = event.body(id).to_string();
    match channel.kind {
        ChannelKind::Webhook => {
            let url = address(post, channel)?;
            let file = ("secret_file", channel.secret_file.as_deref());
            let key = secret::find(&post.project, file, &secret::variable(name, "SECRET"))?;
            webhook::post(&Posting {
                url: &url,
                key: key.as_deref(),
                id,
                attempt,
                body: &body,
                at: post.clock.now_ms().div_euclid(1000),
                timeout,
            })
        }
        ChannelKind::Email => {
            let smtp = channel.smtp.as_deref().and_then(Smtp::parse);
            let smtp = smtp.ok_or_else(|| Error::Mail("no server is named".to_string()))?;
            let file = ("password_file", channel.password_file.as_deref());
            let variable = secret::variable(name, "PASSWORD");
            let password = secret::find(&post.project, file, &variable)?;
            if channel.user.is_some() && password.is_none() {
                let why = format!("there is none; name the file, or set {variable}");
                return Err(Error::Secret {
                    key: "password_file",
                    why,
                });
            }
            mail::send(&mail::Email {
                smtp: &smtp,
                login: channel.user.as_deref().zip(password.as_deref()),
                from: channel.from.as_deref().unwrap_or_default(),
                to: &channel.to,
                event,
                id,
                timeout,
            })
        }
        ChannelKind::Command => command::run(&channel.argv, &post.project, &body, timeout),
        ChannelKind::Mlflow | ChannelKind::DynamoDb => kept::take(post, name, event, timeout),
    }
}

fn address(post: &Post, channel: &Channel) -> Result<String, Error> {
    if let Some(url) = &channel.url {
        return Ok(url.clone());
    }
    let file = channel.url_file.as_deref().unwrap_or_default();
    let url = secret::read(&post.project, "url_file", file)?;
    match not_an_address(&url) {
        // In a file it may hold a password.
        Some(why) if !why.starts_with("holds") => Err(Error::Secret {
            key: "url_file",
            why: why.to_string(),
        }),
        _ => Ok(url),
    }
}

/// Sends a test through every channel at once, past the outbox, and says how each went.
pub async fn try_all(post: &Post) -> Vec<Attempt> {
    let event = Event::test(post.clock.now_ms());
    let named = post.settings.named();
    let tries = named.iter().map(async |(name, channel)| {
        let began = Instant::now();
        let (of, by, as_told) = (post.clone(), name.clone(), (*channel).clone());
        let (told, id) = (event.clone(), id_of(&event.topic(name)));
        let blocking =
            tokio::task::spawn_blocking(move || tell(&of, &by, &as_told, &told, &id, 1, None));
        let done = match blocking.await {
            Ok(done) => done,
            Err(error) => Err(Error::Command(std::io::Error::other(error))),
        };
        let error = done.err().map(|error| error.told());
        Attempt {
            channel: name.clone(),
            kind: channel.kind.name(),
            subject: event.subject.clone(),
            sent: error.is_none(),
            error,
            took_ms: began.elapsed().as_secs_f64() * 1e3,
        }
    });
    join_all(tries).await
}

/// Looks for events that are no runs: models that became stale.
pub type Look = Box<dyn Fn() -> BoxFuture<'static, Vec<Event>> + Send + Sync>;

/// Sends what is due until `shutdown`. Any number of processes may do so on one database.
pub async fn deliver(post: &Post, look: Look, shutdown: impl Future<Output = ()>) {
    let mut shutdown = std::pin::pin!(shutdown);
    if post.is_silent() {
        return shutdown.await;
    }
    let mut looked: Option<Instant> = None;
    loop {
        let round = async {
            if looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
                look_around(post, &look).await;
                looked = Some(Instant::now());
            } else if let Err(error) = catch_up_on_probations(post).await {
                tracing::warn!("messages may be late: failed to {}", error.told());
            }
            kept::look(post).await;
            send_due(post, None).await;
        };
        let mut round = std::pin::pin!(round);
        tokio::select! {
            () = &mut round => {}
            () = &mut shutdown => {
                let _ = tokio::time::timeout(LAST, round).await;
                return;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = &mut shutdown => return,
        }
    }
}

/// Puts unreported events into the outbox, and gives up messages that are never sent.
async fn look_around(post: &Post, look: &Look) {
    for event in look().await {
        happened(post, &event).await;
    }
    let now_ms = post.clock.now_ms();
    let why = "its channel is not in the settings any more";
    let done = async {
        catch_up(post).await?;
        // Twice the time, so that a process whose settings have the channel comes first.
        let before_ms = now_ms - 2 * PATIENCE_MS;
        post.registry
            .give_up_messages(before_ms, why, now_ms)
            .await?;
        Ok::<(), Error>(())
    };
    if let Err(error) = done.await {
        tracing::warn!("messages may be late: failed to {}", error.told());
    }
}
