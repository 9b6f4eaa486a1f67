//! The champion's score on the test rows as they are now: cached while neither has changed, else computed once, however
//! many ask.
//!
//! The first caller after a change starts the work, on a thread of its own that continues when the caller is gone; the
//! others wait with them. After [`PATIENCE`] from then on all get the last known score, with `fresh` false; without one they wait
//! as long as their requests may take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;

use super::super::{Code, Problem, Served, State};
use super::bundle_score::{no_champion, of_bundle};
use super::reported_score::ReportedScore;
use super::summary::env;
use crate::diagnose::{self, ChampionScore};
use crate::pipeline::{self, Env};
use crate::registry::ScoreRow;
use crate::serving::diagnostics_cache::{KnownScore, ModelDiagnostics, read_signature};
use crate::serving::served_models::ModelSlot;

/// How long to wait for a new score when there is an older one.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is left of a request's time for the answer itself.
const FOR_THE_ANSWER: Duration = Duration::from_millis(200);
/// After this, what could not be computed is tried again although nothing changed.
const RETRY: Duration = Duration::from_secs(30);

/// The champion's score, and the champion.
///
/// # Errors
/// 503 without a champion, or when no score of it is known and none can be computed (in time).
pub async fn of_champion(
    state: &Arc<State>,
    model: &ModelSlot,
    deadline: Instant,
) -> Result<(ReportedScore, Arc<Served>), Problem> {
    let served = model.champion().ok_or_else(no_champion)?;
    let Some(env) = env(state, model) else {
        let told = of_bundle(&state.served_models.source, &served).await?;
        return Ok((told, served));
    };
    let unknown = |why: String| Problem::new(Code::Unavailable, why).retry(5);
    let place = state.diagnostics.place(&model.name);
    if let Some(known) = place.current(&served) {
        return Ok((told_of(&known, true).map_err(unknown)?, served));
    }
    let has_old = |known: &Arc<KnownScore>| known.is_of(&served) && known.score.is_some();
    let left = deadline
        .saturating_duration_since(Instant::now())
        .saturating_sub(FOR_THE_ANSWER);
    let patience = |waited: Duration| {
        if place.known.load_full().is_some_and(|it| has_old(&it)) {
            left.min(PATIENCE.saturating_sub(waited))
        } else {
            left
        }
    };
    let in_time = match place.work.clone().try_lock_owned() {
        Ok(mine) => {
            place.began.store(Some(Arc::new(Instant::now())));
            let work = refresh(place.clone(), env.clone(), served.clone(), mine);
            tokio::time::timeout(patience(Duration::ZERO), tokio::spawn(work))
                .await
                .is_ok()
        }
        Err(_) => {
            // A late caller does not wait for what the others have given up.
            let began = place.began.load_full();
            let patience = patience(began.map_or(Duration::ZERO, |began| began.elapsed()));
            tokio::time::timeout(patience, place.work.lock())
                .await
                .is_ok()
        }
    };
    let known = place.known.load_full().filter(|it| it.is_of(&served));
    let Some(known) = known else {
        let recorded = recorded(&env).await;
        let score = last_known(&env, &served, &recorded).map(Arc::new);
        return Ok((told(score, None, false).map_err(unknown)?, served));
    };
    Ok((told_of(&known, in_time).map_err(unknown)?, served))
}

fn told_of(known: &KnownScore, in_time: bool) -> Result<ReportedScore, String> {
    let fresh = in_time && known.is_fresh();
    told(known.score.clone(), known.problem.as_deref(), fresh)
}

/// A score as it is reported; without one, why there is none.
fn told(
    score: Option<Arc<ChampionScore>>,
    why: Option<&str>,
    fresh: bool,
) -> Result<ReportedScore, String> {
    let Some(score) = score else {
        let why = why.unwrap_or("the champion's score is being computed; ask again");
        return Err(why.to_string());
    };
    let changed = "the test data or the champion changed; the new score is being computed";
    Ok(ReportedScore {
        score,
        fresh,
        problem: (!fresh).then(|| why.unwrap_or(changed).to_string()),
    })
}

/// All scores of the model on record; none when the registry cannot be reached.
async fn recorded(env: &Env) -> Vec<ScoreRow> {
    let recorded = env.registry.scores(&env.config.name).await;
    recorded.unwrap_or_else(|error| {
        tracing::warn!("cannot read the recorded scores: {error}");
        Vec::new()
    })
}

/// Looks whether anything changed, and works the score out if so. Holds the place meanwhile.
async fn refresh(
    place: Arc<ModelDiagnostics>,
    env: Arc<Env>,
    served: Arc<Served>,
    _mine: OwnedMutexGuard<()>,
) {
    if place.current(&served).is_some() {
        return;
    }
    let seen = place.look_again(&env).await;
    let before = place.known.load_full().filter(|it| it.is_of(&served));
    let fresh = pipeline::Fresh::read(&env).await.unwrap_or_else(|error| {
        tracing::warn!("cannot read the test rows of production: {error}");
        pipeline::Fresh::default()
    });
    if let Some(before) = &before {
        let is_same = before.signature == seen && seen.is_some() && before.fresh == fresh.hash();
        if is_same && (before.problem.is_none() || before.made.elapsed() < RETRY) {
            place.known.store(Some(Arc::new(KnownScore {
                looked: Instant::now(),
                ..(**before).clone()
            })));
            return;
        }
    }
    let recorded = recorded(&env).await;
    let worked = tokio::task::spawn_blocking({
        let (env, served, fresh) = (env.clone(), served.clone(), fresh.clone());
        move || {
            let score = work_out(&env, &served, &recorded, fresh);
            let last = || last_known(&env, &served, &recorded);
            let last = score.is_err().then(last).flatten();
            (score, last, read_signature(&env))
        }
    });
    let (score, problem, after) = match worked.await {
        Ok((Ok(score), _, after)) => (Some(Arc::new(score)), None, after),
        Ok((Err(problem), last, after)) => (last.map(Arc::new), Some(problem), after),
        Err(error) => {
            tracing::error!("scoring the champion broke off: {error}");
            let problem = "the champion could not be scored; the server's log says why";
            (None, Some(problem.to_string()), None)
        }
    };
    // Whatever was read while the folder changed is looked at again.
    let signature = seen.filter(|seen| Some(seen) == after.as_ref());
    let now = Instant::now();
    place.known.store(Some(Arc::new(KnownScore {
        version: served.version,
        sha256: served.sha256.clone(),
        signature,
        fresh: fresh.hash(),
        score: score.or_else(|| before.and_then(|before| before.score.clone())),
        problem,
        made: now,
        looked: now,
    })));
}

fn work_out(
    env: &Env,
    served: &Served,
    recorded: &[ScoreRow],
    fresh: pipeline::Fresh,
) -> Result<ChampionScore, String> {
    let version = (served.version, &served.sha256, &served.bundle);
    diagnose::score_now(env, version, (recorded, fresh)).map_err(|error| {
        let causes = crate::text::causes(&error).join(": ");
        tracing::warn!(model = served.model, error = %error, causes, "cannot score the champion");
        in_words(&error).to_string()
    })
}

fn last_known(env: &Env, served: &Served, recorded: &[ScoreRow]) -> Option<ChampionScore> {
    diagnose::last_score(&env.config, served.version, &served.sha256, recorded)
}

/// What is wrong with the test data, without folders, files or what is in them.
fn in_words(error: &pipeline::Error) -> &'static str {
    use pipeline::Error;
    match error {
        Error::NoTestData { .. } => {
            "the test folder has no labelled rows that can be used; the server's log says why"
        }
        Error::Data(_) => "the test data cannot be read; the server's log says why",
        Error::NoColumn { .. } | Error::Unscorable { .. } | Error::Features(_) => {
            "the test data does not fit the champion; the server's log names the column"
        }
        _ => "the champion cannot be scored; the server's log says why",
    }
}
