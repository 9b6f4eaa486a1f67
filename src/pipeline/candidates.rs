//! The candidates of `auto`, simplest first: linear models, then trees, each with a few settings.

use super::fit::Material;
use crate::config::raw::{ClassWeight, Learner, LearnerKind};
use crate::evaluate::Task;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What it is, in words.
    pub name: String,
    /// Its place in the stated order.
    pub place: usize,
    /// Its settings.
    pub learner: Learner,
}

/// The candidates for what is to be learned.
pub fn candidates(material: &Material<'_>) -> Vec<Candidate> {
    let base = &material.config.learner;
    let (n_texts, n_others) = material.texts_and_others();
    let listed = match material.wanted.task() {
        Task::Regression => regression(base),
        Task::Classification if n_texts == 0 => classification(base),
        // Trees read no texts.
        Task::Classification if n_others == 0 => texts(base),
        Task::Classification => [texts(base), trees(base)].concat(),
    };
    let named = |(place, learner): (usize, Learner)| Candidate {
        name: name(&learner),
        place,
        learner,
    };
    listed.into_iter().enumerate().map(named).collect()
}

fn of(base: &Learner, kind: LearnerKind) -> Learner {
    Learner {
        kind,
        ..base.clone()
    }
}

fn classification(base: &Learner) -> Vec<Learner> {
    let logistic = |c| Learner {
        c: Some(c),
        ..of(base, LearnerKind::Logistic)
    };
    let mut listed = vec![logistic(1.0), logistic(0.05)];
    listed.extend(trees(base));
    listed
}

fn regression(base: &Learner) -> Vec<Learner> {
    let ridge = |alpha| Learner {
        alpha,
        ..of(base, LearnerKind::Ridge)
    };
    let mut listed = vec![ridge(1.0), ridge(30.0)];
    listed.extend(trees(base));
    listed
}

/// Shallow trees for small or smooth data, deeper ones for large data with interactions.
fn trees(base: &Learner) -> Vec<Learner> {
    let boosted = |depth, rate, rounds| Learner {
        max_depth: Some(depth),
        learning_rate: rate,
        rounds: Some(rounds),
        ..of(base, LearnerKind::BoostedTrees)
    };
    let extra = |leaf| Learner {
        min_leaf_rows: leaf,
        ..of(base, LearnerKind::ExtraTrees)
    };
    vec![
        boosted(3, 0.05, 600),
        boosted(6, 0.05, 600),
        extra(Some(5)),
        extra(None),
        of(base, LearnerKind::RandomForest),
    ]
}

fn texts(base: &Learner) -> Vec<Learner> {
    let text = |c, class_weight| Learner {
        c: Some(c),
        class_weight,
        ..of(base, LearnerKind::Text)
    };
    vec![
        text(1.0, ClassWeight::None),
        text(10.0, ClassWeight::None),
        text(10.0, ClassWeight::Balanced),
        text(100.0, ClassWeight::None),
    ]
}

/// The learner and what sets it apart from others of its kind.
fn name(learner: &Learner) -> String {
    let kind = learner.kind.name();
    let mut facts = Vec::new();
    match learner.kind {
        LearnerKind::Logistic | LearnerKind::Text => {
            facts.extend(learner.c.map(|c| format!("c {c}")))
        }
        LearnerKind::Ridge => facts.push(format!("alpha {}", learner.alpha)),
        LearnerKind::BoostedTrees => {
            facts.extend(learner.max_depth.map(|depth| format!("depth {depth}")));
            facts.push(format!("rate {}", learner.learning_rate));
        }
        _ => facts.extend(learner.min_leaf_rows.map(|rows| format!("leaf {rows}"))),
    }
    if learner.class_weight == ClassWeight::Balanced {
        facts.push("balanced".to_string());
    }
    match facts.is_empty() {
        true => kind.to_string(),
        false => format!("{kind} ({})", facts.join(", ")),
    }
}
