//! Plots, page and card: what a person reads about a version.
//!
//! In: one [`ReportInput`], plain values. Out: PNG bytes, an HTML page that needs nothing beside itself, and a model card
//! in Markdown. The same input gives the same bytes. It must not know files, clocks, models or where the numbers come
//! from.

mod canvas;
mod card;
mod chart;
mod coefficients;
mod confusion;
mod curves;
mod error;
mod found;
mod history;
mod html;
mod input;
mod judgement;
mod lettering;
mod limits;
mod lines;
mod numbers;
mod page_parts;
mod plots;
mod png;
mod ranking;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod words;

use rayon::prelude::*;

use crate::evaluate::Task;

pub use card::card;
pub use coefficients::{coefficients_png, importance_png};
pub use confusion::confusion_matrix_png;
pub use curves::{calibration_png, precision_recall_png, roc_png};
pub use error::Error;
pub use history::history_png;
pub use html::html;
pub use input::{
    Calibration, Candidate, Coefficient, ColumnFacts, Curve, DataFacts, FileFacts, HistoryPoint,
    Importance, NumberPairs, Quarantined, RankingFacts, ReportInput, ScoredModel,
};
pub use judgement::judgement_svg;
pub use lines::lines_svg;
pub use numbers::{predicted_true_png, residuals_png};

/// Draws every plot that this version has: file name and PNG bytes, in the order in which the page shows them.
///
/// The confusion matrix (of classes), predicted against true and residuals (of numbers) and the history are always there; a
/// curve or the weights only when there is something to draw.
///
/// # Errors
/// The first plot that fails.
pub fn plots(input: &ReportInput) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
    Plot::ALL
        .into_par_iter()
        .filter(|plot| plot.applies(input))
        .map(|plot| Ok((plot.file_name(), plot.draw(input)?)))
        .collect()
}

/// The plots of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    ConfusionMatrix,
    PredictedTrue,
    Residuals,
    Roc,
    PrecisionRecall,
    Calibration,
    Coefficients,
    Importance,
    History,
}

impl Plot {
    const ALL: [Plot; 9] = [
        Plot::ConfusionMatrix,
        Plot::PredictedTrue,
        Plot::Residuals,
        Plot::Roc,
        Plot::PrecisionRecall,
        Plot::Calibration,
        Plot::Coefficients,
        Plot::Importance,
        Plot::History,
    ];

    fn file_name(self) -> &'static str {
        match self {
            Plot::ConfusionMatrix => "confusion_matrix.png",
            Plot::PredictedTrue => "predicted_true.png",
            Plot::Residuals => "residuals.png",
            Plot::Roc => "roc.png",
            Plot::PrecisionRecall => "precision_recall.png",
            Plot::Calibration => "calibration.png",
            Plot::Coefficients => "coefficients.png",
            Plot::Importance => "importance.png",
            Plot::History => "history.png",
        }
    }

    fn applies(self, input: &ReportInput) -> bool {
        match self {
            Plot::History => true,
            Plot::ConfusionMatrix => input.task == Task::Classification,
            Plot::PredictedTrue | Plot::Residuals => input.task == Task::Regression,
            Plot::Roc => !input.roc.is_empty(),
            Plot::PrecisionRecall => !input.precision_recall.is_empty(),
            Plot::Calibration => !input.calibration.is_empty(),
            Plot::Coefficients => !input.coefficients.is_empty(),
            Plot::Importance => input.importance.is_some(),
        }
    }

    fn draw(self, input: &ReportInput) -> Result<Vec<u8>, Error> {
        match self {
            Plot::ConfusionMatrix => {
                let title = format!("Confusion matrix, version {}", input.version);
                confusion_matrix_png(&input.challenger.scores.confusion, &input.classes, &title)
            }
            Plot::PredictedTrue => predicted_true_png(&input.numbers),
            Plot::Residuals => residuals_png(&input.numbers),
            Plot::Roc => roc_png(&input.roc),
            Plot::PrecisionRecall => {
                precision_recall_png(&input.precision_recall, input.prevalence())
            }
            Plot::Calibration => calibration_png(&input.calibration),
            Plot::Coefficients => coefficients_png(&input.coefficients),
            Plot::Importance => importance_png(input.importance.as_ref(), input.metric),
            Plot::History => history_png(&input.history, input.metric),
        }
    }
}
