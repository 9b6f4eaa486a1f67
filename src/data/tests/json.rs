//! JSON in other layouts and encodings.

use super::*;

#[test]
fn json_in_the_layouts_of_pandas_is_read_as_records() {
    let rows = ["1|x", "2|y"];
    for json in [
        r#"{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}"#,
        r#"{"0": {"a": 1, "b": "x"}, "1": {"a": 2, "b": "y"}}"#,
        r#"{"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, "y"]]}"#,
        r#"{"a": [1, 2], "b": ["x", "y"]}"#,
    ] {
        let read = read_files(&[("a.json", json.as_bytes())]);
        assert_eq!(read.quarantined, [], "{json}");
        assert_eq!(show(&read.frame), rows, "{json}");
    }
    for (json, reason) in [
        (
            "[[1, 2], [3, 4]]",
            "a record that is a list: its values have no names; write objects, as pandas does with `orient=\"records\"`",
        ),
        (
            r#"{"a": {"p": 1, "q": 2}, "b": {"p": 3, "q": 4}}"#,
            "rows and columns cannot be told apart; write a list of records, as pandas does with `orient=\"records\"`",
        ),
        (
            r#"[{"a": {"b": 1}}]"#,
            "a nested value; flatten it, or name the column in drop",
        ),
    ] {
        let read = read_files(&[("a.json", json.as_bytes())]);
        let [bad] = &read.quarantined[..] else {
            panic!("{json} is read");
        };
        assert_eq!(bad.reason, reason);
    }
}

#[test]
fn json_is_decoded_as_other_text_is() {
    let text = "[{\"a\": 1, \"b\": \"Köln\"},\n {\"a\": 2, \"b\": \"y\"}]";
    let lines = "{\"a\": 1, \"b\": \"Köln\"}\n{\"a\": 2, \"b\": \"y\"}\n";
    let layout = r#"{"a": [1, 2], "b": ["Köln", "y"]}"#;
    for json in [text, lines, layout] {
        let little: Vec<u8> = json.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [
            b"\xFE\xFF".to_vec(),
            json.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ];
        for (bytes, encoding) in [(little, "utf-16le"), (marked.concat(), "utf-16be")] {
            let read = read_files(&[("a.json", &bytes)]);
            assert_eq!(read.quarantined, [], "{json}");
            assert_eq!(show(&read.frame), ["1|Köln", "2|y"], "{json}");
            assert_eq!(read.plan.files[0].encoding.as_deref(), Some(encoding));
            assert!(
                read.remarks
                    .iter()
                    .any(|remark| remark.says == format!("a.json is read as {encoding}"))
            );
            let dir = folder(&[("a.json", &bytes)]);
            let own = own::own(&dir.path().join("a.json"), &ReadOptions::default()).expect("reads");
            assert_eq!(
                (own.names(), own.rows()),
                (vec!["a".to_string(), "b".to_string()], 2),
                "{json}"
            );
        }
    }
    assert_eq!(
        read_files(&[("a.json", text.as_bytes())]).plan.files[0].encoding,
        None
    );
}
