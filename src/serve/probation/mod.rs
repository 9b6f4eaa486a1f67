//! Probation: a version that a run has promoted is watched beside the version before it, and confirmed or rolled back.
//!
//! A request counts ([`counts`]) and leaves copies of a few rows ([`sample`]); all else happens in a task of its own
//! ([`watching`]): the version before says what it would have said of the same rows ([`pair`]), and a pure function of the
//! counts decides ([`judge`]). What is true about a probation is in the registry; the first server to conclude wins.

mod told;
mod watching;

pub use crate::serving::probation::view::View;
pub use watching::watch;
