//! No database is copied away from, or replaced under, processes that would continue with the old one: they are named, wherever
//! they run, with how they are ended.

use std::process::{Child, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use unseat::registry::{ProcessId, Registry};

use crate::postgres::Postgres;
use crate::serve::Server;
use crate::support::Project;

/// Longest that anything is waited for.
const MOST_SECONDS: u64 = 120;

/// A process of the project that stays, which a failing test takes along.
struct Role(Child);

impl Role {
    fn of(project: &Project, command: &str) -> Self {
        let mut command = project.command(&[command]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Role(command.spawn().expect("starts"))
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn end(mut self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("it can be signalled");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `database check` says is at work, once it is so many.
#[track_caller]
fn at_work(project: &Project, how_many: usize) -> Vec<String> {
    let began = Instant::now();
    loop {
        let checked = project.json(&["database", "check"]);
        let lines = checked["at_work"].as_array().expect("a list");
        let lines: Vec<String> = lines
            .iter()
            .map(|line| line.as_str().expect("a text").to_string())
            .collect();
        if lines.len() == how_many {
            return lines;
        }
        assert!(began.elapsed().as_secs() < MOST_SECONDS, "{lines:#?}");
    }
}

fn here() -> String {
    ProcessId::current().host
}

#[test]
fn a_database_is_not_copied_away_from_processes_that_run() {
    for project in Project::promoted_on_each() {
        let project = project.with_real_clock();
        let another = if project.is_on_server() {
            None
        } else {
            Postgres::shared()
        };
        let to = another.map_or("sqlite://copy.db".to_string(), Postgres::database);
        let copy = ["database", "copy", "--to", to.as_str()];
        let server = Server::of(&project, &[]);
        let roles = [Role::of(&project, "schedule"), Role::of(&project, "worker")];
        let lines = at_work(&project, 3);
        let (host, pid) = (here(), server.pid());
        let has = |begin: String| {
            assert!(
                lines.iter().any(|line| line.starts_with(&begin)),
                "{begin}: {lines:#?}"
            );
        };
        has(format!(
            "a server runs (`unseat serve`, process {pid} on {host}, http://127.0.0.1:"
        ));
        let [schedule, worker] = [roles[0].pid(), roles[1].pid()];
        has(format!(
            "a scheduler runs (`unseat schedule`, process {schedule} on {host}, heard of "
        ));
        has(format!(
            "a worker runs (`unseat worker`, process {worker} on {host}, heard of "
        ));
        let done = project.unseat(&copy);
        assert_eq!(done.code(), 1, "{done}");
        let said = "error: failed to copy the database: the project is at work: a server runs";
        assert!(done.stderr.starts_with(said), "{done}");
        for pid in [pid, schedule, worker] {
            assert!(done.stderr.contains(&format!("`kill {pid}`")), "{done}");
        }

        // One that ends says so; one that is killed is known to be dead.
        let [schedule, worker] = roles;
        schedule.end(Signal::TERM);
        worker.end(Signal::KILL);
        at_work(&project, 1);
        let done = project.unseat(&copy);
        assert!(
            done.code() == 1 && !done.stderr.contains("scheduler"),
            "{done}"
        );
        server.stop(Signal::TERM);
        at_work(&project, 0);

        // On another machine it is known by its heartbeat.
        let far = ProcessId {
            host: "web-7".to_string(),
            ..ProcessId::current()
        };
        project.registry(async |registry| {
            let lives = registry.role_lives(&far, "up", Some("http://web-7:8000"));
            lives.await.expect("writes");
        });
        let done = project.unseat(&copy);
        assert!(
            done.code() == 1
                && done.stderr.contains(&format!(
                    "server, schedule and worker in one runs (`unseat up`, process {} on web-7, http://web-7:8000, heard of",
                    far.pid
                ))
                && done.stderr.contains("on web-7, or stop its service or container there"),
            "{done}"
        );
        project.registry(async |registry| registry.role_leaves(&far).await.expect("writes"));
        project.ok(&copy);
    }
}

#[test]
fn nothing_is_copied_into_a_database_that_processes_use() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let project = Project::promoted();
    let url = server.database();
    let there = async || {
        let settings = crate::support::settings(&url);
        Registry::open_server(&settings).await.expect("opens")
    };
    let far = ProcessId {
        host: "web-7".to_string(),
        ..ProcessId::current()
    };
    let run = tokio::runtime::Runtime::new().expect("a runtime");
    run.block_on(async {
        let said = there().await.role_lives(&far, "serve", None).await;
        said.expect("writes");
    });
    let copy = ["database", "copy", "--to", url.as_str()];
    let done = project.unseat(&copy);
    let said = "failed to copy into that database: the project is at work: a server runs (`unseat serve`, process";
    assert!(done.code() == 1 && done.stderr.contains(said), "{done}");
    run.block_on(async { there().await.role_leaves(&far).await.expect("writes") });
    project.ok(&copy);
}

#[test]
fn nothing_is_restored_under_processes_that_run_but_servers_that_may_stay() {
    let project = Project::promoted().with_real_clock();
    project.ok(&["backup", "safe"]);
    project.ok(&["run", "--input", "sourcedata"]);
    let server = Server::of(&project, &[]);
    server.until("/current-model", |answer| {
        answer.text().contains("attrition_2")
    });
    let worker = Role::of(&project, "worker");
    at_work(&project, 2);
    let restore = ["restore", "safe", "--force"];
    let done = project.unseat(&restore);
    let said = "error: failed to put a backup in the place of the project: the project is at work: a server runs";
    assert!(
        done.code() == 1 && done.stderr.starts_with(said) && done.stderr.contains("a worker runs"),
        "{done}"
    );
    let keeping = ["restore", "safe", "--force", "--keep-servers"];
    let done = project.unseat(&keeping);
    assert!(
        done.code() == 1 && !done.stderr.contains("a server runs"),
        "{done}"
    );
    assert_eq!(project.books().champion(), Some(2));
    worker.end(Signal::TERM);
    project.ok(&keeping);
    assert_eq!(project.books().champion(), Some(1));
    server.until("/current-model", |answer| {
        answer.text().contains("attrition_1")
    });
}
