//! systemctl: whether it is there and we may, and what it says.

use std::path::Path;
use std::process::Command;

/// The manager that a unit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// The system's.
    System,
    /// That of the user who asks.
    User,
}

impl Manager {
    /// The beginning of a command line for it.
    pub fn command(self) -> &'static str {
        match self {
            Manager::System => "systemctl",
            Manager::User => "systemctl --user",
        }
    }

    /// Whether it runs here and does what we say.
    pub fn is_ours(self) -> bool {
        match self {
            Manager::System => {
                sd_notify::booted().unwrap_or(false) && rustix::process::geteuid().is_root()
            }
            Manager::User => std::env::var_os("XDG_RUNTIME_DIR")
                .is_some_and(|folder| Path::new(&folder).join("systemd/private").exists()),
        }
    }

    /// Does something; what it says when it cannot.
    pub fn run(self, arguments: &[&str]) -> Result<(), String> {
        let done = self.call(arguments)?;
        if done.status.success() {
            return Ok(());
        }
        let says = String::from_utf8_lossy(&done.stderr);
        Err(format!("it ended with {}: {}", done.status, says.trim()))
    }

    /// The one word that it answers a question with, like `active`; `None` when it cannot be asked.
    pub fn ask(self, arguments: &[&str]) -> Option<String> {
        let done = self.call(arguments).ok()?;
        let says = String::from_utf8_lossy(&done.stdout);
        let word = says.lines().next().unwrap_or_default().trim();
        (!word.is_empty()).then(|| word.to_string())
    }

    fn call(self, arguments: &[&str]) -> Result<std::process::Output, String> {
        let mut command = Command::new("systemctl");
        if self == Manager::User {
            command.arg("--user");
        }
        let done = command.args(arguments).output();
        done.map_err(|error| format!("it cannot be started: {error}"))
    }
}
