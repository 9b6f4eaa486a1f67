//! `worker`: does the runs that were requested, each as a process of its own.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use clap::Args;
use tokio::sync::watch;

use super::global::Global;
use super::live::Live;
use super::running::Running;
use super::{Failure, context, failure, notify, output};
use crate::config::{Config, Jobs, tag_problems};
use crate::jobs::{self, Bounds, Program, Queue, Until};
use crate::serve::{Signals, Wish};

#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// End when the queue is empty
    #[arg(long)]
    once: bool,
    /// End after so many jobs, whatever waits
    #[arg(long, value_name = "N", conflicts_with = "once", value_parser = clap::value_parser!(u64).range(1..))]
    max_jobs: Option<u64>,
    /// End when nothing was to be done for this long, like 60s, 10m or 1h
    #[arg(long, value_name = "TIME", conflicts_with = "once", value_parser = duration)]
    idle_exit: Option<Duration>,
    /// Tags of this machine, like `big,gpu`: it does runs of models that ask for these or for none (`jobs.tags`)
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    tags: Vec<String>,
}

impl WorkerArgs {
    fn until(&self) -> Until {
        match (self.max_jobs, self.idle_exit) {
            (None, None) => Until::Told,
            (jobs, idle) => Until::Bound(Bounds { jobs, idle }),
        }
    }
}

/// A time like `60s`, `10m`, `1h`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        None => (text, 1),
        Some((at, 's')) if at + 1 == text.len() => (&text[..at], 1),
        Some((at, 'm')) if at + 1 == text.len() => (&text[..at], 60),
        Some((at, 'h')) if at + 1 == text.len() => (&text[..at], 3600),
        Some(_) => ("", 1),
    };
    let seconds = number.parse::<u32>().ok().filter(|seconds| *seconds > 0);
    match seconds {
        Some(seconds) => Ok(Duration::from_secs(u64::from(seconds) * unit)),
        None => Err("write it as a whole number with s, m or h, like 60s".to_string()),
    }
}

pub async fn worker(global: &Global, args: &WorkerArgs) -> Result<u8, Failure> {
    let seen = Live::look(global);
    let (config, registry) = context::project(global, &[]).await?;
    let queue = Queue::of(&registry);
    if let Some(problem) = tag_problems("--tags", &args.tags).first() {
        return Err(Failure::usage(problem.to_string()));
    }
    let running = Running::begin(Some(&registry), "worker", None).await;
    if args.once {
        let done = until_empty(global, &config, queue, args.tags.clone()).await;
        running.end().await;
        done?;
    } else {
        let (stop, stopped) = watch::channel(false);
        let stop = Arc::new(stop);
        let ended = stop.clone();
        let mut signals = Signals::listen()?;
        tokio::spawn(async move {
            while signals.next().await == Wish::Refresh {}
            stop.send_replace(true);
        });
        if !global.quiet {
            output::talk("waiting for jobs; Ctrl-C ends this worker");
        }
        let clock = context::clock()?;
        let live = Live::new(
            "worker",
            global,
            Vec::new(),
            &registry,
            clock,
            &config,
            seen,
        );
        let telling =
            notify::deliver_live(registry.clone(), live.settings(), clock, stopped.clone());
        let settings = Arc::new(ArcSwap::from_pointee(config.jobs.clone()));
        let jobs_now = settings.clone();
        // A run is a process of its own, which reads the file itself.
        let apply = async |fresh: &Config| {
            jobs_now.store(Arc::new(fresh.jobs.clone()));
            Ok(())
        };
        let following = live.follow(|_| (), stopped.clone(), apply, say(global));
        let program = program(global, &config)?;
        let duty = (settings, args.tags.clone());
        let working = jobs::work(queue, program, duty, args.until(), told(stopped));
        // A worker that ends by itself has nothing more to say.
        let working = async {
            let worked = working.await;
            ended.send_replace(true);
            worked
        };
        let (worked, (), ()) = tokio::join!(working, telling, following);
        running.end().await;
        worked?;
    }
    registry.close().await;
    Ok(failure::DONE)
}

/// Reports what became of an edited file, unless output is off.
pub fn say(global: &Global) -> impl Fn(&str) + use<> {
    let is_told = !global.quiet;
    move |said: &str| {
        if is_told {
            output::talk(said);
        }
    }
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
    let duty = (settings, Vec::new());
    Ok(jobs::work(queue, program, duty, Until::Told, told(stop)).await?)
}

/// Waits until a role is to end.
pub async fn told(mut stop: watch::Receiver<bool>) {
    // So it is when the sender is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Works until the queue is empty.
pub async fn until_empty(
    global: &Global,
    config: &Config,
    queue: Queue,
    tags: Vec<String>,
) -> Result<u8, Failure> {
    let mut signals = Signals::listen()?;
    let told = async move { while signals.next().await == Wish::Refresh {} };
    let program = program(global, config)?;
    let settings = Arc::new(ArcSwap::from_pointee(config.jobs.clone()));
    jobs::work(queue, program, (settings, tags), Until::Empty, told).await?;
    Ok(failure::DONE)
}

/// What is started for a run: this program, with the global flags that this process was given.
pub fn program(global: &Global, config: &Config) -> Result<Program, Failure> {
    Ok(Program {
        path: context::this_program()?,
        arguments: context::global_flags(global),
        project: config.project.clone(),
        logs: config.stores.logs(&config.project),
        clock: context::clock()?,
        ids: context::ids()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        for (text, seconds) in [("60s", 60), ("10m", 600), ("1h", 3600), ("5", 5)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "s", "0s", "1d", "1.5m", "-1s", "10ms", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
