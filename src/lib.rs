//! unseat keeps a deployed model good, unattended: a challenger goes live only if it unseats the champion, on evidence.
//!
//! # Layout, in the order in which data flows
//! - [`config`]: `config.json`, checked whole before anything starts
//! - [`cron`]: when something is to happen
//! - [`data`]: files to a frame; hashes, quarantine
//! - [`checks`]: what can be wrong with data, looked for before training
//! - [`joins`]: several tables to one frame, each row as of its own time
//! - [`features`]: frame to matrix, fitted on the training part
//! - [`learners`]: fit; each returns one of the plain [`predictors`]
//! - [`bundle`]: a version's saved form
//! - [`evaluate`], [`gate`]: scores, and who goes live
//! - [`report`]: plots, page and card
//! - [`explain`]: what columns are worth, and what would have changed an answer
//! - [`export`]: a version in forms that other programs read
//! - [`registry`], [`artifacts`]: what is remembered, and where files are kept
//! - [`drift`], [`live`]: whether rows are like those of training, and how good answers turned out to be
//! - [`pipeline`]: one run, stage by stage
//! - [`jobs`]: the queue of runs, and its workers
//! - [`schedule`]: time to jobs; the rules are in [`cron`]
//! - [`notify`]: notifications: who is notified of what
//! - [`diagnose`]: what the diagnostics say
//! - [`overview`]: what an operator sees: status, timeline, versions over time
//! - [`logs`]: queues and log files that no request waits for
//! - [`http`]: connections, requests, replies, who is let in
//! - [`serving`]: what is served and watched, without HTTP
//! - [`serve`]: predictions and diagnostics over HTTP
//! - [`sample`]: generated sample data, from a seed
//! - [`model_types`]: values that cross rooms
//! - [`text`]: small texts that many rooms write
//! - [`cli`]: one file per subcommand
//!
//! Without the feature `train`, the program serves bundles and nothing else: rooms that need frames, learners or the registry are left
//! out, and of five others `serve_only.rs` is in the place of `mod.rs`.

// What only training calls of the rooms that both builds share; in the full build nothing is excused.
#![cfg_attr(not(feature = "train"), expect(dead_code))]

pub mod artifacts;
pub mod bundle;
#[cfg(feature = "train")]
pub mod checks;
#[cfg_attr(not(feature = "train"), path = "cli/serve_only.rs")]
pub mod cli;
pub mod clock;
pub mod config;
pub mod cron;
#[cfg_attr(not(feature = "train"), path = "data/serve_only.rs")]
pub mod data;
#[cfg_attr(not(feature = "train"), path = "diagnose/serve_only.rs")]
pub mod diagnose;
#[cfg_attr(not(feature = "train"), path = "drift/serve_only.rs")]
pub mod drift;
#[cfg(feature = "train")]
pub mod dynamodb;
#[cfg(feature = "spark")]
pub mod engine;
pub mod evaluate;
pub mod explain;
#[cfg(feature = "train")]
pub mod export;
pub mod faults;
pub mod features;
#[cfg(feature = "train")]
pub mod gate;
pub mod http;
#[cfg(feature = "train")]
pub mod import;
#[cfg(feature = "train")]
pub mod jobs;
#[cfg_attr(not(feature = "train"), path = "joins/serve_only.rs")]
pub mod joins;
#[cfg(feature = "train")]
pub mod learners;
#[cfg(feature = "train")]
pub mod live;
pub mod logs;
#[cfg(feature = "train")]
pub mod mlflow;
pub mod model_types;
#[cfg(feature = "train")]
pub mod notify;
#[cfg(feature = "train")]
pub mod overview;
#[cfg(feature = "train")]
pub mod pipeline;
pub mod predictors;
#[cfg(feature = "train")]
pub mod registry;
#[cfg(feature = "train")]
pub mod report;
#[cfg(feature = "train")]
pub mod sample;
#[cfg(feature = "train")]
pub mod schedule;
pub mod serve;
pub mod serving;
pub mod text;
