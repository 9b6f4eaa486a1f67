//! Ingest by an engine: it reads, types, drops exact duplicates, writes and verifies; a sample comes to this machine, where it stands for
//! the data set wherever rows are looked at. The heads of the files are read here, for their layout alone.

use crate::data::Scan;
use crate::model_types::RunId;
use crate::pipeline::Env;
use crate::pipeline::dataset::Dataset;
use crate::pipeline::error::Error;

#[cfg(not(feature = "spark"))]
pub(super) async fn read(_: &Env, _: &RunId, _: &Scan) -> Result<Dataset, Error> {
    Err(crate::pipeline::engine::not_built_in())
}

#[cfg(feature = "spark")]
pub(super) use by_engine::read;
#[cfg(feature = "spark")]
pub use by_engine::{Seen, same_as_scanned, seen};

#[cfg(feature = "spark")]
mod by_engine {
    use std::path::Path;

    use super::{Dataset, Env, Error, RunId, Scan};
    use crate::data::{self, FilePlan, FileRead, Quarantined, ReadOptions, ReadingPlan, Schema};
    use crate::engine::{self, FileForm, Ingested, Input, SourceFile, engine_path};
    use crate::model_types::Location;
    use crate::pipeline::Event;
    use crate::pipeline::dataset::{DatasetRecord, EngineRecord, Parts, quarantine_line};
    use crate::pipeline::engine::{folder_of, open};
    use crate::pipeline::engine_input::{HEAD, changed, folder_of_heads};
    use crate::pipeline::ingest::named::check_columns;
    use crate::pipeline::ingest::options::read_options;
    use crate::pipeline::ingest::{data_hash, dataset_of, nothing_usable, without};

    /// Files as they look by their heads.
    pub struct Seen {
        /// Those that the engine reads.
        pub files: Vec<SourceFile>,
        /// Their columns, in the order of the data set.
        pub names: Vec<String>,
        /// Those that cannot be used.
        pub quarantined: Vec<Quarantined>,
        /// Those that wait for the next run.
        pub unsettled: Vec<String>,
    }

    /// Looks at the heads of the files of a place, which are in a folder of this machine.
    ///
    /// # Errors
    /// When one cannot be read, or has a layout that the engine cannot read.
    pub fn seen(
        (place, folder): (&Location, &Path),
        scan: &Scan,
        options: &ReadOptions,
    ) -> Result<Seen, Error> {
        let options = ReadOptions {
            head: Some(HEAD),
            columns_alone: place.folder().is_none(),
            ..options.clone()
        };
        let heads = data::read(folder, scan, &options, None)?;
        let names = heads.schema.names().into_iter();
        Ok(Seen {
            files: sources(place, &heads.plan)?,
            names: names.map(str::to_string).collect(),
            quarantined: heads.quarantined,
            unsettled: heads.unsettled,
        })
    }

    /// Whether the engine read what was scanned: files that are written meanwhile would stand under the hash of what they held.
    ///
    /// # Errors
    /// Names a file that was changed; when a store cannot be listed.
    pub async fn same_as_scanned(
        place: &Location,
        scan: &Scan,
        files: &[SourceFile],
    ) -> Result<(), Error> {
        let paths = files.iter().map(|file| file.path.as_str());
        match changed(place, scan, paths).await? {
            None => Ok(()),
            Some(path) => Err(unlike(&format!(
                "{path} was changed while it was read; run again once it is whole"
            ))),
        }
    }

    /// Has the scanned files read, and fetches the sample.
    pub async fn read(env: &Env, run: &RunId, scan: &Scan) -> Result<Dataset, Error> {
        let config = &env.config;
        let options = read_options(config, false);
        let Seen {
            files,
            names,
            quarantined,
            unsettled,
        } = seen(
            (&config.input_folder, &folder_of_heads(&config.input_folder)),
            scan,
            &options,
        )?;
        let mut record = DatasetRecord {
            quarantined,
            unsettled,
            ..DatasetRecord::default()
        };
        for file in &record.quarantined {
            env.tell(Event::Warning(quarantine_line(file)));
        }
        if files.is_empty() {
            return Err(nothing_usable(config, scan, &record));
        }
        let folder = format!("finaldata_{run}.engine");
        let to = folder_of(config, &folder)?;
        let session = open(config)?;
        let input = Input {
            files: &files,
            names: &names,
            nulls: &options.null_values,
            kinds: &options.kinds,
        };
        let made = engine::ingest(&session, &input, &to)?;
        same_as_scanned(&config.input_folder, scan, &files).await?;
        if made.rows == 0 {
            return Err(nothing_usable(config, scan, &record));
        }
        let most = config.engine.sample_rows;
        let sample = engine::sample(&session, &to, &made.columns, made.rows, most)?;
        record.files = taken(scan, &files, &made);
        record.rows_read = made.rows_read.iter().sum();
        record.duplicates = record.rows_read.saturating_sub(made.rows);
        record.non_finite = made.non_finite;
        record.engine = Some(EngineRecord {
            kind: "spark".to_string(),
            folder,
            rows: made.rows,
            sample_rows: sample.frame.height() as u64,
            sample_millionths: sample.millionths,
        });
        check_columns(config, &sample.frame)?;
        let schema = Schema::of(&sample.frame);
        let parts = Parts {
            row_hashes: data::row_hashes(&sample.frame, &schema.names())?,
            frame: sample.frame,
            record,
        };
        let read = without(&scan.clone().into(), &parts.record.unsettled);
        // What was seen before counts with `accumulate` alone, which the engine has not.
        let hash = data_hash(config, &read, &[]);
        let mut dataset = dataset_of(env, run, hash, parts)?;
        dataset.record.rows = made.rows;
        Ok(dataset)
    }

    fn taken(scan: &Scan, files: &[SourceFile], made: &Ingested) -> Vec<FileRead> {
        let scanned = |path: &str| scan.files.iter().find(|it| it.path == path);
        let files = files.iter().zip(&made.rows_read);
        files
            .filter_map(|(file, rows)| {
                let scanned = scanned(&file.path)?;
                Some(FileRead {
                    path: file.path.clone(),
                    sha256: scanned.sha256.clone(),
                    bytes: scanned.bytes,
                    rows: *rows,
                })
            })
            .collect()
    }

    /// The files of a folder as the engine reads them.
    fn sources(place: &Location, plan: &ReadingPlan) -> Result<Vec<SourceFile>, Error> {
        for column in plan
            .columns
            .iter()
            .filter(|column| column.kind.is_numeric())
        {
            if let Some(form) = column.forms.first() {
                return Err(unlike(&format!(
                    "column `{}` has numbers in a form of their own ({form}); write them plainly, or say in `schema` that it is text",
                    column.name
                )));
            }
        }
        plan.files.iter().map(|file| source(place, file)).collect()
    }

    fn unlike(why: &str) -> Error {
        Error::Engine(engine::Error::Input(why.to_string()))
    }

    fn source(place: &Location, file: &FilePlan) -> Result<SourceFile, Error> {
        let reject = |what: &str| {
            Err(unlike(&format!(
                "{} {what}; the engine takes CSV in UTF-8 with the header in line 1, and Parquet",
                file.path
            )))
        };
        if file.path.split('/').any(|part| part.contains('=')) {
            return reject("is in a folder named key=value, which is a column");
        }
        let form = match (file.format.as_str(), file.separator.as_deref()) {
            ("parquet", _) => FileForm::Parquet,
            ("csv", Some(separator)) => match separator.trim_matches('`') {
                "tab" => FileForm::Csv(b'\t'),
                one if one.len() == 1 => FileForm::Csv(one.as_bytes()[0]),
                _ => return reject("has fields separated by no single character"),
            },
            (other, _) => return reject(&format!("is {other}")),
        };
        if let FileForm::Csv(_) = form {
            let encoding = file.encoding.as_deref().unwrap_or("UTF-8");
            if let Some(how) = &file.compression {
                return reject(&format!("is compressed by {how}"));
            }
            if !encoding.to_ascii_uppercase().starts_with("UTF-8") {
                return reject(&format!("is written in {encoding}"));
            }
            let is_plain = file.header_line == Some(1)
                && file.title_lines == 0
                && file.comment_lines == 0
                && file.headers_again == 0;
            if !is_plain {
                return reject("has titles, comments, a repeated header or none");
            }
        }
        Ok(SourceFile {
            path: file.path.clone(),
            url: engine_path(place, &file.path)?,
            form,
            columns: file.columns.clone(),
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[tokio::test]
        async fn a_file_that_changed_under_the_engine_is_named() {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("a.csv");
            std::fs::write(&file, "x,y\n1,2\n").expect("writes");
            let scan = data::scan(folder.path()).expect("scans");
            let place = Location::Folder(folder.path().to_path_buf());
            let looked = seen((&place, folder.path()), &scan, &ReadOptions::default());
            let looked = looked.expect("looks");
            assert_eq!(looked.names, ["x", "y"]);
            same_as_scanned(&place, &scan, &looked.files)
                .await
                .expect("as it was");
            std::fs::write(&file, "x,y\n1,2\n3,4\n").expect("writes");
            let changed = same_as_scanned(&place, &scan, &looked.files).await;
            let says = changed.expect_err("it changed").to_string();
            assert!(
                says.contains("a.csv was changed while it was read"),
                "{says}"
            );
        }
    }
}
