//! A server of Spark Connect for the tests.

use std::ffi::OsStr;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::ops::until;

/// A server that ends with this value.
pub struct Sail {
    child: Child,
    pub port: u16,
}

impl Sail {
    /// Starts one; none, which is said, where there is no interpreter with it.
    pub fn start() -> Option<Sail> {
        Self::with(&[])
    }

    /// The same with variables of its own.
    pub fn with(variables: &[(&str, &str)]) -> Option<Sail> {
        let Some(python) = std::env::var_os("UNSEAT_SAIL_PYTHON") else {
            // That stderr is closed cannot be reported.
            let _ = writeln!(
                std::io::stderr(),
                "left out: the engine (UNSEAT_SAIL_PYTHON is not set; bench/sail-requirements.txt)"
            );
            return None;
        };
        Some(Self::on(&python, free_port(), variables))
    }

    /// Ends it at once, and starts another one on its port, which knows nothing of the first one's sessions.
    pub fn restarted(self) -> Sail {
        let python = std::env::var_os("UNSEAT_SAIL_PYTHON").expect("there was one");
        let port = self.port;
        drop(self);
        Self::on(&python, port, &[])
    }

    fn on(python: &OsStr, port: u16, variables: &[(&str, &str)]) -> Sail {
        let child = Command::new(Path::new(python).with_file_name("sail"))
            .args(["spark", "server", "--port", &port.to_string()])
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sail starts");
        let sail = Sail { child, port };
        until("sail listens", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        sail
    }

    /// The address of a server that all tests share; none where there is none to be had.
    pub fn shared() -> Option<String> {
        static SHARED: OnceLock<Option<String>> = OnceLock::new();
        let start = || {
            if let Ok(url) = std::env::var("UNSEAT_SPARK_URL") {
                return Some(url);
            }
            let sail = Sail::start()?;
            let url = sail.url();
            // It serves until the tests end; the guard ends it with this process.
            end_with_us(sail);
            Some(url)
        };
        SHARED.get_or_init(start).clone()
    }

    pub fn url(&self) -> String {
        format!("sc://127.0.0.1:{}", self.port)
    }
}

impl Drop for Sail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends a server once this process has: a shell waits for the end of its input, which only this process holds.
fn end_with_us(mut sail: Sail) {
    let guard = Command::new("sh")
        .args([
            "-c",
            "cat >/dev/null; kill -9 \"$0\"",
            &sail.child.id().to_string(),
        ])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    std::mem::forget(guard);
    // The child is the guard's from now on.
    let _ = sail.child.try_wait();
    std::mem::forget(sail);
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
