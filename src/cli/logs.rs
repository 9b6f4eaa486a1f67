//! `logs`: the log of a run, as far as it goes.

use clap::Args;

use super::{Failure, Global, Kind, context, failure, output};
use crate::overview;
use crate::pipeline::run_log;

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Run id, a unique beginning of one, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    run: String,
    /// Most lines to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 200)]
    lines: u32,
}

pub async fn logs(global: &Global, args: &LogsArgs) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let row = super::runs::one(&registry, &args.run).await?;
    let Some(model) = config.models.get(&row.model).cloned() else {
        let error = anyhow::anyhow!("find the model `{}` of run {}", row.model, row.id);
        return Err(Failure::new(Kind::Data, error).hint("config.json does not name it any more"));
    };
    let env = context::env(global, &registry, model).await?;
    let now_ms = env.clock.now_ms();
    let shown = registry.with_the_dead(vec![row.clone()], now_ms).await?;
    let row = shown.into_iter().next().unwrap_or(row);
    crate::pipeline::fetch_log(&env.config, &row.id).await;
    let run = overview::run_status(&env, &row, args.lines as usize)?;
    registry.close().await;
    if global.json {
        output::line(&run);
        return Ok(failure::DONE);
    }
    if run.log.is_empty() {
        let path = run_log(&config.project, &row.id);
        let error = anyhow::anyhow!("find the log of run {}, {}", row.id, path.display());
        return Err(Failure::new(Kind::Data, error).hint(
            "runs of the schedule, of jobs and of the API keep a log until it is cleared away; a run by hand writes to its terminal",
        ));
    }
    for (at, level, message) in &run.log {
        let at = at.get(11..19).unwrap_or(at);
        let level = match level.as_str() {
            "info" | "" => String::new(),
            other => format!("{other}: "),
        };
        output::say(&format!("{at}  {level}{}", output::plain(message)));
    }
    Ok(failure::DONE)
}
