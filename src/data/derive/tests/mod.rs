//! What expressions may say, and what comes of them.

mod bounds;
mod golden;
mod rejected;

use polars::prelude::DataFrame;

use super::*;
use crate::data::Kind;

fn frame() -> DataFrame {
    let columns = vec![
        polars::prelude::Column::new(
            "from".into(),
            vec![
                Some("2017-01-01 23:30:00"),
                Some("2017-01-01"),
                Some("x"),
                None,
            ],
        ),
        polars::prelude::Column::new(
            "to".into(),
            vec![
                Some("2017-01-01T23:46:00"),
                Some("2017-01-01 00:15"),
                None,
                None,
            ],
        ),
        polars::prelude::Column::new("x".into(), vec![Some(1.5), None, Some(-3.0), Some(0.0)]),
        polars::prelude::Column::new("n o".into(), vec![Some(7_i64), None, Some(-3), Some(0)]),
        polars::prelude::Column::new("t".into(), vec![Some("7"), Some("a"), None, Some("")]),
    ];
    DataFrame::new(4, columns).expect("columns of one length")
}

fn value(sql: &str) -> polars::prelude::Column {
    let expression = Expression::parse(sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
    let times = ["from".to_string(), "to".to_string()];
    let made = derive(&frame(), &times, &[("out".to_string(), expression)]);
    let made = made.unwrap_or_else(|failure| panic!("{sql}: {failure:?}"));
    assert!(made.column("from").expect("stays").str().is_ok(), "{sql}");
    made.column("out").expect("is made").clone()
}

#[test]
fn minutes_between_two_times() {
    let minutes = "(EXTRACT(EPOCH FROM \"to\") - EXTRACT(EPOCH FROM \"from\")) / 60";
    let found: Vec<Option<f64>> = value(minutes).f64().expect("numbers").iter().collect();
    assert_eq!(found, [Some(16.0), Some(15.0), None, None]);
    let found: Vec<Option<bool>> = value(&format!("{minutes} > 15"))
        .bool()
        .expect("flags")
        .iter()
        .collect();
    assert_eq!(found, [Some(true), Some(false), None, None]);
    let span: Vec<Option<f64>> = value("\"to\" - \"from\"")
        .f64()
        .expect("seconds")
        .iter()
        .collect();
    assert_eq!(span, [Some(960.0), Some(900.0), None, None]);
    let is_late = value("(\"to\" - \"from\") > INTERVAL '15 minutes'");
    assert_eq!(is_late.bool().expect("flags").get(0), Some(true));
}

#[test]
fn every_result_is_of_one_of_the_four_kinds() {
    let cases = [
        ("x + 1", Kind::Number),
        ("\"n o\" % 2", Kind::Integer),
        ("CASE WHEN x > 0 THEN 1 ELSE 0 END", Kind::Integer),
        ("x > 0", Kind::Boolean),
        ("CONCAT(t, 'z')", Kind::Text),
        ("EXTRACT(HOUR FROM \"from\")", Kind::Integer),
        ("\"from\"", Kind::Text),
        ("CAST(t AS INT)", Kind::Integer),
        ("1", Kind::Integer),
    ];
    for (sql, kind) in cases {
        let column = value(sql);
        assert_eq!(Kind::of(column.dtype()), Some(kind), "{sql}");
        assert_eq!(column.len(), 4, "{sql}");
    }
    // What cannot be cast or computed is missing, and stops no other row.
    let cast: Vec<Option<i64>> = value("CAST(t AS INT)")
        .i64()
        .expect("numbers")
        .iter()
        .collect();
    assert_eq!(cast, [Some(7), None, None, None]);
    assert_eq!(value("LN(x)").f64().expect("numbers").get(2), None);
    assert_eq!(value("1 / x").f64().expect("numbers").get(3), None);
}

#[test]
fn later_columns_see_earlier_ones() {
    let parse = |sql: &str| Expression::parse(sql).expect("parses");
    let list = [
        ("double".to_string(), parse("x * 2")),
        ("more".to_string(), parse("\"double\" + 1")),
    ];
    let made = derive(&frame(), &[], &list).expect("is computed");
    assert_eq!(
        made.column("more")
            .expect("is made")
            .f64()
            .expect("numbers")
            .get(0),
        Some(4.0)
    );
    let turned: Vec<_> = list.into_iter().rev().collect();
    let failure = derive(&frame(), &[], &turned).expect_err("is rejected");
    assert_eq!(failure.column, "more");
    assert_eq!(failure.why, "it reads `double`, which is not a column");
}

#[test]
fn no_file_no_table_and_no_other_row_can_be_reached() {
    let rejected = [
        "x IN (SELECT x FROM read_csv('/etc/passwd'))",
        "x IN (sElEcT 1)",
        "read_csv('/etc/passwd')",
        "x IN (FROM read_parquet('a'))",
        "x IN (TABLE a)",
        "x IN (VALUES (1))",
        "AVG(x)",
        "\"AVG\"(x)",
        "`avg`(x)",
        "SUM (x)",
        "x - LAG(x)",
        "ROW_NUMBER() OVER (ORDER BY x)",
        "COUNT(*)",
        "*",
        "COLUMNS('x')",
        "x; DROP TABLE a",
        "x -- y",
        "x /* y */",
        "x::int",
        "TIMESTAMP(t)",
        "STRPTIME(t, '%Y')",
        "$$'$$ IN (SELECT x FROM read_csv('a'))",
        "E'\\'' IN (SELECT 1) OR 'a'",
        "'open",
        "x +",
        "",
    ];
    for sql in rejected {
        assert!(Expression::parse(sql).is_err(), "{sql}");
    }
    // Words in quotes are names and texts.
    let expression = Expression::parse("CONCAT(\"select\", 'SELECT over')").expect("parses");
    assert_eq!(expression.columns, ["select"]);
}

#[test]
fn a_message_holds_no_cell() {
    let expression = Expression::parse("x + \"from\"").expect("parses");
    let times = ["from".to_string()];
    let failure = derive(&frame(), &times, &[("y".to_string(), expression)]).expect_err("rejected");
    assert!(
        !failure.why.contains("2017") && !failure.why.contains("1.5"),
        "{failure:?}"
    );
}
