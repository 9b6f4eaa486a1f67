//! Statistics of ranks: the area under the ROC curve of each class against the rest, and Spearman's correlation.

/// Fewer rows of a class, or of the rest, can be ranked right by chance.
const LEAST_ROWS: u64 = 10;

/// Indices of the values in ascending order.
pub fn order(values: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
    order
}

/// Calls `each` with the places in `order` of equal values, ascending.
fn ties(values: &[f64], order: &[u32], mut each: impl FnMut(std::ops::Range<usize>)) {
    let mut first = 0;
    while first < order.len() {
        let value = values[order[first] as usize];
        let same = |&at: &u32| values[at as usize] == value;
        let end = first + 1 + order[first + 1..].iter().take_while(|at| same(at)).count();
        each(first..end);
        first = end;
    }
}

/// The rank that values share which are at these places of an order, from 1.
fn shared_rank(places: &std::ops::Range<usize>) -> f64 {
    (places.start + places.end + 1) as f64 / 2.0
}

/// Area under the ROC curve of each class against the rest, `(n_classes)`: the share of (class, rest) pairs in which the
/// row of the class has the larger value, ties half. From 0 to 1; 0.5 is no order at all, and both ends are a perfect one.
/// `None` where a class or the rest has fewer than ten rows. `order` is that of `values`; the classes are of the same rows.
///
/// Source: the Mann-Whitney statistic, (R − n (n + 1) / 2) / (n m) with R the sum of the class's ranks.
pub fn areas(values: &[f64], order: &[u32], class: &[u32], n_classes: usize) -> Vec<Option<f64>> {
    let mut sums = vec![0.0; n_classes];
    let mut counts = vec![0_u64; n_classes];
    ties(values, order, |places| {
        let rank = shared_rank(&places);
        for &at in &order[places] {
            let class = class[at as usize] as usize;
            sums[class] += rank;
            counts[class] += 1;
        }
    });
    let rows = order.len() as u64;
    let area = |(sum, &count): (f64, &u64)| {
        let n = count as f64;
        let pairs = n * (rows - count) as f64;
        let is_known = count >= LEAST_ROWS && rows - count >= LEAST_ROWS;
        is_known.then(|| (sum - n * (n + 1.0) / 2.0) / pairs)
    };
    sums.into_iter().zip(&counts).map(area).collect()
}

/// The same area from groups of rows with one value each: `(value, rows of the class, rows of the rest)`.
pub fn area_of_groups(groups: &mut [(f64, u64, u64)]) -> Option<f64> {
    groups.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs, mut at) = (0_u64, 0.0, 0);
    let (mut ours, mut rest) = (0_u64, 0_u64);
    while at < groups.len() {
        let value = groups[at].0;
        let end = at + groups[at..].iter().take_while(|it| it.0 == value).count();
        let (class, others) = groups[at..end]
            .iter()
            .fold((0, 0), |sum, it| (sum.0 + it.1, sum.1 + it.2));
        pairs += class as f64 * (below as f64 + others as f64 / 2.0);
        below += others;
        ours += class;
        rest += others;
        at = end;
    }
    let is_known = ours >= LEAST_ROWS && rest >= LEAST_ROWS;
    is_known.then(|| pairs / (ours as f64 * rest as f64))
}

/// Ranks from 1; equal values share the mean of theirs.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let order = order(values);
    let mut ranks = vec![0.0; values.len()];
    ties(values, &order, |places| {
        let rank = shared_rank(&places);
        order[places]
            .iter()
            .for_each(|&at| ranks[at as usize] = rank);
    });
    ranks
}

/// Spearman's rank correlation: Pearson's correlation of the ranks, from −1 to 1. `None` for fewer than ten pairs or where
/// one side is constant.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len().min(y.len());
    if (n as u64) < LEAST_ROWS {
        return None;
    }
    let (x, y) = (ranks(&x[..n]), ranks(&y[..n]));
    // The mean of ranks is known, and their sums are exact.
    let mean = (n as f64 + 1.0) / 2.0;
    let (mut both, mut of_x, mut of_y) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        both += (x - mean) * (y - mean);
        of_x += (x - mean).powi(2);
        of_y += (y - mean).powi(2);
    }
    (of_x > 0.0 && of_y > 0.0).then(|| (both / (of_x * of_y).sqrt()).clamp(-1.0, 1.0))
}

/// The bin of each value, at most `most` of them and about as many values in each; equal values share one.
pub fn quantile_bins(values: &[f64], order: &[u32], most: usize) -> Vec<u32> {
    let mut bins = vec![0; values.len()];
    ties(values, order, |places| {
        let bin = (places.start * most / values.len().max(1)) as u32;
        order[places].iter().for_each(|&at| bins[at as usize] = bin);
    });
    bins
}
