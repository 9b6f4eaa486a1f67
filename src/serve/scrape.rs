//! Metrics that are gathered for each scrape.

use prometheus::{GaugeVec, IntCounterVec, Opts, Registry};

use crate::http::observe::metrics::{made, registered};

/// Metrics on their way into one scrape.
pub struct Now(pub(super) Registry);

impl Now {
    /// Nothing yet.
    pub fn none() -> Now {
        Now(Registry::new())
    }

    /// Numbers that go up and down.
    pub fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
        registered(&self.0, made(GaugeVec::new(Opts::new(name, help), labels)))
    }

    /// Numbers that only grow.
    pub fn counter(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        let made = made(IntCounterVec::new(Opts::new(name, help), labels));
        registered(&self.0, made)
    }

    /// One number, if it is known.
    pub fn set(&self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            let none: [&str; 0] = [];
            self.gauge(name, help, &[])
                .with_label_values(&none)
                .set(value);
        }
    }

    /// One number that only grows.
    pub fn count(&self, name: &str, help: &str, value: u64) {
        let none: [&str; 0] = [];
        let counter = self.counter(name, help, &[]);
        counter.with_label_values(&none).inc_by(value);
    }
}
