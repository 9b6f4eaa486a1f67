//! A small project in a folder of its own, and the real program run in it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::sql::run_sql;

/// A project; its folder goes when it does.
pub struct Project {
    folder: TempDir,
    /// Whether a case took files of the champion's copy away itself.
    took_copy: Cell<bool>,
}

/// What the program said, without what differs from run to run.
pub struct Said {
    pub exit: i32,
    pub lines: Vec<String>,
    pub stdout: String,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {}", self.exit)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn empty_folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made")
}

impl Project {
    /// A project whose version 1 is the champion. Made once, then copied.
    pub fn with_champion() -> Self {
        static FILES: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
        let files = FILES.get_or_init(|| {
            let project = Project {
                folder: empty_folder(),
                took_copy: Cell::new(false),
            };
            for (folder, first) in [
                ("practicedata", 0),
                ("sourcedata", 1000),
                ("testdata", 2000),
            ] {
                project.write(&format!("{folder}/rows.csv"), good(first, 300));
            }
            let config = json!({
                "name": "customers",
                "input_folder_path": "practicedata",
                "output_folder_path": "ingesteddata",
                "test_data_path": "testdata",
                "output_model_path": "models",
                "prod_deployment_path": "production_deployment",
            });
            project.write("config.json", config.to_string());
            let run = project.unseat(&["run"]);
            assert!(run.stdout.contains("version 1 is the champion"), "{run}");
            files_below(project.folder())
        });
        let project = Project {
            folder: empty_folder(),
            took_copy: Cell::new(false),
        };
        files
            .iter()
            .for_each(|(path, contents)| project.write(path, contents));
        project
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// Writes a file and the folders it needs.
    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(path);
        let folder = path.parent().expect("a file has a folder");
        fs::create_dir_all(folder).expect("folders can be made");
        fs::write(path, contents).expect("files can be written");
    }

    pub fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).expect("the file is there")
    }

    /// Removes a file or a whole folder.
    pub fn remove(&self, path: &str) {
        if path.starts_with("production_deployment") {
            self.took_copy.set(true);
        }
        let path = self.path(path);
        let gone = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        gone.expect("it can be removed");
    }

    /// Whether the case itself took files of the champion's copy away.
    pub fn took_copy(&self) -> bool {
        self.took_copy.get()
    }

    /// Takes away what runs have made, as before the first one.
    pub fn forget(&self) {
        self.remove("unseat.db");
        self.remove("models");
        self.clear("production_deployment");
    }

    /// Makes a folder hold nothing.
    pub fn clear(&self, folder: &str) {
        self.remove(folder);
        fs::create_dir_all(self.path(folder)).expect("folders can be made");
    }

    /// Makes this file the only one in the input folder.
    pub fn input(&self, contents: impl AsRef<[u8]>) {
        self.clear("practicedata");
        self.write("practicedata/rows.csv", contents);
    }

    /// Puts one more file into the input folder.
    pub fn add(&self, name: &str, contents: impl AsRef<[u8]>) {
        self.write(&format!("practicedata/{name}"), contents);
    }

    /// Makes this file the only one in the test folder.
    pub fn test_data(&self, contents: impl AsRef<[u8]>) {
        self.clear("testdata");
        self.write("testdata/rows.csv", contents);
    }

    /// Sets keys of config.json.
    pub fn set(&self, settings: Value) {
        let mut config: Value =
            serde_json::from_slice(&self.read("config.json")).expect("it is JSON");
        for (key, value) in settings.as_object().expect("settings are an object") {
            config[key] = value.clone();
        }
        self.write("config.json", config.to_string());
    }

    /// Runs a statement in the project's database.
    pub fn sql(&self, statement: &'static str) {
        run_sql(&self.path("unseat.db"), statement);
    }

    /// The path of a file of version 1, the champion.
    pub fn version_file(&self, file: &str) -> String {
        self.file_of("v1_", file)
    }

    /// The path of a file of version 2, the challenger.
    pub fn challenger_file(&self, file: &str) -> String {
        self.file_of("v2_", file)
    }

    fn file_of(&self, version: &str, file: &str) -> String {
        let folder = fs::read_dir(self.path("models/customers"))
            .expect("there are versions")
            .map(|entry| entry.expect("it can be listed").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .find(|name| name.starts_with(version))
            .expect("the version is there");
        format!("models/customers/{folder}/{file}")
    }

    /// The path of the newest data set.
    pub fn data_set(&self) -> String {
        files_below(&self.path("ingesteddata"))
            .into_keys()
            .filter(|name| name.starts_with("finaldata_"))
            .max()
            .map(|name| format!("ingesteddata/{name}"))
            .expect("a data set was made")
    }

    pub fn run(&self) -> Option<Said> {
        Some(self.unseat(&["run"]))
    }

    pub fn ingest(&self) -> Option<Said> {
        Some(self.unseat(&["ingest"]))
    }

    /// Ingests and trains; what training said, or ingesting when that failed.
    pub fn train(&self) -> Option<Said> {
        let ingested = self.unseat(&["ingest"]);
        Some(if ingested.exit == 0 {
            self.unseat(&["train"])
        } else {
            ingested
        })
    }

    /// Ingests, trains and scores; what the first that failed said, or else scoring.
    pub fn score(&self) -> Option<Said> {
        let trained = self.train()?;
        Some(if trained.exit == 0 {
            self.unseat(&["score"])
        } else {
            trained
        })
    }

    pub fn unseat(&self, arguments: &[&str]) -> Said {
        self.unseat_with(arguments, &[])
    }

    /// Runs the program in the project's folder, with a clean environment and these variables.
    pub fn unseat_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_unseat"))
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .envs(variables.iter().copied())
            .output()
            .expect("the program starts");
        said(&output)
    }
}

/// stderr line by line, and of a success also the last line of stdout: that one matters.
fn said(output: &Output) -> Said {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stdout.lines().last().filter(|_| output.status.success());
    Said {
        exit: output.status.code().unwrap_or(-1),
        lines: stderr.lines().chain(last).map(steady).collect(),
        stdout,
    }
}

/// A line without durations, stamps, run ids and checksums.
fn steady(line: &str) -> String {
    let line = match line.rsplit_once(" (") {
        Some((before, time)) if time.ends_with("ms)") || time.ends_with(" s)") => before,
        _ => line,
    };
    let mut words = Vec::new();
    for word in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let tail = &word[bare.len()..];
        let is_stamp =
            |text: &str| text.len() == 16 && text.as_bytes()[8] == b'T' && text.ends_with('Z');
        let is_hex = bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let steady = match bare.split_once('-') {
            Some((stamp, chance)) if is_stamp(stamp) && chance.len() == 9 => "<run>",
            _ if is_stamp(bare) => "<stamp>",
            _ if is_hex => "<checksum>",
            _ => bare,
        };
        words.push(format!("{steady}{tail}"));
    }
    words.concat()
}

/// Every file below a folder, by its path from there.
pub fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).expect("it is below");
            let contents = fs::read(entry.path()).expect("it can be read");
            files.insert(path.to_string_lossy().into_owned(), contents);
        }
    }
    files
}

/// Rows that the champion could have been trained on: `age`, `visits` and the class `exited`.
pub fn good(first: usize, n: usize) -> String {
    rows(first..first + n, ",exited", |row| {
        format!(",{}", label(row))
    })
}

/// Rows with `age` and `visits`, which tell most of [`label`]; `header` and `more` of each row are appended. No two rows
/// are alike.
pub fn rows(which: Range<usize>, header: &str, more: impl Fn(usize) -> String) -> String {
    let mut text = format!("age,visits{header}\n");
    for row in which {
        let (age, visits) = (20 + row * 7 % 50, row * 13 % 17);
        text += &format!("{age}.{row:05},{visits}{}\n", more(row));
    }
    text
}

/// 0 or 1, told by the columns of [`rows`] for the most part.
pub fn label(row: usize) -> usize {
    usize::from((20 + row * 7 % 50) + 3 * (row * 13 % 17) + row % 5 > 70)
}
