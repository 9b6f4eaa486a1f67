//! Drift through the whole program: by command, in runs, of requests, and what comes of it.

mod mistakes;
mod month;
mod requests;
mod runs;
mod slow;
