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

pub mod artifacts;
pub mod bundle;
pub mod checks;
pub mod cli;
pub mod clock;
pub mod config;
pub mod cron;
pub mod data;
pub mod diagnose;
pub mod drift;
pub mod dynamodb;
#[cfg(feature = "spark")]
pub mod engine;
pub mod evaluate;
pub mod explain;
pub mod export;
pub mod faults;
pub mod features;
pub mod gate;
pub mod http;
pub mod import;
pub mod jobs;
pub mod joins;
pub mod learners;
pub mod live;
pub mod logs;
pub mod mlflow;
pub mod model_types;
pub mod notify;
pub mod overview;
pub mod pipeline;
pub mod predictors;
pub mod registry;
pub mod report;
pub mod sample;
pub mod schedule;
pub mod serve;
pub mod serving;
pub mod text;
