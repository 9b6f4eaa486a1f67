//! Spans of time in words.

/// How long something is ago, in seconds and never below 0.
pub fn age(at_ms: i64, now_ms: i64) -> f64 {
    now_ms.saturating_sub(at_ms).max(0) as f64 / 1e3
}

/// A span in the largest unit of which there are two or more: `45 s`, `12 min`, `26 h`, `3 days`. Below a second, in
/// milliseconds.
pub fn span(seconds: f64) -> String {
    const UNITS: [(f64, &str); 3] = [
        (2.0 * 86_400.0, "days"),
        (2.0 * 3600.0, "h"),
        (120.0, "min"),
    ];
    const SIZES: [f64; 3] = [86_400.0, 3600.0, 60.0];
    for ((least, unit), size) in UNITS.into_iter().zip(SIZES) {
        if seconds >= least {
            return format!("{:.0} {unit}", (seconds / size).floor());
        }
    }
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1e3),
        ..10.0 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_the_largest_unit_of_which_there_are_two() {
        for (seconds, expected) in [
            (0.0, "0 ms"),
            (0.25, "250 ms"),
            (3.12, "3.1 s"),
            (45.0, "45 s"),
            (119.0, "119 s"),
            (120.0, "2 min"),
            (7199.0, "119 min"),
            (7200.0, "2 h"),
            (172_799.0, "47 h"),
            (172_800.0, "2 days"),
        ] {
            assert_eq!(span(seconds), expected);
        }
        assert_eq!(age(5000, 4000), 0.0);
        assert_eq!(age(4000, 5500), 1.5);
    }
}
