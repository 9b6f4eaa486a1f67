//! Pipes whose readers have gone, and terminals that were hung up.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use unseat::model_types::Outcome;

use rustix::process::Signal;

use super::Up;
use crate::support::Project;

#[test]
fn a_server_serves_on_when_nobody_reads_what_it_says() {
    let project = Project::promoted().with_real_clock();
    let mut command = project.command(&["up", "--listen", "127.0.0.1:0"]);
    let mut child = command.spawn().expect("the program starts");
    let mut reader = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut base = String::new();
    while !base.starts_with("listening on ") {
        base.clear();
        assert!(reader.read_line(&mut base).expect("reads") > 0, "it ended");
    }
    let base = base.split(' ').nth(2).expect("an address").to_string();
    drop(reader);
    drop(child.stderr.take());
    // The feed says that a job begins, and ends, to nobody.
    project.ok(&["jobs", "submit", "--wait", "--force"]);
    crate::serve::asked(&base, "/readyz").expect(200);
    assert_eq!(child.try_wait().expect("asks"), None, "it lives");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM)
        .expect("it can be signalled");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_run_comes_to_its_end_when_nobody_reads_its_log() {
    for format in ["json", "text"] {
        let project = Project::new();
        let mut command = project.command(&["run", "-v", "--log-format", format]);
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        let mut first = String::new();
        let mut talk = BufReader::new(child.stderr.take().expect("stderr is piped"));
        talk.read_line(&mut first).expect("reads");
        assert!(!first.is_empty());
        drop(talk);
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{format}");
        let books = project.assert_settled();
        assert_eq!(books.champion(), Some(1), "{format}");
        assert_eq!(books.runs[0].outcome, Some(Outcome::Promote));
    }
}

#[test]
fn no_command_panics_when_nobody_reads_it() {
    let project = Project::promoted();
    for arguments in [
        &["completions", "bash"][..],
        &["config", "schema"],
        &["config", "show"],
        &["versions", "list", "--json"],
        &["runs", "show"],
        &["predict", "testdata/testdata.csv"],
        &["export", "--format", "json"],
        &["gate", "explain"],
        &["explain"],
        &["--help"],
        &["versions", "show", "99"],
    ] {
        let mut command = project.command(arguments);
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        let mut talk = String::new();
        let mut stderr = child.stderr.take().expect("stderr is piped");
        stderr.read_to_string(&mut talk).expect("reads");
        let code = child.wait().expect("it ends").code();
        let expected = i32::from(arguments[arguments.len() - 1] == "99");
        assert_eq!(code, Some(expected), "{arguments:?}: {talk}");
        assert!(!talk.contains("panicked"), "{arguments:?}: {talk}");
    }
}

/// Starts `up` on a terminal of its own, hangs the terminal up once it listens, and tells how it ended.
const HANG_UP: &str = r#"
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.execv(sys.argv[1], [sys.argv[1], "up", "--listen", "127.0.0.1:0"])
seen = b""
while b"listening on" not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
until = time.time() + 240
while time.time() < until:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        print(os.waitstatus_to_exitcode(status))
        sys.exit(0)
    time.sleep(0.02)
os.kill(pid, 9)
print("it goes on")
"#;

#[test]
fn a_hung_up_terminal_ends_it_and_a_service_is_asked_to_look_again() {
    let project = Project::promoted().with_real_clock();
    let up = Up::of(&project);
    up.signal(Signal::HUP);
    // No terminal of its own: it looks at its files again and continues.
    project.ok(&["jobs", "submit", "--wait", "--force"]);
    assert_eq!(up.get("/readyz").status, 200);
    assert_eq!(up.end(Signal::TERM).0, Some(0));

    let mut python = Command::new("python3");
    python
        .args(["-c", HANG_UP, env!("CARGO_BIN_EXE_unseat")])
        .current_dir(project.root())
        .stdin(Stdio::null());
    match python.output() {
        Ok(done) if done.status.success() => {
            assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "0");
        }
        other => eprintln!("left out: a hung-up terminal needs python3: {other:?}"),
    }
}

#[test]
fn a_port_that_is_taken_names_who_has_it() {
    let project = Project::promoted().with_real_clock();
    let up = Up::of(&project);
    let address = up.base.trim_start_matches("http://");
    let done = project.unseat(&["serve", "--listen", address]);
    assert_eq!(done.code(), 1, "{done}");
    let pid = up.child.id();
    let hint = format!(
        "hint: `unseat up` is already running there as process {pid}: use it, end it with `kill {pid}`, or take another port"
    );
    assert!(done.stderr.contains(&hint), "{done}");
    let (code, talk) = up.end(Signal::INT);
    assert_eq!((code, talk.trim()), (Some(0), "stopped after 0 requests"));
}
