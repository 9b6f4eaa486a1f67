//! All columns together: can rows be told from those that a version was trained on? Off unless `drift.domain_classifier` asks.

use polars::prelude::DataFrame;

use super::check::{DriftCheck, Joint};
use crate::bundle::Bundle;
use crate::drift::{Verdict, domain_classifier};
use crate::pipeline::dataset::take;
use crate::pipeline::trained::dataset_run;
use crate::pipeline::{Env, Error, ingest};

/// Rows of either side that are used, at most.
const MOST_ROWS: usize = 1000;
/// Columns that the classifier gets, at most; more are folded together.
const MOST_COLUMNS: usize = 100;
/// Cells of either side that are made at once, at most.
const MOST_CELLS: usize = 20_000_000;
/// Areas below this are worth no word, however sure they are.
const LEAST_AREA: f64 = 0.6;

/// Adds what a domain classifier says to a comparison, where the settings ask for it. Rows that it tells from those of training are a
/// warning, also where no column differs.
///
/// # Errors
/// When a column cannot be made.
pub async fn with_joint(
    env: &Env,
    bundle: &Bundle,
    frame: &DataFrame,
    check: DriftCheck,
) -> Result<DriftCheck, Error> {
    if !env.config.drift.domain_classifier {
        return Ok(check);
    }
    let version = env
        .registry
        .version(&env.config.name, check.version)
        .await?;
    let trained = match version {
        // Its data set may have been removed by retention.
        Some(version) => ingest::load(env, &dataset_run(&version)).await.ok(),
        None => None,
    };
    let joint = match trained {
        Some(trained) => told(bundle, &trained.frame, frame)?,
        None => Joint::none("the data set that the version was trained on is not kept any more"),
    };
    Ok(judged(check, joint))
}

fn told(bundle: &Bundle, trained: &DataFrame, frame: &DataFrame) -> Result<Joint, Error> {
    let reads = bundle.transformer.reads(&bundle.reading);
    if reads.iter().any(|read| frame.column(&read.name).is_err()) {
        return Ok(Joint::none("a column that the model reads is not there"));
    }
    let (reference, n, width) = matrix(bundle, trained)?;
    let (window, m, _) = matrix(bundle, frame)?;
    let rows = [n as u64, m as u64];
    Ok(match domain_classifier(&reference, &window, width) {
        Some(found) => Joint {
            auc: Some(found.auc),
            p_value: Some(found.p_value),
            rows,
            reason: String::new(),
        },
        None => Joint {
            rows,
            ..Joint::none("too few rows on one side")
        },
    })
}

/// Rows of a frame as the model sees them, evenly picked, with at most this many columns: cells, rows and columns.
fn matrix(bundle: &Bundle, frame: &DataFrame) -> Result<(Vec<f64>, usize, usize), Error> {
    let n_features = bundle.transformer.feature_names().len().max(1);
    let most = MOST_ROWS.min(MOST_CELLS / n_features).max(1);
    let n = frame.height().min(most);
    let picked: Vec<u32> = (0..n)
        .map(|at| (at * frame.height() / n.max(1)) as u32)
        .collect();
    let taken = take(frame, &picked)?;
    let prepared = bundle.transformer.prepared(&taken)?;
    let all: Vec<u32> = (0..n as u32).collect();
    let dense = bundle.transformer.view(&prepared, &all)?.dense();
    if n_features <= MOST_COLUMNS {
        return Ok((dense, n, n_features));
    }
    // Words of texts are many: columns are added up in pairs of sign and place that their number gives.
    let mut folded = vec![0.0; n * MOST_COLUMNS];
    for (row, cells) in dense.chunks_exact(n_features).enumerate() {
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| **cell != 0.0) {
            let mixed = (column as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let place = (mixed >> 32) as usize % MOST_COLUMNS;
            let sign = if mixed & (1 << 20) == 0 { 1.0 } else { -1.0 };
            folded[row * MOST_COLUMNS + place] += sign * cell;
        }
    }
    Ok((folded, n, MOST_COLUMNS))
}

fn judged(check: DriftCheck, joint: Joint) -> DriftCheck {
    let alpha = check.levels.map_or(0.01, |levels| levels.alpha);
    let found = joint.auc.zip(joint.p_value);
    let is_found = found.is_some_and(|(auc, p)| auc >= LEAST_AREA && p <= alpha);
    let is_quiet = matches!(check.verdict, Verdict::Ok | Verdict::Unknown);
    match found {
        Some((auc, _)) if is_found && is_quiet => DriftCheck {
            verdict: Verdict::Warn,
            reason: format!(
                "no column differs by itself, but all together tell these rows from those of training (area {auc:.2}, ½ is chance)"
            ),
            joint: Some(joint),
            ..check
        },
        _ => DriftCheck {
            joint: Some(joint),
            ..check
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Levels;
    use crate::model_types::VersionNumber;
    use crate::pipeline::drift::check::{RowsKind, Which};

    #[test]
    fn rows_that_are_told_apart_are_a_warning_where_nothing_else_is_found() {
        let check = |verdict: Verdict| {
            let which = Which {
                model: "m".to_string(),
                version: VersionNumber::new(1),
                kind: RowsKind::Data,
                source: String::new(),
                window_ms: (0, 0),
            };
            DriftCheck {
                verdict,
                levels: Some(Levels {
                    alpha: 0.01,
                    least_effect: 0.1,
                    large_effect: 0.5,
                }),
                ..DriftCheck::unknown(which, 100, "as it was".to_string())
            }
        };
        let joint = |auc: f64, p_value: f64| Joint {
            auc: Some(auc),
            p_value: Some(p_value),
            rows: [100, 100],
            reason: String::new(),
        };
        let verdict = |before: Verdict, joint: Joint| judged(check(before), joint).verdict;
        for before in [Verdict::Ok, Verdict::Unknown] {
            assert_eq!(verdict(before, joint(0.7, 0.001)), Verdict::Warn);
            assert_eq!(verdict(before, joint(0.7, 0.02)), before, "may be chance");
            assert_eq!(
                verdict(before, joint(0.55, 1e-9)),
                before,
                "hardly anything"
            );
            assert_eq!(verdict(before, Joint::none("gone")), before);
        }
        let found = judged(check(Verdict::Drift), joint(0.9, 0.0));
        assert_eq!(
            (found.verdict, found.reason.as_str()),
            (Verdict::Drift, "as it was")
        );
        assert!(found.joint.is_some());
    }
}
