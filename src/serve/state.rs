//! What all handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwapOption;
use rand::RngCore;
use tokio::sync::Semaphore;

#[cfg(feature = "train")]
use super::diagnostics::Diagnostics;
use super::project::Project;
use super::{Guard, ServedModels, SettingsNews};
use crate::clock::Clock;
use crate::config::Server;
use crate::http::budget::Budget;
use crate::http::observe::{LAST_WORDS, Observer};
use crate::http::request::Request;
use crate::http::route_name::RouteTable;
#[cfg(feature = "train")]
use crate::overview::Status;
#[cfg(feature = "train")]
use crate::serving::answered::AnsweredRows;
#[cfg(feature = "train")]
use crate::serving::cached::Cached;
use crate::serving::prediction_log::PredictionLog;
use crate::serving::rows::Rows;
use crate::serving::said::Said;
use crate::serving::served::Served;

/// What all handlers share.
pub struct State {
    /// What is served.
    pub served_models: ServedModels,
    /// The project, when there is one.
    pub project: Option<Project>,
    /// The settings.
    pub settings: Server,
    /// What time it is.
    pub clock: Clock,
    /// When the server began.
    pub began: Instant,
    /// One permit per request under way.
    pub in_flight: Arc<Semaphore>,
    /// What requests may hold together.
    pub budget: Arc<Budget>,
    /// Who is let in.
    pub guard: Guard,
    /// Metrics and logs.
    pub observer: Observer,
    /// Where predictions are written down, if anywhere.
    pub prediction_log: Option<PredictionLog>,
    /// Every path that is answered.
    pub table: RouteTable,
    /// What is remembered of answered rows, where there is a project.
    #[cfg(feature = "train")]
    pub answered: Option<AnsweredRows>,
    /// Scores and summaries that were computed.
    #[cfg(feature = "train")]
    pub diagnostics: Diagnostics,
    /// The status of the project, for the overview.
    #[cfg(feature = "train")]
    pub overview: Cached<Status>,
    /// What is to be said of `config.json`, once it was edited.
    news: ArcSwapOption<SettingsNews>,
    draining: AtomicBool,
    instance: u32,
    requests: AtomicU64,
}

impl State {
    /// All that is shared, before the first request.
    pub fn new(
        served_models: ServedModels,
        project: Option<Project>,
        settings: Server,
        clock: Clock,
        guard: Guard,
        (observer, prediction_log): (Observer, Option<PredictionLog>),
        table: RouteTable,
    ) -> Self {
        State {
            in_flight: Arc::new(Semaphore::new(settings.limits.in_flight)),
            budget: Budget::new(settings.limits.most_work_bytes()),
            served_models,
            project,
            guard,
            settings,
            clock,
            began: Instant::now(),
            table,
            observer,
            prediction_log,
            #[cfg(feature = "train")]
            answered: None,
            #[cfg(feature = "train")]
            diagnostics: Diagnostics::default(),
            #[cfg(feature = "train")]
            overview: Cached::default(),
            news: ArcSwapOption::empty(),
            draining: AtomicBool::new(false),
            instance: rand::rng().next_u32(),
            requests: AtomicU64::new(0),
        }
    }

    /// Hands the rows of an answered request to the prediction log, if it is on and the request is in its sample, and with what
    /// was said of them to what counts and keeps it. Never waits.
    pub fn predicted(
        &self,
        request: &Request,
        served: &Arc<Served>,
        mut rows: Rows,
        said: Said,
        threshold: Option<f64>,
    ) {
        if self.prediction_log.is_none() {
            rows.given = Vec::new();
        }
        let rows = Arc::new(rows);
        if let Some(log) = &self.prediction_log {
            let rows = rows.clone();
            log.offer(&request.id, &request.unique, served, rows, threshold);
        }
        self.remember(request, served, rows, said);
    }

    /// Writes what waits for logs; to be called once no more requests come, off the threads that answer.
    pub fn close_logs(&self) {
        let log = self.prediction_log.as_ref();
        let is_written = log.is_none_or(|log| log.close(LAST_WORDS));
        self.close_remembered();
        if !self.observer.close() || !is_written {
            tracing::error!("not all that was to be logged could be written before the end");
        }
    }

    /// An id that no other request has, of this process or another.
    pub fn new_id(&self) -> String {
        let count = self.requests.fetch_add(1, Ordering::Relaxed);
        let at = self.clock.now_ms();
        let mut id = String::with_capacity(32);
        push_hex(&mut id, at as u64, 11);
        push_hex(&mut id, self.instance.into(), 8);
        push_hex(&mut id, count, 6);
        id
    }

    /// Requests that came so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// What became of an edited `config.json`.
    pub fn know_settings(&self, news: SettingsNews) {
        self.news.store(Some(Arc::new(news)));
    }

    /// What is to be said of `config.json`; nothing before it was edited.
    pub fn settings_news(&self) -> Option<Arc<SettingsNews>> {
        self.news.load_full()
    }

    /// Whether the server is on its way out.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// From here on, `/readyz` says no.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

/// Appends a number in hexadecimal, with zeros in front up to a width. Every request needs three, and `format!` takes three
/// times as long.
fn push_hex(text: &mut String, number: u64, width: u32) {
    let digits = (u64::BITS - number.leading_zeros()).div_ceil(4).max(width);
    for at in (0..digits).rev() {
        let digit = (number >> (4 * at)) as usize & 0xf;
        text.push(char::from(b"0123456789abcdef"[digit]));
    }
}

#[cfg(test)]
mod tests {
    use super::push_hex;

    #[test]
    fn hexadecimal_is_what_the_standard_library_writes() {
        for number in [0, 1, 0xabc, 0xff_ffff, 0x100_0000, u64::MAX] {
            let mut text = String::new();
            push_hex(&mut text, number, 6);
            assert_eq!(text, format!("{number:06x}"));
        }
    }
}
