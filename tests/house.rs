//! The absences that ARCHITECTURE.md states: which room may know which, and what no room in the middle may touch.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may stand on. What is not here is not allowed.
const STANDS_ON: &[(&str, &[&str])] = &[
    ("artifacts", &[]),
    ("clock", &[]),
    ("data", &[]),
    ("evaluate", &[]),
    ("faults", &[]),
    ("predictors", &[]),
    ("sample", &[]),
    ("gate", &["evaluate"]),
    ("registry", &["clock", "faults"]),
    ("report", &["evaluate", "gate"]),
    ("config", &["data", "evaluate", "gate"]),
    ("features", &["config", "data"]),
    ("learners", &["config", "features", "predictors"]),
    (
        "bundle",
        &["config", "data", "evaluate", "features", "predictors"],
    ),
    (
        "pipeline",
        &[
            "artifacts",
            "bundle",
            "clock",
            "config",
            "data",
            "evaluate",
            "faults",
            "features",
            "gate",
            "learners",
            "predictors",
            "registry",
            "report",
        ],
    ),
    (
        "cli",
        &[
            "bundle", "clock", "config", "data", "evaluate", "features", "gate", "pipeline",
            "registry", "sample",
        ],
    ),
];

/// Rooms that are functions of their arguments.
const MIDDLE: &[&str] = &[
    "bundle",
    "evaluate",
    "features",
    "gate",
    "learners",
    "predictors",
    "report",
    "sample",
];

/// Time, chance, environment, disk and network by the names under which they come in.
const OUTSIDE: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "Utc::now",
    "object_store",
    "rand::rng",
    "sqlx",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "thread_rng",
    "tokio",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of a room that is not a test: path and text, without its inline tests and its comments.
fn files_of(room: &str) -> Vec<(PathBuf, String)> {
    let folder = source().join(room);
    let start = if folder.is_dir() {
        folder
    } else {
        folder.with_extension("rs")
    };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(start) {
        let path = entry.expect("src can be walked").into_path();
        let is_test = path
            .iter()
            .any(|part| part == "tests" || part == "tests.rs");
        if is_test || path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file is text");
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        let lines: Vec<_> = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        files.push((path, lines.join("\n")));
    }
    files
}

/// The rooms that a text names after `crate::`, alone or in braces.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        let is_part = |c: &char| c.is_ascii_lowercase() || *c == '_';
        text.trim_start().chars().take_while(is_part).collect()
    };
    let mut rooms = BTreeSet::new();
    for after in text.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                rooms.extend(list.split(',').map(word));
            }
            None => {
                rooms.insert(word(after));
            }
        }
    }
    rooms.remove("");
    rooms
}

#[test]
fn every_room_stands_only_on_rooms_below_it() {
    for (room, below) in STANDS_ON {
        for (path, text) in files_of(room) {
            for named in rooms_named(&text) {
                let is_room = STANDS_ON.iter().any(|(other, _)| *other == named);
                assert!(
                    !is_room || named == *room || below.contains(&named.as_str()),
                    "{}: `{room}` must not know `{named}` (ARCHITECTURE.md, \"Who stands on whom\")",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn the_list_of_rooms_is_whole_and_no_arrow_runs_back() {
    let library = fs::read_to_string(source().join("lib.rs")).expect("lib.rs is there");
    let declared: BTreeSet<_> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let listed: BTreeSet<_> = STANDS_ON.iter().map(|(room, _)| *room).collect();
    assert_eq!(declared, listed);
    // Each room is listed after all on which it stands, so there can be no circle.
    for (at, (room, below)) in STANDS_ON.iter().enumerate() {
        for other in *below {
            assert!(
                STANDS_ON[..at].iter().any(|(name, _)| name == other),
                "`{room}` is listed before `{other}`, on which it stands"
            );
        }
    }
}

#[test]
fn the_middle_knows_no_time_chance_environment_disk_or_network() {
    for room in MIDDLE {
        for (path, text) in files_of(room) {
            for name in OUTSIDE {
                assert!(!text.contains(name), "{} knows `{name}`", path.display());
            }
        }
    }
}

#[test]
fn only_the_clock_asks_what_time_it_is_and_only_the_edges_read_the_environment() {
    for (room, _) in STANDS_ON {
        for (path, text) in files_of(room) {
            let asks_time = text.contains("Utc::now") || text.contains("SystemTime::now");
            assert!(
                !asks_time || *room == "clock",
                "{} asks for the time",
                path.display()
            );
            let reads = text.contains("env::var") || text.contains("env::args");
            let is_edge = ["cli", "faults"].contains(room);
            assert!(
                !reads || is_edge,
                "{} reads the environment",
                path.display()
            );
        }
    }
}

#[test]
fn every_test_file_is_compiled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let root = fs::read_to_string(folder.join("integration.rs")).expect("integration.rs is there");
    for entry in fs::read_dir(&folder).expect("tests is there") {
        let path = entry.expect("can be listed").path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_rust = path.extension().is_some_and(|ending| ending == "rs");
        if is_rust && name != "integration" {
            assert!(
                root.contains(&format!("mod {name};")),
                "tests/{name}.rs is not in tests/integration.rs"
            );
        }
    }
}
