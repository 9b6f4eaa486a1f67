//! A champion alone on the present test rows: for a run in which only those have changed, and for diagnostics.

use super::test_rows::Known;
use super::{Plans, Role, predict, read_test_rows, save, side};
use crate::bundle::Bundle;
use crate::data::{self, Schema};
use crate::model_types::{RunId, Sha256, VersionNumber};
use crate::pipeline::error::Error;
use crate::pipeline::fresh::TestData;
use crate::pipeline::scores::SideScore;
use crate::pipeline::{Env, Event, LoadedVersion, versions};
use crate::registry::ScoreRow;

/// A version's score on the test rows as they are now.
#[derive(Debug, Clone)]
pub struct PresentScore {
    /// The scores.
    pub side: SideScore,
    /// Number of test rows.
    pub rows: u64,
    /// Hash of them.
    pub rows_hash: String,
    /// When they were scored.
    pub at_ms: i64,
}

/// The champion on the test rows, recorded: for when only those have changed.
///
/// # Errors
/// When a file cannot be read.
pub async fn score_champion(
    env: &Env,
    run: &RunId,
    version: VersionNumber,
    test: &TestData,
) -> Result<SideScore, Error> {
    let LoadedVersion {
        number,
        sha256,
        bundle,
    } = versions::load_bundle(env, version).await?;
    let known = present_rows(env, &bundle, test)?;
    for note in super::unread(&bundle, &known.frame) {
        env.tell(Event::Warning(note));
    }
    let side = scored(env, number, &sha256, &bundle, &known)?;
    save(env, run, &side, &known.rows_hash).await?;
    Ok(side)
}

/// A loaded version on the test rows as they are now: out of the scores that are known where it was scored on these very
/// rows, else computed.
///
/// Nothing is recorded: a run compares the champion's score on new rows with the last one on record, and would take a
/// fall that had been measured before for no fall.
///
/// # Errors
/// When the version cannot predict the rows.
pub fn present_score(
    env: &Env,
    (version, sha256, bundle): (VersionNumber, &Sha256, &Bundle),
    test: &TestData,
    known_scores: &[ScoreRow],
) -> Result<PresentScore, Error> {
    let known = present_rows(env, bundle, test)?;
    let recorded = known_scores
        .iter()
        .filter(|row| row.version == version && row.rows_hash == known.rows_hash)
        .filter_map(|row| Some((side_of(row)?, row.at_ms)))
        .find(|(side, _)| side.bundle_sha256 == *sha256);
    let (side, at_ms) = match recorded {
        Some(recorded) => recorded,
        None => {
            let side = scored(env, version, sha256, bundle, &known)?;
            (side, env.clock.now_ms())
        }
    };
    Ok(PresentScore {
        side,
        rows: known.truth.len() as u64,
        rows_hash: known.rows_hash,
        at_ms,
    })
}

/// The scores of a row of the registry; `None` for a record of another program.
fn side_of(row: &ScoreRow) -> Option<SideScore> {
    serde_json::from_value(row.record.clone()).ok()
}

impl PresentScore {
    /// The score of a version that was recorded last, on whatever rows those were.
    pub fn last_recorded(
        version: VersionNumber,
        sha256: &Sha256,
        known_scores: &[ScoreRow],
    ) -> Option<Self> {
        let mut rows = known_scores.iter().rev();
        rows.find_map(|row| {
            let side = side_of(row)
                .filter(|side| (row.version, &side.bundle_sha256) == (version, sha256))?;
            Some(PresentScore {
                rows: side
                    .rows
                    .unwrap_or_else(|| side.scores.confusion.iter().flatten().sum()),
                side,
                rows_hash: row.rows_hash.clone(),
                at_ms: row.at_ms,
            })
        })
    }
}

/// The labelled test rows that a bundle can be scored on, read with the kinds it was trained with.
fn present_rows(env: &Env, bundle: &Bundle, test: &TestData) -> Result<Known, Error> {
    let columns = bundle.profile.iter().map(|column| data::Column {
        name: column.name.clone(),
        kind: column.kind,
    });
    let like = Schema {
        columns: columns.collect(),
    };
    let test = read_test_rows(env, test, &bundle.target, &like, Plans::of(bundle))?;
    test.known(bundle.task(), &bundle.classes)
}

fn scored(
    env: &Env,
    version: VersionNumber,
    sha256: &Sha256,
    bundle: &Bundle,
    known: &Known,
) -> Result<SideScore, Error> {
    let predictions = predict(bundle, &known.frame, version, Role::Champion)?;
    Ok(side(env, version, sha256, &known.truth, &predictions))
}
