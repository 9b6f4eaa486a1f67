//! The one integration-test binary: it drives the real program.

#![recursion_limit = "256"]

mod bad_input;
mod checks;
mod cluster;
mod docs;
mod doubts;
mod drift;
mod dynamodb;
mod engine;
mod export;
mod faults;
mod features;
mod flow;
mod import;
mod jobs;
mod kill;
mod labels;
mod lost;
mod mlflow;
mod notify;
mod old_project;
mod ops;
mod own_project;
mod pages;
mod postgres;
mod related;
mod retain;
mod schedule;
mod serve;
mod service;
mod soak;
mod stores;
mod support;
mod tidy;
mod train_file;
mod two;
