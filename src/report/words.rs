//! How the page and the card say things: numbers, names, and the decision.

use super::{Candidate, ReportInput, ScoredModel};
use crate::evaluate::{Interval, Metric, Task};
use crate::gate::{Decision, RuleGroup, RuleOutcome, Verdict};

/// A count with commas between groups of three digits.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun, e.g. `1 row`, `2,000 rows`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!(
        "{} {noun}{}",
        grouped(count),
        if count == 1 { "" } else { "s" }
    )
}

/// A number of entries of a list.
pub(super) fn entries(count: usize) -> String {
    if count == 1 {
        "1 entry".to_owned()
    } else {
        format!("{} entries", grouped(count as u64))
    }
}

/// A score with four decimals, or a dash where it is not defined.
pub(super) fn score(value: Option<f64>) -> String {
    match value.filter(|value| value.is_finite()) {
        Some(value) if value.abs() < 1e6 => format!("{value:.4}"),
        Some(value) => format!("{value:.3e}"),
        None => "–".to_owned(),
    }
}

/// A number in about four digits, whatever its size.
pub(super) fn short_number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "–".to_owned();
    }
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = if size >= 1000.0 {
        0
    } else if size >= 100.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.decimals$}");
    let trimmed = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if trimmed == "-0" {
        "0".to_owned()
    } else {
        trimmed.to_owned()
    }
}

/// Like [`short_number`], with a dash for nothing.
pub(super) fn maybe_number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), short_number)
}

/// How far a candidate is behind the chosen one, with its standard error; a dash where they were not paired.
pub(super) fn behind(entry: &Candidate) -> String {
    let said = |[mean, error]: [f64; 2]| format!("{mean:.4} ± {error:.4}");
    entry.behind.map_or_else(|| "–".to_owned(), said)
}

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() {
        format!("{:.1}%", share * 100.0)
    } else {
        "–".to_owned()
    }
}

/// An interval, or nothing.
pub(super) fn interval(interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { low, high }) if score(Some(low)) != score(Some(high)) => {
            format!("{} to {}", score(Some(low)), score(Some(high)))
        }
        _ => String::new(),
    }
}

/// A duration in milliseconds or seconds.
pub(super) fn duration(ms: f64) -> String {
    if ms >= 1000.0 {
        format!("{:.2} s", ms / 1000.0)
    } else {
        format!("{ms:.1} ms")
    }
}

/// The name of a metric as a reader knows it.
pub(super) fn metric_name(metric: Metric) -> &'static str {
    match metric {
        Metric::F1 => "F1",
        Metric::F1Macro => "F1, macro",
        Metric::F1Weighted => "F1, weighted",
        Metric::Accuracy => "Accuracy",
        Metric::Precision => "Precision",
        Metric::Recall => "Recall",
        Metric::RocAuc => "ROC AUC",
        Metric::PrAuc => "PR AUC",
        Metric::LogLoss => "Log loss",
        Metric::Brier => "Brier score",
        Metric::R2 => "R²",
        Metric::Rmse => "RMSE",
        Metric::Mae => "MAE",
        Metric::Spearman => "Spearman",
        Metric::WorstOverlap => "Overlap of the worst 20 %",
    }
}

/// The metrics of which a smaller value is better.
pub(super) fn smaller_is_better(task: Task) -> &'static str {
    match task {
        Task::Classification => "log loss and Brier score",
        Task::Regression => "RMSE and MAE",
    }
}

/// The verdict in one word.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Promote => "promote",
        Verdict::Reject => "reject",
        Verdict::Retune => "retune",
        Verdict::Equivalent => "equivalent",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// What came of a rule, in one word.
pub(super) fn outcome(outcome: RuleOutcome) -> &'static str {
    match outcome {
        RuleOutcome::Pass => "pass",
        RuleOutcome::Warn => "warning",
        RuleOutcome::Reject => "reject",
        RuleOutcome::Equivalent => "equivalent",
        RuleOutcome::Inconclusive => "inconclusive",
        RuleOutcome::Skipped => "skipped",
    }
}

/// The part of the policy a rule belongs to, in one word.
pub(super) fn group(group: RuleGroup) -> &'static str {
    match group {
        RuleGroup::Hard => "hard",
        RuleGroup::Evidence => "evidence",
        RuleGroup::Comparison => "comparison",
        RuleGroup::Guard => "guard",
    }
}

/// The interval of one metric, if there is one.
pub(super) fn interval_of(model: &ScoredModel, metric: Metric) -> Option<Interval> {
    model
        .intervals
        .iter()
        .find(|entry| entry.metric == metric)
        .map(|entry| entry.interval)
}

/// One sentence that says what was decided.
pub(super) fn decision_sentence(input: &ReportInput) -> String {
    let version = input.version;
    match (
        input.decision.as_ref().map(|decision| decision.verdict),
        &input.champion,
    ) {
        (None, _) => format!("Version {version} has not been put before the gate."),
        (Some(Verdict::Promote), None) => {
            format!("Version {version} goes live: there was no champion to unseat.")
        }
        (Some(Verdict::Promote), Some(old)) => format!(
            "Version {version} unseats version {} and goes live.",
            old.version
        ),
        (Some(Verdict::Reject), None) => {
            format!("Version {version} is rejected; no version is live.")
        }
        (Some(Verdict::Reject), Some(old)) => format!(
            "Version {version} is rejected; version {} stays live.",
            old.version
        ),
        (Some(Verdict::Retune), _) => format!(
            "Version {version} does not go live: another threshold of the champion brings what there is to gain."
        ),
        (Some(Verdict::Equivalent), None) => {
            format!("Version {version} is no better and no worse; no version is live.")
        }
        (Some(Verdict::Equivalent), Some(old)) => format!(
            "Version {version} is no better and no worse than version {}, which stays live.",
            old.version
        ),
        (Some(Verdict::Inconclusive), None) => {
            format!("The rows cannot tell whether version {version} is good enough.")
        }
        (Some(Verdict::Inconclusive), Some(old)) => {
            format!(
                "The rows cannot tell whether version {version} is better; version {} stays live.",
                old.version
            )
        }
    }
}

/// The comparison of challenger and champion in one sentence.
pub(super) fn comparison_sentence(decision: &Decision) -> Option<String> {
    let compared = decision.comparison.as_ref()?;
    let rows = (
        counted(compared.only_challenger_right, "row"),
        counted(compared.only_champion_right, "row"),
        short_number(compared.mcnemar_p),
    );
    let by_row = match compared.metric.task() {
        Task::Classification => format!(
            "The challenger alone is right on {}, the champion alone on {} (exact McNemar p = {}).",
            rows.0, rows.1, rows.2
        ),
        Task::Regression => format!(
            "The challenger comes nearer to {}, the champion to {} (exact sign test p = {}).",
            rows.0, rows.1, rows.2
        ),
    };
    let interval = match &compared.interval {
        Some(found) => format!(
            " with a {} interval of {:+.4} to {:+.4}",
            percent(compared.level(&decision.policy)),
            found.low,
            found.high
        ),
        None => ", which so few rows give no interval".to_owned(),
    };
    Some(format!(
        "On the same {}, {} is {} for the challenger and {} for the champion: a difference of {:+.4}{interval}; {} of \
         the bootstrap replicates are above zero. {by_row}",
        counted(decision.rows, "row"),
        metric_name(compared.metric),
        score(Some(compared.challenger)),
        score(Some(compared.champion)),
        compared.delta,
        percent(compared.p_better),
    ))
}

/// A difference of two scores with its sign.
pub(super) fn difference(value: f64) -> String {
    if value.is_finite() {
        format!("{value:+.4}")
    } else {
        "–".to_owned()
    }
}

/// What the model is: name and value.
pub(super) fn model_facts(input: &ReportInput) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Model", input.model.clone()),
        ("Version", input.version.to_string()),
        ("Run", input.run.clone()),
        ("Made at", input.created.clone()),
        ("Learner", input.learner.clone()),
        ("Target column", input.target.clone()),
    ];
    facts.push(match input.task {
        Task::Classification => ("Classes", input.classes.join(", ")),
        Task::Regression => ("Predicts", "a number".to_owned()),
    });
    facts.extend(
        input
            .positive
            .iter()
            .map(|class| ("Positive class", class.clone())),
    );
    facts.extend(
        input
            .threshold
            .map(|value| ("Threshold", value.to_string())),
    );
    facts.extend(input.decided_by.iter().map(|how| match input.task {
        Task::Classification => ("Decides by", how.clone()),
        Task::Regression => ("Flags", how.clone()),
    }));
    facts.extend(
        input
            .calibrated
            .iter()
            .map(|how| ("Calibration", how.clone())),
    );
    facts.push(("Metric", metric_name(input.metric).to_owned()));
    facts.push(("Seed", input.seed.to_string()));
    facts.push(("Program", format!("unseat {}", input.program_version)));
    facts
}
