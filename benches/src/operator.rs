//! Calls of the operator that prepare what is measured; none of them is measured.

use crate::outcome::Outcome;
use crate::servers::Running;
use provost::channel::{AsOperator, Clients, Destination, Remote, remote};
use tokio::runtime::Builder;

/// Asks a service for something.
pub fn ask<T>(
    serve: &Running,
    what: impl AsyncFnOnce(Clients<Remote>) -> Outcome<T>,
) -> Outcome<T> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let core = Destination { address: format!("http://{}", serve.grpc).parse()?, tls: None };
        what(Clients::new(remote(&core), AsOperator::new(&serve.operator_token()?)?)).await
    })
}
