//! A strict reader of Prometheus' text format: every family is announced once and told in one piece, names and labels are
//! spelled right, no series is there twice, and a histogram adds up.

use std::collections::BTreeMap;

/// Series (`name{label="value",…}` as written) → value.
pub type Series = BTreeMap<String, f64>;

/// Reads an exposition.
///
/// # Panics
/// With the line that is not as it must be.
pub fn read(text: &str) -> Series {
    assert!(text.ends_with('\n'), "the last line ends");
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let mut helped: Vec<&str> = Vec::new();
    let mut series = Series::new();
    let mut family = "";
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(is_name(name) && !help.is_empty(), "{line}");
            assert!(!helped.contains(&name), "told twice: {line}");
            helped.push(name);
            family = name;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert_eq!(name, family, "its HELP goes before");
            assert!(
                ["counter", "gauge", "histogram", "summary"].contains(&kind),
                "{line}"
            );
            assert!(types.insert(name, kind).is_none(), "told twice: {line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else {
            let (name, labels, value) = sample(line);
            let kind = types.get(family).unwrap_or_else(|| panic!("{line}"));
            let base = match *kind {
                "histogram" => ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|ending| name.strip_suffix(ending))
                    .unwrap_or_else(|| panic!("{line}")),
                // Without quantiles: sum and count.
                "summary" => ["_sum", "_count"]
                    .iter()
                    .find_map(|ending| name.strip_suffix(ending))
                    .unwrap_or_else(|| panic!("{line}")),
                _ => name,
            };
            assert_eq!(base, family, "a family stands in one piece: {line}");
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(*kind == "gauge" || value >= 0.0, "{line}");
            let key = line.rsplit_once(' ').expect("a value").0.to_string();
            assert!(
                series.insert(key, value).is_none(),
                "a series twice: {line}"
            );
            assert!(
                labels.iter().all(|label| is_label(label)),
                "labels are names: {line}"
            );
        }
    }
    histograms_add_up(text, &series);
    series
}

/// Name, names of the labels, value.
fn sample(line: &str) -> (&str, Vec<&str>, &str) {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
    let Some((name, rest)) = series.split_once('{') else {
        assert!(is_name(series), "{line}");
        return (series, Vec::new(), value);
    };
    assert!(is_name(name), "{line}");
    let mut rest = rest.strip_suffix('}').unwrap_or_else(|| panic!("{line}"));
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (label, text) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
        assert!(!labels.contains(&label), "{line}");
        labels.push(label);
        let end = closing_quote(text).unwrap_or_else(|| panic!("{line}"));
        rest = &text[end + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    (name, labels, value)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    text.chars().all(is_fit) && text.starts_with(|c: char| !c.is_ascii_digit())
}

fn is_label(text: &str) -> bool {
    is_name(text) && !text.contains(':') && !text.starts_with("__")
}

/// Buckets rise to `+Inf`, which is the count.
fn histograms_add_up(text: &str, series: &Series) {
    let mut before: Option<(String, f64)> = None;
    for line in text.lines().filter(|line| line.contains("_bucket{")) {
        let (key, value) = line.rsplit_once(' ').expect("a value");
        let value: f64 = value.parse().expect("a number");
        let (start, bound) = key.rsplit_once("le=\"").expect("a bound");
        if let Some((_, least)) = before.as_ref().filter(|(known, _)| known == start) {
            assert!(value >= *least, "a bucket falls: {line}");
        }
        if bound == "+Inf\"}" {
            let count = start.replacen("_bucket{", "_count{", 1);
            let count = format!("{}}}", count.trim_end_matches(','));
            assert_eq!(series.get(&count), Some(&value), "{count}");
        }
        before = Some((start.to_string(), value));
    }
}
