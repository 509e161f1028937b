//! Who is signed in: sessions of the operator and of Admins, and codes.
//!
//! Must never remember one: it is over at once wherever it was ended.

use super::bearer::{Holder, KnownAdmin, KnownSession};
use super::credential::CredentialKind;
use super::{Arrivals, Authenticator, Bearer, CallAccess};
use crate::secret::{Secret, SecretHash};
use crate::{Failure, clock};
use provost_domain::{Session, SessionHolder, SessionKind, SiteId, UserId, token_opens_nothing};
use std::sync::Arc;

impl Authenticator {
    /// What is kept of the token of an Admin's session.
    pub fn admin_session_hash(&self, secret: &Secret) -> SecretHash {
        secret.hash().of_admin_session(&self.operator)
    }

    /// What is kept of the token of a session.
    pub fn session_hash(&self, secret: &Secret) -> SecretHash {
        secret.hash().of_session(&self.operator)
    }

    /// Whoever is signed in by the session of this hash, or signs in by the code.
    pub(super) async fn signed_in(
        &self,
        hash: SecretHash,
        kind: CredentialKind,
        access: CallAccess,
    ) -> Result<Bearer, Failure> {
        let session = self.session(hash, kind, access).await?;
        let holder = match session.holder {
            SessionHolder::Operator => Holder::Operator,
            SessionHolder::Admin { site, user } => Holder::Admin(self.admin(site, user).await?),
        };
        let session = Some(Box::new(KnownSession { hash, session }));
        Ok(Bearer { session, ..self.bearer(holder, kind, access) })
    }

    /// Their session is over with what they were: it ends with the decision that takes it from them, and
    /// here it counts also where an older core decided that.
    async fn admin(&self, site: SiteId, user: UserId) -> Result<KnownAdmin, Failure> {
        let user = self.store.user(site, user).await?.filter(|user| user.is_active_admin());
        let user = user.ok_or_else(token_opens_nothing)?;
        let site = self.store.site(site).await?.ok_or_else(token_opens_nothing)?;
        Ok(KnownAdmin { user, site: Arc::new(site) })
    }

    /// The session or code of this hash. Nobody remembers one: it is over at once wherever it was ended.
    async fn session(
        &self,
        hash: SecretHash,
        kind: CredentialKind,
        access: CallAccess,
    ) -> Result<Session, Failure> {
        let hash = match kind {
            CredentialKind::AdminToken => hash.of_admin_session(&self.operator),
            _ => hash.of_session(&self.operator),
        };
        let found = self.store.session_by_hash(hash.as_bytes()).await?;
        let mut session = found.ok_or_else(token_opens_nothing)?;
        // What is not stored yet counts.
        let used = self.uses().sessions.get(&session.id).copied();
        session.last_used_at = session.last_used_at.max(used.unwrap_or_default());
        let is_fit = match (kind, session.kind) {
            (CredentialKind::SessionToken, SessionKind::SignedIn) => {
                session.holder == SessionHolder::Operator
            }
            (CredentialKind::AdminToken, SessionKind::SignedIn) => {
                session.holder != SessionHolder::Operator
            }
            (CredentialKind::SignInCode, SessionKind::SignInCode) => {
                access.arrivals == Arrivals::WithCode
            }
            _ => false,
        };
        let now = clock::now();
        if !is_fit || !session.is_live(now) {
            return Err(token_opens_nothing().into());
        }
        if session.kind == SessionKind::SignedIn {
            self.uses().sessions.insert(session.id, now);
        }
        Ok(session)
    }
}
