//! The one place that asks what time it is, so that the rest can be given a time.

use chrono::{DateTime, Utc};

/// Where "now" comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A fixed instant, for tests and for replays (`UNSEAT_NOW`).
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The present instant in UTC.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::System => Utc::now(),
            Clock::Fixed(instant) => *instant,
        }
    }

    /// The present instant in milliseconds since 1970, as the registry stores it.
    pub fn now_ms(&self) -> i64 {
        self.now().timestamp_millis()
    }
}

/// The stamp used in file names: UTC, `20261121T075003Z`.
pub fn stamp(instant: DateTime<Utc>) -> String {
    instant.format("%Y%m%dT%H%M%SZ").to_string()
}

/// Milliseconds since 1970 as RFC 3339 in UTC with seconds, for people.
pub fn rfc3339(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        .unwrap_or_else(|| format!("{ms} ms"))
}

/// An instant in RFC 3339 as milliseconds since 1970; `None` for anything else, a time without an offset among it: nobody
/// could tell which instant that is.
pub fn instant_ms(text: &str) -> Option<i64> {
    let instant = DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(instant.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_utc_and_sort_by_time() {
        let at = DateTime::from_timestamp_millis(1_795_247_403_123).expect("in range");
        assert_eq!(stamp(at), "20261121T075003Z");
        assert_eq!(rfc3339(1_795_247_403_123), "2026-11-21T07:50:03Z");
    }
}
