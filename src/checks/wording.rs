//! Small words that findings share.

/// `12.5 %`: a share as people read it, never 0 % or 100 % unless it is.
pub(super) fn percent(share: f64) -> String {
    let shown = format!("{:.1}", 100.0 * share);
    match shown.as_str() {
        "0.0" if share > 0.0 => "less than 0.1 %".to_string(),
        "100.0" if share < 1.0 => "more than 99.9 %".to_string(),
        _ => format!("{} %", shown.trim_end_matches(".0")),
    }
}
