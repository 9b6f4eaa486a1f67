//! A cached value from the registry: requests are answered from it, and a task refreshes it beside them when
//! something was written. An answer is a second old at most.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use crate::pipeline::Env;
use crate::registry::{ChangeMark, Registry};

/// How old an answer may be. A request that finds an older one makes it itself.
const HOLDS: Duration = Duration::from_secs(1);
/// From which age on the task refreshes it although nothing was written: times in it continue.
const RENEWED: Duration = Duration::from_millis(500);
/// From which age on the task refreshes it when something was written. A training writes all the time, and each making takes
/// some of the processor from predictions.
const FOLLOWED: Duration = Duration::from_millis(100);
/// For how long after a request the task continues.
const WANTED: Duration = Duration::from_secs(10);

/// A value and what it was made of.
pub struct Cached<T> {
    entry: ArcSwapOption<Entry<T>>,
    work: tokio::sync::Mutex<()>,
    asked: Mutex<Option<Instant>>,
    /// Goes up when the cached value is no longer to be used.
    forgotten: AtomicU64,
}

struct Entry<T> {
    value: Arc<T>,
    /// The state of the database before it was made; `None` where the file says nothing.
    mark: Option<ChangeMark>,
    /// How often was forgotten before it was made.
    forgotten: u64,
    /// The settings that it was made by; held, so that others have another address.
    envs: Vec<Arc<Env>>,
    made: Instant,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Cached {
            entry: ArcSwapOption::empty(),
            work: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
            forgotten: AtomicU64::default(),
        }
    }
}

impl<T> Cached<T> {
    /// The value: the cached one, or made by one caller while the others wait.
    ///
    /// # Errors
    /// Those of making it.
    pub async fn get<E>(
        &self,
        registry: &Registry,
        envs: &[Arc<Env>],
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let is_usable = |entry: &Entry<T>| entry.made.elapsed() < HOLDS;
        match self.usable(envs, is_usable) {
            Some(value) => Ok(value),
            None => self.anew(registry, envs, is_usable, make).await,
        }
    }

    /// Refreshes it before a request has to wait for that, if one came lately.
    ///
    /// # Errors
    /// Those of making it.
    pub async fn refresh<E>(
        &self,
        registry: &Registry,
        envs: &[Arc<Env>],
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<(), E> {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = asked.is_some_and(|at| at.elapsed() < WANTED);
        let is_usable = |entry: &Entry<T>| {
            let age = entry.made.elapsed();
            age < FOLLOWED || (age < RENEWED && !is_written(registry, entry.mark.as_ref()))
        };
        if is_wanted && self.usable(envs, is_usable).is_none() {
            self.anew(registry, envs, is_usable, make).await?;
        }
        Ok(())
    }

    /// Invalidates what is cached or being made: the caller who changed something sees the change.
    pub fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::AcqRel);
    }

    fn usable(&self, envs: &[Arc<Env>], is_usable: impl Fn(&Entry<T>) -> bool) -> Option<Arc<T>> {
        let entry = self.entry.load_full()?;
        let is_same = |(a, b): (&Arc<Env>, &Arc<Env>)| Arc::ptr_eq(a, b);
        let is_of_these =
            entry.envs.len() == envs.len() && entry.envs.iter().zip(envs).all(is_same);
        let is_known = entry.forgotten == self.forgotten.load(Ordering::Acquire);
        (is_of_these && is_known && is_usable(&entry)).then(|| entry.value.clone())
    }

    async fn anew<E>(
        &self,
        registry: &Registry,
        envs: &[Arc<Env>],
        is_usable: impl Fn(&Entry<T>) -> bool,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let _one_at_a_time = self.work.lock().await;
        if let Some(value) = self.usable(envs, is_usable) {
            return Ok(value);
        }
        // What is written while it is made gives the file another mark.
        let forgotten = self.forgotten.load(Ordering::Acquire);
        let (mark, made) = (registry.change_mark(), Instant::now());
        let value = Arc::new(make.await?);
        self.entry.store(Some(Arc::new(Entry {
            value: value.clone(),
            mark,
            forgotten,
            envs: envs.to_vec(),
            made,
        })));
        Ok(value)
    }
}

/// Whether the file is another than the one of a mark. Of a server, nothing is known: its values are renewed by their age.
fn is_written(registry: &Registry, mark: Option<&ChangeMark>) -> bool {
    let now = registry.change_mark();
    now.is_some() && now.as_ref() != mark
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A project's registry and a count of how often something was made.
    struct Counted {
        at_hand: Cached<u32>,
        registry: Registry,
        made: AtomicU32,
        _folder: tempfile::TempDir,
    }

    impl Counted {
        async fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("unseat.db");
            let registry = Registry::open(&path).await.expect("opens");
            Counted {
                at_hand: Cached::default(),
                registry,
                made: AtomicU32::new(0),
                _folder: folder,
            }
        }

        async fn count(&self) -> Result<u32, Infallible> {
            Ok(self.made.fetch_add(1, Ordering::Relaxed))
        }

        async fn get(&self) -> u32 {
            let got = self.at_hand.get(&self.registry, &[], self.count());
            *got.await.expect("made")
        }
    }

    #[tokio::test]
    async fn what_was_changed_here_is_seen_at_once() {
        let counted = Counted::new().await;
        let first = counted.get().await;
        counted.at_hand.forget();
        let after = counted.get().await;
        assert!(after > first, "{after} after {first}");
    }

    /// What is being made when something is changed may not know of it.
    #[tokio::test]
    async fn what_is_being_made_is_forgotten_too() {
        let counted = Counted::new().await;
        let slow = async {
            counted.at_hand.forget();
            counted.count().await
        };
        let got = counted.at_hand.get(&counted.registry, &[], slow).await;
        let first = *got.expect("made");
        let after = counted.get().await;
        assert!(after > first, "{after} after {first}");
    }

    /// The task sees what others write; requests that come meanwhile are answered with the cached value.
    #[tokio::test]
    async fn what_others_write_is_followed() {
        let counted = Counted::new().await;
        let first = counted.get().await;
        let registry = &counted.registry;
        let run = registry.start_run("r", "m", "test", 1).await;
        run.expect("records");
        while counted.made.load(Ordering::Relaxed) == first + 1 {
            let done = counted.at_hand.refresh(registry, &[], counted.count());
            done.await.expect("made");
            tokio::task::yield_now().await;
        }
        assert!(counted.get().await > first);
    }

    #[tokio::test]
    async fn nothing_is_made_ahead_that_nobody_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = Registry::open(&folder.path().join("unseat.db"))
            .await
            .expect("opens");
        let at_hand = Cached::<u32>::default();
        let never = async { Err("made") };
        at_hand
            .refresh(&registry, &[], never)
            .await
            .expect("not made");
    }
}
