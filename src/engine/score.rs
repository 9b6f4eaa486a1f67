//! Predictions of rows in the engine, written there: the scorer of linear predictors as SQL. Beside the row's own cells stand
//! `prediction` and, of two classes, `probability`, of more, `probability_<class>` for each, of numbers of which a share is flagged,
//! `flagged`.

use super::connect::Session;
use super::error::Error;
use super::features::Design;
use super::gradients::{margins, powers};
use super::ingest::{typed, write};
use super::source::{FILE, Input, ROW};
use super::sql;
use super::sums::features;
use crate::bundle::Flag;
use crate::config::decision::Flags;
use crate::features::Transformer;
use crate::predictors::{Linear, Link, Predictor};

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

/// The linear predictor; or why the scorer cannot be SQL.
fn linear<'a>(scorer: &Scorer<'a>) -> Result<&'a Linear, String> {
    match scorer.predictor {
        Predictor::Linear(linear) => match (linear.link, linear.bias.len(), scorer.classes) {
            (Link::Logistic, 1, [_, _]) | (Link::Identity, 1, []) => Ok(linear),
            (Link::Softmax, n, classes) if n == classes.len() => Ok(linear),
            _ => Err("its probabilities are of a form of their own".to_string()),
        },
        Predictor::Trees(_) => Err("it is made of trees".to_string()),
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
    let linear = linear(scorer).map_err(reject)?;
    let design = Design::of(scorer.transformer, &[]).map_err(reject)?;
    let typed = typed(session, input)?;
    let names: Vec<String> = input.names.iter().map(|name| sql::name(name)).collect();
    let rows = format!("({})", typed.rows_of_kinds());
    let kept = names.iter().enumerate();
    let mut more: Vec<String> = kept.map(|(at, name)| format!("{name} AS c{at}")).collect();
    more.extend([FILE.to_string(), ROW.to_string()]);
    let none = vec![0.0; design.dense.len()];
    let n = design.n_features;
    let blocks = linear.bias.iter().enumerate().flat_map(|(output, bias)| {
        let weights = &linear.weights[output * n..(output + 1) * n];
        weights.iter().chain([bias])
    });
    let parameters: Vec<f64> = blocks.copied().collect();
    let query = margins(
        &design,
        &features(&design, &rows, &none, &more),
        &parameters,
    );
    let query = match linear.link {
        Link::Logistic => format!("SELECT *, 1e0 / (1e0 + exp(-m0)) AS p FROM ({query})"),
        Link::Softmax => powers(linear.bias.len(), &query),
        Link::Identity | Link::OneVsRest => query,
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
    } else if let [_, _, ..] = scorer.classes {
        // The largest share is of a power that is 1; of equal ones, the first class counts, as on this machine.
        let cases = scorer.classes.iter().enumerate();
        let cases = cases.map(|(at, class)| format!(" WHEN e{at} = 1e0 THEN {}", sql::text(class)));
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
