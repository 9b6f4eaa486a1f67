//! How the files of a model are read: for `ingest --dry-run`, which reads all of them, and `config check`, which reads their
//! beginnings.

use serde_json::{Value, json};

use super::global::Global;
use super::{Failure, failure, output};
use crate::config::ModelConfig;
use crate::data::{self, FolderRead};
use crate::pipeline;
use crate::text::counted;

/// Bytes of each CSV file that `config check` reads.
const HEAD: u64 = 1 << 20;

/// Reads a model's input folder; `head` reads the beginning of each CSV file only.
fn read(config: &ModelConfig, head: bool) -> Result<FolderRead, data::Error> {
    let scan = data::scan(&config.input_folder.here())?;
    let mut options = pipeline::read_options(config, false);
    options.head = head.then_some(HEAD);
    // What is bad is reported with the rest.
    options.on_bad_file = data::OnBadFile::Quarantine;
    data::read(&config.input_folder.here(), &scan, &options, None)
}

/// Prints how the input folder is read, and writes nothing.
pub fn dry_run(global: &Global, config: &ModelConfig) -> Result<u8, Failure> {
    if let Some(lines) = of_tables(config) {
        lines.iter().for_each(|line| output::say(line));
        return Ok(failure::DONE);
    }
    let read = read(config, false)?;
    if global.json {
        output::line(&as_json(&read));
        return Ok(failure::DONE);
    }
    lines(&read).iter().for_each(|line| output::say(line));
    if read.files.is_empty() && read.quarantined.is_empty() {
        let scan = data::scan(&config.input_folder.here())?;
        output::say(&format!("note: {}", pipeline::no_file(config, &scan)));
    }
    output::say(&format!(
        "{} row{} from {} would be taken in; nothing was written",
        output::thousands(read.rows_read),
        if read.rows_read == 1 { "" } else { "s" },
        counted(read.files.len() as u64, "file")
    ));
    Ok(failure::DONE)
}

/// How the input folder would be read, as far as the beginnings of its files tell; nothing where it cannot be read.
pub fn lines_of(config: &ModelConfig) -> Vec<String> {
    if let Some(lines) = of_tables(config) {
        return lines;
    }
    // Notes and bad files are reported by the preview.
    read(config, true).map_or_else(|_| Vec::new(), |read| read.plan.lines())
}

/// The same as JSON; `null` where it cannot be read.
pub fn json_of(config: &ModelConfig) -> Value {
    if of_tables(config).is_some() {
        return Value::Null;
    }
    read(config, true).map_or(Value::Null, |read| json!(read.plan))
}

/// Several tables have no one plan.
fn of_tables(config: &ModelConfig) -> Option<Vec<String>> {
    let related = config.related.as_ref()?;
    let line = format!(
        "the files are read as {} tables, as `related` says",
        related.tables.len()
    );
    Some(vec![line])
}

fn lines(read: &FolderRead) -> Vec<String> {
    let mut lines = read.plan.lines();
    lines.extend(read.quarantined.iter().map(pipeline::quarantine_line));
    lines.extend(read.notes.iter().map(|note| format!("note: {note}")));
    lines
}

fn as_json(read: &FolderRead) -> Value {
    json!({
        "plan": read.plan,
        "quarantined": read.quarantined,
        "unsettled": read.unsettled,
        "notes": read.notes,
        "rows": read.rows_read,
    })
}
