//! Tables as other tools shape them: layouts of JSON, types of Parquet, columns in folder names, files that are cut, that
//! disagree by rows, or that hold little very often.

use std::time::{Duration, SystemTime};

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/parquet")
        .join(name);
    fs::read(path).expect("the file is there")
}

#[test]
fn numbers_in_json_texts_are_numbers_as_in_csv() {
    for (json, kind, rows) in [
        (
            r#"[{"x": "121.79"}, {"x": " 5 "}, {"x": null}]"#,
            "x:number",
            ["121.79", "5.0", "-"],
        ),
        (
            r#"[{"x": "007"}, {"x": "8"}, {"x": ""}]"#,
            "x:integer",
            ["7", "8", "-"],
        ),
        (
            r#"[{"x": "1e309"}, {"x": "2.5"}, {"x": "NA"}]"#,
            "x:number",
            ["-", "2.5", "-"],
        ),
        (
            r#"[{"x": 1}, {"x": "2"}, {"x": "3"}]"#,
            "x:integer",
            ["1", "2", "3"],
        ),
        (
            r#"[{"x": "1"}, {"x": "two"}, {"x": "3"}]"#,
            "x:text",
            ["1", "two", "3"],
        ),
        (
            "{\"x\": \"1.5\"}\n{\"x\": \"2\"}\n{}",
            "x:number",
            ["1.5", "2.0", "-"],
        ),
    ] {
        let read = read_files(&[("a.json", json.as_bytes())]);
        assert_eq!(read.quarantined, [], "{json}");
        assert_eq!(
            (kinds(&read), show(&read.frame)),
            (vec![kind.to_string()], rows.map(str::to_string).to_vec()),
            "{json}"
        );
    }
    // A column that is text stays as it is written, by settings and by another file.
    let expected = schema(&[("x", Kind::Text)]);
    let read = read_with(&[("a.json", br#"[{"x": "007"}]"#)], Some(&expected));
    assert_eq!(show(&read.frame), ["007"]);
    let read = read_files(&[("a.json", br#"[{"x": "007"}]"#), ("b.csv", b"x\nk\nl\n")]);
    assert_eq!(show(&read.frame), ["007", "k", "l"]);
}

fn read_dropping(files: &[(&str, &[u8])], drop: &[&str]) -> FolderRead {
    let dir = folder(files);
    let options = ReadOptions {
        dedupe: false,
        drop: drop.iter().map(ToString::to_string).collect(),
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
fn a_nested_value_in_a_dropped_column_counts_as_missing() {
    let read = read_dropping(
        &[(
            "a.json",
            br#"[{"x": 1, "tags": ["a"]}, {"x": 2, "tags": null}]"#,
        )],
        &["tags"],
    );
    assert_eq!(
        (show(&read.frame), read.notes.len()),
        (vec!["1|-".to_string(), "2|-".to_string()], 0)
    );
    let read = read_dropping(
        &[("a.parquet", &fixture("nested.parquet"))],
        &["tags", "place", "raw"],
    );
    assert_eq!(read.quarantined, []);
    assert_eq!(show(&read.frame), ["1|-|-|-", "2|-|-|-", "3|-|-|-"]);
}

#[test]
fn what_parquet_holds_is_widened_or_named_by_column_and_type() {
    let read = read_files(&[("a.parquet", &fixture("usable.parquet"))]);
    assert_eq!(read.quarantined, []);
    assert_eq!(
        kinds(&read),
        [
            "price:number",
            "count:integer",
            "wide:number",
            "half:number",
            "single:number",
            "tiny:integer",
            "unsigned:integer",
            "huge:number",
            "bytes:text",
            "category:text",
            "day:text",
            "hour:text",
            "moment:text"
        ]
    );
    assert_eq!(
        show(&read.frame),
        [
            "121.79|7|1.2345678901234567e19|1.5|0.5|-128|0|1.8446744073709552e19|Coburg|a|2025-01-31|07:50:03|2025-01-31T07:50:00",
            "-|8|1.0|-|1.5|127|4294967295|1.0|Köln|b|-|-|-",
            "-0.05|-|-|-|-|-|-|-|-|-|1969-12-31|00:00:00.500|2025-02-01T00:00:00",
        ]
    );
    assert_eq!(read.non_finite, [("half".to_string(), 1)]);

    let read = read_files(&[("a.parquet", &fixture("nested.parquet"))]);
    let [bad] = &read.quarantined[..] else {
        panic!("it is read");
    };
    assert_eq!(
        (bad.column.as_deref(), bad.reason.as_str()),
        (
            Some("tags"),
            "`tags` (lists), `place` (nested values) cannot be used; name the columns in `drop`, or write flat values"
        )
    );
    let read = read_dropping(
        &[("a.parquet", &fixture("nested.parquet"))],
        &["tags", "place"],
    );
    assert_eq!(
        read.quarantined[0].reason,
        "bytes that are not UTF-8 cannot be used; name the column in drop"
    );
}

#[test]
fn folders_of_other_tools_give_columns_and_their_marks_are_passed_over() {
    let read = read_files(&[
        ("city=Belm/part-0.csv", b"x\n1\n"),
        ("city=Bad%20Belzig/part-0.csv", b"x\n2\n3\n"),
        ("city=__HIVE_DEFAULT_PARTITION__/part-0.csv", b"x\n4\n"),
        ("_SUCCESS", b""),
        ("_temporary/0/part-1.csv", b"y\n9\n"),
        ("city=Belm/_part.csv", b"y\n9\n"),
    ]);
    assert_eq!((read.quarantined.len(), read.unsettled.len()), (0, 0));
    assert_eq!(kinds(&read), ["x:integer", "city:text"]);
    assert_eq!(
        show(&read.frame),
        ["2|Bad Belzig", "3|Bad Belzig", "1|Belm", "4|-"]
    );
    // Numbers of folder names are numbers, and text where the column is.
    let files: &[(&str, &[u8])] = &[
        ("year=2024/m=01/a.csv", b"x\n1\n"),
        ("year=2025/m=02/a.csv", b"x\n2\n"),
    ];
    assert_eq!(show(&read_files(files).frame), ["1|1|2024", "2|2|2025"]);
    let expected = schema(&[
        ("x", Kind::Integer),
        ("m", Kind::Text),
        ("year", Kind::Integer),
    ]);
    assert_eq!(
        show(&read_with(files, Some(&expected)).frame),
        ["1|01|2024", "2|02|2025"]
    );
    // A file's own column goes before that of its folder.
    assert_eq!(show(&read_files(&[("x=5/a.csv", b"x\n1\n")]).frame), ["1"]);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "times of files are those of the system"
)]
fn a_file_that_ends_in_the_middle_waits_while_it_is_young() {
    let files: &[(&str, &[u8])] = &[
        ("a.csv", b"x,y\n1,2\n"),
        ("b.csv", b"x,y\n3,4\n5"),
        ("c.json", b"[{\"x\": 6, \"y\": 7}, {\"x\""),
        ("d.csv", b"x,y\n8\n9,9\n"),
    ];
    let dir = folder(files);
    let scan = scan(dir.path()).expect("a scan");
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    let read_since = |since| {
        let options = ReadOptions {
            young: Some(since..=since + std::time::Duration::from_secs(7200)),
            ..ReadOptions::default()
        };
        read(dir.path(), &scan, &options, None).expect("a read")
    };
    let young = read_since(long_ago);
    assert_eq!(young.unsettled, ["b.csv", "c.json"]);
    assert_eq!(young.quarantined.len(), 1);
    assert_eq!(young.quarantined[0].path, "d.csv");
    assert_eq!(
        young.notes,
        [
            "b.csv ends in the middle at line 3: 1 field where the header has 2; it was changed lately, so it may be unfinished",
            "c.json ends in the middle at line 1: the file ends in the middle of a value; it was changed lately, so it may be unfinished",
        ]
    );
    // Later it is taken for broken.
    let old = read_since(SystemTime::now() + Duration::from_secs(3600));
    assert_eq!((old.unsettled.len(), old.quarantined.len()), (0, 3));
    // A time to come says nothing of somebody who writes.
    let ahead = read_since(SystemTime::now() - Duration::from_secs(3 * 3600));
    assert_eq!((ahead.unsettled.len(), ahead.quarantined.len()), (0, 3));
}

#[test]
fn between_files_the_kind_of_most_rows_stays_and_text_holds_both() {
    // One file of three codes against two files of one number each.
    let read = read_files(&[
        ("a.csv", b"c\n0071\n"),
        ("b.csv", b"c\n82\n"),
        ("c.csv", b"c\nK7\nK8\nK9\n"),
    ]);
    assert_eq!(
        (read.quarantined.len(), show(&read.frame)),
        (
            0,
            ["0071", "82", "K7", "K8", "K9"]
                .map(str::to_string)
                .to_vec()
        )
    );
    let read = read_files(&[("a.csv", b"c\n1\n2\n"), ("b.csv", b"c\nx\ny\n")]);
    assert_eq!(show(&read.frame), ["1", "2", "x", "y"]);
    let read = read_files(&[("a.csv", b"c\n1\n2\n3\n"), ("b.csv", b"c\nx\ny\n")]);
    assert_eq!(
        (show(&read.frame), read.quarantined.len()),
        (["1", "2", "3"].map(str::to_string).to_vec(), 1)
    );
    let read = read_files(&[("a.csv", b"c\ntrue\n"), ("b.csv", b"c\n1\n2\n")]);
    assert_eq!(
        (show(&read.frame), read.quarantined.len()),
        (["1", "2"].map(str::to_string).to_vec(), 1)
    );
}

fn read_bounded(files: &[(&str, &[u8])], most_bytes: u64) -> FolderRead {
    let dir = folder(files);
    let options = ReadOptions {
        most_bytes: Some(most_bytes),
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
fn equal_rows_of_a_large_file_are_dropped_while_it_is_read() {
    let mut text = String::from("x,y,z\n");
    for row in 0..60_000 {
        text += &format!(
            "{},{},{}\n",
            row % 7,
            if row < 30_000 {
                "1".to_string()
            } else {
                format!("{}.5", row % 2)
            },
            if row % 3 == 0 { "" } else { "t" }
        );
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, text.as_bytes()).expect("compresses");
    let packed = packed.finish().expect("ends");
    // As many bytes as the text has, and far fewer than its rows would need.
    let read = read_bounded(
        &[("a.csv.gz", &packed), ("b.csv", b"x,y,z\n0,1,\n9,9,t\n")],
        2 << 20,
    );
    assert_eq!(read.quarantined, []);
    let mut plain: Vec<String> = text.lines().skip(1).map(str::to_string).collect();
    plain.push("0,1,".to_string());
    plain.push("9,9,t".to_string());
    let mut seen = std::collections::HashSet::new();
    plain.retain(|row| seen.insert(row.clone()));
    assert_eq!((read.rows_read, read.frame.height()), (60_002, plain.len()));
    assert_eq!(read.duplicates_dropped, 60_002 - plain.len() as u64);
    let show = |row: &String| {
        let cells: Vec<&str> = row.split(',').collect();
        let number: f64 = cells[1].parse().expect("a number");
        format!(
            "{}|{number:?}|{}",
            cells[0],
            if cells[2].is_empty() { "-" } else { cells[2] }
        )
    };
    assert_eq!(
        super::show(&read.frame),
        plain.iter().map(show).collect::<Vec<_>>()
    );
}

#[test]
fn a_file_that_needs_more_memory_than_it_may_is_named() {
    let mut csv = String::from("x,y\n");
    (0..80_000).for_each(|row| csv += &format!("{row},{row}\n"));
    let json: String = (0..80_000)
        .map(|row| format!("{{\"x\": {row}, \"y\": 1}}\n"))
        .collect();
    let parquet = fixture("many_rows.parquet");
    for (name, bytes, reason) in [
        (
            "a.csv",
            csv.as_bytes(),
            " rows of 2 columns need more than the 1 MB that one file may; `ingest.max_file_mb` is the bound",
        ),
        (
            "a.ndjson",
            json.as_bytes(),
            "its decompressed contents need more than the 1 MB that one file may; `ingest.max_file_mb` is the bound",
        ),
        (
            "a.parquet",
            &parquet,
            "2000000 rows of 1 columns need more than the 1 MB that one file may; `ingest.max_file_mb` is the bound",
        ),
    ] {
        let read = read_bounded(&[(name, bytes)], 1 << 20);
        let [bad] = &read.quarantined[..] else {
            panic!("{name} is read");
        };
        assert_eq!(bad.path, name);
        assert!(bad.reason.ends_with(reason), "{}", bad.reason);
        assert_eq!(read_bounded(&[(name, bytes)], 1 << 30).quarantined, []);
    }
}
