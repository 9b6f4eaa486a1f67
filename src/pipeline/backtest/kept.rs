//! A step for each data set that was kept.

use std::collections::HashSet;

use super::past::Rows;
use super::played::Played;
use crate::data::{Schema, parse_time};
use crate::model_types::RunId;
use crate::pipeline::dataset::Dataset;
use crate::pipeline::error::Error;
use crate::pipeline::fresh::TestData;
use crate::pipeline::labels::target_of;
use crate::pipeline::score::{Plans, leaked, read_test_rows};
use crate::pipeline::{Env, ingest, input_scan};
use crate::text::counted;

/// Plays all of them in the order in which they were made; gives what somebody should know about them.
pub(super) async fn play(
    played: &mut Played<'_>,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
) -> Result<Vec<String>, Error> {
    let env = played.env;
    if env.config.related.is_some() {
        return Err(Error::Backtest(
            "play data sets that are put together from several tables; only `--from`, `--to` and `--every` can"
                .to_string(),
        ));
    }
    let runs = runs(env, from_ms, to_ms).await?;
    let mut notes = vec!["the test rows are those of the test folder as it is now".to_string()];
    let scan = input_scan::look(&env.config.test_folder).await?;
    let given = TestData::from(scan);
    let mut known: HashSet<u128> = HashSet::new();
    let mut columns: Option<Vec<String>> = None;
    let mut next = opened(env, runs.first(), &mut notes).await?;
    let mut n = 0_u64;
    for at in 0..runs.len() {
        let this = next.take();
        next = opened(env, runs.get(at + 1), &mut notes).await?;
        let Some(this) = this else {
            continue;
        };
        let names = names_of(&this);
        let is_other = columns.replace(names.clone()).is_some_and(|it| it != names);
        if is_other {
            notes.push(format!(
                "{} has other columns than the one before it, so all its rows count as new",
                this.name
            ));
        }
        let is_told = !this.row_hashes.iter().all(|hash| known.contains(hash));
        known.extend(&this.row_hashes);
        if !is_told {
            notes.push(format!(
                "{} has no new row, so nothing would have been trained",
                this.name
            ));
            continue;
        }
        let target = target_of(&env.config, &this.frame)?;
        let later = next
            .as_ref()
            .map(|next| Rows::new_of(next, &target, &known))
            .transpose()?;
        let schema = Schema::of(&this.frame);
        let at_ms = time_of(&this.run).unwrap_or_default();
        let train = Rows::all(this.clone(), target.clone());
        played.step(at_ms, &train, later.as_ref(), |bundle| {
            let plans = bundle.map_or_else(Plans::default, Plans::of);
            let test = read_test_rows(env, &given, &target, &schema, plans)?;
            let shared = leaked(env, &given, &test, &this)?;
            Ok((Rows::of_test(test, &this), shared))
        })?;
        n += 1;
    }
    if n < 2 {
        return Err(Error::Backtest(format!(
            "play {} with new rows: at least 2 are needed; `retention.datasets` says how many are kept",
            counted(n, "data set")
        )));
    }
    Ok(notes)
}

/// The runs that made data sets within a time, the oldest first.
async fn runs(env: &Env, from_ms: Option<i64>, to_ms: Option<i64>) -> Result<Vec<RunId>, Error> {
    let runs = env.registry.dataset_runs(&env.config.name).await?;
    let is_within = |run: &RunId| {
        let Some(at_ms) = time_of(run) else {
            return true;
        };
        from_ms.is_none_or(|from| from <= at_ms) && to_ms.is_none_or(|to| at_ms < to)
    };
    let mut runs: Vec<RunId> = runs.into_iter().filter(is_within).collect();
    runs.sort_unstable();
    Ok(runs)
}

/// A data set, or a note where its file is gone.
async fn opened(
    env: &Env,
    run: Option<&RunId>,
    notes: &mut Vec<String>,
) -> Result<Option<Dataset>, Error> {
    let Some(run) = run else {
        return Ok(None);
    };
    match ingest::load(env, run).await {
        Ok(dataset) => Ok(Some(dataset)),
        Err(error @ (Error::Dataset { .. } | Error::Artifacts(_))) => {
            notes.push(format!("the data set of run {run} is left out: {error}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn names_of(dataset: &Dataset) -> Vec<String> {
    let schema = Schema::of(&dataset.frame);
    schema.names().into_iter().map(str::to_string).collect()
}

/// When a run began, in milliseconds, by its id, which begins like `20261121T075003Z`.
fn time_of(run: &RunId) -> Option<i64> {
    let part = |from: usize, to: usize| run.get(from..to);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(9, 11)?,
        part(11, 13)?,
        part(13, 15)?
    );
    parse_time(&text).map(|micros| micros.div_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_run_is_read_off_its_id() {
        assert_eq!(
            time_of(&RunId::new("20260101T000001Z-000000abcd")),
            Some(1_767_225_601_000)
        );
        assert_eq!(time_of(&RunId::new("a run")), None);
    }
}
