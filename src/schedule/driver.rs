//! tokio-cron-scheduler calls each second; it does not decide anything.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tokio_cron_scheduler::{Job, JobScheduler};

use super::{Error, Scheduler};

/// Every second: a tick is late by no more than that.
const EACH_SECOND: &str = "* * * * * *";

/// Follows the schedules of all models until told to stop. What goes wrong is logged, and tried again a second later.
///
/// # Errors
/// When the driver cannot be started.
pub async fn run(scheduler: Arc<Scheduler>, mut stop: watch::Receiver<bool>) -> Result<(), Error> {
    let mut driver = JobScheduler::new().await?;
    // A look that takes long (a locked database) must not meet the next one.
    let looking = Arc::new(Mutex::new(String::new()));
    let look = Job::new_async(EACH_SECOND, move |_, _| {
        let (scheduler, looking) = (scheduler.clone(), looking.clone());
        Box::pin(async move {
            let Ok(mut told) = looking.try_lock() else {
                return;
            };
            match scheduler.queue.registry.follow_file().await {
                Ok(_) => {
                    told.clear();
                    scheduler.poll_and_log().await;
                }
                // Told once. No tick is lost by it: the cursor is in the database, and what was due is made up for.
                Err(error) => {
                    let text = error.to_string();
                    if *told != text {
                        tracing::error!("no schedule is followed: cannot {text}");
                        *told = text;
                    }
                }
            }
        })
    })?;
    driver.add(look).await?;
    driver.start().await?;
    // An end without a word is one, too.
    let _ = stop.wait_for(|stop| *stop).await;
    driver.shutdown().await?;
    Ok(())
}
