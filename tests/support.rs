//! What the tests are on: projects in temporary folders, the program run on them, and the books that it keeps.

mod books;
mod done;
mod files;
mod limit;
mod settled;
pub mod sql;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::postgres::Postgres;
use serde_json::Value;
use unseat::registry::ServerSettings;

pub use books::Books;
pub use done::Done;
use files::copy_folder;
pub use files::{files_below, sha256};

/// The model of the sample project.
pub const MODEL: &str = "attrition";

/// A project in a folder of its own, with a clock that advances a minute with every command.
pub struct Project {
    folder: tempfile::TempDir,
    minute: Cell<u32>,
    is_real: Cell<bool>,
    /// The database's address, where it is on a server.
    url: Option<String>,
}

/// Where every project has its database: `UNSEAT_TEST_DATABASE=postgres` puts all of them on a server.
fn everywhere() -> Option<String> {
    let wanted = std::env::var("UNSEAT_TEST_DATABASE").ok()?;
    assert_eq!(wanted, "postgres", "UNSEAT_TEST_DATABASE");
    Some(Postgres::shared().expect("a server").database())
}

/// How the tests reach a server.
pub fn settings(url: &str) -> ServerSettings {
    ServerSettings {
        url: url.to_string(),
        password: None,
        connections: 4,
        statement_seconds: 60,
    }
}

impl Project {
    /// A sample project, small enough to be quick and large enough for the second data set to win.
    pub fn new() -> Self {
        Project::new_at(everywhere())
    }

    fn new_at(url: Option<String>) -> Self {
        let project = Project::empty_at(url);
        project.ok(&["init", ".", "--rows", "200", "--seed", "42"]);
        project.set("score.replicates", 100);
        project.set("gate.replicates", 200);
        // On 200 test rows, what lets the second data set in is the labels alone.
        project.set("gate.evidence", "labels");
        project
    }

    /// A folder with nothing in it.
    pub fn empty() -> Self {
        Project::empty_at(everywhere())
    }

    fn empty_at(url: Option<String>) -> Self {
        limit::watch();
        let folder = tempfile::Builder::new()
            .prefix("project-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("the build's temporary folder can be written");
        Project {
            folder,
            minute: Cell::new(0),
            is_real: Cell::new(false),
            url,
        }
    }

    /// A project that somebody else made, copied from a folder; its database is a file.
    pub fn of_folder(folder: &Path) -> Self {
        let project = Project::empty_at(None);
        copy_folder(folder, project.root());
        project
    }

    /// A sample project whose version 1 is the champion.
    pub fn promoted() -> Self {
        Project::promoted_at(everywhere())
    }

    fn promoted_at(url: Option<String>) -> Self {
        let project = Project::new_at(url);
        project.ok(&["run"]);
        project
    }

    /// One whose database is on a server; none where there is no server to be had.
    pub fn promoted_on(server: Option<&Postgres>) -> Option<Self> {
        server.map(|server| Project::promoted_at(Some(server.database())))
    }

    /// One with each database there is.
    pub fn promoted_on_each() -> Vec<Self> {
        let file = Project::promoted_at(None);
        let server = Project::promoted_on(Postgres::shared());
        std::iter::once(file).chain(server).collect()
    }

    /// Whether its database is on a server.
    pub fn is_on_server(&self) -> bool {
        self.url.is_some()
    }

    /// Another project with the same content.
    pub fn copy(&self) -> Self {
        let copied = |(url, server): (&String, &Postgres)| {
            let path = url.split('?').next().unwrap_or_default();
            server.database_like(path.rsplit('/').next().unwrap_or_default())
        };
        let url = self.url.as_ref().zip(Postgres::shared()).map(copied);
        let copy = Project::empty_at(url);
        copy_folder(self.root(), copy.root());
        copy.minute.set(self.minute.get());
        copy.is_real.set(self.is_real.get());
        copy
    }

    /// From now on the system's clock and chance.
    pub fn with_real_clock(self) -> Self {
        self.is_real.set(true);
        self
    }

    /// The folder alone, which goes when it is dropped.
    pub fn into_folder(self) -> tempfile::TempDir {
        self.folder
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name))
            .unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.listing()))
    }

    pub fn read_json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("makes it");
        if name == "config.json" {
            // Who follows it must never see half of it.
            let beside = path.with_extension("new");
            fs::write(&beside, text).expect("writes it");
            return fs::rename(beside, path).expect("puts it in its place");
        }
        fs::write(path, text).expect("writes it");
    }

    /// Sets a key of `config.json`.
    pub fn set(&self, path: &str, value: impl Into<Value>) {
        self.set_all([(path, value.into())]);
    }

    /// Several settings in one write, so that who follows the file never sees only some of them.
    pub fn set_all<const N: usize>(&self, settings: [(&str, Value); N]) {
        let mut config = self.read_json("config.json");
        for (path, value) in settings {
            let mut here = &mut config;
            for key in path.split('.') {
                here = &mut here[key];
            }
            *here = value;
        }
        self.write("config.json", &format!("{config:#}\n"));
    }

    /// The program, to be started in the project with a cleared environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unseat"));
        command
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.root())
            .env("USER", "tester")
            .env("NO_COLOR", "1")
            .env("TMPDIR", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(url) = &self.url {
            command.env("UNSEAT_DATABASE_URL", url);
        }
        if !self.is_real.get() {
            let minute = self.minute.get();
            self.minute.set(minute + 1);
            let now = format!(
                "2026-03-{:02}T{:02}:{:02}:00Z",
                1 + minute / 1440,
                minute / 60 % 24,
                minute % 60
            );
            command.env("UNSEAT_NOW", now).env("UNSEAT_SEED", "7");
        }
        command
    }

    /// Runs the program to its end.
    pub fn unseat(&self, arguments: &[&str]) -> Done {
        self.finish(
            self.command(arguments).spawn().expect("the program starts"),
            arguments,
        )
    }

    /// Runs the program with a variable more in its environment.
    pub fn unseat_with(&self, variable: (&str, &str), arguments: &[&str]) -> Done {
        let mut command = self.command(arguments);
        command.env(variable.0, variable.1);
        self.finish(command.spawn().expect("the program starts"), arguments)
    }

    /// Waits for a program that was started.
    pub fn finish(&self, child: Child, arguments: &[&str]) -> Done {
        let output = child.wait_with_output().expect("the program ends");
        let mut done = Done {
            command: format!("unseat {}", arguments.join(" ")),
            status: output.status,
            stdout: String::from_utf8(output.stdout).expect("stdout is text"),
            stderr: String::from_utf8(output.stderr).expect("stderr is text"),
            listing: String::new(),
        };
        if !done.status.success() {
            done.listing = self.listing();
        }
        done
    }

    /// Runs the program, which must succeed.
    pub fn ok(&self, arguments: &[&str]) -> Done {
        let done = self.unseat(arguments);
        assert!(done.status.success(), "{done}");
        done
    }

    /// Runs the program with `--json`, which must succeed, and reads what it prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        self.ok(&arguments).json()
    }

    /// Every file below the project with its size, for failure messages.
    pub fn listing(&self) -> String {
        let mut text = String::new();
        for (name, path) in files_below(self.root()) {
            let bytes = fs::metadata(path).map_or(0, |found| found.len());
            let _ = writeln!(text, "  {bytes:>9} {name}");
        }
        text
    }

    /// Every file below some folders of the project with the hash of its content.
    pub fn hashes(&self, folders: &[&str]) -> BTreeMap<String, String> {
        let below = folders.iter().flat_map(|folder| {
            let files = files_below(&self.path(folder)).into_iter();
            files.map(move |(name, path)| (format!("{folder}/{name}"), path))
        });
        below
            .map(|(name, path)| (name, sha256(&fs::read(path).expect("reads"))))
            .collect()
    }

    /// Every file that runs make, with the hash of its content.
    pub fn products(&self) -> BTreeMap<String, String> {
        self.hashes(&["models", "ingesteddata", "production_deployment"])
    }
}
