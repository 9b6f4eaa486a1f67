//! Where the work of a request is done, and what bounds it.

use super::rows::Bounds;
use super::{Problem, Request, State};

/// Bytes from which on a body is read off the threads that answer: it takes as long as some small ones together.
const MEDIUM_BODY: usize = 64 << 10;
/// Bytes from which on reading a body may take so long that others must not wait for their turn behind it.
pub(super) const LARGE_BODY: usize = 512 << 10;

/// What bounds this request.
pub fn bounds<'r>(state: &State, request: &'r Request) -> Bounds<'r> {
    Bounds {
        rows: state.settings.limits.rows,
        work: &request.work,
    }
}

/// Whether a request may take long: it is large, or it may ask for what takes long for each row.
pub(super) fn may_take_long(request: &Request) -> bool {
    let asks = |text: &[u8]| {
        let finds = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
        finds("explain") || finds("flips")
    };
    let query = request.query.as_deref().unwrap_or_default();
    request.body.len() >= LARGE_BODY || asks(&request.body) || asks(query.as_bytes())
}

/// Does the work of a request: here when it is small, on a thread that may take long when it is not, and when it is in between on
/// one of as many such threads as there are cores.
pub async fn heavy<T: Send + 'static>(
    request: Request,
    work: impl FnOnce(&Request) -> Result<T, Problem> + Send + 'static,
) -> Result<(Request, T), Problem> {
    let mut turn = None;
    if !may_take_long(&request) {
        if request.body.len() < MEDIUM_BODY {
            let done = work(&request)?;
            return Ok((request, done));
        }
        turn = request.work.turn().await;
    }
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        // Nobody may wait any more by the time that a thread is free.
        let look = request.work.look();
        let done = request.work.counted(|| look.and_then(|()| work(&request)));
        (request, done)
    });
    let (request, done) = done.await.map_err(|error| Problem::internal(&error))?;
    Ok((request, done?))
}
