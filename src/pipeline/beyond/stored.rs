//! What a decision used beyond the test rows, as a frame and back.

use polars::prelude::{Column, DataFrame};

use crate::features::Cells;
use crate::gate::Beyond;
use crate::gate::two_keys::{Asked, Both, Direction, Labelled};
use crate::pipeline::error::Error;

/// The file in a version's folder.
pub const FILE: &str = "evidence.parquet";
/// How the rows without labels are named; blocks of labelled rows are `out_of_fold_1`, `out_of_fold_2`.
const UNLABELLED: &str = "unlabelled";
const BLOCK: &str = "out_of_fold_";
/// Rows whose labels were requested.
const ASKED: &str = "asked";

/// A row per row of evidence: `block`, `champion_logit`, `challenger_logit`, `champion_label`, `challenger_label`, `positive`
/// (missing where it is not known), and of labels that were requested `population` and `stratum_rows`, how many rows they were
/// drawn from. `None` where there is none.
///
/// # Errors
/// When the frame cannot be made.
pub fn to_frame(beyond: &Beyond) -> Result<Option<DataFrame>, Error> {
    let mut blocks: Vec<String> = Vec::new();
    let mut all = Both::default();
    let mut positive: Vec<Option<bool>> = Vec::new();
    let mut add = |name: String, both: &Both, known: Option<&[bool]>| {
        blocks.extend(std::iter::repeat_n(name, both.len()));
        all.champion_logits.extend(&both.champion_logits);
        all.challenger_logits.extend(&both.challenger_logits);
        all.champion_labels.extend(&both.champion_labels);
        all.challenger_labels.extend(&both.challenger_labels);
        match known {
            Some(known) => positive.extend(known.iter().copied().map(Some)),
            None => positive.extend(std::iter::repeat_n(None, both.len())),
        }
    };
    for (at, block) in beyond.out_of_fold.iter().enumerate() {
        add(
            format!("{BLOCK}{}", at + 1),
            &block.both,
            Some(&block.positive),
        );
    }
    if let Some(unlabelled) = &beyond.unlabelled {
        add(UNLABELLED.to_string(), unlabelled, None);
    }
    if let Some(asked) = &beyond.asked {
        let known = &asked.labelled.positive;
        add(ASKED.to_string(), &asked.labelled.both, Some(known));
    }
    if blocks.is_empty() {
        return Ok(None);
    }
    let mut columns = vec![
        Column::new("champion_logit".into(), &all.champion_logits),
        Column::new("challenger_logit".into(), &all.challenger_logits),
        Column::new("champion_label".into(), &all.champion_labels),
        Column::new("challenger_label".into(), &all.challenger_labels),
        Column::new("positive".into(), positive),
        Column::new("block".into(), &blocks),
    ];
    if beyond.asked.is_some() {
        let (population, stratum_rows) = drawn_from(beyond, blocks.len());
        columns.push(Column::new("population".into(), population));
        columns.push(Column::new("stratum_rows".into(), stratum_rows));
    }
    let frame = DataFrame::new(blocks.len(), columns);
    Ok(Some(frame.map_err(|source| Error::Data(source.into()))?))
}

/// How many rows each row was drawn from, in all and of its direction; only labels that were requested, the last of `rows`,
/// were drawn.
fn drawn_from(beyond: &Beyond, rows: usize) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let (mut population, mut of_direction) = (vec![None; rows], vec![None; rows]);
    if let Some(asked) = &beyond.asked {
        let both = &asked.labelled.both;
        let from = rows - both.len();
        let labels = both.champion_labels.iter().zip(&both.challenger_labels);
        for (at, (&old, &new)) in labels.enumerate() {
            population[from + at] = Some(asked.population as f64);
            of_direction[from + at] =
                Direction::of(old, new).map(|it| asked.strata[it as usize] as f64);
        }
    }
    (population, of_direction)
}

/// The evidence of such a frame.
///
/// # Errors
/// When a column is not there.
pub fn from_frame(frame: &DataFrame) -> Result<Beyond, Error> {
    let cells = |name: &str| -> Result<Cells<'_>, Error> {
        let column = frame.column(name);
        Ok(Cells::of(
            column.map_err(|source| Error::Data(source.into()))?,
        )?)
    };
    let (blocks, positive) = (cells("block")?, cells("positive")?);
    let logits = (cells("champion_logit")?, cells("challenger_logit")?);
    let labels = (cells("champion_label")?, cells("challenger_label")?);
    // Frames of before have no such columns, and no labels that were requested.
    let drawn = cells("population").ok().zip(cells("stratum_rows").ok());
    let mut beyond = Beyond::default();
    let mut names: Vec<String> = Vec::new();
    for row in 0..frame.height() {
        let name = blocks.text(row).unwrap_or_default();
        let both = if name == UNLABELLED {
            beyond.unlabelled.get_or_insert_default()
        } else if name == ASKED {
            let asked = beyond.asked.get_or_insert_with(none_asked);
            asked
                .labelled
                .positive
                .push(positive.number(row) == Some(1.0));
            let is = |cells: &Cells<'_>| cells.number(row) == Some(1.0);
            if let Some((population, of_direction)) = &drawn
                && let Some(direction) = Direction::of(is(&labels.0), is(&labels.1))
            {
                asked.population = population.number(row).unwrap_or_default() as u64;
                let rows = of_direction.number(row).unwrap_or_default() as u64;
                asked.strata[direction as usize] = rows;
            }
            &mut asked.labelled.both
        } else {
            let at = names
                .iter()
                .position(|known| *known == name)
                .unwrap_or_else(|| {
                    names.push(name.to_string());
                    beyond.out_of_fold.push(Labelled {
                        both: Both::default(),
                        positive: Vec::new(),
                    });
                    names.len() - 1
                });
            let block = &mut beyond.out_of_fold[at];
            block.positive.push(positive.number(row) == Some(1.0));
            &mut block.both
        };
        both.champion_logits
            .push(logits.0.number(row).unwrap_or(f64::NAN));
        both.challenger_logits
            .push(logits.1.number(row).unwrap_or(f64::NAN));
        both.champion_labels.push(labels.0.number(row) == Some(1.0));
        both.challenger_labels
            .push(labels.1.number(row) == Some(1.0));
    }
    Ok(beyond)
}

fn none_asked() -> Asked {
    Asked {
        population: 0,
        strata: [0; 2],
        labelled: Labelled {
            both: Both::default(),
            positive: Vec::new(),
        },
    }
}
