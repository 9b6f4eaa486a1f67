//! `runs list|show`.

use crate::model_types::Outcome;
use clap::{Args, Subcommand};

use super::global::Global;
use super::{Failure, Kind, context, failure, output, progress};
use crate::clock::rfc3339;
use crate::registry::{Registry, RunRow, RunState};

#[derive(Debug, Args)]
pub struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// One line per run, newest first
    List {
        /// Most runs to list
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// A run with its whole record
    Show {
        /// Run id, a unique beginning of one, or `latest`
        #[arg(value_name = "RUN", default_value = "latest")]
        run: String,
    },
}

pub async fn runs(global: &Global, args: &RunsArgs) -> Result<u8, Failure> {
    let (_, registry) = context::project(global, &[]).await?;
    let now_ms = context::clock()?.now_ms();
    let usual = RunsCommand::List { limit: 20 };
    match args.command.as_ref().unwrap_or(&usual) {
        RunsCommand::Show { run } => {
            let found = registry.find_runs(run).await?;
            show(global, run, registry.with_the_dead(found, now_ms).await?)?;
        }
        RunsCommand::List { limit } => {
            let model = global.model.as_deref();
            let limit = i64::from(*limit);
            list(global, registry.shown_runs(model, limit, now_ms).await?);
        }
    }
    Ok(failure::DONE)
}

fn list(global: &Global, runs: Vec<RunRow>) {
    if global.json {
        return output::line(&runs);
    }
    let mut rows = vec![
        [
            "run", "model", "by", "started", "took", "outcome", "version",
        ]
        .map(str::to_string)
        .to_vec(),
    ];
    for run in runs {
        let took = run
            .ended_ms
            .map(|ended| progress::duration((ended - run.started_ms) as f64));
        rows.push(vec![
            run.id.into(),
            run.model,
            run.trigger,
            rfc3339(run.started_ms),
            took.unwrap_or_default(),
            came_to(run.state, run.outcome),
            run.version
                .map_or(String::new(), |version| version.to_string()),
        ]);
    }
    output::say(&output::table(&rows));
}

/// What came of a run. One that failed after its verdict shows both.
fn came_to(state: RunState, outcome: Option<Outcome>) -> String {
    match outcome {
        Some(outcome) if state == RunState::Failed => format!("{outcome}, then failed"),
        Some(outcome) => outcome.to_string(),
        None => state.to_string(),
    }
}

/// The only run whose id begins with a text.
///
/// # Errors
/// When there is none, or several.
pub async fn one(registry: &Registry, id: &str) -> Result<RunRow, Failure> {
    only(id, registry.find_runs(id).await?)
}

fn only(id: &str, mut found: Vec<RunRow>) -> Result<RunRow, Failure> {
    match (found.pop(), found.is_empty()) {
        (Some(run), true) => Ok(run),
        (None, _) => {
            let error = anyhow::anyhow!("find a run whose id begins with `{id}`");
            Err(Failure::new(Kind::Data, error).hint("`unseat runs list` shows the ids"))
        }
        (Some(_), false) => {
            let error = anyhow::anyhow!("find one run: several ids begin with `{id}`");
            Err(Failure::new(Kind::Data, error).hint("give more of the id"))
        }
    }
}

fn show(global: &Global, id: &str, found: Vec<RunRow>) -> Result<(), Failure> {
    let run = only(id, found)?;
    if global.json {
        output::line(&run);
        return Ok(());
    }
    let mut rows = vec![
        vec!["run".to_string(), run.id.to_string()],
        vec!["model".to_string(), run.model.clone()],
        vec!["started".to_string(), rfc3339(run.started_ms)],
        vec![
            "ended".to_string(),
            run.ended_ms.map_or("not yet".to_string(), rfc3339),
        ],
        vec!["state".to_string(), run.state.to_string()],
    ];
    rows.extend(
        run.outcome
            .iter()
            .map(|outcome| vec!["outcome".to_string(), outcome.to_string()]),
    );
    rows.extend(
        run.why()
            .iter()
            .map(|why| vec!["error".to_string(), output::plain(why)]),
    );
    output::say(&output::table(&rows));
    if let Some(record) = &run.record {
        output::pretty(record);
    }
    Ok(())
}
