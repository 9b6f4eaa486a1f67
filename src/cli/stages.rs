//! `ingest`, `train`, `score`, `deploy`, `report`: one stage each, on what is stored.

use std::path::PathBuf;

use clap::Args;

use super::global::Global;
use super::run::show;
use super::{Failure, context, failure, interrupt, reading, train_file};
use crate::pipeline::{self, Env, Error, RunReport};

#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Folder with the source files, instead of `input_folder_path`
    #[arg(long, value_name = "DIR")]
    input: Option<String>,
    /// Read everything, print how files and columns are read, and write nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Train on this file, or on a folder of files, and write the model to `--output`: no version, no gate, no database
    #[arg(value_name = "FILE", requires = "output")]
    file: Option<PathBuf>,
    /// File to write the model of FILE to
    #[arg(short, long, value_name = "OUT", requires = "file")]
    output: Option<PathBuf>,
    /// Give the version a name, like `v0`, by which commands and `/v0/predict` know it, too
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    version_name: Option<String>,
    /// Also write the transformed matrices to DIR/train.parquet and DIR/test.parquet
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    matrix: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct VersionArgs {
    /// Version to work on: a number, `latest` or `champion`
    #[arg(value_name = "VERSION", default_value = "latest")]
    version: String,
    /// Version to work on, as in `predict`
    #[arg(long = "version", value_name = "VERSION", conflicts_with = "version")]
    named: Option<String>,
}

impl VersionArgs {
    /// The version, however it was given.
    pub fn version(&self) -> &str {
        self.named.as_deref().unwrap_or(&self.version)
    }
}

#[derive(Debug, Args)]
pub struct DeployArgs {
    #[command(flatten)]
    which: VersionArgs,
    /// How the gate compares: `better`, `not_worse` or `naive`
    #[arg(long, value_name = "MODE")]
    gate: Option<String>,
}

/// What a stage may touch; Ctrl-C ends it as it ends a whole run.
async fn open(global: &Global, flags: &[(&str, String)]) -> Result<Env, Failure> {
    let env = context::open(global, flags).await?;
    interrupt::watch(global, &env.registry, env.clock)?;
    Ok(env)
}

pub async fn ingest(global: &Global, args: &IngestArgs) -> Result<u8, Failure> {
    let flags: Vec<_> = args
        .input
        .iter()
        .map(|input| ("input_folder_path", input.clone()))
        .collect();
    if args.dry_run {
        let config = context::load(global, &flags)?;
        let model = context::model(global, &config)?;
        if pipeline::is_for_engine(&model, &model.input_folder) {
            let failure = Failure::usage(format!(
                "look at the rows in {}: the engine reads them there",
                model.input_folder
            ));
            return Err(failure.hint("`unseat run --dry-run` lists the files and says what is new"));
        }
        pipeline::fetch_data(&model).await?;
        return reading::dry_run(global, &model);
    }
    let env = open(global, &flags).await?;
    finish(global, pipeline::ingest_stage(&env).await, &env).await
}

pub async fn train(global: &Global, args: &TrainArgs) -> Result<u8, Failure> {
    if let (Some(file), Some(out)) = (&args.file, &args.output) {
        return train_file::train(global, file, out).await;
    }
    let env = open(global, &[]).await?;
    finish(
        global,
        pipeline::train_stage(&env, args.version_name.as_deref(), args.matrix.as_deref()).await,
        &env,
    )
    .await
}

pub async fn score(global: &Global, args: &VersionArgs) -> Result<u8, Failure> {
    let env = open(global, &[]).await?;
    finish(
        global,
        pipeline::score_stage(&env, args.version()).await,
        &env,
    )
    .await
}

pub async fn deploy(global: &Global, args: &DeployArgs) -> Result<u8, Failure> {
    let flags: Vec<_> = args
        .gate
        .iter()
        .map(|mode| ("gate.require", mode.clone()))
        .collect();
    let env = open(global, &flags).await?;
    finish(
        global,
        pipeline::deploy_stage(&env, args.which.version()).await,
        &env,
    )
    .await
}

pub async fn report(global: &Global, args: &VersionArgs) -> Result<u8, Failure> {
    let env = open(global, &[]).await?;
    finish(
        global,
        pipeline::report_stage(&env, args.version()).await,
        &env,
    )
    .await
}

async fn finish(global: &Global, done: Result<RunReport, Error>, env: &Env) -> Result<u8, Failure> {
    env.registry.close().await;
    show(global, &done?);
    Ok(failure::DONE)
}
