//! `explain`: what a version looks at, and why it predicts what it predicts of a row.

mod given;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::export::{Picked, Which};
use super::global::Global;
use super::{Failure, failure, output};
use crate::bundle::{Bundle, Scorer, Slot};
use crate::explain::{self, Counterfactual, Importance, Word};
use crate::features::Cells;
use crate::pipeline;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Explain the rows of this file instead: a JSON object, or anything that `predict` reads; `-` for JSON from stdin
    #[arg(long, value_name = "FILE")]
    row: Option<PathBuf>,
    /// Also say which values beyond the training data would turn the answer
    #[arg(long, requires = "row")]
    unseen: bool,
    #[command(flatten)]
    which: Which,
}

/// Most rows that are explained.
const MOST_ROWS: usize = 100;
/// Most weights that are shown to people; `--json` has all.
const MOST_LINES: usize = 30;
/// Most words of a text that are shown to people.
const MOST_WORDS: usize = 15;

pub async fn explain(global: &Global, args: &ExplainArgs) -> Result<u8, Failure> {
    let picked = args.which.pick(global).await?;
    match &args.row {
        None => whole(global, &picked, &args.which).await?,
        Some(file) => rows(global, &picked, file, args.unseen)?,
    }
    Ok(failure::DONE)
}

/// The version as a whole: weights or gains, and what the columns were worth on its test rows.
async fn whole(global: &Global, picked: &Picked, which: &Which) -> Result<(), Failure> {
    let importance = measured(picked, which).await;
    let coefficients = explain::coefficients(&picked.bundle);
    let gains = explain::gains(&picked.bundle);
    if global.json {
        let gains: Vec<Value> = gains
            .iter()
            .map(|(column, share)| json!({"column": column, "share": share}))
            .collect();
        output::line(&json!({
            "model": picked.model, "version": picked.version, "importance": importance,
            "coefficients": coefficients, "gains": gains,
        }));
        return Ok(());
    }
    match &importance {
        Some(importance) => say_importance(importance),
        None => output::talk(
            "note: permutation importance was not measured for this version; `unseat score` measures it",
        ),
    }
    if !coefficients.is_empty() {
        output::say(&output::bold("weights"));
        let mut largest: Vec<_> = coefficients.iter().collect();
        largest.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        let mut table = vec![vec![
            "feature".to_string(),
            "class".into(),
            "standardized".into(),
            "per unit".into(),
        ]];
        table.extend(largest.iter().take(MOST_LINES).map(|it| {
            let class = it.class.clone().unwrap_or_default();
            vec![
                plain(&it.feature),
                plain(&class),
                short(it.weight),
                short(it.original),
            ]
        }));
        output::say(&output::table(&table));
        more(coefficients.len());
    }
    if !gains.is_empty() {
        output::say(&output::bold("gain of the splits"));
        let mut table = vec![vec!["column".to_string(), "share".into()]];
        let line = |(column, share): &(String, f64)| {
            vec![plain(column), format!("{:.1} %", share * 100.0)]
        };
        table.extend(gains.iter().take(MOST_LINES).map(line));
        output::say(&output::table(&table));
        more(gains.len());
    }
    Ok(())
}

/// What is in the version's `score.json`.
async fn measured(picked: &Picked, which: &Which) -> Option<Importance> {
    let env = picked.env.as_ref()?;
    let row = pipeline::pick_version(env, which.version()).await.ok()?;
    pipeline::read_score(env, &row).await.ok()?.importance
}

fn say_importance(importance: &Importance) {
    output::say(&output::bold("permutation importance"));
    let rows = output::thousands(importance.rows);
    output::say(&format!(
        "mean fall of {} over {} permutations of {rows} test rows",
        importance.metric.title(),
        importance.repeats
    ));
    let number = |number: Option<f64>| number.map_or("-".to_string(), short);
    let mut table = vec![vec![
        "column".to_string(),
        "fall".into(),
        "deviation".into(),
    ]];
    table.extend(
        importance
            .columns
            .iter()
            .take(MOST_LINES)
            .map(|it| vec![plain(&it.column), number(it.mean), number(it.deviation)]),
    );
    output::say(&output::table(&table));
    more(importance.columns.len() + importance.left_out as usize);
}

fn more(n: usize) {
    if n > MOST_LINES {
        output::say(&format!("and {} more; --json has them", n - MOST_LINES));
    }
}

/// Rows one by one: the answer, what each column pushed, and what would have turned it.
fn rows(global: &Global, picked: &Picked, file: &Path, unseen: bool) -> Result<(), Failure> {
    let bundle = &picked.bundle;
    let frame = given::read(file, picked)?;
    if frame.height() > MOST_ROWS {
        output::talk(&format!(
            "note: only the first {MOST_ROWS} rows are explained"
        ));
    }
    let scorer = bundle.scorer();
    let answered = scorer.score_frame(&frame).map_err(pipeline::Error::from)?;
    let prepared = bundle.transformer.prepared(&frame);
    let frame = prepared.map_err(pipeline::Error::from)?;
    let cells: Vec<Cells<'_>> = bundle
        .transformer
        .inputs
        .iter()
        .map(|input| {
            let absent = |_| crate::features::Error::MissingColumns(vec![input.name.clone()]);
            frame
                .column(&input.name)
                .map_err(absent)
                .and_then(Cells::of)
        })
        .collect::<Result<_, _>>()
        .map_err(pipeline::Error::from)?;
    let outputs = scorer.n_outputs();
    let mut told = Vec::new();
    for row in 0..frame.height().min(MOST_ROWS) {
        let slots: Vec<Slot> = cells
            .iter()
            .enumerate()
            .map(|(position, cells)| scorer.read(position, cells.cell(row).by_ref()))
            .collect();
        let label = answered.labels[row];
        let probabilities = &answered.probabilities[row * outputs..(row + 1) * outputs];
        told.push(Explained::of(
            bundle,
            &scorer,
            &slots,
            label,
            probabilities,
            unseen,
        ));
    }
    if global.json {
        let rows: Vec<Value> = told.iter().map(|it| it.json(bundle)).collect();
        output::line(&json!({"model": picked.model, "version": picked.version, "rows": rows}));
    } else {
        told.iter().for_each(|it| it.say(bundle));
    }
    Ok(())
}

/// One row's explanation.
struct Explained {
    prediction: String,
    probability: f64,
    bias: f64,
    /// Column and push, in the order of the inputs.
    contributions: Vec<(String, f64)>,
    /// Of each column, the words of its text.
    words: Vec<Vec<Word>>,
    flips: Option<Vec<Counterfactual>>,
}

impl Explained {
    fn of(
        bundle: &Bundle,
        scorer: &Scorer,
        slots: &[Slot],
        label: u32,
        answer: &[f64],
        unseen: bool,
    ) -> Self {
        let output = if answer.len() == 1 { 0 } else { label as usize };
        let (bias, contributions) = scorer.contributions(&bundle.predictor, slots, output);
        let names = bundle.transformer.inputs.iter().map(|it| it.name.clone());
        let class = bundle.classes.get(label as usize).cloned();
        Explained {
            prediction: class.unwrap_or_else(|| answer[output].to_string()),
            probability: answer[output],
            bias,
            contributions: names.zip(contributions).collect(),
            words: (0..slots.len())
                .map(|position| explain::words(bundle, scorer, slots, output, position))
                .collect(),
            flips: explain::counterfactuals(bundle, scorer, slots, bundle.threshold, unseen),
        }
    }

    fn json(&self, bundle: &Bundle) -> Value {
        let columns: serde_json::Map<String, Value> = self
            .contributions
            .iter()
            .map(|(column, push)| (column.clone(), json!(push)))
            .collect();
        let mut row = json!({"prediction": self.prediction});
        if !bundle.classes.is_empty() {
            row["probability"] = json!(self.probability);
        }
        row["contributions"] = json!({"bias": self.bias, "columns": columns});
        let texts = self.contributions.iter().zip(&self.words);
        let texts: serde_json::Map<String, Value> = texts
            .filter(|(_, words)| !words.is_empty())
            .map(|((column, _), words)| (column.clone(), json!(words)))
            .collect();
        if !texts.is_empty() {
            row["contributions"]["words"] = Value::Object(texts);
        }
        if let Some(flips) = &self.flips {
            row["flips"] = json!(flips);
        }
        row
    }

    fn say(&self, bundle: &Bundle) {
        let mut head = format!("{} {}", output::bold("prediction"), plain(&self.prediction));
        if !bundle.classes.is_empty() {
            head.push_str(&format!(", probability {}", short(self.probability)));
        }
        if bundle.is_binary() {
            let positive = plain(&bundle.classes[1]);
            head.push_str(&format!(
                " of {positive}, threshold {}",
                short(bundle.threshold)
            ));
        }
        output::say(&head);
        self.say_pushes();
        self.say_flips();
    }

    fn say_pushes(&self) {
        let mut table = vec![vec!["column".to_string(), "contribution".into()]];
        table.push(vec!["(bias)".to_string(), short(self.bias)]);
        let mut sorted: Vec<&(String, f64)> = self.contributions.iter().collect();
        sorted.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
        table.extend(
            sorted
                .iter()
                .take(MOST_LINES)
                .map(|(column, push)| vec![plain(column), short(*push)]),
        );
        output::say(&output::table(&table));
        more(self.contributions.len());
        for ((column, _), words) in self.contributions.iter().zip(&self.words) {
            say_words(column, words);
        }
    }

    fn say_flips(&self) {
        let Some(flips) = &self.flips else { return };
        if flips.is_empty() {
            return output::say("no column alone changes the prediction");
        }
        let mut table = vec![vec![
            "counterfactual".to_string(),
            "value".into(),
            "distance".into(),
        ]];
        table.extend(flips.iter().take(MOST_LINES).map(|flip| {
            let value = match &flip.value {
                explain::Value::Boolean(flag) => flag.to_string(),
                explain::Value::Number(number) => short(*number),
                explain::Value::Category(name) => plain(name),
            };
            let seen = if flip.is_seen {
                ""
            } else {
                " (beyond the training data)"
            };
            vec![
                plain(&flip.column),
                value,
                format!("{:.2}{seen}", flip.distance),
            ]
        }));
        output::say(&output::table(&table));
    }
}

/// The words of a text, as its column's contribution is made of them.
fn say_words(column: &str, words: &[Word]) {
    if words.is_empty() {
        return;
    }
    let mut table = vec![vec![
        format!("words of {}", plain(column)),
        "contribution".into(),
    ]];
    let largest = words.iter().take(MOST_WORDS);
    table.extend(largest.map(|it| vec![plain(&it.word), short(it.contribution)]));
    output::say(&output::table(&table));
    if words.len() > MOST_WORDS {
        let left = words.len() - MOST_WORDS;
        output::say(&format!("… and {left} more; `--json` has them"));
    }
}

fn plain(text: &str) -> String {
    output::plain(text)
}

/// A number in as many digits as people compare.
fn short(number: f64) -> String {
    let size = number.abs();
    match size {
        _ if number.fract() == 0.0 && size < 1e9 => format!("{number:.0}"),
        _ if (1e-4..1e9).contains(&size) => {
            let digits = (4 - size.log10().floor() as i32).clamp(0, 8) as usize;
            format!("{number:.digits$}")
        }
        _ => format!("{number:.4e}"),
    }
}
