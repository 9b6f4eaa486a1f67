//! The command line: one file per subcommand. Parses, calls the library, prints; decides nothing.
//!
//! stdout is the result, stderr the talk. Every failure is printed once, here, with what to do next.

mod address;
mod adopt;
mod approval;
mod at;
mod backtest;
mod backup;
mod bounded_log;
mod call;
mod champion;
mod client;
mod compare;
mod completions;
mod config;
mod context;
mod database;
mod diagnose;
mod drift;
mod dry_run;
mod entrance;
mod evidence;
mod explain;
mod export;
mod failure;
mod first_runs;
mod gate;
mod gc;
mod global;
mod hints;
mod import;
mod init;
mod interrupt;
mod job_starter;
mod jobs;
mod labels;
mod labels_wanted;
#[cfg(test)]
mod left_out;
mod listener;
mod live;
mod log_start;
mod logs;
mod ml_test_score;
mod models;
mod notify;
mod notify_systemd;
mod opened;
mod outdated;
mod output;
mod policy_file;
mod predict;
mod process;
mod progress;
mod reading;
mod ready;
mod run;
mod running;
mod runs;
mod schedule;
mod serve;
mod service;
mod settings;
mod stages;
mod status;
mod stress;
mod token;
mod train_file;
mod up;
mod up_progress;
mod verify;
mod versions;
mod worker;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use failure::{Failure, Kind};
pub use global::Global;

/// Keep a deployed model good, unattended
///
/// Every run trains a challenger. It goes live only if it unseats the champion, on evidence.
#[derive(Debug, Parser)]
#[command(
    name = "unseat",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a project with sample data
    Init(init::InitArgs),
    /// Check, show or describe the configuration
    Config(config::ConfigArgs),
    /// Run all stages once
    Run(run::RunArgs),
    /// Read the input folder into a dated data set
    Ingest(stages::IngestArgs),
    /// Train a version on the newest data set
    Train(stages::TrainArgs),
    /// Score a version and the champion on the test data
    Score(stages::VersionArgs),
    /// Let the gate decide on a version, and promote it if it says so
    Deploy(stages::DeployArgs),
    /// Draw the plots, page and card of a version
    Report(stages::VersionArgs),
    /// Show summary statistics, missing values, timings and freshness
    Diagnose(diagnose::DiagnoseArgs),
    /// Predict the rows of a file
    Predict(predict::PredictArgs),
    /// Say whether rows are still like those that the champion was trained on
    Drift(drift::DriftArgs),
    /// Take in labels of answers from a file, or show how good the answers were
    Labels(labels::LabelsArgs),
    /// Explain a version, or its prediction for a row
    Explain(explain::ExplainArgs),
    /// Write a version as ONNX or JSON, for other programs
    Export(export::ExportArgs),
    /// Take in another program's model (ONNX) as a challenger
    Import(import::ImportArgs),
    /// Server, schedule and worker in one process
    Up(up::UpArgs),
    /// Serve predictions and diagnostics over HTTP
    Serve(serve::ServeArgs),
    /// Call every endpoint of a running server that changes nothing, and keep the answers
    Call(call::CallArgs),
    /// Ask a running server whether it is ready; exit code 0 if so, for a health check
    Ready(ready::ReadyArgs),
    /// Put a running server under load for a while, and report how it answers
    Stress(stress::StressArgs),
    /// Follow the schedule, look at it, or change it
    Schedule(schedule::ScheduleArgs),
    /// List, show, submit, cancel or retry jobs
    Jobs(jobs::JobsArgs),
    /// Do submitted runs, each in its own process
    Worker(worker::WorkerArgs),
    /// Make a token for the server
    Token(token::TokenArgs),
    /// List or show models
    Models(models::ModelsArgs),
    /// List or show versions
    Versions(versions::VersionsArgs),
    /// List or show runs
    Runs(runs::RunsArgs),
    /// Show on one screen whether anything needs attention
    Status(status::StatusArgs),
    /// Show the log of a run
    Logs(logs::LogsArgs),
    /// Compare two versions
    Compare(compare::CompareArgs),
    /// Say what was live at a time, and what it answers
    At(at::AtArgs),
    /// Put everything that a version rests on into one signed file, or verify such a file
    Evidence(evidence::EvidenceArgs),
    /// Check every stored version and data set against its checksum
    Verify,
    /// Say which of the 28 tests of the ML Test Score are automated
    MlTestScore,
    /// Approve the version that waits for approval
    Approve(approval::ApprovalArgs),
    /// Reject the version that waits for approval
    Reject(approval::ApprovalArgs),
    /// Make a version the champion by hand
    Promote(champion::PromoteArgs),
    /// Make the champion before the present one the champion again
    Rollback(champion::RollbackArgs),
    /// Keep a version the champion until `unpin`
    Pin(champion::PinArgs),
    /// Let runs move the champion again
    Unpin(champion::UnpinArgs),
    /// Test channels, list and send messages
    Notify(notify::NotifyArgs),
    /// Explain a decision, or replay past ones under another policy
    Gate(gate::GateArgs),
    /// Remove what is old, by the settings of `retention`
    Gc(gc::GcArgs),
    /// Write a backup of everything into a folder, while it runs
    Backup(backup::BackupArgs),
    /// Restore a backup over what is there
    Restore(backup::RestoreArgs),
    /// Register versions that are in the folders and that the database does not know
    Adopt(adopt::AdoptArgs),
    /// Look at the database, bring it up to date, or copy it to another place
    Database(database::DatabaseArgs),
    /// Install the project as a service of systemd, or print a line for cron
    Service(service::ServiceArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// Parses the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    let has_feed = matches!(cli.command, Command::Up(_)) && !cli.global.json;
    log_start::start_log(&cli.global, cli.is_server(), has_feed);
    if let Command::Run(args) = &cli.command
        && let Err(failure) = args.limit_memory()
    {
        return failure.print(cli.global.json);
    }
    process::end(cli.answers_requests(), cli.global.json, dispatch(&cli))
}

impl Cli {
    fn answers_requests(&self) -> bool {
        matches!(self.command, Command::Serve(_) | Command::Up(_))
    }

    fn is_server(&self) -> bool {
        let command = &self.command;
        matches!(
            command,
            Command::Serve(_) | Command::Up(_) | Command::Worker(_)
        )
    }
}

async fn dispatch(cli: &Cli) -> Result<u8, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Init(args) => init::init(global, args),
        Command::Config(args) => config::config(global, args).await,
        Command::Run(args) => run::run(global, args).await,
        Command::Ingest(args) => stages::ingest(global, args).await,
        Command::Train(args) => stages::train(global, args).await,
        Command::Score(args) => stages::score(global, args).await,
        Command::Deploy(args) => stages::deploy(global, args).await,
        Command::Report(args) => stages::report(global, args).await,
        Command::Diagnose(args) => diagnose::diagnose(global, args).await,
        Command::Labels(args) => labels::labels(global, args).await,
        Command::Drift(args) => drift::drift(global, args).await,
        Command::Predict(args) => predict::predict(global, args).await,
        Command::Explain(args) => explain::explain(global, args).await,
        Command::Export(args) => export::export(global, args).await,
        Command::Import(args) => import::import(global, args).await,
        Command::Serve(args) => serve::serve(global, args).await,
        Command::Schedule(args) => schedule::schedule(global, args).await,
        Command::Up(args) => up::up(global, args).await,
        Command::Call(args) => call::call(global, args).await,
        Command::Ready(args) => ready::ready(global, args).await,
        Command::Stress(args) => stress::stress(global, args).await,
        Command::Jobs(args) => jobs::jobs(global, args).await,
        Command::Worker(args) => worker::worker(global, args).await,
        Command::Token(args) => token::token(global, args),
        Command::Models(args) => models::models(global, args).await,
        Command::Versions(args) => versions::versions(global, args).await,
        Command::Runs(args) => runs::runs(global, args).await,
        Command::Status(args) => status::status(global, args).await,
        Command::Logs(args) => logs::logs(global, args).await,
        Command::Compare(args) => compare::compare(global, args).await,
        Command::At(args) => at::at(global, args).await,
        Command::Evidence(args) => evidence::evidence(global, args).await,
        Command::Verify => verify::verify(global).await,
        Command::MlTestScore => ml_test_score::score(global).await,
        Command::Approve(args) => approval::approve(global, args).await,
        Command::Reject(args) => approval::reject(global, args).await,
        Command::Promote(args) => champion::promote(global, args).await,
        Command::Rollback(args) => champion::rollback(global, args).await,
        Command::Pin(args) => champion::pin(global, args).await,
        Command::Unpin(args) => champion::unpin(global, args).await,
        Command::Notify(args) => notify::notify(global, args).await,
        Command::Gate(args) => gate::gate(global, args).await,
        Command::Gc(args) => gc::gc(global, args).await,
        Command::Backup(args) => backup::backup(global, args).await,
        Command::Restore(args) => backup::restore(global, args).await,
        Command::Adopt(args) => adopt::adopt(global, args).await,
        Command::Database(args) => database::database(global, args).await,
        Command::Service(args) => service::service(global, args),
        Command::Completions(args) => completions::completions(&mut Cli::command(), args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
