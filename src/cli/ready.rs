//! `ready`: asks a running server whether it is ready. A container's health check, where there is no other client.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::client::{self, ServerArgs};
use super::global::Global;
use super::{Failure, Kind, failure, output, settings};

#[derive(Debug, Args)]
pub struct ReadyArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Longest wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

/// Prints what `/readyz` answers.
///
/// # Errors
/// No server answers there, or it says that it is not ready.
pub async fn ready(global: &Global, args: &ReadyArgs) -> Result<u8, Failure> {
    let root = args.server.root(settings::asked_server(global))?;
    let patience = Duration::from_secs(args.timeout);
    let target = format!("{root}/readyz");
    let asked = tokio::task::spawn_blocking(move || -> Result<(u16, String), ureq::Error> {
        let mut answer = client::agent(patience).get(&target).call()?;
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().read_to_string()?))
    });
    let answered = asked
        .await
        .map_err(|error| Failure::new(Kind::Internal, error.into()))?;
    let (status, said) = answered.map_err(|error| {
        let error = anyhow::Error::from(error).context(format!("reach the server at {root}"));
        Failure::new(Kind::Store, error)
            .hint("start it with `unseat serve`, or say where it is with `--url URL`")
    })?;
    let (said, is_ready) = (said.trim(), status == 200);
    if global.json {
        output::line(&json!({"url": root, "ready": is_ready, "status": status, "answer": said}));
    } else {
        output::say(&output::plain(said));
    }
    Ok(if is_ready {
        failure::DONE
    } else {
        failure::FAILED
    })
}
