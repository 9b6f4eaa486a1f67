//! Whether the rows of a data set were concluded on before, whatever files they came from.

use super::{Storing, read, stored};
use crate::data::{self, Schema};
use crate::model_types::RunId;
use crate::pipeline::Env;
use crate::pipeline::dataset::Dataset;
use crate::pipeline::error::Error;
use crate::pipeline::labelled_rows::Input;
use crate::registry::{PastConclusion, RowSet};

/// What came of reading the input.
pub enum Read {
    /// Rows that no verdict was reached on under these settings; they are being stored as a data set.
    News(Box<Dataset>, Storing),
    /// Rows that were concluded on before; nothing is stored. The conclusion is kept under the hash of the present files.
    Known(Box<Dataset>, Box<PastConclusion>),
}

/// Reads the input, and begins to store it unless its rows are those of one of some past conclusions.
pub async fn ingest_news(
    env: &Env,
    run: &RunId,
    input: &Input,
    past: &[PastConclusion],
) -> Result<(Read, String), Error> {
    let mut dataset = read(env, run, input).await?;
    if let Some(past) = known(env, &dataset, past)? {
        let told = format!(
            "{}: the rows of run {}",
            stored::summary(&dataset.record),
            past.run
        );
        return Ok((Read::Known(Box::new(dataset), Box::new(past)), told));
    }
    let storing = Storing::begin(env, &mut dataset);
    let told = stored::summary(&dataset.record);
    Ok((Read::News(Box::new(dataset), storing), told))
}

/// The rows of a data set, as a conclusion remembers them.
pub fn row_set(dataset: &Dataset) -> RowSet {
    let schema = Schema::of(&dataset.frame);
    let columns = schema.columns.into_iter().map(|column| column.name);
    let left_out = dataset.record.quarantined.iter();
    RowSet {
        hash: data::set_fingerprint(&dataset.row_hashes),
        columns: columns.collect(),
        left_out: left_out.map(|file| file.path.clone()).collect(),
    }
}

/// The newest conclusion about the same rows: as many, with the same cells below the same names.
fn known(
    env: &Env,
    dataset: &Dataset,
    past: &[PastConclusion],
) -> Result<Option<PastConclusion>, Error> {
    let now = row_set(dataset);
    for past in past {
        let Some(then) = &past.rows else { continue };
        let is_same = if then.columns == now.columns {
            then.hash == now.hash
        } else {
            is_reordered(env, &then.columns, &now.columns) && {
                let names: Vec<&str> = then.columns.iter().map(String::as_str).collect();
                let hashes = data::row_hashes(&dataset.frame, &names)?;
                data::set_fingerprint(&hashes) == then.hash
            }
        };
        if is_same {
            let rows = RowSet {
                left_out: now.left_out,
                ..then.clone()
            };
            return Ok(Some(PastConclusion {
                data_hash: dataset.data_hash.clone(),
                rows: Some(rows),
                ..past.clone()
            }));
        }
    }
    Ok(None)
}

/// Whether columns only are in another order. Where the target is the last one, that has to be the same.
fn is_reordered(env: &Env, then: &[String], now: &[String]) -> bool {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort_unstable();
        names
    };
    let has_target = env.config.target.is_some() || then.last() == now.last();
    has_target && then.len() == now.len() && sorted(then) == sorted(now)
}
