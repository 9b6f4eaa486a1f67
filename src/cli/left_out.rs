//! The commands that the build which only serves leaves out, so that it names the program that has them.

/// Commands of the full program that the small one has not.
pub const LEFT_OUT: &[&str] = &[
    "adopt",
    "approve",
    "at",
    "backup",
    "call",
    "compare",
    "completions",
    "config",
    "database",
    "deploy",
    "diagnose",
    "drift",
    "evidence",
    "explain",
    "export",
    "gate",
    "gc",
    "import",
    "ingest",
    "init",
    "jobs",
    "labels",
    "logs",
    "ml-test-score",
    "models",
    "notify",
    "pin",
    "predict",
    "promote",
    "reject",
    "report",
    "restore",
    "rollback",
    "run",
    "runs",
    "schedule",
    "score",
    "service",
    "status",
    "stress",
    "train",
    "unpin",
    "up",
    "verify",
    "versions",
    "worker",
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::LEFT_OUT;
    use crate::cli::Cli;

    #[test]
    fn every_command_is_either_there_or_named_as_left_out() {
        let command = Cli::command();
        let mut all: Vec<&str> = command.get_subcommands().map(|it| it.get_name()).collect();
        let mut known = [LEFT_OUT, &["serve", "ready", "token"]].concat();
        all.sort_unstable();
        known.sort_unstable();
        assert_eq!(all, known);
    }
}
