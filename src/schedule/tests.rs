//! The loop's look, second by second, on a real database and a clock of the test's own.

use chrono::{DateTime, Utc};

use super::{Polled, Scheduler};
use crate::clock::Clock;
use crate::config::{ModelConfig, Overlap, Overrides, load};
use crate::jobs::Queue;
use crate::model_types::RunId;
use crate::pipeline::Ids;
use crate::registry::{Registry, TickOutcome, TickRow};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("RFC 3339")
}

struct Site {
    folder: tempfile::TempDir,
    queue: Queue,
    model: ModelConfig,
}

impl Site {
    async fn with(cron: &str, timezone: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = serde_json::json!({
            "input_folder_path": "in", "output_folder_path": "out", "test_data_path": "test",
            "output_model_path": "models", "prod_deployment_path": "production",
            "schedule": {"cron": cron, "timezone": timezone},
        });
        let file = folder.path().join("config.json");
        std::fs::write(&file, config.to_string()).expect("writes");
        let config = load(&file, &Overrides::default()).expect("a configuration");
        let registry = Registry::open(&folder.path().join("unseat.db")).await;
        Site {
            queue: Queue::of(&registry.expect("opens")),
            model: config.models.into_values().next().expect("a model"),
            folder,
        }
    }

    /// A look of one scheduler at this time.
    async fn look(&self, now: &str) -> Polled {
        let scheduler = Scheduler {
            queue: self.queue.clone(),
            models: arc_swap::ArcSwap::from_pointee(vec![self.model.clone()]),
            clock: Clock::Fixed(at(now)),
            ids: Ids::Random,
            launcher: None,
        };
        scheduler.poll(&self.model).await.expect("looks")
    }

    /// Every open job ends, as if a worker had done it.
    async fn finish(&self) {
        let statement = "UPDATE job_records SET state = 'done'";
        self.queue.registry.run_sql(statement).await;
    }

    async fn ticks(&self) -> Vec<TickRow> {
        let ticks = self.queue.registry.ticks(None, 1000).await;
        ticks.expect("reads").into_iter().rev().collect()
    }

    /// `(time, outcome)` of each tick.
    async fn told(&self) -> Vec<(String, String)> {
        let ticks = self.ticks().await.into_iter();
        ticks
            .map(|tick| {
                (
                    crate::clock::rfc3339(tick.tick_ms),
                    tick.outcome.to_string(),
                )
            })
            .collect()
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(at, outcome): &(&str, &str)| (at.to_string(), outcome.to_string());
    expected.iter().map(pair).collect()
}

#[tokio::test]
async fn a_tick_makes_one_job_however_many_processes_poll_and_how_often() {
    let site = Site::with("*/10 * * * *", "UTC").await;
    site.look("2026-05-01T09:59:30Z").await;
    let (one, other) = tokio::join!(
        site.look("2026-05-01T10:00:00Z"),
        site.look("2026-05-01T10:00:01Z")
    );
    assert_eq!(one.queued.len() + other.queued.len(), 1);
    assert_eq!(site.look("2026-05-01T10:00:02Z").await, Polled::default());
    assert_eq!(
        site.told().await,
        pairs(&[("2026-05-01T10:00:00Z", "pending")])
    );
    // The next tick finds the job open.
    site.look("2026-05-01T10:10:00Z").await;
    let ticks = site.ticks().await;
    assert_eq!(ticks[1].outcome, TickOutcome::Skipped);
    assert!(ticks[1].reason.contains("was still queued"), "{ticks:?}");
}

#[tokio::test]
async fn a_tick_gives_way_to_a_run_by_hand_and_says_so() {
    let site = Site::with("*/10 * * * *", "UTC").await;
    site.look("2026-05-01T09:59:30Z").await;
    let registry = &site.queue.registry;
    let began = at("2026-05-01T09:59:40Z").timestamp_millis();
    let lock = registry
        .take_lock("model", &RunId::new("by-hand"), began)
        .await;
    let looked = site.look("2026-05-01T10:00:00Z").await;
    assert_eq!((looked.queued.len(), looked.left_out), (0, 1));
    let ticks = site.ticks().await;
    assert_eq!(ticks[0].outcome, TickOutcome::Skipped);
    assert_eq!(ticks[0].reason, "run by-hand was still under way");
    assert_eq!(ticks[0].job, None);
    let released = registry.release_lock(&lock.expect("is free")).await;
    released.expect("releases");
    assert_eq!(site.look("2026-05-01T10:10:00Z").await.queued.len(), 1);
}

#[tokio::test]
async fn after_downtime_the_latest_missed_tick_is_made_up_for() {
    let site = Site::with("0 * * * *", "UTC").await;
    site.look("2026-05-01T09:30:00Z").await;
    let looked = site.look("2026-05-01T13:20:00Z").await;
    assert_eq!(looked.queued.len(), 1);
    let expected = [
        ("2026-05-01T10:00:00Z", "missed"),
        ("2026-05-01T11:00:00Z", "missed"),
        ("2026-05-01T12:00:00Z", "missed"),
        ("2026-05-01T13:00:00Z", "pending"),
    ];
    assert_eq!(site.told().await, pairs(&expected));
}

#[tokio::test]
async fn a_clock_that_goes_back_fires_nothing_twice() {
    let site = Site::with("*/10 * * * *", "UTC").await;
    site.look("2026-05-01T10:09:59Z").await;
    assert_eq!(site.look("2026-05-01T10:10:00Z").await.queued.len(), 1);
    site.finish().await;
    for now in [
        "2026-05-01T09:50:00Z",
        "2026-05-01T10:00:00Z",
        "2026-05-01T10:10:00Z",
    ] {
        assert_eq!(site.look(now).await, Polled::default(), "{now}");
    }
    assert_eq!(site.look("2026-05-01T10:20:00Z").await.queued.len(), 1);
    assert_eq!(site.ticks().await.len(), 2);
    // A clock that had been wrong by years begins again, and what lies behind stays behind.
    site.finish().await;
    site.look("2031-01-01T00:00:00Z").await;
    site.finish().await;
    site.look("2026-05-01T10:25:00Z").await;
    assert_eq!(site.look("2026-05-01T10:30:00Z").await.queued.len(), 1);
}

#[tokio::test]
async fn an_expression_that_is_edited_never_fires_for_what_lies_behind() {
    let site = Site::with("0 3 * * *", "UTC").await;
    site.look("2026-05-01T12:00:00Z").await;
    let registry = &site.queue.registry;
    let now_ms = at("2026-05-01T12:30:00Z").timestamp_millis();
    let set = registry.set_schedule("model", Some("0 12 * * *"), Some("UTC"), "tester", now_ms);
    set.await.expect("sets");
    // At 12:30 it is told to fire at 12:00: tomorrow, that is.
    assert_eq!(site.look("2026-05-01T12:30:00Z").await, Polled::default());
    assert_eq!(site.look("2026-05-02T03:00:00Z").await, Polled::default());
    assert_eq!(site.look("2026-05-02T12:00:00Z").await.queued.len(), 1);
    assert_eq!(
        site.told().await,
        pairs(&[("2026-05-02T12:00:00Z", "pending")])
    );
    // Given back to config.json, it begins again, too.
    site.finish().await;
    let unset = registry.set_schedule("model", None, None, "tester", now_ms);
    unset.await.expect("sets");
    assert_eq!(site.look("2026-05-03T02:00:00Z").await, Polled::default());
    assert_eq!(site.look("2026-05-03T03:00:00Z").await.queued.len(), 1);
}

#[tokio::test]
async fn ticks_of_a_pause_are_left_out_and_not_made_up_for() {
    let site = Site::with("0 * * * *", "UTC").await;
    site.look("2026-05-01T09:30:00Z").await;
    let registry = &site.queue.registry;
    let ms = |text: &str| at(text).timestamp_millis();
    let paused = registry.pause_schedule("model", "tester", ms("2026-05-01T09:40:00Z"));
    paused.await.expect("pauses");
    site.look("2026-05-01T11:00:00Z").await;
    let resumed = registry.resume_schedule("model", "tester", ms("2026-05-01T12:30:00Z"));
    assert!(resumed.await.expect("resumes"));
    site.look("2026-05-01T12:30:01Z").await;
    assert_eq!(site.look("2026-05-01T13:00:00Z").await.queued.len(), 1);
    let expected = [
        ("2026-05-01T10:00:00Z", "skipped"),
        ("2026-05-01T11:00:00Z", "skipped"),
        ("2026-05-01T12:00:00Z", "skipped"),
        ("2026-05-01T13:00:00Z", "pending"),
    ];
    assert_eq!(site.told().await, pairs(&expected));
}

#[tokio::test]
async fn a_schedule_that_is_new_or_was_taken_out_and_put_back_fires_for_nothing_that_lies_behind() {
    let mut site = Site::with("*/10 * * * *", "UTC").await;
    // It was due five seconds before anybody looked for the first time.
    assert_eq!(site.look("2026-05-01T10:00:05Z").await, Polled::default());
    assert_eq!(site.look("2026-05-01T10:10:00Z").await.queued.len(), 1);
    site.finish().await;
    let cron = site.model.schedule.cron.take();
    assert_eq!(site.look("2026-05-01T10:15:00Z").await, Polled::default());
    site.model.schedule.cron = cron;
    // It was due at 10:20 and at 10:30, when there was none.
    assert_eq!(site.look("2026-05-01T10:30:05Z").await, Polled::default());
    assert_eq!(site.look("2026-05-01T10:40:00Z").await.queued.len(), 1);
    let expected = [
        ("2026-05-01T10:10:00Z", "pending"),
        ("2026-05-01T10:40:00Z", "pending"),
    ];
    assert_eq!(site.told().await, pairs(&expected));
}

#[tokio::test]
async fn the_hour_that_is_not_there_and_the_one_that_is_there_twice_fire_once() {
    let site = Site::with("30 2 * * *", "Europe/Berlin").await;
    site.look("2026-03-29T00:00:00Z").await;
    // 02:30 does not exist on 29 March: it fires at the change, 01:00 UTC.
    assert_eq!(site.look("2026-03-29T00:59:59Z").await, Polled::default());
    assert_eq!(site.look("2026-03-29T01:00:00Z").await.queued.len(), 1);
    site.finish().await;
    assert_eq!(site.look("2026-03-29T01:30:00Z").await, Polled::default());
    let twice = Site::with("30 2 * * *", "Europe/Berlin").await;
    twice.look("2026-10-25T00:00:00Z").await;
    // 02:30 comes at 00:30 and again at 01:30 UTC.
    assert_eq!(twice.look("2026-10-25T00:30:00Z").await.queued.len(), 1);
    twice.finish().await;
    assert_eq!(twice.look("2026-10-25T01:30:00Z").await, Polled::default());
}

#[tokio::test]
async fn the_latest_of_several_ticks_waits_where_that_is_asked_for() {
    let mut site = Site::with("*/10 * * * *", "UTC").await;
    site.model.schedule.overlap = Overlap::QueueLatest;
    site.look("2026-05-01T09:59:00Z").await;
    site.look("2026-05-01T10:00:00Z").await;
    let statement = "UPDATE job_records SET state = 'running'";
    site.queue.registry.run_sql(statement).await;
    site.look("2026-05-01T10:10:00Z").await;
    site.look("2026-05-01T10:20:00Z").await;
    let expected = [
        ("2026-05-01T10:00:00Z", "pending"),
        ("2026-05-01T10:10:00Z", "skipped"),
        ("2026-05-01T10:20:00Z", "pending"),
    ];
    assert_eq!(site.told().await, pairs(&expected));
    assert!(site.folder.path().exists());
}
