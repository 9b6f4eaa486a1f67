//! Predictions of rows in the engine, written there: the scorer of linear predictors as SQL. Beside the row's own cells stand
//! `prediction` and, of two classes, `probability`, of numbers of which a share is flagged, `flagged`.

use super::connect::Session;
use super::error::Error;
use super::features::Design;
use super::ingest::{typed, write};
use super::source::{FILE, Input, ROW};
use super::sql;
use super::sums::{features, margin};
use crate::bundle::Flag;
use crate::config::decision::Flags;
use crate::features::Transformer;
use crate::predictors::{Link, Predictor};

/// What answers.
#[derive(Debug, Clone, Copy)]
pub struct Scorer<'a> {
    /// The steps.
    pub transformer: &'a Transformer,
    /// The predictor.
    pub predictor: &'a Predictor,
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

/// Why a scorer cannot be SQL.
fn linear<'a>(scorer: &Scorer<'a>) -> Result<(&'a [f64], f64, Link), String> {
    match scorer.predictor {
        Predictor::Linear(linear) => match (linear.link, &linear.bias[..], scorer.classes) {
            (Link::Logistic, [bias], [_, _]) | (Link::Identity, [bias], []) => {
                Ok((&linear.weights, *bias, linear.link))
            }
            _ => Err("it predicts more than two classes".to_string()),
        },
        Predictor::Trees(_) => Err("it is made of trees".to_string()),
    }
}

/// Predicts and writes; nothing of the names that were chosen for the answers may be a column of the rows.
///
/// # Errors
/// When the model cannot be SQL, the rows are unlike those of training, the server fails, or other rows came back than went in.
pub fn answer(
    session: &Session,
    scorer: &Scorer<'_>,
    input: &Input<'_>,
    to: &str,
) -> Result<Answered, Error> {
    let reject = |why: String| {
        Error::Input(format!(
            "the engine cannot predict with this version: {why}; `unseat predict FILE` can"
        ))
    };
    let (weights, bias, link) = linear(scorer).map_err(reject)?;
    let design = Design::of(scorer.transformer).map_err(reject)?;
    let typed = typed(session, input)?;
    let names: Vec<String> = input.names.iter().map(|name| sql::name(name)).collect();
    let rows = format!("({})", typed.rows_of_kinds());
    let kept = names.iter().enumerate();
    let mut more: Vec<String> = kept.map(|(at, name)| format!("{name} AS c{at}")).collect();
    more.extend([FILE.to_string(), ROW.to_string()]);
    let none = vec![0.0; design.dense.len()];
    let parameters: Vec<f64> = weights.iter().copied().chain([bias]).collect();
    let query = format!(
        "SELECT *, {} AS m FROM ({})",
        margin(&design, &parameters),
        features(&design, &rows, &none, &more)
    );
    let query = match link {
        Link::Logistic => format!("SELECT *, 1e0 / (1e0 + exp(-m)) AS p FROM ({query})"),
        _ => query,
    };
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
    } else {
        written.push("m AS prediction".to_string());
        if let Some(flag) = &scorer.flag {
            let side = match flag.side {
                Flags::Largest => ">=",
                Flags::Smallest => "<=",
            };
            written.push(format!("m {side} {} AS flagged", sql::number(flag.from)));
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
