//! The comparison by two keys in the policy's terms: from a [`Judgement`] to a rule and its words.

use crate::evaluate::{Predictions, Truth};

use super::case::Case;
use super::compare::{self, Compared};
use super::two_keys::{
    self, Both, EQUIVALENT, Judgement, LARGE_Z, Labelled, ROPE, Retuned, Veto, Wanted,
};
use super::wording::{percent, score, signed};
use super::{Evidence, EvidenceKind, Require, Rule, RuleGroup, RuleOutcome, Verdict};
use crate::text::counted;

const GROUP: RuleGroup = RuleGroup::Comparison;

/// What labels and probabilities say together. `None` unless the policy asks for it and both models give probabilities of
/// two classes on the same rows.
pub(super) fn judgement(case: &Case<'_>) -> Option<Judgement> {
    let (evidence, policy) = (case.evidence, case.policy);
    if policy.require != Require::Better || policy.evidence != EvidenceKind::TwoKeys {
        return None;
    }
    let trusted = trusted(evidence)?;
    two_keys::judge(&weighed(evidence, &trusted))
}

/// The test rows with what both models say of them; `None` unless they give probabilities of two classes.
fn trusted(evidence: &Evidence<'_>) -> Option<Labelled> {
    let (Truth::Classes(truth), Predictions::Classes(new), Some(Predictions::Classes(old))) =
        (evidence.truth, evidence.challenger, evidence.champion)
    else {
        return None;
    };
    let both = Both::of(old, new).filter(|both| both.len() == truth.len())?;
    Some(Labelled {
        both,
        positive: truth.iter().map(|&class| class == 1).collect(),
    })
}

fn weighed<'a>(evidence: &Evidence<'a>, trusted: &'a Labelled) -> two_keys::Evidence<'a> {
    two_keys::Evidence {
        metric: evidence.metric,
        trusted,
        out_of_fold: &evidence.beyond.out_of_fold,
        unlabelled: evidence.beyond.unlabelled.as_ref(),
        asked: evidence.beyond.asked.as_ref(),
        assumptions: evidence
            .facts
            .learned
            .map(|it| it.assumptions)
            .or(evidence.beyond.assumed)
            .unwrap_or_default(),
    }
}

/// Which labels would settle a comparison that says neither way. `None` where the labels alone decide.
pub(super) fn wanted(case: &Case<'_>, judgement: Option<&Judgement>) -> Option<Wanted> {
    let judgement = judgement.filter(|judgement| judgement.veto.is_none())?;
    let trusted = trusted(case.evidence)?;
    let evidence = weighed(case.evidence, &trusted);
    two_keys::wanted(&evidence, judgement, case.policy.first_key)
}

/// What moving the champion's threshold would be worth. `None` unless the policy asks for it, or where the probabilities
/// are not believed.
pub(super) fn retuned(case: &Case<'_>, judgement: Option<&Judgement>) -> Option<Retuned> {
    let may_retune = case.policy.retune && !case.evidence.facts.is_retuned;
    let judgement = judgement.filter(|it| may_retune && it.veto.is_none())?;
    let trusted = trusted(case.evidence)?;
    two_keys::retuned(&weighed(case.evidence, &trusted), judgement)
}

/// Whether the champion's threshold is to be moved instead of what `verdict` says: that alone is surely a gain, and the
/// challenger is not surely better than that.
pub(super) fn is_retuned(case: &Case<'_>, verdict: Verdict, retuned: &Retuned) -> bool {
    let policy = case.policy;
    let least = policy.min_absolute_gain.unwrap_or(0.0);
    let is_gain = retuned.all.probability >= policy.first_key
        && retuned.trusted.probability >= policy.second_key
        && retuned.all.gain >= least;
    let is_more = verdict == Verdict::Promote && retuned.ranking.probability >= policy.first_key;
    is_gain && !is_more
}

/// Why the champion's threshold is moved.
pub(super) fn moves(retuned: &Retuned) -> String {
    format!(
        "moving the champion's threshold to {} is worth {} (standard deviation {}; probability of a true gain {} by all evidence and {} by the test rows alone), and the challenger is better than that with probability {} only",
        score(retuned.threshold),
        signed(retuned.all.gain),
        score(retuned.all.gain_sd),
        percent(retuned.all.probability),
        percent(retuned.trusted.probability),
        percent(retuned.ranking.probability),
    )
}

/// What to do about a decision that is left open.
pub(super) fn asks(wanted: &Wanted) -> String {
    let differ: u64 = wanted.strata.iter().sum();
    let of = format!(
        "the {differ} of {} on which both models differ",
        counted(wanted.population, "logged request")
    );
    let chance = percent(wanted.chance);
    match wanted.needed {
        Some(n) => format!(
            "{} of {of} would settle it with a chance of {chance}: `unseat labels wanted` names them",
            counted(n, "label")
        ),
        None => format!(
            "labels of {of} would settle it with a chance of {} only, {} of them with one of {chance}: `unseat labels wanted` names them",
            percent(wanted.chance_of_all),
            wanted.ask.iter().sum::<u64>()
        ),
    }
}

/// The comparison rule by two keys; `None` where the labels alone decide.
pub(super) fn rule(
    case: &Case<'_>,
    judgement: Option<&Judgement>,
    compared: Option<&Compared>,
    sufficient: bool,
) -> Option<Rule> {
    let judgement = judgement.filter(|judgement| judgement.veto.is_none())?;
    let (first, second) = (judgement.all.probability, judgement.trusted.probability);
    let (first_key, second_key) = (case.policy.first_key, case.policy.second_key);
    let moved = compared.map(|it| compare::movement(case.evidence.metric, &it.comparison));
    let moved = moved.map_or(String::new(), |moved| format!("{moved}; "));
    let gain = format!("{moved}{}", expected(judgement));
    let (outcome, reason) = if first >= first_key && second >= second_key {
        (
            RuleOutcome::Pass,
            format!("{gain}; {}", turned(case, judgement)),
        )
    } else if first.min(second) <= 1.0 - first_key && sufficient {
        let worse = if first <= 1.0 - first_key {
            percent(1.0 - first)
        } else {
            // What other rows say for it does not outvote the test rows.
            format!("{} by the test rows alone", percent(1.0 - second))
        };
        (
            RuleOutcome::Reject,
            format!("{gain}; the challenger is worse with probability {worse}"),
        )
    } else if judgement.all.equivalent >= EQUIVALENT {
        let within = score(ROPE);
        let sure = percent(judgement.all.equivalent);
        let reason = format!(
            "{gain}; equivalent: no better and no worse than by {within} with probability {sure}, so there is nothing to gain by changing versions"
        );
        (RuleOutcome::Equivalent, reason)
    } else {
        (
            RuleOutcome::Inconclusive,
            format!("{gain}; {}", turned(case, judgement)),
        )
    };
    Some(super::case::rule(
        case.policy.require.name(),
        GROUP,
        outcome,
        Some(first),
        Some(first_key),
        reason,
    ))
}

/// "an expected gain in F1 of +0.012 (sd 0.006)".
fn expected(judgement: &Judgement) -> String {
    let key = &judgement.all;
    format!(
        "expected gain {} (standard deviation {})",
        signed(key.gain),
        score(key.gain_sd)
    )
}

/// Both keys with what they require.
fn turned(case: &Case<'_>, judgement: &Judgement) -> String {
    let policy = case.policy;
    format!(
        "probability of a true gain {} by all evidence ({} required) and {} by the test rows alone ({} required)",
        percent(judgement.all.probability),
        percent(policy.first_key),
        percent(judgement.trusted.probability),
        percent(policy.second_key),
    )
}

/// A rule that says why the labels alone decided although more was requested.
pub(super) fn veto(case: &Case<'_>, judgement: Option<&Judgement>) -> Option<Rule> {
    let judgement = judgement?;
    let z = judgement.calibration;
    let (outcome, reason) = match judgement.veto {
        None => (
            RuleOutcome::Pass,
            format!(
                "the probabilities agree with the labels where the models differ (z {z:.2}, at most {LARGE_Z} either way)"
            ),
        ),
        Some(Veto::Miscalibrated) => (
            case.failing(RuleOutcome::Warn),
            format!(
                "the probabilities do not agree with the labels where the models differ (z {z:.2}), so the labels alone decide"
            ),
        ),
        Some(Veto::Undefined) => (
            case.failing(RuleOutcome::Warn),
            "the probabilities cannot be calibrated on these rows, so the labels alone decide"
                .to_owned(),
        ),
    };
    Some(super::case::rule(
        "calibrated",
        GROUP,
        outcome,
        Some(z.abs()),
        Some(LARGE_Z),
        reason,
    ))
}

/// What else speaks for a promotion by two keys, and where the gain comes from.
pub(super) fn grounds(case: &Case<'_>, judgement: Option<&Judgement>) -> Vec<String> {
    let Some(judgement) = judgement.filter(|judgement| judgement.veto.is_none()) else {
        return Vec::new();
    };
    let mut rows = vec![counted(case.rows(), "test row")];
    if judgement.out_of_fold_rows > 0 {
        rows.push(counted(judgement.out_of_fold_rows, "out-of-fold row"));
    }
    if judgement.unlabelled_rows > 0 {
        rows.push(counted(judgement.unlabelled_rows, "unlabelled row"));
    }
    if let Some(asked) = judgement.asked {
        let labels: u64 = asked.labels.iter().sum();
        rows.push(format!("{} requested", counted(labels, "label")));
    }
    let mut grounds = vec![format!(
        "{}; {}, from {}",
        expected(judgement),
        turned(case, judgement),
        rows.join(", ")
    )];
    grounds.extend(origin(judgement));
    grounds
}

/// How much of the gain moving the champion's threshold would bring without a new model.
fn origin(judgement: &Judgement) -> Option<String> {
    let opinion = judgement.trusted.opinion;
    let by_threshold = judgement.threshold_gain.min(opinion);
    (by_threshold >= 0.001).then(|| {
        format!(
            "{} of the {} that the probabilities expect would come from moving the champion's threshold to {} alone",
            signed(by_threshold),
            signed(opinion),
            score(judgement.threshold)
        )
    })
}
