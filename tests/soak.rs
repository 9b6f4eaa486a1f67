//! Many nights in a row, seconds apart: two schedulers, three workers and a server of one project whose data drifts, while
//! roles are killed, files are bad, the disk is full and the database is held. At the end every tick has its one row,
//! nothing is lost or doubled, and no prediction failed.
//!
//! `UNSEAT_SOAK_TICKS=300` continues for longer; `UNSEAT_SOAK_SEED` does other things at other moments.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::DateTime;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use unseat::cron::{Expression, ticks_after};
use unseat::model_types::Outcome;
use unseat::registry::{JobRow, JobState, TickOutcome, TickRow};

use crate::kill::{number_from, put_fresh_data};
use crate::serve::Server;
use crate::support::{MODEL, Project};

/// A tick every other second.
const CRON: &str = "*/2 * * * * *";
/// Predictions between two looks at the books.
const PREDICTIONS_PER_LOOK: usize = 40;
/// The longest that nothing may happen.
const PATIENCE: Duration = Duration::from_secs(90);

/// A role as a process, begun again when it is killed.
struct Role {
    arguments: &'static [&'static str],
    child: Child,
    killed: usize,
}

impl Role {
    fn begin(project: &Project, arguments: &'static [&'static str]) -> Self {
        Role {
            arguments,
            child: spawn(project, arguments),
            killed: 0,
        }
    }

    /// `kill -9`, and a new one in its place.
    fn kill(&mut self, project: &Project) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
        self.child = spawn(project, self.arguments);
        self.killed += 1;
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // Also when the test fails: nothing continues behind it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(project: &Project, arguments: &[&str]) -> Child {
    let mut command = project.command(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// The disk of the data sets: a small one of its own, where this machine lets us mount one.
struct Disk(Option<PathBuf>);

impl Disk {
    fn of(project: &Project) -> Self {
        let folder = project.path("ingesteddata");
        std::fs::create_dir_all(&folder).expect("makes it");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=200m", "tmpfs"])
            .arg(&folder);
        let is_mounted = mount.output().is_ok_and(|done| done.status.success());
        Disk(is_mounted.then_some(folder))
    }

    /// Fills it up, or makes room again.
    fn turn(&self) {
        let Some(filler) = self.0.as_ref().map(|folder| folder.join("filler")) else {
            return;
        };
        if std::fs::remove_file(&filler).is_err() {
            // A run may write at the same time and be quicker; the disk is full either way.
            let _ = std::fs::write(&filler, vec![1; 195 << 20]);
        }
    }

    fn make_room(&self) {
        if let Some(folder) = &self.0 {
            let _ = std::fs::remove_file(folder.join("filler"));
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            let _ = Command::new("umount").arg("-l").arg(folder).output();
        }
    }
}

/// What the registry says of ticks and jobs.
struct Night {
    ticks: Vec<TickRow>,
    jobs: Vec<JobRow>,
}

fn look(project: &Project) -> Night {
    project.registry(async |registry| Night {
        ticks: registry.ticks(None, 100_000).await.expect("reads"),
        jobs: registry.jobs(None, 100_000).await.expect("reads"),
    })
}

#[test]
fn nights_on_which_things_go_wrong() {
    let nights = number_from("UNSEAT_SOAK_TICKS", 12) as usize;
    let seed = number_from("UNSEAT_SOAK_SEED", 1);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let project = Project::new().with_real_clock();
    let disk = Disk::of(&project);
    prepare(&project);
    let server = Server::of(&project, &[]);
    let body = json!({"rows": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]});
    let mut roles = [
        Role::begin(&project, &["schedule"]),
        Role::begin(&project, &["schedule"]),
        Role::begin(&project, &["worker"]),
        Role::begin(&project, &["worker"]),
        Role::begin(&project, &["worker"]),
    ];
    let (mut seen, mut predictions, mut versions) = (0, 0_u64, BTreeSet::new());
    let mut last = Instant::now();
    let mut sizes = Vec::new();
    while seen < nights {
        for _ in 0..PREDICTIONS_PER_LOOK {
            let answer = server.post("/prediction", &body).expect(200).json();
            versions.insert(answer["version"].as_i64().expect("a version"));
            predictions += 1;
        }
        let ticks = look(&project).ticks.len();
        assert!(last.elapsed() < PATIENCE, "no tick any more after {seen}");
        if ticks == seen {
            continue;
        }
        (seen, last) = (ticks, Instant::now());
        sizes.push(size_of(server.pid()));
        put_fresh_data(&project, seen as u64);
        trouble(&project, &disk, &mut roles, &mut random);
    }
    disk.make_room();
    let night = calm_down(&project, &server, &mut roles);
    every_tick_has_its_row(&night);
    every_job_ended(&night);
    the_books_are_true(&project);
    let sizes = stays_flat(&sizes);
    let killed: usize = roles.iter().map(|role| role.killed).sum();
    println!(
        "{} ticks, {} jobs, {} {killed} kills, {predictions} predictions by versions {versions:?}; {sizes}",
        night.ticks.len(),
        night.jobs.len(),
        disk.0
            .as_ref()
            .map_or("no full disk (nothing can be mounted here), ", |_| ""),
    );
}

/// Every fresh data set makes a challenger that the gate lets through or not, quickly.
fn prepare(project: &Project) {
    let gate = json!({"require": "not_worse", "margin": 0.05, "min_discordant": 0, "beat_baselines": false, "replicates": 100});
    project.set("gate", gate);
    project.set("schedule", json!({"cron": CRON, "overlap": "skip"}));
    project.set("jobs", json!({"backoff_seconds": 0.5, "attempts": 8}));
    project.ok(&["run"]);
}

/// One of the things that go wrong at night.
fn trouble(project: &Project, disk: &Disk, roles: &mut [Role], random: &mut ChaCha8Rng) {
    match random.random_range(0..7) {
        0 | 1 => {
            let unlucky = random.random_range(0..roles.len());
            roles[unlucky].kill(project);
        }
        // Half written by somebody's nightly export, and fixed later.
        2 => project.write(
            "practicedata/broken.csv",
            "corporation,lastmonth_activity\n\"never closed",
        ),
        3 => {
            let _ = std::fs::remove_file(project.path("practicedata/broken.csv"));
            disk.make_room();
        }
        // Another program keeps the database to itself for a while.
        4 => hold_database(
            project,
            Duration::from_millis(random.random_range(100..1500)),
        ),
        5 => disk.turn(),
        _ => {}
    }
}

/// Holds the database's write lock for a time.
fn hold_database(project: &Project, time: Duration) {
    project.registry(async |registry| {
        let held = registry.begin().await.expect("the database can be written");
        let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
        drop(held);
    });
}

/// Ends the schedulers, lets the workers work off what is queued, and ends them, too.
fn calm_down(project: &Project, server: &Server, roles: &mut [Role]) -> Night {
    let (schedulers, workers) = roles.split_at_mut(2);
    schedulers.iter_mut().for_each(end);
    let began = Instant::now();
    loop {
        server.get("/readyz").expect(200);
        let night = look(project);
        if !night.jobs.iter().any(JobRow::is_open) {
            workers.iter_mut().for_each(end);
            return look(project);
        }
        assert!(
            began.elapsed() < PATIENCE,
            "jobs stay open: {:#?}",
            night.jobs
        );
    }
}

fn end(role: &mut Role) {
    kill_process(Pid::from_child(&role.child), Signal::TERM).expect("it can be told");
    let status = role.child.wait().expect("it ends");
    assert!(status.success(), "{:?}: {status}", role.arguments);
}

/// From the first tick to the last, the rows are exactly the ticks of the expression, each with what came of it.
fn every_tick_has_its_row(night: &Night) {
    let mut at: Vec<i64> = night.ticks.iter().map(|tick| tick.tick_ms).collect();
    at.sort_unstable();
    let expression = Expression::parse(CRON).expect("it is one");
    let before = DateTime::from_timestamp_millis(at[0] - 1).expect("in range");
    let expected: Vec<i64> = ticks_after(&expression, chrono_tz::UTC, before)
        .map(|tick| tick.timestamp_millis())
        .take_while(|tick| *tick <= at[at.len() - 1])
        .collect();
    assert_eq!(at, expected);
    for tick in &night.ticks {
        assert_ne!(tick.outcome, TickOutcome::Pending, "{tick:?}");
        assert!(!tick.reason.is_empty(), "{tick:?}");
    }
}

/// A job for each tick that fired, and each of them ended.
fn every_job_ended(night: &Night) {
    let fired: BTreeSet<_> = night
        .ticks
        .iter()
        .filter_map(|tick| tick.job.as_ref())
        .collect();
    let jobs: BTreeSet<_> = night.jobs.iter().map(|job| &job.id).collect();
    assert_eq!(fired, jobs);
    for job in &night.jobs {
        assert_eq!(job.state, JobState::Done, "{job:?}");
    }
}

/// Versions are whole; each verdict to promote moved the champion once, in order, and the last of them is in production.
fn the_books_are_true(project: &Project) {
    let _ = std::fs::remove_file(project.path("practicedata/broken.csv"));
    // Puts right what the last killed run left, as the next night would.
    project.ok(&["run"]);
    let books = project.assert_settled();
    let mut promoted: Vec<i64> = books
        .versions
        .iter()
        .filter(|version| version.verdict == Some(Outcome::Promote))
        .map(|version| version.number.get())
        .collect();
    promoted.sort_unstable();
    assert_eq!(books.promotions(), promoted);
    assert_eq!(books.champion(), promoted.last().copied());
    let shown = project.json(&["models", "show", MODEL]);
    assert_eq!(
        shown["champion"]["version"].as_i64(),
        books.champion(),
        "{shown}"
    );
}

/// Resident memory in KiB and open files of a process.
fn size_of(pid: u32) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.and_then(|text| text.split_whitespace().next()?.parse().ok());
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    (resident.unwrap_or(0), files)
}

/// What a server takes at the end is about what it took once it was warm.
fn stays_flat(sizes: &[(u64, usize)]) -> String {
    let warm = &sizes[sizes.len() / 4..sizes.len() / 2];
    let late = &sizes[sizes.len() * 3 / 4..];
    let most = |part: &[(u64, usize)]| {
        let memory = part.iter().map(|size| size.0).max().unwrap_or(0);
        let files = part.iter().map(|size| size.1).max().unwrap_or(0);
        (memory, files)
    };
    let ((warm_memory, warm_files), (memory, files)) = (most(warm), most(late));
    assert!(
        memory <= warm_memory + warm_memory / 2 + 4096,
        "{warm_memory} then {memory} KiB"
    );
    assert!(files <= warm_files + 8, "{warm_files} then {files} files");
    format!("server {warm_memory} KiB, {warm_files} files; at the end {memory} KiB, {files} files")
}

#[test]
fn what_came_of_each_night_is_one_command_and_one_page() {
    let project = Project::promoted().with_real_clock();
    project.set("schedule", json!({"cron": "* * * * * *"}));
    let scheduler = Role::begin(&project, &["schedule"]);
    let server = Server::of(&project, &[]);
    // The first tick makes a job that nobody takes; the next one finds it there.
    let page = server.until("/ticks", |answer| {
        answer
            .json()
            .as_array()
            .is_some_and(|ticks| ticks.len() > 1)
    });
    drop(scheduler);
    let ticks = page.json();
    let outcomes: Vec<_> = ticks
        .as_array()
        .expect("a list")
        .iter()
        .map(|tick| &tick["outcome"])
        .collect();
    assert_eq!(outcomes.last(), Some(&&Value::from("pending")), "{ticks:#}");
    assert_eq!(
        outcomes.first(),
        Some(&&Value::from("skipped")),
        "{ticks:#}"
    );
    let text = project.ok(&["schedule", "log"]).stdout;
    assert!(text.contains("was still queued"), "{text}");
    assert!(text.contains("its job waits for a worker"), "{text}");
    let metrics = server.get("/metrics").expect(200).text();
    for line in [
        format!("unseat_jobs{{model=\"{MODEL}\",state=\"queued\"}} 1"),
        format!("unseat_ticks{{model=\"{MODEL}\",outcome=\"pending\"}} 1"),
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
    let schedule = server.get("/schedule").expect(200).json();
    assert_eq!(schedule[0]["cron"], "* * * * * *", "{schedule}");
    assert_eq!(
        schedule[0]["next"].as_array().map(Vec::len),
        Some(5),
        "{schedule}"
    );
}
