//! Whatever arrives as CSV: the reader for usual rows reads as the general one, or not at all.

use proptest::prelude::*;

use super::*;
use crate::serve::rows::delimited::read_by;

/// Texts that mean "missing"; a number is among the last ones.
const NULLS: [&[&str]; 3] = [&[], &["?", "NA"], &["-999", "NA"]];

const ODD_CELLS: [&str; 25] = [
    "",
    " ",
    "?",
    "NA",
    "-999",
    "-0",
    "-0.0",
    "true",
    "FALSE",
    "inf",
    "nan",
    "a",
    "é",
    "\"a\"",
    "\"a",
    "a\"",
    "\"\"",
    "\"-999\"",
    "\" 7 \"",
    "\"a,b\"",
    "\"a\"\"b\"",
    "\"a\" ",
    "9007199254740993",
    "12345678901234567890",
    "\u{feff}1",
];

fn cell() -> impl Strategy<Value = String> {
    let decimals = (-1000i32..1000, 1usize..6);
    prop_oneof![
        any::<i64>().prop_map(|it| it.to_string()),
        any::<f64>().prop_map(|it| format!("{it:?}")),
        decimals.prop_map(|(n, digits)| format!("{:.*}", digits, f64::from(n) / 7.0)),
        "[ +-]{0,2}[0-9]{0,20}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{0,3})?[ \u{a0}]{0,1}",
        prop::sample::select(ODD_CELLS.to_vec()).prop_map(String::from),
    ]
}

fn body() -> impl Strategy<Value = String> {
    let header = prop::sample::select(vec![
        "number,flag,text",
        "text,number,flag",
        "number,flag,text,y",
        "number,flag",
        "number",
        "number;flag;text",
        "number,flag,text,stranger",
    ]);
    let row = prop_oneof![
        9 => prop::collection::vec(cell(), 3..=3),
        2 => prop::collection::vec(cell(), 1..5),
    ];
    let row = row.prop_map(|cells| cells.join(","));
    let ends = ["\n", "\n", "\n", "\n\n", "\n  \n", "\r\n", "\r"];
    let end = prop::sample::select(ends.to_vec());
    let rows = prop::collection::vec((row, end), 0..6);
    (header, rows).prop_map(|(header, rows)| {
        let rows = rows.iter().map(|(row, end)| format!("{row}{end}"));
        format!("{header}\n{}", rows.collect::<String>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn usual_rows_are_read_as_the_general_reader_reads_them(body in body(), nulls in 0usize..3) {
        let nulls: Vec<String> = NULLS[nulls].iter().map(|it| it.to_string()).collect();
        let mut served = served();
        served.null_values = nulls.clone();
        let read = |tries_usual| {
            let strictness = Strictness::KnownOnly;
            let read = read_by(tries_usual, body.as_bytes(), &served, strictness, &nulls, bounds());
            read.map(|rows| (rows.n_rows, rows.slots, rows.unknown_categories)).map_err(|problem| problem.message)
        };
        // As text: a zero has a sign.
        prop_assert_eq!(format!("{:?}", read(true)), format!("{:?}", read(false)));
    }
}

#[test]
fn what_is_usual_is_read_and_what_is_not_is_left() {
    let served = served();
    let fields = [0, 1, 2].map(Field::Input);
    let usual = quick_csv::Usual::new(b',', &fields, &served, &[]);
    let collector = || Collector::new(&served, Strictness::KnownOnly, bounds());
    for rows in [
        "1.5,true,a\n-2,false,b\n",
        "1.5,true,a\r\n-2,false,b\r\n",
        "1.5,\"true\",\"a\"\n\"-2\",false,b",
    ] {
        let mut own = collector();
        assert_eq!(usual.read(rows.as_bytes(), &mut own), Some(()), "{rows:?}");
        let rows = own.finish().expect("rows");
        assert_eq!(rows.row(1)[0], Slot::Number(-2.0));
        assert_eq!(rows.row(0)[2], Slot::Entry(0));
    }
    let unusual = [
        "1.5,true\n",
        "1,true,\"a\"\"\"\n",
        "1,true,a \"b\"\n",
        "1,true,a\r2,true,b\n",
        "1,true,a,b\n",
        "\n",
    ];
    for rows in unusual {
        let read = usual.read(rows.as_bytes(), &mut collector());
        assert_eq!(read, None, "{rows:?}");
    }
}
