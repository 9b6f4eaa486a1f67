//! Packed gradients as SQL: the arithmetic of `learners/boosted/loss.rs` and `exp.rs`, operation by operation in numbers of 32 bits, so
//! that every engine has the bits of this machine. Quotients are made in 64 bits and then rounded, which for numbers of 32 bits is the
//! same as rounding once (Figueroa 1995, "When is double rounding innocuous?").

use crate::engine::sql;
use crate::learners::by_histograms::{CLAMP, EXP, LN_2, Packing, ROUND, Unit};

/// 1.5 · 2⁵²: added to a number of 64 bits within ±2⁵¹ and taken off again, it leaves the nearest whole one, halves to the even one.
const ROUND_64: f64 = 6_755_399_441_055_744.0;

/// What is learned, and what rows count.
#[derive(Debug, Clone)]
pub(super) enum Slopes {
    /// Numbers: what is taken off, and what they are divided by.
    Numbers {
        /// What is taken off.
        centre: f64,
        /// What they are divided by.
        scale: f64,
    },
    /// Classes.
    Classes {
        /// How much a row of each counts, `(n_classes)`, relative to the one that counts most.
        weight: Vec<f32>,
        /// What a packed gradient is worth.
        unit: Unit,
    },
}

/// A number of 32 bits.
fn float(number: f32) -> String {
    format!("cast({} AS FLOAT)", sql::number(f64::from(number)))
}

/// The nearest whole number to one of 32 bits.
fn whole(expression: &str) -> String {
    let round = float(ROUND);
    format!("cast({expression} + {round} - {round} AS BIGINT)")
}

/// `exp` of 32-bit columns of a query as further columns `e0…`, of as many expressions.
fn powers(query: &str, of: &[String]) -> String {
    let each = |written: &dyn Fn(usize) -> String| {
        let all: Vec<String> = (0..of.len()).map(written).collect();
        all.join(", ")
    };
    let (low, high) = (float(CLAMP.0), float(CLAMP.1));
    let clamped = each(&|at| format!("greatest(least({}, {high}), {low}) AS c{at}", of[at]));
    let query = format!("SELECT *, {clamped} FROM ({query})");
    let (log2, round) = (float(std::f32::consts::LOG2_E), float(ROUND));
    let shifted = each(&|at| format!("c{at} * {log2} + {round} AS s{at}"));
    let query = format!("SELECT *, {shifted} FROM ({query})");
    let whole = each(&|at| format!("s{at} - {round} AS p{at}"));
    let query = format!("SELECT *, {whole} FROM ({query})");
    let (more, less) = (float(LN_2.0), float(LN_2.1));
    let rest = each(&|at| format!("c{at} - p{at} * {more} - p{at} * {less} AS r{at}"));
    let query = format!("SELECT *, {rest} FROM ({query})");
    let sum = each(&|at| {
        let first = float(EXP[0]);
        let add = |sum: String, factor: &f32| format!("({sum} * r{at} + {})", float(*factor));
        format!("{} AS h{at}", EXP[1..].iter().fold(first, add))
    });
    let query = format!("SELECT *, {sum} FROM ({query})");
    let one = float(1.0);
    let power = each(&|at| {
        format!(
            "(h{at} * r{at} * r{at} + r{at} + {one}) * cast(power(2e0, cast(p{at} AS DOUBLE)) AS FLOAT) AS e{at}"
        )
    });
    format!("SELECT *, {power} FROM ({query})")
}

impl Slopes {
    /// Margins of a row.
    pub fn n_outputs(&self) -> usize {
        match self {
            Slopes::Classes { weight, .. } if weight.len() > 2 => weight.len(),
            _ => 1,
        }
    }

    /// The distance of numbers from their margin `m0`, both in standard form.
    fn distance(centre: f64, scale: f64) -> String {
        format!(
            "(cast(m0 AS DOUBLE) - (y - {}) / {})",
            sql::number(centre),
            sql::number(scale)
        )
    }

    /// The largest gradient of all rows with numbers.
    pub fn largest(centre: f64, scale: f64) -> String {
        format!("max(abs({}))", Slopes::distance(centre, scale))
    }

    /// The rows of `query`, which have margins `m0…` and a target `y`, with packed gradients `gradient0…` and Hessians `hessian0…` of some outputs.
    /// `per_unit` is how many units a gradient of numbers is.
    pub fn of(&self, query: &str, outputs: &[usize], per_unit: f64) -> String {
        match self {
            Slopes::Numbers { centre, scale } => {
                let distance = Slopes::distance(*centre, *scale);
                let (unit, round) = (sql::number(per_unit), sql::number(ROUND_64));
                format!(
                    "SELECT *, cast({distance} * {unit} + {round} - {round} AS BIGINT) AS gradient0, cast(1 AS BIGINT) AS hessian0 FROM ({query})"
                )
            }
            Slopes::Classes { weight, .. } => {
                let query = match &weight[..] {
                    [_, _] => of_two(query),
                    weight => of_many(query, outputs, weight.len()),
                };
                packed(&query, outputs, &weights(weight))
            }
        }
    }
}

/// What a row counts, by its class.
fn weights(weight: &[f32]) -> String {
    let of = |class: usize| match weight {
        // As it is computed on this machine.
        [negative, positive] => negative + class as f32 * (positive - negative),
        weight => weight[class],
    };
    let cases = (0..weight.len()).map(|class| {
        let weight = sql::number(f64::from(of(class)));
        format!(" WHEN {class} THEN {weight}")
    });
    format!("cast(CASE y{} END AS FLOAT)", cases.collect::<String>())
}

/// Rows with the probability `share0` and the truth `truth0` of two classes.
fn of_two(query: &str) -> String {
    let query = powers(query, &["-m0".to_string()]);
    let one = float(1.0);
    format!(
        "SELECT *, cast(1e0 / cast({one} + e0 AS DOUBLE) AS FLOAT) AS share0, cast(y AS FLOAT) AS truth0 FROM ({query})"
    )
}

/// Rows with the probabilities `share0…` and the truths `truth0…` of some of more classes.
fn of_many(query: &str, outputs: &[usize], n_outputs: usize) -> String {
    let each = |written: &dyn Fn(usize) -> String, joint: &str| {
        let all: Vec<String> = (0..n_outputs).map(written).collect();
        all.join(joint)
    };
    let margins = each(&|at| format!("m{at}"), ", ");
    let query = format!("SELECT *, greatest({margins}) AS top FROM ({query})");
    let distances: Vec<String> = (0..n_outputs).map(|at| format!("m{at} - top")).collect();
    let query = powers(&query, &distances);
    let total = each(&|at| format!("cast(e{at} AS DOUBLE)"), " + ");
    let (one, none) = (float(1.0), float(0.0));
    let shares = outputs.iter().map(|output| {
        format!(
            "cast(cast(e{output} AS DOUBLE) / total AS FLOAT) AS share{output}, CASE WHEN y = {output} THEN {one} ELSE {none} END AS truth{output}"
        )
    });
    format!(
        "SELECT *, {} FROM (SELECT *, {total} AS total FROM ({query}))",
        shares.collect::<Vec<_>>().join(", ")
    )
}

/// Rows with the packed slopes of some outputs, of those with `share0…` and `truth0…`.
fn packed(query: &str, outputs: &[usize], weight: &str) -> String {
    let query = format!("SELECT *, {weight} AS w FROM ({query})");
    let one = float(1.0);
    let half = float(Packing::LARGEST_HALF);
    let quarter = float(4.0 * Packing::LARGEST_HESSIAN);
    let slopes = outputs.iter().map(|at| {
        let gradient = whole(&format!("(share{at} - truth{at}) * w * {half}"));
        let hessian = format!("greatest(share{at} * ({one} - share{at}) * w * {quarter}, {one})");
        format!(
            "{gradient} AS gradient{at}, {} AS hessian{at}",
            whole(&hessian)
        )
    });
    format!(
        "SELECT *, {} FROM ({query})",
        slopes.collect::<Vec<_>>().join(", ")
    )
}
