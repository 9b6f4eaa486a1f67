//! Drift through the whole program: by command, in runs, of requests, and what comes of it.

mod requests;
mod runs;
