//! What helps when a run or a stage could not continue.

use super::hint_on_artifacts;
use super::project::{HOW_TIMES, full_disk, hint_on_data};
use crate::cli::failure::{Failure, Kind};
use crate::{data, pipeline};

impl From<pipeline::Error> for Failure {
    fn from(error: pipeline::Error) -> Self {
        use pipeline::Error as E;
        if pipeline::is_disk_full(&error) {
            return full_disk(error.into());
        }
        let (kind, hint) = match error {
            E::Blocked { .. } => (
                Kind::Data,
                Some(
                    "the champion stays as it was; fix the data, or set the `severity` of the check below `checks` in config.json to `warn`",
                ),
            ),
            E::Registry(inner) => return inner.into(),
            E::NoInput { .. } => (
                Kind::Data,
                Some(
                    "put CSV, JSON or Parquet files there, or name another folder with `--input DIR`",
                ),
            ),
            E::NoTestData { .. } => (
                Kind::Data,
                Some(
                    "`test_data_path` names the folder; it needs rows with every column of the data set",
                ),
            ),
            #[cfg(feature = "spark")]
            E::Engine(crate::engine::Error::Input(_)) => (
                Kind::Data,
                Some(
                    "docs/engine.md says which files the engine takes; `engine.kind: local` takes more",
                ),
            ),
            #[cfg(feature = "spark")]
            E::Engine(_) => (
                Kind::Store,
                Some("the champion stays as it was; docs/engine.md says what the engine needs"),
            ),
            E::NoEngine(_) => (
                Kind::Store,
                Some("docs/engine.md says how the program is built and a server is started"),
            ),
            E::Split(_) => (
                Kind::Data,
                Some("add rows, or set `split.kind` to `random` or another `split.validation`"),
            ),
            E::Unscorable {
                role: "champion", ..
            } => (
                Kind::Data,
                Some(
                    "bring the columns back, or give the new data another `name` and with it a champion of its own",
                ),
            ),
            E::Unscorable { .. } => (
                Kind::Data,
                Some(
                    "the test data needs every column of the data set; add them, or name them in `drop`",
                ),
            ),
            E::Dataset { .. } => (
                Kind::Store,
                Some("the file was changed or removed; `unseat run --force` makes a new data set"),
            ),
            E::NoColumn { .. } => (Kind::Data, Some("name a column that is in the files")),
            E::Target { .. } => (
                Kind::Data,
                Some("`target` and `positive_class` in config.json say what is predicted"),
            ),
            E::Lost(ref lost) => {
                let next = lost.next.clone();
                return Failure::new(Kind::Data, error.into()).hint(next);
            }
            E::NoVersion(_)
            | E::NoChampion(_)
            | E::NoPreviousChampion { .. }
            | E::NotWaiting { .. }
            | E::AlreadyChampion { .. }
            | E::NoDataset(_)
            | E::NotMade { .. }
            | E::NoPredictions { .. }
            | E::NoCandidate { .. }
            | E::Incomparable(_)
            | E::Backtest(_)
            | E::Rename { .. }
            | E::VersionName { .. }
            | E::Backup(_)
            | E::Interrupted { .. } => (Kind::Data, None),
            E::Import { .. } | E::ImportedData { .. } => (
                Kind::Data,
                Some(
                    "docs/export.md says which models can be imported; `--dry-run` tries one without a trace",
                ),
            ),
            E::Kept { .. } => (
                Kind::Data,
                Some("`unseat versions` shows how far each came"),
            ),
            E::Shared { .. } => (
                Kind::Config,
                Some("put the folders of the other model in config.json elsewhere"),
            ),
            E::Data(data::Error::BadFile { .. }) => (
                Kind::Data,
                Some("fix or remove the file, or set `ingest.on_bad_file` to `quarantine`"),
            ),
            E::Data(ref error) => (Kind::Data, Some(hint_on_data(error))),
            E::Relate(_) => (
                Kind::Data,
                Some(
                    "`related` in config.json says which files and columns belong together; docs/related.md shows how",
                ),
            ),
            E::Features(crate::features::Error::NothingToLearnFrom(_)) => (
                Kind::Data,
                Some("add columns that vary, or take some out of `drop`"),
            ),
            E::Features(crate::features::Error::Derive { .. }) => (
                Kind::Data,
                Some(
                    "fix `derive` in config.json, or the data; docs/features.md has what an expression may say",
                ),
            ),
            E::Features(crate::features::Error::Times { .. }) => (Kind::Data, Some(HOW_TIMES)),
            E::Features(_) => (
                Kind::Data,
                Some("the data needs every column that the model was trained on"),
            ),
            E::Learn(_) => (
                Kind::Data,
                Some(
                    "look at the columns with `unseat diagnose`; huge or single outliers in one of them are the usual reason, and `drop` leaves it out",
                ),
            ),
            E::Bundle {
                source: crate::bundle::Error::Newer { .. },
                ..
            } => (
                Kind::Store,
                Some("install the program version that made it, or a newer one"),
            ),
            E::Bundle { .. } => (
                Kind::Store,
                Some(
                    "bring the file back from a backup or from `prod_deployment_path`, or the champion before it with `unseat rollback`",
                ),
            ),
            E::FreshBundle(_) | E::Report(_) => (
                Kind::Internal,
                Some("please report this, with the output of `unseat config show`"),
            ),
            E::Artifacts(ref error) => (Kind::Store, Some(hint_on_artifacts(error))),
            E::Production { ref source, .. }
                if source.kind() == std::io::ErrorKind::ResourceBusy =>
            {
                (
                    Kind::Store,
                    Some(
                        "a mount point cannot be swapped: name a folder below it in `prod_deployment_path`, or mount the folder above",
                    ),
                )
            }
            E::Production { .. } => (
                Kind::Store,
                Some(
                    "check that you may write there and that the disk has room; the registry says who is champion, and the next run makes the copy",
                ),
            ),
            E::Disk { .. } => (
                Kind::Store,
                Some("check that you may write there and that the disk has room"),
            ),
            E::NoRoom { .. } => (
                Kind::Store,
                Some(
                    "make room, or keep less: `unseat gc --dry-run` shows what would go, and docs/operations.md how to keep less; the champion is what it was",
                ),
            ),
            E::Stored { .. } => (
                Kind::Store,
                Some("the file was changed by another program: restore it from a backup"),
            ),
            E::Planned(_) => (Kind::Internal, None),
        };
        let failure = Failure::new(kind, error.into());
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
