//! The transformer out of columns in numbers, for rows that are somewhere else: the same steps, chosen and fitted by the same functions
//! as on rows of this machine.

use polars::prelude::DataFrame;

use super::categories::Counted;
use super::column::{
    Choice, FittedColumn, Treatment, choice, places, step_of_categories, treatment,
};
use super::fit::{Fitted, put_together};
use super::numbers::{NumberStats, step_of_numbers};
use super::target_mean::{FoldMeans, out_of_fold};
use super::{Cells, Error, Plan};
use crate::config::features::Encode;
use crate::data::{Column, Schema};

/// A column in numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnStats {
    /// Its numbers.
    Numbers(NumberStats),
    /// Its labels.
    Labels(Counted),
}

/// What has to be known of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Its numbers; with `order` also their quartiles and the most frequent one.
    Numbers {
        /// Whether their order counts.
        order: bool,
    },
    /// Its labels: all in numbers, and so many of the most frequent.
    Labels {
        /// How many.
        most: u32,
    },
}

/// The columns of some data that are learned from, and what has to be known of each. `Err` has the reason why rows are needed.
pub fn asked(schema: &Schema, plan: &Plan<'_>) -> Vec<(Column, Result<Asked, String>)> {
    let columns = schema.columns.iter();
    let columns = columns.filter(|column| !plan.excluded.contains(&column.name));
    columns
        .filter_map(|column| {
            let own = plan.settings.columns.get(&column.name);
            let most = own.and_then(|own| own.max_categories);
            let asked = match treatment(column, false, plan).ok()? {
                Treatment::Number(settings) => Ok(Asked::Numbers {
                    order: settings.needs_order(),
                }),
                Treatment::Labels => Ok(Asked::Labels {
                    most: most
                        .unwrap_or(plan.settings.max_categories)
                        .saturating_add(1),
                }),
                Treatment::Text => Err(as_text(&column.name)),
            };
            Some((column.clone(), asked))
        })
        .collect()
}

/// A column whose categories become target means.
#[derive(Debug, Clone, PartialEq)]
pub struct ToMean {
    /// The column.
    pub column: Column,
    /// Its categories, sorted.
    pub categories: Vec<String>,
    /// What a missing one counts as.
    pub fill: Option<String>,
}

/// What came of a column, or why it cannot help.
type Made = Result<Found, String>;

enum Found {
    Fitted(FittedColumn),
    ToMean(ToMean),
}

/// The steps of all columns, but for target means, which need the target of all rows.
pub struct Chosen(Vec<(Column, Made)>);

/// Target means of rows that are somewhere else.
#[derive(Default)]
pub struct FarMeans<'a> {
    /// Those of each of [`Chosen::to_mean`].
    pub means: Vec<FoldMeans>,
    /// Rows of the frame that are learned from.
    pub rows: &'a [u32],
    /// As many: their folds.
    pub folds: Vec<usize>,
}

/// Chooses the steps. `frame` has some of the rows; nothing is learned from them.
///
/// # Errors
/// The reason why rows are needed.
pub fn choose_from(
    frame: &DataFrame,
    known: &[(Column, ColumnStats)],
    plan: &Plan<'_>,
) -> Result<Chosen, String> {
    let mut made = Vec::new();
    let columns = Schema::of(frame).columns.into_iter();
    for column in columns.filter(|column| !plan.excluded.contains(&column.name)) {
        let step = match treatment(&column, false, plan) {
            Err(why) => Err(why),
            Ok(_) => {
                let stats = known.iter().find(|(it, _)| it.name == column.name);
                let Some((_, stats)) = stats else {
                    return Err(format!("nothing is known of column `{}`", column.name));
                };
                step_of(&column, stats, plan)?
            }
        };
        made.push((column, step));
    }
    Ok(Chosen(made))
}

/// A column's step, or why it cannot help; `Err` has the reason why rows are needed.
fn step_of(column: &Column, stats: &ColumnStats, plan: &Plan<'_>) -> Result<Made, String> {
    let unlike = || format!("column `{}` was counted in another way", column.name);
    let counted = match (treatment(column, false, plan), stats) {
        (Ok(Treatment::Number(settings)), ColumnStats::Numbers(stats)) => {
            let step = step_of_numbers(stats, settings).map(FittedColumn::from);
            return Ok(step.map(Found::Fitted));
        }
        (Ok(Treatment::Labels), ColumnStats::Labels(counted)) => counted.clone(),
        (Ok(Treatment::Text), _) => return Err(as_text(&column.name)),
        _ => return Err(unlike()),
    };
    Ok(match choice(counted, column, false, plan) {
        Err(why) => Err(why),
        Ok(Choice::Text) => return Err(as_text(&column.name)),
        Ok(Choice::Categories {
            encode: Encode::TargetMean,
            categories,
            fill,
        }) if plan.goal.is_some() => Ok(Found::ToMean(ToMean {
            column: column.clone(),
            categories,
            fill,
        })),
        Ok(Choice::Categories {
            encode,
            categories,
            fill,
        }) => {
            let step = step_of_categories(encode, categories, plan.purpose);
            Ok(Found::Fitted(FittedColumn {
                fill,
                ..FittedColumn::from(step)
            }))
        }
    })
}

impl Chosen {
    /// The columns that become target means.
    pub fn to_mean(&self) -> Vec<&ToMean> {
        let made = self.0.iter();
        made.filter_map(|(_, made)| match made {
            Ok(Found::ToMean(to_mean)) => Some(to_mean),
            _ => None,
        })
        .collect()
    }

    /// The transformer of some of the rows, `frame`, with the target means of all.
    ///
    /// # Errors
    /// When no column can be learned from.
    pub fn fit(
        self,
        frame: &DataFrame,
        plan: &Plan<'_>,
        far: FarMeans<'_>,
    ) -> Result<Fitted, Error> {
        let mut means = far.means.into_iter();
        let mut made = Vec::with_capacity(self.0.len());
        for (column, step) in self.0 {
            let step = match step {
                Err(why) => Err(why),
                Ok(Found::Fitted(fitted)) => Ok(fitted),
                Ok(Found::ToMean(to_mean)) => match means.next() {
                    None => Err("without target means".to_string()),
                    Some(FoldMeans { step, by_fold }) => {
                        let cells = frame
                            .column(&column.name)
                            .map_err(|_| Error::MissingColumns(vec![column.name.clone()]))
                            .and_then(Cells::of)?;
                        let ToMean {
                            categories, fill, ..
                        } = to_mean;
                        let fill_as = fill.as_deref();
                        let places = places(&cells, column.kind, far.rows, &categories, fill_as);
                        let width = step.width();
                        Ok(FittedColumn {
                            out_of_fold: Some(out_of_fold(&by_fold, &far.folds, &places, width)),
                            step,
                            fill,
                        })
                    }
                },
            };
            made.push((column, step));
        }
        put_together(frame, made, Vec::new(), plan)
    }
}

fn as_text(column: &str) -> String {
    format!("column `{column}` is to become n-grams of its texts")
}
