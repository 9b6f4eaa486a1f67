//! Nothing that can arrive in a body makes the readers panic, and what they accept is what the scorer sees.

use serde_json::{Value, json};

use super::*;
use crate::bundle::Slot;
use crate::config::server::Limits;
use crate::features::CellRef;
use crate::http::budget::Budget;
use crate::serving::served::Field;

mod any_body;
mod any_csv;
mod arrow;
mod sample;

pub use sample::served;

fn limits() -> Limits {
    Limits {
        rows: 50,
        ..Limits::default()
    }
}

/// Bounds of limits; the request stays under way, as that of a test may.
fn within(limits: &Limits, bytes: usize) -> Bounds<'static> {
    let work = Work::begin(limits, Budget::new(bytes).nothing(), None);
    Bounds {
        rows: limits.rows,
        work: Box::leak(Box::new(work)),
    }
}

fn bounds() -> Bounds<'static> {
    within(&limits(), usize::MAX)
}

fn read(rows: Value) -> Result<Rows, Problem> {
    read_body(
        json!({"rows": rows}).to_string().as_bytes(),
        &served(),
        bounds(),
    )?
    .1
}

#[test]
fn cells_become_what_their_column_takes() {
    use Slot::{Entry, Missing, Number};
    let cases = [
        (json!([1, true, "a"]), [Number(1.0), Number(1.0), Entry(0)]),
        (
            json!(["1.5", "False", "b"]),
            [Number(1.5), Number(0.0), Entry(1)],
        ),
        (json!([null, null, null]), [Missing, Missing, Entry(2)]),
        (json!([-0.0, 0, 7]), [Number(-0.0), Number(0.0), Entry(3)]),
        (
            json!([u64::MAX, 1.0, true]),
            [Number(u64::MAX as f64), Number(1.0), Entry(3)],
        ),
        (
            json!([1e308, 1, ""]),
            [Number(1e308), Number(1.0), Entry(3)],
        ),
    ];
    for (cells, slots) in cases {
        let row = json!({"number": cells[0], "flag": cells[1], "text": cells[2]});
        let rows = read(json!([row])).expect("fits");
        assert_eq!(rows.row(0), slots, "{row}");
    }
    let rejected = [
        ("number", json!(true)),
        ("number", json!("x")),
        ("flag", json!(2)),
        ("flag", json!("yes")),
        ("text", json!([])),
    ];
    for (column, cell) in rejected {
        let mut row = json!({"number": 1, "flag": true, "text": "a"});
        row[column] = cell;
        let problem = read(json!([row])).expect_err("does not fit");
        assert_eq!(problem.details["mistyped"][0]["column"], column, "{row}");
    }
}

#[test]
fn a_file_s_null_values_are_missing_and_its_cells_are_trimmed() {
    let body = b"\xef\xbb\xbftext,number,flag,y\n NA , 2 ,TRUE,0\n\"b\",inf,,1\n";
    let read = read_csv(
        body,
        &served(),
        Strictness::KnownOnly,
        &["NA".to_string()],
        bounds(),
    );
    let rows = read.expect("fits");
    assert_eq!(
        rows.row(0),
        [Slot::Number(2.0), Slot::Number(1.0), Slot::Entry(2)]
    );
    assert_eq!(rows.row(1), [Slot::Missing, Slot::Missing, Slot::Entry(1)]);
}

#[test]
fn rows_need_not_agree_on_an_order() {
    let body = br#"{"rows":[{"number":2,"flag":true,"text":"a"},{"text":"b","y":1,"flag":false,"number":3}]}"#;
    let (_, read) = read_body(body, &served(), bounds()).expect("JSON");
    let rows = read.expect("fits");
    assert_eq!(
        rows.row(0),
        [Slot::Number(2.0), Slot::Number(1.0), Slot::Entry(0)]
    );
    assert_eq!(
        rows.row(1),
        [Slot::Number(3.0), Slot::Number(0.0), Slot::Entry(1)]
    );
}

#[test]
fn reading_stops_at_the_bounds() {
    let row = json!({"number": 1, "flag": true, "text": "a"});
    let problem = read(Value::Array(vec![row.clone(); 51])).expect_err("too many");
    assert_eq!(problem.code, Code::TooLarge);
    let many = Limits {
        rows: 20_000,
        ..limits()
    };
    let late = Limits {
        answer_seconds: 0.0,
        ..many.clone()
    };
    let few_cells = Limits {
        cells: 20_000,
        ..many.clone()
    };
    let body = json!({"rows": vec![row; 10_000]}).to_string();
    let cases = [
        (within(&many, usize::MAX), None, ""),
        (
            within(&late, usize::MAX),
            Some(Code::Unavailable),
            "took longer",
        ),
        (
            within(&few_cells, usize::MAX),
            Some(Code::TooLarge),
            "more than 20000 cells",
        ),
        (
            within(&many, 100_000),
            Some(Code::TooLarge),
            "more memory than the server has",
        ),
    ];
    for (bounds, code, words) in cases {
        for read in [read_body, json::read_any_body] {
            let read = read(body.as_bytes(), &served(), bounds).and_then(|(_, rows)| rows);
            let problem = read.err();
            assert_eq!(problem.as_ref().map(|it| it.code), code);
            assert!(problem.is_none_or(|it| it.message.contains(words)));
        }
    }
    let left = within(&many, usize::MAX);
    drop(left.work.caller());
    let read = read_body(body.as_bytes(), &served(), left).and_then(|(_, rows)| rows);
    assert_eq!(
        read.err().map(|it| it.message).as_deref(),
        Some("the caller left before the answer was there")
    );
}

/// `n` columns that no model has, as a row.
fn strange_row(n: usize) -> String {
    let columns: Vec<String> = (0..n).map(|at| format!("\"k{at}\":1")).collect();
    format!("{{{}}}", columns.join(","))
}

#[test]
fn columns_have_a_bound_in_every_form() {
    let few = Limits {
        columns: 1000,
        ..limits()
    };
    let bounds = within(&few, usize::MAX);
    let served = served();
    let too_many = "the request has more than 1000 columns; send those of the model alone";
    let told = |read: Result<Rows, Problem>| {
        let problem = read.expect_err("too many");
        (problem.code, problem.message)
    };
    let json = format!("{{\"rows\":[{}]}}", strange_row(1001));
    let read = read_body(json.as_bytes(), &served, bounds).and_then(|(_, rows)| rows);
    assert_eq!(told(read), (Code::TooLarge, too_many.to_string()));
    let lines = strange_row(1001);
    let read = read_ndjson(lines.as_bytes(), &served, bounds);
    assert_eq!(told(read), (Code::TooLarge, too_many.to_string()));
    let names: Vec<String> = (0..1001).map(|at| format!("k{at}")).collect();
    let csv = format!("{}\n", names.join(","));
    let read = read_csv(csv.as_bytes(), &served, Strictness::KnownOnly, &[], bounds);
    assert_eq!(told(read), (Code::TooLarge, too_many.to_string()));
    // One less is read to its end, and told what it lacks.
    let json = format!("{{\"rows\":[{}]}}", strange_row(1000));
    let read = read_body(json.as_bytes(), &served, bounds).and_then(|(_, rows)| rows);
    assert!(told(read).1.contains("and 980 more"));
}

#[test]
fn what_is_given_twice_is_rejected_in_every_form() {
    let served = served();
    let told = |read: Result<Rows, Problem>| {
        let problem = read.expect_err("twice");
        (problem.code, problem.message)
    };
    let json =
        |body: &str| read_body(body.as_bytes(), &served, bounds()).and_then(|(_, rows)| rows);
    let row = r#"{"number":1,"flag":true,"text":"a"}"#;
    for (key, value) in [
        ("rows", format!("[{row}]")),
        ("threshold", "0.5".to_string()),
        ("explain", "true".to_string()),
    ] {
        let body = format!(r#"{{"rows":[],"threshold":null,"explain":false,"{key}":{value}}}"#);
        let why = format!("the body has `{key}` twice; send it once");
        assert_eq!(told(json(&body)), (Code::BadRequest, why));
    }
    let twice = r#"{"number":1,"flag":true,"text":"a","number":2}"#;
    let why = "the columns do not fit the model: given twice: `number`".to_string();
    assert_eq!(
        told(json(&format!(r#"{{"rows":[{twice}]}}"#))),
        (Code::Unprocessable, why.clone())
    );
    // By the general reader, too.
    let explained = format!(r#"{{"explain":true,"rows":[{twice}]}}"#);
    assert_eq!(told(json(&explained)), (Code::Unprocessable, why.clone()));
    let second = format!(r#"{{"rows":[{row},{twice}]}}"#);
    let (code, message) = told(json(&second));
    assert_eq!(code, Code::Unprocessable);
    assert!(
        message.contains("(first in row 2): given twice: `number`"),
        "{message}"
    );
    assert_eq!(
        told(read_ndjson(twice.as_bytes(), &served, bounds())),
        (Code::Unprocessable, why)
    );
    for (header, why) in [
        (
            "number,flag,text,number",
            "the header of the CSV body has `number` twice",
        ),
        (
            "number, number ,flag,text",
            "the header of the CSV body has `number` twice",
        ),
        (
            "number,flag,text,who,who",
            "the header of the CSV body has the name of column 5 twice",
        ),
    ] {
        let csv = format!("{header}\n");
        let read = read_csv(
            csv.as_bytes(),
            &served,
            Strictness::ExtraIgnored,
            &[],
            bounds(),
        );
        assert_eq!(told(read), (Code::BadRequest, why.to_string()));
    }
}

#[test]
fn a_byte_order_mark_is_skipped_and_no_number_is_told_what_to_be() {
    let served = served();
    let json = |body: &str| {
        let read = read_body(body.as_bytes(), &served, bounds()).and_then(|(_, rows)| rows);
        read.map(|rows| rows.n_rows)
            .map_err(|problem| problem.message)
    };
    let row = r#"{"number":1,"flag":true,"text":"a"}"#;
    assert_eq!(json(&format!("\u{feff}{{\"rows\":[{row}]}}")), Ok(1));
    let lines = format!("\u{feff}{row}\n{row}\n");
    let read = read_ndjson(lines.as_bytes(), &served, bounds());
    assert_eq!(read.expect("fits").n_rows, 2);
    for word in ["NaN", "Infinity", "-Infinity", "nan"] {
        let said = json(&format!("{{\"rows\":\n[{{\"number\":{word}}}]}}")).expect_err("no JSON");
        let end = format!("JSON has no {word}; write `null` for a missing value");
        assert!(
            said.starts_with("the body is not JSON, at line 2, column "),
            "{said}"
        );
        assert!(said.ends_with(&end), "{said}");
        let lines = format!("{row}\n{{\"number\":{word}}}\n");
        let said = read_ndjson(lines.as_bytes(), &served, bounds())
            .expect_err("no JSON")
            .message;
        assert!(said.contains("line 2,") && said.ends_with(&end), "{said}");
    }
    let said = json(r#"{"rows":[{"number":nope}]}"#).expect_err("no JSON");
    assert_eq!(
        said,
        "the body is not JSON, at line 1, column 21; /docs shows its form"
    );
}

#[test]
fn columns_fill_rows_that_were_added() {
    let served = served();
    let mut collector = Collector::new(&served, Strictness::KnownOnly, bounds());
    assert!(collector.add_rows(2).is_ok());
    collector.put_at(1, 0, CellRef::Number(2.5));
    collector.put_at(0, 2, CellRef::Text("stranger"));
    collector.put_at(1, 2, CellRef::Text("b"));
    let rows = collector.finish().expect("rows");
    assert_eq!(rows.n_rows, 2);
    // Missing is behind the two categories of the text, and other behind it.
    let first = [Slot::Missing, Slot::Missing, Slot::Entry(3)];
    let second = [Slot::Number(2.5), Slot::Missing, Slot::Entry(1)];
    assert_eq!((rows.row(0), rows.row(1)), (&first[..], &second[..]));
    assert_eq!(rows.unknown_categories, [(0, 2, "stranger".into())]);

    let mut collector = Collector::new(&served, Strictness::KnownOnly, bounds());
    assert!(collector.add_rows(2).is_ok());
    collector.put_at(1, 0, CellRef::Boolean(true));
    collector.lacks(1);
    let problem = collector.finish().expect_err("faults");
    assert_eq!(
        problem.message,
        "the columns do not fit the model (first in row 1): missing: `flag`; mistyped: `number` (a number is expected)"
    );
}
