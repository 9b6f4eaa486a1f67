//! McNemar's exact test: two classifiers on the same rows differ only where exactly one of them is right.

/// Exact two-sided p-value of McNemar's test for `b` and `c` discordant rows.
///
/// If both models were equally good, each discordant row would fall to either side like a fair coin:
/// p = min(1, 2 · P(X ≤ min(b, c))), X ~ Binomial(b + c, 1/2). Symmetric in `b` and `c`; range 0 to 1; smaller = the models
/// differ more surely. No discordant row gives 1. Equals `scipy.stats.binomtest(b, b + c).pvalue`; needs about √(b + c)
/// steps. Source: Dietterich, "Approximate statistical tests for comparing supervised classification learning
/// algorithms", 1998; the exact form because few discordant rows are the rule here.
pub fn exact_p(b: u64, c: u64) -> f64 {
    let (fewer, more) = (b.min(c), b.max(c));
    if more - fewer <= 1 {
        return 1.0;
    }
    let n = fewer.saturating_add(more);
    // Masses relative to the one at the middle, so that no logarithm and no huge number is needed.
    let middle = n / 2;
    let (mut mass, mut upper, mut tail) = (1.0, 0.0, 0.0);
    let mut k = middle;
    loop {
        if k <= fewer {
            tail += mass;
        } else {
            upper += mass;
        }
        if k == 0 || mass == 0.0 {
            break;
        }
        mass *= k as f64 / (n - k + 1) as f64;
        k -= 1;
    }
    // The lower half mirrors the upper one; with an even n the middle belongs to neither.
    let total = if n.is_multiple_of(2) {
        2.0 * (tail + upper) - 1.0
    } else {
        2.0 * (tail + upper)
    };
    (2.0 * tail / total).clamp(0.0, 1.0)
}

/// Counts the rows on which exactly one model is right: (only the challenger, only the champion). Rows that not all three
/// slices have are left out.
pub fn discordant(truth: &[u32], challenger_labels: &[u32], champion_labels: &[u32]) -> (u64, u64) {
    let rows = truth.iter().zip(challenger_labels).zip(champion_labels);
    rows.fold(
        (0, 0),
        |(challenger, champion), ((actual, new), old)| match (actual == new, actual == old) {
            (true, false) => (challenger + 1, champion),
            (false, true) => (challenger, champion + 1),
            _ => (challenger, champion),
        },
    )
}

/// Counts the rows to whose number one model comes nearer: (the challenger, the champion). Rows to which both come equally
/// near, rows where a number is none, and rows that not all three slices have are left out.
pub fn nearer(truth: &[f64], challenger: &[f64], champion: &[f64]) -> (u64, u64) {
    let rows = truth.iter().zip(challenger).zip(champion);
    rows.fold((0, 0), |(new, old), ((actual, by_new), by_old)| {
        let (new_error, old_error) = ((actual - by_new).abs(), (actual - by_old).abs());
        (
            new + u64::from(new_error < old_error),
            old + u64::from(old_error < new_error),
        )
    })
}
