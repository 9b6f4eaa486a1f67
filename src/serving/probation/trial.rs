//! One probation as this server sees it: what it compares with, and what it has found so far.

use std::sync::Arc;

use serde_json::{Value, json};

use super::counts::Side;
use super::judge::{Evidence, Verdict, judge};
use super::pair::{Pair, reads_alike};
use super::view::View;
use crate::config::Probation;
use crate::pipeline::TestShift;
use crate::registry::{ProbationEnd, ProbationRow, ProbationState};
use crate::serving::served::Served;

/// A probation that this server watches.
pub struct Trial {
    /// What the registry says of it.
    pub row: ProbationRow,
    new: Arc<Served>,
    before: Option<Side>,
    reads_alike: bool,
    pair: Option<Pair>,
    test: Option<TestShift>,
    /// Why the version is to be rolled back, once that is known: what was found stays found.
    against: Option<String>,
}

/// What a trial came to.
pub struct Finding {
    /// How it ends.
    pub state: ProbationState,
    /// Why.
    pub reason: String,
    /// What was counted.
    pub record: Value,
}

impl Finding {
    /// As the registry takes it.
    pub fn at(&self, at_ms: i64) -> ProbationEnd<'_> {
        ProbationEnd {
            state: self.state,
            reason: &self.reason,
            record: &self.record,
            at_ms,
        }
    }
}

impl Trial {
    /// Begins to watch. `old` is the version before, when it can be loaded; `is_known` says whether this process answered
    /// with it before the promotion, so that its counts are what is normal.
    pub fn new(
        row: ProbationRow,
        new: Arc<Served>,
        old: Option<Arc<Served>>,
        is_known: bool,
        test: Option<TestShift>,
    ) -> Self {
        new.sample.want(test.is_some());
        Trial {
            before: old
                .as_ref()
                .filter(|_| is_known)
                .map(|old| old.counts.side()),
            reads_alike: old.as_ref().is_none_or(|old| reads_alike(&new, old)),
            pair: old.and_then(|old| Pair::new(new.clone(), old)),
            row,
            new,
            test,
            against: None,
        }
    }

    /// Compares the rows that wait. Takes as long as scoring them twice, so it is not for the threads that answer.
    pub fn compare(&mut self) {
        let rows = self.new.sample.take();
        match &mut self.pair {
            Some(pair) if pair.wants_more() => pair.compare(&rows),
            _ => self.new.sample.want(false),
        }
    }

    /// What is known so far.
    fn evidence(&self, now_ms: i64) -> Evidence {
        Evidence {
            new: self.new.counts.side(),
            before: self.before.clone(),
            reads_alike: self.reads_alike,
            live: self.pair.as_ref().map(Pair::found),
            test: self.test,
            elapsed_ms: now_ms - self.row.began_ms,
        }
    }

    /// How it ends, if it does now.
    pub fn judge(&mut self, settings: &Probation, now_ms: i64) -> Option<Finding> {
        let evidence = self.evidence(now_ms);
        let (state, reason) = match (&self.against, judge(&evidence, settings)) {
            (Some(known), _) => (ProbationState::RolledBack, known.clone()),
            (None, Verdict::Watch) => return None,
            (None, Verdict::Confirm(said)) => (ProbationState::Confirmed, said),
            (None, Verdict::TakeBack(reasons)) => (ProbationState::RolledBack, reasons.join("; ")),
        };
        if state == ProbationState::RolledBack {
            self.against = Some(reason.clone());
        }
        let requests = evidence.requests();
        Some(Finding {
            state,
            reason,
            record: json!({"requests": requests, "evidence": evidence}),
        })
    }

    /// What is shown of it while it continues.
    pub fn view(&self, now_ms: i64) -> View {
        View {
            requests: Some(self.evidence(now_ms).requests()),
            reasons: self.against.iter().cloned().collect(),
            ..View::of(&self.row)
        }
    }

    /// No more rows are wanted.
    pub fn end(&self) {
        self.new.sample.want(false);
        self.new.sample.take();
    }
}
