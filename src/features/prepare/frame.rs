//! Frames with the columns that are made; the same rules as for rows of requests.

use std::borrow::Cow;

use polars::prelude::{
    Column as FrameColumn, DataFrame, DataType, IntoColumn, NewChunkedArray, StringChunked,
};

use super::dates::{Dates, MICROS_PER_DAY, whole_number};
use super::derived::Prepare;
use super::preparer::{Preparer, failed};
use crate::data::{self, Column, Kind, TimeForm, Values};
use crate::features::{Error, Transformer};

impl Transformer {
    /// The frame with the columns that the inputs read.
    ///
    /// # Errors
    /// All missing columns at once.
    pub fn prepared<'a>(&self, frame: &'a DataFrame) -> Result<Cow<'a, DataFrame>, Error> {
        if self.prepare.is_empty() {
            Ok(Cow::Borrowed(frame))
        } else {
            self.prepare.apply(frame).map(Cow::Owned)
        }
    }
}

impl Prepare {
    /// The frame with the columns that are made; those of the data are cast to the kinds of training first.
    ///
    /// # Errors
    /// All missing columns at once, or a column that cannot be computed.
    pub fn apply(&self, frame: &DataFrame) -> Result<DataFrame, Error> {
        Preparer::new(self).apply(frame)
    }

    /// The columns of a frame that are cast to the kinds of training. One of whole numbers that holds others is left as it
    /// is, since a cast would cut their fractions off.
    pub(super) fn to_cast(&self, frame: &DataFrame) -> Result<Vec<Column>, Error> {
        let whole = self.whole_columns();
        let mut columns = Vec::with_capacity(self.raw.len());
        for raw in &self.raw {
            let numbers = frame.column(&raw.name).ok().and_then(|it| it.f64().ok());
            let (Kind::Integer, Some(numbers)) = (raw.kind, numbers) else {
                columns.push(raw.clone());
                continue;
            };
            let first = numbers
                .iter()
                .position(|number| number.is_some_and(|it| whole_number(it).is_none()));
            match first {
                None => columns.push(raw.clone()),
                Some(row) if whole.contains(&raw.name) => {
                    return Err(Error::Derive {
                        column: raw.name.clone(),
                        why: format!(
                            "row {} has no whole number where a computed column counts on one",
                            row + 1
                        ),
                    });
                }
                Some(_) => {}
            }
        }
        Ok(columns)
    }
}

impl Preparer {
    /// The frame with the columns that are made; those of the data are cast to the kinds of training first.
    ///
    /// # Errors
    /// All missing columns at once, or a column that cannot be computed.
    pub fn apply(&self, frame: &DataFrame) -> Result<DataFrame, Error> {
        let prepare = &self.prepare;
        let raw = prepare.raw.iter();
        let absent = raw.filter(|it| frame.column(&it.name).is_err());
        let absent: Vec<String> = absent.map(|it| it.name.clone()).collect();
        if !absent.is_empty() {
            return Err(Error::MissingColumns(absent));
        }
        let frame = data::cast_to(frame, &prepare.to_cast(frame)?)
            .map_err(|error| failed("a column", error.to_string()))?;
        let derived = self.derived()?;
        let forms: Vec<(String, TimeForm)> = prepare.time_forms.clone().into_iter().collect();
        let mut made = data::with_iso_times(&frame, &forms, |frame| {
            data::derive(frame, &prepare.times, derived)
                .map_err(|failure| failed(&failure.column, failure.why))
        })?;
        for dates in &prepare.dates {
            let column = made
                .column(&dates.column)
                .map_err(|_| Error::MissingColumns(vec![dates.column.clone()]))?;
            for part in dates.columns(&dates.form.times(column)) {
                made.with_column(part)
                    .map_err(|_| failed(&dates.column, "its parts do not fit"))?;
            }
        }
        for fill in &prepare.fills {
            let filled = made.column(&fill.column).ok().and_then(|column| {
                let texts = column.str().ok()?;
                let filled = texts.iter().map(|text| Some(text.unwrap_or(&fill.text)));
                let filled: Vec<Option<&str>> = filled.collect();
                Some(StringChunked::from_slice_options(
                    column.name().clone(),
                    &filled,
                ))
            });
            if let Some(filled) = filled {
                made.with_column(filled.into_column())
                    .map_err(|_| failed(&fill.column, "its gaps cannot be filled"))?;
            }
        }
        made.rechunk_mut();
        Ok(made)
    }
}

impl Dates {
    /// How many cells of its column are far outside the times of training.
    pub fn far(&self, column: &FrameColumn) -> usize {
        let Some((low, high)) = self.usual_days() else {
            return 0;
        };
        let times = self.form.times(column);
        let days = times
            .iter()
            .flatten()
            .filter_map(|time| time.checked_sub(self.first));
        days.filter(|micros| !(low..=high).contains(&(*micros as f64 / MICROS_PER_DAY)))
            .count()
    }

    /// The parts of times in microseconds since 1970, a column each.
    pub fn columns(&self, times: &[Option<i64>]) -> Vec<FrameColumn> {
        let columns = self.values(times).into_iter();
        columns
            .map(|(name, values)| match values {
                Values::Integer(cells) => FrameColumn::new(name.into(), cells),
                Values::Number(cells) => FrameColumn::new(name.into(), cells),
                Values::Text(cells) => FrameColumn::new(name.into(), cells),
                other => FrameColumn::full_null(name.into(), other.len(), &DataType::String),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::features::DatePart;
    use crate::data::parse_time;

    #[test]
    fn parts_are_those_of_the_calendar() {
        let dates = Dates {
            column: "t".to_string(),
            parts: DatePart::ALL.to_vec(),
            first: parse_time("2024-02-28").expect("a time"),
            last: None,
            form: TimeForm::default(),
            seasons: vec![("high".to_string(), vec![(1215, 303), (715, 731)])],
            periods: vec![
                ("day".to_string(), vec![(300, 719), (720, 1139)]),
                ("night".to_string(), vec![(1140, 299)]),
            ],
        };
        assert!(dates.is_sound());
        let cases = [
            (
                "2024-02-29 04:59:59",
                (2, 4, 4),
                1.0 + 17_999.0 / 86_400.0,
                "high",
                "night",
            ),
            (
                "2024-03-04 05:00",
                (3, 1, 5),
                5.0 + 5.0 / 24.0,
                "other",
                "day",
            ),
            ("2023-12-15", (12, 5, 0), -75.0, "high", "night"),
            (
                "2024-07-31 18:59",
                (7, 3, 18),
                154.0 + 1139.0 / 1440.0,
                "high",
                "day",
            ),
        ];
        for (text, (month, weekday, hour), days, season, period) in cases {
            let columns = dates.columns(&[parse_time(text), None]);
            let whole = |at: usize| columns[at].i64().expect("numbers").get(0);
            assert_eq!(
                (whole(0), whole(1), whole(2)),
                (Some(month), Some(weekday), Some(hour)),
                "{text}"
            );
            let found = columns[3].f64().expect("numbers").get(0).expect("there");
            assert!((found - days).abs() < 1e-12, "{text}: {found}");
            assert_eq!(
                columns[4].str().expect("texts").get(0),
                Some(season),
                "{text}"
            );
            assert_eq!(
                columns[5].str().expect("texts").get(0),
                Some(period),
                "{text}"
            );
            assert!(
                columns.iter().all(|column| column.null_count() == 1),
                "{text}"
            );
        }
    }
}
