//! `completions`: a script for a shell, on stdout.

use clap::Args;
use clap_complete::Shell;

use super::{Failure, failure, output};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub fn completions(command: &mut clap::Command, args: &CompletionsArgs) -> Result<u8, Failure> {
    // Written to memory first: the generator panics where it cannot write, on a pipe whose reader has seen enough.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "unseat", &mut script);
    output::say(String::from_utf8_lossy(&script).trim_end());
    Ok(failure::DONE)
}
