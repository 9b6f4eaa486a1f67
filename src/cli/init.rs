//! `init DIR`: a project that runs, with sample data made from a seed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::global::Global;
use super::{Failure, Kind, failure, output};
use crate::sample;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to make the project in
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Which sample data
    #[arg(long, value_enum, default_value = "attrition")]
    sample: SampleKind,
    /// Rows per file (attrition), rows to train on altogether (wide), or clients to train on (referrals)
    #[arg(long, value_name = "N", default_value_t = 3000)]
    rows: u32,
    /// Columns, the target included (wide)
    #[arg(long, value_name = "N", default_value_t = 24)]
    columns: u32,
    /// Seed of the sample data
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
}

/// The sample data there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum SampleKind {
    /// Companies that leave or stay, before and after a change of prices
    Attrition,
    /// Many rows of numbers, for measuring
    Wide,
    /// Several tables: who is referred to an aid organisation, and how often they will come again
    Referrals,
}

/// Parts of the wide sample's training rows.
const WIDE_PARTS: u64 = 4;

pub fn init(global: &Global, args: &InitArgs) -> Result<u8, Failure> {
    let occupied = ["config.json", "practicedata", "sourcedata", "testdata"];
    if let Some(taken) = occupied.iter().find(|name| args.dir.join(name).exists()) {
        let error = anyhow::anyhow!(
            "make a project in {}: `{taken}` is already there",
            args.dir.display()
        );
        return Err(Failure::new(Kind::Usage, error).hint("name an empty or a new folder"));
    }
    let written = match args.sample {
        SampleKind::Attrition => attrition(args),
        SampleKind::Wide => wide(args),
        SampleKind::Referrals => referrals(args),
    };
    let files = written.map_err(|error| {
        let context = format!("make a project in {}", args.dir.display());
        Failure::new(Kind::Store, anyhow::Error::from(error).context(context))
            .hint("check that you may write there and that the disk has room")
    })?;
    if global.json {
        output::line(&serde_json::json!({"project": args.dir, "files": files}));
    } else {
        files
            .iter()
            .for_each(|file| output::say(&format!("made {}", args.dir.join(file).display())));
        output::say(&format!("next: unseat up -C {}", args.dir.display()));
    }
    Ok(failure::DONE)
}

fn attrition(args: &InitArgs) -> io::Result<Vec<String>> {
    let mut files = vec![project_file(&args.dir, &settings("attrition"))?];
    for file in sample::attrition(args.rows, args.seed) {
        files.push(write(&args.dir, file.path, &file.contents)?);
    }
    Ok(files)
}

fn referrals(args: &InitArgs) -> io::Result<Vec<String>> {
    let mut config = settings("referrals");
    config["input_folder_path"] = "sourcedata".into();
    config["related"] = sample::related();
    config["task"] = "regression".into();
    config["learner"] = serde_json::json!({
        "kind": "extra_trees", "trees": 120, "min_leaf_rows": 10, "feature_share": 0.4,
    });
    let mut files = vec![project_file(&args.dir, &config)?];
    for file in sample::referrals(args.rows, args.seed) {
        files.push(write(&args.dir, file.path, &file.contents)?);
    }
    Ok(files)
}

fn wide(args: &InitArgs) -> io::Result<Vec<String>> {
    let mut files = vec![project_file(&args.dir, &settings("wide"))?];
    let rows = u64::from(args.rows);
    for part in 0..WIDE_PARTS {
        let here = rows / WIDE_PARTS + u64::from(part < rows % WIDE_PARTS);
        files.push(write_wide(
            args,
            &format!("practicedata/part_{}.csv", part + 1),
            here,
            part,
        )?);
    }
    files.push(write_wide(
        args,
        "testdata/testdata.csv",
        rows / WIDE_PARTS,
        WIDE_PARTS,
    )?);
    Ok(files)
}

fn write_wide(args: &InitArgs, name: &str, rows: u64, part: u64) -> io::Result<String> {
    let path = prepare(&args.dir, name)?;
    let mut file = fs::File::create(path)?;
    sample::wide(rows, args.columns, args.seed + part, &mut file)?;
    Ok(name.to_string())
}

/// The settings that every sample has.
fn settings(name: &str) -> serde_json::Value {
    serde_json::json!({
        "name": name,
        "input_folder_path": "practicedata",
        "output_folder_path": "ingesteddata",
        "test_data_path": "testdata",
        "output_model_path": "models",
        "prod_deployment_path": "production_deployment",
        "schedule": {"cron": "*/10 * * * *"},
    })
}

/// `config.json`, the folder of the champion's copy, and what git leaves alone.
fn project_file(dir: &Path, config: &serde_json::Value) -> io::Result<String> {
    let text = format!("{config:#}\n");
    if !dir.join(".gitignore").exists() {
        write(
            dir,
            ".gitignore",
            b"/ingesteddata/\n/models/\n/unseat.db*\n/logs/\n/predictionlog*/\n/audit.ndjson*\n/models_data/\n",
        )?;
    }
    write(dir, "production_deployment/.gitignore", b"*\n!.gitignore\n")?;
    write(dir, "config.json", text.as_bytes())
}

fn write(dir: &Path, name: &str, contents: &[u8]) -> io::Result<String> {
    fs::write(prepare(dir, name)?, contents)?;
    Ok(name.to_string())
}

fn prepare(dir: &Path, name: &str) -> io::Result<PathBuf> {
    let path = dir.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(path)
}
