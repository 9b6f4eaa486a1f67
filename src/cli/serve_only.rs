//! The command line of the build that serves bundles and nothing else. It stands in the place of `mod.rs` where the program is built
//! without the feature `train`.

mod address;
mod bounded_log;
mod client;
mod entrance;
mod failure;
mod global;
mod hints;
mod left_out;
mod listener;
mod log_start;
mod notify_systemd;
mod opened;
mod output;
mod process;
mod ready;
mod serve_bundle;
mod settings;
mod token;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

pub use failure::{Failure, Kind};
pub use global::Global;

/// Serve predictions of a model that `unseat` trained
///
/// This build serves bundles and nothing else: no training, no project, no database.
#[derive(Debug, Parser)]
#[command(
    name = "unseat",
    version = concat!(env!("CARGO_PKG_VERSION"), " (serves only)"),
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
    /// Serve predictions and diagnostics over HTTP
    Serve(serve_bundle::ServeArgs),
    /// Ask a running server whether it is ready; exit code 0 if so, for a health check
    Ready(ready::ReadyArgs),
    /// Make a token for the server
    Token(token::TokenArgs),
}

/// Parses the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            return match left_out_command(&error) {
                Some(failure) => failure.print(failure::is_json_asked()),
                None => failure::usage(&error),
            };
        }
    };
    let is_server = matches!(cli.command, Command::Serve(_));
    log_start::start_log(&cli.global, is_server, false);
    process::end(is_server, cli.global.json, dispatch(&cli))
}

async fn dispatch(cli: &Cli) -> Result<u8, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Serve(args) => serve_bundle::serve(global, args).await,
        Command::Ready(args) => ready::ready(global, args).await,
        Command::Token(args) => token::token(global, args),
    }
}

/// What is said of a command line that names one of them; `None` of any other that cannot be read.
fn left_out_command(error: &clap::Error) -> Option<Failure> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    left_out::LEFT_OUT.contains(&name.as_str()).then(|| {
        let failure = Failure::usage(format!("do `unseat {name}`: this build of the program only serves"));
        failure.hint(
            "the full program has it: `cargo build --release` without `--no-default-features`, or the image of Dockerfile",
        )
    })
}
