//! Whether anything was written since, by a look at the file and without a question to the database.

use std::time::Duration;

use super::Registry;
use super::db::{Mark, mark};
use crate::clock::Clock;

/// File times go in steps of some milliseconds: changes within one cannot be seen.
const STEP: Duration = Duration::from_millis(15);

/// A state of the database's file; another one when something was written since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMark(Mark);

impl Registry {
    /// The state of the file; `None` where it says nothing: of a server, or within milliseconds of a write.
    pub fn change_mark(&self) -> Option<ChangeMark> {
        let found = self.file().and_then(|path| mark(path, true))?;
        let written = found.written_ns()?;
        let now = Clock::System.now().timestamp_nanos_opt()?;
        (now - written > STEP.as_nanos() as i64).then_some(ChangeMark(found))
    }
}
