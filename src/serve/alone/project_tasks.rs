//! In the place of `project_tasks.rs` without the feature `train`: nothing more continues beside the requests.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::serve::State;

/// There are none.
pub fn begin(_: &Arc<State>) -> Vec<JoinHandle<()>> {
    Vec::new()
}

/// The bundle that was served before is not needed any more.
pub async fn look(state: &State) {
    let models = state.served_models.models();
    models.for_each(|model| drop(model.take_before()));
}
