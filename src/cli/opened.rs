//! A server from the port that is taken to the farewell.

use std::sync::Arc;
use std::time::Instant;

use super::entrance::Entrance;
use super::global::Global;
use super::{Failure, failure, notify_systemd, output, settings};
use crate::config::Server;
use crate::serve::{self, Guard, Observer, Project, ServedModels, Signals, State};
use crate::serving::prediction_log::PredictionLog;

/// A server whose port is taken and whose models are loaded.
pub struct Opened {
    /// What its handlers share.
    pub state: Arc<State>,
    entrance: Entrance,
    signals: Signals,
}

impl Opened {
    /// Takes the port, or Lambda's events, and puts together what handlers share; no model is loaded yet. `finish` adds what
    /// a project has besides.
    ///
    /// # Errors
    /// When the address cannot be had, or a log cannot be opened.
    pub async fn new(
        global: &Global,
        server: Server,
        guard: Guard,
        (served_models, project): (ServedModels, Option<Project>),
        finish: impl FnOnce(State) -> Result<State, Failure>,
    ) -> Result<Self, Failure> {
        let is_alone = project.is_none();
        let clock = settings::clock()?;
        let entrance = Entrance::open(is_alone, &server, &guard).await?;
        let signals = Signals::listen()?;
        let folder = settings::folder(global);
        let table = serve::route_table();
        let observer = Observer::open(&server, &folder, clock, table.routes)?;
        let place = settings::prediction_log_place(global, &server, is_alone)?;
        let log = PredictionLog::open(&server, &place, &folder, clock)?;
        let state = State::new(
            served_models,
            project,
            server,
            clock,
            guard,
            (observer, log),
            table,
        );
        Ok(Opened {
            state: Arc::new(finish(state)?),
            entrance,
            signals,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.entrance.url(&self.state)
    }

    /// Answers until a signal.
    pub async fn answer(self) -> Drained {
        notify_systemd::ready(&format!("listening on {}", self.entrance.address()));
        let watchdog = notify_systemd::watch(Box::new(notify_systemd::answers));
        let (cut, ended) = self.entrance.answer(&self.state, self.signals).await;
        notify_systemd::stopping();
        if let Some(watchdog) = watchdog {
            watchdog.abort();
        }
        Drained {
            state: self.state,
            cut,
            ended,
        }
    }
}

/// A server that answers no more.
pub struct Drained {
    state: Arc<State>,
    cut: usize,
    ended: Result<(), Failure>,
}

impl Drained {
    /// Writes what waits, closes everything and says farewell.
    pub async fn close(self, global: &Global) -> Result<u8, Failure> {
        let last = self.state.clone();
        // Waits for the logs to be written, which must not hold up an answer.
        let _ = tokio::task::spawn_blocking(move || last.close_logs()).await;
        #[cfg(feature = "train")]
        if let Some(project) = &self.state.project {
            project.registry.close().await;
        }
        if !global.quiet {
            output::talk(&farewell(self.state.requests(), self.cut));
        }
        self.ended.map(|()| failure::DONE)
    }
}

fn farewell(requests: u64, cut: usize) -> String {
    let asked = match requests {
        1 => "1 request".to_string(),
        requests => format!("{} requests", output::thousands(requests)),
    };
    match cut {
        0 => format!("stopped after {asked}"),
        1 => format!("stopped after {asked}; 1 connection was cut"),
        cut => format!("stopped after {asked}; {cut} connections were cut"),
    }
}

/// Says on stdout what is served and where to look, once requests are answered; `no_version` of a model without one.
pub fn say_where(global: &Global, opened: &Opened, began: Instant, no_version: &str) {
    let took = began.elapsed().as_secs_f64() * 1e3;
    let (state, url) = (&opened.state, opened.url());
    if global.json {
        let models: Vec<_> = state
            .served_models
            .models()
            .map(|model| {
                let version = model.champion().map(|served| served.version);
                serde_json::json!({"model": model.name, "version": version})
            })
            .collect();
        return output::line(&serde_json::json!({
            "listening": url, "models": models, "ready_ms": took,
        }));
    }
    for model in state.served_models.models() {
        let says = match (model.champion(), model.alarm()) {
            (Some(served), _) => format!("version {}", served.version),
            (None, Some(alarm)) => format!("not served: {alarm}"),
            (None, None) => no_version.to_string(),
        };
        output::say(&format!("{}  {says}", output::bold(&model.name)));
    }
    output::say(&format!("listening on {url} after {took:.0} ms"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_in_words_that_fit() {
        for (requests, cut, expected) in [
            (0, 0, "stopped after 0 requests"),
            (1, 0, "stopped after 1 request"),
            (
                2000,
                1,
                "stopped after 2,000 requests; 1 connection was cut",
            ),
            (1, 2, "stopped after 1 request; 2 connections were cut"),
        ] {
            assert_eq!(farewell(requests, cut), expected);
        }
    }
}
