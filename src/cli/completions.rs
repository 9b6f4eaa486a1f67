//! `completions`: a script for a shell, on stdout.

use clap::Args;
use clap_complete::Shell;

use super::{Failure, failure};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub fn completions(command: &mut clap::Command, args: &CompletionsArgs) -> Result<u8, Failure> {
    clap_complete::generate(args.shell, command, "unseat", &mut std::io::stdout());
    Ok(failure::DONE)
}
