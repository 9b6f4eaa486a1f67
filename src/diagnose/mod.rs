//! What the diagnostics say of a model: summary statistics, missing values, timings, freshness, dependencies, its score.
//!
//! In: an [`Env`](crate::pipeline::Env). Out: plain records. It never trains, and must not know a terminal or HTTP.
