//! Which n-grams are in how many training rows: counted on all cores, in waves whose sums merge in order, so that the
//! outcome does not hang on the number of cores; pruned before the table outgrows its bound.

use rayon::prelude::*;

use super::grams::{TermMap, bucket_of};
use super::tokens::each_gram;
use super::{GramKind, NGrams};
use crate::config::features::TextFeatures;
use crate::features::Cells;

/// Rows counted together.
const PART_ROWS: usize = 1024;
/// Parts counted before they are merged.
const PARTS: usize = 16;
/// N-grams held at most between two merges; beyond, the rarest are forgotten.
const MOST_TERMS: usize = 3_000_000;

/// The blocks of a column by its training rows; a block in which nothing is frequent enough is left out.
pub fn fit_blocks(cells: &Cells<'_>, rows: &[u32], settings: &TextFeatures) -> Vec<NGrams> {
    let sorts = [
        (GramKind::Words, settings.words),
        (GramKind::Characters, settings.characters),
    ];
    let sorts = sorts.into_iter().filter(|(_, range)| range[0] > 0);
    let blocks = sorts.map(|(of, range)| match settings.buckets {
        0 => fit_terms(cells, rows, of, range, settings),
        _ => fit_buckets(cells, rows, of, range, settings),
    });
    blocks.filter(|block| block.width() > 0).collect()
}

fn fit_terms(
    cells: &Cells<'_>,
    rows: &[u32],
    of: GramKind,
    range: [u8; 2],
    settings: &TextFeatures,
) -> NGrams {
    let counts = count(cells, rows, of, range);
    let mut ranked: Vec<(Box<str>, u32)> = counts
        .into_iter()
        .filter(|(_, rows)| *rows >= settings.min_rows)
        .collect();
    ranked.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    ranked.truncate(settings.max_features as usize);
    ranked.sort_unstable();
    let idf = if settings.idf {
        ranked.iter().map(|(_, n)| idf(rows.len(), *n)).collect()
    } else {
        Vec::new()
    };
    NGrams {
        of,
        range,
        sublinear: settings.sublinear,
        terms: ranked.into_iter().map(|(term, _)| term.into()).collect(),
        buckets: 0,
        idf,
    }
}

fn fit_buckets(
    cells: &Cells<'_>,
    rows: &[u32],
    of: GramKind,
    range: [u8; 2],
    settings: &TextFeatures,
) -> NGrams {
    let buckets = settings.buckets;
    let count = || {
        let mut counts = vec![0_u32; buckets as usize];
        let mut here: Vec<u32> = Vec::new();
        for text in rows.iter().filter_map(|&row| cells.text(row as usize)) {
            here.clear();
            each_gram(&text, of, range, &mut |gram| {
                here.push(bucket_of(gram, buckets));
            });
            here.sort_unstable();
            here.dedup();
            here.iter().for_each(|&bucket| counts[bucket as usize] += 1);
        }
        counts
    };
    let idf = if settings.idf {
        count().into_iter().map(|n| idf(rows.len(), n)).collect()
    } else {
        Vec::new()
    };
    NGrams {
        of,
        range,
        sublinear: settings.sublinear,
        terms: Vec::new(),
        buckets,
        idf,
    }
}

/// `ln((1 + rows) / (1 + rows that have it)) + 1`, as scikit-learn's smooth idf.
fn idf(rows: usize, having: u32) -> f32 {
    (((1.0 + rows as f64) / (1.0 + f64::from(having))).ln() + 1.0) as f32
}

/// Rows that each n-gram is in.
fn count(cells: &Cells<'_>, rows: &[u32], of: GramKind, range: [u8; 2]) -> TermMap<u32> {
    let mut total: TermMap<u32> = TermMap::default();
    for wave in rows.chunks(PART_ROWS * PARTS) {
        let parts: Vec<TermMap<u32>> = wave
            .par_chunks(PART_ROWS)
            .map(|part| count_part(cells, part, of, range))
            .collect();
        for part in parts {
            for (term, n) in part {
                *total.entry(term).or_insert(0) += n;
            }
        }
        let mut least = 1;
        while total.len() > MOST_TERMS {
            total.retain(|_, n| *n > least);
            least += 1;
        }
    }
    total
}

fn count_part(cells: &Cells<'_>, rows: &[u32], of: GramKind, range: [u8; 2]) -> TermMap<u32> {
    // Rows that have it, and the last of them.
    let mut counts: TermMap<(u32, u32)> = TermMap::default();
    for (at, &row) in rows.iter().enumerate() {
        let Some(text) = cells.text(row as usize) else {
            continue;
        };
        let at = at as u32 + 1;
        each_gram(&text, of, range, &mut |gram| match counts.get_mut(gram) {
            Some((n, last)) => {
                *n += u32::from(*last != at);
                *last = at;
            }
            None => {
                counts.insert(gram.into(), (1, at));
            }
        });
    }
    counts.into_iter().map(|(term, (n, _))| (term, n)).collect()
}
