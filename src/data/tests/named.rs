//! Files that are not what their name says, or that only look like what is read: named, with what to do.

use super::*;

#[track_caller]
fn said_of(file: &str, bytes: &[u8]) -> String {
    let read = read_files(&[(file, bytes)]);
    let [bad] = &read.quarantined[..] else {
        panic!("{file} is read: {:?}", show(&read.frame));
    };
    let line = bad
        .line
        .map_or_else(String::new, |line| format!("{line}: "));
    format!("{line}{}", bad.reason)
}

#[test]
fn json_that_is_none_is_named() {
    let utf_16: Vec<u8> = "\u{feff}[{\"x\": 1},\n {\"x\": NaN}]"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (json, words) in [
        (
            &utf_16[..],
            "2: JSON has no NaN; write `null` for a missing value",
        ),
        (
            b"[{\"x\": 1},\n {\"x\": NaN}]",
            "2: JSON has no NaN; write `null` for a missing value",
        ),
        (
            b"{\"x\": 1}\n{\"x\": -Infinity}\n",
            "2: JSON has no -Infinity; write `null` for a missing value",
        ),
        (
            b"x,y\n1,2\n",
            "1: not JSON of records: it begins neither with `[` nor with `{`",
        ),
        (
            b"// export\n[{\"x\": 1}]",
            "1: not JSON of records: it begins neither with `[` nor with `{`",
        ),
        (
            b"<html><body>log in</body></html>",
            "not a data file but a web page (HTML), as a login or error page may be saved",
        ),
        (
            b"PK\x03\x04rest",
            "not a text file but a zip archive, such as an Excel workbook (.xlsx); save the sheet as CSV",
        ),
    ] {
        assert_eq!(said_of("a.json", json), words);
    }
}

#[test]
fn what_is_called_parquet_and_is_none_is_named() {
    for (bytes, words) in [
        (
            &b"ARROW1\0\0rest"[..],
            "not a Parquet file but an Arrow file (Feather), which is not read; save it as Parquet",
        ),
        (
            b"x,y\n1,2\n",
            "not a Parquet file but text; name it `.csv` or `.json`, as it is",
        ),
        (
            b"\x89HDF\r\n\x1a\n",
            "not a Parquet file but an HDF5 file, which is not read; save it as Parquet",
        ),
    ] {
        assert_eq!(said_of("a.parquet", bytes), words);
    }
}

#[test]
fn lines_that_stand_in_quotes_as_a_whole_are_told() {
    let read = read_one("\"a,b\"\n\"1,2\"\n");
    assert_eq!(
        read.notes,
        [
            "a.csv has one column, and its name has `,` in it: whole lines are in quotes, which are one field; remove the quotes \
             around the lines"
        ]
    );
}

#[test]
fn a_column_of_text_in_some_files_and_of_numbers_in_others_is_told() {
    let read = read_files(&[
        ("a.csv", b"code,x\n1,1\n2,2\n"),
        ("b.csv", b"code,x\nA1,1\nB2,2\nC3,3\n"),
        ("c.csv", b"code,x\n7,1\n"),
    ]);
    assert_eq!(kinds(&read), ["code:text", "x:integer"]);
    assert_eq!(
        show(&read.frame),
        ["1|1", "2|2", "A1|1", "B2|2", "C3|3", "7|1"],
        "{:?}",
        read.quarantined
    );
    assert_eq!(
        read.notes,
        [
            "column `code` is text, as in b.csv, though it holds numbers in a.csv and 1 more file; these are taken as they are \
             written; write it alike in every file, or set its kind in `schema`"
        ]
    );
}

#[test]
fn quotes_of_a_text_that_are_wrong_are_found_with_their_line() {
    for (text, found) in [
        (&b"a,b\n1,2\n"[..], None),
        (b"a,b\n\"1\n\"\"x\",2\n", None),
        (
            b"a,b\n1,2\n3,\"4\n",
            Some((3, "a quote opens here and is never closed")),
        ),
        (b"a,b\n\"1\"x,2\n", Some((2, "text after a closing quote"))),
        (b"a,b\n1\"2,3\n", None),
    ] {
        assert_eq!(quote_fault(text, b','), found, "{text:?}");
    }
}
