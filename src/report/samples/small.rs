//! The small things that a sample holds.

use crate::checks::{Check, Finding};
use crate::config::Severity;
use crate::gate::Facts;
use crate::report::{Candidate, Importance, RankingFacts};

pub(super) fn candidate(name: &str, score: Option<f64>) -> Candidate {
    Candidate {
        name: name.into(),
        score,
        deviation: 0.012,
        rows: 1200,
        fits: 3,
        behind: score.map(|_| [0.004, 0.003]),
        failure: score.is_none().then(|| "no column holds texts".into()),
    }
}

pub(super) fn finding() -> Finding {
    Finding {
        check: Check::Leak,
        column: Some("closing_date".into()),
        severity: Severity::Warn,
        value: 0.998,
        bound: Some(0.99),
        says: "`closing_date` alone predicts the target".into(),
    }
}

pub(super) fn ranking() -> RankingFacts {
    let fact = |name: &str, new: &str, old: &str| (name.into(), new.into(), old.into());
    RankingFacts {
        first: "largest",
        sides: vec![fact("Test rows that are flagged", "21 (10.5 %)", "–")],
        agreement: vec![("Overlap of the worst 10 %".into(), Some(0.85))],
        weeks: vec![("2026-11-16".into(), 1204, Some(0.71), None)],
    }
}

pub(super) fn importance() -> Importance {
    let column = |name: &str, mean| (name.to_owned(), Some(mean), Some(0.01));
    Importance {
        rows: 200,
        repeats: 5,
        left_out: 3,
        columns: vec![
            column("lastmonth_activity", 0.21),
            column("<b>number_of_employees</b>", 0.04),
            column("lastyear_activity", -0.003),
        ],
    }
}

/// Facts about a challenger of whose rows some are in the test rows, too.
pub(super) fn leaked(rows: u64) -> Facts {
    Facts {
        load_failure: None,
        differs_from_champion: true,
        leaked_rows: rows,
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
    }
}
