//! Predictions of rows in the engine, written there: the scorer as SQL. Beside the row's own cells stand
//! `prediction` and, of two classes, `probability`, of more, `probability_<class>` for each, of numbers of which a share is flagged,
//! `flagged`.

use super::calibrated::calibrated;
use super::connect::Session;
use super::error::Error;
use super::features::Design;
use super::gradients::{margins, powers};
use super::ingest::{typed, write};
use super::source::{FILE, Input, ROW};
use super::sql;
use super::sums::features;
use super::trees::scored;
use crate::bundle::Flag;
use crate::config::decision::Flags;
use crate::features::Transformer;
use crate::predictors::{Calibrator, Link, Predictor};

/// What answers.
#[derive(Debug, Clone, Copy)]
pub struct Scorer<'a> {
    /// The steps.
    pub transformer: &'a Transformer,
    /// The predictor.
    pub predictor: &'a Predictor,
    /// What its probabilities go through.
    pub after: Option<&'a Calibrator>,
    /// The classes, the positive one last; none of numbers.
    pub classes: &'a [String],
    /// The probability from which on a row is positive.
    pub threshold: f64,
    /// Which predicted numbers are flagged.
    pub flag: Option<Flag>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Rows with an answer.
    pub rows: u64,
    /// Rows of each class, in their order.
    pub classes: Vec<u64>,
}

fn rejected(why: String) -> Error {
    Error::Input(format!(
        "the engine cannot predict with this version: {why}; `unseat predict FILE` can"
    ))
}

/// Checks that the predictor can be SQL, before anything is read.
fn check(scorer: &Scorer<'_>) -> Result<(), Error> {
    let n = match scorer.predictor {
        Predictor::Linear(linear) => linear.bias.len(),
        Predictor::Trees(trees) => {
            scored::steps(trees).map_err(rejected)?;
            trees.n_outputs()
        }
    };
    let is_known = match (scorer.predictor.link(), scorer.classes) {
        (Link::Logistic, [_, _]) | (Link::Identity, [] | [_, _]) => n == 1,
        (Link::Softmax | Link::Identity, classes) => n == classes.len(),
        _ => false,
    };
    if is_known {
        Ok(())
    } else {
        Err(rejected(
            "its probabilities are of a form of their own".to_string(),
        ))
    }
}

/// The rows of a relation with the predictor's margins `m0…`, the columns `more`, whose names are `kept`, beside them. Of many trees,
/// rows with the margins so far are written below `steps`.
fn with_margins(
    session: &Session,
    scorer: &Scorer<'_>,
    (rows, more, kept): (&str, &[String], &[String]),
    steps: &str,
) -> Result<String, Error> {
    match scorer.predictor {
        Predictor::Linear(linear) => {
            let design = Design::of(scorer.transformer, &[]).map_err(rejected)?;
            let none = vec![0.0; design.dense.len()];
            let n = design.n_features;
            let blocks = linear.bias.iter().enumerate().flat_map(|(output, bias)| {
                let weights = &linear.weights[output * n..(output + 1) * n];
                weights.iter().chain([bias])
            });
            let parameters: Vec<f64> = blocks.copied().collect();
            let query = features(&design, rows, &none, more);
            Ok(margins(&design, &query, &parameters))
        }
        Predictor::Trees(trees) => {
            let design = Design::with_gaps(scorer.transformer, &[]).map_err(rejected)?;
            let columns = scored::columns(&design, kept);
            let mut query = scored::begun(&design, trees, rows, more, kept);
            let all = scored::steps(trees).map_err(rejected)?;
            for (at, step) in all.iter().enumerate() {
                query = scored::added(&design, trees, step, &columns, &query);
                if at + 1 < all.len() {
                    let to = format!("{steps}/{at}");
                    let doing = format!("add trees, step {} of {}", at + 1, all.len());
                    write(session, &doing, query, &to)?;
                    query = format!("SELECT * FROM {}", sql::parquet(&to));
                }
            }
            Ok(query)
        }
    }
}

/// Probabilities as further columns of the margins: of two classes `p`; of more `e0…`, whose largest is `most`, shares of `total`.
fn with_probabilities(scorer: &Scorer<'_>, query: &str) -> String {
    let link = scorer.predictor.link();
    match (scorer.classes.len(), link) {
        (0, _) => query.to_string(),
        (2, link) => {
            let p = match link {
                Link::Logistic => "1e0 / (1e0 + exp(-m0))",
                _ => "m0",
            };
            let query = format!("SELECT *, {p} AS q FROM ({query})");
            let after = scorer.after.and_then(|it| calibrated(it, link, "q"));
            let p = after.unwrap_or_else(|| "q".to_string());
            format!("SELECT *, {p} AS p FROM ({query})")
        }
        (n, Link::Identity) => {
            let each: Vec<String> = (0..n).map(|at| format!("m{at} AS e{at}")).collect();
            let all: Vec<String> = (0..n).map(|at| format!("m{at}")).collect();
            format!(
                "SELECT *, {}, greatest({}) AS most, 1e0 AS total FROM ({query})",
                each.join(", "),
                all.join(", ")
            )
        }
        (n, _) => format!("SELECT *, 1e0 AS most FROM ({})", powers(n, query)),
    }
}

/// Names of the columns of probabilities.
pub fn probability_columns(classes: &[String]) -> Vec<String> {
    match classes {
        [] => Vec::new(),
        [_, _] => vec!["probability".to_string()],
        classes => {
            let each = classes.iter();
            each.map(|class| format!("probability_{class}")).collect()
        }
    }
}

/// Predicts and writes; what is written in between goes below `steps`. Nothing of the names that were chosen for the answers may be a column of the rows.
///
/// # Errors
/// When the model cannot be SQL, the rows are unlike those of training, the server fails, or other rows came back than went in.
pub fn answer(
    session: &Session,
    scorer: &Scorer<'_>,
    input: &Input<'_>,
    to: &str,
    steps: &str,
) -> Result<Answered, Error> {
    check(scorer)?;
    let typed = typed(session, input)?;
    let names: Vec<String> = input.names.iter().map(|name| sql::name(name)).collect();
    let rows = format!("({})", typed.rows_of_kinds());
    let kept = names.iter().enumerate();
    let mut more: Vec<String> = kept.map(|(at, name)| format!("{name} AS c{at}")).collect();
    more.extend([FILE.to_string(), ROW.to_string()]);
    let mut kept_as: Vec<String> = (0..names.len()).map(|at| format!("c{at}")).collect();
    kept_as.extend([FILE.to_string(), ROW.to_string()]);
    let query = with_margins(session, scorer, (&rows, &more, &kept_as), steps)?;
    let query = with_probabilities(scorer, &query);
    let kept = names.iter().enumerate();
    let mut written: Vec<String> = kept.map(|(at, name)| format!("c{at} AS {name}")).collect();
    if let [negative, positive] = scorer.classes {
        let is_positive = if scorer.threshold.is_finite() {
            format!("p >= {}", sql::number(scorer.threshold))
        } else {
            // A threshold that no probability reaches, or that all do.
            (scorer.threshold < 0.0).to_string()
        };
        written.push(format!(
            "CASE WHEN {is_positive} THEN {} ELSE {} END AS prediction",
            sql::text(positive),
            sql::text(negative)
        ));
        written.push("p AS probability".to_string());
    } else if let [_, _, ..] = scorer.classes {
        // Of equal shares, the first class counts, as on this machine.
        let cases = scorer.classes.iter().enumerate();
        let cases =
            cases.map(|(at, class)| format!(" WHEN e{at} = most THEN {}", sql::text(class)));
        written.push(format!(
            "CASE{} END AS prediction",
            cases.collect::<String>()
        ));
        let names = probability_columns(scorer.classes);
        let shares = names.iter().enumerate();
        written.extend(shares.map(|(at, name)| format!("e{at} / total AS {}", sql::name(name))));
    } else {
        written.push("m0 AS prediction".to_string());
        if let Some(flag) = &scorer.flag {
            let side = match flag.side {
                Flags::Largest => ">=",
                Flags::Smallest => "<=",
            };
            written.push(format!("m0 {side} {} AS flagged", sql::number(flag.from)));
        }
    }
    let query = format!("SELECT {} FROM ({query})", written.join(", "));
    write(session, "write the predictions", query, to)?;
    verified(session, scorer, to, typed.rows.iter().sum())
}

/// Counts what was written against the rows that were read.
fn verified(
    session: &Session,
    scorer: &Scorer<'_>,
    to: &str,
    expected: u64,
) -> Result<Answered, Error> {
    let mut counts = vec!["count(*)".to_string(), "count(prediction)".to_string()];
    let classes = scorer.classes.iter();
    counts.extend(
        classes.map(|class| sql::count_where(&format!("prediction = {}", sql::text(class)))),
    );
    let query = format!("SELECT {} FROM {}", counts.join(", "), sql::parquet(to));
    let table = session.ask("count the predictions", &query)?;
    let (rows, answered) = (table.count(0, 0)?, table.count(0, 1)?);
    let classes = (0..scorer.classes.len()).map(|at| table.count(0, 2 + at));
    let classes: Vec<u64> = classes.collect::<Result<_, Error>>()?;
    let is_whole = scorer.classes.is_empty() || classes.iter().sum::<u64>() == rows;
    if rows != expected || answered != rows || !is_whole {
        return Err(Error::Unverified {
            path: to.to_string(),
            written: rows.min(answered),
            expected,
            more: if rows == expected {
                ", and some of the rows have no answer"
            } else {
                ""
            },
        });
    }
    Ok(Answered { rows, classes })
}
