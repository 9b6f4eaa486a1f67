//! How well the bin of a row predicts its target, each half of the rows predicted from the other half: a column that
//! merely names rows gains nothing.

use super::rank::area_of_groups;

/// Rows in bins, on two sides.
pub struct Binned<'a> {
    /// Bin of each row.
    pub bin: &'a [u32],
    /// Number of bins.
    pub n_bins: usize,
    /// Side of each row, 0 or 1.
    pub side: &'a [u8],
}

impl Binned<'_> {
    fn cell(&self, row: usize, side: u8) -> usize {
        self.bin[row] as usize * 2 + usize::from(side)
    }

    /// Area under the ROC curve of each class against the rest, `(n_classes)`, where a row's value is the share of the
    /// class in its bin on the other side: (k + p) / (n + 1) with k of n rows there and p the share overall. From 0 to 1,
    /// larger = predicts better.
    pub fn areas(&self, class: &[u32], n_classes: usize) -> Vec<Option<f64>> {
        let mut counts = vec![0_u32; self.n_bins * 2 * n_classes];
        let mut totals = vec![0_u32; self.n_bins * 2];
        let mut overall = vec![0_u64; n_classes];
        for (row, &class) in class.iter().enumerate() {
            let cell = self.cell(row, self.side[row]);
            counts[cell * n_classes + class as usize] += 1;
            totals[cell] += 1;
            overall[class as usize] += 1;
        }
        let rows = class.len().max(1) as f64;
        let used: Vec<usize> = (0..totals.len()).filter(|&cell| totals[cell] > 0).collect();
        let mut groups = Vec::with_capacity(used.len());
        (0..n_classes)
            .map(|class| {
                let prior = overall[class] as f64 / rows;
                groups.clear();
                groups.extend(used.iter().map(|&cell| {
                    // Both sides of a bin are neighbours.
                    let other = cell ^ 1;
                    let share = (f64::from(counts[other * n_classes + class]) + prior)
                        / (f64::from(totals[other]) + 1.0);
                    let ours = u64::from(counts[cell * n_classes + class]);
                    (share, ours, u64::from(totals[cell]) - ours)
                }));
                area_of_groups(&mut groups)
            })
            .collect()
    }

    /// R² of numbers, where a row's prediction is the mean of its bin on the other side: (Σ + m) / (n + 1) with m the mean
    /// overall. At most 1, larger = predicts better; `None` where the numbers are all alike or beyond measure.
    pub fn r2(&self, numbers: &[f64]) -> Option<f64> {
        let mean = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
        let mut sums = vec![0.0; self.n_bins * 2];
        let mut totals = vec![0.0; self.n_bins * 2];
        for (row, number) in numbers.iter().enumerate() {
            let cell = self.cell(row, self.side[row]);
            sums[cell] += number;
            totals[cell] += 1.0;
        }
        let (mut left, mut all) = (0.0, 0.0);
        for (row, number) in numbers.iter().enumerate() {
            let other = self.cell(row, 1 - self.side[row]);
            let predicted = (sums[other] + mean) / (totals[other] + 1.0);
            left += (number - predicted).powi(2);
            all += (number - mean).powi(2);
        }
        let r2 = 1.0 - left / all;
        (all > 0.0 && r2.is_finite()).then_some(r2)
    }
}
