//! `versions list|show`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::global::Global;
use super::stages::VersionArgs;
use super::{Failure, context, failure, output};
use crate::clock::rfc3339;
use crate::evaluate::{Metric, Task};
use crate::pipeline::{self, SideScore};
use crate::registry::{RunRow, VersionRow, VersionState};

#[derive(Debug, Args)]
pub struct VersionsArgs {
    #[command(subcommand)]
    command: Option<VersionsCommand>,
}

#[derive(Debug, Subcommand)]
enum VersionsCommand {
    /// One line per version, newest first
    List,
    /// A version with its scores
    Show(VersionArgs),
}

pub async fn versions(global: &Global, args: &VersionsArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    match &args.command {
        None | Some(VersionsCommand::List) => list(global, &env).await?,
        Some(VersionsCommand::Show(which)) => show(global, &env, which.version()).await?,
    }
    Ok(failure::DONE)
}

async fn list(global: &Global, env: &pipeline::Env) -> Result<(), Failure> {
    let model = &env.config.name;
    let now_ms = env.clock.now_ms();
    let versions = env.registry.versions(model).await?;
    let champion = env
        .registry
        .champion(model)
        .await?
        .map(|champion| champion.version);
    let scores = env.registry.scores(model).await?;
    let probations = env.registry.probations(model).await?;
    if global.json {
        let all: Vec<Value> = versions
            .iter()
            .map(|version| {
                let number = version.number;
                let probation = probations.iter().find(|it| it.version == number);
                let mut value = json!(version);
                value["is_champion"] = json!(Some(number) == champion);
                value["probation"] = json!(probation);
                value
            })
            .collect();
        output::line(&all);
        return Ok(());
    }
    let newest = scores
        .last()
        .map(|score| env.config.metric_of(&score.record));
    let metric = newest.unwrap_or(env.config.metric);
    let mut rows = vec![
        [
            "version",
            "made",
            "verdict",
            metric.name(),
            "learner",
            "folder",
        ]
        .map(str::to_string)
        .to_vec(),
    ];
    for version in versions {
        let learner = learner_of(&version);
        let newest = scores.iter().rfind(|score| score.version == version.number);
        let side =
            newest.and_then(|score| serde_json::from_value::<SideScore>(score.record.clone()).ok());
        let value = side.and_then(|side| side.scores.get(metric));
        let verdict = match version.state {
            VersionState::Ready => {
                let verdict = verdict_of(&version);
                match probations.iter().find(|it| it.version == version.number) {
                    Some(probation) => format!("{verdict}, {}", probation.state.of_version()),
                    None => verdict,
                }
            }
            VersionState::Building => match env.registry.run(&version.run).await? {
                Some(run) => {
                    let shown = env.registry.with_the_dead(vec![run], now_ms).await?;
                    let lives = shown.iter().any(RunRow::is_running);
                    if lives { "being made" } else { "interrupted" }.to_string()
                }
                None => "interrupted".to_string(),
            },
            VersionState::Abandoned => "given up".to_string(),
            VersionState::Removed => "removed".to_string(),
        };
        let mark = if Some(version.number) == champion {
            " *"
        } else {
            ""
        };
        rows.push(vec![
            format!("{}{mark}", version.number),
            rfc3339(version.created_ms),
            verdict,
            value.map_or(String::new(), |value| format!("{value:.4}")),
            learner,
            env.shown(&version.folder, ""),
        ]);
    }
    output::say(&output::table(&rows));
    Ok(())
}

/// The learner that a version was trained with; nothing of versions made before that was recorded.
fn learner_of(version: &VersionRow) -> String {
    let record = pipeline::TrainingRecord::of(version);
    record.learner.unwrap_or_default()
}

async fn show(global: &Global, env: &pipeline::Env, id: &str) -> Result<(), Failure> {
    let version = pipeline::pick_version(env, id).await?;
    let score = pipeline::read_score(env, &version).await.ok();
    let bundle = pipeline::load_bundle(env, version.number).await?.bundle;
    let probations = env.registry.probations(&env.config.name).await?;
    let probation = probations.iter().find(|it| it.version == version.number);
    if global.json {
        output::line(&json!({
            "version": version, "score": score, "probation": probation, "rules": bundle.rules,
            "learner": bundle.trained_by(), "leaderboard": bundle.leaderboard, "imported": bundle.imported,
        }));
        return Ok(());
    }
    let mut rows = vec![
        vec!["version".to_string(), version.number.to_string()],
        vec!["run".to_string(), version.run.to_string()],
        vec!["made".to_string(), rfc3339(version.created_ms)],
        vec!["verdict".to_string(), verdict_of(&version)],
    ];
    if let Some(said) = pipeline::TrainingRecord::of(&version).approval {
        let says = format!("{} ({}, {})", said.reason, said.by, rfc3339(said.at_ms));
        rows.push(vec!["approval".to_string(), output::plain(&says)]);
    }
    rows.extend([
        vec![
            "folder".to_string(),
            env.models
                .shown(&env.version_key(&version.folder, ""))
                .display()
                .to_string(),
        ],
        vec![
            "bundle".to_string(),
            version
                .bundle_sha256
                .as_deref()
                .unwrap_or_default()
                .to_string(),
        ],
        vec![
            "target".to_string(),
            match bundle.task() {
                Task::Classification => {
                    format!("{} ({})", bundle.target, bundle.classes.join(", "))
                }
                Task::Regression => format!("{} (a number)", bundle.target),
            },
        ],
        vec![
            "learner".to_string(),
            match (&bundle.imported, bundle.leaderboard.len()) {
                (Some(origin), _) => {
                    output::plain(&format!("none, imported: {}", origin.says())).to_string()
                }
                (None, 0) => bundle.learner.kind.name().to_string(),
                (None, n) => format!(
                    "{} (chosen by `auto` from {n} candidates)",
                    bundle.learner.kind.name()
                ),
            },
        ],
        vec![
            "features".to_string(),
            bundle.transformer.n_features().to_string(),
        ],
    ]);
    for rule in &bundle.rules {
        rows.push(vec![
            "rule".to_string(),
            format!("{}: {}", rule.column, rule.describe()),
        ]);
    }
    if let Some(probation) = probation {
        let reason = probation.reason.as_ref();
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        rows.push(vec![
            "probation".to_string(),
            format!("{}{reason}", probation.state.of_version()),
        ]);
    }
    if bundle.is_binary() {
        rows.push(vec![
            "threshold".to_string(),
            format!("{:.6}", bundle.threshold),
        ]);
    }
    if let Some(flag) = &bundle.flag {
        rows.push(vec![
            "flags".to_string(),
            format!("a prediction of {}", flag.says()),
        ]);
    }
    if let Some(score) = score {
        for &metric in Metric::of(bundle.task()) {
            if let Some(value) = score.challenger.scores.get(metric) {
                rows.push(vec![metric.name().to_string(), format!("{value:.6}")]);
            }
        }
    }
    output::say(&output::table(&rows));
    Ok(())
}

fn verdict_of(version: &VersionRow) -> String {
    let verdict = version.verdict.map(|it| it.to_string());
    verdict.unwrap_or_else(|| "none yet".to_string())
}
