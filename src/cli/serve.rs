//! `serve`: predictions, scores and diagnostics over HTTP, until a signal.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use clap::Args;
use tokio::sync::watch;

use super::entrance;
use super::global::Global;
use super::job_starter::JobStarter;
use super::live::Live;
pub use super::opened::{Opened, say_where};
use super::running::Running;
use super::{Failure, address, context, notify, progress, worker};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::jobs::Queue;
use crate::pipeline::{Env, Environments};
use crate::registry::{CreatedModel, Registry};
use crate::serve::{
    self, AnsweredRows, Created, Guard, OpenModel, Project, ServedModels, Source, State,
};
use crate::serving::project_source::ProjectSource;

#[derive(Debug, Default, Args)]
pub struct ServeArgs {
    /// Address and port, instead of `server.listen`; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::address)]
    pub listen: Option<String>,
    /// Serve the bundle in this folder, at this URL (s3://, gs://, az://), or this file, without a project and without a database
    #[arg(long, value_name = "PATH", env = "MODEL_FILEPATH")]
    pub bundle: Option<PathBuf>,
    /// Let anyone do everything on an address that is not loopback
    #[arg(long)]
    pub insecure: bool,
}

pub async fn serve(global: &Global, args: &ServeArgs) -> Result<u8, Failure> {
    let began = Instant::now();
    let seen = Live::look(global);
    let opened = open(global, args, None).await;
    if let Err(failure) = &opened {
        entrance::report_to_lambda(failure).await;
    }
    let opened = opened?;
    let state = opened.state.clone();
    let project = state.project.as_ref();
    let registry = project.map(|project| project.registry.clone());
    // All that can fail is done before it is said that requests are answered: the file and the database may change from then on.
    let live = match &registry {
        Some(registry) => Some(live(global, args, registry, seen).await?),
        None => None,
    };
    let running = Running::begin(registry.as_ref(), "serve", Some(opened.url())).await;
    let no_version = "no version in production yet; `unseat run` makes one";
    say_where(global, &opened, began, no_version);
    let (stop, stopped) = watch::channel(false);
    // Answering has a task of its own: it waits for nothing else.
    let server = tokio::spawn(async move {
        let drained = opened.answer().await;
        stop.send_replace(true);
        drained
    });
    if let (Some(registry), Some(live)) = (registry, live) {
        followed(global, &registry, &state, live, stopped).await;
    }
    let drained = server
        .await
        .map_err(|error| Failure::internal(error.into()))?;
    running.end().await;
    drained.close(global).await
}

/// The settings that this server holds, to be followed.
async fn live(
    global: &Global,
    args: &ServeArgs,
    registry: &Registry,
    seen: Option<Vec<u8>>,
) -> Result<(Live, Clock), Failure> {
    let config = context::load(global, &flags(args))?;
    let config = context::with_created(config, registry).await?;
    let clock = context::clock()?;
    let live = Live::new("serve", global, flags(args), registry, clock, &config, seen);
    Ok((live, clock))
}

/// Follows `config.json`, and prints events, until told to stop: probations end here, and no other process may be running.
/// What could not be sent by then waits in the outbox.
async fn followed(
    global: &Global,
    registry: &Registry,
    state: &Arc<State>,
    (live, clock): (Live, Clock),
    stopped: watch::Receiver<bool>,
) {
    let settings = live.settings();
    let telling = notify::deliver_live(registry.clone(), settings, clock, stopped.clone());
    let following = live.follow(
        |news| state.know_settings(news),
        stopped,
        async |fresh| take(global, registry, state, fresh).await,
        |said| tracing::info!("{said}"),
    );
    tokio::join!(telling, following);
}

/// Gives a server edited settings of its models. They hold when this returns.
///
/// # Errors
/// When they cannot be used; none of them holds then.
pub async fn take(
    global: &Global,
    registry: &Registry,
    state: &State,
    fresh: &Config,
) -> Result<(), Failure> {
    let mut envs: BTreeMap<String, Arc<Env>> = BTreeMap::new();
    for model in fresh.models.values() {
        let env = context::env_as_set(global, registry, model.clone())?;
        envs.insert(model.name.clone(), Arc::new(env));
    }
    for env in envs.values() {
        if let Err(error) = env.find_places().await {
            tracing::warn!("it is not known where files were kept before: {error}");
        }
    }
    serve::follow_settings(state, envs).await;
    Ok(())
}

/// Takes the port and loads the models. A worker of this process is woken through `queue` when a run is requested.
pub async fn open(
    global: &Global,
    args: &ServeArgs,
    queue: Option<&Queue>,
) -> Result<Opened, Failure> {
    let (served_models, project, settings) = match &args.bundle {
        Some(folder) => {
            let settings = bundle_settings(global, args)?;
            let place = context::bundle_place(global, folder)?;
            (
                ServedModels::new(Source::bundle(&place).await?),
                None,
                settings,
            )
        }
        None => of_project(global, args, queue).await?,
    };
    let guard = Guard::new(&settings, &context::folder(global))?;
    let is_of_project = project.is_some();
    if let Some(project) = &project {
        let now_ms = context::clock()?.now_ms();
        serve::share_sessions(&guard, &project.registry, now_ms).await;
    }
    let counted = |state: State| {
        let answered = is_of_project.then(AnsweredRows::start).transpose()?;
        Ok(state.counted_by(answered))
    };
    let opened = Opened::new(global, settings, guard, (served_models, project), counted).await?;
    let state = &opened.state;
    match &args.bundle {
        Some(_) => serve::load_each(&state.served_models).await?,
        None => {
            serve::sync_created(state).await?;
            serve::load_all(&state.served_models).await;
        }
    }
    Ok(opened)
}

/// What is served of a project, and the project itself.
async fn of_project(
    global: &Global,
    args: &ServeArgs,
    queue: Option<&Queue>,
) -> Result<(ServedModels, Option<Project>, config::Server), Failure> {
    let (config, registry) = context::project(global, &flags(args)).await?;
    context::warn_of_unnamed(global, &config, &registry).await?;
    if !registry.is_read_only() {
        context::finish_removals(&config, &registry).await?;
    }
    let mut envs: BTreeMap<String, Arc<Env>> = BTreeMap::new();
    for model in context::models(global, &config)? {
        let name = model.name.clone();
        if global.model.is_none() && config.created.contains(&name) {
            // These come with the others that are created while it runs.
            continue;
        }
        envs.insert(
            name,
            Arc::new(context::env(global, &registry, model).await?),
        );
    }
    let envs = Environments::new(envs);
    let source = Source::Project(ProjectSource {
        registry: registry.clone(),
        envs: envs.clone(),
    });
    let program = worker::program(global, &config)?;
    let starter = JobStarter::new(
        program,
        registry.clone(),
        envs.clone(),
        queue.cloned(),
        Arc::new(ArcSwap::from_pointee(config.jobs.clone())),
    );
    let settings = config.server.clone();
    let project = Project {
        starter: Box::new(starter),
        created: Created::new(opener(global, config, &registry)?),
        registry,
        envs,
    };
    Ok((ServedModels::new(source), Some(project), settings))
}

/// Opens models that are created while the server runs, unless it serves one alone.
fn opener(
    global: &Global,
    config: Config,
    registry: &Registry,
) -> Result<Option<Box<OpenModel>>, Failure> {
    if global.model.is_some() {
        return Ok(None);
    }
    let (clock, ids) = (context::clock()?, context::ids()?);
    let (global, registry) = (global.clone(), registry.clone());
    let open = move |row: &CreatedModel| {
        if config.reads_created() {
            let why = "a model of config.json reads the folder `models_data` as its own data";
            return Err(why.to_string());
        }
        let model = config.created(&row.name, &row.settings);
        let model = model.map_err(|problems| {
            let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
            said.join("; ")
        })?;
        let listener = progress::listener(&global);
        let env = Env::open(model, registry.clone(), clock, ids, listener);
        env.map_err(|error| error.to_string())
    };
    Ok(Some(Box::new(open)))
}

/// What overrides the file: it stands for `--listen` and `--insecure`.
pub fn flags(args: &ServeArgs) -> Vec<(&'static str, String)> {
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
