//! `SessionService`: who is signed in to the console.
//!
//! A session is the operator's, or an Admin's, at whom the law looks in each transaction
//! (`domain/acting.rs`). How an Admin signs in is `sign_in.rs`'s.

use super::answers;
use super::answers::is_repeated;
use super::call::{RequestMetadata, arriving_call, call};
use super::encode::{notice, time};
use super::sign_in;
use crate::authenticator::Bearer;
use crate::secret::Secret;
use crate::{AppState, Failure};
use provost_domain::{
    Action, Caller, Decision, Notice, Refusal, Session, SessionAction, SessionId, SessionKind,
    Site, SiteId, User, for_the_operator,
};
use provost_proto::v1;
use provost_proto::v1::session_service_server::SessionService;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

/// The door to the sessions.
pub(super) struct SessionHandlers(pub Arc<AppState>);

/// What was made, and the value that is shown this once.
struct Made {
    session: Session,
    value: String,
    changed: bool,
    revision: i64,
    notices: Vec<v1::Notice>,
}

impl SessionHandlers {
    async fn submit(
        &self,
        metadata: RequestMetadata,
        action: SessionAction,
        options: Option<v1::WriteOptions>,
    ) -> Result<Decision, Failure> {
        // An Admin's is told in the ledger of their site.
        let (caller, site) = match metadata.bearer.admin() {
            Some((site, user)) => (Caller::Admin { user: user.id }, site.id),
            None => (Caller::Operator, SiteId::INSTALLATION),
        };
        let (asker, site, action) = ((caller, None), Some(site), Action::Session(action));
        self.0.submit(metadata, asker, site, action, options).await
    }

    async fn create(
        &self,
        metadata: RequestMetadata,
        kind: SessionKind,
        options: Option<v1::WriteOptions>,
    ) -> Result<Made, Failure> {
        metadata.bearer.admit_operator()?;
        if metadata.bearer.session().is_some() {
            return Err(for_the_operator("sign in anew with the operator's token").into());
        }
        let is_tried = options.as_ref().is_some_and(|options| options.validate_only);
        let secret = Secret::generate_for_session(kind)?;
        let hash = *self.0.authenticator.session_hash(&secret).as_bytes();
        let code = metadata.bearer.sign_in_code();
        let action = SessionAction::Create { kind, hash, code };
        let decision = self.submit(metadata, action, options).await?;
        let Decision { answer, changed, notices, revision } = decision;
        // A repetition or a trial made nothing, so this value opens nothing.
        let is_made = !is_tried && !is_repeated(&notices);
        let value = if is_made { secret.reveal().to_owned() } else { String::new() };
        let notices = told(notices);
        Ok(Made { session: answers::session(answer)?, value, changed, revision, notices })
    }
}

#[async_trait]
impl SessionService for SessionHandlers {
    async fn create_sign_in_code(
        &self,
        request: Request<v1::CreateSignInCodeRequest>,
    ) -> Result<Response<v1::CreateSignInCodeResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::CreateSignInCodeRequest { options } = message;
            let made = self.create(metadata, SessionKind::SignInCode, options).await?;
            let Made { session, value: code, changed, revision, notices } = made;
            let expire_time = Some(time(session.expires_at));
            Ok(v1::CreateSignInCodeResponse { code, expire_time, changed, revision, notices })
        })
        .await
    }

    async fn create_session(
        &self,
        request: Request<v1::CreateSessionRequest>,
    ) -> Result<Response<v1::CreateSessionResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::CreateSessionRequest { options } = message;
            let made = self.create(metadata, SessionKind::SignedIn, options).await?;
            let Made { session, value: token, changed, revision, notices } = made;
            let session = Some(encoded(&session, None));
            Ok(v1::CreateSessionResponse { session, token, changed, revision, notices })
        })
        .await
    }

    async fn get_authorization_url(
        &self,
        request: Request<v1::GetAuthorizationUrlRequest>,
    ) -> Result<Response<v1::GetAuthorizationUrlResponse>, Status> {
        arriving_call(request, async |_, message| sign_in::begin(&self.0, message).await).await
    }

    async fn create_admin_session(
        &self,
        request: Request<v1::CreateAdminSessionRequest>,
    ) -> Result<Response<v1::CreateAdminSessionResponse>, Status> {
        arriving_call(request, async |metadata, message| {
            sign_in::complete(&self.0, metadata, message).await
        })
        .await
    }

    async fn get_session(
        &self,
        request: Request<v1::GetSessionRequest>,
    ) -> Result<Response<v1::GetSessionResponse>, Status> {
        call(request, async |metadata, _| {
            let bearer = &metadata.bearer;
            admit_own(bearer)?;
            let session = bearer.session().map(|session| encoded(session, bearer.admin()));
            Ok(v1::GetSessionResponse { session })
        })
        .await
    }

    async fn delete_session(
        &self,
        request: Request<v1::DeleteSessionRequest>,
    ) -> Result<Response<v1::DeleteSessionResponse>, Status> {
        call(request, async |metadata, message| {
            admit_own(&metadata.bearer)?;
            let v1::DeleteSessionRequest { session_id, options } = message;
            let own = metadata.bearer.session().map(|session| session.id);
            let session = named(&session_id, own);
            let decision = self.submit(metadata, SessionAction::End { session }, options).await?;
            let Decision { changed, revision, .. } = decision;
            Ok(v1::DeleteSessionResponse { changed, revision })
        })
        .await
    }
}

/// The session of this id, or the caller's own where none is named. What is no id of a session names none
/// that there is.
fn named(id: &str, own: Option<SessionId>) -> SessionId {
    let none = SessionId(Uuid::nil());
    match id {
        "" => own.unwrap_or(none),
        id => Uuid::try_parse(id).map_or(none, SessionId),
    }
}

fn told(notices: Vec<Notice>) -> Vec<v1::Notice> {
    notices.into_iter().map(notice).collect()
}

/// Admits whoever may have a session: an Admin, or the operator.
fn admit_own(bearer: &Bearer) -> Result<(), Refusal> {
    if bearer.admin().is_some() { Ok(()) } else { bearer.admit_operator() }
}

/// A session, and the Admin whose it is, if it is one's.
pub(super) fn encoded(session: &Session, admin: Option<(&Site, &User)>) -> v1::Session {
    let Session { id, kind: _, holder: _, created_at, expires_at, last_used_at: _ } = session;
    let (site, user_id, user_name) = admin.map_or_else(Default::default, |(site, user)| {
        (site.name.clone(), user.id.0.to_string(), user.user_name.as_str().to_owned())
    });
    v1::Session {
        id: id.0.to_string(),
        create_time: Some(time(*created_at)),
        expire_time: Some(time(*expires_at)),
        site,
        user_id,
        user_name,
    }
}
