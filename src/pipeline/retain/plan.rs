//! What goes and what stays, and why: a function of plain facts.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use serde::{Serialize, Serializer};

use crate::config::{Bound, Retention};
use crate::model_types::VersionNumber;

/// Logs of runs that stay as they are written; older ones are compressed.
const PLAIN_LOGS: usize = 20;
/// A log without a run may be that of a run which is just beginning.
const BEGINNING_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Kinds of things that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The files of a version.
    Version,
    /// A data set.
    Dataset,
    /// The log of a run.
    Log,
    /// A closed file of the prediction log.
    PredictionLog,
    /// The record of a run.
    Run,
    /// A tick of the schedule.
    Tick,
    /// The record of a job.
    Job,
}

/// Something that has a name and an age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Run id, file name or key.
    pub id: String,
    /// When it was made.
    pub at_ms: i64,
    /// Whether whatever it belongs to has finished.
    pub is_over: bool,
    /// The run that it belongs to.
    pub run: Option<String>,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: VersionNumber,
    /// The run that made it.
    pub run: String,
    /// The run that made its data set.
    pub dataset_run: String,
    /// Whether its files are whole.
    pub is_whole: bool,
    /// Whether its files are being made.
    pub is_building: bool,
    /// Whether the gate reached a verdict on it.
    pub is_decided: bool,
    /// When its number was taken.
    pub at_ms: i64,
}

/// Everything that is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The present.
    pub now_ms: i64,
    /// The champion.
    pub champion: Option<VersionNumber>,
    /// Whether it is pinned.
    pub is_pinned: bool,
    /// The version that a rollback goes back to.
    pub before: Option<VersionNumber>,
    /// Versions of an open probation.
    pub watched: Vec<VersionNumber>,
    /// Every version there was.
    pub versions: Vec<Version>,
    /// Data sets that are recorded, by run.
    pub datasets: Vec<Thing>,
    /// Runs of which files are in the folder of data sets.
    pub runs_with_files: HashSet<String>,
    /// Logs of the model's runs, and those of unknown runs (`run` is `None`).
    pub logs: Vec<Thing>,
    /// Logs that are not compressed yet.
    pub plain_logs: HashSet<String>,
    /// Closed files of the prediction log.
    pub prediction_logs: Vec<Thing>,
    /// Runs.
    pub runs: Vec<Thing>,
    /// Ticks.
    pub ticks: Vec<Thing>,
    /// Jobs.
    pub jobs: Vec<Thing>,
}

/// Why something goes or stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// Goes: so many newer ones are kept.
    TooMany(u32),
    /// Goes: it is older than this many days.
    TooOld(u32),
    /// Goes: its run is not known any more.
    NoRun,
    /// Stays: it is the champion.
    Champion,
    /// Stays: it is the champion, and pinned.
    Pinned,
    /// Stays: a rollback goes back to it.
    Before,
    /// Stays: a promotion is on probation.
    Watched,
    /// Stays: there is no newer one.
    Newest,
    /// Stays: its run, job or tick is open.
    Open,
    /// Stays: a version that stays was made of it or by it.
    NeededBy(VersionNumber),
    /// Stays: the next data set may build on it.
    BuiltOn,
    /// Stays: its data set stays.
    HasData,
    /// Stays: it is too young to go.
    Young,
    /// Stays: no bound says otherwise.
    Within,
}

impl Why {
    /// Whether it is a reason to go.
    pub fn goes(self) -> bool {
        matches!(self, Why::TooMany(_) | Why::TooOld(_) | Why::NoRun)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Why::TooMany(count) => return write!(f, "{count} newer ones are kept"),
            Why::TooOld(days) => return write!(f, "it is older than {days} days"),
            Why::NeededBy(number) => return write!(f, "version {number} was made with it"),
            Why::NoRun => "its run is not known any more",
            Why::Champion => "it is the champion",
            Why::Pinned => "it is the champion, and pinned",
            Why::Before => "it was the champion before, and a rollback needs it",
            Why::Watched => "a promotion is on probation",
            Why::Newest => "it is the newest",
            Why::Open => "it is under way",
            Why::BuiltOn => "the next data set may build on it",
            Why::HasData => "its data set is kept",
            Why::Young => "it is too young to go",
            Why::Within => "it is within the bounds",
        };
        f.write_str(text)
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

/// What comes of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// What it is.
    pub kind: Kind,
    /// Its number, run id, file name or key.
    pub id: String,
    /// Why it goes or stays.
    pub why: Why,
}

/// What comes of everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Each thing once, by kind, newest first.
    pub fates: Vec<Fate>,
    /// Logs that stay and are to be compressed, by run.
    pub compress: Vec<String>,
}

impl Plan {
    /// Names of the things of a kind that go.
    pub fn going(&self, kind: Kind) -> Vec<&str> {
        let going = self.fates.iter().filter(|fate| fate.why.goes());
        going
            .filter(|fate| fate.kind == kind)
            .map(|fate| fate.id.as_str())
            .collect()
    }
}

/// Decides on everything.
pub fn plan(facts: &Facts, retention: &Retention) -> Plan {
    let judge = Judge {
        now_ms: facts.now_ms,
        min_age_ms: retention.min_age_ms(),
        fates: Vec::new(),
    };
    judge.all(facts, retention)
}

struct Judge {
    now_ms: i64,
    min_age_ms: i64,
    fates: Vec<Fate>,
}

impl Judge {
    fn all(mut self, facts: &Facts, retention: &Retention) -> Plan {
        let whole = facts.versions.iter().filter(|version| version.is_whole);
        let versions: Vec<Thing> = whole
            .map(|version| Thing {
                id: version.number.to_string(),
                at_ms: version.at_ms,
                is_over: true,
                run: None,
            })
            .collect();
        let kept = |id: &str| kept_version(facts, id.parse().unwrap_or_default());
        self.each(
            Kind::Version,
            &versions,
            retention.versions.bound(),
            |thing| kept(&thing.id),
        );
        let gone = self.gone(Kind::Version);
        let needs = needs(facts, &gone);

        let built_on = facts.versions.iter().filter(|version| version.is_decided);
        let built_on = built_on.map(|version| &version.dataset_run).max();
        let open: HashSet<&str> = open_runs(facts);
        self.each(
            Kind::Dataset,
            &facts.datasets,
            retention.datasets.bound(),
            |thing| match needs.get(thing.id.as_str()) {
                Some(number) => Some(Why::NeededBy(*number)),
                None if built_on == Some(&thing.id) => Some(Why::BuiltOn),
                None => open.contains(thing.id.as_str()).then_some(Why::Open),
            },
        );
        let gone = self.gone(Kind::Dataset);
        let has_data = |run: &str| {
            let is_there = facts.datasets.iter().any(|thing| thing.id == run);
            (is_there || facts.runs_with_files.contains(run)) && !gone.contains(run)
        };
        self.each(
            Kind::Run,
            &facts.runs,
            retention.runs.bound(),
            |thing| match needs.get(thing.id.as_str()) {
                _ if open.contains(thing.id.as_str()) => Some(Why::Open),
                Some(number) => Some(Why::NeededBy(*number)),
                None => has_data(&thing.id).then_some(Why::HasData),
            },
        );
        let gone = self.gone(Kind::Run);
        let least_ms = BEGINNING_MS.max(self.min_age_ms);
        self.each(Kind::Log, &facts.logs, retention.logs.bound(), |thing| {
            let is_gone = thing.run.as_ref().is_none_or(|run| gone.contains(run));
            if open.contains(thing.id.as_str()) {
                Some(Why::Open)
            } else if is_gone && facts.now_ms - thing.at_ms >= least_ms {
                Some(Why::NoRun)
            } else {
                None
            }
        });
        let bound = retention.prediction_log.bound();
        self.each(Kind::PredictionLog, &facts.prediction_logs, bound, |_| None);
        self.each(Kind::Tick, &facts.ticks, retention.ticks.bound(), |_| None);
        self.each(Kind::Job, &facts.jobs, retention.jobs.bound(), |_| None);
        self.fates.sort_by_key(|fate| fate.kind);
        let logs = self.fates.iter().filter(|fate| fate.kind == Kind::Log);
        let compress = logs
            .filter(|fate| !fate.why.goes())
            .skip(PLAIN_LOGS)
            .filter(|fate| fate.why != Why::Open && facts.plain_logs.contains(&fate.id))
            .map(|fate| fate.id.clone())
            .collect();
        Plan {
            fates: self.fates,
            compress,
        }
    }

    /// Decides on all things of a kind, newest first. `held` knows of reasons that are above the bounds.
    fn each(
        &mut self,
        kind: Kind,
        things: &[Thing],
        bound: Bound,
        held: impl Fn(&Thing) -> Option<Why>,
    ) {
        let mut sorted: Vec<&Thing> = things.iter().collect();
        sorted.sort_by_cached_key(|thing| order(kind, thing));
        sorted.reverse();
        for (rank, thing) in sorted.into_iter().enumerate() {
            let why = match held(thing) {
                // A log of an unknown run is kept by its own age alone.
                Some(why) => why,
                None if !thing.is_over => Why::Open,
                None if rank == 0 && kind != Kind::PredictionLog => Why::Newest,
                None => self.by_bound(rank, thing, bound),
            };
            let id = thing.id.clone();
            self.fates.push(Fate { kind, id, why });
        }
    }

    fn by_bound(&self, rank: usize, thing: &Thing, bound: Bound) -> Why {
        // What was made in a future that a clock has come back from is young.
        let age = self.now_ms - thing.at_ms;
        if age < self.min_age_ms {
            return Why::Young;
        }
        match (bound.count, bound.days) {
            (Some(count), _) if rank >= count as usize => Why::TooMany(count),
            (_, Some(days)) if age > i64::from(days) * DAY_MS => Why::TooOld(days),
            _ => Why::Within,
        }
    }

    fn gone(&self, kind: Kind) -> BTreeSet<String> {
        let gone = self.fates.iter().filter(|fate| fate.why.goes());
        gone.filter(|fate| fate.kind == kind)
            .map(|fate| fate.id.clone())
            .collect()
    }
}

/// What sorts things of a kind by age: a clock that was set back must not make an old version the newest.
fn order(kind: Kind, thing: &Thing) -> (i64, String) {
    let first = match kind {
        Kind::Version | Kind::Tick => thing.id.parse().unwrap_or_default(),
        Kind::PredictionLog => thing.at_ms,
        // Their ids begin with the time.
        Kind::Dataset | Kind::Log | Kind::Run | Kind::Job => 0,
    };
    (first, thing.id.clone())
}

/// Why a version stays whatever the bounds say.
fn kept_version(facts: &Facts, number: VersionNumber) -> Option<Why> {
    if facts.champion == Some(number) {
        return Some(if facts.is_pinned {
            Why::Pinned
        } else {
            Why::Champion
        });
    }
    if facts.before == Some(number) {
        return Some(Why::Before);
    }
    facts.watched.contains(&number).then_some(Why::Watched)
}

/// Runs that a version which stays was made by or of, each with the newest such version.
fn needs<'a>(facts: &'a Facts, gone: &BTreeSet<String>) -> BTreeMap<&'a str, VersionNumber> {
    let mut needs = BTreeMap::new();
    let stays = facts.versions.iter().filter(|version| {
        version.is_building || version.is_whole && !gone.contains(&version.number.to_string())
    });
    for version in stays {
        for run in [&version.run, &version.dataset_run] {
            let number = needs.entry(run.as_str()).or_insert(version.number);
            *number = version.number.max(*number);
        }
    }
    needs
}

/// Runs that are under way, or that a job will begin.
fn open_runs(facts: &Facts) -> HashSet<&str> {
    let all = facts.runs.iter().chain(&facts.jobs).chain(&facts.ticks);
    all.filter(|thing| !thing.is_over)
        .filter_map(|thing| thing.run.as_deref())
        .collect()
}
