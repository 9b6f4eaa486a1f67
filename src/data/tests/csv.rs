//! One CSV file: what is good, what is bad and where.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

#[test]
fn reads_the_four_kinds() {
    let read = read_one("i,n,b,t\n1,1.5,true,x\n-2,2,False,y z\n");
    assert_eq!(
        kinds(&read),
        ["i:integer", "n:number", "b:boolean", "t:text"]
    );
    assert_eq!(show(&read.frame), ["1|1.5|true|x", "-2|2.0|false|y z"]);
    assert!(
        read.frame
            .columns()
            .iter()
            .all(|column| column.as_materialized_series().n_chunks() == 1)
    );
}

#[test]
fn accepts_byte_order_mark_crlf_blank_lines_and_no_final_newline() {
    let read = read_one("\u{feff}\r\na,b\r\n1,x\r\n\r\n2,y\r\n\n   \n3,z");
    assert_eq!(kinds(&read), ["a:integer", "b:text"]);
    assert_eq!(show(&read.frame), ["1|x", "2|y", "3|z"]);
    assert_eq!(show(&read_one("a,b\r\n1,x\r").frame), ["1|x"]);
    assert_eq!(show(&read_one("a,b\n1,\"x\"\r").frame), ["1|x"]);
}

#[test]
fn accepts_quoted_newlines_separators_and_doubled_quotes() {
    let read = read_one("a,b\n\"one\ntwo, three\",\"say \"\"hi\"\"\"\n\"\"\"\",\"\"\nü\"x,日本\n");
    assert_eq!(
        show(&read.frame),
        ["one\ntwo, three|say \"hi\"", "\"|-", "ü\"x|日本"]
    );
}

#[test]
fn quoted_numbers_and_blanks_around_numbers_are_numbers() {
    let read = read_one("a,b\n\"1\", 2.5\n\" 3 \",\t4 \n");
    assert_eq!(kinds(&read), ["a:integer", "b:number"]);
    assert_eq!(show(&read.frame), ["1|2.5", "3|4.0"]);
}

#[test]
fn header_only_is_accepted_and_noted() {
    for csv in ["a,b\n", "a,b", "a,b\r\n\r\n"] {
        let read = read_one(csv);
        assert_eq!((read.frame.height(), kinds(&read).len()), (0, 2));
        assert_eq!(read.notes, ["a.csv has a header and no rows"]);
    }
    assert_eq!(show(&read_one("a\n5\n").frame), ["5"]);
}

#[test]
fn semicolon_and_tab_separate_when_the_header_has_no_comma() {
    assert_eq!(show(&read_one("a;b\n1;x,y\n").frame), ["1|x,y"]);
    assert_eq!(show(&read_one("a\tb\n1\tx\n").frame), ["1|x"]);
    assert_eq!(show(&read_one("\"a\";\"b\"\n1;x\n").frame), ["1|x"]);
}

#[test]
fn empty_files_are_quarantined() {
    check_bad(b"", None, None, "file is empty");
    check_bad(b"\xEF\xBB\xBF\n \r\n\n", None, None, "file is empty");
}

#[test]
fn structure_faults_are_quarantined_with_their_line() {
    check_bad(
        b"a,b\n1,2\n3\n",
        Some(3),
        None,
        "1 field where the header has 2",
    );
    check_bad(
        b"a,b\n\"x\ny\",2\n\n3,4,5\n",
        Some(5),
        None,
        "3 fields where the header has 2",
    );
    check_bad(
        b"a,b\n1,x\n2,\"half\n3,z\n",
        Some(3),
        None,
        "a quote opens here and is never closed",
    );
    check_bad(
        b"a,b\n1,\"x\"y\n",
        Some(2),
        Some("b"),
        "text after a closing quote",
    );
    check_bad(
        b"a,b\n1,x\n2,caf\xE9\n",
        Some(3),
        Some("b"),
        "bytes that are not UTF-8, the first at byte 14; set `ingest.encoding`, likely to `windows-1252`",
    );
    check_bad(
        b"a,b\n1,2\n\xFF,3\n",
        Some(3),
        Some("a"),
        "bytes that are not UTF-8, the first at byte 9; set `ingest.encoding`, likely to `windows-1252`",
    );
    check_bad(
        b"a,b,a\n1,2,3\n",
        Some(1),
        Some("a"),
        "the header has this name twice",
    );
    check_bad(
        b"a,b\r1,2\r3,4\r",
        Some(1),
        None,
        "lines end with a lone carriage return",
    );
    check_bad(
        b"a,\"b\n1,2\n",
        Some(1),
        None,
        "the header has a quote that is never closed",
    );
}

#[test]
fn a_column_without_a_name_is_named_by_its_position() {
    assert_eq!(
        kinds(&read_one(",b\n0,x\n")),
        ["column_1:integer", "b:text"]
    );
}

#[test]
fn null_values_are_missing_in_every_kind() {
    let read = read_one("i,n,t\n1,NA,None\nnull,2.5, \n?,nan,N/A\n,,x\n");
    assert_eq!(kinds(&read), ["i:integer", "n:number", "t:text"]);
    assert_eq!(show(&read.frame), ["1|-|-", "-|2.5|-", "-|-|-", "-|-|x"]);
    let dir = folder(&[("a.csv", b"a\n-999\n1\n")]);
    let options = ReadOptions {
        null_values: vec!["-999".into()],
        ..ReadOptions::default()
    };
    let read = super::super::read(dir.path(), &scan(dir.path()).unwrap(), &options, None).unwrap();
    assert_eq!(show(&read.frame), ["-", "1"]);
}

#[test]
fn infinite_and_overflowing_numbers_are_missing_and_counted() {
    let read = read_one("a,b\n1e308,1\ninf,2\n-Infinity,3\n1e309,4\n-1e999,inf\n5,5\n");
    assert_eq!(
        show(&read.frame),
        ["1e308|1.0", "-|2.0", "-|3.0", "-|4.0", "-|-", "5.0|5.0"]
    );
    assert_eq!(read.non_finite, [("a".to_owned(), 4), ("b".to_owned(), 1)]);
}

#[test]
fn integers_beyond_64_bits_are_numbers_where_these_are_exact_and_texts_else() {
    let read = read_one(
        "a,b,c\n9223372036854775807,1,1\n-9223372036854775808,100000000000000000000,99999999999999999999\n",
    );
    assert_eq!(kinds(&read), ["a:integer", "b:number", "c:text"]);
    assert_eq!(
        show(&read.frame),
        [
            "9223372036854775807|1.0|1",
            "-9223372036854775808|1e20|99999999999999999999"
        ]
    );
    // A few among many numbers are numbers.
    let rows: String = (0..100).map(|row| format!("{row}.5\n")).collect();
    let read = read_one(&format!("a\n{rows}99999999999999999999\n"));
    assert_eq!(kinds(&read), ["a:number"]);
}

#[test]
fn leading_zeros_are_integers_unless_text_is_expected() {
    let files: &[(&str, &[u8])] = &[("a.csv", b"code\n007\n01234\n")];
    assert_eq!(show(&read_files(files).frame), ["7", "1234"]);
    assert_eq!(
        show(&read_with(files, Some(&schema(&[("code", Kind::Text)]))).frame),
        ["007", "01234"]
    );
}

#[test]
fn dates_stay_text_and_booleans_mixed_with_numbers_become_text() {
    let read = read_one("d,m\n2026-11-21,true\n2026-11-22,5\n");
    assert_eq!(kinds(&read), ["d:text", "m:text"]);
    assert_eq!(show(&read.frame), ["2026-11-21|true", "2026-11-22|5"]);
    assert_eq!(
        read.notes,
        [
            "column `m` is text in a.csv: 1 of 2 cells are numbers; the first other is in a.csv at line 2 (a text of letters); values \
             that mean missing can be listed in `ingest.null_values`"
        ]
    );
}

#[test]
fn late_text_keeps_the_earlier_numbers_as_they_were_written() {
    let mut csv = String::from("id,code\n");
    (0..30_000).for_each(|row| csv.push_str(&format!("{row},0{}\n", row % 10)));
    csv.push_str("30000,x1\n");
    let read = read_one(&csv);
    assert_eq!(kinds(&read), ["id:integer", "code:text"]);
    assert_eq!(read.frame.height(), 30_001);
    assert_eq!(show(&read.frame.slice(0, 1)), ["0|00"]);
    assert_eq!(
        read.notes,
        ["column `code` is text because of a.csv at line 30002; the cells before are not text"]
    );
    let expected = schema(&[("id", Kind::Integer), ("code", Kind::Number)]);
    let read = read_with(&[("a.csv", csv.as_bytes())], Some(&expected));
    assert_eq!(
        (
            read.quarantined[0].line,
            read.quarantined[0].column.as_deref()
        ),
        (Some(30_002), Some("code"))
    );
    assert_eq!(read.quarantined[0].reason, "expected number, found text");
}

/// Many blocks, so that records are cut at its end, with quotes and newlines that mislead guesses.
#[test]
fn blocks_and_parts_leave_no_trace_in_the_result() {
    let mut csv = String::from("id,x,t,u\n");
    for row in 0..50_000 {
        let text = match row % 7 {
            0 => "\"a,\nb\n\"\"c\"",
            1 => "it\"s",
            2 => "",
            _ => "plain text",
        };
        csv.push_str(&format!(
            "{row},{}.5,{text},{}\n",
            row % 1000,
            if row > 40_000 { "1.25" } else { "1" }
        ));
    }
    let frame = read_one(&csv).frame;
    let mut lines = ::csv::ReaderBuilder::new().from_reader(csv.as_bytes());
    let (id, x, t, u) = (
        frame.column("id").unwrap(),
        frame.column("x").unwrap(),
        frame.column("t").unwrap(),
        frame.column("u").unwrap(),
    );
    let (id, x, t, u) = (
        id.i64().unwrap(),
        x.f64().unwrap(),
        t.str().unwrap(),
        u.f64().unwrap(),
    );
    let mut rows = 0;
    for (row, record) in lines.records().map(Result::unwrap).enumerate() {
        assert_eq!(id.get(row), record[0].parse().ok());
        assert_eq!(x.get(row), record[1].parse().ok());
        assert_eq!(
            t.get(row),
            Some(&record[2]).filter(|text| !text.is_empty()),
            "row {row}"
        );
        assert_eq!(u.get(row), record[3].parse().ok());
        rows += 1;
    }
    assert_eq!(frame.height(), rows);
    // A fault far inside is found at its line.
    let lines = csv.matches('\n').count() as u64;
    check_bad(
        format!("{csv}1,2\n").as_bytes(),
        Some(lines + 1),
        None,
        "2 fields where the header has 4",
    );
    check_bad(
        format!("{csv}1,2,\"x,3\n{}", "1,2,x,3\n".repeat(200_000)).as_bytes(),
        Some(lines + 1),
        None,
        "a quote opens in this record and is not closed within 64 MB",
    );
    check_bad(
        format!("{csv}1,2,\"x,3\n1,2,x,3\n").as_bytes(),
        Some(lines + 1),
        None,
        "a quote opens here and is never closed",
    );
}

#[test]
fn compressed_files_are_read_whole_or_quarantined() {
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let members = [gzip("a,b\n1,x\n"), gzip("2,y\n")].concat();
    let frames = [
        zstd::encode_all(&b"a,b\n3,z\n"[..], 1).unwrap(),
        zstd::encode_all(&b"4,w\n"[..], 1).unwrap(),
    ]
    .concat();
    let read = read_files(&[
        ("a.csv.gz", &members),
        ("b.csv.zst", &frames),
        ("c.gz", &gzip("a,b\n5,v\n")),
    ]);
    assert_eq!(show(&read.frame), ["1|x", "2|y", "3|z", "4|w", "5|v"]);
    let read = read_files(&[
        ("a.csv.gz", &members[..members.len() - 6]),
        ("b.csv.zst", &frames[..frames.len() - 2]),
    ]);
    assert_eq!(read.quarantined.len(), 2);
    assert!(
        read.quarantined
            .iter()
            .all(|bad| bad.reason == "the compressed data is damaged or cut off"),
        "{:?}",
        read.quarantined
    );
}

#[test]
fn a_number_is_read_to_the_last_bit() {
    let values = [
        "0.1",
        "-0.30000000000000004",
        "123456789.123456789",
        "5e-324",
        "1.7976931348623157e308",
        ".5",
        "5.",
        "+1.25",
        "1E5",
        "9007199254740993.0",
    ];
    let csv = format!("a\n0.5\n{}\n", values.join("\n"));
    let read = read_one(&csv);
    let column = read.frame.column("a").unwrap().f64().unwrap();
    for (row, value) in values.iter().enumerate() {
        assert_eq!(
            column.get(row + 1).map(f64::to_bits),
            value.parse().ok().map(f64::to_bits),
            "{value}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b','), Just(b'\n'), Just(b'"'), Just(b'1')], 0..200)) {
        let bytes = &bytes[..];
        let read = read_files(&[("a.csv", bytes), ("b.json", bytes), ("c.csv.gz", bytes), ("d.csv.zst", bytes), ("e.parquet", bytes)]);
        prop_assert!(read.quarantined.len() >= 2);
    }

    #[test]
    fn what_is_written_is_read_again(rows in proptest::collection::vec((any::<i32>(), -1e6..1e6f64, "[a-z,\"\n ]{1,6}x"), 1..20)) {
        let mut frame = polars::prelude::df!(
            "i" => rows.iter().map(|row| i64::from(row.0)).collect::<Vec<_>>(),
            "n" => rows.iter().map(|row| row.1 + 0.5).collect::<Vec<_>>(),
            "t" => rows.iter().map(|row| row.2.clone()).collect::<Vec<_>>(),
        ).unwrap();
        let dir = folder(&[]);
        let path = dir.path().join("a.csv");
        write_file(&mut frame, &path).unwrap();
        let csv = std::fs::read(&path).unwrap();
        let ours = read_files(&[("a.csv", &csv)]).frame;
        prop_assert!(ours.equals(&frame), "{:?}", show(&ours));
        // And by another reader.
        let mut reader = ::csv::Reader::from_reader(&csv[..]);
        let texts: Vec<String> = reader.records().map(|record| record.unwrap()[2].to_string()).collect();
        prop_assert_eq!(texts, rows.iter().map(|row| row.2.clone()).collect::<Vec<_>>());
    }
}
