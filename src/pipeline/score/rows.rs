//! Per-row predictions as a frame and back, so that a decision can be replayed.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame};

use super::{ScoreRecord, Scored};
use crate::data::Schema;
use crate::evaluate::Predictions;
use crate::features::Cells;
use crate::pipeline::Error;
use crate::pipeline::labels::labels_of;

/// Per-row predictions as a frame: `row`, `truth`, and per side `_prediction` and `_probability[_<class>]`.
pub fn prediction_frame(scored: &Scored) -> Result<DataFrame, Error> {
    let classes = &scored.record.classes;
    let name = |class: u32| classes[class as usize].as_str();
    let rows = scored.truth.len();
    let mut columns = vec![
        Column::new("row".into(), (0..rows as i64).collect::<Vec<_>>()),
        Column::new(
            "truth".into(),
            scored
                .truth
                .iter()
                .map(|&class| name(class))
                .collect::<Vec<_>>(),
        ),
    ];
    let sides = [
        ("challenger", Some(&scored.challenger)),
        ("champion", scored.champion.as_ref()),
    ];
    for (side, predictions) in sides {
        let Some(predictions) = predictions else {
            continue;
        };
        let labels: Vec<_> = predictions
            .labels
            .iter()
            .map(|&class| name(class))
            .collect();
        columns.push(Column::new(format!("{side}_prediction").into(), labels));
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
    let classes: BTreeMap<&str, u32> = record
        .classes
        .iter()
        .enumerate()
        .map(|(at, class)| (class.as_str(), at as u32))
        .collect();
    let labels = |column: &str| -> Result<Vec<u32>, Error> {
        let texts = labels_of(frame, column, "predictions.parquet")?;
        let known = texts
            .iter()
            .map(|text| text.as_deref().and_then(|text| classes.get(text)).copied());
        Ok(known.map(|class| class.unwrap_or(u32::MAX)).collect())
    };
    let side = |side: &str| -> Result<Predictions, Error> {
        let n_classes = record.classes.len();
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
            let column = frame.column(name).map_err(|_| {
                Error::NothingThere(format!("find `{name}` in predictions.parquet"))
            })?;
            columns.push(Cells::of(column)?);
        }
        let values = |row: usize| {
            columns
                .iter()
                .map(move |cells| cells.number(row).unwrap_or(f64::NAN))
        };
        Ok(Predictions {
            n_classes,
            labels: labels(&format!("{side}_prediction"))?,
            probabilities: (0..frame.height()).flat_map(values).collect(),
        })
    };
    let mut slices = Vec::new();
    for name in Schema::of(frame).names() {
        if let Some(column) = name.strip_prefix("slice_") {
            let groups = labels_of(frame, name, "predictions.parquet")?;
            slices.push((
                column.to_string(),
                groups.into_iter().map(Option::unwrap_or_default).collect(),
            ));
        }
    }
    Ok(Scored {
        truth: labels("truth")?,
        challenger: side("challenger")?,
        champion: record
            .champion
            .is_some()
            .then(|| side("champion"))
            .transpose()?,
        slices,
        record,
    })
}
