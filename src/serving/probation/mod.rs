//! Probation: a version that a run has promoted is watched beside the version before it, and confirmed or rolled back.
//!
//! A request counts ([`counts`]) and leaves copies of a few rows ([`sample`]); the version before says what it would have said of
//! the same rows ([`pair`]), and a pure function of the counts decides ([`judge`]). The task that does so is a server's
//! (`serve/probation/`). What is true about a probation is in the registry; the first server to conclude wins.

pub mod counts;
#[cfg(feature = "train")]
pub mod judge;
#[cfg(feature = "train")]
pub mod pair;
pub mod request_scope;
pub mod sample;
#[cfg(feature = "train")]
pub mod trial;
#[cfg_attr(not(feature = "train"), path = "no_view.rs")]
pub mod view;
