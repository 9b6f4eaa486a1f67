//! What people read.

use super::Stand;
use crate::gate::wording::{p_value, pair, percent, signed};
use crate::gate::{Decision, Policy, explain};

#[test]
fn numbers_in_words() {
    assert_eq!(pair(0.75, 0.5), ("0.750".to_owned(), "0.500".to_owned()));
    assert_eq!(
        pair(0.91234, 0.91236),
        ("0.9123".to_owned(), "0.9124".to_owned())
    );
    assert_eq!(pair(0.5, 0.5 + 1e-12).0, "0.500000");
    assert_eq!(
        (signed(0.1), signed(-0.25), signed(-0.0), signed(0.0)),
        tuple(["+0.100", "-0.250", "0.000", "0.000"])
    );
    assert_eq!(
        (
            percent(0.95),
            percent(0.9499),
            percent(0.9999),
            percent(1.0)
        ),
        tuple(["95 %", "94.9 %", "99.9 %", "100 %"])
    );
    assert_eq!(p_value(0.03125), "= 0.0312");
    assert_eq!(p_value(1e-9), "< 0.0001");
}

fn tuple([a, b, c, d]: [&str; 4]) -> (String, String, String, String) {
    (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())
}

#[test]
fn explanation_of_the_reference_systems_case() {
    let decision = Stand::five_rows().decide(&Policy::default());
    insta::assert_snapshot!(explain::text(&decision));
}

#[test]
fn explanation_as_markdown() {
    let decision = Stand::clearly_better().decide(&Policy::default());
    insta::assert_snapshot!(explain::markdown(&decision));
}

#[test]
fn names_out_of_data_cannot_break_the_page() {
    let mut stand = Stand::five_rows();
    stand.classes = vec!["a|b\nc".to_owned(), "<script>".to_owned()];
    let decision = stand.decide(&Policy::default());
    let (text, markdown) = (explain::text(&decision), explain::markdown(&decision));
    assert!(text.contains("a|b c"));
    assert!(
        markdown.contains("a\\|b c")
            && markdown.contains("&lt;script&gt;")
            && !markdown.contains("<script>")
    );
}

#[test]
fn rules_of_older_decisions_have_todays_names() {
    let decision = Stand::clearly_better().decide(&Policy::default());
    let now = serde_json::to_string(&decision).expect("a decision is JSON");
    let older = now
        .replace("\"max_leakage\",\"group\"", "\"leakage\",\"group\"")
        .replace(
            "\"beat_baselines\",\"group\"",
            "\"beats_baselines\",\"group\"",
        );
    assert_eq!(older.len(), now.len() - 4 + 1, "both names were replaced");
    let read: Decision = serde_json::from_str(&older).expect("an older decision is read");
    assert_eq!(read.rules, decision.rules);
}
