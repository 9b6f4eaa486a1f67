//! One run, from files to a verdict. Branches are here; stages are straight lines.

use crate::model_types::{Outcome, RunId, VersionNumber};
use tracing::Instrument;

use super::challenge::{Challenge, settle};
use super::drift::{self, DriftLine};
use super::error::{Error, fault};
use super::fresh::TestData;
use super::heartbeat::Heartbeat;
use super::labelled_rows::Input;
use super::run_report::{RunOptions, RunReport, nothing, timings_map};
use super::untrained::{Looked, without_training};
use super::versions;
use super::{
    Env, Event, Stage, approval, disk_space, harvest, ingest, input_scan, preview, recover, retain,
    retune, train,
};
use crate::config::Keep;
use crate::registry::{Lock, PastConclusion, RunRow, RunState};
use crate::text::causes;

/// Runs all stages once for a model.
///
/// # Errors
/// Whatever a stage met. The champion is then what it was, and the run is recorded as failed.
pub async fn run(env: &Env, options: &RunOptions) -> Result<RunReport, Error> {
    let id = options.id.clone().unwrap_or_else(|| env.new_run_id());
    with_lock(env, &id, &options.trigger, async |lock| {
        // Also where there is nothing to train on: what is said of rows waits for no data.
        let fresh = harvest::harvest(env).await?;
        let report = flow(env, &id, lock, options).await?;
        Ok(RunReport { fresh, ..report })
    })
    .await
}

/// Holds the model's lock around some work, records the work as a run, and clears up after dead processes first.
///
/// # Errors
/// When another run holds the lock or the registry cannot be reached.
pub async fn with_lock(
    env: &Env,
    id: &RunId,
    trigger: &str,
    work: impl AsyncFnOnce(&Lock) -> Result<RunReport, Error>,
) -> Result<RunReport, Error> {
    let lock = env
        .registry
        .take_lock(&env.config.name, id, env.clock.now_ms())
        .await?;
    if let Some(dead) = &lock.taken_from {
        env.tell(Event::Warning(format!(
            "the lock of run {dead} was taken over: its process is gone"
        )));
    }
    let heartbeat = Heartbeat::start(env, &lock);
    let span = tracing::info_span!(
        "run",
        run.id = id.as_str(),
        model = env.config.name,
        trigger
    );
    let done = recorded(env, id, trigger, &lock, work)
        .instrument(span)
        .await;
    retain::after_run(env, &lock).await;
    heartbeat.stop();
    let released = env.registry.release_lock(&lock).await;
    // What went wrong first is what the user has to know; a lock that stays is taken over, since its process is gone.
    let report = done?;
    released?;
    fault("lock.released")?;
    Ok(report)
}

async fn recorded(
    env: &Env,
    id: &RunId,
    trigger: &str,
    lock: &Lock,
    work: impl AsyncFnOnce(&Lock) -> Result<RunReport, Error>,
) -> Result<RunReport, Error> {
    fault("lock.taken")?;
    env.begin_run(id);
    env.registry
        .start_run(id, &env.config.name, trigger, env.clock.now_ms())
        .await?;
    let done = async {
        fault("run.recorded")?;
        recover::recover(env, id).await?;
        work(lock).await
    }
    .await;
    let end = end_row(env, id, trigger, &done);
    let ended = env.registry.end_run(&end).await;
    let report = done?;
    ended?;
    tracing::info!(
        outcome = report.outcome.name(),
        version = report.version.map(VersionNumber::get),
        "{}",
        report
            .reasons
            .first()
            .map_or(report.outcome.name(), String::as_str)
    );
    fault("run.concluded")?;
    Ok(report)
}

fn end_row(env: &Env, id: &RunId, trigger: &str, done: &Result<RunReport, Error>) -> RunRow {
    let mut row = RunRow {
        id: id.clone(),
        model: env.config.name.clone(),
        trigger: trigger.to_string(),
        state: RunState::Done,
        stage: env.begun().name().to_string(),
        outcome: None,
        version: None,
        started_ms: 0,
        ended_ms: Some(env.clock.now_ms()),
        error: None,
        record: None,
    };
    match done {
        Ok(report) => {
            row.outcome = Some(report.outcome);
            row.version = report.version;
            row.record = serde_json::to_value(report).ok();
        }
        Err(error) => {
            row.state = RunState::Failed;
            row.error = Some(chain(error));
        }
    }
    row
}

/// An error with its causes on one line.
fn chain(error: &Error) -> String {
    let mut parts = vec![error.to_string()];
    parts.extend(causes(error));
    parts.join(": ")
}

/// The flow.
async fn flow(
    env: &Env,
    id: &RunId,
    lock: &Lock,
    options: &RunOptions,
) -> Result<RunReport, Error> {
    let config = &env.config;
    let mut timings = Vec::new();
    recover::write_missing_reports(env).await?;

    // What is there, by content.
    let [input, test] =
        input_scan::scan_all(env, [&config.input_folder, &config.test_folder]).await?;
    if input.files.is_empty() {
        env.tell(Event::Warning(ingest::no_file(config, &input)));
    }
    let input = Input::of(env, input).await?;
    let test = TestData::of(env, test).await?;
    let seen = env.registry.seen_files(&config.name).await?;
    let data_hash = ingest::data_hash(config, &input, &seen);
    let test_hash = test.hash();
    let config_hash = config.fingerprint();
    let champion = env.registry.champion(&config.name).await?;
    // What a pin held back is worth another look once the pin is gone.
    let is_pinned = champion.as_ref().is_some_and(|champion| champion.pinned);
    // What waited for approval and does no longer is judged again.
    let has_expired = approval::waiting(env)
        .await?
        .is_some_and(|it| it.expired.is_some());
    let is_frozen = drift::frozen(env).await?.is_some();
    let stands = |past: &PastConclusion| match past.verdict {
        Outcome::Pinned => is_pinned,
        Outcome::Frozen => is_frozen,
        Outcome::Waiting => !has_expired,
        _ => true,
    };
    let champion = champion.map(|champion| champion.version);
    // A folder that was emptied is a quiet night, not a failed one, as long as there is something to continue with.
    let is_bare = input.scan.files.is_empty() && config.ingest.keep == Keep::Folder;
    if is_bare && champion.is_some() && !options.force {
        let why = format!(
            "{}, so there is nothing to train on",
            ingest::no_file(config, &input.scan)
        );
        return Ok(nothing(env, id, champion, why));
    }
    let same_files = env
        .registry
        .past_conclusion(&config.name, &data_hash, &config_hash)
        .await?
        .filter(stands);
    let of = Looked {
        id,
        options,
        test: &test,
        test_hash: &test_hash,
        champion,
    };
    if let Some(report) = without_training(env, &of, same_files.as_ref(), "data").await? {
        return Ok(report);
    }

    disk_space::check(env, &input.scan)?;
    // Other files may hold the rows of one of these.
    let mut past = match (options.force, &same_files) {
        (false, None) => {
            let all = env.registry.past_conclusions(&config.name, &config_hash);
            all.await?
        }
        _ => Vec::new(),
    };
    past.retain(stands);
    let read = ingest::ingest_news(env, id, &input, &past);
    let (dataset, storing) = match env.stage(Stage::Ingest, &mut timings, read).await? {
        ingest::Read::News(dataset, storing) => (*dataset, storing),
        ingest::Read::Known(mut dataset, past) => {
            let (files, now_ms) = (dataset.record.seen(), env.clock.now_ms());
            let registry = &env.registry;
            registry
                .conclude_same_rows(lock, &past, &files, now_ms)
                .await?;
            if let Some(report) = without_training(env, &of, Some(past.as_ref()), "rows").await? {
                return Ok(RunReport {
                    data: Some(dataset.record),
                    timings_ms: timings_map(&timings, None),
                    ..report
                });
            }
            let storing = ingest::Storing::begin(env, &mut dataset);
            (*dataset, storing)
        }
    };
    let drift = drift::of_dataset(env, id, &dataset).await;
    if let Err(error) = preview::before_training(env, &dataset, &test.scan) {
        storing.done().await?;
        return Err(error);
    }
    // The lock is ours, so it stays the champion. One that cannot be loaded is told of where it is scored.
    let loaded = versions::load_champion(env).await;
    let known = loaded.as_ref().ok().and_then(Option::as_ref);
    let training = async {
        let learned = train::learn_from(env, &dataset, known);
        // Whatever came of it, the data set is kept.
        storing.done().await?;
        train::record(env, id, &dataset, learned?, None).await
    };
    let (trained, _) = env.stage(Stage::Train, &mut timings, training).await?;
    let challenge = Challenge {
        run: id,
        lock,
        trained: &trained,
        dataset: &dataset,
        test: &test,
        test_hash: &test_hash,
        is_retuned: false,
    };
    let settled = settle(env, &challenge, loaded, &mut timings).await?;
    let found = retune::Found {
        run: id,
        lock,
        test: &test,
        test_hash: &test_hash,
        decision: &settled.deployed.decision,
    };
    if let Some(retuned) = retune::follow(env, &found).await? {
        return Ok(RunReport {
            data: Some(dataset.record),
            drift: drift.as_ref().map(DriftLine::of),
            timings_ms: timings_map(&timings, Some(&trained)),
            ..retuned
        });
    }

    Ok(RunReport {
        data: Some(dataset.record),
        chosen_from: trained.chosen_from(),
        drift: drift.as_ref().map(DriftLine::of),
        timings_ms: timings_map(&timings, Some(&trained)),
        ..settled.report(env, id, &trained, champion)
    })
}
