//! What the program itself stored, damaged by somebody else or made by a newer program.

use super::project::{Project, Said};

const ROWS: &str = "testdata/rows.csv";

fn predict(p: &Project) -> Option<Said> {
    Some(p.unseat(&["predict", ROWS]))
}

/// Changes the champion's bundle.
fn damage(p: &Project, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let file = p.version_file("trainedmodel.json");
    p.write(&file, change(p.read(&file)));
}

/// Makes the registry believe the bundle's present bytes, so that the bundle's own checks are what is left.
fn believed(p: &Project) {
    use sha2::{Digest as _, Sha256};
    let bytes = p.read(&p.version_file("trainedmodel.json"));
    let sha256: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    p.sql(format!("UPDATE versions SET bundle_sha256 = '{sha256}'").leak());
}

fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}

cases! {
    bundle_byte_flipped(p) { damage(p, flipped); predict(p) }
    bundle_byte_flipped_at_a_run(p) { damage(p, flipped); p.run() }
    bundle_cut_off(p) { damage(p, |bytes| bytes[..bytes.len() / 2].to_vec()); predict(p) }
    bundle_missing(p) {
        p.remove(&p.version_file("trainedmodel.json"));
        p.remove("production_deployment/trainedmodel.json");
        predict(p)
    }
    bundle_checksum_of_its_own(p) { damage(p, flipped); believed(p); predict(p) }
    bundle_cut_off_and_believed(p) { damage(p, |bytes| bytes[..bytes.len() / 2].to_vec()); believed(p); predict(p) }
    bundle_not_ours(p) {
        damage(p, |_| b"{\"format\": \"pmml\", \"format_version\": 4}".to_vec());
        believed(p);
        predict(p)
    }
    bundle_not_json(p) { damage(p, |_| b"\x80\x04\x95pickle".to_vec()); believed(p); predict(p) }
    bundle_of_a_newer_program(p) {
        damage(p, |bytes| {
            let text = String::from_utf8(bytes).expect("a bundle is text");
            text.replacen("\"format_version\":2", "\"format_version\":9", 1).into_bytes()
        });
        believed(p);
        predict(p)
    }
    data_set_damaged(p) {
        let file = p.data_set();
        let mut bytes = p.read(&file);
        let end = bytes.len();
        bytes[end - 40..end - 8].fill(0xff);
        p.write(&file, bytes);
        Some(p.unseat(&["train"]))
    }
    data_set_missing(p) { p.remove(&p.data_set()); Some(p.unseat(&["train"])) }
    score_damaged(p) {
        let file = p.version_file("score.json");
        p.write(&file, "{\"format_version\": 1,");
        Some(p.unseat(&["report"]))
    }
    decision_damaged(p) {
        let file = p.version_file("decision.json");
        p.write(&file, "[]");
        Some(p.unseat(&["gate", "explain", "1"]))
    }
    database_of_a_newer_program(p) { p.sql("UPDATE unseat_schema SET version = version + 1"); p.run() }
    database_not_a_database(p) { p.write("unseat.db", "this is not a database, and it is longer than a header"); p.run() }
    database_empty_file(p) { p.write("unseat.db", ""); Some(p.unseat(&["models"])) }
    database_of_another_program(p) { p.sql("DROP TABLE runs"); p.run() }
    database_cut_off(p) { let bytes = p.read("unseat.db"); p.write("unseat.db", &bytes[..bytes.len() / 2]); p.run() }
    record_damaged(p) { p.sql("UPDATE versions SET record = '{'"); p.run() }
}
