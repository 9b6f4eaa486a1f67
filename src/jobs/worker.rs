//! A worker: takes jobs off the queue and attends to them until it is to end.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apalis::prelude::{BackendExt, BoxDynError, WorkerBuilder, WorkerBuilderExt};
use apalis_sqlite::{Config, SqliteStorage};
use arc_swap::ArcSwap;
use futures_util::Stream;
use rand::RngCore;
use tokio::sync::{Notify, Semaphore, watch};

use super::attempt::Bench;
use super::carriers::{self, HEARTBEAT_SECONDS, MISSED};
use super::child::Program;
use super::queue::QUEUE;
use super::{Error, Queue};
use crate::config::Jobs;
use crate::registry::ProcessId;

/// How often the queue is asked. A job of this process is taken at once.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How often after a quiet time.
const POLL_WHEN_QUIET: Duration = Duration::from_secs(2);
/// Polls after which it is quiet.
const QUIET_POLLS: u32 = 60;
/// How often a worker that ends with the queue looks whether it may.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Wait before a worker whose queue failed begins anew.
const RESTART_AFTER: Duration = Duration::from_secs(2);
/// Most jobs at once, by the settings' bounds.
const MOST_AT_ONCE: u32 = 64;

/// When a worker ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Never; it has to be told.
    Told,
    /// When no job waits and none is left that only it could do.
    Empty,
}

/// Works on jobs until told to end, or until the queue is empty. Runs under way are ended then, and their jobs wait for
/// another worker; the champion is what it was.
///
/// # Errors
/// When the queue cannot be used at the beginning. What goes wrong later is logged and tried again.
pub async fn work(
    queue: Queue,
    program: Program,
    settings: Arc<ArcSwap<Jobs>>,
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
    let bench = Arc::new(Bench {
        queue,
        program,
        settings,
        stop: stopped,
        at_hand: Mutex::default(),
    });
    let done = rounds(&bench, until, &stop).await;
    told.abort();
    done
}

/// Begins a worker, and another one when its queue fails, until told to end.
async fn rounds(
    bench: &Arc<Bench>,
    until: Until,
    stop: &Arc<watch::Sender<bool>>,
) -> Result<(), Error> {
    let registry = &bench.queue.registry;
    let at_work = Arc::new(Semaphore::new(MOST_AT_ONCE as usize));
    let mut is_first = true;
    loop {
        let me = name();
        if !is_first && let Err(error) = bench.queue.make_tables().await {
            tracing::warn!("the queue's tables cannot be made: {error}");
        }
        match carriers::tend(registry, &me).await {
            Err(error) if is_first => return Err(error),
            Err(error) => tracing::warn!("the queue cannot be tended: {error}"),
            Ok(()) => {}
        }
        is_first = false;
        let tending = tokio::spawn(tend(bench.clone(), me.clone(), until, stop.clone()));
        let ended = round(bench, &me, &at_work).await;
        tending.abort();
        let must_end = *bench.stop.borrow();
        if must_end {
            // Jobs under way are put back before the worker is gone.
            let _all = at_work.acquire_many(MOST_AT_ONCE).await;
            return carriers::leave(registry, &me).await;
        }
        if let Err(error) = ended {
            tracing::warn!("the queue cannot be used: {error}");
        }
        let mut stopped = bench.stop.clone();
        // Ends early when told to end.
        let _ = tokio::time::timeout(RESTART_AFTER, stopped.wait_for(|stop| *stop)).await;
    }
}

/// One worker of the queue, until told to end or until the queue fails.
async fn round(bench: &Arc<Bench>, me: &str, at_work: &Arc<Semaphore>) -> Result<(), BoxDynError> {
    let config = Config::default()
        .queue(QUEUE)
        // One at a time, so that none waits behind a long one while another worker is idle.
        .batch_size(1)
        .heartbeat_interval(Duration::from_secs(HEARTBEAT_SECONDS))
        .missed_heartbeats(MISSED);
    let storage = SqliteStorage::<String>::new(&bench.queue.registry.pool())
        .with_config(config)
        .poll_with_stream(pulse(bench.queue.wake.clone()));
    let (doing, worker, places) = (bench.clone(), me.to_string(), at_work.clone());
    let worker = WorkerBuilder::new(me)
        .backend(storage)
        .concurrency(bench.settings.load().concurrency)
        .build(move |job: String| {
            let (bench, me, places) = (doing.clone(), worker.clone(), places.clone());
            async move {
                let place = places.acquire_owned().await?;
                // On its own: what it does must not wake the queue, nor end with it.
                let done = tokio::spawn(async move {
                    let done = bench.attend(&me, &job).await;
                    drop(place);
                    done
                });
                Ok::<_, BoxDynError>(done.await??)
            }
        });
    let mut stopped = bench.stop.clone();
    let ended = worker.run_until(async move {
        // The sender lives as long as the worker.
        let _ = stopped.wait_for(|stop| *stop).await;
        Ok::<_, std::io::Error>(())
    });
    Ok(ended.await?)
}

/// Tends the queue while a worker works.
async fn tend(bench: Arc<Bench>, me: String, until: Until, stop: Arc<watch::Sender<bool>>) {
    let registry = &bench.queue.registry;
    let mut last = tokio::time::Instant::now();
    let every = Duration::from_secs(HEARTBEAT_SECONDS);
    loop {
        tokio::time::sleep(if until == Until::Empty {
            LOOK_EVERY
        } else {
            every
        })
        .await;
        if last.elapsed() >= every {
            last = tokio::time::Instant::now();
            if let Err(error) = carriers::tend(registry, &me).await {
                tracing::warn!("the queue cannot be tended: {error}");
            }
        }
        if until == Until::Empty {
            match carriers::leave_if_idle(registry, &me).await {
                Ok(false) => {}
                Ok(true) => {
                    stop.send_replace(true);
                    return;
                }
                Err(error) => tracing::warn!("the queue cannot be looked at: {error}"),
            }
        }
    }
}

/// When to ask the queue: at once when this process has queued a job, else now and then.
fn pulse(wake: Arc<Notify>) -> Pin<Box<dyn Stream<Item = ()> + Send + Sync>> {
    Box::pin(futures_util::stream::unfold(
        (wake, 0),
        |(wake, polls)| async move {
            let is_quiet = polls >= QUIET_POLLS;
            let pause = if is_quiet {
                POLL_WHEN_QUIET
            } else {
                POLL_EVERY
            };
            let polls = tokio::select! {
                () = wake.notified() => 0,
                () = tokio::time::sleep(pause) => polls + 1,
            };
            Some(((), (wake, polls)))
        },
    ))
}

/// A worker's name tells which process it is, so that others see whether it lives.
fn name() -> String {
    format!("{}/{:08x}", ProcessId::current(), rand::rng().next_u32())
}
