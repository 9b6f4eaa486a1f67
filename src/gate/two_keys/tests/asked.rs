//! Labels that were requested, and how many would settle a decision, against NumPy and scipy (`tests/golden/wanted.py`).

use serde::Deserialize;

use super::super::wanted::plan;
use super::super::*;
use super::{Block, near, rows};
use crate::evaluate::Metric;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    metric: Metric,
    first_key: f64,
    trusted: Block,
    unlabelled: Block,
    /// Rows with a label by direction, and their labels.
    labelled: [Vec<usize>; 2],
    labels: [Vec<u8>; 2],
    expected: Expected,
    wanted: ExpectedPlan,
}

#[derive(Deserialize)]
struct Expected {
    correction: f64,
    correction_se: f64,
    gain: f64,
    gain_sd: f64,
    probability: f64,
    asked_gain: f64,
    asked_gain_se: f64,
}

#[derive(Deserialize)]
struct ExpectedPlan {
    strata: [u64; 2],
    needed: Option<u64>,
    chance_of_all: f64,
    /// Chance by number of labels, with the best of all ways to split them.
    chances: Vec<(u64, f64)>,
}

fn asked_of(over: &Both, chosen: &[(usize, bool)]) -> Asked {
    let mut labelled = Labelled {
        both: Both::default(),
        positive: Vec::new(),
    };
    let mut strata = [0; 2];
    for (&old, &new) in over.champion_labels.iter().zip(&over.challenger_labels) {
        if let Some(direction) = Direction::of(old, new) {
            strata[direction as usize] += 1;
        }
    }
    for &(row, positive) in chosen {
        let both = &mut labelled.both;
        both.champion_logits.push(over.champion_logits[row]);
        both.challenger_logits.push(over.challenger_logits[row]);
        both.champion_labels.push(over.champion_labels[row]);
        both.challenger_labels.push(over.challenger_labels[row]);
        labelled.positive.push(positive);
    }
    Asked {
        population: over.len() as u64,
        strata,
        labelled,
    }
}

fn evidence<'a>(
    metric: Metric,
    trusted: &'a Labelled,
    unlabelled: &'a Both,
    asked: Option<&'a Asked>,
) -> Evidence<'a> {
    Evidence {
        metric,
        trusted,
        out_of_fold: &[],
        unlabelled: Some(unlabelled),
        asked,
        assumptions: Assumptions::default(),
    }
}

#[test]
fn numbers_are_those_of_numpy_and_scipy() {
    let text = include_str!("../../../../tests/golden/wanted.json");
    let golden: Golden = serde_json::from_str(text).expect("JSON");
    assert!(golden.cases.len() >= 5);
    for case in golden.cases {
        let name = &case.name;
        let (trusted, over) = (case.trusted.labelled(), case.unlabelled.both());
        let chosen = case.labelled.iter().flatten().copied();
        let labels = case.labels.iter().flatten().map(|&y| y == 1);
        let chosen: Vec<(usize, bool)> = chosen.zip(labels).collect();
        let asked = asked_of(&over, &chosen);
        assert_eq!(asked.strata, case.wanted.strata, "{name}");

        let with = judge(&evidence(case.metric, &trusted, &over, Some(&asked))).expect("defined");
        let (key, wanted) = (with.trusted, &case.expected);
        near(
            &format!("{name}, correction"),
            key.correction,
            wanted.correction,
        );
        near(
            &format!("{name}, its error"),
            key.correction_se,
            wanted.correction_se,
        );
        near(&format!("{name}, gain"), key.gain, wanted.gain);
        near(&format!("{name}, its sd"), key.gain_sd, wanted.gain_sd);
        near(
            &format!("{name}, probability"),
            key.probability,
            wanted.probability,
        );
        let told = with.asked.expect("enough labels");
        near(&format!("{name}, asked"), told.gain, wanted.asked_gain);
        near(
            &format!("{name}, its error"),
            told.gain_se,
            wanted.asked_gain_se,
        );
        for (weight, (rows, labels)) in told
            .weights
            .iter()
            .zip(asked.strata.iter().zip(told.labels))
        {
            near(
                &format!("{name}, weight"),
                *weight,
                *rows as f64 / labels as f64,
            );
        }

        let plain = evidence(case.metric, &trusted, &over, None);
        let judgement = judge(&plain).expect("defined");
        let asks = super::super::wanted(&plain, &judgement, case.first_key).expect("rows differ");
        let plan = plan(&plain, &judgement, case.first_key).expect("rows differ");
        near(
            &format!("{name}, all"),
            asks.chance_of_all,
            case.wanted.chance_of_all,
        );
        // A share that is rounded to whole labels may miss the best of all ways by a label.
        for (m, best) in case.wanted.chances {
            let chance = plan.chance(m);
            assert!(
                chance <= best + 1e-6 && chance >= best - 0.01,
                "{name}, {m}: {chance} of {best}"
            );
        }
        match (asks.needed, case.wanted.needed) {
            (Some(got), Some(best)) => assert!(got >= best && got <= best + 1, "{name}: {got}"),
            (got, best) => assert_eq!(got, best, "{name}"),
        }
    }
}

#[test]
fn a_gain_comes_from_the_threshold_where_that_is_half_of_it() {
    assert_eq!(Origin::of(0.014, 0.012), Some(Origin::Threshold));
    assert_eq!(Origin::of(0.014, 0.006), Some(Origin::Ranking));
    assert_eq!(Origin::of(0.0, 0.006), None);
    assert_eq!(Origin::of(-0.01, 0.0), None);
}

#[test]
fn labels_of_one_direction_only_say_nothing_and_two_of_each_do() {
    let (trusted, over) = (rows(31, 600), rows(32, 3_000));
    let differing = |direction: Direction| {
        let labels = over
            .both
            .champion_labels
            .iter()
            .zip(&over.both.challenger_labels);
        let of_it = move |(at, (old, new)): (usize, (&bool, &bool))| {
            (Direction::of(*old, *new) == Some(direction)).then_some(at)
        };
        labels.enumerate().filter_map(of_it).collect::<Vec<_>>()
    };
    let [up, down] = Direction::ALL.map(differing);
    let label = |rows: &[usize]| -> Vec<(usize, bool)> {
        rows.iter().map(|&row| (row, over.positive[row])).collect()
    };
    let one_sided = asked_of(&over.both, &label(&up));
    let judged = judge(&evidence(
        Metric::F1,
        &trusted,
        &over.both,
        Some(&one_sided),
    ))
    .expect("some");
    assert_eq!(judged.asked, None);
    let plain = judge(&evidence(Metric::F1, &trusted, &over.both, None)).expect("some");
    assert_eq!(judged, plain);

    let all: Vec<usize> = up.iter().chain(&down).copied().collect();
    let whole = asked_of(&over.both, &label(&all));
    let judged = judge(&evidence(Metric::F1, &trusted, &over.both, Some(&whole))).expect("some");
    let told = judged.asked.expect("both directions");
    assert_eq!(told.weights, [1.0, 1.0]);
    // Every label is known: what is left is the draw of the rows, and the truth on them is told to the last digit but that
    // of the rows on which both agree.
    assert!(told.gain_se < plain.trusted.opinion_se, "{told:?}");
    assert!(judged.trusted.gain_sd < plain.trusted.gain_sd);
}

#[test]
fn where_nothing_differs_or_nothing_is_logged_no_label_is_wanted() {
    let trusted = rows(41, 400);
    let mut over = rows(42, 1_000).both;
    over.challenger_logits = over.champion_logits.clone();
    over.challenger_labels = over.champion_labels.clone();
    let alike = evidence(Metric::F1, &trusted, &over, None);
    let judgement = judge(&alike).expect("defined");
    assert_eq!(super::super::wanted(&alike, &judgement, 0.9), None);
    let nothing = Evidence {
        unlabelled: None,
        ..alike
    };
    let judgement = judge(&nothing).expect("defined");
    assert_eq!(super::super::wanted(&nothing, &judgement, 0.9), None);
}
