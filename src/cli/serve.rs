//! `serve`: predictions, scores and diagnostics over HTTP, until a signal.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::child_runs::ChildRuns;
use super::{Failure, Global, context, failure, notify_systemd, output};
use crate::config;
use crate::pipeline::Env;
use crate::serve::{self, Fleet, Guard, Observer, Project, Signals, Source, State};

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port, instead of `server.listen`; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Serve the bundle in this folder, without a project and without a database
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// Let everybody do everything on an address that is not loopback
    #[arg(long)]
    insecure: bool,
}

pub async fn serve(global: &Global, args: &ServeArgs) -> Result<u8, Failure> {
    let began = Instant::now();
    let (fleet, project, settings) = match &args.bundle {
        Some(folder) => {
            let settings = bundle_settings(global, args)?;
            (Fleet::new(Source::folder(folder)?), None, settings)
        }
        None => of_project(global, args).await?,
    };
    let guard = Guard::new(&settings, &folder(global))?;
    let bound = serve::bind(&settings, &guard).await?;
    let signals = Signals::listen()?;
    let clock = context::clock()?;
    let observer = Observer::open(&settings, &folder(global), clock)?;
    let state = State::new(fleet, project, settings, clock, guard).watched_by(observer);
    let state = Arc::new(state);
    match &args.bundle {
        Some(_) => serve::load_each(&state.fleet).await?,
        None => serve::load_all(&state.fleet).await,
    }
    let address = bound.address;
    say_where(global, &state, &address, began);
    notify_systemd::ready(&format!("listening on {address}"));
    let watchdog = notify_systemd::watch(Box::new(notify_systemd::answers));
    let cut = bound.run(state.clone(), signals).await;
    notify_systemd::stopping();
    if let Some(watchdog) = watchdog {
        watchdog.abort();
    }
    let last = state.clone();
    // Waits for the logs to be written, which must not hold up an answer.
    let _ = tokio::task::spawn_blocking(move || last.observer.close()).await;
    if let Some(project) = &state.project {
        project.registry.close().await;
    }
    if !global.quiet {
        let requests = output::thousands(state.requests());
        output::talk(&match cut {
            0 => format!("stopped after {requests} requests"),
            cut => format!("stopped after {requests} requests; {cut} connections were cut"),
        });
    }
    Ok(failure::DONE)
}

/// What is served of a project, and the project itself.
async fn of_project(
    global: &Global,
    args: &ServeArgs,
) -> Result<(Fleet, Option<Project>, config::Server), Failure> {
    let config = context::load(global, &flags(args))?;
    let models = context::models(global, &config)?;
    let registry = context::registry(&config).await?;
    let mut envs: BTreeMap<String, Arc<Env>> = BTreeMap::new();
    for model in models {
        let name = model.name.clone();
        envs.insert(name, Arc::new(context::env(global, &registry, model)?));
    }
    let source = Source::Project {
        registry: registry.clone(),
        envs: envs.clone(),
    };
    let project = Project {
        starter: Box::new(ChildRuns::new(global, registry.clone(), envs.clone())),
        registry,
        envs,
    };
    Ok((Fleet::new(source), Some(project), config.server))
}

fn flags(args: &ServeArgs) -> Vec<(&'static str, String)> {
    let mut flags = Vec::new();
    if let Some(listen) = &args.listen {
        flags.push(("server.listen", listen.clone()));
    }
    if args.insecure {
        flags.push(("server.insecure", "true".to_string()));
    }
    flags
}

/// Without a project, the settings are the defaults, `UNSEAT_SERVER__…` variables and flags.
fn bundle_settings(global: &Global, args: &ServeArgs) -> Result<config::Server, Failure> {
    context::server_settings(global, &flags(args))
}

/// Says on stdout where to look: one line, once requests are answered.
fn say_where(global: &Global, state: &State, address: &std::net::SocketAddr, began: Instant) {
    let took = began.elapsed().as_secs_f64() * 1e3;
    let scheme = state.guard.scheme();
    if global.json {
        let models: Vec<_> = state
            .fleet
            .models()
            .map(|model| {
                let version = model.champion().map(|served| served.version);
                serde_json::json!({"model": model.name, "version": version})
            })
            .collect();
        return output::line(&serde_json::json!({
            "listening": format!("{scheme}://{address}"), "models": models, "ready_ms": took,
        }));
    }
    for model in state.fleet.models() {
        let says = match (model.champion(), model.alarm()) {
            (Some(served), _) => format!("version {}", served.version),
            (None, Some(alarm)) => format!("not served: {alarm}"),
            (None, None) => "no version in production yet; `unseat run` makes one".to_string(),
        };
        output::say(&format!("{}  {says}", output::bold(&model.name)));
    }
    output::say(&format!(
        "listening on {scheme}://{address} after {took:.0} ms"
    ));
}

/// The folder of the project, below which its settings name files.
fn folder(global: &Global) -> PathBuf {
    let is_file = global.project.is_file();
    let parent = global.project.parent().filter(|_| is_file);
    parent.unwrap_or(&global.project).to_path_buf()
}
