//! `promote`, `rollback`, `pin`, `unpin`: operations on the champion, recorded with who and why.

use clap::Args;

use super::global::Global;
use super::{Failure, context, failure, output};
use crate::pipeline;
use crate::registry::Action;

/// Why it is done; kept with the operation.
#[derive(Debug, Args)]
struct Reason {
    /// Why; kept with the operation
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    reason: String,
}

#[derive(Debug, Args)]
pub struct PromoteArgs {
    /// Version to promote: a number or `latest`
    #[arg(value_name = "VERSION")]
    version: String,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Version to go back to, instead of the champion before
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
pub struct PinArgs {
    /// Version to pin, instead of the present champion
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
pub struct UnpinArgs {
    #[command(flatten)]
    reason: Reason,
}

pub async fn promote(global: &Global, args: &PromoteArgs) -> Result<u8, Failure> {
    operate(global, Action::Promote, Some(&args.version), &args.reason).await
}

pub async fn rollback(global: &Global, args: &RollbackArgs) -> Result<u8, Failure> {
    operate(
        global,
        Action::Rollback,
        args.version.as_deref(),
        &args.reason,
    )
    .await
}

pub async fn pin(global: &Global, args: &PinArgs) -> Result<u8, Failure> {
    operate(global, Action::Pin, args.version.as_deref(), &args.reason).await
}

pub async fn unpin(global: &Global, args: &UnpinArgs) -> Result<u8, Failure> {
    operate(global, Action::Unpin, None, &args.reason).await
}

async fn operate(
    global: &Global,
    action: Action,
    version: Option<&str>,
    reason: &Reason,
) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let actor = context::actor();
    let done = pipeline::move_champion(&env, action, version, &reason.reason, &actor).await;
    env.registry.close().await;
    let operation = done?;
    if global.json {
        output::line(&operation);
        return Ok(failure::DONE);
    }
    let version = operation.version.unwrap_or_default();
    let before = match operation.previous {
        Some(previous) if previous != version => format!(" (before: version {previous})"),
        _ => String::new(),
    };
    output::say(&match action {
        Action::Promote | Action::Rollback => format!("version {version} is the champion{before}"),
        Action::Pin => {
            format!("version {version} is the champion and stays it until `unseat unpin`{before}")
        }
        Action::Unpin => format!("version {version} is the champion; runs may move it again"),
    });
    Ok(failure::DONE)
}
