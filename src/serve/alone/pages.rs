//! In the place of `pages/` without the feature `train`: there is no dashboard.

use std::sync::Arc;

use warp::http::HeaderMap;

use crate::http::dialect::Dialect;
use crate::http::problem::not_found;
use crate::serve::{Problem, Reply, Request, State};

/// Whether the program has pages.
pub const ARE_THERE: bool = false;

/// Says that there are none.
///
/// # Errors
/// Always.
pub async fn home(_: &State, _: &Request) -> Result<Reply, Problem> {
    let why = "this build of the program serves predictions and has no pages; the full one has (`cargo build --release`)";
    Err(not_found(why))
}

/// Handlers that say so.
macro_rules! absent {
    ($($name:ident)*) => {$(
        /// There is no such page.
        ///
        /// # Errors
        /// Always.
        pub async fn $name(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
            home(&state, &request).await
        }
    )*};
}

absent! {
    act changes compare data drift labels live log_in log_out login model notifications overview queue run runs script settings style
    try_answer try_form version
}

/// A problem of a page, in the native form.
pub fn problem(_: &State, _: &str, _: &HeaderMap, problem: &Problem) -> Reply {
    Dialect::Native.tell(problem)
}

/// No page shows anything.
pub fn does(_: &str) -> &'static str {
    ""
}
