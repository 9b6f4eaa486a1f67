//! Flags that every command takes.

use std::path::PathBuf;

use clap::Args;

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Folder of the project, or its config.json
    #[arg(
        short = 'C',
        long,
        global = true,
        value_name = "DIR",
        default_value = "."
    )]
    pub(super) project: PathBuf,
    /// Model to work on, in a project with several
    #[arg(long, global = true, value_name = "NAME", hide = cfg!(not(feature = "train")))]
    pub(super) model: Option<String>,
    /// Setting that overrides the config: --set gate.confidence=0.9
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub(super) settings: Vec<String>,
    /// Print the result as JSON, errors included
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Say more on stderr; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Form of the log on stderr
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        default_value = "text"
    )]
    pub(super) log_format: LogFormat,
    /// End the log when it is as large as the log of a run may become
    #[arg(long, global = true, hide = true)]
    pub(super) bounded_log: bool,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}
