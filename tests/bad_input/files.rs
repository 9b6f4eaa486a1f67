//! Files: not what their name says, damaged, or not like the others.

use std::io::Write as _;

use serde_json::json;

use super::project::{good, label, rows};

cases! {
    file_empty(p) { p.add("a.csv", ""); p.ingest() }
    file_of_blank_lines(p) { p.add("a.csv", "\n\n  \n"); p.ingest() }
    file_with_a_header_only(p) { p.input("age,visits,exited\n"); p.run() }
    file_with_a_header_only_among_others(p) {
        p.input(good(0, 50));
        p.add("a.csv", "age,visits,exited\n");
        p.ingest()
    }
    file_with_one_row(p) {
        p.input(good(0, 50));
        p.add("a.csv", "age,visits,exited\n1000,5,1\n");
        p.ingest()
    }
    all_files_bad(p) {
        p.clear("practicedata");
        p.add("a.csv", "");
        p.add("b.csv", "a,b\n\"1,2\n");
        p.run()
    }
    bad_file_fails(p) {
        p.set(json!({"ingest": {"on_bad_file": "fail"}}));
        p.add("a.csv", "age,visits,exited\n1,2,1\n1,2\n");
        p.run()
    }
    text_as_csv(p) { p.add("a.csv", "Dear all,\n\nhere are the rows.\nYours, me, and you\n"); p.ingest() }
    binary_as_csv(p) {
        p.add("a.csv", (0..4000_u32).map(|at| (at * 167 % 251) as u8).collect::<Vec<_>>());
        p.ingest()
    }
    png_as_csv(p) { p.add("a.csv", p.read(&p.version_file("roc.png"))); p.ingest() }
    utf_16(p) {
        let text = "age,visits,exited\n1,2,1\n";
        p.add("a.csv", text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        p.ingest()
    }
    latin_1(p) { p.input(good(0, 50)); p.add("a.csv", b"age,visits,exited\n1,caf\xe9,1\n"); p.ingest() }
    ragged(p) { p.input(good(0, 50)); p.add("a.csv", "age,visits,exited\n1,2,1\n1,2\n"); p.ingest() }
    too_many_fields(p) { p.input(good(0, 50)); p.add("a.csv", "age,visits,exited\n1,2,1,9\n"); p.ingest() }
    half_written(p) { p.input(good(0, 50)); p.add("a.csv", "age,visits,exited\n1,2,1\n3,\"4"); p.ingest() }
    text_after_a_quote(p) { p.input(good(0, 50)); p.add("a.csv", "age,visits,exited\n1,\"2\"x,1\n"); p.ingest() }
    quoted_newline_bom_crlf_and_accents(p) {
        let header = ",\"où\",exited";
        p.input(rows(0..50, header, |row| format!(",\"a{}\nb\",{}", row % 3, label(row))));
        p.add("b.csv", "\u{feff}age,visits,où,exited\r\n1000,2,\"ü, \"\"x\"\"\",1\r\n\r\n1001,3,ß,0");
        p.ingest()
    }
    lone_carriage_returns(p) { p.input(good(0, 50)); p.add("a.csv", "age,visits,exited\r1,2,1\r"); p.ingest() }
    columns_in_another_order(p) { p.input(good(0, 50)); p.add("b.csv", "exited,age,visits\n1,1000,3\n"); p.ingest() }
    column_missing(p) { p.input(good(0, 50)); p.add("a.csv", "age,exited\n1,1\n"); p.ingest() }
    column_extra(p) { p.input(good(0, 50)); p.add("a.csv", "age,visits,exited,vists\n1,2,1,1\n"); p.ingest() }
    column_twice(p) { p.input(good(0, 50)); p.add("a.csv", "age,age,exited\n1,2,1\n"); p.ingest() }
    column_without_a_name(p) { p.input(rows(0..50, ",,exited", |row| format!(",{row},{}", label(row)))); p.ingest() }
    integers_and_fractions(p) { p.input(good(0, 50)); p.add("b.csv", "age,visits,exited\n1000,2.5,1\n"); p.ingest() }
    text_among_numbers(p) { p.input(good(0, 50)); p.add("b.csv", "age,visits,exited\nold,2,1\n"); p.ingest() }
    one_long_line(p) {
        p.input(good(0, 50));
        p.add("a.csv", "x".repeat(5_000_000));
        p.ingest()
    }
    one_long_cell(p) {
        let long = "x".repeat(5_000_000);
        p.input(rows(0..50, ",note,exited", |row| {
            let note = if row == 0 { long.as_str() } else { "short" };
            format!(",{note},{}", label(row))
        }));
        p.train()
    }
    gzip_cut_off(p) {
        p.input(good(0, 50));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(good(0, 500).as_bytes()).expect("memory takes it");
        let bytes = packed.finish().expect("memory takes it");
        p.add("a.csv.gz", &bytes[..bytes.len() / 2]);
        p.ingest()
    }
    not_gzip(p) { p.input(good(0, 50)); p.add("a.csv.gz", good(0, 5)); p.ingest() }
    not_zstandard(p) { p.input(good(0, 50)); p.add("a.csv.zst", good(0, 5)); p.ingest() }
    json_broken(p) { p.input(good(0, 50)); p.add("a.json", "[{\"age\": 1,\n \"visits\": ]"); p.ingest() }
    json_cut_off(p) { p.input(good(0, 50)); p.add("a.ndjson", "{\"age\": 1}\n{\"age\": "); p.ingest() }
    json_nested(p) { p.input(good(0, 50)); p.add("a.ndjson", "{\"age\": 1}\n{\"age\": {\"years\": 1}}\n"); p.ingest() }
    json_key_twice(p) { p.input(good(0, 50)); p.add("a.ndjson", "{\"age\": 1}\n{\"age\": 2, \"visits\": 1, \"age\": 3}\n"); p.ingest() }
    json_key_twice_in_columns(p) { p.input(good(0, 50)); p.add("a.json", r#"{"age": {"0": 30.25, "0": 31}, "visits": {"0": 2, "1": 3}}"#); p.ingest() }
    json_of_lists(p) { p.input(good(0, 50)); p.add("a.json", "[[1, 2], [3, 4]]"); p.ingest() }
    json_of_unclear_layout(p) { p.input(good(0, 50)); p.add("a.json", r#"{"a": {"p": 1, "q": 2}, "b": {"p": 3, "q": 4}}"#); p.ingest() }
    json_in_columns(p) {
        p.input(good(0, 50));
        p.add("a.json", r#"{"age": {"0": "30.25"}, "visits": {"0": 2}, "exited": {"0": 0}}"#);
        p.ingest()
    }
    file_larger_than_memory(p) {
        p.set(json!({"ingest": {"max_file_mb": 1}}));
        p.input(good(0, 50));
        p.add("a.csv", format!("age,visits,name,exited\n{}", "1,2,n,0\n".repeat(1_200_000)));
        p.ingest()
    }
    parquet_of_nested_values(p) {
        p.input(good(0, 50));
        p.add("a.parquet", std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/parquet/nested.parquet")).ok()?);
        p.ingest()
    }
    json_of_numbers(p) { p.input(good(0, 50)); p.add("a.json", "[1, 2]"); p.ingest() }
    parquet_damaged(p) {
        let mut bytes = p.read(&p.data_set());
        let middle = bytes.len() / 2;
        bytes[middle..middle + 64].fill(0xff);
        p.add("a.parquet", bytes);
        p.ingest()
    }
    parquet_cut_off(p) { let bytes = p.read(&p.data_set()); p.add("a.parquet", &bytes[..bytes.len() / 2]); p.ingest() }
    not_parquet(p) { p.add("a.parquet", "PAR1 is what it would begin with"); p.ingest() }
}
