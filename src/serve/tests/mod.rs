//! Whatever comes from outside is read or rejected, and never makes this program panic: bodies, bundles, files, expressions.
//!
//! `cargo test fuzz` runs each target a few hundred times. For as long as you like:
//! `UNSEAT_FUZZ_SECONDS=3600 cargo test --lib fuzz -- --nocapture`, with `UNSEAT_FUZZ_SEED=2` for other cases. What makes a
//! target panic is kept below `tests/fuzz/`, and is tried first from then on, as is a small corpus of inputs that got far:
//! `UNSEAT_FUZZ_KEEP=DIR` writes one.

mod bodies;
mod bundles;
mod files;
mod runner;
