//! `up`: server, schedule and worker in one process. Only this file knows that there are three roles.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use tokio::sync::watch;

use super::serve::{self, ServeArgs};
use super::{Failure, Global, context, feed, notify, output, worker};
use crate::config::Config;
use crate::jobs::{self, Queue};
use crate::schedule::{self, Scheduler};
use crate::serve::{Signals, Wish};

#[derive(Debug, Args)]
pub struct UpArgs {
    /// Address and port, instead of `server.listen`; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Let everybody do everything on an address that is not loopback
    #[arg(long)]
    insecure: bool,
}

pub async fn up(global: &Global, args: &UpArgs) -> Result<u8, Failure> {
    let began = Instant::now();
    let server = ServeArgs {
        listen: args.listen.clone(),
        insecure: args.insecure,
        bundle: None,
    };
    let (config, registry) = context::project(global, &[]).await?;
    let queue = Queue::open(&registry).await?;
    let opened = serve::open(global, &server, Some(&queue)).await?;
    let no_version = "no version in production yet: its first run begins";
    serve::say_where(global, &opened, began, no_version);
    if !global.json && !global.quiet {
        output::say(&format!("try it out at {}/docs", opened.url()));
    }
    let (stop, stopped) = watch::channel(false);
    let scheduler = Arc::new(scheduler(global, &config, &queue)?);
    feed::say_next(global, &scheduler).await?;
    let feed = feed::Feed::of(global, &queue).await?;
    first_runs(&scheduler).await?;
    tokio::spawn(tell_the_end(Signals::listen()?, stop));
    // Answering has a task of its own: it waits for nothing that the other roles do.
    let server = tokio::spawn(opened.answer());
    let following = schedule::run(scheduler, stopped.clone());
    let telling = notify::deliver(
        registry.clone(),
        config.clone(),
        context::clock()?,
        worker::told(stopped.clone()),
    );
    // A role that cannot begin ends the whole: half of it would look well and do nothing.
    tokio::try_join!(
        worker::work(global.clone(), config, queue, stopped.clone()),
        async { Ok(following.await?) },
        async {
            tokio::join!(feed.follow(stopped), telling);
            Ok(())
        },
    )?;
    let drained = server
        .await
        .map_err(|error| Failure::internal(error.into()))?;
    registry.close().await;
    drained.close(global).await
}

/// Tells the other roles of a signal to end; the server hears it itself.
async fn tell_the_end(mut signals: Signals, stop: watch::Sender<bool>) {
    while signals.next().await != Wish::End {}
    stop.send_replace(true);
}

fn scheduler(global: &Global, config: &Config, queue: &Queue) -> Result<Scheduler, Failure> {
    Ok(Scheduler {
        queue: queue.clone(),
        models: context::models(global, config)?,
        clock: context::clock()?,
        ids: context::ids()?,
    })
}

/// A model without a version is not left so until its first tick: its first run begins now.
async fn first_runs(scheduler: &Scheduler) -> Result<(), Failure> {
    for model in &scheduler.models {
        let registry = &scheduler.queue.registry;
        if registry.champion(&model.name).await?.is_some() {
            continue;
        }
        let now = scheduler.clock.now();
        let job = jobs::new_job(scheduler.ids, &model.name, "up", &context::actor(), now);
        jobs::submit(&scheduler.queue, &job, model.schedule.overlap).await?;
    }
    Ok(())
}
