//! Numbers as people write them: values, or the words of what is left in doubt.

use super::*;

fn set(text: TextOptions) -> ReadOptions {
    ReadOptions {
        dedupe: false,
        text,
        ..ReadOptions::default()
    }
}

fn read_set(files: &[(&str, &[u8])], options: &ReadOptions) -> FolderRead {
    let dir = folder(files);
    read(
        dir.path(),
        &scan(dir.path()).expect("a scan"),
        options,
        None,
    )
    .expect("a read")
}

/// The cells of column `x` of a semicolon file with these.
fn column(cells: &[&str]) -> FolderRead {
    column_with(cells, TextOptions::default())
}

fn column_with(cells: &[&str], text: TextOptions) -> FolderRead {
    let rows = cells.iter().enumerate();
    let rows: String = rows.map(|(row, cell)| format!("r{row};{cell}\n")).collect();
    let csv = format!("id;x\n{rows}");
    read_set(&[("a.csv", csv.as_bytes())], &set(text))
}

/// What is read of `x`, as text.
fn values(read: &FolderRead) -> Vec<String> {
    let lines = show(&read.frame).into_iter();
    lines
        .map(|line| line.split('|').nth(1).unwrap_or_default().to_string())
        .collect()
}

#[track_caller]
fn check(cells: &[&str], kind: &str, wanted: &[&str]) {
    let read = column(cells);
    assert_eq!(
        kinds(&read)[1],
        format!("x:{kind}"),
        "{cells:?} {:?}",
        read.notes
    );
    assert_eq!(values(&read), wanted, "{cells:?}");
    assert_eq!(read.notes, [""; 0], "{cells:?}");
}

#[test]
fn numbers_in_local_form_are_numbers_where_the_whole_column_is() {
    check(
        &["121,79", "685,11", "", "3"],
        "number",
        &["121.79", "685.11", "-", "3.0"],
    );
    check(
        &["$121.79", "$5", "-$1,234.50"],
        "number",
        &["121.79", "5.0", "-1234.5"],
    );
    check(
        &["121,79 €", "1.234,5\u{a0}€", "7 €"],
        "number",
        &["121.79", "1234.5", "7.0"],
    );
    check(
        &["EUR 12,50", "12,5 EUR", "EUR 3,-"],
        "number",
        &["12.5", "12.5", "3.0"],
    );
    check(
        &["1 234,5", "1\u{202f}234\u{202f}567,25", "12,5"],
        "number",
        &["1234.5", "1234567.25", "12.5"],
    );
    check(
        &["(12.5)", "13.5", "(0.25)"],
        "number",
        &["-12.5", "13.5", "-0.25"],
    );
    check(&["12.5%", "7 %", "0"], "number", &["12.5", "7.0", "0.0"]);
    check(
        &["12,5-", "13,5", "7-"],
        "number",
        &["-12.5", "13.5", "-7.0"],
    );
    check(
        &["1'234.50", "12'345'678.00", "5.25"],
        "number",
        &["1234.5", "12345678.0", "5.25"],
    );
    check(
        &["\u{2212}5,5", "6,25", "\u{2212}7"],
        "number",
        &["-5.5", "6.25", "-7.0"],
    );
    check(
        &["12,34,567.5", "1,23,456", "12.5"],
        "number",
        &["1234567.5", "123456.0", "12.5"],
    );
    check(
        &["1.234.567", "365", "2.055"],
        "integer",
        &["1234567", "365", "2055"],
    );
    check(&["1,5E+03", "2,5"], "number", &["1500.0", "2.5"]);
    check(&["kr 1 200,50", "kr 5,00"], "number", &["1200.5", "5.0"]);
}

#[test]
fn points_group_thousands_in_a_file_that_shows_decimal_commas() {
    let read = read_files(&[("a.csv", b"umsatz;rabatt\n365;1,35\n2.055;7,61\n")]);
    assert_eq!(kinds(&read), ["umsatz:integer", "rabatt:number"]);
    assert_eq!(show(&read.frame), ["365|1.35", "2055|7.61"]);
    // A column that can only have decimal points keeps them, and another file tells of one that may be either.
    let read = read_files(&[("a.csv", b"x;y\n0.5;1,35\n12.25;7,61\n")]);
    assert_eq!(show(&read.frame), ["0.5|1.35", "12.25|7.61"]);
    let files: [(&str, &[u8]); 2] = [
        ("a.csv", b"x;y\n1.500;1\n2.055;2\n"),
        ("b.csv", b"x;y\n1.500,5;1\n7,25;2\n"),
    ];
    assert_eq!(
        show(&read_files(&files).frame),
        ["1500.0|1", "2055.0|2", "1500.5|1", "7.25|2"]
    );
}

#[test]
fn a_form_that_may_mean_two_numbers_is_told_with_the_setting() {
    let cells = ["1,234", "5,678"];
    let read = column(&cells);
    assert_eq!(kinds(&read)[1], "x:text");
    assert_eq!(
        read.notes,
        [
            "column `x` is text in a.csv: 2 of 2 cells are numbers, but 2 of its numbers have a comma before three digits, which \
          may be the decimal mark or group thousands; set `ingest.decimal` or `ingest.thousands`"
        ]
    );
    let comma = TextOptions {
        decimal: Decimal::Comma,
        ..TextOptions::default()
    };
    assert_eq!(values(&column_with(&cells, comma)), ["1.234", "5.678"]);
    let grouped = TextOptions {
        thousands: Thousands::Comma,
        ..TextOptions::default()
    };
    assert_eq!(values(&column_with(&cells, grouped)), ["1234", "5678"]);
    // Points are read as programs write them, and told.
    let read = column(&["1.234", "5.678", "7.901"]);
    assert_eq!(values(&read), ["1.234", "5.678", "7.901"]);
    assert_eq!(
        read.notes,
        [
            "column `x` of a.csv has three digits behind the point in its fractions, and the point is read as the decimal mark; \
          where it groups thousands, set `ingest.thousands` to `.`"
        ]
    );
    let points = TextOptions {
        thousands: Thousands::Point,
        ..TextOptions::default()
    };
    assert_eq!(
        values(&column_with(&["1.234", "5.678"], points)),
        ["1234", "5678"]
    );
    // Another column of the file settles it.
    let read = read_files(&[("a.csv", b"x;y\n\"1,234\";0.5\n\"5,678\";12.25\n")]);
    assert_eq!(show(&read.frame), ["1234|0.5", "5678|12.25"]);
    let read = column(&["$5", "\u{20ac}6", "$7"]);
    assert!(
        read.notes[0].contains("different currencies"),
        "{:?}",
        read.notes
    );
    let read = column(&["12,5", "13.5", "14,5", "15.5"]);
    assert!(
        read.notes[0].contains("2 of its numbers have a decimal comma and 2 a decimal point"),
        "{:?}",
        read.notes
    );
}

#[test]
fn settings_that_say_no_are_obeyed() {
    let none = TextOptions {
        currency: Some(String::new()),
        ..TextOptions::default()
    };
    assert_eq!(kinds(&column_with(&["$5", "$6"], none))[1], "x:text");
    let pounds = TextOptions {
        currency: Some("stone".to_string()),
        ..TextOptions::default()
    };
    assert_eq!(
        values(&column_with(&["12 stone", "13 stone"], pounds)),
        ["12", "13"]
    );
    let plain = TextOptions {
        thousands: Thousands::None,
        ..TextOptions::default()
    };
    assert_eq!(
        kinds(&column_with(&["1.234,5", "2.345,5"], plain))[1],
        "x:text"
    );
}

#[test]
fn what_only_looks_like_numbers_stays_text() {
    for cells in [
        ["01.02.2026", "13.02.2026"],
        ["2026-01-02", "2026-01-03"],
        ["12:30", "13:45"],
        ["192.168.0.1", "10.0.0.12"],
        ["A1", "B2"],
        ["1-2", "3-4"],
        ["0171 234 567", "0172 345 678"],
        ["007,5x", "1x"],
    ] {
        let read = column(&cells);
        assert_eq!(kinds(&read)[1], "x:text", "{cells:?}");
        assert_eq!(values(&read), cells);
    }
}

#[test]
fn a_mark_among_numbers_is_missing_wherever_it_stands() {
    for (mark, at) in [
        ("-", 0),
        ("n.a.", 5),
        ("unknown", 11),
        ("\u{2014}", 3),
        ("#DIV/0!", 7),
    ] {
        let mut cells: Vec<String> = (0..12).map(|row| format!("{row}.5")).collect();
        cells[at] = mark.to_string();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let read = column(&cells);
        assert_eq!(kinds(&read)[1], "x:number");
        assert_eq!(values(&read)[at], "-");
        assert_eq!(
            read.notes,
            [format!(
                "column `x` is one of numbers: 1 of 12 cells is `{mark}` and counts as missing, the first in a.csv at line {}; \
                 list what means missing in `ingest.null_values`, or keep the column as it stands with kind `text` in `schema`",
                at + 2
            )]
        );
        assert_eq!(read.plan.columns[1].readable, 11);
    }
    // The same in JSON, where numbers may be texts.
    let read = read_files(&[(
        "a.json",
        br#"[{"x": 1}, {"x": "-"}, {"x": "2,5"}, {"x": 3}]"#,
    )]);
    assert_eq!(show(&read.frame), ["1.0", "-", "2.5", "3.0"]);
}

#[test]
fn a_column_of_nearly_all_numbers_is_one_of_numbers() {
    let mut cells: Vec<String> = (0..40).map(|row| format!("{row},5")).collect();
    cells[7] = "ca. 8".to_string();
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    let read = column(&cells);
    assert_eq!(kinds(&read)[1], "x:number");
    assert_eq!(
        read.notes,
        [
            "column `x` is one of numbers: 1 of 40 cells is none and counts as missing, the first in a.csv at line 9 (a text of \
          letters and digits); fix them, list what means missing in `ingest.null_values`, or keep the column as it stands with \
          kind `text` in `schema`"
        ]
    );
    // Fewer are not enough, and what is repeated among few whole numbers is a category.
    let read = column(&["1", "2", "x", "4", "5", "y"]);
    assert_eq!(kinds(&read)[1], "x:text");
    assert!(read.notes[0].starts_with("column `x` is text in a.csv: 4 of 6 cells are numbers; the first other is in a.csv at line 4"), "{:?}", read.notes);
    let grades: Vec<&str> = (0..60)
        .map(|row| ["1", "2", "3"][row % 3])
        .chain(["K", "K"])
        .collect();
    assert_eq!(kinds(&column(&grades))[1], "x:text");
}

#[test]
fn the_test_data_and_requests_are_read_as_the_training_data_was() {
    let read = column(&["1.234,5", "12,5", "-"]);
    let form = read.plan.frozen()["x"].clone();
    assert_eq!(form.to_string(), "decimal comma");
    for (text, wanted) in [
        ("121,79", CellRead::Number(121.79)),
        ("1.234", CellRead::Integer(1234)),
        ("121.79", CellRead::Number(121.79)),
        ("-", CellRead::Missing),
        ("1,234.5", CellRead::Unreadable),
        ("ten", CellRead::Unreadable),
    ] {
        assert_eq!(form.read_alone(text), wanted, "{text}");
    }
    let options = ReadOptions {
        reading: read.plan.frozen(),
        ..set(TextOptions::default())
    };
    let later = read_set(&[("p.csv", b"id;x\nr;1.234\ns;365\n")], &options);
    assert_eq!(show(&later.frame), ["r|1234", "s|365"]);
}

#[test]
fn a_file_that_does_not_fit_is_told_with_the_kind_of_the_others() {
    let files: [(&str, &[u8]); 3] = [
        ("a.csv", b"id,x\n1,1.5\n2,2.5\n"),
        ("b.csv", b"id,x\n3,3.5\n4,4.5\n"),
        ("c.csv", b"id,x\n5,red\n6,blue\n"),
    ];
    let read = read_files(&files);
    assert_eq!(read.quarantined[0].reason, "expected number, found text");
    // Another separator and decimal mark is no reason.
    let other: (&str, &[u8]) = ("c.csv", b"id;x\n5;5,5\n6;6,5\n");
    let read = read_files(&[files[0], files[1], other]);
    assert_eq!(read.quarantined, []);
    assert_eq!(show(&read.frame.slice(4, 2)), ["5|5.5", "6|6.5"]);
}
