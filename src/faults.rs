//! Planned failures: named points in a run at which a test can make it fail or die.
//!
//! `UNSEAT_FAULT=<point>:<error|kill>[:<nth>]` arms one point. Only debug builds look; a release build has no way in.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Every point, in the order in which a run that promotes passes them. A test walks this list, so a point that is no
/// longer passed is noticed.
pub const POINTS: &[&str] = &[
    "lock.taken",
    "run.recorded",
    "ingest.data_written",
    "ingest.data_published",
    "ingest.list_published",
    "ingest.recorded",
    "train.version_reserved",
    "train.bundle_published",
    "train.recorded",
    "score.predictions_published",
    "score.score_published",
    "score.recorded",
    "deploy.decision_published",
    "report.published",
    "deploy.verified",
    "deploy.promoting",
    "deploy.promoted",
    "deploy.copy_written",
    "deploy.copy_swapped",
    "run.concluded",
    "lock.released",
];

struct Armed {
    point: String,
    kill: bool,
    countdown: AtomicU32,
}

/// Fails or kills the process when the armed point is this one.
///
/// # Errors
/// An `io::Error` that names the point, when it was armed with `error`.
pub fn point(name: &str) -> io::Result<()> {
    debug_assert!(POINTS.contains(&name), "{name} is not a listed fault point");
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
    let armed = ARMED.get_or_init(|| {
        std::env::var("UNSEAT_FAULT")
            .ok()
            .and_then(|text| parse(&text))
    });
    match armed {
        Some(armed)
            if armed.point == name && armed.countdown.fetch_sub(1, Ordering::SeqCst) == 1 =>
        {
            if armed.kill {
                let _ = rustix::process::kill_process(
                    rustix::process::getpid(),
                    rustix::process::Signal::KILL,
                );
            }
            Err(io::Error::other(format!("planned failure at {name}")))
        }
        _ => Ok(()),
    }
}

fn parse(text: &str) -> Option<Armed> {
    let mut parts = text.split(':');
    let point = parts.next()?.to_string();
    let kill = parts.next()? == "kill";
    let nth = parts.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    Some(Armed {
        point,
        kill,
        countdown: AtomicU32::new(nth),
    })
}
