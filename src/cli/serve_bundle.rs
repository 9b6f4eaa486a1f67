//! `serve` of the build that only serves: a bundle over HTTP or in AWS Lambda, until a signal.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::global::Global;
use super::opened::{Opened, say_where};
use super::{Failure, address, entrance, settings};
use crate::serve::{self, Guard, ServedModels, Source};

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port, instead of `server.listen`; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::address)]
    listen: Option<String>,
    /// The bundle: its folder, its URL (s3://, gs://, az://), or its file
    #[arg(long, value_name = "PATH", env = "MODEL_FILEPATH")]
    bundle: Option<PathBuf>,
    /// Let anyone do everything on an address that is not loopback
    #[arg(long)]
    insecure: bool,
}

pub async fn serve(global: &Global, args: &ServeArgs) -> Result<u8, Failure> {
    let began = Instant::now();
    let opened = open(global, args).await;
    if let Err(failure) = &opened {
        entrance::report_to_lambda(failure).await;
    }
    let opened = opened?;
    say_where(global, &opened, began, "no version");
    opened.answer().await.close(global).await
}

async fn open(global: &Global, args: &ServeArgs) -> Result<Opened, Failure> {
    let Some(bundle) = &args.bundle else {
        let failure =
            Failure::usage("serve a project: this build of the program serves bundles only");
        return Err(failure.hint(
            "name one with `--bundle PATH` (or MODEL_FILEPATH), like production_deployment of a project; the full program serves projects, too (`cargo build --release`)",
        ));
    };
    let server = settings::server_settings(global, &flags(args))?;
    let place = settings::bundle_place(global, bundle)?;
    let served_models = ServedModels::new(Source::bundle(&place).await?);
    let guard = Guard::new(&server, &settings::folder(global))?;
    let opened = Opened::new(global, server, guard, (served_models, None), Ok).await?;
    serve::load_each(&opened.state.served_models).await?;
    Ok(opened)
}

/// What overrides the settings: it stands for `--listen` and `--insecure`.
fn flags(args: &ServeArgs) -> Vec<(&'static str, String)> {
    let listen = args.listen.iter();
    let mut flags = Vec::from_iter(listen.map(|listen| ("server.listen", listen.clone())));
    if args.insecure {
        flags.push(("server.insecure", "true".to_string()));
    }
    flags
}
