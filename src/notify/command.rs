//! A command that reads JSON. It blocks; for a thread that may.

use std::io::{Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::Error;

/// Most characters of a command's output that are reported.
const MOST_SAID: usize = 300;

/// Runs it once, in the project's folder, with the message on its stdin; what it prints goes nowhere. One that takes too long
/// is killed with all that it started.
///
/// # Errors
/// When it cannot be started, ends otherwise than by 0, or takes too long.
pub fn run(argv: &[String], project: &Path, body: &str, timeout: Duration) -> Result<(), Error> {
    run_with(argv, project, body, timeout, Stdio::null())
}

/// The same; when it fails, the last line on stderr is reported.
///
/// # Errors
/// When it cannot be started, ends otherwise than by 0, or takes too long.
pub fn call(argv: &[String], project: &Path, body: &str, timeout: Duration) -> Result<(), Error> {
    let mut said = tempfile::tempfile().map_err(Error::Command)?;
    let stderr = said.try_clone().map_err(Error::Command)?.into();
    let done = run_with(argv, project, body, timeout, stderr);
    let Err(Error::Ended(ended)) = done else {
        return done;
    };
    let mut bytes = Vec::new();
    let read = said.rewind().and_then(|()| said.read_to_end(&mut bytes));
    read.map_err(Error::Command)?;
    let text = String::from_utf8_lossy(&bytes);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    let last: String = last.unwrap_or_default().chars().take(MOST_SAID).collect();
    Err(Error::Ended(match last.as_str() {
        "" => ended,
        last => format!("{ended}: {last}"),
    }))
}

fn run_with(
    argv: &[String],
    project: &Path,
    body: &str,
    timeout: Duration,
    stderr: Stdio,
) -> Result<(), Error> {
    let (program, arguments) = argv
        .split_first()
        .ok_or_else(|| Error::Ended("no program is named".to_string()))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(if project.as_os_str().is_empty() {
            Path::new(".")
        } else {
            project
        })
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(stderr)
        .process_group(0);
    // Secrets of other channels are none of its business.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("UNSEAT_NOTIFY_") {
            command.env_remove(name);
        }
    }
    let mut child = command.spawn().map_err(Error::Command)?;
    let group = Pid::from_child(&child);
    let ended = watch(&mut child, group, body.to_string())?;
    if ended.recv_timeout(timeout).is_err() {
        // Not reaped yet, so the id is still its own.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
        child.wait().map_err(Error::Command)?;
        return Err(Error::TooLong(timeout.as_secs_f64()));
    }
    let status = child.wait().map_err(Error::Command)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Ended(format!("it ended with {status}")))
}

/// Feeds a child and returns once it has ended, without reaping it.
fn watch(child: &mut Child, id: Pid, body: String) -> Result<mpsc::Receiver<()>, Error> {
    let stdin = child.stdin.take();
    let (sender, ended) = mpsc::channel();
    std::thread::Builder::new()
        .name("notify".to_string())
        .spawn(move || {
            if let Some(mut stdin) = stdin {
                // One that does not read may still do its work.
                let _ = stdin.write_all(body.as_bytes());
            }
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = rustix::process::waitid(WaitId::Pid(id), options);
            // Nobody listens any more when it took too long.
            let _ = sender.send(());
        })
        .map_err(Error::Command)?;
    Ok(ended)
}
