//! Logs without waiting: a bounded queue to a thread that writes, and files of lines that are rotated when they are
//! large. It must not know what is logged.

pub mod log_rotation;
pub mod queue;
