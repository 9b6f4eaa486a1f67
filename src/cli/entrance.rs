//! Where a server's requests come from: a socket, or AWS Lambda, which hands out events.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{Failure, failure, settings};
use crate::config;
use crate::serve::{self, Guard, LambdaRuntime, Signals, State};

/// Where requests come from.
pub enum Entrance {
    /// A socket.
    Port(serve::Bound),
    /// Events of AWS Lambda.
    Lambda(LambdaRuntime),
}

impl Entrance {
    /// The one that there is in this process; `has_bundle` says whether a bundle is served, which is all that Lambda can have.
    ///
    /// # Errors
    /// When the address cannot be had, would be open to others without tokens, or there is no bundle to answer events with.
    pub async fn open(
        has_bundle: bool,
        settings: &config::Server,
        guard: &Guard,
    ) -> Result<Self, Failure> {
        match settings::lambda_runtime() {
            None => Ok(Entrance::Port(serve::bind(settings, guard).await?)),
            Some(_) if !has_bundle => Err(Failure::new(
                failure::Kind::Usage,
                anyhow::anyhow!("answer events of AWS Lambda: there a bundle is served, not a project"),
            )
            .hint("give `--bundle` a folder of the image or a URL like s3://BUCKET/PREFIX/production_deployment")),
            Some(address) => {
                // Callers are never on this machine.
                guard.allow(SocketAddr::from(([0, 0, 0, 0], 0)))?;
                Ok(Entrance::Lambda(LambdaRuntime::new(address)))
            }
        }
    }

    /// Where it is, for its callers.
    pub fn url(&self, state: &State) -> String {
        match self {
            Entrance::Port(_) => format!("{}://{}", state.guard.scheme(), self.address()),
            Entrance::Lambda(_) => format!("AWS Lambda, {}", self.address()),
        }
    }

    /// Host and port.
    pub fn address(&self) -> String {
        match self {
            Entrance::Port(bound) => bound.address.to_string(),
            Entrance::Lambda(runtime) => runtime.address().to_string(),
        }
    }

    /// Answers until a signal; how many connections had to be cut, and what ended it before one.
    pub async fn answer(
        self,
        state: &Arc<State>,
        signals: Signals,
    ) -> (usize, Result<(), Failure>) {
        match self {
            Entrance::Port(bound) => (bound.run(state.clone(), signals).await, Ok(())),
            Entrance::Lambda(mut runtime) => {
                let ended = serve::lambda::run(&mut runtime, state, signals).await;
                (0, ended.map_err(|error| Failure::internal(error.into())))
            }
        }
    }
}

/// Reports to AWS Lambda why the function cannot start; Lambda shows that to the function's callers.
pub async fn report_to_lambda(failure: &Failure) {
    if let Some(address) = settings::lambda_runtime() {
        let why = failure.on_one_line();
        let mut runtime = LambdaRuntime::new(address);
        if let Err(error) = runtime.fail_start("Unseat.Start", &why).await {
            tracing::warn!("the failure could not be reported to AWS Lambda: failed to {error}");
        }
    }
}
