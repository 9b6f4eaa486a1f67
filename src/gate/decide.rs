//! The decision itself: gather the numbers, ask every rule, draw the verdict.

use crate::evaluate::baselines;
use crate::evaluate::predictions::score;

use super::case::Case;
use super::compare::Compared;
use super::wording::{ordinal, percent, score as written, signed};
use super::{
    DECISION_FORMAT, Decision, Evidence, Policy, Rule, RuleOutcome, Verdict, compare, first, gains,
    guards, hard, keys, shadow_rules, sufficiency,
};
use crate::text::counted;

/// Decides whether the challenger goes live. A function of its arguments: the same evidence and policy give the same
/// decision, whatever they hold; nothing in them makes it fail.
///
/// Any rule that says `reject` rejects; otherwise any that says `inconclusive` leaves it open; otherwise a comparison that
/// says `equivalent` decides that nothing would be gained; otherwise the challenger is promoted. Without a champion only `finite_metrics` and `loads_and_answers_golden_rows` can reject, and `first_version` holds.
pub fn decide(evidence: &Evidence<'_>, policy: &Policy) -> Decision {
    let challenger = score(evidence.truth, evidence.challenger);
    let champion = evidence
        .champion
        .map(|predictions| score(evidence.truth, predictions));
    let baselines = baselines::scored(evidence.truth, evidence.prior, evidence.centre);
    let case = Case {
        evidence,
        policy,
        challenger: &challenger,
        champion: champion.as_ref(),
        baselines: &baselines,
    };

    let compared = compare::measure(&case);
    let judgement = keys::judgement(&case);
    let mut rules = hard::rules(&case);
    let evidence_rules = sufficiency::rules(&case);
    let sufficient = evidence_rules
        .iter()
        .all(|rule| rule.outcome != RuleOutcome::Inconclusive);
    // That the challenger differs from the champion on too few rows says nothing about another threshold.
    let are_rows_enough = evidence_rules
        .iter()
        .filter(|rule| rule.name != sufficiency::DISCORDANT)
        .all(|rule| rule.outcome != RuleOutcome::Inconclusive);
    rules.extend(evidence_rules);
    rules.push(
        match keys::rule(&case, judgement.as_ref(), compared.as_ref(), sufficient) {
            Some(rule) => rule,
            None => compare::rule(&case, compared.as_ref(), sufficient),
        },
    );
    rules.extend(keys::veto(&case, judgement.as_ref()));
    rules.extend(gains::rules(&case, sufficient));
    rules.extend(guards::rules(&case));
    rules.extend(shadow_rules::rules(&case));
    rules.extend(first::rule_of(&case, &rules));

    let of_rules = verdict(&rules);
    let retuned = keys::retuned(&case, judgement.as_ref());
    let moved = retuned.filter(|it| are_rows_enough && keys::is_retuned(&case, of_rules, it));
    let verdict = match moved {
        Some(_) => Verdict::Retune,
        None => of_rules,
    };
    // Labels settle what the comparison leaves open, not what another rule does.
    let is_open = |rule: &&Rule| rule.outcome == RuleOutcome::Inconclusive;
    let mut open = rules.iter().filter(is_open).map(|rule| rule.name.as_str());
    let is_only_compared = verdict == Verdict::Inconclusive
        && open.all(|name| name == policy.require.name() || name == sufficiency::DISCORDANT);
    let wanted = if is_only_compared {
        keys::wanted(&case, judgement.as_ref())
    } else {
        None
    };
    let mut reasons: Vec<String> = moved.as_ref().map(keys::moves).into_iter().collect();
    if verdict == Verdict::Promote {
        reasons.extend(grounds(&case, compared.as_ref()));
        reasons.extend(attempts(&case));
        reasons.extend(keys::grounds(&case, judgement.as_ref()));
    }
    reasons.extend(failures(&rules));
    reasons.extend(wanted.as_ref().map(keys::asks));
    let fresh = evidence.facts.fresh.as_ref().filter(|it| it.rows > 0);
    reasons.extend(fresh.map(|fresh| fresh.says(case.rows())));
    Decision {
        format_version: DECISION_FORMAT,
        verdict,
        reasons,
        rules,
        comparison: compared.map(|compared| compared.comparison),
        judgement,
        wanted,
        retuned,
        rows: evidence.truth.len() as u64,
        rows_hash: evidence.rows_hash.to_owned(),
        metric: evidence.metric,
        classes: evidence.classes.to_vec(),
        facts: evidence.facts.clone(),
        policy: policy.clone(),
        baselines,
        challenger,
        champion,
    }
}

fn verdict(rules: &[Rule]) -> Verdict {
    let any = |outcome| rules.iter().any(|rule| rule.outcome == outcome);
    if any(RuleOutcome::Reject) {
        Verdict::Reject
    } else if any(RuleOutcome::Inconclusive) {
        Verdict::Inconclusive
    } else if any(RuleOutcome::Equivalent) {
        Verdict::Equivalent
    } else {
        Verdict::Promote
    }
}

/// What failed, in words: rejections, then what could not be decided, then warnings, each in the order of the rules.
fn failures(rules: &[Rule]) -> Vec<String> {
    let order = [
        RuleOutcome::Reject,
        RuleOutcome::Equivalent,
        RuleOutcome::Inconclusive,
        RuleOutcome::Warn,
    ];
    let reasons_of = |outcome| rules.iter().filter(move |rule| rule.outcome == outcome);
    let first = rules.iter().find(|rule| rule.name == first::NAME);
    let is_told = |rule: &&Rule| first.is_some_and(|first| first::has_told(first, rule));
    order
        .into_iter()
        .flat_map(reasons_of)
        .filter(|rule| !is_told(rule))
        .map(|rule| rule.reason.clone())
        .collect()
}

/// What speaks for a challenger that is promoted.
fn grounds(case: &Case<'_>, compared: Option<&Compared>) -> Vec<String> {
    let rows = counted(case.rows(), "test row");
    let title = case.evidence.metric.title();
    let Some(compared) = compared else {
        let value = case
            .challenger_value()
            .map_or_else(|| "undefined".to_owned(), written);
        return if case.has_champion() {
            vec![format!("{title} of the challenger is {value} on {rows}")]
        } else {
            vec![format!(
                "there is no champion to protect; {title} of the challenger is {value} on {rows}"
            )]
        };
    };
    let numbers = &compared.comparison;
    let interval = match &numbers.interval {
        Some(found) => format!(
            " with a {} interval of {} to {}",
            percent(numbers.level(case.policy)),
            signed(found.low),
            signed(found.high),
        ),
        None => String::new(),
    };
    vec![
        format!(
            "{} on {rows}: {}{interval}",
            compare::movement(case.evidence.metric, numbers),
            signed(numbers.delta),
        ),
        format!(
            "the challenger is better in {} of the resamples",
            percent(numbers.p_better)
        ),
        compare::discordance(case.is_of_numbers(), numbers),
    ]
}

/// how often these test rows have been used, where that is often enough to matter.
fn attempts(case: &Case<'_>) -> Option<String> {
    const FEW: u64 = 3;
    let n = case.evidence.facts.attempts;
    (n >= FEW && case.has_champion()).then(|| {
        let so_far = case.evidence.facts.let_in.map_or(String::new(), |it| {
            let share = percent(it.expected_worse);
            match it.promotions {
                1 => format!(
                    "; the one that they let in before is worse than what it replaced with a probability of {share}"
                ),
                n => format!(
                    "; of the {} that they let in before, {share} are expected to be worse than what they replaced",
                    counted(n, "version")
                ),
            }
        });
        format!(
            "this is the {} version that these test rows judge, and each is another chance to be let in by luck{so_far}",
            ordinal(n)
        )
    })
}
