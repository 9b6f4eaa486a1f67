//! Two keys in words: every number that they rest on.

use super::two_keys::{Assumptions, Judgement, Learned, ROPE};
use super::wording::{percent, score, signed};
use super::{Decision, Policy};
use crate::text::counted;

/// The table of both keys, one row a number: name, by all evidence, by the test rows alone. `None` where two keys do not apply.
pub(super) fn table(decision: &Decision) -> Option<Vec<Vec<String>>> {
    let Judgement { all, trusted, .. } = decision.judgement.as_ref()?;
    let policy: &Policy = &decision.policy;
    let with_error = |value: f64, error: f64| format!("{} ± {}", signed(value), score(error));
    let of_keys = |what: String, of: &dyn Fn(&super::two_keys::Key) -> String| {
        vec![what, of(all), of(trusted)]
    };
    let head = ["two keys", "all evidence", "test rows alone"];
    let required = vec![
        "required for a promotion".to_owned(),
        percent(policy.first_key),
        percent(policy.second_key),
    ];
    Some(vec![
        head.map(str::to_owned).to_vec(),
        of_keys(
            "gain that the probabilities expect ± standard error".to_owned(),
            &|key| with_error(key.opinion, key.opinion_se),
        ),
        of_keys(
            "correction by the labels ± standard error".to_owned(),
            &|key| with_error(key.correction, key.correction_se),
        ),
        of_keys("share of the correction that counts".to_owned(), &|key| {
            percent(key.correction_weight)
        }),
        of_keys(
            "expected true gain ± standard deviation".to_owned(),
            &|key| with_error(key.gain, key.gain_sd),
        ),
        of_keys(
            "probability that the challenger is better".to_owned(),
            &|key| percent(key.probability),
        ),
        required,
        of_keys(
            format!("probability of no difference that matters (below {ROPE})"),
            &|key| percent(key.equivalent),
        ),
        of_keys("expected loss if it went live".to_owned(), &|key| {
            format!("{:.4}", key.expected_loss)
        }),
    ])
}

/// Sentences on what the table rests on. None where two keys do not apply.
pub(super) fn notes(decision: &Decision) -> Vec<String> {
    let Some(judgement) = &decision.judgement else {
        return Vec::new();
    };
    let rows = |n: u64, what: &str| counted(n, what);
    let mut notes = vec![format!(
        "the labels of the test rows alone say {} ± {}",
        signed(judgement.labels),
        score(judgement.labels_se)
    )];
    notes.push(match judgement.unlabelled_rows {
        0 => none_used(
            judgement.unlabelled_differ,
            decision.facts.no_requests.as_deref(),
        ),
        n => format!(
            "the probabilities are those of {} without labels",
            rows(n, "row")
        ),
    });
    if let Some(z) = judgement.disagreement {
        notes.push(format!(
            "{} of training count by how far they agree with the test rows (disagreement {z:+.2} standard errors)",
            rows(judgement.out_of_fold_rows, "out-of-fold row")
        ));
    }
    if let Some(why) = &decision.facts.no_out_of_fold {
        notes.push(format!("no out-of-fold rows of training count: {why}"));
    }
    notes.push(constants(
        &judgement.assumptions,
        decision.facts.learned.as_ref(),
    ));
    notes
}

/// That the probabilities are those of the test rows, and why.
fn none_used(they_differ: bool, no_requests: Option<&str>) -> String {
    let why = match (they_differ, no_requests) {
        (true, _) => "the logged requests are of other rows than the test rows",
        (false, Some(why)) => why,
        (false, None) => "no other rows without labels were used",
    };
    format!("the probabilities are those of the test rows: {why}")
}

/// Which constants were assumed, and what they were learned from.
fn constants(used: &Assumptions, learned: Option<&Learned>) -> String {
    let start = Assumptions::default();
    let misfit = format!(
        "probabilities may be off by {} where the models differ",
        score(used.structure)
    );
    let gains = format!(
        "true gains are {} ± {} on average",
        signed(used.prior_mean),
        score(used.prior_sd)
    );
    match learned {
        None => format!(
            "constants at their start, since no past decision on this model says anything: {misfit}; {gains}"
        ),
        Some(learned) => {
            let from = |basis: &super::two_keys::Basis| {
                format!(
                    "learned from {} worth {:.1} sure ones, beside the start worth 10",
                    counted(basis.decisions, "past decision"),
                    basis.worth
                )
            };
            format!(
                "constants: {misfit} ({}; the start is {}); {gains} ({}; the start is {} ± {})",
                from(&learned.structure_from),
                score(start.structure),
                from(&learned.prior_from),
                signed(start.prior_mean),
                score(start.prior_sd)
            )
        }
    }
}
