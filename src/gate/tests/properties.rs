//! What must hold for any evidence.

use proptest::prelude::*;

use super::{Stand, labelled};
use crate::evaluate::{ClassPredictions, Metric};
use crate::gate::{Decision, Policy, Require, Verdict, explain, mcnemar};

fn policy() -> impl Strategy<Value = Policy> {
    let require = prop_oneof![
        Just(Require::Better),
        Just(Require::NotWorse),
        Just(Require::Naive)
    ];
    (
        require,
        0u64..20,
        0u64..6,
        0u64..8,
        any::<bool>(),
        0.51f64..0.99,
    )
        .prop_map(
            |(require, min_rows, min_positives, min_discordant, beat_baselines, confidence)| {
                Policy {
                    require,
                    min_rows,
                    min_positives,
                    min_discordant,
                    beat_baselines,
                    confidence,
                    replicates: 60,
                    ..Policy::default()
                }
            },
        )
}

fn stand() -> impl Strategy<Value = Stand> {
    (1usize..40, any::<bool>()).prop_flat_map(|(n, differs)| {
        let labels = || prop::collection::vec(0u32..2, n);
        (
            labels(),
            labels(),
            labels(),
            prop::sample::select(Metric::ALL.to_vec()),
        )
            .prop_map(move |(truth, new, old, metric)| {
                let mut stand = Stand {
                    metric,
                    truth,
                    challenger: labelled(&new),
                    champion: Some(labelled(&old)),
                    ..Stand::five_rows()
                };
                stand.facts.differs_from_champion = differs;
                stand
            })
    })
}

proptest! {
    #[test]
    fn mcnemar_is_symmetric_and_a_probability(b in 0u64..400, c in 0u64..400) {
        let p = mcnemar::exact_p(b, c);
        prop_assert!((0.0..=1.0).contains(&p));
        prop_assert_eq!(p, mcnemar::exact_p(c, b));
        prop_assert!(mcnemar::exact_p(b, b + c + 1) <= mcnemar::exact_p(b, b + c), "smaller the more one-sided");
    }

    #[test]
    fn the_same_evidence_gives_the_same_decision(stand in stand(), policy in policy()) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        prop_assert_eq!(stand.decide(&policy), pool.install(|| stand.decide(&policy)));
    }

    #[test]
    fn decisions_survive_json(stand in stand(), policy in policy()) {
        let decision = stand.decide(&policy);
        let json = serde_json::to_string(&decision).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
    }

    #[test]
    fn every_verdict_has_reasons_and_can_be_explained(stand in stand(), policy in policy()) {
        let decision = stand.decide(&policy);
        prop_assert!(!decision.reasons.is_empty());
        let text = explain::text(&decision);
        for rule in &decision.rules {
            prop_assert!(text.contains(&rule.reason));
        }
        prop_assert!(!text.contains("NaN") && !explain::markdown(&decision).is_empty());
    }

    /// A champion that gets one more row right has no smaller accuracy and no smaller F1, and no rule but the comparison
    /// can turn from reject by that (without a ceiling). So what was rejected is not promoted, and by the plain comparison
    /// what was not promoted is not either.
    #[test]
    fn a_better_champion_never_lets_a_rejected_challenger_in(
        stand in stand(),
        policy in policy(),
        row in 0usize..40,
        metric in prop::sample::select(vec![Metric::F1, Metric::Accuracy]),
    ) {
        let stand = Stand { metric, ..stand };
        let (before, mut better) = (stand.decide(&policy), stand.clone());
        let row = row % stand.truth.len();
        let mut labels = stand.champion.clone().map(|champion| champion.labels).unwrap_or_default();
        labels[row] = stand.truth[row];
        better.champion = Some(labelled(&labels));
        let after = better.decide(&policy);
        let old = |decision: &Decision| decision.champion.as_ref().and_then(|scores| scores.get(metric));
        prop_assert!(old(&after) >= old(&before));
        if before.verdict == Verdict::Reject || policy.require == Require::Naive && before.verdict != Verdict::Promote {
            prop_assert_ne!(after.verdict, Verdict::Promote);
        }
    }

    #[test]
    fn a_number_that_is_none_never_promotes(
        stand in stand(),
        policy in policy(),
        row in 0usize..40,
        faulty in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
        alone in any::<bool>(),
    ) {
        let mut stand = if alone { stand.without_champion() } else { stand };
        let row = row % stand.truth.len();
        stand.challenger.probabilities[row] = faulty;
        prop_assert_eq!(stand.decide(&policy).verdict, Verdict::Reject);
    }

    #[test]
    fn nothing_makes_it_panic(
        truth in prop::collection::vec(0u32..4, 0..9),
        labels in prop::collection::vec(0u32..4, 0..9),
        old_labels in prop::collection::vec(0u32..4, 0..9),
        probabilities in prop::collection::vec(prop::num::f64::ANY, 0..28),
        (n_classes, classes, prior) in (0usize..5, 0usize..5, prop::collection::vec(prop::num::f64::ANY, 0..4)),
        (margin, confidence, leaked_rows) in (prop::num::f64::ANY, prop::num::f64::ANY, any::<u64>()),
        policy in policy(),
    ) {
        let mut stand = Stand {
            classes: (0..classes).map(|class| class.to_string()).collect(),
            prior,
            truth,
            challenger: ClassPredictions { n_classes, labels, probabilities: probabilities.clone() },
            champion: Some(ClassPredictions { n_classes, labels: old_labels, probabilities }),
            slices: vec![("s".to_owned(), vec!["a".to_owned(); 3])],
            ..Stand::five_rows()
        };
        stand.facts.leaked_rows = leaked_rows;
        let policy = Policy { margin, confidence, floor: Some(margin), max_leakage: confidence, ..policy };
        for stand in [stand.clone(), stand.swapped(), stand.without_champion()] {
            let decision = stand.decide(&policy);
            explain::text(&decision);
            serde_json::to_string(&decision).unwrap();
        }
    }
}
