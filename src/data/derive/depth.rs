//! How deep a recursion may go.

/// Calls a step of a recursion, on more stack where little is left: threads that answer requests have small ones.
pub(super) fn on_enough_stack<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(512 * 1024, 4 * 1024 * 1024, step)
}
