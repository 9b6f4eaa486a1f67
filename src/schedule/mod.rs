//! The loop that turns time into jobs. *When* a tick is due is decided in `cron/`, as a function of expression, cursor and
//! now; here it is looked at each second, and every tick gets its row.
//!
//! Any number of schedulers may share a database: the key of a tick's row makes one run out of it.

mod driver;
mod plan;
mod tick;

#[cfg(test)]
mod tests;

pub use driver::run;
pub use plan::{Origin, Plan, parse};
pub use tick::{Polled, Scheduler};

/// Why a schedule cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The expression cannot be read.
    #[error("use the schedule: {0}")]
    Expression(#[from] crate::cron::ExpressionError),
    /// The time zone is not known.
    #[error("use the time zone: {0}")]
    Zone(#[from] crate::cron::ZoneError),
    /// The registry cannot answer.
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
    /// The driver does not start.
    #[error("start the schedule's driver")]
    Driver(#[from] tokio_cron_scheduler::JobSchedulerError),
}
