//! Closed files on their way into a store: a thread of its own writes each once, removes it here when it is there, and keeps the
//! newest in the store. A store that does not answer is tried again; meanwhile the files wait in the folder, and after a crash the next
//! server finds them there.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::files::{age_of, closed_in};
use super::kept::Counts;
use crate::artifacts::{self, Artifacts, Trouble};
use crate::model_types::{Location, StoreLocation};

/// How long to wait before a store that failed is tried again.
const RETRY: Duration = Duration::from_secs(15);

/// The end that the log's writer holds.
pub struct Upload {
    wake: Sender<()>,
    thread: JoinHandle<()>,
}

impl Upload {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(
        folder: PathBuf,
        to: StoreLocation,
        most: usize,
        counts: Arc<Counts>,
    ) -> io::Result<Self> {
        let (wake, woken) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new().name("prediction-log-upload".to_string());
        let thread = thread.spawn(move || {
            let uploads = Uploads {
                folder,
                to: Location::Store(to),
                most,
                counts,
                has_failed: false,
            };
            runtime.block_on(async { uploads.work(&woken).await });
        })?;
        Ok(Upload { wake, thread })
    }

    /// A file was closed.
    pub fn wake(&self) {
        // A thread that is gone was told of in the log.
        let _ = self.wake.send(());
    }

    /// Writes what waits, once, and ends.
    pub fn end(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}

struct Uploads {
    folder: PathBuf,
    to: Location,
    most: usize,
    counts: Arc<Counts>,
    /// Whether the last time failed, which is said once.
    has_failed: bool,
}

impl Uploads {
    async fn work(mut self, woken: &Receiver<()>) {
        loop {
            // What a server before has left comes first.
            self.pass().await;
            let next = if self.has_failed {
                woken.recv_timeout(RETRY)
            } else {
                woken.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            // All that were closed meanwhile are found at once.
            while woken.try_recv().is_ok() {}
            if next == Err(RecvTimeoutError::Disconnected) {
                return self.pass().await;
            }
        }
    }

    /// Writes every closed file into the store.
    async fn pass(&mut self) {
        match self.upload_all().await {
            Ok(()) => self.has_failed = false,
            Err(error) => {
                self.counts.failures.fetch_add(1, Ordering::Relaxed);
                if !self.has_failed {
                    let causes = crate::text::causes(&error).join(": ");
                    tracing::error!(
                        "files of the prediction log cannot be brought into the store, and wait here: {error} {causes}"
                    );
                }
                self.has_failed = true;
            }
        }
    }

    async fn upload_all(&self) -> Result<(), artifacts::Error> {
        let waiting = closed_in(&self.folder);
        if waiting.is_empty() {
            return Ok(());
        }
        let store = Artifacts::look(&self.to)?;
        for path in waiting {
            self.upload(&store, &path).await?;
        }
        prune(&store, self.most).await
    }

    async fn upload(&self, store: &Artifacts, path: &Path) -> Result<(), artifacts::Error> {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Ok(());
        };
        let Ok(bytes) = std::fs::metadata(path).map(|found| found.len()) else {
            // Another server of this machine was quicker.
            return Ok(());
        };
        let written = store.put_new_from_file(name, path).await;
        match written {
            Ok(()) => {}
            // Names are this process's own: what is there was written before the answer, or the file here, got lost.
            Err(artifacts::Error::Store {
                trouble: Trouble::Taken,
                ..
            }) if store.size(name).await? == bytes => {}
            Err(error) if path.exists() => return Err(error),
            Err(_) => return Ok(()),
        }
        match std::fs::remove_file(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(artifacts::Error::Sync {
                    key: name.to_string(),
                    source,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Removes the oldest files of the store where there are too many, whatever server wrote them.
async fn prune(store: &Artifacts, most: usize) -> Result<(), artifacts::Error> {
    let names = store.names("").await?;
    let mut closed: Vec<(String, String)> = names
        .into_iter()
        .filter_map(|name| Some((age_of(&name)?, name)))
        .collect();
    closed.sort();
    for (_, name) in &closed[..closed.len().saturating_sub(most)] {
        store.remove(name).await?;
    }
    Ok(())
}
