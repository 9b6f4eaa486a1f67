//! What happened, in words and as JSON. Pure: rows in, messages out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::clock::rfc3339;
use crate::config::{Topic, checked::hex};
use crate::registry::{RunRow, RunState};

/// Version of the JSON form.
const FORMAT: u32 = 1;
/// Longest subject.
const MOST_SUBJECT: usize = 150;
/// Longest reason in a text.
const MOST_LINE: usize = 600;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Something that somebody may want to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What kind of thing it is.
    pub kind: Topic,
    /// The model; empty for a test.
    pub model: String,
    /// What tells it from others of its kind and model: the same is not told twice.
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

/// Whether a run that came to a verdict found no champion to compare with.
fn is_first(run: &RunRow) -> bool {
    let record = run.record.as_ref();
    record.is_some_and(|record| record["version"].is_i64() && record["champion"].is_null())
}

impl Event {
    /// What must not be said twice.
    pub fn topic(&self, channel: &str) -> String {
        format!("{}/{}/{}/{channel}", self.kind.name(), self.model, self.key)
    }

    /// What a run's end is worth telling: usually one thing; a run that failed after its verdict, two; nothing of one that found
    /// nothing new.
    pub fn of_run(run: &RunRow) -> Vec<Event> {
        let mut events = Vec::new();
        let verdict = match run.outcome.as_deref() {
            Some("promote") => Some((Topic::Promoted, "is the champion")),
            Some("reject") => Some((Topic::Refused, "was rejected")),
            Some("inconclusive") if is_first(run) => Some((
                Topic::Refused,
                "is held, and there is no champion: it is doubtful",
            )),
            Some("inconclusive") => Some((Topic::Refused, "was not promoted: too little evidence")),
            Some("pinned") => Some((Topic::Refused, "was held back: the champion is pinned")),
            _ => None,
        };
        if let Some((kind, words)) = verdict {
            events.push(of_verdict(run, kind, words));
        }
        let broke_off = [RunState::Failed.name(), RunState::Interrupted.name()];
        if broke_off.contains(&run.state.as_str()) {
            events.push(of_failure(run));
        }
        events
    }

    /// A model that is stale for a reason since some time.
    pub fn stale(model: &str, reason: &str, since_ms: i64, says: &str, now_ms: i64) -> Event {
        let is_drift = reason == "fall";
        let kind = if is_drift { Topic::Drift } else { Topic::Stale };
        let what = if is_drift {
            "its score has fallen"
        } else {
            "is stale"
        };
        Event {
            kind,
            model: model.to_string(),
            // A champion falls once; an age grows past its bound on a day.
            key: if is_drift {
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

    /// The subject of a letter.
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
    let record = run.record.as_ref().unwrap_or(&Value::Null);
    let reasons: Vec<String> = record["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|reason| line(reason, MOST_LINE))
        .collect();
    let metric = record["scores"]["metric"].as_str().unwrap_or_default();
    let score = |side: &str| record["scores"][side][metric].as_f64();
    let (challenger, champion) = (score("challenger"), score("champion"));
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
        key: run.id.clone(),
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
            "champion": record["champion"],
            "metric": record["scores"]["metric"],
            "challenger_score": challenger,
            "champion_score": champion,
            "reasons": reasons,
        })),
    }
}

fn of_failure(run: &RunRow) -> Event {
    let at_ms = run.ended_ms.unwrap_or(run.started_ms);
    let error = run.error.as_deref().unwrap_or("nobody knows why");
    let error = line(error, MOST_LINE);
    // The same failure every few minutes is told once a day.
    let same = hex(&Sha256::digest(format!("{} {error}", run.stage).as_bytes())[..6]);
    let stays = match run.outcome.as_deref() {
        Some("promote") => "Its version is the champion all the same.",
        _ => "The champion is what it was.",
    };
    Event {
        kind: Topic::Failed,
        model: run.model.clone(),
        key: format!("{}/{same}", at_ms.div_euclid(DAY_MS)),
        at_ms,
        subject: line(
            &format!("{}: a run failed in {}", run.model, run.stage),
            MOST_SUBJECT,
        ),
        text: format!(
            "{}: a run failed in {}: failed to {error}\n{stays}\nrun: {}\n",
            run.model, run.stage, run.id
        ),
        facts: facts(json!({
            "run": run.id,
            "trigger": run.trigger,
            "state": run.state,
            "stage": run.stage,
            "outcome": run.outcome,
            "error": error,
        })),
    }
}

fn facts(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}

/// A text on one line of bearable length.
fn line(text: &str, most: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = plain.take(most).collect();
    if text.chars().count() > most {
        line.push('…');
    }
    line
}
