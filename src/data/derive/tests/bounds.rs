//! What a short expression could ask for without end, and how much of it is done.

use super::super::*;

fn computed(texts: &[&str], expressions: &[&str]) -> Result<Values<'static>, String> {
    let mut batch = Batch::new(texts.len());
    let cells = texts.iter().map(|text| Some((*text).into()));
    batch.put("t", Values::Text(cells.collect()));
    batch.put("n", Values::Integer(vec![Some(3); texts.len()]));
    let mut derived = Vec::new();
    for (at, sql) in expressions.iter().enumerate() {
        derived.push((format!("d{at}"), Expression::parse(sql)?));
    }
    derive_batch(&mut batch, &derived).map_err(|failure| failure.why)?;
    let last = batch.get(&format!("d{}", expressions.len() - 1));
    Ok(last.expect("is made").borrowed().owned())
}

fn why(expressions: &[&str]) -> String {
    computed(&["ab"], expressions).expect_err("is too much")
}

#[test]
fn patterns_are_bounded_one_by_one_and_together() {
    let too_large = "is too large a pattern: its repeats stand for more than can be looked for";
    for pattern in [
        "a{1000}{1000}",
        "(a{100}){100}{100}",
        "\\w{1000}",
        "(?i)(\\pL{300}|x{3}{3}{3})",
    ] {
        let sql = format!("REGEXP_LIKE(t, '{pattern}')");
        assert_eq!(why(&[&sql]), format!("`{pattern}` {too_large}"));
        let sql = format!("t ~ '{pattern}'");
        assert_eq!(why(&[&sql]), format!("`{pattern}` {too_large}"));
    }
    let like = format!("t ILIKE '{}'", "%_k".repeat(20_000));
    assert_eq!(why(&[&like]), format!("the pattern of `LIKE` {too_large}"));
    let nested = format!("t ~ '{}a{}'", "(".repeat(500), ")".repeat(500));
    assert!(why(&[&nested]).ends_with("is not a regular expression"));
    // Each alone is taken.
    let many = vec!["t ~ 'a{500}b{500}'"; 400].join(" OR ");
    assert_eq!(
        why(&[&many]),
        "its patterns together are too large; make derived columns of parts of it"
    );
    let long = vec![format!("t ~ '{}'", "ab".repeat(200)); 30].join(" OR ");
    assert_eq!(
        why(&[&long]),
        "its regular expressions have more than 10000 characters; make derived columns of parts of it"
    );
    // What people write is taken: words, classes, a long list.
    let words: Vec<String> = (0..500).map(|at| format!("word{at}")).collect();
    let taken = [
        format!("t ~* '^({})$'", words.join("|")),
        r"REGEXP_LIKE(t, '^[\w.+-]+@[\w-]+\.[\w.]{2,10}$')".to_string(),
        r"t ~ '\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}'".to_string(),
        vec!["t LIKE '%word%'"; 900].join(" OR "),
    ];
    for sql in &taken {
        let found = computed(&["ab", "word7"], &[sql]).unwrap_or_else(|why| panic!("{sql}: {why}"));
        assert_eq!(found.kind(), Type::Boolean);
    }
}

#[test]
fn a_pattern_of_a_row_is_bounded_more_closely_and_else_missing() {
    let own = ["a", "(", "a{1000}{1000}", &"a".repeat(300), "b"];
    let found = computed(&own, &["REGEXP_LIKE('xa', t)"]).expect("is computed");
    let wanted = [Some(true), None, None, None, Some(false)];
    assert_eq!(found, Values::Boolean(wanted.to_vec()));
}

#[test]
fn texts_do_not_grow_without_end() {
    let words = "makes texts that are too long: beyond 1 MiB in a row or 64 MiB together";
    let hundred = "x".repeat(1000);
    let replace = format!("REPLACE(REPLACE(t, 'a', '{hundred}'), 'x', '{hundred}{hundred}')");
    assert_eq!(why(&[&replace]), format!("`REPLACE` {words}"));
    // Each column doubles the one before it.
    for (sql, name) in [
        ("d{} || d{}", "`||`"),
        ("CONCAT(d{}, d{})", "`CONCAT`"),
        ("CONCAT_WS('-', d{}, d{})", "`CONCAT_WS`"),
    ] {
        let doubled: Vec<String> = (0..40)
            .map(|at: usize| match at {
                0 => "t".to_string(),
                at => sql.replace("{}", &(at - 1).to_string()),
            })
            .collect();
        let doubled: Vec<&str> = doubled.iter().map(String::as_str).collect();
        assert_eq!(why(&doubled), format!("{name} {words}"));
        let found = computed(&["ab"], &doubled[..10]).expect("is short");
        assert_eq!(found.kind(), Type::Text);
    }
    let format = format!("STRFTIME(DATE '2026-01-01', '{}')", "%c".repeat(300));
    assert_eq!(
        why(&[&format]),
        "the format of `STRFTIME` is longer than 500 characters"
    );
}

/// What is compared in a `CASE` is in the tree once, however many branches there are: forty inside each other were 2^40.
#[test]
fn what_a_case_compares_is_computed_once() {
    let mut sql = "n".to_string();
    for _ in 0..38 {
        sql = format!("CASE {sql} WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 3 END");
    }
    let expression = Expression::parse(&sql).expect("is read");
    assert!(expression.size < 500, "{}", expression.size);
    let found = computed(&["a", "b"], &[&sql]).expect("is computed");
    assert_eq!(found, Values::Integer(vec![Some(3), Some(3)]));
    let branches: String = (0..3000)
        .map(|at| format!(" WHEN {at} THEN '{at}'"))
        .collect();
    let found = computed(&["a"], &[&format!("CASE n{branches} END")]).expect("is computed");
    assert_eq!(found, Values::Text(vec![Some("3".into())]));
    let why = why(&["CASE DATE '2026-01-01' WHEN 'soon' THEN 1 END"]);
    assert!(why.starts_with("it compares a time with 'soon'"), "{why}");
}

/// A long expression is computed on few rows at a time, which gives the same.
#[test]
fn stretches_of_rows_give_what_all_at_once_do() {
    let texts: Vec<String> = (0..5000).map(|at| at.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let listed: Vec<String> = (0..5000).step_by(7).map(|at| format!("'{at}'")).collect();
    let sql = format!("t IN ({})", listed.join(", "));
    assert!(Expression::parse(&sql).expect("is read").size * 5000 > MOST_HELD);
    let wanted = (0..5000).map(|at| Some(at % 7 == 0));
    assert_eq!(
        computed(&texts, &[&sql]).expect("is computed"),
        Values::Boolean(wanted.collect())
    );
}

#[test]
fn no_message_repeats_a_long_text_and_none_is_compared_with_all_names() {
    let long = "q".repeat(90_000);
    for sql in [
        format!("{long}(n)"),
        format!("{long} + 1"),
        format!("n {long}"),
        format!("DATE_PART('{long}', t)"),
        format!("t ~ '{}('", "q".repeat(9_000)),
        format!("DATE '2026-01-01' > '{long}'"),
        format!("STRFTIME(DATE '2026-01-01', '{long}')"),
        format!("DATE '{long}' > t"),
        format!("n + INTERVAL '{long}'"),
        format!("1{}", "0".repeat(90_000)),
        format!("CAST(n AS {long})"),
        format!("n ^ '{long}'"),
        format!("n AT TIME ZONE '{long}'"),
    ] {
        let why = why(&[&sql]);
        assert!(why.len() < 400, "{} of {}…", why.len(), &sql[..20]);
    }
}
