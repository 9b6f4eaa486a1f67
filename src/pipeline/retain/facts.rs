//! What is known before anything is removed: the rows of a model, and the names in its folders.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::logs;
use super::plan::{Facts, Thing, Version};
use crate::artifacts::Artifacts;
use crate::config::ModelConfig;
use crate::config::checked::plain_name;
use crate::pipeline::champion;
use crate::pipeline::error::Error;
use crate::pipeline::trained::dataset_run;
use crate::pipeline::{Env, recover};
use crate::registry::{OldRows, RowHead, VersionRow, VersionState};

/// Everything that the plan goes by.
///
/// # Errors
/// When the registry cannot be reached or a file cannot be read.
pub async fn gather(env: &Env) -> Result<Facts, Error> {
    let model = &env.config.name;
    let registry = &env.registry;
    let champion = registry.champion(model).await?;
    let now = champion.as_ref().map(|champion| champion.version);
    let versions = registry.versions(model).await?;
    let models: HashMap<String, String> = registry.models_of_runs().await?.into_iter().collect();
    let rows = async |table| {
        let rows = registry.row_heads(model, table).await?;
        Ok::<_, Error>(rows.into_iter().map(thing).collect::<Vec<_>>())
    };
    let logs = logs::list(&env.config.project);
    let of_model = logs.iter().filter(|log| {
        let owner = models.get(&log.run);
        owner.is_none_or(|owner| owner == model)
    });
    let plain = logs.iter().filter(|log| log.is_plain);
    Ok(Facts {
        now_ms: env.clock.now_ms(),
        champion: now,
        is_pinned: champion.is_some_and(|champion| champion.pinned),
        before: champion::before(env, now).await?,
        watched: registry.watched_versions(model).await?,
        versions: versions.iter().map(version).collect(),
        datasets: rows(OldRows::Datasets).await?,
        runs_with_files: data_files(env)
            .await?
            .into_iter()
            .map(|(run, _)| run)
            .collect(),
        plain_logs: plain.map(|log| log.run.clone()).collect(),
        logs: of_model
            .map(|log| Thing {
                id: log.run.clone(),
                at_ms: stamp_ms(&log.run),
                is_over: true,
                run: models.contains_key(&log.run).then(|| log.run.clone()),
            })
            .collect(),
        prediction_logs: prediction_logs(&env.config).await?,
        runs: rows(OldRows::Runs).await?,
        ticks: rows(OldRows::Ticks).await?,
        jobs: rows(OldRows::Jobs).await?,
    })
}

fn thing(row: RowHead) -> Thing {
    Thing {
        id: row.id,
        at_ms: row.at_ms,
        is_over: row.is_over,
        run: row.run.map(String::from),
    }
}

fn version(row: &VersionRow) -> Version {
    Version {
        number: row.number,
        run: row.run.to_string(),
        dataset_run: dataset_run(row).into(),
        is_whole: row.state == VersionState::Ready,
        is_building: row.state == VersionState::Building,
        is_decided: row.verdict.is_some(),
        at_ms: row.created_ms,
    }
}

/// Files in the folder of data sets, each with the run in its name. Those of other models are among them.
async fn data_files(env: &Env) -> Result<Vec<(String, String)>, Error> {
    let names = env.datasets.names("").await?.into_iter();
    let files = names.filter_map(|name| Some((recover::run_in(&name)?.to_string(), name)));
    Ok(files.collect())
}

/// The keys of a run's data set.
pub async fn files_of(env: &Env, run: &str) -> Result<Vec<String>, Error> {
    let files = data_files(env).await?.into_iter();
    let own = files.filter(|(one, _)| one == run);
    Ok(own.map(|(_, key)| key).collect())
}

/// Closed files of the prediction log that hold rows of the model: `<model>_<stamp>_<number>.ndjson.zst`, in a folder or a store.
pub async fn prediction_logs(config: &ModelConfig) -> Result<Vec<Thing>, Error> {
    let ours = plain_name(&config.name);
    let names = Artifacts::look(&config.prediction_log)?.names("").await?;
    let things = names.into_iter().filter_map(|name| {
        let mut parts = name.strip_suffix(".ndjson.zst")?.rsplitn(3, '_');
        let (_, stamp, model) = (parts.next()?, parts.next()?, parts.next()?);
        (model == ours).then(|| Thing {
            at_ms: stamp_ms(stamp),
            id: name.clone(),
            is_over: true,
            run: None,
        })
    });
    Ok(things.collect())
}

/// The time of a stamp, or of the one that a run id begins with. What has none is as young as can be.
fn stamp_ms(text: &str) -> i64 {
    let stamp = text.split('-').next().unwrap_or_default();
    NaiveDateTime::parse_from_str(stamp, "%Y%m%dT%H%M%SZ")
        .map_or(i64::MAX / 2, |at| at.and_utc().timestamp_millis())
}
