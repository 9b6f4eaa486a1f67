//! `gate explain` and `gate replay`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::backtest::{BacktestArgs, backtest};
use super::global::Global;
use super::policy_file::read_policy;
use super::stages::VersionArgs;
use super::{Failure, Kind, context, failure, output};
use crate::gate::{Decision, Policy, explain};
use crate::pipeline;
use crate::report::judgement_svg;

#[derive(Debug, Args)]
pub struct GateArgs {
    #[command(subcommand)]
    command: GateCommand,
}

#[derive(Debug, Subcommand)]
enum GateCommand {
    /// Play the flow over past data: what would have been trained, decided and live, by each policy
    Backtest(BacktestArgs),
    /// Say why a version was promoted or not, rule by rule
    Explain {
        #[command(flatten)]
        which: VersionArgs,
        /// Draw what two keys made of the evidence, as SVG
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Say what another policy would have decided, on the stored predictions of past runs
    Replay {
        /// File with a policy: the content of `gate` in config.json, as JSON. Without it, config.json's with what `--set` says
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
}

pub async fn gate(global: &Global, args: &GateArgs) -> Result<u8, Failure> {
    if let GateCommand::Backtest(args) = &args.command {
        return backtest(global, args).await;
    }
    let env = context::open(global, &[]).await?;
    match &args.command {
        GateCommand::Backtest(_) => {}
        GateCommand::Explain {
            which,
            output: file,
        } => {
            let version = pipeline::pick_version(&env, which.version()).await?;
            let decision = pipeline::read_decision(&env, &version).await?;
            if let Some(path) = file {
                draw(&decision, path)?;
            }
            if global.json {
                output::line(&decision);
            } else {
                output::say(explain::text(&decision).trim_end());
            }
        }
        GateCommand::Replay { policy } => {
            let policy = match policy {
                Some(file) => read_policy(file)?,
                None => env.config.gate.clone(),
            };
            replay(global, &env, &policy).await?;
        }
    }
    Ok(failure::DONE)
}

/// Plots a decision by two keys as an SVG file.
fn draw(decision: &Decision, path: &Path) -> Result<(), Failure> {
    let Some(judgement) = &decision.judgement else {
        let why = "draw the evidence: this decision has none of two keys; it was a first version, or the labels alone decided";
        return Err(Failure::new(Kind::Data, anyhow::anyhow!(why)));
    };
    let picture = judgement_svg(judgement, &decision.policy, decision.metric);
    std::fs::write(path, picture).map_err(|error| {
        let error = anyhow::Error::from(error).context(format!("write {}", path.display()));
        Failure::new(Kind::Store, error)
    })
}

async fn replay(global: &Global, env: &pipeline::Env, policy: &Policy) -> Result<(), Failure> {
    let (rows, without) = pipeline::replay(env, policy).await?;
    if global.json {
        output::line(&serde_json::json!({"replayed": rows, "without": without}));
        return Ok(());
    }
    for (version, why) in &without {
        output::talk(&format!("note: version {version} is left out: {why}"));
    }
    let mut table = vec![
        [
            "version",
            "champion then",
            "then",
            "under this policy",
            "because",
        ]
        .map(str::to_string)
        .to_vec(),
    ];
    for row in &rows {
        let champion = row
            .champion
            .map_or("none".to_string(), |champion| champion.to_string());
        table.push(vec![
            row.version.to_string(),
            champion,
            row.then.name().to_string(),
            row.now.name().to_string(),
            row.decision.reasons.first().cloned().unwrap_or_default(),
        ]);
    }
    output::say(&output::table(&table));
    let changed = rows.iter().filter(|row| row.then != row.now).count();
    output::say(&format!(
        "{changed} of {} decisions would have been different",
        rows.len()
    ));
    Ok(())
}
