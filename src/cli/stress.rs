//! `stress`: a bounded load of predictions on a running server, and a report of how it answered.
//!
//! Each user keeps one connection and asks for one row after the other, without a pause. A budget that is missed is exit
//! code 1, so that a pipeline can hold a server to it.

mod bodies;
mod load;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use self::report::{Budget, Report};
use super::client::ServerArgs;
use super::global::Global;
use super::{Failure, Kind, failure, output, settings};

#[derive(Debug, Args)]
pub struct StressArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Users at once, each with a connection of its own
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=2000))]
    users: u64,
    /// How long it continues
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Rows to ask for, one a request, in turns: CSV or NDJSON; without it, the example in the server's API document
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,
    /// Fail when more than 1 % of the answers took longer than this
    #[arg(long, value_name = "MS")]
    max_p99: Option<f64>,
    /// Fail when more requests than this were not answered with 200
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_failed: u64,
    /// File to write the report to: .json, else Markdown
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Asks as long as it may, prints the report, and checks it against the budget.
///
/// # Errors
/// The server cannot be reached, the rows cannot be read, or the report cannot be written.
pub async fn stress(global: &Global, args: &StressArgs) -> Result<u8, Failure> {
    let token = args.server.token()?;
    let root = args.server.root(settings::asked_server(global))?;
    let load = load::Load {
        users: args.users,
        time: Duration::from_secs(args.seconds),
    };
    let (rows, url) = (args.rows.clone(), root.clone());
    if !global.quiet {
        let (users, seconds) = (args.users, args.seconds);
        output::talk(&format!("{users} users ask {root} for {seconds} s"));
    }
    // The client waits on its sockets; nothing else has to be done meanwhile.
    let ran = tokio::task::spawn_blocking(move || {
        let token = token.as_deref();
        let bodies = bodies::bodies(&url, token, rows.as_deref())?;
        Ok::<_, Failure>(load.run(&url, token, &bodies))
    });
    let answers = ran
        .await
        .map_err(|error| Failure::new(Kind::Internal, error.into()))??;
    let budget = Budget {
        p99_ms: args.max_p99,
        failed: args.max_failed,
    };
    let report = Report::of(&root, args.users, &answers, &budget);
    if let Some(path) = &args.output {
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        let text = if is_json {
            format!("{:#}\n", serde_json::json!(report))
        } else {
            report.markdown()
        };
        std::fs::write(path, text).map_err(|error| {
            let what = format!("write the report to {}", path.display());
            Failure::new(Kind::Store, anyhow::Error::from(error).context(what))
        })?;
    }
    if global.json {
        output::line(&report);
    } else {
        output::say(&output::table(&report.table()));
        for missed in &report.missed {
            output::say(missed);
        }
    }
    Ok(if report.missed.is_empty() {
        failure::DONE
    } else {
        failure::FAILED
    })
}
