//! Times as people ask for them: `24h`, `7d`, an instant.

use crate::clock::instant_ms;
use crate::config::DriftWindow;

/// From when to when: `24h`, `7d`, or an instant in RFC 3339 with its offset, up to now; `requests` is the present
/// window and the one before. `None` for anything else.
pub fn span(text: &str, window: DriftWindow, now_ms: i64) -> Option<(i64, i64)> {
    if text == "requests" {
        let (from_ms, _) = window.around(now_ms);
        return Some((from_ms - window.length_ms(), now_ms));
    }
    if let Some(from_ms) = instant_ms(text) {
        return (from_ms < now_ms).then_some((from_ms, now_ms));
    }
    let unit = text.chars().next_back()?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    let hours = match unit {
        'h' => number,
        'd' => number.checked_mul(24)?,
        _ => return None,
    };
    let is_usual = (1..=24 * 36_500).contains(&hours);
    is_usual.then(|| (now_ms - hours * 3_600_000, now_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now_ms = 200 * 86_400_000;
        let read = |text: &str| span(text, DriftWindow::Day, now_ms);
        assert_eq!(read("24h"), Some((199 * 86_400_000, now_ms)));
        assert_eq!(read("7d"), Some((193 * 86_400_000, now_ms)));
        assert_eq!(read("1970-01-02T00:00:00Z"), Some((86_400_000, now_ms)));
        assert_eq!(
            read("1970-01-02T01:00:00+01:00"),
            Some((86_400_000, now_ms))
        );
        assert_eq!(read("requests"), Some((199 * 86_400_000, now_ms)));
        // A time without its offset could be any of two dozen instants.
        for text in [
            "1970-01-02T00:00:00",
            "",
            "d",
            "0d",
            "-1h",
            "7w",
            "ä",
            "9999999999999999999d",
            "2999-01-01T00:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
