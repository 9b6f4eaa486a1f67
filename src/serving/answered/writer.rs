//! The thread that counts, and writes what it counted a few times a minute.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::answers::Waiting;
use super::counting::Counting;
use super::kept::{Kept, Passed};
use crate::drift::Counts;
use crate::logs::queue::{Inbox, Next};
use crate::model_types::VersionNumber;
use crate::pipeline::Env;
use crate::pipeline::drift::slow_of_requests;
use crate::registry::{DriftWindowRow, ProcessId};

/// How long what was counted may wait to be written.
const EVERY: Duration = Duration::from_secs(5);
/// How long a window that has ended is kept, for rows that come late.
const LATE_MS: i64 = 120_000;

/// What counts and writes.
pub struct Writer {
    runtime: Handle,
    passed: Arc<Passed>,
    server: String,
    /// By model and version.
    counting: BTreeMap<(String, VersionNumber), (Arc<Env>, Counting)>,
    /// Answers that are not kept yet, by model.
    waiting: BTreeMap<String, (Arc<Env>, Waiting)>,
    is_troubled: bool,
}

impl Writer {
    /// One that has counted nothing yet.
    pub fn new(runtime: Handle, passed: Arc<Passed>) -> Writer {
        Writer {
            runtime,
            passed,
            server: ProcessId::current().to_string(),
            counting: BTreeMap::new(),
            waiting: BTreeMap::new(),
            is_troubled: false,
        }
    }

    /// Counts until the end, then writes what is left.
    pub fn work(mut self, inbox: &Inbox<Box<Kept>>) {
        let mut due = Instant::now() + EVERY;
        loop {
            match inbox.next(Some(due)) {
                Next::Item(kept) => {
                    self.take(&kept);
                    self.take_all(inbox, due);
                    inbox.rest();
                }
                Next::Due => {}
                Next::End => break,
            }
            if Instant::now() >= due {
                self.write(false);
                due = Instant::now() + EVERY;
            }
        }
        self.write(true);
    }

    /// Takes what has gathered; a server that is never quiet writes when it is due all the same.
    fn take_all(&mut self, inbox: &Inbox<Box<Kept>>, due: Instant) {
        while let Some(kept) = inbox.at_hand() {
            self.take(&kept);
            if Instant::now() >= due {
                break;
            }
        }
    }

    fn take(&mut self, kept: &Kept) {
        self.passed
            .waiting
            .fetch_sub(kept.bytes(), Ordering::Relaxed);
        self.keep(kept);
        if !kept.env.config.drift.enabled {
            return;
        }
        let key = (kept.served.model.clone(), kept.served.version);
        if !self.counting.contains_key(&key) {
            let Some(counting) = Counting::new(&kept.served) else {
                return;
            };
            self.counting
                .insert(key.clone(), (kept.env.clone(), counting));
        }
        if let Some((env, counting)) = self.counting.get_mut(&key) {
            if counting.wants_slow(kept) {
                let champion = (kept.served.version, &kept.served.bundle);
                let slow = slow_of_requests(&kept.env, champion);
                counting.take_slow(self.runtime.block_on(slow));
            }
            counting.add(kept);
            // The settings may have been edited.
            *env = kept.env.clone();
            let n_rows = kept.rows.n_rows as u64;
            self.passed.counted.fetch_add(n_rows, Ordering::Relaxed);
        }
    }

    /// Keeps the answers of a request until they are written.
    fn keep(&mut self, kept: &Kept) {
        let settings = &kept.env.config.labels;
        if !settings.enabled {
            return;
        }
        let model = &kept.served.model;
        if !self.waiting.contains_key(model) {
            let fresh = (kept.env.clone(), Waiting::default());
            self.waiting.insert(model.clone(), fresh);
        }
        if let Some((env, waiting)) = self.waiting.get_mut(model) {
            *env = kept.env.clone();
            let unkept = waiting.take(kept, settings, EVERY);
            self.passed.unkept.fetch_add(unkept, Ordering::Relaxed);
        }
    }

    /// Writes the answers that wait; what the last failure was.
    fn write_answers(&mut self) -> Option<crate::registry::Error> {
        let mut failure = None;
        for (model, (env, waiting)) in &mut self.waiting {
            let n = waiting.answers().len() as u64;
            if n == 0 {
                waiting.written(true);
                continue;
            }
            let kept = self
                .runtime
                .block_on(env.registry.keep_answers(model, waiting.answers()));
            waiting.written(kept.is_ok());
            match kept {
                Ok(()) => {
                    self.passed.kept.fetch_add(n, Ordering::Relaxed);
                }
                Err(error) => failure = Some(error),
            }
        }
        failure
    }

    /// Writes what is fresh, and forgets windows that are over. Windows of rows are written once they are full, or at the end.
    fn write(&mut self, is_end: bool) {
        let mut failure = self.write_answers();
        for ((model, version), (env, counting)) in &mut self.counting {
            let now_ms = env.clock.now_ms();
            let by_rows = env.config.drift.window_rows.is_some();
            for (from_ms, window) in &mut counting.windows {
                if !window.is_fresh || (by_rows && !window.is_full && !is_end) {
                    continue;
                }
                let row = |slow: Option<VersionNumber>, counts: &Counts| DriftWindowRow {
                    model: model.clone(),
                    version: *version,
                    slow,
                    server: self.server.clone(),
                    from_ms: *from_ms,
                    to_ms: window.to_ms,
                    n_rows: counts.rows as i64,
                    // Numbers: they can be written.
                    counts: serde_json::to_value(counts).unwrap_or_default(),
                };
                let slow = window.slow.iter();
                let slow = slow.map(|(slow, counts)| row(Some(slow.version), counts));
                // A window is judged when that of the champion is there: what is judged with it is written before.
                let rows: Vec<DriftWindowRow> = slow.chain([row(None, &window.counts)]).collect();
                let write = async {
                    for row in &rows {
                        env.registry.save_drift_window(row).await?;
                    }
                    Ok(())
                };
                match self.runtime.block_on(write) {
                    Ok(()) => window.is_fresh = false,
                    Err(error) => failure = Some(error),
                }
            }
            let is_kept = |window: &super::counting::Window| {
                if by_rows {
                    window.is_fresh || !window.is_full
                } else {
                    window.is_fresh || window.to_ms + LATE_MS > now_ms
                }
            };
            counting.windows.retain(|_, window| is_kept(window));
        }
        self.counting
            .retain(|_, (_, counting)| !counting.windows.is_empty());
        match failure {
            None => self.is_troubled = false,
            Some(error) => {
                self.passed.failures.fetch_add(1, Ordering::Relaxed);
                if !self.is_troubled {
                    tracing::error!(
                        "what was counted of requests cannot be written, and is tried again: {error}"
                    );
                }
                self.is_troubled = true;
            }
        }
    }
}
