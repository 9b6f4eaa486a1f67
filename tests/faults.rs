//! Planned failures at every named point of a run: the champion is the old or the new one, and the next run puts
//! everything right.

use std::fmt::Write as _;

use unseat::faults::{EACH_FILE, POINTS};
use unseat::model_types::Outcome;

use crate::support::{Books, Project};

/// From here on the new version is the champion.
fn is_after_promotion(point: &str) -> bool {
    let place = |name: &str| POINTS.iter().position(|known| *known == name);
    place(point) > place("deploy.promoting")
}

#[test]
fn a_run_that_promotes_passes_every_point_in_the_listed_order() {
    let project = Project::promoted();
    let done = project.unseat_with(("UNSEAT_FAULT", "trace"), &["run", "--input", "sourcedata"]);
    let passed: Vec<&str> = done
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("passed "))
        .filter(|point| *point != EACH_FILE)
        .collect();
    assert_eq!(passed, POINTS, "{done}");
}

#[test]
fn a_run_that_is_killed_after_any_file_leaves_nothing_half_done() {
    let before = Project::promoted();
    let run = ["run", "--input", "sourcedata"];
    let calm = before.copy();
    let traced = calm.unseat_with(("UNSEAT_FAULT", "trace"), &run);
    let files = traced.stderr.matches(EACH_FILE).count();
    // A data set, its list, and what is in the version's folder.
    assert_eq!(files, 2 + 15, "{traced}");
    for number in 1..=files {
        let project = before.copy();
        let fault = format!("{EACH_FILE}:kill:{number}");
        let done = project.unseat_with(("UNSEAT_FAULT", &fault), &run);
        assert!(done.is_killed(), "{fault} did not stop the run: {done}");
        let stopped = project.books();
        assert_eq!(
            project.copied_version(&stopped),
            stopped.champion(),
            "{fault}"
        );
        project.ok(&run);
        let books = project.assert_settled();
        assert_eq!(books.promotions().len(), 2, "{fault}: {books:#?}");
        let champion = books.champion().expect("there is one now");
        assert!(project.bundle(champion) == calm.bundle(2), "{fault}");
    }
}

#[test]
fn a_first_run_that_fails_at_any_point_leaves_nothing_half_done() {
    check_every_point("error", &Project::new(), &["run"]);
}

#[test]
fn a_first_run_that_is_killed_at_any_point_leaves_nothing_half_done() {
    check_every_point("kill", &Project::new(), &["run"]);
}

#[test]
fn a_challenger_whose_run_fails_at_any_point_leaves_the_old_champion_or_the_new_one() {
    let table = check_every_point(
        "error",
        &Project::promoted(),
        &["run", "--input", "sourcedata"],
    );
    insta::assert_snapshot!(table, @r"
    lock.taken                   champion 1 copy 1 versions 1:ready:promote run done:promote data sets 1 lock free
    run.recorded                 champion 1 copy 1 versions 1:ready:promote run failed:- data sets 1 lock free
    ingest.data_written          champion 1 copy 1 versions 1:ready:promote run failed:- data sets 1 lock free
    ingest.data_published        champion 1 copy 1 versions 1:ready:promote run failed:- data sets 1 lock free
    ingest.list_published        champion 1 copy 1 versions 1:ready:promote run failed:- data sets 1 lock free
    ingest.recorded              champion 1 copy 1 versions 1:ready:promote run failed:- data sets 2 lock free
    train.version_reserved       champion 1 copy 1 versions 1:ready:promote 2:building:- run failed:- data sets 2 lock free
    train.bundle_published       champion 1 copy 1 versions 1:ready:promote 2:building:- run failed:- data sets 2 lock free
    train.recorded               champion 1 copy 1 versions 1:ready:promote 2:ready:- run failed:- data sets 2 lock free
    score.predictions_published  champion 1 copy 1 versions 1:ready:promote 2:ready:- run failed:- data sets 2 lock free
    score.score_published        champion 1 copy 1 versions 1:ready:promote 2:ready:- run failed:- data sets 2 lock free
    score.recorded               champion 1 copy 1 versions 1:ready:promote 2:ready:- run failed:- data sets 2 lock free
    deploy.verified              champion 1 copy 1 versions 1:ready:promote 2:ready:- run failed:- data sets 2 lock free
    deploy.decision_published    champion 1 copy 1 versions 1:ready:promote 2:ready:- run failed:- data sets 2 lock free
    deploy.promoting             champion 1 copy 1 versions 1:ready:promote 2:ready:- run failed:- data sets 2 lock free
    deploy.promoted              champion 2 copy 1 versions 1:ready:promote 2:ready:promote run failed:promote data sets 2 lock free
    deploy.copy_written          champion 2 copy 1 versions 1:ready:promote 2:ready:promote run failed:promote data sets 2 lock free
    deploy.copy_swapped          champion 2 copy 2 versions 1:ready:promote 2:ready:promote run failed:promote data sets 2 lock free
    report.published             champion 2 copy 2 versions 1:ready:promote 2:ready:promote run failed:promote data sets 2 lock free
    run.concluded                champion 2 copy 2 versions 1:ready:promote 2:ready:promote run done:promote data sets 2 lock free
    lock.released                champion 2 copy 2 versions 1:ready:promote 2:ready:promote run done:promote data sets 2 lock free
    ");
}

#[test]
fn a_challenger_whose_run_is_killed_at_any_point_leaves_the_old_champion_or_the_new_one() {
    let table = check_every_point(
        "kill",
        &Project::promoted(),
        &["run", "--input", "sourcedata"],
    );
    insta::assert_snapshot!(table, @r"
    lock.taken                   champion 1 copy 1 versions 1:ready:promote run done:promote data sets 1 lock held
    run.recorded                 champion 1 copy 1 versions 1:ready:promote run running:- data sets 1 lock held
    ingest.data_written          champion 1 copy 1 versions 1:ready:promote run running:- data sets 1 lock held
    ingest.data_published        champion 1 copy 1 versions 1:ready:promote run running:- data sets 1 lock held
    ingest.list_published        champion 1 copy 1 versions 1:ready:promote run running:- data sets 1 lock held
    ingest.recorded              champion 1 copy 1 versions 1:ready:promote run running:- data sets 2 lock held
    train.version_reserved       champion 1 copy 1 versions 1:ready:promote 2:building:- run running:- data sets 2 lock held
    train.bundle_published       champion 1 copy 1 versions 1:ready:promote 2:building:- run running:- data sets 2 lock held
    train.recorded               champion 1 copy 1 versions 1:ready:promote 2:ready:- run running:- data sets 2 lock held
    score.predictions_published  champion 1 copy 1 versions 1:ready:promote 2:ready:- run running:- data sets 2 lock held
    score.score_published        champion 1 copy 1 versions 1:ready:promote 2:ready:- run running:- data sets 2 lock held
    score.recorded               champion 1 copy 1 versions 1:ready:promote 2:ready:- run running:- data sets 2 lock held
    deploy.verified              champion 1 copy 1 versions 1:ready:promote 2:ready:- run running:- data sets 2 lock held
    deploy.decision_published    champion 1 copy 1 versions 1:ready:promote 2:ready:- run running:- data sets 2 lock held
    deploy.promoting             champion 1 copy 1 versions 1:ready:promote 2:ready:- run running:- data sets 2 lock held
    deploy.promoted              champion 2 copy 1 versions 1:ready:promote 2:ready:promote run running:promote data sets 2 lock held
    deploy.copy_written          champion 2 copy 1 versions 1:ready:promote 2:ready:promote run running:promote data sets 2 lock held
    deploy.copy_swapped          champion 2 copy 2 versions 1:ready:promote 2:ready:promote run running:promote data sets 2 lock held
    report.published             champion 2 copy 2 versions 1:ready:promote 2:ready:promote run running:promote data sets 2 lock held
    run.concluded                champion 2 copy 2 versions 1:ready:promote 2:ready:promote run done:promote data sets 2 lock held
    lock.released                champion 2 copy 2 versions 1:ready:promote 2:ready:promote run done:promote data sets 2 lock free
    ");
}

/// Stops the run at every point, looks, runs again, and looks again. Returns what was seen after each stop.
fn check_every_point(kind: &str, before: &Project, run: &[&str]) -> String {
    // What comes of it when nobody interferes.
    let calm = before.copy();
    calm.ok(run);
    let calm_books = calm.assert_settled();
    let calm_bundle = calm.bundle(calm_books.champion().expect("the run promotes"));

    let old = before.books().champion();
    let mut table = String::new();
    for &point in POINTS {
        let project = before.copy();
        let fault = format!("{point}:{kind}");
        let done = project.unseat_with(("UNSEAT_FAULT", &fault), run);
        match kind {
            "kill" => assert!(done.is_killed(), "{fault} did not stop the run: {done}"),
            _ => {
                let says_so = done.stderr.contains(&format!("planned failure at {point}"));
                assert!(
                    done.code() == 1 && says_so,
                    "{fault} did not stop the run: {done}"
                );
            }
        }

        let stopped = project.books();
        let copied = project.copied_version(&stopped);
        let _ = writeln!(table, "{point:28} {}", in_short(&stopped, copied));
        if is_after_promotion(point) {
            assert_ne!(stopped.champion(), old, "{fault}");
            assert!(
                copied == old || copied == stopped.champion(),
                "{fault}: copy of {copied:?}"
            );
        } else {
            assert_eq!(stopped.champion(), old, "{fault}");
            assert_eq!(copied, old, "{fault}");
        }

        // Reading needs no repair: the champion answers at once.
        if stopped.champion().is_some() {
            project.ok(&["predict", "testdata/testdata.csv"]);
        }

        let again = project.json(run);
        let expected = if is_after_promotion(point) {
            "nothing_new"
        } else {
            "promote"
        };
        assert_eq!(again["outcome"], expected, "{fault}: {again:#}");
        let books = project.assert_settled();
        let promotions = calm_books.promotions().len();
        assert_eq!(books.promotions().len(), promotions, "{fault}: {books:#?}");
        let champion = books.champion().expect("there is one now");
        assert!(
            project.bundle(champion) == calm_bundle,
            "{fault}: the champion is not the one of an undisturbed run"
        );

        let products = project.products();
        assert_eq!(project.json(run)["outcome"], "nothing_new", "{fault}");
        assert_eq!(
            project.products(),
            products,
            "{fault}: something changed without news"
        );
        project.assert_settled();
    }
    table
}

/// Champion, copy, versions, the newest run and the lock on one line.
fn in_short(books: &Books, copied: Option<i64>) -> String {
    let number = |number: Option<i64>| number.map_or("-".to_string(), |number| number.to_string());
    let mut versions: Vec<String> = books
        .versions
        .iter()
        .map(|version| {
            let verdict = version.verdict.map_or("-", Outcome::name);
            format!("{}:{:?}:{verdict}", version.number, version.state).to_lowercase()
        })
        .collect();
    versions.reverse();
    let run = books.runs.first().map_or("-".to_string(), |run| {
        format!("{}:{}", run.state, run.outcome.map_or("-", Outcome::name))
    });
    format!(
        "champion {} copy {} versions {} run {run} data sets {} lock {}",
        number(books.champion()),
        number(copied),
        versions.join(" "),
        books.dataset_runs.len(),
        if books.holder.is_some() {
            "held"
        } else {
            "free"
        }
    )
}
