//! What requests may hold and spend: bytes of all of them together, cells, columns and processor time of each; and when
//! work on one has to stop.
//!
//! Bytes in work are bodies as they are read, rows made of them, and answers that wait to be sent. A [`Held`] counts them
//! until it is dropped. A [`Work`] is one request: it keeps its place among the requests under way and its bytes for as
//! long as anybody works on it, on whatever thread, and knows when that is for nothing: the caller has left, or the time
//! is over.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::server::Limits;
use crate::http::problem::{Code, Problem};

/// Answers below this many bytes are not counted: the system takes them off our hands at once.
const SMALL_ANSWER: usize = 16 << 10;

/// Why a request was rejected or given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Requests together hold as many bytes as they may.
    Bytes,
    /// Too many cells in one request.
    Cells,
    /// Too many columns in one request.
    Columns,
    /// Too much processor time for one request.
    Cpu,
    /// The time for an answer was over.
    Time,
    /// As many requests as may be are under way.
    InFlight,
    /// The caller left before the answer.
    Left,
    /// The caller did not read the answer.
    Unread,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 8] = [
        Reason::Bytes,
        Reason::Cells,
        Reason::Columns,
        Reason::Cpu,
        Reason::Time,
        Reason::InFlight,
        Reason::Left,
        Reason::Unread,
    ];

    /// Its name in the metrics.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Bytes => "work_bytes",
            Reason::Cells => "cells",
            Reason::Columns => "columns",
            Reason::Cpu => "cpu_seconds",
            Reason::Time => "answer_seconds",
            Reason::InFlight => "in_flight",
            Reason::Left => "caller_left",
            Reason::Unread => "send_seconds",
        }
    }
}

/// The bytes that all requests together may hold, and what was counted of limits.
pub struct Budget {
    most: usize,
    used: AtomicUsize,
    cpu_nanos: AtomicU64,
    reached: [AtomicU64; Reason::ALL.len()],
    /// One for each core.
    turns: Arc<Semaphore>,
}

impl Budget {
    /// Nothing in work yet.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Budget {
            most,
            used: AtomicUsize::new(0),
            cpu_nanos: AtomicU64::new(0),
            reached: Default::default(),
            turns: Arc::new(Semaphore::new(cores())),
        })
    }

    /// Most bytes.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Bytes in work.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Processor time of requests that were large enough to be given a thread of their own.
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(self.cpu_nanos.load(Ordering::Relaxed))
    }

    /// How often a limit was reached.
    pub fn reached(&self, reason: Reason) -> u64 {
        self.reached[reason as usize].load(Ordering::Relaxed)
    }

    /// Counts that a limit was reached.
    pub fn count(&self, reason: Reason) {
        self.reached[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Holds nothing yet.
    pub fn nothing(self: &Arc<Self>) -> Held {
        Held {
            budget: self.clone(),
            bytes: 0,
        }
    }

    /// An answer whose bytes are counted until they are sent or given up, when `sent` is dropped with them.
    ///
    /// # Errors
    /// 503 when there is no room for it.
    pub fn answer<T: Send + Sync + 'static>(
        self: &Arc<Self>,
        body: Bytes,
        sent: impl FnOnce() -> T,
    ) -> Result<Bytes, Problem> {
        if body.len() < SMALL_ANSWER {
            return Ok(body);
        }
        let mut held = self.nothing();
        held.grow(body.len())?;
        Ok(Bytes::from_owner(Waiting {
            body,
            _held: held,
            _sent: sent(),
        }))
    }
}

/// An answer that waits to be sent.
struct Waiting<T> {
    body: Bytes,
    _held: Held,
    _sent: T,
}

impl<T> AsRef<[u8]> for Waiting<T> {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// Bytes in work, until it is dropped.
pub struct Held {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Held {
    /// Holds more.
    ///
    /// # Errors
    /// 413 when that is more than all requests together may hold, 503 when others hold too much now.
    pub fn grow(&mut self, more: usize) -> Result<(), Problem> {
        if more == 0 {
            return Ok(());
        }
        let budget = &self.budget;
        let most = budget.most;
        let added = budget
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(more).filter(|sum| *sum <= most)
            });
        if added.is_ok() {
            self.bytes += more;
            return Ok(());
        }
        budget.count(Reason::Bytes);
        if self.bytes.saturating_add(more) > most {
            let why = "the request takes more memory than the server has for all requests together; send fewer rows at a time";
            return Err(Problem::new(Code::TooLarge, why));
        }
        let why = "requests hold as much memory as the server gives them; try again";
        Err(Problem::new(Code::Unavailable, why).retry(1))
    }

    /// Another one of the same budget, which holds nothing yet.
    pub fn split(&self) -> Held {
        self.budget.nothing()
    }

    /// Takes over what another one of the same budget holds.
    pub fn join(&mut self, mut other: Held) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What a request holds bytes for, beside its body. What is read or made again takes the room that it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Values of any form.
    Values,
    /// Rows.
    Rows,
    /// The answer while it is written.
    Answer,
}

/// One request while it is worked on. Clones are the same.
#[derive(Clone)]
pub struct Work(Arc<Shared>);

struct Shared {
    budget: Arc<Budget>,
    deadline: Instant,
    most_cells: usize,
    most_columns: usize,
    most_cpu: Duration,
    /// Processor time of the thread when it began with this request, in nanoseconds plus one; 0 where that is not looked at.
    cpu_began: AtomicU64,
    is_left: AtomicBool,
    held: Mutex<(Held, [usize; 3])>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

impl Work {
    /// Begins: `held` is what its body holds, `permit` its place among the requests under way.
    pub fn begin(limits: &Limits, held: Held, permit: Option<OwnedSemaphorePermit>) -> Self {
        Work(Arc::new(Shared {
            budget: held.budget.clone(),
            deadline: Instant::now() + Duration::from_secs_f64(limits.answer_seconds),
            most_cells: limits.cells,
            most_columns: limits.columns,
            most_cpu: Duration::from_secs_f64(limits.cpu_seconds),
            cpu_began: AtomicU64::new(0),
            is_left: AtomicBool::new(false),
            held: Mutex::new((held, [0; 3])),
            _permit: permit,
        }))
    }

    /// When the answer must be there.
    pub fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// Whether it is worth going on.
    ///
    /// # Errors
    /// 503 when the time is over or the caller has left, 413 when it took too much processor time.
    pub fn look(&self) -> Result<(), Problem> {
        let work = &*self.0;
        if work.is_left.load(Ordering::Relaxed) {
            work.budget.count(Reason::Left);
            let why = "the caller left before the answer was there";
            return Err(Problem::new(Code::Unavailable, why));
        }
        if Instant::now() > work.deadline {
            work.budget.count(Reason::Time);
            return Err(too_slow());
        }
        let began = work.cpu_began.load(Ordering::Relaxed);
        if began > 0 && cpu_nanos().saturating_sub(began) > work.most_cpu.as_nanos() as u64 {
            work.budget.count(Reason::Cpu);
            let why = "the answer takes more computing than one request may use; send fewer rows at a time, or ask for less of each";
            return Err(Problem::new(Code::TooLarge, why));
        }
        Ok(())
    }

    /// Holds this many bytes for something until the request has ended; those that it holds for it already count.
    ///
    /// # Errors
    /// As [`Held::grow`].
    pub fn hold(&self, what: For, bytes: usize) -> Result<(), Problem> {
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (held, parts) = &mut *held;
        let part = &mut parts[what as usize];
        held.grow(bytes.saturating_sub(*part))?;
        *part = bytes.max(*part);
        Ok(())
    }

    /// Most cells of a request.
    pub fn most_cells(&self) -> usize {
        self.0.most_cells
    }

    /// Whether a request may have so many cells.
    ///
    /// # Errors
    /// 413 when it may not.
    pub fn cells(&self, cells: usize) -> Result<(), Problem> {
        let most = self.0.most_cells;
        if cells <= most {
            return Ok(());
        }
        self.0.budget.count(Reason::Cells);
        Err(Problem::new(
            Code::TooLarge,
            format!("the request has more than {most} cells; send fewer rows at a time"),
        ))
    }

    /// Whether a request for a model of `own` columns may have so many.
    ///
    /// # Errors
    /// 413 when it may not.
    pub fn columns(&self, columns: usize, own: usize) -> Result<(), Problem> {
        let most = self.0.most_columns.max(own);
        if columns <= most {
            return Ok(());
        }
        self.0.budget.count(Reason::Columns);
        Err(Problem::new(
            Code::TooLarge,
            format!("the request has more than {most} columns; send those of the model alone"),
        ))
    }

    /// Does a piece of work whose processor time counts, on the thread that this is called on.
    pub fn counted<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = cpu_nanos();
        self.0.cpu_began.store(began + 1, Ordering::Relaxed);
        let done = work();
        self.0.cpu_began.store(0, Ordering::Relaxed);
        let took = cpu_nanos().saturating_sub(began);
        self.0.budget.cpu_nanos.fetch_add(took, Ordering::Relaxed);
        done
    }

    /// A turn at what is done at a core's full speed and soon over: more at a time than there are cores would only hold more memory.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        self.0.budget.turns.clone().acquire_owned().await.ok()
    }

    /// A caller who waits for the answer; once this is dropped, the caller has left.
    pub fn caller(&self) -> Caller {
        Caller(self.clone())
    }
}

/// A caller who waits for an answer.
pub struct Caller(Work);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.0.is_left.store(true, Ordering::Relaxed);
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Processor time of this thread, in nanoseconds.
fn cpu_nanos() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The time for an answer is over.
pub fn too_slow() -> Problem {
    Problem::new(
        Code::Unavailable,
        "the answer took longer than the server allows; send fewer rows at a time",
    )
    .retry(1)
}

#[cfg(test)]
mod tests;
