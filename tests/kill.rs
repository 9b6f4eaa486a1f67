//! The real program killed at random moments, again and again, in one project that lives through it all. No repair between
//! the kills but the program's own: most runs begin with putting right what the one before left, and die on it too.
//!
//! `UNSEAT_KILLS=300` kills more often; `UNSEAT_KILL_SEED` does it at other moments.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use unseat::faults::POINTS;
use unseat::model_types::VersionNumber;

use crate::support::{Books, Project};

pub fn number_from(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A project in which every fresh data set makes a challenger that is promoted.
fn generous_project() -> Project {
    let project = Project::new().with_real_clock();
    project.set(
        "gate",
        serde_json::json!({
            "require": "not_worse", "margin": 0.9, "min_discordant": 0, "beat_baselines": false, "replicates": 100,
        }),
    );
    project.ok(&["run"]);
    project
}

/// Twenty rows that no run has seen, beside the sample's: other numbers for every `number`, so the model learns others too.
pub fn put_fresh_data(project: &Project, number: u64) {
    let header = "corporation,lastmonth_activity,lastyear_activity,number_of_employees,exited\n";
    let rows = (0..20).map(|row| {
        let (month, employees) = (50 + number % 97 + 3 * row, 5 + (number + row) % 31);
        let year = 12 * month + number + row * row;
        format!(
            "fresh{number}x{row},{month},{year},{employees},{}\n",
            row % 2
        )
    });
    let text: String = std::iter::once(header.to_string()).chain(rows).collect();
    project.write("practicedata/fresh.csv", &text);
}

/// When to pull the plug.
#[derive(Debug)]
enum Moment {
    /// So long after the start.
    After(Duration),
    /// So long after a named point was passed: points lie densest where something is written.
    AfterPoint(&'static str, Duration),
}

impl Moment {
    fn draw(random: &mut ChaCha8Rng, whole: Duration) -> Self {
        let little = Duration::from_micros(random.random_range(0..4_000));
        if random.random_bool(0.5) {
            Moment::After(whole.mul_f64(random.random_range(0.0..1.1)))
        } else {
            Moment::AfterPoint(POINTS[random.random_range(0..POINTS.len())], little)
        }
    }

    /// Waits for the moment and kills; nothing happens when the program is faster.
    fn kill(&self, child: &mut Child) {
        let wait = match self {
            Moment::After(wait) => *wait,
            Moment::AfterPoint(point, wait) => {
                let stderr = child.stderr.take().expect("stderr is a pipe");
                let wanted = format!("passed {point}");
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if line == wanted {
                        break;
                    }
                }
                *wait
            }
        };
        let begin = Instant::now();
        while begin.elapsed() < wait && child.try_wait().expect("it can be asked").is_none() {
            std::thread::yield_now();
        }
        // A child that is gone already cannot be killed any more.
        let _ = child.kill();
    }
}

#[test]
fn a_program_killed_at_any_moment_leaves_the_old_champion_or_the_new_one() {
    let kills = number_from("UNSEAT_KILLS", 60);
    let seed = number_from("UNSEAT_KILL_SEED", 1);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let project = generous_project();
    let begin = Instant::now();
    put_fresh_data(&project, 0);
    assert_eq!(project.json(&["run"])["outcome"], "promote");
    let whole = begin.elapsed();

    let mut tally: BTreeMap<&str, u64> = BTreeMap::new();
    for number in 1..=kills {
        put_fresh_data(&project, 2 * number);
        let before = project.books();
        let by_hand: [&[&str]; 3] = [&["rollback"], &["promote", "latest"], &["pin"]];
        let (arguments, moment) = if random.random_bool(0.15) {
            let wait = Duration::from_micros(random.random_range(0..30_000));
            (
                by_hand[random.random_range(0..by_hand.len())],
                Moment::After(wait),
            )
        } else {
            (&["run"][..], Moment::draw(&mut random, whole))
        };
        let told = format!("kill {number} of seed {seed}: {arguments:?} {moment:?}");

        let mut command = project.command(arguments);
        command
            .env("UNSEAT_FAULT", "trace")
            .stdout(std::process::Stdio::null());
        if matches!(moment, Moment::After(_)) {
            command.stderr(std::process::Stdio::null());
        }
        let mut child = command.spawn().expect("the program starts");
        moment.kill(&mut child);
        let done = project.finish(child, arguments);

        let after = project.books();
        let fate = look(&project, &before, &after, &told);
        let ended = if done.is_killed() {
            "killed"
        } else {
            "was faster"
        };
        *tally.entry(ended).or_default() += 1;
        *tally.entry(fate).or_default() += 1;
        assert!(done.is_killed() || done.status.success(), "{told}: {done}");
        project.ok(&["predict", "testdata/testdata.csv"]);

        if arguments == ["pin"] {
            project.ok(&["unpin"]);
        }
        // Now and then a run comes through, and then nothing at all is left of those that did not.
        if number % 10 == 0 || number == kills {
            put_fresh_data(&project, 2 * number + 1);
            let report = project.json(&["run"]);
            assert_eq!(report["outcome"], "promote", "{told}: {report:#}");
            let books = project.assert_settled();
            assert_eq!(books.champion(), report["version"].as_i64(), "{told}");
            assert_eq!(project.json(&["run"])["outcome"], "nothing_new", "{told}");
        }
    }
    println!("{kills} kills with seed {seed}: {tally:?}");
}

/// What must hold right after a kill; says what became of the champion.
fn look(project: &Project, before: &Books, after: &Books, told: &str) -> &'static str {
    let (old, new) = (before.champion(), after.champion());
    let added = after.operations.len() - before.operations.len();
    assert!(added <= 1, "{told}: {added} operations");
    assert_eq!(
        after.operations[added..],
        before.operations[..],
        "{told}: past operations changed"
    );
    let copied = project.copied_version(after);
    assert!(
        copied == old || copied == new || before.copied == copied,
        "{told}: copy of {copied:?}, champion {old:?} then {new:?}"
    );
    if added == 1 {
        let moved = &after.operations[0];
        assert_eq!(moved.previous.map(VersionNumber::get), old, "{told}");
        assert_eq!(moved.version.map(VersionNumber::get), new, "{told}");
        assert!(
            new.is_some_and(|new| project.version_file(new, "decision.json").exists()),
            "{told}"
        );
    } else {
        assert_eq!(old, new, "{told}: the champion moved without an operation");
    }
    // What is ready is whole, whatever process died while making it.
    let newest = after.versions.iter().take(3);
    for version in newest.filter(|version| version.bundle_sha256.is_some()) {
        let found = crate::support::sha256(&project.bundle(version.number.get()));
        assert_eq!(
            Some(found.as_str()),
            version.bundle_sha256.as_deref(),
            "{told}: version {}",
            version.number
        );
    }
    match (added, copied == new) {
        (0, _) => "champion is the old one",
        (_, true) => "champion is the new one",
        (_, false) => "champion is the new one, copy the old one",
    }
}
