//! `SessionService`: who is signed in to the console.
//!
//! A session is the operator's. One of a site's Admin would be a row that names the user, with the
//! identity provider's token verified here, because the console holds no key; what its bearer asks would
//! then be asked `on_behalf_of` that user, whom the law looks at in each transaction
//! (`domain/acting.rs`), and of that site alone.

use super::answers;
use super::answers::is_repeated;
use super::call::{RequestMetadata, call};
use super::encode::{notice, time};
use crate::secret::Secret;
use crate::{AppState, Failure};
use provost_domain::{
    Action, Caller, Decision, Notice, Session, SessionAction, SessionId, SessionKind, SiteId,
    for_the_operator,
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
        let asker = (Caller::Operator, None);
        let (site, action) = (Some(SiteId::INSTALLATION), Action::Session(action));
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
            let session = Some(encoded(&session));
            Ok(v1::CreateSessionResponse { session, token, changed, revision, notices })
        })
        .await
    }

    async fn get_session(
        &self,
        request: Request<v1::GetSessionRequest>,
    ) -> Result<Response<v1::GetSessionResponse>, Status> {
        call(request, async |metadata, _| {
            metadata.bearer.admit_operator()?;
            Ok(v1::GetSessionResponse { session: metadata.bearer.session().map(encoded) })
        })
        .await
    }

    async fn delete_session(
        &self,
        request: Request<v1::DeleteSessionRequest>,
    ) -> Result<Response<v1::DeleteSessionResponse>, Status> {
        call(request, async |metadata, message| {
            metadata.bearer.admit_operator()?;
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

fn encoded(session: &Session) -> v1::Session {
    let Session { id, kind: _, created_at, expires_at, last_used_at: _ } = session;
    v1::Session {
        id: id.0.to_string(),
        create_time: Some(time(*created_at)),
        expire_time: Some(time(*expires_at)),
    }
}
