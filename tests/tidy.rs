//! The house's rules that no compiler checks: who is on whom, what is absent where, how files begin and how long they
//! are. Every failure names file and line.

mod arrows;
mod inside;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

use tables::*;

const MOST_LINES: usize = 400;
const MANY_LINES: usize = 300;

/// One source file below a root.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn name(&self) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = self.path.strip_prefix(root).unwrap_or(&self.path);
        path.to_string_lossy().into_owned()
    }

    /// The top-level module, `main` and `lib` for the roots.
    fn module(&self) -> String {
        let name = self.name();
        let inside = name.strip_prefix("src/").unwrap_or(&name);
        let first = inside.split('/').next().unwrap_or(inside);
        first.trim_end_matches(".rs").to_string()
    }

    /// Whether the whole file is compiled for tests only.
    fn is_test(&self) -> bool {
        let name = self.name();
        name.starts_with("tests/") || name.ends_with("/tests.rs") || name.contains("/tests/")
    }

    /// `(line number, code)` without comments and without what is compiled for tests only.
    fn code(&self) -> Vec<(usize, String)> {
        let mut code = Vec::new();
        let mut lines = self.text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            if line.trim() == "#[cfg(test)]" {
                // rustfmt puts the brace that ends a module at the start of a line.
                let (_, item) = lines.next().unwrap_or((at, ""));
                if item.trim_end().ends_with('{') {
                    lines.by_ref().find(|(_, line)| *line == "}");
                }
                continue;
            }
            let is_comment = line.trim_start().starts_with("//");
            if !is_comment {
                let end = line.find(" // ").unwrap_or(line.len());
                code.push((at + 1, line[..end].to_string()));
            }
        }
        code
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(root)
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder} has sources");
    let read = |path: PathBuf| Source {
        text: fs::read_to_string(&path).expect("a readable source"),
        path,
    };
    paths.into_iter().map(read).collect()
}

fn row_of(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Modules of this crate that a stretch of code names: `crate::x`, `unseat::x`, and each of `crate::{x, y::z}`.
fn named(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for prefix in ["crate::", "unseat::"] {
        for (at, _) in code.match_indices(prefix) {
            let starts_word =
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
            let rest = &code[at + prefix.len()..];
            if !starts_word {
                continue;
            }
            match rest.strip_prefix('{') {
                Some(group) => found.extend(group_heads(group)),
                None => found.push(word(rest)),
            }
        }
    }
    found.retain(|name| name.starts_with(|c: char| c.is_lowercase()));
    found
}

/// First words of the parts of a `{…}` group, whose opening brace is gone.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut part) = (0, String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(&std::mem::take(&mut part))),
            _ if depth == 0 => part.push(c),
            _ => {}
        }
    }
    heads.push(word(&part));
    heads
}

fn word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Why `from` may not name `to`, if it may not.
fn rejected(from: &str, to: &str) -> Option<String> {
    let (Some(low), Some(high)) = (row_of(to), row_of(from)) else {
        return Some(format!("`{from}` or `{to}` has no row in tests/tidy.rs"));
    };
    if from == to || FREE.contains(&to) || low < high || ALONG.contains(&(from, to)) {
        return None;
    }
    let way = if low > high { "up" } else { "along its row" };
    Some(format!("the arrow {from} -> {to} runs {way}"))
}

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn no_arrow_runs_back_up() {
    let modules: Vec<String> = sources("src").iter().map(Source::module).collect();
    let mut found = Vec::new();
    for source in sources("src") {
        let from = source.module();
        if source.is_test() || from == "lib" {
            continue;
        }
        // A group may reach over lines, so code is looked at as one text and places are counted back.
        let lines = source.code();
        for (at, (line, text)) in lines.iter().enumerate() {
            let is_open_group = text.trim_end().ends_with("crate::{");
            let stretch = if is_open_group {
                let rest = lines[at..].iter().map(|(_, text)| text.as_str());
                rest.take(40)
                    .collect::<Vec<_>>()
                    .join("\n")
                    .split(';')
                    .next()
                    .unwrap_or("")
                    .to_string()
            } else {
                text.clone()
            };
            for to in named(&stretch) {
                if modules.contains(&to) {
                    let why = rejected(&from, &to);
                    found.extend(why.map(|why| format!("{}:{line}: {why}", source.name())));
                }
            }
        }
    }
    assert_none(&found);
}

#[test]
fn what_is_absent_is_absent() {
    let mut found = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        let module = source.module();
        for (line, code) in source.code() {
            let mut say = |text: &str, why: &str| {
                found.push(format!("{}:{line}: `{text}`: {why}", source.name()));
            };
            for (modules, texts, why) in ABSENT {
                for text in texts
                    .iter()
                    .filter(|text| modules.contains(&module.as_str()) && holds(&code, text))
                {
                    say(text, why);
                }
            }
            for (text, places) in ONLY {
                if holds(&code, text) && !places.contains(&module.as_str()) {
                    say(text, &format!("stands in {} only", places.join(", ")));
                }
            }
        }
    }
    assert_none(&found);
}

/// Whether code has a text that begins at a word.
fn holds(code: &str, text: &str) -> bool {
    code.match_indices(text)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

#[test]
fn nothing_is_left_undone_or_silenced() {
    let mut found = Vec::new();
    for source in sources("src").iter().chain(&sources("tests")) {
        for (at, line) in source.text.lines().enumerate() {
            let in_tests = [("time::sl", "eep(")];
            let in_tests = in_tests.iter().filter(|_| source.is_test());
            for (start, end) in NOWHERE.iter().chain(in_tests) {
                let text = format!("{start}{end}");
                if holds(line, &text) && !line.trim_start().starts_with("//") {
                    found.push(format!("{}:{}: `{text}`", source.name(), at + 1));
                }
            }
        }
    }
    assert_none(&found);
}

#[test]
fn every_file_says_what_it_is_for() {
    let is_silent = |source: &&Source| !source.text.starts_with("//!");
    let found: Vec<String> = sources("src")
        .iter()
        .chain(&sources("tests"))
        .filter(is_silent)
        .map(|source| format!("{}:1: begin with a `//!` line", source.name()))
        .collect();
    assert_none(&found);
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let mut found = Vec::new();
    for source in sources("src").iter().chain(&sources("tests")) {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            found.push(format!(
                "{}: {lines} lines; split it at a seam",
                source.name()
            ));
        } else if lines > MANY_LINES && !source.is_test() {
            println!("note: {} has {lines} lines", source.name());
        }
    }
    assert_none(&found);
}

#[test]
fn every_test_file_is_compiled() {
    let root =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration.rs"))
            .expect("the root");
    let mut found = Vec::new();
    for source in sources("tests") {
        let name = source.name();
        let inside = name.trim_start_matches("tests/");
        let first = inside
            .split('/')
            .next()
            .unwrap_or(inside)
            .trim_end_matches(".rs");
        if first != "integration"
            && !root
                .lines()
                .any(|line| line.trim() == format!("mod {first};"))
        {
            found.push(format!(
                "{name}: add `mod {first};` to tests/integration.rs"
            ));
        }
    }
    for source in sources("src").iter().filter(|source| source.is_test()) {
        found.extend(undeclared(source));
    }
    assert_none(&found);
}

/// A test file in `src` is declared by the file above it.
fn undeclared(source: &Source) -> Option<String> {
    let module = source.path.file_stem()?.to_string_lossy().into_owned();
    let folder = source.path.parent()?;
    let module = if module == "mod" {
        folder.file_name()?.to_string_lossy().into_owned()
    } else {
        module
    };
    let above = if source.path.ends_with("mod.rs") {
        folder.parent()?
    } else {
        folder
    };
    let parents = [
        above.join("mod.rs"),
        above.with_extension("rs"),
        above.join("lib.rs"),
    ];
    let is_declared = parents.iter().any(|parent| {
        fs::read_to_string(parent).is_ok_and(|text| text.contains(&format!("mod {module};")))
    });
    (!is_declared).then(|| format!("{}: no file declares `mod {module};`", source.name()))
}

#[test]
fn the_reader_of_arrows_sees_groups_paths_and_no_tests() {
    assert_eq!(
        named("use crate::{config, data::{self, Kind}, registry};"),
        ["config", "data", "registry"]
    );
    assert_eq!(
        named("let x = crate::gate::decide(a, unseat::cli::run());"),
        ["gate", "cli"]
    );
    assert_eq!(named("use crate::Thing; my_crate::x"), Vec::<String>::new());
    assert_eq!(rejected("gate", "config"), None);
    assert!(rejected("config", "gate").is_some_and(|why| why.ends_with("runs up")));
    assert!(rejected("learners", "bundle").is_some_and(|why| why.ends_with("along its row")));
    let source = Source {
        path: PathBuf::from("src/x.rs"),
        text: "use a;\n#[cfg(test)]\nmod tests {\n    use b;\n}\n// use c;\nuse d; // e\n"
            .to_string(),
    };
    assert_eq!(
        source.code(),
        [(1, "use a;".to_string()), (7, "use d;".to_string())]
    );
}
