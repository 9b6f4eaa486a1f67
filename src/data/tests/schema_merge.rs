//! Several files: what they agree on, and who is left out.

use super::*;

#[track_caller]
fn check_left_out(
    files: &[(&str, &[u8])],
    expected: &[(&str, Option<u64>, Option<&str>, &str)],
) -> FolderRead {
    let read = read_files(files);
    let found: Vec<_> = read
        .quarantined
        .iter()
        .map(|bad| {
            (
                bad.path.as_str(),
                bad.line,
                bad.column.as_deref(),
                bad.reason.as_str(),
            )
        })
        .collect();
    assert_eq!(found, expected);
    read
}

#[test]
fn columns_in_another_order_are_put_in_order() {
    let read = check_left_out(&[("a.csv", b"x,y\n1,a\n"), ("b.csv", b"y,x\nb,2\n")], &[]);
    assert_eq!(show(&read.frame), ["1|a", "2|b"]);
    assert_eq!(
        read.files.iter().map(|file| file.rows).collect::<Vec<_>>(),
        [1, 1]
    );
}

#[test]
fn a_missing_or_extra_column_is_named_with_the_nearest() {
    let read = check_left_out(
        &[
            ("a.csv", b"amount,y\n1,2\n"),
            ("b.csv", b"amount,y\n3,4\n"),
            ("c.csv", b"Amuont,y\n5,6\n"),
            ("d.csv", b"amount,y,z\n7,8,9\n"),
            ("e.csv", b"amount\n1\n"),
        ],
        &[
            (
                "c.csv",
                Some(1),
                Some("amount"),
                "the columns differ from the others': missing column `amount` (near `Amuont`); unknown column `Amuont` (near `amount`)",
            ),
            (
                "d.csv",
                Some(1),
                Some("z"),
                "the columns differ from the others': unknown column `z`",
            ),
            (
                "e.csv",
                Some(1),
                Some("y"),
                "the columns differ from the others': missing column `y`",
            ),
        ],
    );
    assert_eq!(read.rows_read, 2);
}

#[test]
fn a_tie_of_column_sets_goes_to_the_first_path() {
    let read = read_files(&[("a.csv", b"x\n1\n"), ("b.csv", b"y\n2\n")]);
    assert_eq!(
        (kinds(&read), read.quarantined.len()),
        (vec!["x:integer".to_owned()], 1)
    );
}

#[test]
fn of_two_column_sets_in_as_many_files_the_one_with_more_rows_is_right() {
    let read = read_files(&[("a.csv", b"Dear all\n"), ("b.csv", b"x,y\n1,2\n3,4\n")]);
    assert_eq!(show(&read.frame), ["1|2", "3|4"]);
    assert_eq!(read.quarantined[0].path, "a.csv");
}

#[test]
fn integers_and_numbers_are_numbers() {
    let read = check_left_out(
        &[
            ("a.csv", b"x\n1\n"),
            ("b.csv", b"x\n2.5\n"),
            ("c.json", b"[{\"x\": 3}, {\"x\": 4.5}]"),
        ],
        &[],
    );
    assert_eq!(
        (kinds(&read), show(&read.frame)),
        (
            vec!["x:number".to_owned()],
            ["1.0", "2.5", "3.0", "4.5"].map(str::to_owned).to_vec()
        )
    );
}

#[test]
fn a_column_without_values_fits_any_kind() {
    let read = check_left_out(
        &[
            ("a.csv", b"x,y,z\n,,\n"),
            ("b.csv", b"x,y,z\n1,t,\n"),
            ("c.csv", b"x,y,z\n"),
        ],
        &[],
    );
    assert_eq!(kinds(&read), ["x:integer", "y:text", "z:number"]);
    assert_eq!(show(&read.frame), ["-|-|-", "1|t|-"]);
    assert_eq!(
        read.notes,
        [
            "c.csv has a header and no rows",
            "column `z` has no value in any file"
        ]
    );
}

#[test]
fn text_in_a_column_of_numbers_is_found_with_line_and_column() {
    check_left_out(
        &[
            ("a.csv", b"x\n1\n5\n"),
            ("b.csv", b"x\n2\n6\n"),
            ("c.csv", b"x\n\n3\nbad\n4\n"),
        ],
        &[(
            "c.csv",
            Some(4),
            Some("x"),
            "expected integer, found text (2 of 3 cells are numbers)",
        )],
    );
    // Half is enough for text, which holds numbers, too.
    let read = check_left_out(&[("a.csv", b"x\nt\n"), ("b.csv", b"x\n2\n")], &[]);
    assert_eq!(show(&read.frame), ["t", "2"]);
}

#[test]
fn numbers_in_a_column_of_text_are_kept_as_written() {
    let read = check_left_out(
        &[
            ("a.csv", b"x\nA1\n"),
            ("b.csv", b"x\n007\n"),
            ("c.csv", b"x\nB2\n"),
        ],
        &[],
    );
    assert_eq!(show(&read.frame), ["A1", "007", "B2"]);
}

#[test]
fn booleans_and_numbers_do_not_mix_over_files() {
    let read = check_left_out(
        &[
            ("a.csv", b"x\ntrue\n"),
            ("b.csv", b"x\n1\n"),
            ("c.csv", b"x\nfalse\n"),
        ],
        &[(
            "b.csv",
            Some(2),
            Some("x"),
            "expected boolean, found integer",
        )],
    );
    assert_eq!(show(&read.frame), ["true", "false"]);
    check_left_out(
        &[("a.csv", b"x\n1.5\n"), ("b.csv", b"x\ntrue\n")],
        &[(
            "b.csv",
            Some(2),
            Some("x"),
            "expected number, found boolean",
        )],
    );
}

#[test]
fn a_file_that_is_left_out_does_not_widen_a_column() {
    let read = read_files(&[
        ("a.csv", b"x,y\n1,1\n"),
        ("b.csv", b"x,y\n2,2\n"),
        ("c.csv", b"x,y\n2.5,bad\n"),
    ]);
    assert_eq!(kinds(&read), ["x:integer", "y:integer"]);
}

#[test]
fn an_expected_schema_decides_over_the_files() {
    let expected = schema(&[("y", Kind::Integer), ("x", Kind::Number)]);
    let read = read_with(
        &[
            ("a.csv", b"x,y\n1,2.5\n"),
            ("b.csv", b"x\n1\n"),
            ("c.csv", b"x\n1\n"),
            ("d.csv", b"x,y\nt,1\n"),
        ],
        Some(&expected),
    );
    assert_eq!(
        (kinds(&read), show(&read.frame)),
        (
            vec!["y:number".to_owned(), "x:number".to_owned()],
            vec!["2.5|1.0".to_owned()]
        )
    );
    assert_eq!(
        read.quarantined
            .iter()
            .map(|bad| bad.path.as_str())
            .collect::<Vec<_>>(),
        ["b.csv", "c.csv", "d.csv"]
    );
}

#[test]
fn nothing_usable_is_an_empty_frame() {
    let read = read_files(&[("a.csv", b"")]);
    assert_eq!(
        (read.frame.shape(), read.quarantined.len(), read.files.len()),
        ((0, 0), 1, 0)
    );
    let expected = schema(&[("x", Kind::Text), ("y", Kind::Boolean)]);
    let read = read_with(&[], Some(&expected));
    assert_eq!((read.frame.shape(), read.schema), ((0, 2), expected));
}

#[test]
fn fail_names_the_first_bad_file() {
    let dir = folder(&[("a.csv", b"x\n1\n"), ("b.csv", b"x\n1,2\n"), ("c.csv", b"")]);
    let options = ReadOptions {
        on_bad_file: OnBadFile::Fail,
        ..ReadOptions::default()
    };
    let error = read(dir.path(), &scan(dir.path()).unwrap(), &options, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "read `b.csv`, line 1: 1 field where the lines below have 2, and no line of names between them; set `ingest.header_row` to \
         the line of the header, or to `none`"
    );
}

#[test]
fn duplicates_are_dropped_over_files_in_order() {
    let dir = folder(&[
        ("a.csv", b"x,y\n1,a\n2,b\n1,a\n"),
        ("b.csv", b"y,x\nb,2.0\nc,3\n"),
    ]);
    let read = read(
        dir.path(),
        &scan(dir.path()).unwrap(),
        &ReadOptions::default(),
        None,
    )
    .unwrap();
    assert_eq!(show(&read.frame), ["1.0|a", "2.0|b", "3.0|c"]);
    assert_eq!(
        (
            read.rows_read,
            read.duplicates_dropped,
            read.row_hashes.len()
        ),
        (5, 2, 3)
    );
}

#[test]
fn a_file_that_changed_since_the_scan_is_left_for_the_next_run() {
    let dir = folder(&[
        ("a.csv", b"x\n1\n"),
        ("b.csv", b"x\n2\n"),
        ("c.csv", b"x\n3\n"),
    ]);
    let scanned = scan(dir.path()).unwrap();
    fs::write(dir.path().join("a.csv"), b"x\n1\n5\n").unwrap();
    fs::remove_file(dir.path().join("c.csv")).unwrap();
    let read = read(dir.path(), &scanned, &ReadOptions::default(), None).unwrap();
    assert_eq!(
        (show(&read.frame), read.unsettled),
        (
            vec!["2".to_owned()],
            vec!["a.csv".to_owned(), "c.csv".to_owned()]
        )
    );
}
