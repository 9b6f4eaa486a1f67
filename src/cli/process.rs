//! What the command lines of both builds do alike: threads for what waits, and the exit code at the end.

use std::process::ExitCode;

use super::{Failure, Kind};

/// Runs a command on a runtime of its own, to its exit code; prints why it failed.
pub(super) fn end(
    is_server: bool,
    is_json: bool,
    command: impl Future<Output = Result<u8, Failure>>,
) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads(is_server))
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(command);
            // What still computes on a thread of its own, a score that is not waited for any more, must not hold up the end.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(Failure::new(Kind::Internal, error.into())),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.print(is_json),
    }
}

/// Threads for what waits. A server answers on all cores; on two, one thread takes the requests, and the other core is left to
/// what computes on threads of its own: two threads that answer wake each other for every request. Everything else has its own
/// threads for what computes.
fn threads(is_server: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    if cores > 2 && is_server { cores } else { 1 }
}
