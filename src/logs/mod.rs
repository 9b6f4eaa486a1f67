//! Logs that nobody waits for: a bounded queue to a thread that writes, and files of lines that are begun anew when they are
//! large. It must not know what is logged.

pub mod queue;
pub mod rotate;
