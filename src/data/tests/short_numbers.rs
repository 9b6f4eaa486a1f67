//! Short numbers of a column of numbers are read as all others are.

use proptest::prelude::*;

use crate::data::cells::Nulls;
use crate::data::csv_part::{Layout, parse_part};
use crate::data::part_column::Cells;

/// What a part is read to. A number among the texts that mean "missing" keeps the reader from taking short numbers as they come.
fn read(text: &str, separator: u8, null: &str) -> String {
    let layout = Layout {
        separator,
        fields: 2,
        nulls: Nulls::new(&[null.to_string()]),
        header: Vec::new(),
        comment: Vec::new(),
    };
    let bytes = text.as_bytes();
    let part = parse_part(bytes, 0, bytes.len(), &layout, &[None, None]);
    let columns: Vec<String> = part
        .columns
        .iter()
        .map(|column| {
            let cells = match &column.cells {
                Cells::Unknown => "unknown".to_string(),
                Cells::Integer(values) => format!("{values:?}"),
                Cells::Number(values) => format!("{values:?}"),
                Cells::Boolean(values) => format!("{values:?}"),
                Cells::Text { bytes, ends } => format!("{bytes:?} {ends:?}"),
            };
            format!(
                "{cells} {:?} {:?} {}",
                column.missing, column.text_at, column.rows
            )
        })
        .collect();
    format!("{columns:?} {} {} {:?}", part.rows, part.end, part.flaw)
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (-100_000i32..100_000, 0usize..5).prop_map(|(n, digits)| format!("{:.*}", digits, f64::from(n) / 64.0)),
        4 => any::<i16>().prop_map(|it| it.to_string()),
        1 => "-?[0-9]{0,9}(\\.[0-9]{0,9})?",
        1 => prop::sample::select(vec!["", "-0", "-0.0", "1e5", "inf", "007", "+5", " 5", "5 ", "x", "true", "\"5\"", "1.5.2"])
            .prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn both_ways_read_alike(
        rows in prop::collection::vec((cell(), cell(), prop::sample::select(vec!["\n", "\n", "\n", "\r\n"])), 1..12),
        separator in prop::sample::select(vec![b',', b';', b'.']),
    ) {
        let between = char::from(separator);
        let text: String = rows.iter().map(|(one, other, end)| format!("{one}{between}{other}{end}")).collect();
        prop_assert_eq!(read(&text, separator, "NA"), read(&text, separator, "-123456789"));
    }
}
