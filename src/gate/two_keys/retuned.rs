//! What moving the champion's threshold would be worth, without a new model.

use serde::{Deserialize, Serialize};

use super::evidence::{Both, Evidence, Labelled};
use super::judgement::{Judgement, Key};

/// The champion with another threshold, judged as a challenger of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Retuned {
    /// The threshold, 0..=1, with three decimals.
    pub threshold: f64,
    /// The champion with it over the champion as it is, by all evidence.
    pub all: Key,
    /// The same by the test rows alone.
    pub trusted: Key,
    /// The challenger over the champion with it: what the new model orders better, by all evidence.
    pub ranking: Key,
}

/// Judges the champion with its best threshold against the champion as it is, and the challenger against that, on the same
/// evidence. `judge` is the judgement of two models. `None` where it cannot be decided, or the probabilities are not trusted.
pub(super) fn retuned(
    evidence: &Evidence<'_>,
    judgement: &Judgement,
    judge: impl Fn(&Evidence<'_>) -> Option<Judgement>,
) -> Option<Retuned> {
    let threshold = ((judgement.threshold * 1000.0).round() / 1000.0).clamp(0.001, 0.999);
    let cut = (threshold / (1.0 - threshold)).ln();
    let moved = under(evidence, &|both| moved(both, cut));
    let own = judge(&moved.evidence(evidence))?;
    let rest = under(evidence, &|both| beside(both, cut));
    let ranking = judge(&rest.evidence(evidence))?;
    own.veto.is_none().then_some(Retuned {
        threshold,
        all: own.all,
        trusted: own.trusted,
        ranking: ranking.all,
    })
}

/// The champion as it is and with another threshold.
fn moved(both: &Both, cut: f64) -> Both {
    Both {
        challenger_logits: both.champion_logits.clone(),
        challenger_labels: positive(&both.champion_logits, cut),
        ..both.clone()
    }
}

/// The champion with another threshold, and the challenger.
fn beside(both: &Both, cut: f64) -> Both {
    Both {
        champion_labels: positive(&both.champion_logits, cut),
        ..both.clone()
    }
}

fn positive(logits: &[f64], cut: f64) -> Vec<bool> {
    logits.iter().map(|&logit| logit >= cut).collect()
}

/// Evidence on another pair of models.
struct Other {
    trusted: Labelled,
    out_of_fold: Vec<Labelled>,
    unlabelled: Option<Both>,
}

impl Other {
    fn evidence<'a>(&'a self, of: &Evidence<'_>) -> Evidence<'a> {
        Evidence {
            metric: of.metric,
            trusted: &self.trusted,
            out_of_fold: &self.out_of_fold,
            unlabelled: self.unlabelled.as_ref(),
            // Their labels were drawn from where another pair differs.
            asked: None,
            assumptions: of.assumptions,
        }
    }
}

fn under(evidence: &Evidence<'_>, change: &dyn Fn(&Both) -> Both) -> Other {
    let labelled = |rows: &Labelled| Labelled {
        both: change(&rows.both),
        positive: rows.positive.clone(),
    };
    Other {
        trusted: labelled(evidence.trusted),
        out_of_fold: evidence.out_of_fold.iter().map(labelled).collect(),
        unlabelled: evidence.unlabelled.map(change),
    }
}
