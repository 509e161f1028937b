//! Why a use case did not answer: the law refused, or the store failed.

use crate::StoreError;
use crate::secret::NoRandomness;
use provost_domain::Refusal;

/// Why a use case did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The law, or the reader of the request, refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed; what it says is for the log only.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No token could be generated.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A decision answers something else than was asked: a fault on our side.
    #[error("the decision is not about what was asked")]
    OtherAnswer,
    /// A call came past the look at its token: a fault on our side.
    #[error("the token of the call was not looked at")]
    Unauthenticated,
    /// Too many ask for the same at once. The same call may succeed later.
    #[error("no turn came in time")]
    Crowded,
    /// Enough commands of the site wait already.
    #[error("too many writes of this site wait")]
    SiteBusy,
    /// So many of the commands before it failed that the call ended. Nobody is told.
    #[error("the call ended before this was decided")]
    NotReached,
    /// The caller's deadline passed before anything was decided.
    #[error("the deadline passed before this was decided")]
    TooLate,
    /// Who had a role is still being taken from the ledger. The same call succeeds later.
    #[error("the ledger is still gone through for who had a role")]
    StandingsPending,
    /// A watch ends because the service is stopping.
    #[error("the service is stopping, and its watches with it")]
    CoreStopping,
    /// The writer is gone because the service is stopping.
    #[error("the service is stopping")]
    Stopping,
}
