//! `worker`: does the runs that were asked for, each as a process of its own.

use std::sync::Arc;

use arc_swap::ArcSwap;
use clap::Args;
use tokio::sync::watch;

use super::global::Global;
use super::{Failure, context, failure, notify, output};
use crate::config::{Config, Jobs};
use crate::jobs::{self, Program, Queue, Until};
use crate::serve::{Signals, Wish};

#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// End when the queue is empty
    #[arg(long)]
    once: bool,
}

pub async fn worker(global: &Global, args: &WorkerArgs) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let queue = Queue::of(&registry);
    if args.once {
        until_empty(global, &config, queue).await?;
    } else {
        let (stop, stopped) = watch::channel(false);
        let mut signals = Signals::listen()?;
        tokio::spawn(async move {
            while signals.next().await == Wish::Refresh {}
            stop.send_replace(true);
        });
        if !global.quiet {
            output::talk("waiting for jobs; Ctrl-C ends this worker");
        }
        let telling = notify::deliver(
            registry.clone(),
            config.clone(),
            context::clock()?,
            told(stopped.clone()),
        );
        let settings = Arc::new(ArcSwap::from_pointee(config.jobs.clone()));
        let working = work(global.clone(), config, settings, queue, stopped);
        let (worked, ()) = tokio::join!(working, telling);
        worked?;
    }
    registry.close().await;
    Ok(failure::DONE)
}

/// Works until told to end; other roles may be in the same process.
pub async fn work(
    global: Global,
    config: Config,
    settings: Arc<ArcSwap<Jobs>>,
    queue: Queue,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let program = program(&global, &config)?;
    Ok(jobs::work(queue, program, settings, Until::Told, told(stop)).await?)
}

/// Waits until a role is to end.
pub async fn told(mut stop: watch::Receiver<bool>) {
    // A sender that is gone tells as much.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Works until the queue is empty.
pub async fn until_empty(global: &Global, config: &Config, queue: Queue) -> Result<u8, Failure> {
    let mut signals = Signals::listen()?;
    let told = async move { while signals.next().await == Wish::Refresh {} };
    let program = program(global, config)?;
    let settings = Arc::new(ArcSwap::from_pointee(config.jobs.clone()));
    jobs::work(queue, program, settings, Until::Empty, told).await?;
    Ok(failure::DONE)
}

/// What is started for a run: this program, with the global flags that this process was given.
pub fn program(global: &Global, config: &Config) -> Result<Program, Failure> {
    Ok(Program {
        path: context::this_program()?,
        arguments: context::global_flags(global),
        project: config.project.clone(),
        clock: context::clock()?,
        ids: context::ids()?,
    })
}
