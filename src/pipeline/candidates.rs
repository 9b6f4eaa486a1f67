//! The candidates of `auto`, simplest first: linear models, then trees, each with a few settings.

use super::fit::Material;
use crate::config::learner::{ClassWeight, Learner, LearnerKind};
use crate::evaluate::Task;
use crate::features;

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
    let n_classes = material.wanted.classes().len();
    let settings = &material.config.features;
    let (n_texts, n_others) =
        features::texts_and_others(material.frame, material.excluded, settings);
    let listed = match material.wanted.task() {
        Task::Regression => regression(base),
        Task::Classification if n_texts == 0 => classification(base, n_classes),
        // Trees read no texts.
        Task::Classification if n_others == 0 => texts(base),
        Task::Classification => [texts(base), trees(base, n_classes)].concat(),
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

fn classification(base: &Learner, n_classes: usize) -> Vec<Learner> {
    let logistic = |c| Learner {
        c: Some(c),
        ..of(base, LearnerKind::Logistic)
    };
    let mut listed = vec![logistic(1.0), logistic(0.05)];
    listed.extend(trees(base, n_classes));
    listed
}

fn regression(base: &Learner) -> Vec<Learner> {
    let ridge = |alpha| Learner {
        alpha,
        ..of(base, LearnerKind::Ridge)
    };
    let mut listed = vec![ridge(1.0), ridge(30.0)];
    listed.extend(trees(base, 0));
    listed
}

/// Shallow trees for small or smooth data, deeper ones for large data with interactions. More than two classes take a tree each
/// in every round, so theirs get there in fewer, larger steps.
fn trees(base: &Learner, n_classes: usize) -> Vec<Learner> {
    let (rate, rounds) = if n_classes > 2 {
        (0.1, 300)
    } else {
        (0.05, 600)
    };
    let boosted = |depth| Learner {
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
        boosted(3),
        boosted(6),
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
            facts.extend(learner.c.map(|c| format!("c {c}")));
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
    if facts.is_empty() {
        kind.to_string()
    } else {
        format!("{kind} ({})", facts.join(", "))
    }
}
