//! `approve`, `reject`: what becomes of a version that waits for approval (`gate.approval: manual`).

use clap::Args;
use serde_json::json;

use super::global::Global;
use super::{Failure, context, failure, output};
use crate::model_types::VersionNumber;
use crate::pipeline;

#[derive(Debug, Args)]
pub struct ApprovalArgs {
    /// The version that is meant; without it, the one that waits
    #[arg(value_name = "VERSION")]
    version: Option<VersionNumber>,
    /// Why; kept with the version
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    reason: String,
}

pub async fn approve(global: &Global, args: &ApprovalArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let done = pipeline::approve(&env, args.version, &args.reason, &context::actor()).await;
    env.registry.close().await;
    let operation = done?;
    if global.json {
        output::line(&operation);
    } else {
        let version = operation.version.unwrap_or_default();
        output::say(&format!("approved: version {version} is the champion"));
    }
    Ok(failure::DONE)
}

pub async fn reject(global: &Global, args: &ApprovalArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let done = pipeline::reject(&env, args.version, &args.reason, &context::actor()).await;
    env.registry.close().await;
    let version = done?;
    if global.json {
        output::line(&json!({"version": version, "verdict": "reject"}));
    } else {
        output::say(&format!(
            "rejected: version {version} does not become the champion"
        ));
    }
    Ok(failure::DONE)
}
