//! Expressions, one by one, as the engine before this one computed them; and where this one differs, on purpose.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::*;
use crate::data::parse_time;

#[derive(Deserialize)]
struct Golden {
    times: Vec<String>,
    columns: BTreeMap<String, Vec<Value>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    sql: String,
    kind: String,
    /// One where all rows have the same.
    values: Vec<Value>,
}

fn golden() -> Golden {
    let text = include_str!("../../../../tests/golden/derive.json");
    serde_json::from_str(text).expect("goldens")
}

/// The rows from one on, so many of them.
fn batch(golden: &Golden, from: usize, n_rows: usize) -> Batch<'static> {
    let mut batch = Batch::new(n_rows);
    for (name, cells) in &golden.columns {
        let cells = &cells[from..from + n_rows];
        let all = golden.columns[name].iter().filter(|it| !it.is_null());
        let all: Vec<&Value> = all.collect();
        let values = if golden.times.contains(name) {
            let micros = |it: &Value| match it.as_i64() {
                Some(seconds) => Some(seconds * 1_000_000),
                None => parse_time(it.as_str()?),
            };
            Values::Time(cells.iter().map(micros).collect())
        } else if all.iter().all(|it| it.is_boolean()) {
            Values::Boolean(cells.iter().map(Value::as_bool).collect())
        } else if all.iter().all(|it| it.is_i64()) {
            Values::Integer(cells.iter().map(Value::as_i64).collect())
        } else if all.iter().all(|it| it.is_number()) {
            Values::Number(cells.iter().map(Value::as_f64).collect())
        } else {
            let text = |it: &Value| Some(Cow::Owned(it.as_str()?.to_string()));
            Values::Text(cells.iter().map(text).collect())
        };
        batch.put(name, values);
    }
    batch
}

fn computed(sql: &str, mut batch: Batch<'static>) -> (String, Vec<Value>) {
    let expression = Expression::parse(sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
    derive_batch(&mut batch, &[("out".to_string(), expression)])
        .unwrap_or_else(|failure| panic!("{sql}: {failure:?}"));
    let made = batch.get("out").expect("is made");
    let cells = match made {
        Values::Boolean(cells) => cells.iter().map(|it| Value::from(*it)).collect(),
        Values::Integer(cells) => cells.iter().map(|it| Value::from(*it)).collect(),
        Values::Number(cells) => cells.iter().map(|it| Value::from(*it)).collect(),
        Values::Text(cells) => cells.iter().map(|it| Value::from(it.as_deref())).collect(),
        other => panic!("{sql}: {other:?}"),
    };
    (format!("{:?}", made.kind()), cells)
}

/// Equal, numbers to the last bit or the one beside it: the engine before multiplied by a divisor's inverse.
fn is_close(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() <= 4e-16 * one.abs().max(other.abs()),
        _ => one == other,
    }
}

#[test]
fn every_expression_gives_what_it_gave_before() {
    let golden = golden();
    assert!(golden.cases.len() > 800);
    for Case { sql, kind, values } in &golden.cases {
        let (found_kind, found) = computed(sql, batch(&golden, 0, 8));
        assert_eq!(&found_kind, kind, "{sql}");
        for (row, found) in found.iter().enumerate() {
            let wanted = &values[row.min(values.len() - 1)];
            assert!(
                is_close(found, wanted),
                "{sql}, row {row}: {found}, not {wanted}"
            );
        }
    }
}

#[test]
fn a_row_alone_gives_the_same_bits_as_among_others() {
    let golden = golden();
    for Case { sql, .. } in &golden.cases {
        let (kind, all) = computed(sql, batch(&golden, 0, 8));
        for (row, among) in all.iter().enumerate() {
            let (alone_kind, alone) = computed(sql, batch(&golden, row, 1));
            assert_eq!((&alone_kind, &alone[0]), (&kind, among), "{sql}, row {row}");
        }
    }
}

#[test]
fn where_it_differs_it_is_right() {
    let golden = golden();
    let cases: &[(&str, &str)] = &[
        // Parts of times and lengths are whole numbers of 64 bits: these went around at 127 and below 0.
        (
            r#"EXTRACT(MONTH FROM "from") * 100 + EXTRACT(DAY FROM "from")"#,
            "[101,101,null,null,229,1231,1230,328]",
        ),
        ("LENGTH(t) - 3", "[-2,-2,null,-3,10,3,2,1]"),
        ("-LENGTH(t)", "[-1,-1,null,0,-13,-6,-5,-4]"),
        // What does not fit 64 bits is missing.
        (
            "i + 9223372036854775807",
            "[null,null,9223372036854775804,9223372036854775807,null,null,9223372036854775799,null]",
        ),
        // `IS` is never missing.
        (
            "b IS TRUE",
            "[true,false,false,true,false,false,true,false]",
        ),
        (
            "b IS NOT TRUE",
            "[false,true,true,false,true,true,false,true]",
        ),
        // A span of time among numbers is seconds.
        (
            r#"("to" - "from") > 900"#,
            "[true,false,null,null,true,false,true,false]",
        ),
        (
            r#"CAST("to" - "from" AS DOUBLE)"#,
            "[960.0,900.0,null,null,31490703.211,2.5,86400.0,-1.0]",
        ),
        // Characters are counted, not bytes, and no more are requested than there are.
        ("STRPOS('été', 't')", "[2,2,2,2,2,2,2,2]"),
        (
            "RIGHT('abc', 5)",
            r#"["abc","abc","abc","abc","abc","abc","abc","abc"]"#,
        ),
        ("LEFT(t, 0)", r#"["","",null,"","","","",""]"#),
        // What was rejected or stopped all rows.
        (
            "i IN (j, 0.5)",
            "[false,null,false,true,null,false,false,false]",
        ),
        (
            r#""from" > '2017-01-01'"#,
            "[true,false,null,null,true,false,true,true]",
        ),
        ("POW(2, j)", "[4.0,8.0,0.25,1.0,null,32.0,8.0,0.0078125]"),
        (
            "t LIKE '%!%%' ESCAPE '!'",
            "[false,false,null,false,false,true,false,false]",
        ),
        (
            "CAST(t AS BOOLEAN)",
            "[null,null,null,null,null,null,null,true]",
        ),
        (
            "b IS UNKNOWN",
            "[false,false,true,false,false,true,false,false]",
        ),
    ];
    for (sql, wanted) in cases {
        let (_, found) = computed(sql, batch(&golden, 0, 8));
        let wanted: Vec<Value> = serde_json::from_str(wanted).expect("JSON");
        assert_eq!(found, wanted, "{sql}");
    }
}
