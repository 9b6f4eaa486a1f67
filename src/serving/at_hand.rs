//! Something out of the registry that is kept at hand: requests are answered from it as long as nothing was written since, and
//! a task makes it anew before it grows old.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use crate::pipeline::Env;
use crate::registry::{ChangeMark, Registry};

/// How old it may be, though nothing was written: times in it go on.
const HOLDS: Duration = Duration::from_secs(1);
/// From which age on the task makes it anew.
const RENEWED: Duration = Duration::from_millis(500);
/// For how long after a request the task goes on.
const WANTED: Duration = Duration::from_secs(10);

/// A value and what it was made of.
pub struct AtHand<T> {
    entry: ArcSwapOption<Entry<T>>,
    work: tokio::sync::Mutex<()>,
    asked: Mutex<Option<Instant>>,
}

struct Entry<T> {
    value: Arc<T>,
    mark: ChangeMark,
    /// The settings that it was made by; held, so that others have another address.
    envs: Vec<Arc<Env>>,
    made: Instant,
}

impl<T> Default for AtHand<T> {
    fn default() -> Self {
        AtHand {
            entry: ArcSwapOption::empty(),
            work: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
        }
    }
}

impl<T> AtHand<T> {
    /// The value: the one at hand, or made by one caller while the others wait.
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
        match self.current(registry, envs, HOLDS) {
            Some(value) => Ok(value),
            None => self.anew(registry, envs, HOLDS, make).await,
        }
    }

    /// Makes it anew before a request has to wait for that, if one came lately.
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
        if is_wanted && self.current(registry, envs, RENEWED).is_none() {
            self.anew(registry, envs, RENEWED, make).await?;
        }
        Ok(())
    }

    fn current(&self, registry: &Registry, envs: &[Arc<Env>], holds: Duration) -> Option<Arc<T>> {
        let entry = self.entry.load_full()?;
        let is_same = |(a, b): (&Arc<Env>, &Arc<Env>)| Arc::ptr_eq(a, b);
        let is_current = entry.made.elapsed() < holds
            && entry.envs.len() == envs.len()
            && entry.envs.iter().zip(envs).all(is_same)
            && registry.change_mark().as_ref() == Some(&entry.mark);
        is_current.then(|| entry.value.clone())
    }

    async fn anew<E>(
        &self,
        registry: &Registry,
        envs: &[Arc<Env>],
        holds: Duration,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let _one_at_a_time = self.work.lock().await;
        if let Some(value) = self.current(registry, envs, holds) {
            return Ok(value);
        }
        // What is written while it is made gives the file another mark.
        let (mark, made) = (registry.change_mark(), Instant::now());
        let value = Arc::new(make.await?);
        let entry = mark.map(|mark| Entry {
            value: value.clone(),
            mark,
            envs: envs.to_vec(),
            made,
        });
        self.entry.store(entry.map(Arc::new));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// What is written is told by the next answer; else the same value stands, made once.
    #[tokio::test]
    async fn a_write_is_seen_at_once_and_nothing_is_made_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("unseat.db");
        let registry = Registry::open(&path).await.expect("opens");
        let (at_hand, made) = (AtHand::<u32>::default(), AtomicU32::new(0));
        let count = async || Ok::<u32, Infallible>(made.fetch_add(1, Ordering::Relaxed));
        let get = async || *at_hand.get(&registry, &[], count()).await.expect("made");
        // File times go in steps: what was written a moment ago is not trusted yet.
        while registry.change_mark().is_none() {
            tokio::task::yield_now().await;
        }
        let first = get().await;
        let mark = registry.change_mark();
        for at in 0..3 {
            let again = get().await;
            // A slow machine may take longer than a value holds.
            assert!(again >= first, "{at}");
        }
        registry
            .start_run("r", "m", "test", 1)
            .await
            .expect("records");
        assert_ne!(registry.change_mark(), mark);
        let after = get().await;
        assert!(after > first, "{after} after {first}");
    }

    #[tokio::test]
    async fn nothing_is_made_ahead_that_nobody_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = Registry::open(&folder.path().join("unseat.db"))
            .await
            .expect("opens");
        let at_hand = AtHand::<u32>::default();
        let never = async { Err("made") };
        at_hand
            .refresh(&registry, &[], never)
            .await
            .expect("not made");
    }
}
