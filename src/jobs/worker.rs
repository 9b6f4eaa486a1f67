//! A worker: takes jobs that are due and attends to them until it is to end.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rand::RngCore;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::child::Program;
use super::worker_context::{JobUnderWay, WorkerContext};
use super::{Error, Queue};
use crate::config::Jobs;
use crate::registry::{HEARTBEAT_SECONDS, JobRow, ProcessId, Takes};

/// How often the queue is polled. A job of this process is taken at once.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How often after a quiet time.
const POLL_WHEN_QUIET: Duration = Duration::from_secs(2);
/// Polls after which it is quiet.
const QUIET_POLLS: u32 = 60;
/// How often a worker that ends with the queue looks whether it may.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Wait before the queue is polled again when it did not answer.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How often a worker says that it lives, and looks for what dead ones left.
const HEARTBEAT: Duration = Duration::from_secs(HEARTBEAT_SECONDS);

/// When a worker ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Never; it has to be stopped.
    Told,
    /// When no job waits and none is left that only it could do.
    Empty,
    /// When one of its bounds is reached: for a machine that is there for some jobs only.
    Bound(Bounds),
}

/// What ends a worker by itself; a bound that is not given is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// So many jobs were taken, and all of them have ended.
    pub jobs: Option<u64>,
    /// So long nothing was there to take, and nothing is left that only it could do.
    pub idle: Option<Duration>,
}

/// Works on jobs until told to stop, or until the queue is empty. Runs under way are ended then, and their jobs wait for
/// another worker; the champion is what it was.
///
/// # Errors
/// When the queue cannot be used at the beginning. What goes wrong later is logged and tried again.
pub async fn work(
    queue: Queue,
    program: Program,
    (settings, tags): (Arc<ArcSwap<Jobs>>, Vec<String>),
    until: Until,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let told = tokio::spawn({
        let stop = stop.clone();
        async move {
            shutdown.await;
            stop.send_replace(true);
        }
    });
    let bench = Arc::new(WorkerContext {
        queue,
        program,
        settings,
        tags,
        stop: stopped,
        hands: Arc::default(),
    });
    let me = name();
    bench.queue.registry.worker_lives(&me).await?;
    let beating = beat(bench.clone(), me.clone());
    let worker = Worker {
        bench,
        me,
        until,
        under_way: JoinSet::new(),
        taken: 0,
        busy: Instant::now(),
    };
    let done = worker.work().await;
    beating.abort();
    told.abort();
    done
}

/// A worker's name says which process it is, so that others see whether it lives.
fn name() -> String {
    format!("{}/{:08x}", ProcessId::current(), rand::rng().next_u32())
}

/// Says again and again that the worker lives, also while the queue is slow to answer or a run is ended.
fn beat(bench: Arc<WorkerContext>, me: String) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            if let Err(error) = bench.queue.registry.worker_lives(&me).await {
                tracing::warn!("the worker cannot say that it lives: {error}");
            }
        }
    })
}

/// A worker and the jobs that it is at.
struct Worker {
    bench: Arc<WorkerContext>,
    me: String,
    until: Until,
    under_way: JoinSet<()>,
    /// Jobs that it took out of the queue.
    taken: u64,
    /// When it last had something to do.
    busy: Instant,
}

impl Worker {
    /// Takes jobs until told to stop or until there are none, waits for those under way, and returns.
    async fn work(mut self) -> Result<(), Error> {
        let mut stop = self.bench.stop.clone();
        let mut tended: Option<Instant> = None;
        let mut polls = 0;
        while !*self.bench.stop.borrow() {
            let mut pause = pause(self.until, polls);
            let is_full = self.is_full();
            match self.look(&mut tended).await {
                Ok(Looked::Left) => return Ok(()),
                Ok(Looked::Took) => polls = 0,
                Ok(Looked::Nothing) => {}
                // One that is there for some jobs only has none any more.
                Err(error @ (Error::Gone { .. } | Error::Foreign { .. }))
                    if self.until != Until::Told =>
                {
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!("the queue cannot be used: {error}");
                    pause = ASK_AGAIN_AFTER;
                }
            }
            tokio::select! {
                // So it is when the sender is gone.
                _ = stop.wait_for(|stop| *stop) => {}
                () = self.bench.hands.freed.notified() => {}
                () = self.bench.queue.wake.notified(), if !is_full => polls = 0,
                () = tokio::time::sleep(pause) => polls += 1,
            }
            // Those that have ended are let go.
            while self.under_way.try_join_next().is_some() {}
        }
        // Jobs under way are put back before the worker is gone.
        while self.under_way.join_next().await.is_some() {}
        self.bench.queue.registry.worker_leaves(&self.me).await
    }

    fn is_full(&self) -> bool {
        self.bench.hands.count() >= self.bench.settings.load().concurrency
    }

    /// Whether it has taken as many jobs as it may.
    fn is_spent(&self) -> bool {
        matches!(self.until, Until::Bound(Bounds { jobs: Some(most), .. }) if self.taken >= most)
    }

    /// Whether it is to leave once there is nothing left for it to do.
    fn is_over(&self) -> bool {
        match self.until {
            Until::Told => false,
            Until::Empty => true,
            Until::Bound(bounds) => bounds.idle.is_some_and(|idle| self.busy.elapsed() >= idle),
        }
    }

    /// Takes what there is to take, and leaves if there is nothing and it may.
    async fn look(&mut self, tended: &mut Option<Instant>) -> Result<Looked, Error> {
        let bench = self.bench.clone();
        let registry = &bench.queue.registry;
        let mut looked = Looked::Nothing;
        let takes = takes(&bench.settings.load(), &bench.tags);
        if tended.is_none_or(|last| last.elapsed() >= HEARTBEAT) {
            for worker in registry.take_out_dead_workers().await? {
                tracing::warn!(worker, "a worker is gone; others do what it had");
            }
            for job in registry.orphaned_jobs(&self.me).await? {
                if self.is_full() {
                    break;
                }
                self.attend(job, false);
            }
            *tended = Some(Instant::now());
        }
        while !self.is_full() && !self.is_spent() && !*bench.stop.borrow() {
            let now_ms = bench.program.clock.now_ms();
            let Some(job) = registry.claim_next_job(&self.me, &takes, now_ms).await? else {
                break;
            };
            self.attend(job, true);
            self.taken += 1;
            looked = Looked::Took;
        }
        if bench.hands.count() > 0 {
            self.busy = Instant::now();
            return Ok(looked);
        }
        if self.is_spent() {
            registry.worker_leaves(&self.me).await?;
            return Ok(Looked::Left);
        }
        if self.is_over() && registry.worker_leaves_if_idle(&self.me, &takes).await? {
            return Ok(Looked::Left);
        }
        Ok(looked)
    }

    /// Begins to attend to a job, unless this process works on it already. On its own: it continues while the queue does not answer.
    fn attend(&mut self, job: JobRow, is_claimed: bool) {
        let Some(at_hand) = JobUnderWay::take(&self.bench.hands, &job.id) else {
            return;
        };
        let (bench, me) = (self.bench.clone(), self.me.clone());
        self.under_way.spawn(async move {
            let done = if is_claimed {
                bench.begin(&me, &job).await
            } else {
                bench.rescue(&me, &job.id).await
            };
            if let Err(error) = done {
                // It is found again among the orphans.
                tracing::warn!(job = job.id, "a job cannot be attended to: {error}");
            }
            drop(at_hand);
        });
    }
}

/// Of which models a worker with these tags takes jobs.
fn takes(settings: &Jobs, tags: &[String]) -> Takes {
    let has_all = |asked: &[String]| asked.iter().all(|tag| tags.contains(tag));
    let (fit, others): (Vec<_>, Vec<_>) = settings.asks.iter().partition(|(_, it)| has_all(it));
    let names = |models: Vec<(&String, &Vec<String>)>| {
        let names = models.into_iter().map(|(model, _)| model.clone());
        names.collect::<Vec<_>>()
    };
    if has_all(settings.tags.as_deref().unwrap_or_default()) {
        Takes::AllBut(names(others))
    } else {
        Takes::Only(names(fit))
    }
}

/// What a look at the queue brought.
enum Looked {
    /// Jobs.
    Took,
    /// None.
    Nothing,
    /// There is nothing left to do, and the worker has left.
    Left,
}

fn pause(until: Until, polls: u32) -> Duration {
    match until {
        Until::Empty | Until::Bound(_) => LOOK_EVERY,
        Until::Told if polls >= QUIET_POLLS => POLL_WHEN_QUIET,
        Until::Told => POLL_EVERY,
    }
}
