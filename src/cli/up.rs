//! `up`: server, schedule and worker in one process. Only this file knows that there are three roles.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use clap::Args;
use tokio::sync::watch;

use super::first_runs::FirstRuns;
use super::global::Global;
use super::live::Live;
use super::running::Running;
use super::serve::{self, ServeArgs};
use super::{Failure, address, context, notify, output, up_progress, worker};
use crate::config::{Config, Jobs};
use crate::jobs::{self, Queue};
use crate::registry::{JobRow, Registry};
use crate::schedule::{self, Scheduler};
use crate::serve::{Signals, State, Wish};

#[derive(Debug, Args)]
pub struct UpArgs {
    /// Address and port, instead of `server.listen`; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::address)]
    listen: Option<String>,
    /// Let anyone do everything on an address that is not loopback
    #[arg(long)]
    insecure: bool,
}

pub async fn up(global: &Global, args: &UpArgs) -> Result<u8, Failure> {
    let began = Instant::now();
    // From the very beginning: a terminal may be closed as soon as it has shown the first line.
    let signals = Signals::listen()?;
    let server = ServeArgs {
        listen: args.listen.clone(),
        insecure: args.insecure,
        bundle: None,
    };
    let flags = serve::flags(&server);
    let seen = Live::look(global);
    let (config, registry) = context::project(global, &flags).await?;
    let clock = context::clock()?;
    let queue = Queue::of(&registry);
    let opened = serve::open(global, &server, Some(&queue)).await?;
    let running = Running::begin(Some(&registry), "up", Some(opened.url())).await;
    let no_version = "no version in production yet: its first run begins";
    serve::say_where(global, &opened, began, no_version);
    if !global.json && !global.quiet {
        output::say(&format!("try it out at {}/docs", opened.url()));
    }
    let (stop, stopped) = watch::channel(false);
    let scheduler = Arc::new(scheduler(global, &config, &queue)?);
    up_progress::say_next(global, &scheduler).await?;
    let feed = up_progress::UpProgress::of(global, &queue, clock).await?;
    let first = FirstRuns::begin(&scheduler).await?;
    tokio::spawn(tell_the_end(signals, stop));
    let live = Live::new("up", global, flags, &registry, clock, &config, seen);
    let settings = live.settings();
    let roles = Roles {
        global: global.clone(),
        registry: registry.clone(),
        state: opened.state.clone(),
        scheduler: scheduler.clone(),
        jobs: Arc::new(ArcSwap::from_pointee(config.jobs.clone())),
    };
    let is_told = !global.quiet && !global.json;
    let tell = move |text: &str| {
        if is_told {
            up_progress::say_of_project(text);
        }
    };
    // Answering has a task of its own: it waits for nothing that the other roles do.
    let state = opened.state.clone();
    let server = tokio::spawn(opened.answer());
    let following = schedule::run(scheduler.clone(), stopped.clone());
    let telling = notify::deliver_live(registry.clone(), settings, clock, stopped.clone());
    // A role that cannot begin ends the whole: half of it would look well and do nothing.
    tokio::try_join!(
        worker::work(
            global.clone(),
            config,
            roles.jobs.clone(),
            queue,
            stopped.clone()
        ),
        async { Ok(following.await?) },
        async {
            tokio::join!(
                feed.follow(stopped.clone()),
                telling,
                first.follow(stopped.clone()),
                live.follow(
                    |news| state.know_settings(news),
                    stopped,
                    async |fresh| roles.take(fresh).await,
                    tell
                ),
            );
            Ok(())
        },
    )?;
    let drained = server
        .await
        .map_err(|error| Failure::internal(error.into()))?;
    let cut_off = cut_off(&registry).await;
    running.end().await;
    registry.close().await;
    if !global.quiet {
        for job in cut_off {
            let run = job.run.as_deref().unwrap_or_default();
            let (model, id) = (&job.model, &job.id);
            output::talk(&format!(
                "the run of {model} was cut off; the champion is what it was, and job {id} waits for the next worker (run {run})"
            ));
        }
    }
    drained.close(global).await
}

/// Jobs whose run ended because this process did.
async fn cut_off(registry: &Registry) -> Vec<JobRow> {
    // What cannot be asked any more is not printed.
    let jobs = registry.jobs(None, 50).await.unwrap_or_default();
    let is_cut = |job: &JobRow| job.is_open() && job.error.as_deref() == Some(jobs::WORKER_ENDED);
    jobs.into_iter().filter(is_cut).collect()
}

/// What edited settings are given to.
struct Roles {
    global: Global,
    registry: Registry,
    state: Arc<State>,
    scheduler: Arc<Scheduler>,
    jobs: Arc<ArcSwap<Jobs>>,
}

impl Roles {
    /// Makes edited settings true in all roles, or in none.
    async fn take(&self, fresh: &Config) -> Result<(), Failure> {
        let models = context::models(&self.global, fresh)?;
        serve::take(&self.global, &self.registry, &self.state, fresh).await?;
        self.scheduler.models.store(Arc::new(models));
        self.jobs.store(Arc::new(fresh.jobs.clone()));
        Ok(())
    }
}

/// Tells the other roles of a signal to end; the server hears it itself.
async fn tell_the_end(mut signals: Signals, stop: watch::Sender<bool>) {
    while signals.next().await == Wish::Refresh {}
    stop.send_replace(true);
}

fn scheduler(global: &Global, config: &Config, queue: &Queue) -> Result<Scheduler, Failure> {
    Ok(Scheduler {
        queue: queue.clone(),
        models: ArcSwap::from_pointee(context::models(global, config)?),
        clock: context::clock()?,
        ids: context::ids()?,
        launcher: None,
    })
}
