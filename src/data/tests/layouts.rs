//! How files are laid out and encoded: what is found out, what is left to a setting.

use std::io::Write as _;

use super::*;

fn with(text: TextOptions, files: &[(&str, &[u8])]) -> FolderRead {
    let dir = folder(files);
    let options = ReadOptions {
        dedupe: false,
        text,
        ..ReadOptions::default()
    };
    read(
        dir.path(),
        &scan(dir.path()).expect("a scan"),
        &options,
        None,
    )
    .expect("a read")
}

#[test]
fn the_separator_is_the_one_that_splits_the_lines_alike() {
    for csv in [
        "id|spend|city\n1|1.5|a, b\n2|2.5|c; d\n",
        "id;spend;city\n1;1.5;a, b\n2;2.5;c\n",
        "id\tspend\tcity\n1\t1.5\ta, b\n2\t2.5\tc\n",
        "sep=;\r\nid;spend;city\r\n1;1.5;a\r\n2;2.5;b\r\n",
        "\"sep=|\"\nid|spend|city\n1|1.5|a\n2|2.5|b\n",
        "\"id\";\"spend\";\"city\"\n1;1.5;\"a;b\"\n2;2.5;c\n",
    ] {
        let read = read_one(csv);
        assert_eq!(
            kinds(&read),
            ["id:integer", "spend:number", "city:text"],
            "{csv}"
        );
        assert_eq!(read.frame.height(), 2);
        assert_eq!(read.notes, [""; 0]);
    }
    let read = read_one("id;Umsatz (EUR, netto);Ort\n1;121,79;a\n2;685,11;b\n");
    assert_eq!(
        kinds(&read),
        ["id:integer", "Umsatz (EUR, netto):number", "Ort:text"]
    );
    let lists = read_one("id,tags,left\n1,a;b;c;d;e,0\n2,a;b;c;d;f,1\n");
    assert_eq!(kinds(&lists), ["id:integer", "tags:text", "left:integer"]);
    let read = read_files(&[("a.tsv", b"a,b\tc\n1,2\t3\n")]);
    assert_eq!(kinds(&read), ["a,b:number", "c:integer"]);
    let caret = TextOptions {
        delimiter: Some(b'^'),
        ..TextOptions::default()
    };
    assert_eq!(
        show(&with(caret, &[("a.csv", b"a^b\n1^2\n")]).frame),
        ["1|2"]
    );
    let read = read_one("a^b\n1^2\n");
    assert_eq!(
        read.notes,
        [
            "a.csv has one column, and its name has `^` in it; where that separates fields, set `ingest.delimiter`"
        ]
    );
}

#[test]
fn lines_above_the_header_are_passed_over_and_told() {
    let read =
        read_one("Customer report\nGenerated 2026-01-02\n\nid,spend,city\n1,1.5,a\n2,2.5,b\n");
    assert_eq!(kinds(&read), ["id:integer", "spend:number", "city:text"]);
    assert_eq!(
        read.notes,
        [
            "a.csv has its header at line 4; 2 lines are passed over above it as titles (`ingest.header_row` says otherwise)"
        ]
    );
    let read = read_one("Report;;\nid;spend;city\n1;1,5;a\n2;2,5;b\n");
    assert_eq!(show(&read.frame), ["1|1.5|a", "2|2.5|b"]);
    let read = read_one("# made by a tool, version 2\n# on a day\nid,spend,city\n1,1.5,a\n");
    assert_eq!(
        (show(&read.frame), read.notes.len()),
        (vec!["1|1.5|a".to_string()], 0)
    );
    assert_eq!(read.plan.files[0].comment_lines, 2);
    assert_eq!(
        kinds(&read_one("#id,spend\n1,1.5\n2,2.5\n")),
        ["#id:integer", "spend:number"]
    );
    check_bad(
        b"Report\n1,2,3\n4,5,6\n7,8,9\n",
        Some(1),
        None,
        "1 field where the lines below have 3, and no line of names between them; set `ingest.header_row` to the line of the \
         header, or to `none`",
    );
    let at = |row| TextOptions {
        header_row: Some(row),
        ..TextOptions::default()
    };
    let csv = b"a,b,c\nid,x,y\n1,2,3\n";
    assert_eq!(
        kinds(&with(at(2), &[("a.csv", csv)])),
        ["id:integer", "x:integer", "y:integer"]
    );
    let read = with(at(0), &[("a.csv", b"1,2\n3,4\n")]);
    assert_eq!(
        (kinds(&read), show(&read.frame)),
        (
            vec![
                "column_1:integer".to_string(),
                "column_2:integer".to_string()
            ],
            vec!["1|2".to_string(), "3|4".to_string()]
        )
    );
    let read = with(at(9), &[("a.csv", csv)]);
    assert_eq!(
        read.quarantined[0].reason,
        "`ingest.header_row` is 9, and the file has fewer lines"
    );
    let comment = TextOptions {
        comment: Some("//".to_string()),
        ..TextOptions::default()
    };
    let read = with(comment, &[("a.csv", b"// x\na,b\n1,2\n// y, z\n3,4\n//\n")]);
    assert_eq!(show(&read.frame), ["1|2", "3|4"]);
    check_bad(
        b"a,b\n1,2\n# end\n",
        Some(3),
        None,
        "1 field where the header has 2; lines that begin with `#` are passed over with `ingest.comment`",
    );
    check_bad(
        b"a;b,c\nx;x,y\n",
        Some(1),
        None,
        "`,` and `;` split the lines alike; set `ingest.delimiter` to the one that separates the fields",
    );
}

#[test]
fn a_header_in_the_middle_is_left_out_and_counted() {
    for (csv, line) in [
        ("id,x\n1,2\nid,x\n3,4\n", 3),
        ("id,x\r\n1,2\r\n\u{feff}id,x\r\n3,4\r\n", 3),
        ("id,x\n1,2\n\n3,4\nid,x", 5),
        // As another program writes the same names.
        ("id,x\n1,2\n\"id\",\"x\"\n3,4\n", 3),
        ("id,x\n1,2\nID, X\n3,4\n", 3),
        ("\"id\",\"x\"\n1,2\n3,4\n  id ,x\n", 4),
    ] {
        let read = read_one(csv);
        assert_eq!(show(&read.frame), ["1|2", "3|4"], "{csv}");
        assert_eq!(
            read.notes,
            [format!(
                "a.csv: 1 record is equal to the header and is left out, the first at line {line}"
            )]
        );
    }
    // Rows of the same letters are rows.
    let read = read_one("id,x\nid,y\nidx,x\n\"id\",\"\"\"x\"\n");
    assert_eq!(show(&read.frame), ["id|y", "idx|x", "id|\"x"]);
    let mut csv = String::from("id,x\n");
    (0..30_000).for_each(|row| {
        csv += &format!(
            "{}\n",
            if row % 10_000 == 9_999 {
                "id,x".to_string()
            } else {
                format!("{row},1")
            }
        );
    });
    let read = read_one(&csv);
    assert_eq!(
        (read.frame.height(), read.plan.files[0].headers_again),
        (29_997, 3)
    );
}

#[test]
fn rows_of_units_and_of_totals_are_told_with_their_line() {
    let read = read_one("name,spend,qty\n-,EUR,kg\na,1.5,2\nb,2.5,3\nc,3.5,4\n");
    assert_eq!(kinds(&read), ["name:text", "spend:number", "qty:integer"]);
    assert!(
        read.notes[0].starts_with("a.csv at line 2 looks like a row of units"),
        "{:?}",
        read.notes
    );
    let read = read_one("name,spend\na,1.5\nb,2.5\nTotal:,4\n");
    assert_eq!(
        read.notes,
        [
            "the last row of a.csv, line 4, looks like a row of totals: its number in `spend` is the sum of those above; remove it, \
          or it is learned from like any row"
        ]
    );
    // Lines are counted as an editor does, whatever is in quotes or above the header.
    let text = "Sales of May\n\nname,spend\n\"a\nb\",1.5\n\nb,2.5\nTotal:,4\n";
    let says = &read_one(text).remarks;
    assert!(
        says.iter().any(|it| it
            .says
            .contains("a.csv, line 8, looks like a row of totals")),
        "{says:?}"
    );
    assert_eq!(
        read_one("name,spend\na,1.5\nb,2.5\nTotal,5\n").notes,
        [""; 0]
    );
}

#[test]
fn encodings_are_found_out_or_set() {
    let text = "id,city\n1,K\u{f6}ln\n2,\u{65e5}\u{672c}\n";
    let utf_16 =
        |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let (little, big) = (utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes));
    let ascii: Vec<u8> = "id,city\n1,Koeln\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [
        [&b"\xFF\xFE"[..], &little].concat(),
        [&b"\xFE\xFF"[..], &big].concat(),
        [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat(),
    ] {
        let read = read_files(&[("a.csv", &bytes)]);
        assert_eq!(
            show(&read.frame),
            ["1|K\u{f6}ln", "2|\u{65e5}\u{672c}"],
            "{:?}",
            read.quarantined
        );
    }
    assert_eq!(show(&read_files(&[("a.csv", &ascii)]).frame), ["1|Koeln"]);
    assert_eq!(
        read_files(&[("a.csv", &ascii)]).plan.files[0]
            .encoding
            .as_deref(),
        Some("utf-16le")
    );
    let latin = b"id,city\n1,K\xF6ln\n2,M\xFCnchen\n";
    check_bad(
        latin,
        Some(2),
        Some("city"),
        "bytes that are not UTF-8, the first at byte 12; set `ingest.encoding`, likely to `windows-1252`",
    );
    let latin_1 = TextOptions {
        encoding: Encoding::named("latin1"),
        ..TextOptions::default()
    };
    let read = with(
        latin_1,
        &[
            ("a.csv", latin),
            ("b.csv", b"\xEF\xBB\xBFid,city\n3,Z\xC3\xBCrich\n"),
            // UTF-8 without a mark, which no text in a code page is by chance.
            ("c.csv", b"id,city\n4,Z\xC3\xBCrich\n"),
        ],
    );
    assert_eq!(
        show(&read.frame),
        [
            "1|K\u{f6}ln",
            "2|M\u{fc}nchen",
            "3|Z\u{fc}rich",
            "4|Z\u{fc}rich"
        ]
    );
    let sjis = TextOptions {
        encoding: Encoding::named("shift_jis"),
        ..TextOptions::default()
    };
    assert_eq!(
        show(&with(sjis, &[("a.csv", b"id,city\n1,\x93\xFA\x96{\n")]).frame),
        ["1|\u{65e5}\u{672c}"]
    );
}

#[test]
fn compression_goes_by_the_bytes_and_other_files_are_named() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"a,b\n1,x\n").unwrap();
    let packed = encoder.finish().unwrap();
    let zstd = zstd::encode_all(&b"a,b\n2,y\n"[..], 1).unwrap();
    let read = read_files(&[
        ("a.csv", &packed),
        ("b.csv.gz", &zstd),
        ("c.csv.gz", b"a,b\n3,z\n"),
    ]);
    assert_eq!(
        show(&read.frame),
        ["1|x", "2|y", "3|z"],
        "{:?}",
        read.quarantined
    );
    assert_eq!(read.plan.files[0].compression.as_deref(), Some("gzip"));
    for (bytes, words) in [
        (&b"PK\x03\x04rest"[..], "an Excel workbook (.xlsx)"),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1",
            "an Excel workbook of the old form",
        ),
        (b"PAR1rest", "a Parquet file"),
        (b"<!DOCTYPE html><html>", "a web page (HTML)"),
        (b"{\\rtf1\\ansi x}", "a document (RTF)"),
        (b"ARROW1\0\0rest", "an Arrow file (Feather)"),
    ] {
        let read = read_files(&[("a.csv", bytes)]);
        assert!(
            read.quarantined[0].reason.contains(words),
            "{:?}",
            read.quarantined
        );
    }
    let read = read_files(&[
        ("a.csv", b"a,b\n1,2\n"),
        ("b.xlsx", b"PK"),
        ("c.csv.bz2", b"BZh"),
        ("readme.txt", b"x"),
    ]);
    assert_eq!(
        read.notes,
        [
            "b.xlsx and 1 more of such files is passed over: files of this kind are not read; save it as CSV or Parquet, or remove it"
        ]
    );
}

#[test]
fn blanks_of_every_kind_are_taken_off_numbers_names_and_empty_cells() {
    let read = read_one("\u{a0}id\u{200b},x\n\u{a0}1\u{2009},\u{a0}\n2\u{feff},y\n");
    assert_eq!(kinds(&read), ["id:integer", "x:text"]);
    assert_eq!(show(&read.frame), ["1|-", "2|y"]);
    assert_eq!(
        trim_text("\u{200b} \u{a0}a\u{a0}b\u{2060}\u{3000}"),
        "a\u{a0}b"
    );
}
