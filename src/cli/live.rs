//! `config.json` while `up`, `serve`, `worker` or `schedule` lives: edited settings are followed, or rejected with the reason while the old ones hold; what
//! needs a restart is said.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::global::Global;
use super::{Failure, context};
use crate::clock::Clock;
use crate::config::Config;
use crate::registry::{ProcessId, Registry};
use crate::serve::SettingsNews;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long a file that changed has to stay as it is: who saves it may write it bit by bit.
const QUIET: Duration = Duration::from_millis(50);
/// How often that is waited for before it is read as it is.
const MOST_QUIET: u32 = 20;
/// Settings that are read at the start only, by the beginning of their path.
const AT_THE_START: [&str; 3] = ["database_url", "database", "server"];

/// The settings as they are followed.
pub struct Live {
    /// The command that follows them.
    role: &'static str,
    global: Global,
    flags: Vec<(&'static str, String)>,
    registry: Registry,
    clock: Clock,
    /// What was in force at the start.
    began: Config,
    file: PathBuf,
    /// The file as it was read last; nothing when it could not be.
    seen: Option<Vec<u8>>,
    now: watch::Sender<Arc<Config>>,
}

/// What became of an edited file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    /// Parts that are followed.
    followed: Vec<String>,
    /// Parts that wait for a restart.
    waits: Vec<String>,
}

impl Live {
    /// The file as it is now: to be read before the settings are, so that no edit is missed.
    pub fn look(global: &Global) -> Option<Vec<u8>> {
        std::fs::read(context::file(global)).ok()
    }

    /// Begins with the settings that the process was started with, and the file as it was before they were read.
    pub fn new(
        role: &'static str,
        global: &Global,
        flags: Vec<(&'static str, String)>,
        registry: &Registry,
        clock: Clock,
        config: &Config,
        seen: Option<Vec<u8>>,
    ) -> Self {
        Live {
            role,
            global: global.clone(),
            flags,
            registry: registry.clone(),
            clock,
            began: config.clone(),
            seen,
            file: context::file(global),
            now: watch::channel(Arc::new(config.clone())).0,
        }
    }

    /// The settings in force, now and after each change.
    pub fn settings(&self) -> watch::Receiver<Arc<Config>> {
        self.now.subscribe()
    }

    /// Follows the file until told to stop; `apply` makes new settings true, `hear` is given what became of them.
    pub async fn follow(
        mut self,
        hear: impl Fn(SettingsNews),
        mut stop: watch::Receiver<bool>,
        apply: impl AsyncFn(&Config) -> Result<(), Failure>,
        tell: impl Fn(&str),
    ) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
            let mut found = std::fs::read(&self.file).ok();
            if found == self.seen {
                continue;
            }
            for _ in 0..MOST_QUIET {
                tokio::time::sleep(QUIET).await;
                let again = std::fs::read(&self.file).ok();
                if again == found {
                    break;
                }
                found = again;
            }
            self.seen = found;
            let news = self.take(&apply, &tell).await;
            self.note(news.says()).await;
            hear(news);
        }
        self.note(None).await;
    }

    /// Takes over what the file says now, or says why not.
    async fn take(
        &self,
        apply: &impl AsyncFn(&Config) -> Result<(), Failure>,
        tell: &impl Fn(&str),
    ) -> SettingsNews {
        let at_ms = self.clock.now_ms();
        let taken = async {
            let fresh = context::load(&self.global, &self.flags)?;
            let fresh = context::with_created(fresh, &self.registry).await?;
            let change = changed(&self.now.borrow(), &self.began, &fresh);
            let fresh = keep_models(&self.now.borrow(), fresh);
            apply(&fresh).await?;
            self.now.send_replace(Arc::new(fresh));
            Ok::<_, Failure>(change)
        };
        match taken.await {
            Ok(Change { followed, waits }) => {
                if !followed.is_empty() {
                    tell(&format!(
                        "config.json was changed and is followed: {}",
                        followed.join(", ")
                    ));
                }
                if !waits.is_empty() {
                    let waits = waits.join(", ");
                    tracing::warn!("config.json was changed: {waits} will be used after a restart");
                }
                SettingsNews {
                    at_ms,
                    problem: None,
                    waits,
                }
            }
            Err(failure) => {
                let why = failure.on_one_line();
                tracing::warn!(
                    "config.json was changed and cannot be used; the settings before it hold: {why}"
                );
                SettingsNews {
                    at_ms,
                    problem: Some(why),
                    waits: Vec::new(),
                }
            }
        }
    }

    /// What other commands of the project show of it.
    async fn note(&self, says: Option<String>) {
        let me = ProcessId::current();
        let noted = self
            .registry
            .notice(&me, self.role, says.as_deref(), self.clock.now_ms());
        if let Err(error) = noted.await {
            tracing::debug!("what is to be said of config.json is not noted: {error}");
        }
    }
}

/// A model that the file names no more is served as before, and one that it names again is not served, until a restart.
fn keep_models(now: &Config, mut fresh: Config) -> Config {
    fresh.models.retain(|name, _| now.models.contains_key(name));
    for (name, model) in &now.models {
        fresh
            .models
            .entry(name.clone())
            .or_insert_with(|| model.clone());
    }
    fresh
}

/// What differs from the settings in force, and what from those at the start that cannot be followed.
fn changed(now: &Config, began: &Config, fresh: &Config) -> Change {
    let (before, after, start) = (parts(now), parts(fresh), parts(began));
    let at_start = |path: &str| {
        let is_one = |part: &&str| path == *part || path.starts_with(&format!("{part}."));
        AT_THE_START.iter().any(is_one)
    };
    let mut followed = different(&before, &after);
    followed.retain(|path| !at_start(path));
    let mut waits = different(&start, &after);
    waits.retain(|path| at_start(path));
    for name in fresh
        .models
        .keys()
        .filter(|name| !began.models.contains_key(*name))
    {
        waits.push(format!("the model `{name}`, which is new"));
    }
    for name in began
        .models
        .keys()
        .filter(|name| !fresh.models.contains_key(*name))
    {
        waits.push(format!(
            "the model `{name}`, which the file no longer names"
        ));
    }
    Change { followed, waits }
}

/// The settings by path, two steps deep: `schedule.cron`; with several models, the model's name before it.
fn parts(config: &Config) -> Map<String, Value> {
    let whole = json!({
        "database_url": config.database_url, "database": config.database, "server": config.server, "jobs": config.jobs, "notify": config.notify,
    });
    let mut parts = Map::new();
    flatten("", &whole, &mut parts);
    for (name, model) in &config.models {
        let prefix = match config.models.len() {
            1 => String::new(),
            _ => format!("{name}."),
        };
        let value = serde_json::to_value(model).unwrap_or_default();
        flatten(&prefix, &value, &mut parts);
    }
    parts
}

fn flatten(prefix: &str, value: &Value, parts: &mut Map<String, Value>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(below) if !below.is_empty() => {
                for (inner, value) in below {
                    parts.insert(format!("{prefix}{key}.{inner}"), value.clone());
                }
            }
            other => {
                parts.insert(format!("{prefix}{key}"), other.clone());
            }
        }
    }
}

fn different(one: &Map<String, Value>, other: &Map<String, Value>) -> Vec<String> {
    let paths = one
        .keys()
        .chain(other.keys().filter(|path| !one.contains_key(*path)));
    paths
        .filter(|path| one.get(*path) != other.get(*path))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load::from_value};

    fn config(more: Value) -> Config {
        let mut value = json!({
            "input_folder_path": "in", "output_folder_path": "out", "test_data_path": "test",
            "output_model_path": "models", "prod_deployment_path": "production", "name": "m",
        });
        for (key, part) in more.as_object().expect("an object") {
            value[key] = part.clone();
        }
        from_value(value, std::path::Path::new("."), &Overrides::default()).expect("it is right")
    }

    #[test]
    fn what_changed_is_followed_or_waits_for_a_restart() {
        let began = config(json!({}));
        let fresh = config(json!({
            "schedule": {"cron": "@daily"}, "server": {"listen": "127.0.0.1:9"}, "jobs": {"attempts": 5, "concurrency": 2},
        }));
        let change = changed(&began, &began, &fresh);
        assert_eq!(
            change.followed,
            ["jobs.concurrency", "jobs.attempts", "schedule.cron"]
        );
        assert_eq!(change.waits, ["server.listen"]);
        // Put back, it waits no more.
        let change = changed(&fresh, &began, &began);
        assert_eq!(change.waits, Vec::<String>::new());
    }

    #[test]
    fn models_come_and_go_with_a_restart_only() {
        let began = config(json!({}));
        let renamed = config(json!({"name": "other"}));
        let change = changed(&began, &began, &renamed);
        assert_eq!(
            change.waits,
            [
                "the model `other`, which is new",
                "the model `m`, which the file no longer names"
            ]
        );
        let kept = keep_models(&began, renamed);
        assert_eq!(kept.models.keys().collect::<Vec<_>>(), ["m"]);
    }
}
