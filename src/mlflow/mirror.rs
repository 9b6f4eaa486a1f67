//! Brings the server up to date: calls in an order in which what is seen is whole, and any of which may be made again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, text};
use super::error::Error;
use super::{files, record};
use crate::config::{Mlflow, Topic};
use crate::export::About;
use crate::model_types::{Outcome, VersionNumber};
use crate::notify::Event;
use crate::pipeline::{Env, load_bundle};
use crate::registry::{RunRow, VersionRow};

/// Most items that a call for logging takes.
const MOST_PARAMS: usize = 100;

/// A server, and the models that are sent to it.
pub struct Mirror {
    /// Which server.
    pub settings: Mlflow,
    /// The folder below which the file with the secret is named.
    pub project: PathBuf,
    /// The models, by name.
    pub envs: BTreeMap<String, Arc<Env>>,
}

/// A version that the server knows.
struct Mirrored {
    /// Its number there.
    number: String,
}

impl Mirror {
    /// Brings the server up to date after something happened.
    ///
    /// # Errors
    /// When the server or the registry does not answer as it should; the whole is tried again then.
    pub async fn take(&self, event: &Event, timeout: Duration) -> Result<(), Error> {
        let client = Client::open(&self.settings, &self.project, timeout)?;
        if event.model.is_empty() {
            // A test of the channel.
            let asked = client.get("experiments/search", &[("max_results", "1")]);
            return asked.map(drop);
        }
        let unknown = || Error::Unknown(event.model.clone());
        let env = self.envs.get(&event.model).ok_or_else(unknown)?;
        let model = &event.model;
        let experiment = client.experiment(&self.settings.experiment.replace("{model}", model))?;
        if event.kind == Topic::Failed {
            let run = event.facts.get("run").and_then(Value::as_str);
            return failed_run(env, &client, &experiment, run.unwrap_or_default()).await;
        }
        // What is in the registry now, not when it happened: the last message leaves the server as the registry is.
        let champion = env.registry.champion(model).await?.map(|it| it.version);
        let told = event
            .facts
            .get("version")
            .and_then(Value::as_i64)
            .map(VersionNumber::new);
        let numbers: BTreeSet<VersionNumber> = told.into_iter().chain(champion).collect();
        for number in numbers {
            let Some(row) = env.registry.version(model, number).await? else {
                continue;
            };
            let mirrored = self.version(env, &client, &experiment, &row).await?;
            if champion == Some(number) {
                alias(&client, model, "champion", Some(&mirrored))?;
            } else if told == Some(number) {
                let may_come = matches!(
                    row.verdict,
                    Some(Outcome::Waiting | Outcome::Pinned | Outcome::Frozen)
                );
                alias(&client, model, "challenger", may_come.then_some(&mirrored))?;
            }
            if champion == Some(number) && told == champion {
                alias(&client, model, "challenger", None)?;
            }
        }
        Ok(())
    }

    /// A run with everything that is known of a version, and a version of the registered model; both made where they are not
    /// there or were left half done.
    async fn version(
        &self,
        env: &Env,
        client: &Client,
        experiment: &str,
        row: &VersionRow,
    ) -> Result<Mirrored, Error> {
        let model = &env.config.name;
        let runs = env.registry.find_runs(&row.run).await?;
        let run = runs.iter().find(|run| run.model == *model);
        let at_ms = run.and_then(|run| run.ended_ms).unwrap_or(row.created_ms);
        let known = known_run(client, experiment, row, model)?;
        let (id, place, is_whole) = match known {
            Some(known) => known,
            None => {
                let (id, place) = made_run(client, experiment, row, run, model)?;
                (id, place, false)
            }
        };
        if !is_whole {
            log(client, &id, row, run, at_ms)?;
            if self.settings.artifacts {
                self.send_files(env, client, row, &id, place.as_deref(), at_ms)
                    .await?;
            }
        }
        let tags = record::verdict_tags(row, run);
        if !tags.is_empty() {
            let call = json!({"run_id": id, "metrics": [], "params": [], "tags": tags});
            client.post("runs/log-batch", &call)?;
        }
        let number = registered(client, row, run, model, &id, place.as_deref())?;
        for tag in &tags {
            let call = json!({
                "name": model, "version": number, "key": tag["key"], "value": tag["value"],
            });
            client.post("model-versions/set-tag", &call)?;
        }
        if !is_whole {
            let end = json!({"run_id": id, "status": "FINISHED", "end_time": at_ms});
            client.post("runs/update", &end)?;
        }
        Ok(Mirrored { number })
    }

    async fn send_files(
        &self,
        env: &Env,
        client: &Client,
        row: &VersionRow,
        id: &str,
        place: Option<&str>,
        made_ms: i64,
    ) -> Result<(), Error> {
        let note = |text: &str| {
            let tag = json!({"run_id": id, "key": "unseat.artifacts", "value": text});
            client.post("runs/set-tag", &tag).map(drop)
        };
        let Some(place) = place else {
            return note(
                "not sent: the server does not take files; start it with `--serve-artifacts`",
            );
        };
        let folder = format!("{}/{}", env.config.name, row.folder);
        for key in env.models.names(&folder).await? {
            let name = key.rsplit('/').next().unwrap_or(&key);
            if files::is_sent(name) {
                let bytes = env.models.get(&env.version_key(&row.folder, name)).await?;
                client.put_file(&format!("{place}/{name}"), &bytes)?;
            }
        }
        let bundle = load_bundle(env, row.number).await?.bundle;
        let about = About {
            model: &env.config.name,
            version: Some(row.number),
            program: env!("CARGO_PKG_VERSION"),
        };
        match files::model(&bundle, &about, id, made_ms) {
            Ok(files) => {
                for (name, bytes) in files {
                    client.put_file(&format!("{place}/{name}"), &bytes)?;
                }
                Ok(())
            }
            Err(error) => note(&format!("without a model: failed to {error}")),
        }
    }
}

/// The run of a version as the server has it: its id, the place of its files, and whether it is whole.
fn known_run(
    client: &Client,
    experiment: &str,
    row: &VersionRow,
    model: &str,
) -> Result<Option<(String, Option<String>, bool)>, Error> {
    let sha256 = row.bundle_sha256.as_deref().unwrap_or_default();
    let filter = format!(
        "tags.`unseat.version` = '{}' and tags.`unseat.model` = '{model}' and tags.`unseat.bundle_sha256` = '{sha256}'",
        row.number
    );
    let call = "runs/search";
    let found = client.post(
        call,
        &json!({"experiment_ids": [experiment], "filter": filter, "max_results": 1}),
    )?;
    let Some(info) = found["runs"].get(0).and_then(|run| run.get("info")) else {
        return Ok(None);
    };
    let id = text(info, call, &["run_id"], "run_id")?;
    let is_whole = info["status"] == "FINISHED";
    Ok(Some((id, place_of(info), is_whole)))
}

fn made_run(
    client: &Client,
    experiment: &str,
    row: &VersionRow,
    run: Option<&RunRow>,
    model: &str,
) -> Result<(String, Option<String>), Error> {
    let call = "runs/create";
    let made = client.post(
        call,
        &json!({
            "experiment_id": experiment,
            "run_name": format!("v{}", row.number),
            "start_time": run.map_or(row.created_ms, |run| run.started_ms),
            "tags": record::name_tags(model, row),
        }),
    )?;
    let info = &made["run"]["info"];
    Ok((text(info, call, &["run_id"], "run_id")?, place_of(info)))
}

/// Where the server keeps a run's files, where it takes them over HTTP.
fn place_of(info: &Value) -> Option<String> {
    let uri = info["artifact_uri"].as_str()?;
    let place = uri.strip_prefix("mlflow-artifacts:")?;
    let place = match place.strip_prefix("//") {
        Some(place) => place.split_once('/').map_or("", |(_, place)| place),
        None => place,
    };
    Some(place.trim_matches('/').to_string())
}

fn log(
    client: &Client,
    id: &str,
    row: &VersionRow,
    run: Option<&RunRow>,
    at_ms: i64,
) -> Result<(), Error> {
    let params = record::params(row, run);
    let batch = json!({
        "run_id": id, "metrics": record::metrics(run, at_ms),
        "params": params.iter().take(MOST_PARAMS).collect::<Vec<_>>(), "tags": [],
    });
    client.post("runs/log-batch", &batch)?;
    if let (Some(run), Some(digest)) = (run, &row.data_hash) {
        let inputs = json!({"run_id": id, "datasets": [record::dataset(run, digest)]});
        client.post("runs/log-inputs", &inputs)?;
    }
    Ok(())
}

/// The version of the registered model that stands for a run; its number there.
fn registered(
    client: &Client,
    row: &VersionRow,
    run: Option<&RunRow>,
    model: &str,
    id: &str,
    place: Option<&str>,
) -> Result<String, Error> {
    let search = "model-versions/search";
    let filter = format!("run_id = '{id}'");
    let found = client.get(search, &[("filter", &filter)])?;
    if let Some(found) = found["model_versions"].get(0) {
        return text(found, search, &["version"], "version");
    }
    match client.post("registered-models/create", &json!({"name": model})) {
        Ok(_) => {}
        Err(error) if error.is(400, "RESOURCE_ALREADY_EXISTS") => {}
        Err(error) => return Err(error),
    }
    let call = "model-versions/create";
    let source = match place {
        Some(place) => format!("mlflow-artifacts:/{place}/model"),
        None => format!("runs:/{id}/model"),
    };
    let made = client.post(
        call,
        &json!({
            "name": model, "source": source, "run_id": id,
            "description": record::description(row, run),
            "tags": [record::tag("unseat.version", &row.number.to_string())],
        }),
    )?;
    text(&made, call, &["model_version", "version"], "version")
}

/// Sets an alias, or takes it away.
fn alias(client: &Client, model: &str, name: &str, to: Option<&Mirrored>) -> Result<(), Error> {
    let call = "registered-models/alias";
    match to {
        Some(to) => {
            let body = json!({"name": model, "alias": name, "version": to.number});
            client.post(call, &body).map(drop)
        }
        None => match client.delete(call, &json!({"name": model, "alias": name})) {
            // There was none.
            Err(error) if error.is(404, "RESOURCE_DOES_NOT_EXIST") => Ok(()),
            done => done.map(drop),
        },
    }
}

/// A run that broke off, so that a gap in the night is seen there, too.
async fn failed_run(env: &Env, client: &Client, experiment: &str, run: &str) -> Result<(), Error> {
    let model = &env.config.name;
    let runs = env.registry.find_runs(run).await?;
    let Some(run) = runs.iter().find(|run| run.model == *model) else {
        return Ok(());
    };
    let filter = format!("tags.`unseat.failed_run` = '{}'", run.id);
    let known = client.post(
        "runs/search",
        &json!({"experiment_ids": [experiment], "filter": filter, "max_results": 1}),
    )?;
    let call = "runs/create";
    let id = match known["runs"].get(0) {
        Some(known) => text(known, call, &["info", "run_id"], "run_id")?,
        None => {
            let made = client.post(
                call,
                &json!({
                    "experiment_id": experiment, "run_name": run.id, "start_time": run.started_ms,
                    "tags": [
                        record::tag("mlflow.source.name", "unseat"),
                        record::tag("unseat.model", model),
                        record::tag("unseat.failed_run", &run.id),
                        record::tag("unseat.stage", &run.stage),
                        record::tag("unseat.error", &run.why().unwrap_or_default()),
                    ],
                }),
            )?;
            text(&made, call, &["run", "info", "run_id"], "run_id")?
        }
    };
    let ended_ms = run.ended_ms.unwrap_or(run.started_ms);
    let end = json!({"run_id": id, "status": "FAILED", "end_time": ended_ms});
    client.post("runs/update", &end).map(drop)
}
