//! Tests of the whole room: the statistics against scipy and enumeration, the policy rule by rule, properties.

mod first;
mod gains;
mod golden;
mod guards;
mod keys;
mod numbers;
mod policy;
mod properties;
mod words;

use super::{Beyond, Decision, Evidence, EvidenceKind, Facts, Policy, Rule, RuleOutcome, decide};
use crate::evaluate::{ClassPredictions, Metric, Predictions, Truth};

/// The policy that reads nothing but the labels of the test rows.
fn by_labels() -> Policy {
    Policy {
        evidence: EvidenceKind::Labels,
        ..Policy::default()
    }
}

/// Owned evidence, so that a test can change one thing.
#[derive(Debug, Clone)]
struct Stand {
    metric: Metric,
    classes: Vec<String>,
    prior: Vec<f64>,
    truth: Vec<u32>,
    challenger: ClassPredictions,
    champion: Option<ClassPredictions>,
    facts: Facts,
    slices: Vec<(String, Vec<String>)>,
}

impl Stand {
    fn decide(&self, policy: &Policy) -> Decision {
        self.shown(|evidence| decide(evidence, policy))
    }

    /// What somebody makes of it as evidence.
    fn shown<T>(&self, look: impl FnOnce(&Evidence<'_>) -> T) -> T {
        look(&Evidence {
            metric: self.metric,
            classes: &self.classes,
            prior: &self.prior,
            centre: None,
            truth: &Truth::Classes(self.truth.clone()),
            rows_hash: "a1b2",
            challenger: &Predictions::Classes(self.challenger.clone()),
            champion: self.champion.clone().map(Predictions::Classes).as_ref(),
            facts: &self.facts,
            slices: &self.slices,
            beyond: &Beyond::default(),
        })
    }

    /// The reference system's five rows: the champion has F1 0.571, the challenger always says yes and has 0.75.
    fn five_rows() -> Stand {
        Stand {
            metric: Metric::F1,
            classes: vec!["0".to_owned(), "1".to_owned()],
            prior: vec![11.0 / 26.0, 15.0 / 26.0],
            truth: vec![1, 0, 0, 1, 1],
            challenger: labelled(&[1, 1, 1, 1, 1]),
            champion: Some(labelled(&[0, 1, 1, 1, 1])),
            facts: Facts {
                load_failure: None,
                differs_from_champion: true,
                leaked_rows: 0,
                doubts: Vec::new(),
                attempts: 0,
                let_in: None,
                shadow: None,
                is_retuned: false,
                fresh: None,
                calibration: None,
                learned: None,
                no_requests: None,
                no_out_of_fold: None,
            },
            slices: Vec::new(),
        }
    }

    /// 400 rows, half of them positive; the challenger has 10 % wrong, the champion 25 %.
    fn clearly_better() -> Stand {
        let truth: Vec<u32> = (0..400).map(|row| row % 2).collect();
        let wrong_every = |n: u32, truth: &[u32]| -> Vec<u32> {
            truth
                .iter()
                .enumerate()
                .map(|(row, &class)| {
                    if (row as u32 / 2).is_multiple_of(n) {
                        1 - class
                    } else {
                        class
                    }
                })
                .collect()
        };
        let (new, old) = (wrong_every(10, &truth), wrong_every(4, &truth));
        Stand {
            prior: vec![0.5, 0.5],
            challenger: labelled(&new),
            champion: Some(labelled(&old)),
            truth,
            ..Stand::five_rows()
        }
    }

    fn swapped(&self) -> Stand {
        let mut swapped = self.clone();
        if let Some(champion) = swapped.champion.as_mut() {
            std::mem::swap(champion, &mut swapped.challenger);
        }
        swapped
    }

    fn without_champion(&self) -> Stand {
        Stand {
            champion: None,
            ..self.clone()
        }
    }
}

/// Two-class predictions whose probabilities say the same as the labels.
fn labelled(labels: &[u32]) -> ClassPredictions {
    let probabilities = labels
        .iter()
        .map(|&label| 0.2 + 0.6 * f64::from(label))
        .collect();
    ClassPredictions {
        n_classes: 2,
        labels: labels.to_vec(),
        probabilities,
    }
}

#[track_caller]
fn rule<'a>(decision: &'a Decision, name: &str) -> &'a Rule {
    let found = decision.rules.iter().find(|rule| rule.name == name);
    found.unwrap_or_else(|| panic!("no rule {name} in {:#?}", decision.rules))
}

#[track_caller]
fn outcome(decision: &Decision, name: &str) -> RuleOutcome {
    rule(decision, name).outcome
}

#[track_caller]
fn says(decision: &Decision, words: &str) {
    let found = decision.reasons.iter().any(|reason| reason.contains(words));
    assert!(found, "no reason says {words:?}: {:#?}", decision.reasons);
}
