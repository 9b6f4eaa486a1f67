//! Each rule with each action, on each kind of column.

use polars::prelude::{Column, DataFrame};

use super::*;
use crate::data::{Error, summarise};

fn frame() -> DataFrame {
    let columns = vec![
        Column::new(
            "age".into(),
            vec![Some(30_i64), Some(-1), None, Some(200), Some(41)],
        ),
        Column::new(
            "plan".into(),
            vec![
                Some("gold"),
                Some("basic"),
                Some("odd"),
                None,
                Some(" gold "),
            ],
        ),
        Column::new(
            "share".into(),
            vec![Some(0.5), Some(1.5), Some(0.25), Some(0.0), None],
        ),
        Column::new(
            "flag".into(),
            vec![Some(true), Some(false), Some(true), None, Some(true)],
        ),
    ];
    DataFrame::new(5, columns).unwrap()
}

fn rule(column: &str, settings: &str) -> Rule {
    let rule: ColumnRule = serde_json::from_str(settings).unwrap();
    assert_eq!(rule.problem(), None);
    rule.rule(column).unwrap()
}

fn counted(applied: &Applied) -> Vec<(&str, &'static str, u64)> {
    let each = applied.rejected.iter();
    each.map(|it| (it.column.as_str(), it.rule.name(), it.rows))
        .collect()
}

#[test]
fn rows_that_break_a_rule_are_left_out_and_counted_once() {
    let rules = [
        rule("age", r#"{"min": 0, "max": 120, "nullable": false}"#),
        rule("plan", r#"{"values": ["gold", "basic"]}"#),
    ];
    let applied = apply(frame(), &rules).unwrap();
    assert_eq!(
        counted(&applied),
        [
            ("age", "nullable", 1),
            ("age", "min", 1),
            ("age", "max", 1),
            ("plan", "values", 1)
        ]
    );
    assert_eq!((applied.left_out, applied.frame.height()), (3, 2));
    let ages: Vec<_> = applied
        .frame
        .column("age")
        .unwrap()
        .i64()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(ages, [Some(30), Some(41)]);
    assert_eq!(
        applied.rejected[1].says(),
        "1 row that breaks the rule `min` of `age`, left out"
    );
}

#[test]
fn cells_are_emptied_or_put_under_other() {
    let rules = [
        rule("age", r#"{"min": 0, "max": 120, "on_violation": "null"}"#),
        rule("plan", r#"{"values": ["gold"], "on_violation": "other"}"#),
        rule("share", r#"{"values": [0.5, 0], "on_violation": "null"}"#),
        rule("flag", r#"{"values": [true], "on_violation": "null"}"#),
    ];
    let applied = apply(frame(), &rules).unwrap();
    assert_eq!((applied.left_out, applied.frame.height()), (0, 5));
    let column = |name: &str| applied.frame.column(name).unwrap().clone();
    let ages: Vec<_> = column("age").i64().unwrap().iter().collect();
    assert_eq!(ages, [Some(30), None, None, None, Some(41)]);
    let plans: Vec<_> = column("plan")
        .str()
        .unwrap()
        .iter()
        .map(|it| it.map(str::to_string))
        .collect();
    let plans: Vec<_> = plans.iter().map(Option::as_deref).collect();
    assert_eq!(
        plans,
        [Some("gold"), Some(OTHER), Some(OTHER), None, Some(" gold ")]
    );
    let shares: Vec<_> = column("share").f64().unwrap().iter().collect();
    assert_eq!(shares, [Some(0.5), None, None, Some(0.0), None]);
    let flags: Vec<_> = column("flag").bool().unwrap().iter().collect();
    assert_eq!(flags, [Some(true), None, Some(true), None, Some(true)]);
    // Once fixed, it stays as it is.
    let again = apply(applied.frame.clone(), &rules[..1]).unwrap();
    assert!(again.frame.equals_missing(&applied.frame));
    assert_eq!(again.rejected, []);
}

#[test]
fn an_error_names_column_and_rule_and_no_cell() {
    let rules = [rule("age", r#"{"max": 120, "on_violation": "error"}"#)];
    let error = apply(frame(), &rules).unwrap_err();
    assert!(matches!(error, Error::Rule { .. }));
    assert_eq!(
        error.to_string(),
        "take in the column `age`: 1 row breaks its rule `max`"
    );
    let left_out = [rule("age", r#"{"max": 120}"#)];
    assert!(enforce(frame(), &left_out).is_err());
    let absent = [rule("gone", r#"{"max": 120, "on_violation": "error"}"#)];
    assert_eq!(enforce(frame(), &absent).unwrap().height(), 5);
}

#[test]
fn rules_are_read_off_data_where_none_are_given() {
    let n = 200;
    let columns = vec![
        Column::new(
            "age".into(),
            (0..n).map(|row| row % 50 + 18).collect::<Vec<i64>>(),
        ),
        Column::new(
            "plan".into(),
            (0..n)
                .map(|row| ["b", "a"][row as usize % 2])
                .collect::<Vec<_>>(),
        ),
        Column::new(
            "name".into(),
            (0..n).map(|row| format!("n{row}")).collect::<Vec<_>>(),
        ),
        Column::new(
            "gap".into(),
            (0..n)
                .map(|row| (row > 9).then_some(row as f64))
                .collect::<Vec<_>>(),
        ),
        Column::new("key".into(), (0..n).collect::<Vec<i64>>()),
    ];
    let frame = DataFrame::new(n as usize, columns).unwrap();
    let given = [rule("age", r#"{"min": 0}"#)];
    let rules = infer(&frame, &summarise(&frame), &["key".to_string()], &given);
    let told: Vec<String> = rules
        .iter()
        .map(|it| format!("{} {}", it.column, it.describe()))
        .collect();
    assert_eq!(
        told,
        [
            "age integer, up to 67, no gaps; inferred",
            "plan text, one of a | b, no gaps; inferred",
            "name text, no gaps; inferred",
            "gap number, 10 to 199; inferred",
        ]
    );
    // Inferred rules change nothing.
    let all: Vec<Rule> = rules
        .into_iter()
        .map(|rule| Rule {
            max: Some(0.0),
            ..rule
        })
        .collect();
    assert_eq!(
        apply(frame.clone(), &all).unwrap().frame.height(),
        n as usize
    );
}

#[test]
fn what_makes_no_sense_is_said() {
    for (settings, part) in [
        (r#"{"values": []}"#, "is empty"),
        (r#"{"min": 2, "max": 1}"#, "above `max`"),
        (r#"{"kind": "text", "min": 2}"#, "no `min`"),
        (r#"{"kind": "number", "values": ["a"]}"#, "has a text"),
        (
            r#"{"kind": "integer", "min": 1, "on_violation": "other"}"#,
            "columns of text",
        ),
        (
            r#"{"nullable": false, "on_violation": "null"}"#,
            "cannot be fixed",
        ),
    ] {
        let rule: ColumnRule = serde_json::from_str(settings).unwrap();
        let problem = rule.problem().unwrap();
        assert!(problem.contains(part), "{settings}: {problem}");
    }
    let old: ColumnRule = serde_json::from_str("\"text\"").unwrap();
    assert_eq!((old.kind(), old.rule("x")), (Some(Kind::Text), None));
    assert_eq!(serde_json::to_string(&old).unwrap(), "\"text\"");
}
