//! Whatever arrives in a body, usual or not: no reader panics, and all of them agree.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let name = prop_oneof![
            Just("rows".to_string()),
            Just("number".to_string()),
            Just("flag".to_string()),
            Just("text".to_string()),
            Just("version".to_string()),
            "\\PC{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Objects that are nearly usual rows: tokens of such in likely and unlikely places.
fn nearly_rows() -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof![
        any::<i64>().prop_map(|it| it.to_string()),
        any::<u64>().prop_map(|it| it.to_string()),
        any::<f64>().prop_map(|it| format!("{it:?}")),
        "-?[0-9]{0,3}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{0,3})?",
        prop::sample::select(vec!["true", "false", "null", "[]", "{}", "nul", "\"\""])
            .prop_map(String::from),
        "\"(a|b|\\\\n|\\\\u0061|\t|é|c){0,3}\"",
    ];
    let names = vec!["number", "flag", "text", "y", "other", "te\\u0078t"];
    let name = prop::sample::select(names);
    let row = prop::collection::vec((name, value), 0..5).prop_map(|cells| {
        let cells: Vec<_> = cells
            .iter()
            .map(|(name, value)| format!("\"{name}\" : {value}"))
            .collect();
        format!("{{{}}}", cells.join(", "))
    });
    let usual = prop_oneof![
        8 => row,
        8 => (any::<i32>(), any::<bool>(), "[abc]").prop_map(|(number, flag, text)| {
            format!("{{\"number\":{number},\"flag\":{flag},\"text\":\"{text}\"}}")
        }),
    ];
    prop::collection::vec(usual, 0..5)
}

/// JSON texts that are nearly of the usual form.
fn nearly_usual() -> impl Strategy<Value = String> {
    (
        nearly_rows(),
        "[ \n]{0,2}",
        prop_oneof![Just(""), Just(","), Just("x"), Just(",\"top_n\":1")],
    )
        .prop_map(|(rows, blank, end)| {
            format!(
                "{blank}{{\"rows\":{blank}[{}]{end}}}{blank}",
                rows.join(",")
            )
        })
}

/// An object per line, nearly.
fn nearly_lines() -> impl Strategy<Value = String> {
    let ends = vec!["\n", "\n", "\r\n", " \n\t", "\n\n", "", ",", "x"];
    (nearly_rows(), prop::sample::select(ends), "[ \n]{0,2}").prop_map(|(rows, end, blank)| {
        let rows = rows.iter().map(|row| format!("{row}{end}"));
        blank + &rows.collect::<String>()
    })
}

type Read = Result<Rows, Problem>;

fn agree(body: &str, quick: Read, general: Read) -> Result<(), TestCaseError> {
    match (quick, general) {
        (Ok(quick), Ok(general)) => {
            // The bits, so that two zeros differ.
            prop_assert_eq!(format!("{:?}", quick.slots), format!("{:?}", general.slots));
            prop_assert_eq!(quick.unknown_categories, general.unknown_categories);
            prop_assert_eq!(quick.n_rows, general.n_rows);
        }
        (Err(quick), Err(general)) => prop_assert_eq!(quick.message, general.message),
        (quick, general) => prop_assert!(false, "{body}: {quick:?} {general:?}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_quick_reader_reads_as_the_general_one_or_not_at_all(body in nearly_usual()) {
        let served = served();
        let Some(quick) = quick::read(body.as_bytes(), &served, bounds()) else {
            return Ok(());
        };
        let (options, general) = json::read_any_body(body.as_bytes(), &served, bounds())
            .map_err(|problem| TestCaseError::fail(format!("{body}: {problem:?}")))?;
        prop_assert_eq!(options, Options::default());
        agree(&body, quick, general)?;
    }

    #[test]
    fn the_quick_reader_of_lines_reads_as_the_general_one_or_not_at_all(body in nearly_lines()) {
        let served = served();
        if let Some(quick) = quick::read_lines(body.as_bytes(), &served, bounds()) {
            agree(&body, quick, json::read_any_lines(body.as_bytes(), &served, bounds()))?;
        }
    }

    #[test]
    fn the_usual_body_is_read_quickly(number: i32, flag: bool, decimals in "[0-9]{1,9}\\.[0-9]{1,9}") {
        let decimals = decimals.trim_start_matches('0');
        prop_assume!(!decimals.starts_with('.'));
        let body = format!(
            "{{\"rows\": [{{\"number\": {decimals}, \"flag\": {flag}, \"text\": \"a\"}},\n {{\"number\": {number}, \"flag\": null, \"text\": \"é\"}}]}}"
        );
        prop_assert!(quick::read(body.as_bytes(), &served(), bounds()).is_some_and(|read| read.is_ok()));
        let rows = body.trim_start_matches("{\"rows\": [").trim_end_matches("]}");
        let lines = rows.replace(",\n", "\r\n");
        prop_assert!(quick::read_lines(lines.as_bytes(), &served(), bounds()).is_some_and(|read| read.is_ok()), "{lines}");
    }

    #[test]
    fn no_body_makes_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), value in any_json()) {
        let served = served();
        let text = value.to_string();
        for body in [bytes.as_slice(), text.as_bytes()] {
            let _ = read_options(body);
            let _ = read_body(body, &served, bounds());
            let _ = read_ndjson(body, &served, bounds());
            let _ = read_csv(body, &served, Strictness::ExtraIgnored, &[], bounds());
        }
        let _ = read(value);
    }

    #[test]
    fn a_row_is_read_alike_in_every_form(number in any::<f64>().prop_filter("finite", |it| it.is_finite()), flag: bool, text in "[a-c]{1,2}") {
        let served = served();
        let row = json!({"number": number, "flag": flag, "text": text});
        let rows = read(json!([row])).expect("fits");
        let line = read_ndjson(row.to_string().as_bytes(), &served, bounds()).expect("fits");
        let csv = format!("flag,text,number\n{flag},{text},{number:e}\n");
        let csv = read_csv(csv.as_bytes(), &served, Strictness::KnownOnly, &[], bounds()).expect("fits");
        prop_assert_eq!(&rows.slots, &line.slots);
        prop_assert_eq!(&rows.slots, &csv.slots);
        let is_known = text == "a" || text == "b";
        prop_assert_eq!(rows.unknown_categories.len(), usize::from(!is_known));
    }
}
