//! Messages: what is told, by which way, how often, and what is never told.

mod command;
mod desk;
#[cfg(feature = "mail")]
mod email;
mod receiver;
mod run;
mod stale;
mod webhook;
