//! Which version a request was given to. It is noted where the version is picked, so that a request that fails later is
//! counted for its version, whatever protocol it came by.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use crate::serving::served::Served;

/// A version, and when it was picked.
pub struct PickedVersion {
    /// The version.
    pub served: Arc<Served>,
    /// When: what came before, such as reading the body, is not its time.
    pub at: Instant,
}

tokio::task_local! {
    static PICKED: Cell<Option<PickedVersion>>;
}

/// Does the work of a request, and returns which version was picked last in it.
pub async fn noting<T>(work: impl Future<Output = T>) -> (T, Option<PickedVersion>) {
    let noted = async {
        let done = work.await;
        (done, PICKED.with(Cell::take))
    };
    PICKED.scope(Cell::new(None), noted).await
}

/// A version was picked for the request that is under way, if one is.
pub fn note(served: &Arc<Served>) {
    let picked = PickedVersion {
        served: served.clone(),
        at: Instant::now(),
    };
    // Outside of a request there is nothing to note.
    let _ = PICKED.try_with(|cell| cell.set(Some(picked)));
}
