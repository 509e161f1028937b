//! Who is let in, and on whose behalf they ask: the first look at the caller of a call about a site.
//!
//! For writes the law looks again, in their transaction. Must never know what is asked.

use crate::authenticator::{Admitted, Bearer};
use crate::{AppState, Failure};
use provost_domain::{Reason, Refusal, UserId, admit_acting};
use provost_proto::v1;
use uuid::Uuid;

impl AppState {
    /// Admits the caller of a read.
    pub(super) async fn admit_to_read(
        &self,
        bearer: Bearer,
        site: &str,
        on_behalf_of: &str,
    ) -> Result<Admitted, Failure> {
        let bearer = bearer.acting_for(acting_user(on_behalf_of)?);
        let admitted = self.authenticator.admit(bearer, site).await?;
        if let Some(user) = admitted.on_behalf_of {
            let scope = admitted.caller.scope();
            match Box::pin(self.users.get(&admitted.site, scope, user)).await {
                Ok(user) => admit_acting(Some(&user))?,
                Err(Failure::Refused(refusal)) if refusal.reason == Reason::UserNotFound => {
                    admit_acting(None)?;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(admitted)
    }

    /// Admits the caller of a write. What the user may on whose behalf it is asked, the law says.
    pub(super) async fn admit_to_write(
        &self,
        bearer: Bearer,
        site: &str,
        options: Option<&v1::WriteOptions>,
    ) -> Result<Admitted, Failure> {
        let bearer = bearer.acting_for(acting(options)?);
        self.authenticator.admit(bearer, site).await
    }
}

/// The user on whose behalf a write is asked, if any.
pub(super) fn acting(options: Option<&v1::WriteOptions>) -> Result<Option<UserId>, Refusal> {
    options.map_or(Ok(None), |options| acting_user(&options.on_behalf_of))
}

/// An id that is no UUID names nobody.
fn acting_user(id: &str) -> Result<Option<UserId>, Refusal> {
    if id.is_empty() {
        return Ok(None);
    }
    match Uuid::try_parse(id) {
        Ok(id) => Ok(Some(UserId(id))),
        Err(_) => admit_acting(None).map(|()| None),
    }
}
