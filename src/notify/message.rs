//! What happened, in words and as JSON. Pure: rows in, messages out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::run_outcome::is_first;
use crate::clock::rfc3339;
use crate::config::Topic;
use crate::model_types::Outcome;
use crate::registry::{ProbationRow, ProbationState, RunRow, RunState};
use crate::text::hex;

/// Version of the JSON form.
const FORMAT: u32 = 1;
/// Longest subject.
pub(super) const MOST_SUBJECT: usize = 150;
/// Longest reason in a text.
pub(super) const MOST_LINE: usize = 600;
/// Most files that a message names.
const MOST_FILES: usize = 20;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// An event that can be notified of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What kind of thing it is.
    pub kind: Topic,
    /// The model; empty for a test.
    pub model: String,
    /// Its key among others of its kind and model: the same event is not reported twice.
    pub key: String,
    /// When it happened.
    pub at_ms: i64,
    /// One line.
    pub subject: String,
    /// Some lines.
    pub text: String,
    /// The same for programs.
    pub facts: Map<String, Value>,
}

impl Event {
    /// What must not be said twice.
    pub fn topic(&self, channel: &str) -> String {
        format!("{}/{}/{}/{channel}", self.kind.name(), self.model, self.key)
    }

    /// What a run's end is worth telling: usually one thing; of a run that failed after its verdict, or left files out, two;
    /// nothing of one that found nothing new.
    pub fn of_run(run: &RunRow) -> Vec<Event> {
        let mut events = Vec::new();
        let refused = |words| Some((Topic::Refused, words));
        let verdict = match run.outcome {
            Some(Outcome::Promote) => Some((Topic::Promoted, "is the champion")),
            Some(Outcome::Reject) => refused("was rejected"),
            Some(Outcome::Inconclusive) if is_first(run) => {
                refused("is held, and there is no champion: it is doubtful")
            }
            Some(Outcome::Retune) => Some((
                Topic::Promoted,
                "is the champion: the one before with another threshold",
            )),
            Some(Outcome::Equivalent) => {
                refused("was not promoted: no better and no worse than the champion")
            }
            Some(Outcome::Inconclusive) => refused("was not promoted: too little evidence"),
            Some(Outcome::Pinned) => refused("was held back: the champion is pinned"),
            Some(Outcome::Frozen) => refused("was held back: rows drift"),
            Some(Outcome::Waiting) => refused("waits for approval"),
            _ => None,
        };
        if let Some((kind, words)) = verdict {
            events.push(of_verdict(run, kind, words));
        }
        if run.state.broke_off() {
            events.push(of_failure(run));
        }
        events.extend(of_quarantine(run));
        events
    }

    /// What is worth telling of a run that finished after runs that did not, newest first.
    pub fn recovered(run: &RunRow, failures: &[RunRow]) -> Option<Event> {
        let (last, first) = (failures.first()?, failures.last()?);
        let since = rfc3339(first.ended_ms.unwrap_or(first.started_ms));
        let (n, s) = (failures.len(), if failures.len() == 1 { "" } else { "s" });
        let outcome = run.came_to().words();
        let why = last.why().unwrap_or_default();
        let why = line(&why, MOST_LINE);
        Some(Event {
            kind: Topic::Recovered,
            model: run.model.clone(),
            key: run.id.to_string(),
            at_ms: run.ended_ms.unwrap_or(run.started_ms),
            subject: line(
                &format!("{}: runs succeed again after {n} failure{s}", run.model),
                MOST_SUBJECT,
            ),
            text: format!(
                "{}: a run succeeded ({outcome}) after {n} failure{s} since {since}.\nlast failure: {why}\nrun: {}\n",
                run.model, run.id
            ),
            facts: facts(json!({
                "run": run.id, "trigger": run.trigger, "outcome": run.came_to(), "failures": n, "since": since,
                "error": why,
            })),
        })
    }

    /// What the end of a probation is worth telling; nothing of one that continues or ended without a finding.
    pub fn of_probation(row: &ProbationRow) -> Option<Event> {
        let ProbationRow {
            model,
            version,
            previous,
            ..
        } = row;
        let at_ms = row.ended_ms?;
        let (kind, champion, words) = match row.state {
            ProbationState::RolledBack => (
                Topic::RolledBack,
                previous,
                format!(
                    "version {version} was rolled back; version {previous} is the champion again"
                ),
            ),
            ProbationState::Confirmed => (
                Topic::Confirmed,
                version,
                format!("version {version} passed its probation and stays the champion"),
            ),
            ProbationState::Watching | ProbationState::Ended => return None,
        };
        let reason = line(row.reason.as_deref().unwrap_or_default(), MOST_LINE);
        Some(Event {
            kind,
            model: model.clone(),
            key: row.operation.to_string(),
            at_ms,
            subject: line(&format!("{model}: {words}"), MOST_SUBJECT),
            text: format!("{model}: {words}.\n- {reason}\n"),
            facts: facts(json!({
                "version": version, "previous": previous, "champion": champion, "reason": reason,
                "promoted_version_seen_at": rfc3339(row.began_ms),
            })),
        })
    }

    /// A model that is stale for a reason since some time.
    pub fn stale(model: &str, reason: &str, since_ms: i64, says: &str, now_ms: i64) -> Event {
        let is_fall = reason == "fall" || reason == "live_score";
        let kind = if is_fall { Topic::Fallen } else { Topic::Stale };
        let what = if is_fall {
            "its score has fallen"
        } else {
            "is stale"
        };
        Event {
            kind,
            model: model.to_string(),
            // A champion falls once; an age grows past its bound on a day.
            key: if is_fall {
                format!("{reason}/{since_ms}")
            } else {
                format!("{reason}/{}", since_ms.div_euclid(DAY_MS))
            },
            at_ms: now_ms,
            subject: line(&format!("{model}: {what}"), MOST_SUBJECT),
            text: format!("{model} {says}.\nsince: {}\n", rfc3339(since_ms)),
            facts: facts(json!({
                "reason": reason, "since": rfc3339(since_ms), "says": says,
            })),
        }
    }

    /// A message that only shows whether a channel works.
    pub fn test(now_ms: i64) -> Event {
        Event {
            kind: Topic::Promoted,
            model: String::new(),
            key: format!("test/{now_ms}"),
            at_ms: now_ms,
            subject: "this is a test".to_string(),
            text: "This is a test of `unseat notify test`. Nothing has happened.\n".to_string(),
            facts: facts(json!({"test": true})),
        }
    }

    /// The subject of an e-mail.
    pub fn headline(&self) -> String {
        format!("unseat: {}", self.subject)
    }

    /// What a webhook or a command gets.
    pub fn body(&self, id: &str) -> Value {
        let is_test = self.facts.contains_key("test");
        json!({
            "format": FORMAT,
            "id": id,
            "kind": if is_test { "test" } else { self.kind.name() },
            "model": self.model,
            "at": rfc3339(self.at_ms),
            "subject": self.subject,
            "text": self.text,
            "facts": self.facts,
        })
    }
}

/// The id of a message: the same for each attempt, so that who gets it twice can tell.
pub fn id_of(topic: &str) -> String {
    hex(&Sha256::digest(topic.as_bytes())[..16])
}

fn of_verdict(run: &RunRow, kind: Topic, words: &str) -> Event {
    let version = run.version.unwrap_or_default();
    let report = run.report().unwrap_or_default();
    let reasons = report.reasons.iter();
    let reasons: Vec<String> = reasons.map(|reason| line(reason, MOST_LINE)).collect();
    let metric = report.scores.metric.as_deref().unwrap_or_default();
    let challenger = report.scores.of_challenger();
    let champion = report.scores.of_champion();
    let mut text = format!("{}: version {version} {words}.\n", run.model);
    for reason in &reasons {
        text.push_str(&format!("- {reason}\n"));
    }
    if let Some(challenger) = challenger {
        text.push_str(&format!("{metric}: {challenger:.4}"));
        if let Some(champion) = champion {
            text.push_str(&format!(
                "; the champion until then {champion:.4} on the same rows"
            ));
        }
        text.push('\n');
    }
    text.push_str(&format!("run: {}\n", run.id));
    Event {
        kind,
        model: run.model.clone(),
        key: run.id.to_string(),
        at_ms: run.ended_ms.unwrap_or(run.started_ms),
        subject: line(
            &format!("{}: version {version} {words}", run.model),
            MOST_SUBJECT,
        ),
        text,
        facts: facts(json!({
            "run": run.id,
            "trigger": run.trigger,
            "outcome": run.outcome,
            "version": run.version,
            "champion": report.champion,
            "metric": report.scores.metric,
            "challenger_score": challenger,
            "champion_score": champion,
            "reasons": reasons,
        })),
    }
}

fn of_failure(run: &RunRow) -> Event {
    let at_ms = run.ended_ms.unwrap_or(run.started_ms);
    let why = run
        .why()
        .unwrap_or_else(|| "the cause was not recorded".to_string());
    let why = line(&why, MOST_LINE);
    // The same failure every few minutes is reported once a day.
    let same = hex(&Sha256::digest(format!("{} {why}", run.stage).as_bytes())[..6]);
    let stays = match run.outcome {
        Some(Outcome::Promote) => "Its version is the champion all the same.",
        _ => "The champion is what it was.",
    };
    let what = if run.state == RunState::Interrupted {
        format!("a run was cut off in {}", run.stage)
    } else {
        format!("a run failed in {}", run.stage)
    };
    Event {
        kind: Topic::Failed,
        model: run.model.clone(),
        key: format!("{}/{same}", at_ms.div_euclid(DAY_MS)),
        at_ms,
        subject: line(&format!("{}: {what}", run.model), MOST_SUBJECT),
        text: format!("{}: {what}: {why}\n{stays}\nrun: {}\n", run.model, run.id),
        facts: facts(json!({
            "run": run.id,
            "trigger": run.trigger,
            "state": run.state,
            "stage": run.stage,
            "outcome": run.outcome,
            "error": why,
        })),
    }
}

/// Files that a run left out. The same content at the same path is reported once.
fn of_quarantine(run: &RunRow) -> Option<Event> {
    let files = run.quarantined();
    if files.is_empty() {
        return None;
    }
    let mut hash = Sha256::new();
    for file in &files {
        hash.update(format!("{}\n{}\n{}\n", file.path, file.sha256, file.reason));
    }
    let (n, s) = (files.len(), if files.len() == 1 { "" } else { "s" });
    let lines: Vec<String> = files
        .iter()
        .map(|file| line(&file.to_string(), MOST_LINE))
        .collect();
    let lines = &lines[..n.min(MOST_FILES)];
    let words = format!("{n} file{s} quarantined");
    let listed: String = lines.iter().map(|line| format!("- {line}\n")).collect();
    Some(Event {
        kind: Topic::Quarantined,
        model: run.model.clone(),
        key: hex(&hash.finalize()[..8]),
        at_ms: run.ended_ms.unwrap_or(run.started_ms),
        subject: line(&format!("{}: {words}", run.model), MOST_SUBJECT),
        text: format!(
            "{}: {words}; the run continued without.\n{listed}run: {}\n",
            run.model, run.id
        ),
        facts: facts(json!({
            "run": run.id, "trigger": run.trigger, "outcome": run.came_to(), "count": n, "files": lines,
        })),
    })
}

pub(super) fn facts(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}

/// A text on one line of bearable length.
pub(super) fn line(text: &str, most: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = plain.take(most).collect();
    if text.chars().count() > most {
        line.push('…');
    }
    line
}
