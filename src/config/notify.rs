//! The part of `config.json` that says who is notified of what, and how. Secrets are never in it: they come from files, or from
//! `UNSEAT_NOTIFY_<NAME>_SECRET` and `UNSEAT_NOTIFY_<NAME>_PASSWORD`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// Notifications: who is notified of what, and how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// Ways to tell; each gets each message by itself.
    pub channels: Vec<Channel>,
}

/// Events that can be notified of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A run put a new version in production.
    Promoted,
    /// A run's version was rejected, or the evidence was too thin.
    Refused,
    /// A run broke off.
    Failed,
    /// A model is older than `health` allows.
    Stale,
    /// The champion's score has fallen further than `health.max_fall`. Also sent to channels of `drift`, which was its name
    /// before.
    Fallen,
    /// Rows are no longer like those that the champion was trained on, or are so again.
    Drift,
    /// Probation took a promoted version back. Also sent to channels of `promoted`.
    RolledBack,
    /// A promoted version has passed its probation. Also sent to channels of `promoted`.
    Confirmed,
    /// A run succeeded after runs that failed. Also sent to channels of `promoted` or `failed`.
    Recovered,
    /// A run left files out that it could not use. Also sent to channels of `promoted` or `failed`.
    Quarantined,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 10] = [
        Topic::Promoted,
        Topic::Refused,
        Topic::Failed,
        Topic::Stale,
        Topic::Fallen,
        Topic::Drift,
        Topic::RolledBack,
        Topic::Confirmed,
        Topic::Recovered,
        Topic::Quarantined,
    ];

    /// Channels that are sent one of these events are sent this one, too: without it, what they know would be wrong.
    fn goes_with(self) -> &'static [Topic] {
        match self {
            Topic::RolledBack | Topic::Confirmed => &[Topic::Promoted],
            Topic::Recovered | Topic::Quarantined => &[Topic::Promoted, Topic::Failed],
            Topic::Fallen => &[Topic::Drift],
            Topic::Promoted | Topic::Refused | Topic::Failed | Topic::Stale | Topic::Drift => &[],
        }
    }

    /// The name in settings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Promoted => "promoted",
            Topic::Refused => "refused",
            Topic::Failed => "failed",
            Topic::Stale => "stale",
            Topic::Fallen => "fallen",
            Topic::Drift => "drift",
            Topic::RolledBack => "rolled_back",
            Topic::Confirmed => "confirmed",
            Topic::Recovered => "recovered",
            Topic::Quarantined => "quarantined",
        }
    }
}

/// How a channel delivers a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// A POST of JSON to an address.
    Webhook,
    /// An e-mail by SMTP.
    Email,
    /// A command that reads JSON.
    Command,
    /// The server of `mlflow.tracking_uri`, which is set there and not here.
    #[serde(skip)]
    Mlflow,
    /// The table of `dynamodb.table`, which is set there and not here.
    #[serde(skip)]
    DynamoDb,
}

impl ChannelKind {
    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Webhook => "webhook",
            ChannelKind::Email => "email",
            ChannelKind::Command => "command",
            ChannelKind::Mlflow => "mlflow",
            ChannelKind::DynamoDb => "dynamodb",
        }
    }
}

/// A way to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// How it delivers a message.
    pub kind: ChannelKind,
    /// Its name in the outbox and in variables. Default: its kind, with its number among those of its kind from the second.
    #[serde(default)]
    pub name: Option<String>,
    /// Which events it is sent.
    #[serde(default = "everything")]
    pub on: Vec<Topic>,
    /// Seconds that one attempt may take.
    #[serde(default = "default_seconds")]
    pub timeout_seconds: f64,
    /// `webhook`: the address.
    #[serde(default)]
    pub url: Option<String>,
    /// `webhook`: file that holds the address, when the address itself is a secret.
    #[serde(default)]
    pub url_file: Option<String>,
    /// `webhook`: file with the key that signs; or `UNSEAT_NOTIFY_<NAME>_SECRET`. Without either, nothing is signed.
    #[serde(default)]
    pub secret_file: Option<String>,
    /// `email`: `smtps://HOST:465`, or `smtp://HOST:587`, which must offer STARTTLS unless it is this machine.
    #[serde(default)]
    pub smtp: Option<String>,
    /// `email`: who logs in.
    #[serde(default)]
    pub user: Option<String>,
    /// `email`: file with the password; or `UNSEAT_NOTIFY_<NAME>_PASSWORD`.
    #[serde(default)]
    pub password_file: Option<String>,
    /// `email`: who sends.
    #[serde(default)]
    pub from: Option<String>,
    /// `email`: who is written to.
    #[serde(default)]
    pub to: Vec<String>,
    /// `command`: program and arguments; no shell reads them.
    #[serde(default)]
    pub argv: Vec<String>,
}

fn everything() -> Vec<Topic> {
    Topic::ALL.to_vec()
}

pub(super) fn default_seconds() -> f64 {
    20.0
}

/// A mail server, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Whether the connection begins with TLS.
    pub is_wrapped: bool,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Smtp {
    /// Takes `smtps://HOST:PORT` or `smtp://HOST:PORT` apart.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_wrapped, rest, port) = match text.split_once("://")? {
            ("smtps", rest) => (true, rest, 465),
            ("smtp", rest) => (false, rest, 587),
            _ => return None,
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (rest, port),
        };
        let is_host = !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        is_host.then(|| Smtp {
            is_wrapped,
            host: host.to_string(),
            port,
        })
    }

    /// Whether e-mails stay on this machine.
    pub fn is_local(&self) -> bool {
        let address: Option<std::net::IpAddr> = self.host.parse().ok();
        self.host == "localhost" || address.is_some_and(|address| address.is_loopback())
    }
}

/// The name of the channel of `mlflow.tracking_uri`.
pub const MLFLOW_CHANNEL: &str = "mlflow";
/// The name of the channel of `dynamodb.table`.
pub const DYNAMODB_CHANNEL: &str = "dynamodb";
/// Most channels and most who are written to.
const MOST: usize = 50;
/// Longest time that one attempt may take.
const MOST_SECONDS: f64 = 300.0;

impl Notify {
    /// The channels with their names.
    pub fn named(&self) -> Vec<(String, &Channel)> {
        let mut named: Vec<(String, &Channel)> = Vec::new();
        for channel in &self.channels {
            let earlier = named.iter().filter(|(_, other)| other.kind == channel.kind);
            let kind = channel.kind.name();
            let own = match earlier.count() {
                0 => kind.to_string(),
                earlier => format!("{kind}-{}", earlier + 1),
            };
            named.push((channel.name.clone().unwrap_or(own), channel));
        }
        named
    }

    /// What is wrong with them.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut say = |at: usize, key: &str, reason: &str| {
            let path = format!("notify.channels[{at}].{key}");
            problems.push(Problem::at(&path, reason.to_string()));
        };
        let named = self.named();
        for (at, (name, channel)) in named.iter().enumerate() {
            for (kept, key) in [
                (MLFLOW_CHANNEL, "mlflow.tracking_uri"),
                (DYNAMODB_CHANNEL, "dynamodb.table"),
            ] {
                if name == kept {
                    say(at, "name", &format!("is that of `{key}`; use another"));
                }
            }
            if !is_channel_name(name) {
                let reason = "use up to 32 lower-case letters, digits and `-`";
                say(at, "name", reason);
            }
            if let Some(first) = named[..at].iter().position(|(other, _)| other == name) {
                say(
                    at,
                    "name",
                    &format!("is the name of channels[{first}], too: `{name}`"),
                );
            }
            if channel.on.is_empty() {
                let reason = "is empty; leave the key out for everything";
                say(at, "on", reason);
            }
            let seconds = channel.timeout_seconds;
            if !(0.1..=MOST_SECONDS).contains(&seconds) {
                let reason = format!("{seconds} is not from 0.1 to {MOST_SECONDS}");
                say(at, "timeout_seconds", &reason);
            }
            channel.misplaced(&mut |key, reason| say(at, key, reason));
            match channel.kind {
                ChannelKind::Webhook => channel.check_webhook(&mut |k, r| say(at, k, r)),
                ChannelKind::Email => channel.check_email(&mut |k, r| say(at, k, r)),
                ChannelKind::Command if channel.argv.first().is_none_or(String::is_empty) => {
                    say(at, "argv", "name the program and its arguments");
                }
                ChannelKind::Command | ChannelKind::Mlflow | ChannelKind::DynamoDb => {}
            }
        }
        if self.channels.len() > MOST {
            let reason = format!("{} are more than {MOST}", self.channels.len());
            problems.push(Problem::at("notify.channels", reason));
        }
        problems
    }
}

impl Channel {
    /// Whether what happened is sent here.
    pub fn wants(&self, topic: Topic) -> bool {
        let mut kinds = topic.goes_with().iter().chain([&topic]);
        kinds.any(|kind| self.on.contains(kind))
    }

    /// Keys that belong to another kind.
    fn misplaced(&self, say: &mut impl FnMut(&str, &str)) {
        use ChannelKind::{Command, Email, Webhook};
        let keys = [
            ("url", Webhook, self.url.is_some()),
            ("url_file", Webhook, self.url_file.is_some()),
            ("secret_file", Webhook, self.secret_file.is_some()),
            ("smtp", Email, self.smtp.is_some()),
            ("user", Email, self.user.is_some()),
            ("password_file", Email, self.password_file.is_some()),
            ("from", Email, self.from.is_some()),
            ("to", Email, !self.to.is_empty()),
            ("argv", Command, !self.argv.is_empty()),
        ];
        for (key, kind, is_set) in keys {
            if is_set && kind != self.kind {
                say(
                    key,
                    &format!("only a channel of kind `{}` has it", kind.name()),
                );
            }
        }
    }

    fn check_webhook(&self, say: &mut impl FnMut(&str, &str)) {
        match (&self.url, &self.url_file) {
            (None, None) => say("url", "is missing; give `url` or `url_file`"),
            (Some(_), Some(_)) => say("url", "give `url` or `url_file`, not both"),
            (Some(url), None) => {
                if let Some(reason) = not_an_address(url) {
                    say("url", reason);
                }
            }
            (None, Some(_)) => {}
        }
    }

    fn check_email(&self, say: &mut impl FnMut(&str, &str)) {
        let is_server = self.smtp.as_deref().and_then(Smtp::parse).is_some();
        if !is_server {
            say(
                "smtp",
                "write it as smtps://HOST:465 or smtp://HOST:587; the password stands in `password_file`",
            );
        }
        let is_mailbox = |text: &String| {
            let (_, domain) = text.rsplit_once('@').unwrap_or_default();
            !domain.is_empty() && !text.contains(['\r', '\n'])
        };
        if !self.from.as_ref().is_some_and(is_mailbox) {
            say("from", "name who sends, like unseat@example.org");
        }
        if self.to.is_empty() || self.to.len() > MOST || !self.to.iter().all(is_mailbox) {
            say("to", "name 1 to 50 who are written to, like me@example.org");
        }
        if self.password_file.is_some() && self.user.is_none() {
            say("user", "is missing; a password needs one who logs in");
        }
    }
}

/// Why a text is not an address for a webhook, if it is none.
pub fn not_an_address(url: &str) -> Option<&'static str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match host {
        None | Some("") => Some("write it as https://HOST/PATH"),
        Some(host) if host.contains('@') => {
            Some("holds a user or password; put the address into a file and name it in `url_file`")
        }
        Some(_) if url.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            Some("has a blank in it")
        }
        Some(_) => None,
    }
}

/// Whether a text can be a channel's name: it is in the outbox, and in names of variables.
fn is_channel_name(text: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(is_plain)
}
