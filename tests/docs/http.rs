//! The table of paths in `docs/http.md` is the one that the server answers by.

use std::fmt::Write as _;
use std::fs;

use unseat::serve::{contents, problem_forms};

use super::{read, top};

const BEGIN: &str = "<!-- made from the table of routes: begin -->\n";
const END: &str = "<!-- made from the table of routes: end -->\n";

#[test]
fn the_paths_are_documented_as_the_server_has_them() {
    let text = read("docs/http.md");
    let (head, rest) = text.split_once(BEGIN).expect("the begin mark stands in it");
    let (here, tail) = rest.split_once(END).expect("the end mark stands in it");
    let wanted = paths();
    if std::env::var_os("REWRITE_DOCS").is_some() {
        let whole = format!("{head}{BEGIN}{wanted}{END}{tail}");
        fs::write(top().join("docs/http.md"), whole).expect("can be written");
        return;
    }
    assert!(
        here == wanted,
        "docs/http.md is not what the table of routes says; `REWRITE_DOCS=1 cargo test docs` writes it"
    );
}

#[test]
fn every_path_says_what_it_does() {
    for path in contents() {
        assert!(!path.does.is_empty(), "{} {}", path.method, path.path);
    }
}

/// Every path in the parts of the table, then how problems are told.
fn paths() -> String {
    let mut text = String::new();
    let mut part = "";
    for listed in contents() {
        if listed.part != part {
            part = listed.part;
            let _ = writeln!(
                text,
                "\n## {part}\n\n| method | path | role | errors | does |\n|---|---|---|---|---|"
            );
        }
        let does = listed.does.trim_end_matches('.').replace('|', "\\|");
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} | {does} |",
            listed.method,
            listed.path,
            listed.role.unwrap_or("–"),
            listed.problems,
        );
    }
    let _ = writeln!(
        text,
        "\n## How errors are told\n\n| errors | body |\n|---|---|"
    );
    for (name, body) in problem_forms() {
        let _ = writeln!(text, "| {name} | `{body}` |");
    }
    text.push('\n');
    text
}
