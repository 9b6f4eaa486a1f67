//! Old things go, and what is needed stays.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::plan::{Facts, Fate, Kind, Plan, Thing, Version, Why, plan};
use crate::config::Retention;
use crate::model_types::VersionNumber;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 400 * DAY;

fn thing(id: &str, days_old: i64) -> Thing {
    Thing {
        id: id.to_string(),
        at_ms: NOW - days_old * DAY,
        is_over: true,
        run: Some(id.to_string()),
    }
}

fn version(number: VersionNumber, run: &str, days_old: i64) -> Version {
    Version {
        number,
        run: run.to_string(),
        dataset_run: run.to_string(),
        is_whole: true,
        is_building: false,
        is_decided: true,
        at_ms: NOW - days_old * DAY,
    }
}

/// Ten days, a version and its data set on each; version 10 is of today.
fn ten_days() -> Facts {
    let runs: Vec<String> = (1..=10).map(|day| format!("r{day:02}")).collect();
    let things = || {
        runs.iter()
            .zip(1..)
            .map(|(run, day)| thing(run, 10 - day))
            .collect::<Vec<_>>()
    };
    Facts {
        now_ms: NOW,
        champion: Some(VersionNumber::new(4)),
        before: Some(VersionNumber::new(2)),
        versions: runs
            .iter()
            .zip(1..)
            .map(|(run, day)| version(VersionNumber::new(day), run, 10 - day))
            .collect(),
        datasets: things(),
        runs_with_files: runs.iter().cloned().collect(),
        logs: things(),
        plain_logs: runs.iter().cloned().collect(),
        runs: things(),
        ..Facts::default()
    }
}

fn keep(count: u32) -> Retention {
    let mut retention = Retention::default();
    retention.versions.count = Some(count);
    retention.datasets.count = Some(count);
    retention.runs.count = Some(count);
    retention.logs.count = Some(count);
    retention
}

fn why(plan: &Plan, kind: Kind, id: &str) -> Why {
    let fate = plan
        .fates
        .iter()
        .find(|fate| fate.kind == kind && fate.id == id);
    fate.expect("everything has a fate").why
}

#[test]
fn the_newest_stay_and_what_is_needed_of_the_others() {
    let plan = plan(&ten_days(), &keep(3));
    assert_eq!(plan.going(Kind::Version), ["7", "6", "5", "3", "1"]);
    assert_eq!(why(&plan, Kind::Version, "4"), Why::Champion);
    assert_eq!(why(&plan, Kind::Version, "2"), Why::Before);
    assert_eq!(why(&plan, Kind::Version, "7"), Why::TooMany(3));
    assert_eq!(
        plan.going(Kind::Dataset),
        ["r07", "r06", "r05", "r03", "r01"]
    );
    assert_eq!(
        why(&plan, Kind::Dataset, "r04"),
        Why::NeededBy(VersionNumber::new(4))
    );
    assert_eq!(
        why(&plan, Kind::Dataset, "r10"),
        Why::NeededBy(VersionNumber::new(10))
    );
    assert_eq!(plan.going(Kind::Run), plan.going(Kind::Dataset));
    assert_eq!(why(&plan, Kind::Log, "r03"), Why::NoRun);
    // Its run stays, but it is one too many.
    assert_eq!(why(&plan, Kind::Log, "r04"), Why::TooMany(3));
}

#[test]
fn age_alone_makes_things_go_but_never_the_young() {
    let mut retention = keep(1000);
    retention.versions.days = Some(5);
    let old = plan(&ten_days(), &retention);
    assert_eq!(old.going(Kind::Version), ["3", "1"]);
    assert_eq!(why(&old, Kind::Version, "3"), Why::TooOld(5));
    let mut retention = keep(1);
    retention.min_age_hours = 7.0 * 24.0;
    let young = plan(&ten_days(), &retention);
    assert_eq!(young.going(Kind::Version), ["3", "1"]);
    assert_eq!(why(&young, Kind::Version, "5"), Why::Young);
}

#[test]
fn what_is_under_way_pinned_or_on_probation_stays() {
    let mut facts = ten_days();
    facts.is_pinned = true;
    facts.watched = vec![VersionNumber::new(3)];
    facts.runs[4].is_over = false;
    facts.jobs = vec![thing("j1", 9), thing("j2", 9), thing("j3", 8)];
    facts.jobs[0].is_over = false;
    facts.jobs[0].run = Some("r06".to_string());
    let mut retention = keep(1);
    retention.jobs.count = Some(1);
    let plan = plan(&facts, &retention);
    assert_eq!(why(&plan, Kind::Version, "4"), Why::Pinned);
    assert_eq!(why(&plan, Kind::Version, "3"), Why::Watched);
    for kind in [Kind::Run, Kind::Log] {
        assert_eq!(why(&plan, kind, "r05"), Why::Open);
        assert_eq!(why(&plan, kind, "r06"), Why::Open);
    }
    assert_eq!(why(&plan, Kind::Dataset, "r05"), Why::Open);
    assert_eq!(plan.going(Kind::Job), ["j2"]);
}

#[test]
fn what_the_next_data_set_builds_on_stays_although_its_version_was_removed() {
    let mut facts = ten_days();
    for version in &mut facts.versions {
        version.is_decided = version.number <= VersionNumber::new(6);
        version.is_whole = version.number != 6;
    }
    let plan = plan(&facts, &keep(1));
    assert_eq!(why(&plan, Kind::Dataset, "r06"), Why::BuiltOn);
    assert_eq!(why(&plan, Kind::Run, "r06"), Why::HasData);
}

#[test]
fn a_log_that_belongs_to_nothing_goes_when_it_cannot_be_of_a_run_that_begins() {
    let mut facts = Facts {
        now_ms: NOW,
        logs: vec![thing("r1", 2), thing("r2", 0)],
        ..Facts::default()
    };
    facts.logs.iter_mut().for_each(|log| log.run = None);
    let mut retention = Retention::default();
    assert_eq!(plan(&facts, &retention).going(Kind::Log), ["r1"]);
    retention.min_age_hours = 0.0;
    assert_eq!(plan(&facts, &retention).going(Kind::Log), ["r1"]);
    facts.now_ms += 2 * HOUR;
    assert_eq!(plan(&facts, &retention).going(Kind::Log), ["r2", "r1"]);
}

#[test]
fn logs_are_packed_behind_the_newest_twenty() {
    let ids: Vec<String> = (0..30).map(|at| format!("r{at:02}")).collect();
    let mut facts = Facts {
        now_ms: NOW,
        logs: ids.iter().map(|id| thing(id, 0)).collect(),
        plain_logs: ids.iter().skip(2).cloned().collect(),
        runs: ids.iter().map(|id| thing(id, 0)).collect(),
        ..Facts::default()
    };
    facts.runs[5].is_over = false;
    let compressed = plan(&facts, &Retention::default()).compress;
    assert_eq!(
        compressed,
        ["r09", "r08", "r07", "r06", "r04", "r03", "r02"]
    );
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_old() {
    let mut facts = ten_days();
    facts.now_ms = 0;
    let plan = plan(&facts, &keep(1));
    assert!(plan.fates.iter().all(|fate| !fate.why.goes()), "{plan:?}");
}

/// A number that a version may have.
fn a_number() -> impl Strategy<Value = VersionNumber> {
    (0..40i64).prop_map(VersionNumber::new)
}

prop_compose! {
    /// Any past: versions whole or not, made of the data set of any run, at any time.
    fn a_past()(
        runs in prop::collection::vec((0..120i64, any::<bool>(), any::<bool>(), any::<bool>(), 0..40usize), 1..40),
        champion in prop::option::of(a_number()),
        before in prop::option::of(a_number()),
        watched in prop::collection::vec(a_number(), 0..3),
    ) -> Facts {
        let ids: Vec<String> = (0..runs.len()).map(|at| format!("r{at:03}")).collect();
        let mut facts = Facts { now_ms: NOW, champion, before, watched, ..Facts::default() };
        for (at, (days, is_over, is_whole, is_decided, of)) in runs.into_iter().enumerate() {
            let mut run = thing(&ids[at], days);
            run.is_over = is_over;
            facts.runs.push(run);
            facts.datasets.push(thing(&ids[at], days));
            facts.logs.push(thing(&ids[at], days));
            facts.runs_with_files.insert(ids[at].clone());
            facts.versions.push(Version {
                dataset_run: ids[of.min(at)].clone(),
                is_whole,
                is_building: !is_whole && !is_over,
                is_decided,
                ..version(VersionNumber::new(at as i64), &ids[at], days)
            });
        }
        facts
    }
}

prop_compose! {
    fn any_bounds()(
        counts in prop::array::uniform4(prop::option::of(1..20u32)),
        days in prop::array::uniform4(prop::option::of(1..100u32)),
        hours in 0..200u32,
    ) -> Retention {
        let mut retention = Retention { min_age_hours: f64::from(hours), ..Retention::default() };
        (retention.versions.count, retention.versions.days) = (counts[0], days[0]);
        (retention.datasets.count, retention.datasets.days) = (counts[1], days[1]);
        (retention.runs.count, retention.runs.days) = (counts[2], days[2]);
        (retention.logs.count, retention.logs.days) = (counts[3], days[3]);
        retention
    }
}

/// Carries a plan out on the facts.
fn after(mut facts: Facts, plan: &Plan) -> Facts {
    let gone =
        |kind| -> HashSet<String> { plan.going(kind).into_iter().map(str::to_string).collect() };
    let (versions, datasets) = (gone(Kind::Version), gone(Kind::Dataset));
    let (runs, logs) = (gone(Kind::Run), gone(Kind::Log));
    for version in &mut facts.versions {
        version.is_whole &= !versions.contains(&version.number.to_string());
    }
    facts.datasets.retain(|one| !datasets.contains(&one.id));
    facts.runs_with_files.retain(|run| !datasets.contains(run));
    facts.runs.retain(|one| !runs.contains(&one.id));
    facts.logs.retain(|one| !logs.contains(&one.id));
    facts
}

proptest! {
    #[test]
    fn nothing_that_is_needed_goes(facts in a_past(), retention in any_bounds()) {
        let plan = plan(&facts, &retention);
        let all = |kind| plan.fates.iter().filter(move |fate| fate.kind == kind).count();
        prop_assert_eq!(all(Kind::Dataset), facts.datasets.len());
        prop_assert_eq!(all(Kind::Run), facts.runs.len());
        prop_assert_eq!(all(Kind::Log), facts.logs.len());
        let distinct: BTreeSet<_> = plan.fates.iter().map(|fate| (fate.kind, &fate.id)).collect();
        prop_assert_eq!(distinct.len(), plan.fates.len());

        let left = after(facts.clone(), &plan);
        let needed: Vec<VersionNumber> = [facts.champion, facts.before].into_iter().flatten().chain(facts.watched.iter().copied()).collect();
        for (was, is) in facts.versions.iter().zip(&left.versions) {
            prop_assert_eq!(was.number, is.number);
            if needed.contains(&was.number) {
                prop_assert_eq!(was.is_whole, is.is_whole, "version {} is needed", was.number);
            }
            if is.is_whole || is.is_building {
                prop_assert!(left.datasets.iter().any(|one| one.id == is.dataset_run), "{is:?} has lost its data");
                prop_assert!(left.runs.iter().any(|one| one.id == is.run), "{is:?} has lost its run");
            }
        }
        for one in &left.datasets {
            prop_assert!(left.runs.iter().any(|run| run.id == one.id), "{one:?} would be taken for nobody's");
        }
        let built_on = facts.versions.iter().filter(|one| one.is_decided).map(|one| &one.dataset_run).max();
        if let Some(run) = built_on {
            prop_assert!(left.datasets.iter().any(|one| one.id == *run));
        }
        for run in facts.runs.iter().filter(|run| !run.is_over) {
            prop_assert!(left.runs.contains(run));
            prop_assert!(left.datasets.iter().any(|one| one.id == run.id));
            prop_assert!(left.logs.iter().any(|one| one.id == run.id));
        }
        let age = |fate: &Fate| {
            let things = facts.datasets.iter().find(|one| one.id == fate.id).map(|one| one.at_ms);
            let versions = facts.versions.iter().find(|one| one.number.to_string() == fate.id);
            NOW - things.or(versions.map(|one| one.at_ms)).expect("it was there")
        };
        for fate in plan.fates.iter().filter(|fate| fate.why.goes()) {
            prop_assert!(age(fate) >= retention.min_age_ms(), "{fate:?} is young");
        }
    }

    #[test]
    fn a_second_time_nothing_more_goes(facts in a_past(), retention in any_bounds()) {
        let left = after(facts.clone(), &plan(&facts, &retention));
        let again = plan(&left, &retention);
        let more: Vec<_> = again.fates.iter().filter(|fate| fate.why.goes()).collect();
        prop_assert!(more.is_empty(), "{more:?}");
    }
}
