//! How long runs took, as a family of metrics: the client library has no summary without quantiles of its own.

use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType, Summary};

use crate::registry::RunTotal;

/// How long runs took, as a summary without quantiles: sum and count.
pub fn durations(totals: &[RunTotal]) -> MetricFamily {
    let label = |name: &str, value: &str| {
        let mut label = LabelPair::default();
        label.set_name(name.to_string());
        label.set_value(value.to_string());
        label
    };
    let metrics = totals.iter().map(|total| {
        let mut summary = Summary::default();
        summary.set_sample_count(total.runs as u64);
        summary.set_sample_sum(total.took_ms as f64 / 1e3);
        let mut metric = Metric::from_label(vec![
            label("model", &total.model),
            label("outcome", total.outcome.name()),
        ]);
        metric.set_summary(summary);
        metric
    });
    let mut family = MetricFamily::default();
    family.set_name("unseat_run_duration_seconds".to_string());
    family.set_help("Seconds that runs took, by what came of them.".to_string());
    family.set_field_type(MetricType::SUMMARY);
    family.set_metric(metrics.collect());
    family
}
