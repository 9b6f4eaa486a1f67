//! How files are read, by the settings and by what the machine has.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use crate::config::ModelConfig;
use crate::data::rules::Rule;
use crate::data::{ReadOptions, Scan, Schema};
use crate::pipeline::error::{Error, no_test_data};

/// How files are read, by the settings.
pub fn read_options(config: &ModelConfig, dedupe: bool) -> ReadOptions {
    ReadOptions {
        null_values: config.ingest.null_values.clone(),
        on_bad_file: config.ingest.on_bad_file,
        kinds: config
            .schema
            .iter()
            .filter_map(|(column, rule)| Some((column.clone(), rule.kind()?)))
            .collect(),
        rules: rules_of(config),
        dedupe,
        text: config.ingest.text(),
        head: None,
        drop: config.drop.clone(),
        most_bytes: most_bytes(config),
        young: None,
        ..ReadOptions::default()
    }
}

/// How the files of test data are read: columns in the kinds of the data set, where the settings name none.
///
/// # Errors
/// When there is no file.
pub fn test_options(
    config: &ModelConfig,
    scan: &Scan,
    like: &Schema,
) -> Result<ReadOptions, Error> {
    if scan.files.is_empty() {
        let why = "the folder has no data file; put labelled rows there that are never trained on";
        return Err(no_test_data(config, why.to_string()));
    }
    let mut options = read_options(config, false);
    for column in &like.columns {
        let name = column.name.clone();
        options.kinds.entry(name).or_insert(column.kind);
    }
    Ok(options)
}

/// Bytes of memory that one file may need.
fn most_bytes(config: &ModelConfig) -> Option<u64> {
    const MB: u64 = 1 << 20;
    let of_machine = || {
        let info = rustix::system::sysinfo();
        let all = info.totalram.checked_mul(u64::from(info.mem_unit))?;
        // What a container may use is less.
        let bound = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
        let bound = bound.and_then(|text| text.trim().parse::<u64>().ok());
        Some(all.min(bound.unwrap_or(u64::MAX)) / 2)
    };
    config
        .ingest
        .max_file_mb
        .map(|most| most.saturating_mul(MB))
        .or_else(of_machine)
}

/// A file that ends in the middle waits for this long after its last change; then it is taken for broken.
const UNFINISHED: Duration = Duration::from_secs(600);

/// The rules that the settings enforce.
pub fn rules_of(config: &ModelConfig) -> Vec<Rule> {
    let schema = config.schema.iter();
    schema
        .filter_map(|(column, rule)| rule.rule(column))
        .collect()
}

/// A clock that is read may be so much behind that of the disk.
const BEHIND: Duration = Duration::from_secs(60);

/// When a file was changed that may still be being written.
pub fn young(now: SystemTime) -> Option<RangeInclusive<SystemTime>> {
    Some(now.checked_sub(UNFINISHED)?..=now.checked_add(BEHIND)?)
}
