//! `call`: asks every endpoint of a running server that changes nothing, and keeps what it answers.

mod answer;
mod plan;
mod record;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;
use ureq::Agent;

use self::plan::{Call, Plan};
use super::client::{self, ServerArgs};
use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::clock::stamp;
use answer::Answer;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest answer that is kept.
const MOST_BYTES: u64 = 32 << 20;

#[derive(Debug, Args)]
pub struct CallArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// File to write; without it, apireturns_<stamp>.txt in the project's folder of models
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn call(global: &Global, args: &CallArgs) -> Result<u8, Failure> {
    let token = args.server.token()?;
    let project = context::load(global, &[]);
    let (url, file) = places(global, args, project)?;
    // The client waits on its sockets; nothing else has to be done meanwhile.
    let asked = tokio::task::spawn_blocking(move || ask_all(&url, token.as_deref()));
    let (url, plan, answers) = asked
        .await
        .map_err(|error| Failure::new(Kind::Internal, error.into()))??;
    let at = context::clock()?.now();
    let record = record::record(&url, at, &plan, &answers);
    record::write(&file, &record)?;
    let failed = answers.iter().filter(|it| it.is_failure()).count();
    if global.json {
        output::line(&record::summary(&record, &file));
    } else {
        output::say(&output::table(&record::table(&plan, &answers)));
        let (called, left) = (answers.len(), plan.left_out.len());
        output::say(&format!(
            "{called} called, {failed} failed, {left} left out; the answers are in {}",
            output::plain(&file.display().to_string())
        ));
    }
    Ok(if failed > 0 {
        failure::FAILED
    } else {
        failure::DONE
    })
}

/// Where to ask, and where to write: what flags do not say, the project does.
fn places(
    global: &Global,
    args: &CallArgs,
    project: Result<crate::config::Config, Failure>,
) -> Result<(String, PathBuf), Failure> {
    let name = || -> Result<String, Failure> {
        Ok(format!("apireturns_{}.txt", stamp(context::clock()?.now())))
    };
    if let (Some(_), Some(output)) = (&args.server.url, &args.output) {
        return Ok((
            args.server.root(project.map(|config| config.server))?,
            output.clone(),
        ));
    }
    // What the project is missing for is said with its failure.
    let config = project.map_err(|failure| {
        failure.hint("without a project, give both `--url URL` and `--output FILE`")
    })?;
    let file = match &args.output {
        Some(output) => output.clone(),
        None => {
            let models = context::models(global, &config)?;
            let folder = models.first().and_then(|model| {
                model
                    .model_folder
                    .folder()
                    .map(std::path::Path::to_path_buf)
            });
            folder
                .unwrap_or_else(|| config.project.clone())
                .join(name()?)
        }
    };
    Ok((args.server.root(Ok(config.server))?, file))
}

type Asked = (String, Plan, Vec<Answer>);

/// Reads the server's own document, and asks all that it names.
fn ask_all(url: &str, token: Option<&str>) -> Result<Asked, Failure> {
    let agent = client::agent(PATIENCE);
    let ask = |call: &Call| send(&agent, url, token, call);
    let document = ask(&Call::get("/openapi.json"));
    match (document.status, document.body.get("paths")) {
        (Some(200), Some(_)) => {}
        (None, _) => {
            let why = document.body.as_str().unwrap_or_default().to_string();
            let error = anyhow::anyhow!(why).context(format!("reach the server at {url}"));
            return Err(Failure::new(Kind::Store, error)
                .hint("start it with `unseat serve`, or say where it is with `--url URL`"));
        }
        (Some(status), _) => {
            let what = format!("read {url}/openapi.json: it was answered {status}");
            return Err(Failure::new(Kind::Store, anyhow::anyhow!(what))
                .hint("`--url` names the root of an `unseat serve`, like http://127.0.0.1:8000"));
        }
    }
    // Ids of runs are in no document.
    let runs = ask(&Call::get("/runs?limit=1"));
    let plan = Plan::of(&document.body, &plan::first_run(&runs.body));
    let answers = plan.calls.iter().map(ask).collect();
    Ok((url.to_string(), plan, answers))
}

fn send(agent: &Agent, url: &str, token: Option<&str>, call: &Call) -> Answer {
    let began = Instant::now();
    let done = exchange(agent, url, token, call);
    let ms = began.elapsed().as_secs_f64() * 1e3;
    match done {
        Ok((status, body)) => Answer {
            status: Some(status),
            ms,
            body,
        },
        Err(error) => Answer {
            status: None,
            ms,
            body: error.to_string().into(),
        },
    }
}

fn exchange(
    agent: &Agent,
    url: &str,
    token: Option<&str>,
    call: &Call,
) -> Result<(u16, Value), ureq::Error> {
    let mut request = ureq::http::Request::builder()
        .method(call.method.as_str())
        .uri(format!("{url}{}", call.target));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let (body, kind) = match &call.body {
        Some((kind, body)) => (body.clone(), Some(kind)),
        None => (Vec::new(), None),
    };
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    let mut response = agent.run(request.body(body)?)?;
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type");
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("none");
    let kind = kind.to_string();
    let body = response
        .body_mut()
        .with_config()
        .limit(MOST_BYTES)
        .read_to_vec()?;
    Ok((status, record::body(&kind, body)))
}

/// The example of a prediction in a server's own document: the body of `POST /prediction`.
pub fn prediction_example(document: &Value) -> Option<Vec<u8>> {
    let calls = Plan::of(document, &None).calls;
    let call = calls
        .into_iter()
        .find(|call| call.method == "POST" && call.path == "/prediction")?;
    call.body.map(|(_, bytes)| bytes)
}
