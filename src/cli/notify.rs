//! `notify test|list|send`, and the notification at the end of a run.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use tokio::sync::watch;

use super::global::Global;
use super::{Failure, Kind, context, failure, output, progress};
use crate::clock::{Clock, rfc3339};
use crate::config::{Config, ModelConfig};
use crate::diagnose;
use crate::dynamodb;
use crate::mlflow;
use crate::model_types::RunId;
use crate::notify::{self, Attempt, Event, Look, Post};
use crate::pipeline::{self, Env, Ids};
use crate::registry::{MessageRow, MessageState, Registry};
use crate::serve::{Signals, Wish};
use crate::text::causes;

/// How long a run waits at its end for its messages to be taken; what is left, the next one sends.
const AT_THE_END: Duration = Duration::from_secs(4);

#[derive(Debug, Args)]
pub struct NotifyArgs {
    #[command(subcommand)]
    command: NotifyCommand,
}

#[derive(Debug, Subcommand)]
enum NotifyCommand {
    /// Send a test through every channel and say how each went
    Test,
    /// List messages, newest first: what was sent, what waits and why
    List {
        /// Most messages to list
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: u32,
        /// Only those that stand so
        #[arg(long, value_name = "STATE", value_parser = states())]
        state: Option<MessageState>,
    },
    /// Look for events to report, and send what is due
    Send {
        /// Go on until a signal
        #[arg(long)]
        follow: bool,
    },
}

/// Everything that sending needs, other systems that are kept up to date included.
async fn post_of(registry: &Registry, config: &Config, clock: Clock) -> Post {
    let mlflow = match &config.mlflow.tracking_uri {
        None => None,
        Some(_) => match envs_of(registry, config, clock).await {
            Ok(envs) => Some(mlflow::sink(
                &config.mlflow,
                config.project.clone(),
                envs,
                clock,
            )),
            Err(error) => {
                let causes = causes(&error).join(": ");
                tracing::warn!(causes, "MLflow is not kept up to date: failed to {error}");
                None
            }
        },
    };
    let table = config.dynamodb.table.as_ref();
    let dynamodb = table.map(|_| dynamodb::sink(&config.dynamodb, registry, clock));
    let sinks = mlflow.into_iter().chain(dynamodb).collect();
    Post::new(registry, config, clock, sinks)
}

/// The environments from which MLflow is kept up to date.
async fn envs_of(
    registry: &Registry,
    config: &Config,
    clock: Clock,
) -> Result<BTreeMap<String, Arc<Env>>, pipeline::Error> {
    let mut envs = BTreeMap::new();
    for (name, model) in &config.models {
        let ids = Ids::Random;
        let env = Env::open(
            model.clone(),
            registry.clone(),
            clock,
            ids,
            Box::new(|_| {}),
        )?;
        env.find_places().await?;
        envs.insert(name.clone(), Arc::new(env));
    }
    Ok(envs)
}

/// The states of messages by their names.
fn states() -> impl TypedValueParser<Value = MessageState> {
    let names = MessageState::ALL.iter().map(|state| state.name());
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}

pub async fn notify(global: &Global, args: &NotifyArgs) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let post = post_of(&registry, &config, context::clock()?).await;
    let done = match &args.command {
        NotifyCommand::Test => test(global, &post).await,
        NotifyCommand::List { limit, state } => {
            let model = global.model.as_deref();
            let found = registry.messages(model, *state, i64::from(*limit));
            list(global, &found.await?);
            Ok(failure::DONE)
        }
        NotifyCommand::Send { follow: true } => {
            let mut signals = Signals::listen()?;
            let end = async move { while signals.next().await == Wish::Refresh {} };
            deliver(registry.clone(), config, post.clock, end).await;
            Ok(failure::DONE)
        }
        NotifyCommand::Send { .. } => send(global, &post, &config).await,
    };
    registry.close().await;
    done
}

async fn test(global: &Global, post: &Post) -> Result<u8, Failure> {
    if post.is_silent() {
        let error = anyhow::anyhow!("find a channel to test");
        return Err(Failure::new(Kind::Config, error)
            .hint("add one to `notify.channels`; docs/notify.md has examples"));
    }
    told(global, &notify::try_all(post).await)
}

async fn send(global: &Global, post: &Post, config: &Config) -> Result<u8, Failure> {
    for event in grown_stale(&post.registry, config.models.values(), post.clock).await {
        notify::happened(post, &event).await;
    }
    if let Err(error) = notify::catch_up(post).await {
        return Err(Failure::new(Kind::Store, error.into()));
    }
    notify::look_at_sinks(post).await;
    told(global, &notify::send_due(post, None).await)
}

/// Shows how attempts went; one that failed makes the command fail.
fn told(global: &Global, attempts: &[Attempt]) -> Result<u8, Failure> {
    if global.json {
        output::line(&attempts);
    } else if attempts.is_empty() {
        output::say("nothing is due");
    } else {
        let mut rows = vec![
            ["channel", "what", "how it went", "took"]
                .map(str::to_string)
                .to_vec(),
        ];
        rows.extend(attempts.iter().map(|attempt| {
            let went = match &attempt.error {
                None => "sent".to_string(),
                Some(error) => format!("failed to {}", output::plain(error)),
            };
            let took = progress::duration(attempt.took_ms);
            vec![
                attempt.channel.clone(),
                output::plain(&attempt.subject),
                went,
                took,
            ]
        }));
        output::say(&output::table(&rows));
    }
    let is_well = attempts.iter().all(|attempt| attempt.sent);
    Ok(if is_well {
        failure::DONE
    } else {
        failure::FAILED
    })
}

fn list(global: &Global, messages: &[MessageRow]) {
    if global.json {
        let shown: Vec<_> = messages.iter().map(value_of).collect();
        return output::line(&shown);
    }
    let header = [
        "when", "model", "what", "channel", "state", "attempts", "next", "error",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    rows.extend(messages.iter().map(|message| {
        let next = match message.ended_ms {
            None => rfc3339(message.next_ms),
            Some(_) => String::new(),
        };
        vec![
            rfc3339(message.created_ms),
            message.model.clone(),
            message.kind.clone(),
            message.channel.clone(),
            message.state.to_string(),
            message.attempts.to_string(),
            next,
            output::plain(message.error.as_deref().unwrap_or_default()),
        ]
    }));
    output::say(&output::table(&rows));
}

fn value_of(message: &MessageRow) -> serde_json::Value {
    let event = serde_json::from_str(&message.body).unwrap_or(serde_json::Value::Null);
    let mut value = json!(message);
    value["body"] = event;
    value
}

/// Messages on models that are stale.
async fn grown_stale<'a>(
    registry: &Registry,
    models: impl Iterator<Item = &'a ModelConfig>,
    clock: Clock,
) -> Vec<Event> {
    let now_ms = clock.now_ms();
    let mut events = Vec::new();
    for model in models {
        match diagnose::staleness(registry, model, now_ms).await {
            Ok(found) => events.extend(found.iter().map(|stale| {
                let reason = stale.reason.name();
                Event::stale(&model.name, reason, stale.since_ms, &stale.says, now_ms)
            })),
            Err(error) => tracing::warn!(
                model = model.name,
                "cannot see whether it is stale: {error}"
            ),
        }
    }
    events
}

/// Remembers since when channels are notified, so that a run which dies before its notification is reported later.
pub async fn at_the_beginning(registry: &Registry, config: &Config, clock: Clock) {
    // Nothing is sent yet.
    let post = Post::new(registry, config, clock, Vec::new());
    if !post.is_silent() {
        notify::begin(&post).await;
    }
}

/// Reports the outcome of a run, and sends what is due for a few seconds. Never in the way of the run: what cannot be sent now is
/// sent later.
pub async fn at_the_end(registry: &Registry, config: &Config, clock: Clock, runs: &[RunId]) {
    let post = post_of(registry, config, clock).await;
    if post.is_silent() {
        return;
    }
    // In the order in which it happened: a run that died before this one is reported first.
    if let Err(error) = notify::catch_up(&post).await {
        tracing::warn!("messages may be late: failed to {}", error.told());
    }
    for run in runs {
        notify::run_ended(&post, run).await;
    }
    for event in grown_stale(registry, config.models.values(), clock).await {
        notify::happened(&post, &event).await;
    }
    notify::send_due(&post, Some(AT_THE_END)).await;
}

/// How often to look whether other models were created or removed by request.
const OTHERS: Duration = Duration::from_secs(2);

/// Sends messages until `shutdown`: for every command that continues, `up`, `worker` and `schedule`. Models that are created
/// meanwhile are included.
pub async fn deliver(
    registry: Registry,
    config: Config,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut is_over = false;
    while !is_over {
        let newest = registry.newest_created().await.ok();
        let with_created = context::with_created(config.clone(), &registry).await;
        let now = with_created.unwrap_or_else(|_| config.clone());
        let until = async {
            tokio::select! {
                () = shutdown.as_mut() => is_over = true,
                () = others_come(&registry, newest) => {}
            }
        };
        deliver_of(registry.clone(), now, clock, until).await;
    }
}

/// Waits until a model was created, changed or removed by request.
async fn others_come(registry: &Registry, newest: Option<i64>) {
    loop {
        tokio::time::sleep(OTHERS).await;
        // What cannot be read now is read at the next look.
        let now = registry.newest_created().await.ok();
        if now.is_some() && now != newest {
            return;
        }
    }
}

async fn deliver_of(
    registry: Registry,
    config: Config,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) {
    let post = post_of(&registry, &config, clock).await;
    let models: Vec<ModelConfig> = config.models.into_values().collect();
    let look: Look = Box::new(move || {
        let (registry, models) = (registry.clone(), models.clone());
        Box::pin(async move { grown_stale(&registry, models.iter(), clock).await })
    });
    notify::deliver(&post, look, shutdown).await;
}

/// The same for settings that may be exchanged meanwhile.
pub async fn deliver_live(
    registry: Registry,
    mut settings: watch::Receiver<Arc<Config>>,
    clock: Clock,
    stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let config = Config::clone(&settings.borrow_and_update());
        let (mut changes, mut stopped) = (settings.clone(), stop.clone());
        let until = async {
            tokio::select! {
                Ok(()) = changes.changed() => {}
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        };
        deliver(registry.clone(), config, clock, until).await;
    }
}
