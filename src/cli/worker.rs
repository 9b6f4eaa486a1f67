//! `worker`: does the runs that were asked for, each as a process of its own.

use clap::Args;
use tokio::sync::watch;

use super::{Failure, Global, context, failure, output};
use crate::config::Config;
use crate::jobs::{self, Program, Queue, Until};
use crate::serve::{Signals, Wish};

#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// End when the queue is empty
    #[arg(long)]
    once: bool,
}

pub async fn worker(global: &Global, args: &WorkerArgs) -> Result<u8, Failure> {
    let config = context::load(global, &[])?;
    let registry = context::registry(&config).await?;
    let queue = Queue::open(&registry).await?;
    if args.once {
        until_empty(global, &config, queue).await?;
    } else {
        let (stop, stopped) = watch::channel(false);
        let mut signals = Signals::listen()?;
        tokio::spawn(async move {
            while signals.next().await != Wish::End {}
            stop.send_replace(true);
        });
        if !global.quiet {
            output::talk("waiting for jobs; Ctrl-C ends this worker");
        }
        work(global.clone(), config, queue, stopped).await?;
    }
    registry.close().await;
    Ok(failure::DONE)
}

/// Works until told to end; other roles may be in the same process.
pub async fn work(
    global: Global,
    config: Config,
    queue: Queue,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let program = program(&global, &config)?;
    let told = async move {
        // A sender that is gone tells as much.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    Ok(jobs::work(queue, program, config.jobs, Until::Told, told).await?)
}

/// Works until the queue is empty.
pub async fn until_empty(global: &Global, config: &Config, queue: Queue) -> Result<u8, Failure> {
    let mut signals = Signals::listen()?;
    let told = async move { while signals.next().await != Wish::End {} };
    let program = program(global, config)?;
    jobs::work(queue, program, config.jobs.clone(), Until::Empty, told).await?;
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
