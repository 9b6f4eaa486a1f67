//! How both models rank the test rows, of numbers: what a share that is referred rests on.

use polars::prelude::DataFrame;

use crate::bundle::{Bundle, Flag};
use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::config::decision::Flags;
use crate::data;
use crate::evaluate::{Predictions, Truth};
use crate::live::ranking::{First, alike, by_week, of_rows, overlap, spearman};
use crate::pipeline::scores::{Flagged, RankedWeek, Ranking, SideRanking};

/// Weeks that are kept, the newest.
const MOST_WEEKS: usize = 104;

/// The ranking of the rows by the truth and by both models. `None` of classes.
pub fn ranking(
    config: &ModelConfig,
    frame: &DataFrame,
    truth: &Truth,
    challenger: (&Bundle, &Predictions),
    champion: Option<(&Bundle, &Predictions)>,
) -> Option<Ranking> {
    let Truth::Numbers(truth) = truth else {
        return None;
    };
    let (bundle, Predictions::Numbers(new)) = challenger else {
        return None;
    };
    let old = match champion {
        Some((bundle, Predictions::Numbers(numbers))) => Some((bundle, numbers)),
        _ => None,
    };
    let first = match bundle.flag.map(|flag| flag.side) {
        Some(Flags::Smallest) => First::Smallest,
        Some(Flags::Largest) | None => First::Largest,
    };
    let side = |bundle: &Bundle, numbers: &[f64]| SideRanking {
        worst_10: overlap(truth, numbers, 10, first),
        flagged: bundle.flag.map(|flag| flagged(flag, numbers)),
    };
    let mut weeks: Vec<RankedWeek> = times_ms(config, frame)
        .map(|times| by_week(times.into_iter()))
        .unwrap_or_default()
        .into_iter()
        .map(|(from_ms, rows)| {
            let truth = of_rows(truth, &rows);
            let of = |numbers: &[f64]| spearman(&truth, &of_rows(numbers, &rows));
            RankedWeek {
                from: rfc3339(from_ms),
                rows: rows.len() as u64,
                challenger: of(new),
                champion: old.and_then(|(_, numbers)| of(numbers)),
            }
        })
        .collect();
    weeks.drain(..weeks.len().saturating_sub(MOST_WEEKS));
    Some(Ranking {
        first,
        challenger: side(bundle, new),
        champion: old.map(|(bundle, numbers)| side(bundle, numbers)),
        agreement: old.map(|(_, numbers)| alike(new, numbers, first)),
        weeks,
    })
}

fn flagged(flag: Flag, numbers: &[f64]) -> Flagged {
    let rows = numbers.iter().filter(|number| flag.flags(**number)).count();
    Flagged {
        from: flag.from,
        rows: rows as u64,
        share: rows as f64 / numbers.len().max(1) as f64,
    }
}

/// The time of each row; `None` where there is no column of times, or it cannot be read as one.
fn times_ms(config: &ModelConfig, frame: &DataFrame) -> Option<Vec<Option<i64>>> {
    let column = config.time_column.as_ref()?;
    let times = data::timestamps(frame, column, &config.ingest.times(), false).ok()?;
    let in_ms = |micros: Option<i64>| micros.map(|micros| micros.div_euclid(1000));
    Some(times.into_iter().map(in_ms).collect())
}
