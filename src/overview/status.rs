//! The status of a project: one screen on the command line, one page in a browser.

use std::path::Path;
use std::sync::Arc;

use super::age::age;
use super::decision::last_decision;
use super::error::Error;
use super::history::rows_of;
use super::paths::without_folder;
use super::queue::{queue, schedule};
use super::records::{
    ChampionStatus, DataStatus, DiskStatus, DriftStatus, ModelStatus, ScoreStatus, Status,
};
use super::sentence;
use super::timeline::timeline;
use crate::clock::rfc3339;
use crate::diagnose;
use crate::pipeline::{self, Env, SideScore};
use crate::registry::Registry;

/// Entries of the timeline that are shown per model.
pub const SQUARES: i64 = 30;

/// The status of a project's models.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn status(
    registry: &Registry,
    project: &Path,
    envs: &[Arc<Env>],
) -> Result<Status, Error> {
    let Some(now_ms) = envs.first().map(|env| env.clock.now_ms()) else {
        return empty(registry).await;
    };
    let mut models = Vec::with_capacity(envs.len());
    for env in envs {
        models.push(of_model(env).await?);
    }
    let queue = queue(registry, now_ms).await?;
    let notices = registry.notices().await?;
    let told = notices
        .into_iter()
        .map(|it| {
            format!(
                "unseat {} (process {}): {}",
                it.command, it.process.pid, it.text
            )
        })
        .map(|text| without_folder(&text, project))
        .collect();
    Ok(Status {
        at: rfc3339(now_ms),
        says: sentence::of_project(&models, &queue),
        models,
        queue,
        disk: disk(project, registry.path()),
        notices: told,
    })
}

async fn empty(registry: &Registry) -> Result<Status, Error> {
    Ok(Status {
        at: String::new(),
        says: "There is no model yet.".to_string(),
        models: Vec::new(),
        queue: queue(registry, 0).await?,
        disk: None,
        notices: Vec::new(),
    })
}

fn disk(project: &Path, database: &Path) -> Option<DiskStatus> {
    Some(DiskStatus {
        free_bytes: pipeline::free_bytes(project)?,
        database_bytes: std::fs::metadata(database).map_or(0, |file| file.len()),
    })
}

async fn of_model(env: &Env) -> Result<ModelStatus, Error> {
    let (config, registry) = (&env.config, &env.registry);
    let (model, now_ms) = (config.name.as_str(), env.clock.now_ms());
    let champion = registry.champion(model).await?;
    let score = match &champion {
        Some(champion) => registry.newest_score(model, champion.version).await?,
        None => None,
    };
    let score = score.map(|score| {
        let metric = config.metric_of(&score.record);
        let side: Option<SideScore> = serde_json::from_value(score.record).ok();
        let interval = side.as_ref().and_then(|side| {
            let mut intervals = side.intervals.iter();
            let found = intervals.find(|it| it.metric == metric)?;
            Some((found.interval.low, found.interval.high))
        });
        ScoreStatus {
            metric,
            value: side.as_ref().and_then(|side| side.scores.get(metric)),
            interval,
            rows: side.as_ref().and_then(rows_of),
            at: rfc3339(score.at_ms),
        }
    });
    let data = registry.newest_dataset_head(model).await?;
    let totals = registry.run_totals().await?;
    let last = |is_success: bool| {
        let same = totals
            .iter()
            .filter(|it| it.model == model && it.is_success() == is_success);
        same.map(|it| it.last_ms).max().map(rfc3339)
    };
    let probations = registry.probations(model).await?;
    let live = match &champion {
        Some(champion) => pipeline::live::kept_summary(env, champion.version).await?,
        None => None,
    };
    let drift = pipeline::drift::newest(env).await?.into_iter();
    let mut status = ModelStatus {
        model: model.to_string(),
        says: String::new(),
        needs: needs(env, champion.is_some()).await?,
        champion: champion.map(|champion| ChampionStatus {
            version: champion.version,
            since: rfc3339(champion.since_ms),
            age_seconds: age(champion.since_ms, now_ms),
            pinned: champion.pinned,
        }),
        score,
        data: data.map(|(run, rows, at_ms)| DataStatus {
            run,
            rows,
            at: rfc3339(at_ms),
            age_seconds: age(at_ms, now_ms),
        }),
        drift: drift
            .map(|it| DriftStatus {
                rows: it.kind,
                verdict: it.verdict,
                reason: it.reason,
                at: it.to,
            })
            .collect(),
        live,
        last_success: last(true),
        last_failure: last(false),
        probation: probations.into_iter().next(),
        schedule: schedule(registry, config, env.clock.now()).await?,
        decision: last_decision(env).await?,
        timeline: timeline(registry, &config.project, Some(model), SQUARES, now_ms).await?,
    };
    status.says = sentence::of_model(&status);
    Ok(status)
}

/// What needs attention.
async fn needs(env: &Env, has_champion: bool) -> Result<Vec<String>, Error> {
    let (config, registry) = (&env.config, &env.registry);
    let now_ms = env.clock.now_ms();
    let mut needs = Vec::new();
    if !has_champion && let Some(version) = registry.held_version(&config.name).await? {
        needs.push(format!(
            "version {version} is held because it is doubtful: `unseat gate explain {version}` says why, and `unseat promote {version}` makes it the champion"
        ));
    }
    if let Some(waiting) = pipeline::waiting(env).await? {
        let version = waiting.version;
        needs.push(match waiting.expired {
            None => format!("version {version} waits for approval: `unseat approve {version}` makes it the champion, `unseat reject {version}` keeps it out"),
            Some(why) => format!("version {version} waits for approval no longer: {why}; the next run judges again"),
        });
    }
    let trouble = diagnose::trouble(registry, config, now_ms).await?;
    let failure = trouble.failure.as_ref().map(|failure| failure.says());
    needs.extend(failure.into_iter().chain(trouble.says_quarantined()));
    for episode in registry.open_drift_episodes(&config.name).await? {
        let reason = episode.evidence["reason"].as_str().unwrap_or("rows differ");
        needs.push(format!(
            "drift in {} since {}: {reason}",
            episode.kind,
            rfc3339(episode.began_ms)
        ));
    }
    let stale = diagnose::staleness(registry, config, now_ms).await?;
    needs.extend(stale.into_iter().map(|stale| format!("it {}", stale.says)));
    Ok(needs
        .iter()
        .map(|text| without_folder(text, &config.project))
        .collect())
}
