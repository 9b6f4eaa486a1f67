//! The plots on the page, each with a caption, and in words for those who do not see it.

use maud::{Markup, html};

use super::ReportInput;
use super::page_parts::figure;
use super::words::{self, counted, grouped, metric_name, score};

/// Lays out the plots, each with its caption.
pub(super) fn plots(input: &ReportInput, plots: &[(&str, &[u8])]) -> Markup {
    html! {
        div.plots {
            @for (name, png) in plots {
                @let (alt, caption) = describe(input, name);
                (figure(png, &alt, &caption))
            }
        }
    }
}

/// What a plot shows, for those who do not see it, and the line below it.
fn describe(input: &ReportInput, name: &str) -> (String, String) {
    let areas = |curves: &[super::Curve]| -> String {
        let one = |curve: &super::Curve| format!("{} has area {}", curve.name, score(curve.area));
        curves.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let (alt, caption) = match name {
        "confusion_matrix.png" => (
            confusion_in_words(input),
            "Test rows by true and predicted class; shares are of the true class.",
        ),
        "predicted_true.png" => (
            format!("True over predicted numbers: {}.", sides(input)),
            "On the dashed diagonal a prediction is right; above it, it is too small.",
        ),
        "residuals.png" => (
            format!("What is left over, by predicted number: {}.", sides(input)),
            "A cloud around the dashed line without a shape is the best that these columns allow; a bend or a funnel is not.",
        ),
        "roc.png" => (
            format!("ROC curves: {}.", areas(&input.roc)),
            "Higher and further left is better.",
        ),
        "precision_recall.png" => (
            format!(
                "Precision-recall curves: {}.",
                areas(&input.precision_recall)
            ),
            "Higher and further right is better. The dashed level is the precision of calling every row positive.",
        ),
        "calibration.png" => (
            "Observed share against mean predicted probability, by bin.".to_owned(),
            "On the diagonal, predicted probabilities come true as often as they say.",
        ),
        "coefficients.png" => (
            format!("Bars of the largest weights: {}.", largest_weights(input)),
            "Weights on the standardised scale: what one standard deviation adds to the score.",
        ),
        "importance.png" => (
            format!(
                "Bars of the permutation importance of the columns: {}.",
                most_worth(input)
            ),
            "How much worse the metric gets when one column's cells are shuffled among the test rows.",
        ),
        "history.png" => (
            format!(
                "{} of {}.",
                metric_name(input.metric),
                counted(input.history.len() as u64, "version")
            ),
            "Versions scored on the same test rows are joined; others must not be compared.",
        ),
        other => (other.to_owned(), other),
    };
    (alt, caption.to_owned())
}

fn sides(input: &ReportInput) -> String {
    let one = |side: &super::NumberPairs| side.name.clone();
    input
        .numbers
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(" and ")
}

fn confusion_in_words(input: &ReportInput) -> String {
    let name = |index: usize| input.classes.get(index).map_or("?", String::as_str);
    let row = |(index, row): (usize, &Vec<u64>)| {
        let right = row.get(index).copied().unwrap_or(0);
        let all = row.iter().fold(0, |sum: u64, &n| sum.saturating_add(n));
        format!(
            "{} of {} of class {} are predicted right",
            grouped(right),
            grouped(all),
            name(index)
        )
    };
    let rows: Vec<String> = input
        .challenger
        .scores
        .confusion
        .iter()
        .enumerate()
        .take(20)
        .map(row)
        .collect();
    format!("Confusion matrix: {}.", rows.join("; "))
}

fn largest_weights(input: &ReportInput) -> String {
    let mut sorted: Vec<_> = input
        .coefficients
        .iter()
        .filter(|one| one.weight.is_finite())
        .collect();
    sorted.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    let text =
        |one: &&super::Coefficient| format!("{} {}", one.feature, words::short_number(one.weight));
    sorted
        .iter()
        .take(5)
        .map(text)
        .collect::<Vec<_>>()
        .join(", ")
}

fn most_worth(input: &ReportInput) -> String {
    let columns = input.importance.iter().flat_map(|it| &it.columns);
    let text = |(column, mean, _): &(String, Option<f64>, Option<f64>)| {
        mean.map(|mean| format!("{column} {}", words::short_number(mean)))
    };
    columns
        .filter_map(text)
        .take(5)
        .collect::<Vec<_>>()
        .join(", ")
}
