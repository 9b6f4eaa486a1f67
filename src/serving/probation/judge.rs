//! From what was counted to a verdict: pure, and only on strong evidence. What is not shown beyond doubt does not take a
//! version back, since in a world that changes the new version should predict differently from the old one.

use serde::Serialize;

use super::counts::Side;
use crate::config::Probation;
use crate::pipeline::TestShift;

/// Natural logarithm of one in a million: a good version is rolled back by chance less often than that at each look.
const LN_DOUBT: f64 = 13.815_510_557_964_274;
/// The same as standard deviations of a normal distribution.
const DEVIATIONS: f64 = 4.75;
/// Fewest requests before errors are checked against a version.
const FEW_REQUESTS: u64 = 10;
/// Fewest requests of the version before for its errors to be what is normal.
const FEW_BEFORE: u64 = 30;
/// Fewest answers of one size, on both sides, before their times are compared.
const FEW_TIMES: u64 = 100;

/// How far the two versions are apart on rows of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct LiveShift {
    /// Different rows that both have predicted.
    pub rows: u64,
    /// Share of them with another label.
    pub labels: f64,
    /// Mean over them of the total variation between the two predicted distributions.
    pub scores: f64,
    /// Rows of which the new version says what is not a number.
    pub not_finite: u64,
}

/// All that is known of a version on probation.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Evidence {
    /// The version.
    pub new: Side,
    /// The version before it, as it was before the promotion; nothing when this process did not serve it.
    pub before: Option<Side>,
    /// Whether both read the same columns: then a row that is rejected is the caller's mistake, not the version's.
    pub reads_alike: bool,
    /// Both on the same rows of requests; nothing when they cannot be compared.
    pub live: Option<LiveShift>,
    /// Both on the test rows.
    pub test: Option<TestShift>,
    /// How long it has been watched.
    pub elapsed_ms: i64,
}

impl Evidence {
    /// Requests that say something of the version.
    pub fn requests(&self) -> u64 {
        requests(&self.new, self.reads_alike)
    }
}

/// What is to be done with the version.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is watched further.
    Watch,
    /// It stays; what there is to say of it.
    Confirm(String),
    /// The version before it comes back; why, at least one reason.
    TakeBack(Vec<String>),
}

/// Decides.
pub fn judge(evidence: &Evidence, settings: &Probation) -> Verdict {
    let found = [
        not_finite(evidence),
        errors(evidence, settings),
        slowness(evidence, settings),
        shift(evidence, settings),
    ];
    let reasons: Vec<String> = found.into_iter().flatten().collect();
    if !reasons.is_empty() {
        return Verdict::TakeBack(reasons);
    }
    let requests = evidence.requests();
    let wanted = u64::from(settings.requests);
    if requests >= wanted {
        let said = format!("nothing spoke against it in {requests} requests");
        return Verdict::Confirm(with_notes(said, evidence));
    }
    if evidence.elapsed_ms >= settings.lasts_ms() {
        let said = format!(
            "few requests: nothing spoke against it in {requests} of {wanted} requests within {} minutes",
            settings.minutes
        );
        return Verdict::Confirm(with_notes(said, evidence));
    }
    Verdict::Watch
}

/// What was not looked at, for who reads that it is confirmed.
fn with_notes(mut said: String, evidence: &Evidence) -> String {
    if evidence.before.is_none() {
        said.push_str("; errors and times were not compared with those of the version before it");
    }
    let rows = evidence.live.map_or(0, |live| live.rows);
    said.push_str(&match (rows, &evidence.test) {
        (0, _) | (_, None) => "; its predictions were not compared".to_string(),
        (rows, Some(_)) => format!("; its predictions were compared on {rows} different rows"),
    });
    said
}

fn not_finite(evidence: &Evidence) -> Option<String> {
    let live = evidence.live.unwrap_or_default();
    let rows = evidence.new.not_finite.max(live.not_finite);
    if rows > 0 {
        return Some(format!("{rows} predictions are not finite numbers"));
    }
    let test = evidence.test.map_or(0.0, |test| test.labels + test.scores);
    // A comparison with what is not a number would say that all is well.
    let is_number = (live.labels + live.scores + test).is_finite()
        && sides(evidence).all(|side| side.medians.iter().all(|median| median.ms.is_finite()));
    (!is_number).then(|| "what was measured is not a number".to_string())
}

fn sides(evidence: &Evidence) -> impl Iterator<Item = &Side> {
    std::iter::once(&evidence.new).chain(&evidence.before)
}

fn requests(side: &Side, reads_alike: bool) -> u64 {
    side.answered + side.errors + blamed(side, reads_alike)
}

/// Rejected requests that may be the version's fault.
fn blamed(side: &Side, reads_alike: bool) -> u64 {
    if reads_alike { 0 } else { side.refused }
}

/// Share of requests that fail, and its variance, each with a success and a failure added, so that few requests do not look
/// certain.
fn failing(side: &Side, reads_alike: bool) -> (f64, f64) {
    let requests = requests(side, reads_alike) as f64;
    let failed = (side.errors + blamed(side, reads_alike)) as f64;
    let rate = (failed + 1.0) / (requests + 2.0);
    (rate, rate * (1.0 - rate) / (requests + 2.0))
}

fn errors(evidence: &Evidence, settings: &Probation) -> Option<String> {
    let alike = evidence.reads_alike;
    let (now, variance) = failing(&evidence.new, alike);
    if evidence.requests() < FEW_REQUESTS {
        return None;
    }
    let before = evidence.before.as_ref();
    let before = before.filter(|side| requests(side, alike) >= FEW_BEFORE);
    // Without a past to compare with, failing is not normal.
    let (usual, usual_variance) = before.map_or((0.0, 0.0), |side| failing(side, alike));
    let surely = now - usual - DEVIATIONS * (variance + usual_variance).sqrt();
    let failed = evidence.new.errors + blamed(&evidence.new, alike);
    (surely > settings.max_error_rate_rise).then(|| {
        let past = before.map_or("not known before it".to_string(), |side| {
            let failed = side.errors + blamed(side, alike);
            format!("{failed} of {} before it", requests(side, alike))
        });
        format!(
            "{failed} of {} requests failed, {past}: more than {} above that beyond doubt",
            evidence.requests(),
            settings.max_error_rate_rise
        )
    })
}

/// Medians, not tails: a machine that is busy for a moment must not look like a slow model.
fn slowness(evidence: &Evidence, settings: &Probation) -> Option<String> {
    let before = evidence.before.as_ref()?;
    let pairs = evidence.new.medians.iter().zip(&before.medians);
    let slow = pairs.into_iter().find(|(now, usual)| {
        now.answers.min(usual.answers) >= FEW_TIMES
            && now.ms > settings.latency_floor_ms
            && now.ms > settings.max_latency_ratio * usual.ms
    });
    slow.map(|(now, usual)| {
        format!(
            "half of the answers take {:.1} ms and more, {:.1} ms before it: more than {} times as long",
            now.ms, usual.ms, settings.max_latency_ratio
        )
    })
}

/// Means of numbers from 0 to 1 over many rows are seldom further than this from what they are a sample of (Hoeffding).
fn doubt(rows: u64) -> f64 {
    (LN_DOUBT / (2.0 * rows as f64)).sqrt()
}

fn shift(evidence: &Evidence, settings: &Probation) -> Option<String> {
    let (live, test) = (evidence.live?, evidence.test?);
    if live.rows == 0 || test.rows == 0 {
        return None;
    }
    let is_beyond = |live_value: f64, test_value: f64| {
        live_value - test_value - doubt(live.rows) - doubt(test.rows) > settings.max_score_shift
    };
    if is_beyond(live.labels, test.labels) {
        return Some(format!(
            "it labels {:.0} % of {} rows of requests otherwise than the version before it, of the test rows {:.0} %",
            live.labels * 100.0,
            live.rows,
            test.labels * 100.0
        ));
    }
    is_beyond(live.scores, test.scores).then(|| {
        format!(
            "its answers are {:.2} away from those of the version before it on {} rows of requests, on the test rows {:.2}",
            live.scores, live.rows, test.scores
        )
    })
}

#[cfg(test)]
mod tests;
