//! Per-row predictions as a frame and back, so that a decision can be replayed.

use polars::prelude::{Column, DataFrame};

use crate::data::Schema;
use crate::evaluate::{ClassPredictions, Predictions, Truth};
use crate::features::Cells;
use crate::gate::Beyond;
use crate::pipeline::error::Error;
use crate::pipeline::labels::{indices, labels_of};
use crate::pipeline::scores::{ScoreRecord, Scored};

/// The file they are kept in.
pub const PREDICTIONS: &str = "predictions.parquet";

/// Per-row predictions as a frame: `row`, `truth`, and per side `_prediction` and, of classes, `_probability[_<class>]`.
pub fn prediction_frame(scored: &Scored) -> Result<DataFrame, Error> {
    let classes = &scored.record.classes;
    let named = |indices: &[u32]| -> Vec<&str> {
        let name = |&class: &u32| classes[class as usize].as_str();
        indices.iter().map(name).collect()
    };
    let rows = scored.truth.len();
    let mut columns = vec![
        Column::new("row".into(), (0..rows as i64).collect::<Vec<_>>()),
        match &scored.truth {
            Truth::Classes(truth) => Column::new("truth".into(), named(truth)),
            Truth::Numbers(truth) => Column::new("truth".into(), truth),
        },
    ];
    let sides = [
        ("challenger", Some(&scored.challenger)),
        ("champion", scored.champion.as_ref()),
    ];
    for (side, answers) in sides {
        let prediction = format!("{side}_prediction");
        let predictions = match answers {
            None => continue,
            Some(Predictions::Numbers(numbers)) => {
                columns.push(Column::new(prediction.into(), numbers));
                continue;
            }
            Some(Predictions::Classes(predictions)) => predictions,
        };
        columns.push(Column::new(prediction.into(), named(&predictions.labels)));
        if classes.len() == 2 {
            let column = format!("{side}_probability");
            columns.push(Column::new(
                column.into(),
                predictions.probabilities.clone(),
            ));
        } else {
            for (at, class) in classes.iter().enumerate() {
                let values: Vec<f64> = (0..rows)
                    .map(|row| predictions.probability(row, at))
                    .collect();
                columns.push(Column::new(
                    format!("{side}_probability_{class}").into(),
                    values,
                ));
            }
        }
    }
    for (column, groups) in &scored.slices {
        columns.push(Column::new(
            format!("slice_{column}").into(),
            groups.clone(),
        ));
    }
    DataFrame::new(rows, columns).map_err(|source| Error::Data(source.into()))
}

/// Per-row predictions read back from their frame.
pub fn from_prediction_frame(record: ScoreRecord, frame: &DataFrame) -> Result<Scored, Error> {
    // A prediction outside the class list cannot be, unless the file was changed; the gate then does not score it.
    let labels = |column: &str| -> Result<Vec<u32>, Error> {
        let known = indices(&labels_of(frame, column, PREDICTIONS)?, &record.classes);
        Ok(known
            .into_iter()
            .map(|class| class.unwrap_or(u32::MAX))
            .collect())
    };
    let numbers = |name: &str| -> Result<Vec<f64>, Error> {
        let column = frame.column(name).map_err(|_| Error::NoPredictions {
            column: name.to_string(),
        })?;
        let cells = Cells::of(column)?;
        let number = |row: usize| cells.number(row).unwrap_or(f64::NAN);
        Ok((0..frame.height()).map(number).collect())
    };
    let is_of_numbers = record.classes.is_empty();
    let side = |side: &str| -> Result<Predictions, Error> {
        let n_classes = record.classes.len();
        if is_of_numbers {
            return Ok(Predictions::Numbers(numbers(&format!(
                "{side}_prediction"
            ))?));
        }
        let names: Vec<String> = if n_classes == 2 {
            vec![format!("{side}_probability")]
        } else {
            record
                .classes
                .iter()
                .map(|class| format!("{side}_probability_{class}"))
                .collect()
        };
        let mut columns = Vec::new();
        for name in &names {
            let column = frame.column(name).map_err(|_| Error::NoPredictions {
                column: name.to_string(),
            })?;
            columns.push(Cells::of(column)?);
        }
        let values = |row: usize| {
            columns
                .iter()
                .map(move |cells| cells.number(row).unwrap_or(f64::NAN))
        };
        Ok(Predictions::Classes(ClassPredictions {
            n_classes,
            labels: labels(&format!("{side}_prediction"))?,
            probabilities: (0..frame.height()).flat_map(values).collect(),
        }))
    };
    let mut slices = Vec::new();
    for name in Schema::of(frame).names() {
        if let Some(column) = name.strip_prefix("slice_") {
            let groups = labels_of(frame, name, PREDICTIONS)?;
            let named = |row: usize| groups.label(row).unwrap_or_default().to_string();
            slices.push((column.to_string(), (0..frame.height()).map(named).collect()));
        }
    }
    Ok(Scored {
        truth: if is_of_numbers {
            Truth::Numbers(numbers("truth")?)
        } else {
            Truth::Classes(labels("truth")?)
        },
        challenger: side("challenger")?,
        champion: record
            .champion
            .is_some()
            .then(|| side("champion"))
            .transpose()?,
        slices,
        beyond: Beyond::default(),
        record,
    })
}
