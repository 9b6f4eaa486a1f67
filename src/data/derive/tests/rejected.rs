//! What is rejected, in which words, and how deep an expression may be.

use super::super::*;

fn why(sql: &str) -> String {
    let mut batch = Batch::new(0);
    batch.put("bmi", Values::Number(Vec::new()));
    batch.put("smoker", Values::Text(Vec::new()));
    batch.put("at", Values::Time(Vec::new()));
    batch.put("is new", Values::Boolean(Vec::new()));
    match Expression::parse(sql) {
        Err(why) => why,
        Ok(expression) => match derive_batch(&mut batch, &[("out".to_string(), expression)]) {
            Err(failure) => failure.why,
            Ok(()) => panic!("{sql} is taken"),
        },
    }
}

#[test]
fn each_rejection_says_what_is_wrong_and_where() {
    let cases = [
        (
            "bmi +",
            "it ends too early: a value, a column or a function should follow after `+`",
        ),
        (
            "bmi + * 2",
            "`*` is not allowed there (character 7): expected a value, a column or a function",
        ),
        ("(bmi", "it ends too early: ) should follow after `bmi`"),
        ("bmi)", "it should end before `)` (character 4)"),
        ("bmi 2", "it should end before `2` (character 5)"),
        (
            "CASE WHEN bmi > 1 THEN 1",
            "it ends too early: END should follow after `1`",
        ),
        ("  ", "it is empty"),
        ("'open", "a text is never closed: a `'` is missing"),
        (
            "bmy * 2",
            "it reads `bmy`, which is not a column; did you mean `bmi`?",
        ),
        (
            "BMI * 2",
            "it reads `BMI`, which is not a column; did you mean `bmi`?",
        ),
        (
            "entirely_else",
            "it reads `entirely_else`, which is not a column",
        ),
        (
            "SQRRT(bmi)",
            "`SQRRT` is not a function of one row; did you mean `SQRT`?",
        ),
        ("ROUND(bmi, 1, 2)", "`ROUND` takes 1 to 2 arguments, not 3"),
        (
            "bmi + smoker",
            "`+` does not work on a number and a text; `||` joins texts, CAST(x AS DOUBLE) makes a number of one",
        ),
        (
            "smoker > 3",
            "`>` does not compare a text with a whole number; CAST(x AS DOUBLE) makes a number of a text, CAST(x AS VARCHAR) a text of a number",
        ),
        (
            "SQRT(smoker)",
            "`SQRT` needs a number, not a text; CAST(x AS DOUBLE) makes one of a text",
        ),
        (
            "UPPER(bmi)",
            "`UPPER` needs a text, not a number; CAST(x AS VARCHAR) makes one",
        ),
        (
            "CASE WHEN bmi THEN 1 END",
            "a condition is a truth value such as `x > 0`, not a number",
        ),
        (
            "bmi AND TRUE",
            "`AND` needs truth values such as `x > 0`, not a number and a boolean",
        ),
        (
            "EXTRACT(HOUR FROM smoker)",
            "`EXTRACT` needs a time, not a text; a column is one when `features.columns.<name>.encode` is `date`",
        ),
        (
            "EXTRACT(HUOR FROM at)",
            "`HUOR` is not a part of a time; did you mean `HOUR`?",
        ),
        (
            "at > 'soon'",
            "it compares a time with 'soon', which is not a time such as '2026-11-21 07:50'",
        ),
        (
            "at IN ('2026-11-21', 'soon')",
            "it compares a time with 'soon', which is not a time such as '2026-11-21 07:50'",
        ),
        (
            "at > 5",
            "`>` does not compare a time with a whole number; EXTRACT(EPOCH FROM x) makes seconds of a time",
        ),
        (
            "DATE '2026-02-30' < at",
            "`DATE '2026-02-30'` is not a day such as DATE '2026-11-21'",
        ),
        (
            "at + INTERVAL '1 fortnight'",
            "`INTERVAL '1 fortnight'` is not made of whole numbers and units such as '1 day 2 hours'",
        ),
        (
            "bmi + INTERVAL '1 day'",
            "an `INTERVAL` can be added to a time, not to a number",
        ),
        (
            "CAST(bmi AS DECIMAL)",
            "nothing can be cast to `DECIMAL`; INT, BIGINT, DOUBLE, BOOLEAN, VARCHAR, DATE and TIME can be cast to",
        ),
        (
            "smoker LIKE smoker",
            "the pattern of `LIKE` must be in quotes",
        ),
        (
            "REGEXP_LIKE(smoker, '(')",
            "`(` is not a regular expression",
        ),
        (
            "STRFTIME(at, '%Q')",
            "`%Q` is not a format of times such as '%Y-%m-%d'",
        ),
        (
            "bmi.x",
            "`.` joins no names: there is one table, and a name with a point in it must be in double quotes",
        ),
        ("bmi ^ 2", "`^` is not an operator of expressions"),
        (
            "99999999999999999999",
            "`99999999999999999999` is too large for a whole number; write it with a fraction",
        ),
        (
            "COALESCE(at, bmi)",
            "the values of `COALESCE` are a time and a number, which have nothing in common; CAST one",
        ),
    ];
    for (sql, wanted) in cases {
        assert_eq!(why(sql), wanted, "{sql}");
    }
}

#[test]
fn depth_is_bounded_in_words_and_nothing_is_read_twice_at_every_depth() {
    let forms = [
        ("(", "bmi", ")"),
        ("ABS(", "bmi", ")"),
        ("CAST(", "bmi", " AS DOUBLE)"),
        ("CASE WHEN TRUE THEN ", "bmi", " END"),
        ("NOT ", "TRUE", ""),
        ("- ", "bmi", ""),
        ("TRIM(", "smoker", ")"),
        ("POSITION(", "smoker", " IN smoker)"),
        ("INTERVAL ", "'1 day'", ""),
        ("bmi IN (", "bmi", ")"),
        ("", "bmi", " IS NULL"),
        ("", "smoker", " LIKE 'a'"),
        ("bmi - ", "1", ""),
        ("TRUE OR ", "TRUE", ""),
        ("[", "1", "]"),
        ("(", "bmi bmi", ")"),
        ("CAST(", "bmi bmi", " AS DOUBLE)"),
        ("POSITION(", "smoker smoker", " IN smoker)"),
    ];
    let deep = |n: usize, (open, inner, close): (&str, &str, &str)| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    // A thread such as those that answer requests.
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let checked = thread.spawn(move || {
        for form in forms {
            for n in [39, 100, 100_000] {
                let read = Expression::parse(&deep(n, form));
                assert!(n < 100_000 || read.is_err(), "{form:?}");
            }
        }
        let mut batch = Batch::new(1);
        batch.put("bmi", Values::Number(vec![Some(30.0)]));
        let chain = Expression::parse(&deep(1_900, ("1 + ", "bmi", ""))).expect("is read");
        let nested = Expression::parse(&deep(39, ("ABS(", "bmi", ")"))).expect("is read");
        let derived = [("a".to_string(), chain), ("b".to_string(), nested)];
        derive_batch(&mut batch, &derived).expect("is computed");
        assert_eq!(batch.get("a"), Some(&Values::Number(vec![Some(1_930.0)])));
        assert_eq!(batch.get("b"), Some(&Values::Number(vec![Some(30.0)])));
    });
    checked.expect("a thread").join().expect("has room");
    let words = |n| Expression::parse(&deep(n, ("(", "bmi", ")"))).expect_err("is too deep");
    assert!(words(1_000).starts_with("more than 40 parentheses"));
    assert!(words(100_000).starts_with("it is longer than 100000 characters"));
}

#[test]
fn every_function_is_documented_and_takes_as_many_arguments_as_it_says() {
    let documentation = include_str!("../../../../docs/features.md");
    for name in functions::names() {
        let written = format!("`{}", name.to_uppercase());
        assert!(
            documentation.contains(&written),
            "{name} is not in docs/features.md"
        );
        let function = functions::named(name).expect("is known");
        assert!(function.check_count(9_999).is_err() || function.check_count(3).is_ok());
    }
}
