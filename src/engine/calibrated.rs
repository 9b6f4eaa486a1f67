//! What a calibration makes of a probability, as SQL.

use super::sql;
use crate::predictors::{Calibrator, Curve, Link};

/// The expression of the calibrated probability by that of the predictor's, a short one. `None` where it would be of log odds, which a
/// predictor has taken into its numbers.
pub(super) fn calibrated(calibrator: &Calibrator, link: Link, p: &str) -> Option<String> {
    match (calibrator, link) {
        (Calibrator::Platt { .. }, Link::Logistic) => None,
        (Calibrator::Platt { slope, intercept }, _) => Some(format!(
            "1e0 / (1e0 + exp(-({} * {p} + {})))",
            sql::number(*slope),
            sql::number(*intercept)
        )),
        (Calibrator::Isotonic(curve), _) => Some(between(curve, p, 0, curve.at.len())),
    }
}

/// The curve where the first of its points above `p` is one from `from` to `to`; found by halves.
fn between(curve: &Curve, p: &str, from: usize, to: usize) -> String {
    let (at, value) = (&curve.at, &curve.value);
    if from == to {
        return match to {
            0 => sql::number(value[0]),
            above if above == at.len() => sql::number(value[above - 1]),
            above => {
                let (low, high) = (at[above - 1], at[above]);
                let rise = value[above] - value[above - 1];
                format!(
                    "{} + {} * (({p} - {}) / {})",
                    sql::number(value[above - 1]),
                    sql::number(rise),
                    sql::number(low),
                    sql::number(high - low)
                )
            }
        };
    }
    let middle = usize::midpoint(from, to);
    format!(
        "CASE WHEN {p} < {} THEN {} ELSE {} END",
        sql::number(at[middle]),
        between(curve, p, from, middle),
        between(curve, p, middle + 1, to)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_lines_between_its_points() {
        let curve = Curve {
            at: vec![0.25, 0.75],
            value: vec![0.5, 1.0],
        };
        let written = calibrated(&Calibrator::Isotonic(curve), Link::Logistic, "p");
        assert_eq!(
            written.as_deref(),
            Some(
                "CASE WHEN p < 7.5e-1 THEN CASE WHEN p < 2.5e-1 THEN 5e-1 ELSE 5e-1 + 5e-1 * ((p - 2.5e-1) / 5e-1) END ELSE 1e0 END"
            )
        );
        let platt = Calibrator::Platt {
            slope: 2.0,
            intercept: -1.0,
        };
        assert_eq!(
            calibrated(&platt, Link::Identity, "p").as_deref(),
            Some("1e0 / (1e0 + exp(-(2e0 * p + (-1e0))))")
        );
        assert_eq!(calibrated(&platt, Link::Logistic, "p"), None);
    }
}
