//! The flow over past data: at each step a challenger learns what was known then, the gate judges it, and the rows that came
//! after say what each policy would have been worth. Nothing is recorded.

mod kept;
mod ledger;
mod past;
mod played;

pub use ledger::{Live, Step, Summary};
pub use played::Backtest;

use super::error::Error;
use super::{Env, ingest};
use crate::config::policy::{EvidenceKind, Policy, Require};
use past::Past;
use played::Played;

/// Most steps.
const MOST_STEPS: i64 = 1000;

/// What is played.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which steps.
    pub steps: Steps,
    /// Each policy with its name.
    pub policies: Vec<(String, Policy)>,
}

/// The steps of a backtest. All times are in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// The newest data set, cut by its time column.
    Time {
        /// First step.
        from_ms: i64,
        /// End: no step begins at it or later.
        to_ms: i64,
        /// From one step to the next; also how much the newest rows of a step are its test rows, and the rows that come after it say
        /// how good its champion was.
        every_ms: i64,
    },
    /// The data sets that were kept, one a step.
    DataSets {
        /// None of before.
        from_ms: Option<i64>,
        /// None of then or later.
        to_ms: Option<i64>,
    },
}

/// Plays the flow over the newest data set by its time column, or over the data sets that were kept.
///
/// By time, the rows of the last `every` are the test rows of a step, and all before them are learned from; the rows of the next
/// `every` say how good what is live then really is. Over data sets each step learns what a run learned from, its test rows are those
/// of the test folder as it is now, and the rows that came with the next data set say how good it is. A challenger meets the champion
/// that the same policy made before.
///
/// # Errors
/// When there is no data set, no time column, no step within the time, or no test data for data sets.
pub async fn backtest(env: &Env, plan: &Plan) -> Result<Backtest, Error> {
    let mut played = Played::new(env, &plan.policies);
    let mut notes = vec![
        "two keys see the test rows alone: a backtest has no logged requests and no out-of-fold rows of a champion".to_string(),
        "slices are not looked at".to_string(),
    ];
    match plan.steps {
        Steps::Time {
            from_ms,
            to_ms,
            every_ms,
        } => by_time(&mut played, from_ms, to_ms, every_ms).await?,
        Steps::DataSets { from_ms, to_ms } => {
            notes.extend(kept::play(&mut played, from_ms, to_ms).await?);
        }
    }
    Ok(played.end(notes))
}

async fn by_time(
    played: &mut Played<'_>,
    from_ms: i64,
    to_ms: i64,
    every_ms: i64,
) -> Result<(), Error> {
    let env = played.env;
    let dataset = ingest::latest(env).await?;
    let past = Past::of(&env.config, &dataset)?;
    let n = (to_ms - from_ms).div_euclid(every_ms.max(1));
    if every_ms <= 0 || !(1..=MOST_STEPS).contains(&n) {
        return Err(Error::Backtest(format!(
            "play {n} steps: give `--from`, `--to` and `--every` so that there are 1 to {MOST_STEPS}"
        )));
    }
    for at_ms in (0..n).map(|step| from_ms + step * every_ms) {
        let train = past.learned(&env.config.window, at_ms - every_ms)?;
        let test = past.rows(at_ms - every_ms, at_ms)?;
        let later = past.rows(at_ms, at_ms + every_ms)?;
        played.step(at_ms, &train, Some(&later), |_| Ok((test, 0)))?;
    }
    Ok(())
}

/// The policies that are played beside the given one.
pub fn beside(given: &Policy, name: &str) -> Vec<(String, Policy)> {
    let naive = Policy {
        require: Require::Naive,
        ..given.clone()
    };
    let by = |evidence: EvidenceKind| Policy {
        require: Require::Better,
        evidence,
        ..given.clone()
    };
    let mut policies = vec![(name.to_string(), given.clone())];
    for (name, policy) in [
        ("naive", naive),
        ("labels", by(EvidenceKind::Labels)),
        ("two_keys", by(EvidenceKind::TwoKeys)),
    ] {
        if policy != *given {
            policies.push((name.to_string(), policy));
        }
    }
    policies
}
