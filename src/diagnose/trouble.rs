//! What an operator should know of a model's runs: a failure that no success has followed, and files that were left out.

use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::model_types::{LeftOutFile, RunId};
use crate::pipeline;
use crate::registry::{Error, JobRow, JobState, Registry, RunRow};

/// Runs and jobs that are looked at; who failed longer ago is not alone in it.
const NEWEST: i64 = 50;
/// Files that are named.
const MOST_FILES: usize = 3;

/// What is wrong with a model's runs, however they were started.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trouble {
    /// The newest failure, unless a run has finished since.
    pub failure: Option<Failure>,
    /// Files that the newest data set is without, as long as they are there.
    pub quarantined: Vec<LeftOutFile>,
}

/// A run or job that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Which: `run … (by cli)`, or `job …` where no run was recorded.
    pub what: String,
    /// The run, where one was recorded.
    pub run: Option<RunId>,
    /// Why, as a sentence.
    pub why: String,
    /// Failures since the last success, this one included.
    pub failures: usize,
}

impl Failure {
    /// On one line.
    pub fn says(&self) -> String {
        let at = rfc3339(self.at_ms);
        let more = match self.failures {
            0 | 1 => String::new(),
            n => format!("; {n} runs have failed since the last success"),
        };
        format!("{} at {at}: {}{more}", self.what, self.why)
    }
}

impl Trouble {
    /// The files that were left out, on one line; nothing when there is none.
    pub fn says_quarantined(&self) -> Option<String> {
        let (first, n) = (self.quarantined.first()?, self.quarantined.len());
        let named: Vec<String> = self
            .quarantined
            .iter()
            .take(MOST_FILES)
            .map(ToString::to_string)
            .collect();
        Some(match n {
            1 => format!("1 file of the input is quarantined: {first}"),
            n if n > MOST_FILES => format!(
                "{n} files of the input are quarantined, the first {MOST_FILES}: {}",
                named.join("; ")
            ),
            n => format!(
                "{n} files of the input are quarantined: {}",
                named.join("; ")
            ),
        })
    }
}

/// Looks at the newest runs and jobs of a model.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn trouble(
    registry: &Registry,
    model: &ModelConfig,
    now_ms: i64,
) -> Result<Trouble, Error> {
    let name = Some(model.name.as_str());
    let runs = registry.run_lines(name, NEWEST).await?;
    let mut runs = registry.with_the_dead(runs, now_ms).await?;
    runs.retain(|run| !run.is_running());
    let jobs = registry.jobs(name, NEWEST).await?;
    let with_data = registry.newest_run_with_data(&model.name).await?;
    let quarantined = with_data.map(|run| run.quarantined()).unwrap_or_default();
    // What the engine reads in a store is not on this machine.
    let is_elsewhere = pipeline::is_for_engine(model, &model.input_folder);
    let is_there =
        |file: &LeftOutFile| is_elsewhere || model.input_folder.here().join(&file.path).exists();
    Ok(Trouble {
        failure: failure(&runs, &jobs),
        quarantined: quarantined.into_iter().filter(is_there).collect(),
    })
}

/// The newest failure that no success has followed, out of runs and jobs, newest first.
fn failure(runs: &[RunRow], jobs: &[JobRow]) -> Option<Failure> {
    let failed: Vec<&RunRow> = runs
        .iter()
        .take_while(|run| run.came_to().broke_off())
        .collect();
    let success_ms = runs.get(failed.len()).and_then(|run| run.ended_ms);
    let job = jobs.iter().find(|job| {
        let is_newer = job
            .ended_ms
            .is_some_and(|at_ms| success_ms.is_none_or(|ok| at_ms > ok));
        is_newer && matches!(job.state, JobState::Failed | JobState::DeadLettered)
    });
    let of_run = failed.first().map(|run| Failure {
        at_ms: run.ended_ms.unwrap_or(run.started_ms),
        what: format!(
            "run {} (by {}) {} in {}",
            run.id, run.trigger, run.state, run.stage
        ),
        run: Some(run.id.clone()),
        why: run
            .why()
            .unwrap_or_else(|| "the cause was not recorded".to_string()),
        failures: failed.len(),
    });
    let of_job = job.map(|job| Failure {
        at_ms: job.ended_ms.unwrap_or(job.created_ms),
        what: format!("job {} (by {}) {}", job.id, job.trigger, job.state.says()),
        run: None,
        why: job
            .error
            .clone()
            .unwrap_or_else(|| "the cause was not recorded".to_string()),
        failures: failed.len().max(1),
    });
    match (of_run, of_job) {
        // A job that failed with its run is reported as that run.
        (Some(run), Some(job)) if job.at_ms > run.at_ms && !is_of(jobs, &run, &job) => Some(job),
        (Some(run), _) => Some(run),
        (None, job) => job,
    }
}

/// Whether a failed job's run is this one.
fn is_of(jobs: &[JobRow], run: &Failure, job: &Failure) -> bool {
    let mut same = jobs.iter().filter(|row| row.ended_ms == Some(job.at_ms));
    same.any(|row| row.run == run.run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_types::{Outcome, Sha256};
    use crate::registry::RunState;

    fn run(id: &str, state: RunState, ended_ms: i64) -> RunRow {
        RunRow {
            id: RunId::new(id),
            model: "m".to_string(),
            trigger: "cli".to_string(),
            state,
            stage: "train".to_string(),
            outcome: (state == RunState::Done).then_some(Outcome::Reject),
            version: None,
            started_ms: 0,
            ended_ms: Some(ended_ms),
            error: (state == RunState::Failed).then(|| "read it".to_string()),
            record: None,
        }
    }

    fn job(run: &str, state: JobState, ended_ms: i64) -> JobRow {
        JobRow {
            id: format!("job-{run}"),
            model: "m".to_string(),
            trigger: "api".to_string(),
            tick_ms: None,
            force: false,
            actor: "me".to_string(),
            state,
            attempts: 1,
            run: Some(RunId::new(run)),
            worker: None,
            outcome: None,
            error: Some("failed to begin".to_string()),
            cancelled_by: None,
            not_before_ms: 0,
            created_ms: 0,
            started_ms: None,
            ended_ms: Some(ended_ms),
        }
    }

    #[test]
    fn a_failure_is_known_until_a_success() {
        let runs = [
            run("3", RunState::Failed, 30_000),
            run("2", RunState::Failed, 20_000),
            run("1", RunState::Done, 10_000),
        ];
        let found = failure(&runs, &[job("3", JobState::Failed, 30_001)]).expect("it failed");
        assert_eq!(
            found.says(),
            "run 3 (by cli) failed in train at 1970-01-01T00:00:30Z: failed to read it; 2 runs have failed since the last success"
        );
        assert_eq!(
            failure(&runs[2..], &[job("0", JobState::Failed, 9_999)]),
            None
        );
        assert_eq!(failure(&[], &[]), None);
    }

    #[test]
    fn a_job_that_never_got_to_a_run_is_known_too() {
        let runs = [run("1", RunState::Done, 10_000)];
        let found = failure(&runs, &[job("2", JobState::DeadLettered, 20_000)]).expect("it failed");
        assert_eq!(
            found.says(),
            "job job-2 (by api) dead-lettered at 1970-01-01T00:00:20Z: failed to begin"
        );
        assert_eq!(
            failure(&runs, &[job("2", JobState::Cancelled, 20_000)]),
            None
        );
    }

    #[test]
    fn files_are_named_as_far_as_they_are_few() {
        let file = |path: &str| LeftOutFile {
            path: path.to_string(),
            sha256: Sha256::default(),
            line: Some(2),
            reason: "3 fields, the header has 2".to_string(),
        };
        let mut trouble = Trouble::default();
        assert_eq!(trouble.says_quarantined(), None);
        trouble.quarantined = vec![file("a.csv")];
        assert_eq!(
            trouble.says_quarantined().expect("one"),
            "1 file of the input is quarantined: a.csv, line 2: 3 fields, the header has 2"
        );
        trouble.quarantined = ["a", "b", "c", "d"].map(file).to_vec();
        let says = trouble.says_quarantined().expect("four");
        assert!(says.starts_with("4 files of the input are quarantined, the first 3: a, line 2"));
        assert!(!says.contains("d, line"));
    }
}
