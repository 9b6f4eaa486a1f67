//! What each policy made champion, and what that was worth. Pure.

use serde::Serialize;

use crate::config::policy::Policy;
use crate::evaluate::Metric;
use crate::gate::Verdict;
use crate::model_types::VersionNumber;

/// A gain from which on letting a version wait counts as a miss.
const WORTH: f64 = 0.01;

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// When, UTC.
    pub at: String,
    /// Rows learned from.
    pub train_rows: u64,
    /// Newest rows before the step, which are not learned from: the test rows.
    pub test_rows: u64,
    /// Rows between this step and the next.
    pub later_rows: u64,
    /// Number of the version that would have been trained; none where it could not be.
    pub version: Option<VersionNumber>,
    /// Why nothing was trained.
    pub why: Option<String>,
    /// The metric of that version on the test rows.
    pub challenger: Option<f64>,
    /// The best on the later rows of all versions until then, by who knows them.
    pub best: Option<f64>,
    /// What each policy says, and what is then live, in the order of the summaries.
    pub policies: Vec<Live>,
}

/// What one policy says at one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Live {
    /// Its verdict; none where nothing was trained.
    pub verdict: Option<Verdict>,
    /// What is live after it; none before the first.
    pub champion: Option<VersionNumber>,
    /// The metric of that on the rows until the next step.
    pub score: Option<f64>,
}

/// What was decided on a pair, and what the rows that came after say of it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Decided {
    promoted: bool,
    /// True gain of the challenger over the champion; none of a first version, and without later rows.
    gain: Option<f64>,
}

/// A policy, summed up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Its name.
    pub policy: String,
    /// Versions that it promoted over another one.
    pub promoted: u64,
    /// Of them, those that were worse than what they replaced on the rows until the next step.
    pub worse: u64,
    /// Versions that it left out although they were better by 0.01 on those.
    pub missed: u64,
    /// The metric of what was live, mean over the steps that have one.
    pub score: Option<f64>,
    /// How much better the best version until then was, mean over the same steps: what not knowing cost.
    pub cost: Option<f64>,
    /// What the first version would have been worth, live all the time.
    pub never: Option<f64>,
}

/// The champions of all policies.
pub(super) struct Ledger {
    names: Vec<String>,
    champions: Vec<Option<VersionNumber>>,
    decided: Vec<Vec<Decided>>,
    first: Vec<Option<f64>>,
}

impl Ledger {
    pub(super) fn new(policies: &[(String, Policy)]) -> Ledger {
        Ledger {
            names: policies.iter().map(|(name, _)| name.clone()).collect(),
            champions: vec![None; policies.len()],
            decided: vec![Vec::new(); policies.len()],
            first: Vec::new(),
        }
    }

    /// The champion of a policy.
    pub(super) fn champion(&self, policy: usize) -> Option<VersionNumber> {
        self.champions[policy]
    }

    /// Moves the champions: `scores` are those of every version, the first first, on the rows until the next step.
    pub(super) fn step(
        &mut self,
        version: Option<VersionNumber>,
        verdicts: &[Option<Verdict>],
        scores: &[Option<f64>],
        metric: Metric,
    ) -> Vec<Live> {
        let score_of =
            |number: VersionNumber| scores.get(number.get() as usize - 1).copied().flatten();
        self.first.push(scores.first().copied().flatten());
        let mut live = Vec::new();
        for (at, verdict) in verdicts.iter().enumerate() {
            let promoted = *verdict == Some(Verdict::Promote);
            if let (Some(old), Some(new)) = (self.champions[at], version) {
                let pair = score_of(new).zip(score_of(old));
                self.decided[at].push(Decided {
                    promoted,
                    gain: pair.map(|(new, old)| metric.gain(new, old)),
                });
            }
            if promoted {
                self.champions[at] = version;
            }
            let champion = self.champions[at];
            live.push(Live {
                verdict: *verdict,
                champion,
                score: champion.and_then(score_of),
            });
        }
        live
    }

    pub(super) fn summaries(&self, steps: &[Step], metric: Metric) -> Vec<Summary> {
        let count = |at: usize, is: &dyn Fn(&Decided) -> bool| {
            self.decided[at].iter().filter(|it| is(it)).count() as u64
        };
        let of = |(at, name): (usize, &String)| {
            let pairs = steps.iter().filter_map(|step| {
                let score = step.policies[at].score?;
                Some((score, metric.gain(step.best?, score)))
            });
            let pairs: Vec<(f64, f64)> = pairs.collect();
            Summary {
                policy: name.clone(),
                promoted: count(at, &|it| it.promoted),
                worse: count(at, &|it| {
                    it.promoted && it.gain.is_some_and(|gain| gain < 0.0)
                }),
                missed: count(at, &|it| {
                    !it.promoted && it.gain.is_some_and(|gain| gain >= WORTH)
                }),
                score: mean(pairs.iter().map(|pair| pair.0)),
                cost: mean(pairs.iter().map(|pair| pair.1)),
                never: mean(self.first.iter().copied().flatten()),
            }
        };
        self.names.iter().enumerate().map(of).collect()
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_u32), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / f64::from(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn champions_move_by_verdict_and_later_rows_say_what_that_was_worth() {
        let policies = ["eager", "shy"].map(|name| (name.to_string(), Policy::default()));
        let mut ledger = Ledger::new(&policies);
        let (yes, no) = (Some(Verdict::Promote), Some(Verdict::Inconclusive));
        let metric = Metric::F1;
        let mut steps = Vec::new();
        let mut play = |version, verdicts: [Option<Verdict>; 2], scores: &[f64], best| {
            let scores: Vec<Option<f64>> = scores.iter().copied().map(Some).collect();
            let policies = ledger.step(version, &verdicts, &scores, metric);
            steps.push(Step {
                at: String::new(),
                train_rows: 1,
                test_rows: 1,
                later_rows: 1,
                version,
                why: None,
                challenger: None,
                best: Some(best),
                policies,
            });
        };
        play(Some(VersionNumber::new(1)), [yes, yes], &[0.5], 0.5);
        play(Some(VersionNumber::new(2)), [yes, no], &[0.5, 0.4], 0.5);
        play(None, [None, None], &[0.5, 0.4], 0.5);
        play(
            Some(VersionNumber::new(3)),
            [yes, no],
            &[0.5, 0.4, 0.7],
            0.7,
        );
        let champions: Vec<_> = steps[3].policies.iter().map(|it| it.champion).collect();
        assert_eq!(champions, [3, 1].map(VersionNumber::new).map(Some));
        let [eager, shy] = &ledger.summaries(&steps, metric)[..] else {
            panic!("two policies");
        };
        assert_eq!((eager.promoted, eager.worse, eager.missed), (2, 1, 0));
        assert_eq!((shy.promoted, shy.worse, shy.missed), (0, 0, 1));
        // (0.5 + 0.4 + 0.4 + 0.7) / 4 and 0.5 all the time; the best is 0.5, 0.5, 0.5, 0.7.
        let near = |a: Option<f64>, b: f64| assert!((a.expect("some") - b).abs() < 1e-12);
        near(eager.score, 0.5);
        near(eager.cost, 0.05);
        near(shy.score, 0.5);
        near(shy.cost, 0.05);
        near(shy.never, 0.5);
    }
}
