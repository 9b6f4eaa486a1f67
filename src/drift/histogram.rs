//! A column in the bins of its reference, beside the rows that were compared: what a chart is drawn from.

use serde::Serialize;

use super::column::{Column, Measure, Reference};
use super::counts::Counts;
use super::layout::{Layout, MISSING};

/// A bin with the shares of rows in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistogramBin {
    /// What is in it: `missing`, `below`, `above`, a category, `other`, `new`, or a range of numbers.
    pub label: String,
    /// Lower edge of a range, exclusive but in the first; `null` for everything else.
    pub from: Option<f64>,
    /// Upper edge, inclusive.
    pub to: Option<f64>,
    /// Share of the reference's rows, in 0..=1.
    pub reference: f64,
    /// Share of the compared rows, in 0..=1.
    pub window: f64,
}

/// A column of the reference beside the compared rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    /// The column, by the name that it has among the compared ones.
    pub column: String,
    /// What was counted of it.
    pub kind: Measure,
    /// Its bins in the order of the reference. What neither side has beside the ranges and categories is left out.
    pub bins: Vec<HistogramBin>,
}

/// Every column of a reference, and what the model said; nothing where the counters are of another reference.
pub fn histograms(reference: &Reference, counts: &Counts) -> Vec<Histogram> {
    if !counts.fits(reference) {
        return Vec::new();
    }
    let columns = reference.columns.iter().zip(&counts.columns);
    let predicted = reference
        .prediction
        .iter()
        .map(|it| (it, &counts.prediction));
    let is_counted = |counts: &Vec<u64>| counts.iter().any(|n| *n > 0);
    let all = columns.chain(predicted.filter(|(_, counts)| is_counted(counts)));
    all.map(|(column, counts)| histogram(column, counts))
        .collect()
}

fn histogram(column: &Column, window: &[u64]) -> Histogram {
    let share = |counts: &[u64], place: usize| {
        counts[place] as f64 / counts.iter().sum::<u64>().max(1) as f64
    };
    let bin = |place: usize, label: String, edges: Option<(f64, f64)>| HistogramBin {
        label,
        from: edges.map(|(from, _)| from),
        to: edges.map(|(_, to)| to),
        reference: share(&column.counts, place),
        window: share(window, place),
    };
    let last = column.layout.width() - 1;
    let mut bins = vec![bin(MISSING, "missing".to_string(), None)];
    match &column.layout {
        Layout::Numbers { lowest, uppers } => {
            bins.push(bin(1, "below".to_string(), None));
            let lowers = std::iter::once(lowest).chain(uppers);
            bins.extend(
                lowers
                    .zip(uppers)
                    .enumerate()
                    .map(|(at, (from, to))| bin(at + 2, range(*from, *to), Some((*from, *to)))),
            );
            bins.push(bin(last, "above".to_string(), None));
        }
        Layout::Labels { labels, .. } => {
            let known = labels.iter().enumerate();
            bins.extend(known.map(|(at, label)| bin(at + 1, label.clone(), None)));
            bins.push(bin(last - 1, "other".to_string(), None));
            bins.push(bin(last, "new".to_string(), None));
        }
    }
    let n_bins = bins.len();
    let is_beside = |at: usize| match &column.layout {
        Layout::Numbers { .. } => at < 2 || at + 1 == n_bins,
        Layout::Labels { .. } => at == 0 || at + 2 >= n_bins,
    };
    let kept = bins.into_iter().enumerate();
    let kept = kept.filter(|(at, it)| !is_beside(*at) || it.reference > 0.0 || it.window > 0.0);
    Histogram {
        column: super::judged::key_of(&column.name, column.measure),
        kind: column.measure,
        bins: kept.map(|(_, it)| it).collect(),
    }
}

/// A range of numbers in words.
fn range(from: f64, to: f64) -> String {
    if from == to {
        format!("{to}")
    } else {
        format!("{from} to {to}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(layout: Layout, measure: Measure, counts: Vec<u64>) -> Column {
        Column {
            name: "x".to_string(),
            measure,
            is_of_numbers: false,
            layout,
            counts,
            values: Vec::new(),
            words: Vec::new(),
        }
    }

    #[test]
    fn shares_of_both_sides_stand_in_the_bins_of_the_reference() {
        let layout = Layout::Numbers {
            lowest: 0.0,
            uppers: vec![1.0, 3.5],
        };
        let labels = Layout::Labels {
            labels: vec!["red".to_string()],
            rare: Vec::new(),
            is_open: false,
        };
        let reference = Reference {
            rows: 8,
            columns: vec![
                column(layout, Measure::Number, vec![0, 0, 6, 2, 0]),
                column(labels, Measure::Category, vec![0, 8, 0, 0]),
            ],
            prediction: None,
        };
        let counts = Counts {
            rows: 4,
            columns: vec![vec![1, 0, 1, 1, 1], vec![0, 3, 0, 1]],
            prediction: Vec::new(),
        };
        let shown: Vec<Vec<(String, f64, f64)>> = histograms(&reference, &counts)
            .into_iter()
            .map(|it| {
                it.bins
                    .into_iter()
                    .map(|bin| (bin.label, bin.reference, bin.window))
                    .collect()
            })
            .collect();
        let bin = |label: &str, reference: f64, window: f64| (label.to_string(), reference, window);
        assert_eq!(
            shown,
            [
                vec![
                    bin("missing", 0.0, 0.25),
                    bin("0 to 1", 0.75, 0.25),
                    bin("1 to 3.5", 0.25, 0.25),
                    bin("above", 0.0, 0.25),
                ],
                vec![bin("red", 1.0, 0.75), bin("new", 0.0, 0.25)],
            ]
        );
        // Counters of another reference say nothing of this one.
        assert_eq!(histograms(&reference, &Counts::default()), []);
    }
}
