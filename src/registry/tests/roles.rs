//! Processes that stay are known on whatever machine they are, for as long as they are heard of.

use super::{Fresh, fresh_of_each};
use crate::model_types::RunId;
use crate::registry::*;

/// A process on another machine.
fn elsewhere() -> ProcessId {
    ProcessId {
        host: "web-7".to_string(),
        ..ProcessId::current()
    }
}

/// One of this machine that has ended.
fn ended() -> ProcessId {
    let me = ProcessId::current();
    ProcessId {
        started: me.started - 1,
        ..me
    }
}

async fn commands(registry: &Registry) -> Vec<String> {
    let living = registry.living_roles().await.expect("asks");
    living.into_iter().map(|role| role.command).collect()
}

async fn told(registry: &Registry) -> Vec<String> {
    let found = registry.at_work(1).await.expect("asks");
    found.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_there_until_it_ends_or_is_silent() {
    for Fresh {
        registry,
        folder: _folder,
        ..
    } in fresh_of_each().await
    {
        let (me, far, dead) = (ProcessId::current(), elsewhere(), ended());
        let lives = async |process: &ProcessId, command: &str, address: Option<&str>| {
            let said = registry.role_lives(process, command, address).await;
            said.expect("writes");
        };
        lives(&me, "up", Some("http://127.0.0.1:8000")).await;
        // Those of one millisecond are told by name.
        registry
            .run_sql("UPDATE roles SET since_ms = since_ms - 1")
            .await;
        lives(&far, "serve", Some("http://0.0.0.0:80")).await;
        lives(&dead, "schedule", None).await;
        assert_eq!(commands(&registry).await, ["up", "serve"]);

        // On another machine, silence for three heartbeats is death; on this one, the process is asked.
        registry
            .run_sql("UPDATE roles SET heartbeat_ms = heartbeat_ms - 44000")
            .await;
        assert_eq!(commands(&registry).await, ["up", "serve"]);
        registry
            .run_sql("UPDATE roles SET heartbeat_ms = heartbeat_ms - 2000")
            .await;
        assert_eq!(commands(&registry).await, ["up"]);
        lives(&far, "serve", Some("http://0.0.0.0:80")).await;
        assert_eq!(commands(&registry).await, ["up", "serve"]);

        registry.role_leaves(&far).await.expect("writes");
        assert_eq!(commands(&registry).await, ["up"]);
        let rows = async || {
            let counted = registry.count_rows().await.expect("asks");
            let roles = counted.into_iter().find(|(table, _)| table == "roles");
            roles.expect("the table").1
        };
        assert_eq!(rows().await, 2, "of this one and of the dead one");
        registry
            .run_sql("UPDATE roles SET heartbeat_ms = heartbeat_ms - 86400000")
            .await;
        registry.role_leaves(&far).await.expect("writes");
        assert_eq!(rows().await, 0, "what died long ago is removed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_at_work_is_told_with_its_host_its_jobs_and_how_to_end_it() {
    for Fresh {
        registry,
        folder: _folder,
        ..
    } in fresh_of_each().await
    {
        assert_eq!(told(&registry).await, [] as [String; 0]);
        let (me, far) = (ProcessId::current(), elsewhere());
        let lives = async |process: &ProcessId, command: &str, address: Option<&str>| {
            let said = registry.role_lives(process, command, address).await;
            said.expect("writes");
        };
        lives(&far, "serve", Some("http://0.0.0.0:80")).await;
        // Both may be of one millisecond; the server was first.
        registry
            .run_sql("UPDATE roles SET since_ms = since_ms - 1")
            .await;
        lives(&me, "worker", None).await;
        // The worker says so itself, too, and does a job; another one was started by a server.
        let (mine, helper) = (format!("{me}/1"), format!("{}/2", elsewhere()));
        let helper = helper.replace(&format!("/{}/", me.pid), "/77/");
        for worker in [&mine, &helper] {
            registry.worker_lives(worker).await.expect("writes");
        }
        super::workers::add(&registry, "j-1", "shop").await;
        let claimed = registry
            .claim_next_job(&mine, &Takes::AllBut(Vec::new()), 7)
            .await;
        assert!(claimed.expect("asks").is_some());
        let lock = registry
            .take_lock("shop", &RunId::new("r-1"), 1)
            .await
            .expect("free");
        let (here, pid) = (me.host.clone(), me.pid);
        let expected = [
            format!(
                "a run of `shop` is under way: run r-1 holds the lock since 1970-01-01T00:00:00Z (process {pid} on {here})"
            ),
            format!(
                "a server runs (`unseat serve`, process {pid} on web-7, http://0.0.0.0:80, heard of 0 s ago)"
            ),
            format!(
                "a worker runs (`unseat worker`, process {pid} on {here}, heard of 0 s ago), with the job j-1 of `shop`"
            ),
            "a worker runs (process 77 on web-7)".to_string(),
        ];
        let found = registry.at_work(1).await.expect("asks");
        let said: Vec<String> = found.iter().map(ToString::to_string).collect();
        let said: Vec<String> = said
            .iter()
            .map(|line| line.replace("heard of 1 s", "heard of 0 s"))
            .collect();
        assert_eq!(said, expected);
        let ends: Vec<String> = found.iter().map(AtWork::how_to_end).collect();
        assert_eq!(
            ends,
            [
                format!("the run of `shop`: wait for it, or `kill {pid}`, or stop its service"),
                format!(
                    "`unseat serve`: `kill {pid}` on web-7, or stop its service or container there"
                ),
                format!("`unseat worker`: `kill {pid}`, or stop its service"),
                "the worker: `kill 77` on web-7, or stop its service or container there"
                    .to_string(),
            ]
        );
        let alone: Vec<bool> = found.iter().map(AtWork::is_server_alone).collect();
        assert_eq!(alone, [false, true, false, false]);
        registry.release_lock(&lock).await.expect("gives back");
    }
}

#[tokio::test]
async fn processes_are_left_out_of_a_snapshot() {
    let fresh = super::fresh().await;
    let registry = &fresh.registry;
    let me = ProcessId::current();
    registry.role_lives(&me, "up", None).await.expect("writes");
    registry
        .worker_lives(&format!("{me}/1"))
        .await
        .expect("writes");
    let file = fresh.folder.path().join("copy.db");
    registry.snapshot(&file).await.expect("copies");
    let copy = Registry::look(&file).await.expect("opens");
    assert_eq!(told(&copy).await, [] as [String; 0]);
    assert!(copy.is_empty().await.expect("asks"));
    assert!(
        registry.is_empty().await.expect("asks"),
        "processes are no project"
    );
}
