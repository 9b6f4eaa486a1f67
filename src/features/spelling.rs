//! Numbers and flags as texts, and texts as numbers.

/// A finite number out of a text.
pub fn parse_number(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

/// A number as a label: `1` for 1.0, `1.5` for 1.5, `0` for either zero.
pub fn spell_number(number: f64) -> String {
    // Adding zero takes the sign off a negative zero.
    format!("{}", number + 0.0)
}

/// A truth value as a label.
pub fn spell_flag(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}
