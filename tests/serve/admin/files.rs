//! The report and the other files of a version.

use super::super::Server;
use super::message;
use crate::support::{MODEL, Project, sha256};

#[test]
fn every_file_has_its_type_and_a_tag_by_which_a_copy_is_known() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for (name, content_type) in [
        ("report.html", "text/html; charset=utf-8"),
        ("model_card.md", "text/markdown; charset=utf-8"),
        ("confusion_matrix.png", "image/png"),
        ("roc.png", "image/png"),
        ("history.png", "image/png"),
        ("score.json", "application/json"),
        ("latestscore.txt", "text/plain; charset=utf-8"),
        ("decision.json", "application/json"),
        ("trainedmodel.json", "application/json"),
    ] {
        let path = format!("/models/{MODEL}/versions/champion/{name}");
        let answer = server.get(&path).expect(200);
        let stored = std::fs::read(project.version_file(1, name)).expect("reads");
        assert!(answer.body == stored, "{name} is not what is stored");
        assert_eq!(answer.header("content-type"), Some(content_type), "{name}");
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let tag = format!("\"{}\"", sha256(&stored));
        assert_eq!(answer.header("etag"), Some(tag.as_str()));

        let copied = server.send("GET", &path, &[("if-none-match", &tag)], b"");
        let copied = copied.expect(304);
        assert_eq!(copied.body, b"");
        assert_eq!(copied.header("etag"), Some(tag.as_str()));
        assert_eq!(copied.header("content-type"), None);
        let other = server.send("GET", &path, &[("if-none-match", "\"other\"")], b"");
        other.expect(200);

        let head = server.send("HEAD", &path, &[], b"").expect(200);
        assert_eq!(head.header("etag"), Some(tag.as_str()));
        let length = stored.len().to_string();
        assert_eq!(head.header("content-length"), Some(length.as_str()));
        assert_eq!(head.body, b"");
    }
}

#[test]
fn the_report_may_load_nothing_and_run_nothing() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let page = server.get(&format!("/models/{MODEL}/versions/1/report"));
    let page = page.expect(200);
    assert_eq!(
        page.header("content-security-policy"),
        Some(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        )
    );
    let text = page.text();
    assert!(text.starts_with("<!DOCTYPE html>"), "{text:.80}");
    assert!(!text.contains("<script"));
}

#[test]
fn no_other_file_is_given_out() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for name in [
        "predictions.parquet",
        "trainedmodel.json%00",
        "..%2f..%2f..%2fconfig.json",
        "..",
        "%2fetc%2fpasswd",
        "Report.html",
    ] {
        let path = format!("/models/{MODEL}/versions/1/{name}");
        let said = message(server.get(&path), 404, "not_found");
        assert!(
            said.starts_with("no such file of a version; there are report.html,"),
            "{said}"
        );
    }
    let path = format!("/models/{MODEL}/versions/1/promote");
    let answer = server.get(&path);
    assert_eq!(answer.header("allow"), Some("POST"));
    message(answer, 405, "method_not_allowed");

    std::fs::remove_file(project.version_file(1, "roc.png")).expect("removes");
    let path = format!("/models/{MODEL}/versions/1/roc.png");
    assert_eq!(
        message(server.get(&path), 404, "not_found"),
        "version 1 has no roc.png: it was not made, or not for such a model; `unseat report` makes the report"
    );
}
