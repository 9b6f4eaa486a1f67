//! Folders, JSON, Parquet, and files written and read back.

use polars::prelude::{
    DataType, IntoColumn as _, NamedFrom as _, ParquetWriter, Series, TimeUnit, df,
};

use super::*;

#[test]
fn a_scan_lists_readable_files_by_path_and_hash() {
    let dir = folder(&[
        ("b.csv", b"x\n"),
        ("a/deep/c.NDJSON", b"{}"),
        (".hidden.csv", b""),
        ("~lock.csv", b""),
        ("a/x.csv.part", b""),
        ("y.tmp", b""),
        ("z.crdownload", b""),
        ("readme.md", b""),
        (".git/d.csv", b""),
    ]);
    let found = scan(dir.path()).unwrap();
    let paths: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["a/deep/c.NDJSON", "b.csv"]);
    assert_eq!((found.files[1].sha256.len(), found.files[1].bytes), (64, 2));
    assert_eq!(
        (found.ignored, found.unsettled),
        (vec!["readme.md".to_owned()], vec![])
    );
}

#[test]
fn a_hash_knows_content_and_nothing_else() {
    let dir = folder(&[("a.csv", b"abc"), ("b/c.csv", b"abc")]);
    let found = scan(dir.path()).unwrap();
    // FIPS 180-2, B.1.
    assert_eq!(
        found.files[0].sha256,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(found.files[0].sha256, found.files[1].sha256);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let dir = folder(&[("a.csv", b"")]);
    let error = scan(&dir.path().join("none")).unwrap_err().to_string();
    assert!(
        error.starts_with("read the folder `") && error.contains("none"),
        "{error}"
    );
    assert!(matches!(
        scan(&dir.path().join("a.csv")),
        Err(Error::Folder { .. })
    ));
}

#[cfg(unix)]
#[test]
fn a_link_to_what_holds_the_folder_is_not_followed() {
    let dir = folder(&[("input/a.csv", b"x\n1\n"), ("other/b.csv", b"x\n2\n")]);
    let input = dir.path().join("input");
    for (target, name) in [("..", "up"), (".", "here"), ("../other", "beside")] {
        std::os::unix::fs::symlink(target, input.join(name)).unwrap();
    }
    let found = scan(&input).unwrap();
    let paths: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["a.csv", "beside/b.csv"]);
}

#[test]
fn a_loop_of_links_ends_and_a_broken_link_is_unsettled() {
    let dir = folder(&[("a/x.csv", b"x\n1\n")]);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("a/up")).unwrap();
    for (target, name) in [
        ("nowhere.csv", "gone.csv"),
        ("itself.csv", "itself.csv"),
        ("there.csv", "back.csv"),
        ("back.csv", "there.csv"),
        ("round", "round"),
    ] {
        std::os::unix::fs::symlink(target, dir.path().join(name)).unwrap();
    }
    let found = scan(dir.path()).unwrap();
    let left = ["back.csv", "gone.csv", "itself.csv", "round", "there.csv"];
    assert_eq!(
        (found.files.len(), found.unsettled),
        (1, left.map(str::to_owned).to_vec())
    );
}

#[test]
fn json_arrays_and_ndjson_are_read() {
    for json in [
        r#"[{"a": 1, "b": "x"}, {"b": null, "a": 2.5, "c": true}]"#,
        "\u{feff}{\"a\": 1, \"b\": \"x\"}\n\n{\"b\": null, \"a\": 2.5, \"c\": true}",
    ] {
        let read = read_files(&[("a.json", json.as_bytes())]);
        assert_eq!(read.quarantined, []);
        assert_eq!(kinds(&read), ["a:number", "b:text", "c:boolean"]);
        assert_eq!(show(&read.frame), ["1.0|x|-", "2.5|-|true"]);
    }
}

#[test]
fn bad_json_is_quarantined_without_values() {
    let check = |json: &str, line, column: Option<&str>, reason: &str| {
        let read = read_files(&[("a.json", json.as_bytes())]);
        let bad = &read.quarantined[0];
        assert_eq!(
            (bad.line, bad.column.as_deref(), bad.reason.as_str()),
            (line, column, reason),
            "{json}"
        );
    };
    check("", None, None, "file is empty");
    check("[]", None, None, "no object with a key is in the file");
    check(
        "[{\"a\": 1},\n{\"a\": [2]}]",
        Some(2),
        Some("a"),
        "a nested value; flatten it, or name the column in drop",
    );
    check(
        "\u{feff}{\"a\": 1}\n{\"a\": {\"b\": 2}}",
        Some(2),
        Some("a"),
        "a nested value; flatten it, or name the column in drop",
    );
    check(
        "[{\"a\": 1},\n \"secret\"]",
        Some(2),
        None,
        "an element that is not an object",
    );
    check(
        "{\"a\": 1}\n{\"a\": NaN}",
        Some(2),
        None,
        "JSON has no NaN; write `null` for a missing value",
    );
    check(
        "{\"a\": 1e999}",
        Some(1),
        None,
        "not valid JSON: number out of range",
    );
    check(
        "[{\"a\": 1},\n{\"a\": ",
        Some(2),
        None,
        "the file ends in the middle of a value",
    );
    check(
        &"[".repeat(100_000),
        Some(1),
        None,
        "not valid JSON: recursion limit exceeded",
    );
}

#[test]
fn text_in_a_json_column_of_numbers_is_found_with_its_line() {
    let read = read_files(&[
        ("a.csv", b"x\n1\n2\n3\n"),
        ("b.ndjson", b"{\"x\": 1}\n{\"x\": \"t\"}\n"),
    ]);
    assert_eq!(
        (
            read.quarantined[0].line,
            read.quarantined[0].column.as_deref()
        ),
        (Some(2), Some("x"))
    );
}

fn parquet_of(columns: Vec<Series>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut frame = DataFrame::new_infer_height(
        columns
            .into_iter()
            .map(|series| series.into_column())
            .collect(),
    )
    .unwrap();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

#[test]
fn parquet_types_are_brought_to_the_four_kinds() {
    let series = |name: &str, dtype: DataType| {
        Series::new(name.into(), [0i64, 20_000])
            .cast(&dtype)
            .unwrap()
    };
    let bytes = parquet_of(vec![
        series("i8", DataType::Int64)
            .clear()
            .extend_constant(polars::prelude::AnyValue::Int64(1), 2)
            .unwrap()
            .cast(&DataType::Int8)
            .unwrap(),
        series("u16", DataType::UInt16),
        series("i32", DataType::Int32),
        series("u64", DataType::UInt64),
        series("f32", DataType::Float32),
        series("day", DataType::Int32)
            .cast(&DataType::Date)
            .unwrap(),
        series("time", DataType::Datetime(TimeUnit::Milliseconds, None)),
        Series::new("inf".into(), [f64::INFINITY, 1.0]),
        Series::new("none".into(), [None::<i64>, None]),
    ]);
    let read = read_files(&[("a.parquet", &bytes)]);
    assert_eq!(read.quarantined, []);
    assert_eq!(
        kinds(&read),
        [
            "i8:integer",
            "u16:integer",
            "i32:integer",
            "u64:integer",
            "f32:number",
            "day:text",
            "time:text",
            "inf:number",
            "none:number"
        ]
    );
    assert_eq!(
        show(&read.frame),
        [
            "1|0|0|0|0.0|1970-01-01|1970-01-01T00:00:00|-|-",
            "1|20000|20000|20000|20000.0|2024-10-04|1970-01-01T00:00:20|1.0|-"
        ]
    );
    assert_eq!(read.non_finite, [("inf".to_owned(), 1)]);
}

#[test]
fn parquet_of_other_types_or_damaged_is_quarantined() {
    let list = Series::new(
        "l".into(),
        [
            Series::new("".into(), [1i64]),
            Series::new("".into(), [2i64]),
        ],
    );
    let good = parquet_of(vec![Series::new(
        "x".into(),
        (0..1000i64).collect::<Vec<_>>(),
    )]);
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle..].iter_mut().for_each(|byte| *byte ^= 0x5A);
    let read = read_files(&[
        ("a.parquet", &parquet_of(vec![list])),
        ("b.parquet", &damaged),
        ("c.parquet", &good[..good.len() / 2]),
        ("d.parquet", b""),
        ("e.parquet", b"PAR1"),
    ]);
    let reasons: Vec<_> = read
        .quarantined
        .iter()
        .map(|bad| bad.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "`l` (lists) cannot be used; name the column in `drop`, or write flat values",
            "not a Parquet file, or a damaged one",
            "not a Parquet file, or a damaged one",
            "file is empty",
            "not a Parquet file, or a damaged one"
        ]
    );
}

/// The bytes are those of polars 2.1.0 in Python: `write_csv`, `write_json`, `write_ndjson`.
#[test]
fn text_files_have_the_bytes_that_polars_writes() {
    let frame = df!(
        "i" => [Some(1i64), None, Some(-5)],
        "n, \"x\"" => [Some(0.1), Some(1e300), None],
        "b" => [Some(true), None, Some(false)],
        "t" => [Some("a,\"\nb"), Some(""), Some("é\t\\ \u{1}")],
        "u" => [Some("plain"), None, Some("\"q\"")],
        "f" => [2.0, 1e16, 1.5e-7],
    )
    .unwrap();
    let rows = [
        r#"{"i":1,"n, \"x\"":0.1,"b":true,"t":"a,\"\nb","u":"plain","f":2.0}"#,
        r#"{"i":null,"n, \"x\"":1e+300,"b":null,"t":"","u":null,"f":1e+16}"#,
        r#"{"i":-5,"n, \"x\"":null,"b":false,"t":"é\t\\ \u0001","u":"\"q\"","f":1.5e-7}"#,
    ];
    let expected = [
        ("a.csv", "i,\"n, \"\"x\"\"\",b,t,u,f\n1,0.1,true,\"a,\"\"\nb\",plain,2.0\n,1e+300,,\"\",,1e+16\n-5,,false,é\t\\ \u{1},\"\"\"q\"\"\",1.5e-7\n".to_string()),
        ("a.tsv", "i\t\"n, \"\"x\"\"\"\tb\tt\tu\tf\n1\t0.1\ttrue\t\"a,\"\"\nb\"\tplain\t2.0\n\t1e+300\t\t\"\"\t\t1e+16\n-5\t\tfalse\t\"é\t\\ \u{1}\"\t\"\"\"q\"\"\"\t1.5e-7\n".to_string()),
        ("a.json", format!("[{}]", rows.join(","))),
        ("a.ndjson", format!("{}\n", rows.join("\n"))),
    ];
    let dir = folder(&[]);
    for (name, text) in expected {
        let path = dir.path().join(name);
        write_file(&mut frame.clone(), &path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name}");
        write_file(&mut frame.clear(), &path).unwrap();
        let empty = std::fs::read_to_string(&path).unwrap();
        let header = text.lines().next().unwrap();
        let wanted = match name {
            "a.json" => "[]".to_string(),
            "a.ndjson" => String::new(),
            _ => format!("{header}\n"),
        };
        assert_eq!(empty, wanted, "{name}");
    }
}

#[test]
fn a_frame_is_the_same_after_writing_and_reading() {
    let frame = df!("i" => [Some(1i64), None], "n" => [Some(0.1), Some(1e300)], "b" => [Some(true), Some(false)], "t" => [Some("a,\"\nb"), Some("ü")]).unwrap();
    let dir = folder(&[]);
    for name in ["a.parquet", "a.csv", "a.tsv", "a.json", "a.ndjson"] {
        let path = dir.path().join(name);
        write_file(&mut frame.clone(), &path).unwrap();
        let back = read_file(&path, &ReadOptions::default()).unwrap();
        assert!(back.equals_missing(&frame), "{name}: {:?}", show(&back));
    }
    assert!(
        read_parquet(&dir.path().join("a.parquet"))
            .unwrap()
            .equals_missing(&frame)
    );
    assert!(matches!(
        write_file(&mut frame.clone(), &dir.path().join("a.xls")),
        Err(Error::Extension { .. })
    ));
    assert!(matches!(
        read_file(&dir.path().join("a.xls"), &ReadOptions::default()),
        Err(Error::Extension { .. })
    ));
    assert!(matches!(
        read_file(&dir.path().join("none.csv"), &ReadOptions::default()),
        Err(Error::File { .. })
    ));
    assert!(matches!(
        write_file(&mut frame.clone(), &dir.path().join("none/a.csv")),
        Err(Error::File { .. })
    ));
}

#[test]
fn of_long_files_in_any_format_only_the_beginning_is_read_where_that_is_asked_for() {
    let records: Vec<String> = (0..20_000)
        .map(|at| format!("{{\"x\": {at}, \"s\": \"row {at}\"}}"))
        .collect();
    let list = format!("[{}]", records.join(",\n"));
    let lines = records.join("\n");
    let dir = folder(&[("a.json", list.as_bytes()), ("b.ndjson", lines.as_bytes())]);
    let rows: Vec<i64> = (0..20_000).collect();
    let mut frame = df!("x" => rows).expect("a frame");
    write_file(&mut frame, &dir.path().join("c.parquet")).expect("is written");
    for (name, most) in [("a.json", 2000), ("b.ndjson", 2000), ("c.parquet", 5000)] {
        let path = dir.path().join(name);
        let head = ReadOptions {
            head: Some(40_000),
            ..ReadOptions::default()
        };
        let few = read_file(&path, &head).expect("is read");
        assert!(
            (500..=most).contains(&few.height()),
            "{name}: {}",
            few.height()
        );
        let all = read_file(&path, &ReadOptions::default()).expect("is read");
        assert_eq!(all.height(), 20_000, "{name}");
        assert_eq!(
            few.column("x").expect("x"),
            &all.column("x").expect("x").head(Some(few.height()))
        );
    }
    // A first record that is longer than the beginning is read all the same.
    let long = format!("[{{\"x\": \"{}\"}}]", "y".repeat(100_000));
    let dir = folder(&[("a.json", long.as_bytes())]);
    let head = ReadOptions {
        head: Some(1000),
        ..ReadOptions::default()
    };
    let read = read_file(&dir.path().join("a.json"), &head).expect("is read");
    assert_eq!(read.height(), 1);
}
