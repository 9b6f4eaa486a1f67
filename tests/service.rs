//! The project as a service: unit files that systemd accepts, and what it is told.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Project;

#[test]
fn what_is_installed_is_told_and_removed_again() {
    let project = Project::new();
    let install = [
        "service",
        "install",
        "--unit-dir",
        "units",
        "--name",
        "shop",
    ];
    let done = project.ok(&install);
    assert!(
        done.stdout
            .contains("next: systemctl enable --now shop.service"),
        "{done}"
    );
    let status = ["service", "status", "--unit-dir", "units", "--name", "shop"];
    assert_eq!(project.json(&status)[0]["current"], true);
    let text = project.read("units/shop.service");
    assert_eq!(
        project
            .ok(&["service", "print", "--name", "shop"])
            .stdout
            .matches("[Unit]")
            .count(),
        1
    );
    // Another time to wait for requests makes another unit.
    project.set("server.drain_seconds", 100);
    assert_eq!(project.json(&status)[0]["current"], false);
    project.ok(&install);
    assert_ne!(project.read("units/shop.service"), text);
    let uninstall = [
        "service",
        "uninstall",
        "--unit-dir",
        "units",
        "--name",
        "shop",
    ];
    project.ok(&uninstall);
    assert!(!project.path("units/shop.service").exists());
    assert_eq!(project.unseat(&uninstall).code(), 2);

    project.write("units/shop.service", "[Unit]\nDescription=somebody's own\n");
    for command in [&install, &uninstall] {
        let rejected = project.unseat(command);
        assert!(rejected.stderr.contains("was not made by"), "{rejected}");
    }
    assert!(
        project
            .read("units/shop.service")
            .contains("somebody's own")
    );
}

#[test]
fn a_crontab_gets_one_line() {
    let project = Project::new();
    let line = project.ok(&["service", "print", "--crontab"]).stdout;
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("* * * * * '"), "{line}");
    assert!(line.contains("schedule --once"), "{line}");
}

#[test]
fn systemd_accepts_the_units() {
    let project = Project::new();
    let names = ["up", "a timer"].map(|name| project.path(name));
    let folders = names.each_ref().map(|name| name.to_str().expect("text"));
    project.ok(&["service", "install", "--unit-dir", folders[0]]);
    project.ok(&["service", "install", "--timer", "--unit-dir", folders[1]]);
    for folder in names {
        let files = fs::read_dir(&folder).expect("is there").flatten();
        let mut verify = Command::new("systemd-analyze");
        verify.arg("verify").args(files.map(|file| file.path()));
        let Ok(done) = verify.output() else {
            println!("note: systemd-analyze is not there; the units were not verified");
            return;
        };
        let says = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success() && says.is_empty(), "{says}");
    }
}

#[test]
fn a_server_says_when_it_is_ready_that_it_lives_and_that_it_ends() {
    let project = Project::promoted();
    let socket = UnixDatagram::bind(project.path("notify")).expect("binds");
    let patience = Some(Duration::from_secs(60));
    socket.set_read_timeout(patience).expect("is set");
    let mut command = project.command(&["serve", "--listen", "127.0.0.1:0"]);
    // A relative name would be that of a socket without a file.
    command.env("NOTIFY_SOCKET", project.path("notify"));
    command.env("WATCHDOG_USEC", "300000");
    let mut child = command.spawn().expect("starts");
    let hear = |wanted: &str| {
        let mut bytes = [0; 4096];
        loop {
            let read = socket
                .recv(&mut bytes)
                .expect("systemd would hear something");
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            if text.lines().any(|line| line == wanted) {
                return text;
            }
        }
    };
    assert!(hear("READY=1").contains("STATUS=listening on 127.0.0.1:"));
    hear("WATCHDOG=1");
    hear("WATCHDOG=1");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("is sent");
    hear("STOPPING=1");
    assert!(child.wait().expect("ends").success());
}
