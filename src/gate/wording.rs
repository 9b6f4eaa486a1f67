//! How numbers are in sentences and tables.

/// Slack for comparing a difference of two scores with a bound, so that a fall of exactly the bound is not rejected for
/// the last bit of a subtraction.
pub(super) const ROUNDING: f64 = 1e-12;

/// Three decimals.
pub(super) fn score(value: f64) -> String {
    format!("{value:.3}")
}

/// Two scores with as many decimals (3 to 6) as it takes to tell them apart.
pub(super) fn pair(a: f64, b: f64) -> (String, String) {
    let written = |decimals: usize| (format!("{a:.decimals$}"), format!("{b:.decimals$}"));
    let told_apart = (3..6).map(written).find(|(a, b)| a != b);
    if a == b {
        written(3)
    } else {
        told_apart.unwrap_or_else(|| written(6))
    }
}

/// A difference with its sign.
pub(super) fn signed(value: f64) -> String {
    let decimals = if value != 0.0 && value.abs() < 0.0005 {
        6
    } else {
        3
    };
    let text = format!("{value:+.decimals$}");
    if text.trim_start_matches(['+', '-', '0', '.']).is_empty() {
        "0.000".to_owned()
    } else {
        text
    }
}

/// A share as a percentage with one decimal at most, rounded down, so that "95 %" is never less.
pub(super) fn percent(share: f64) -> String {
    let tenths = (share * 1000.0 + 1e-9).floor();
    if tenths % 10.0 == 0.0 {
        format!("{:.0} %", tenths / 10.0)
    } else {
        format!("{:.1} %", tenths / 10.0)
    }
}

/// A p-value.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "< 0.0001".to_owned()
    } else {
        format!("= {p:.4}")
    }
}

/// `1st`, `2nd`, `11th`.
pub(super) fn ordinal(n: u64) -> String {
    let end = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}
