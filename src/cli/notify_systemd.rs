//! Notifications to systemd of a service with `Type=notify`: that it is ready, that it ends, and, as often as its watchdog wants,
//! that it is alive. Started by hand, all of it does nothing.

use std::pin::Pin;
use std::time::Duration;

use sd_notify::NotifyState;

/// A question to the program that only a living one answers with yes.
pub type Pulse = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send>;

/// Answers of the program that may be missing before the watchdog bites: it is queried this many times as often.
const PULSES: u32 = 3;

/// Says that the service is ready, and what it does.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Says that the service ends by itself; what is under way is finished.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells the watchdog that the program lives, as long as it does: each sign of life is given for an answer of `pulse`. A
/// program that answers no, or not in time, is started again by systemd. Ends when it is aborted.
pub fn watch(pulse: Pulse) -> Option<tokio::task::JoinHandle<()>> {
    let patience = sd_notify::watchdog_enabled()? / PULSES;
    tracing::debug!(seconds = patience.as_secs_f64(), "the watchdog is notified");
    Some(tokio::spawn(beat(patience, pulse, || {
        tell(&[NotifyState::Watchdog]);
    })))
}

/// Asks again and again, and passes each yes on.
async fn beat(patience: Duration, pulse: Pulse, alive: impl Fn()) {
    let mut ticks = tokio::time::interval(patience);
    loop {
        ticks.tick().await;
        match tokio::time::timeout(patience, pulse()).await {
            Ok(true) => alive(),
            Ok(false) => {
                tracing::error!(
                    "the watchdog is not notified: the program says that it is not well"
                );
            }
            Err(_) => tracing::error!("the watchdog is not notified: the program does not answer"),
        }
    }
}

/// Whether the threads that answer requests come to new work.
pub fn answers() -> Pin<Box<dyn Future<Output = bool> + Send>> {
    Box::pin(async { tokio::spawn(async {}).await.is_ok() })
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd cannot be notified: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn only_what_answers_in_time_is_alive() {
        let asked = Arc::new(AtomicU32::new(0));
        let (told, count) = (Arc::new(AtomicU32::new(0)), asked.clone());
        // Well, unwell, silent, and then well again.
        let pulse: Pulse = Box::new(move || {
            let at = count.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                match at {
                    1 => false,
                    2 => std::future::pending().await,
                    _ => true,
                }
            })
        });
        let (seen, signs) = (told.clone(), asked.clone());
        let beating = beat(Duration::from_millis(5), pulse, move || {
            let signs = signs.load(Ordering::SeqCst);
            assert!(signs != 2 && signs != 3, "it was not well");
            seen.fetch_add(1, Ordering::SeqCst);
        });
        let enough = async {
            while told.load(Ordering::SeqCst) < 3 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = beating => {}
            () = enough => {}
        }
        assert!(asked.load(Ordering::SeqCst) >= 5);
        assert!(answers().await);
    }
}
