//! How an Admin of a site signs in: by its identity provider, which the core asks by itself.
//!
//! The console in between holds no key, so it can make itself nobody. Must never log a code, a token or
//! what is in one.

use super::call::ArrivalMetadata;
use super::{answers, sessions};
use crate::secret::Secret;
use crate::{AppState, Failure};
use provost_domain::{
    Action, Caller, Command, Decision, Reason, Refusal, SessionAction, SessionKind, SiteName, User,
    UserName, UserScope, admit_admin,
};
use provost_openid::{AuthorizationResponse, SignInAttempt, SignInFailure};
use provost_proto::v1;
use provost_telemetry::record_site;
use std::sync::Arc;

/// Where a browser is sent, with the secret that it is to keep.
pub(super) async fn begin(
    state: &AppState,
    message: v1::GetAuthorizationUrlRequest,
) -> Result<v1::GetAuthorizationUrlResponse, Failure> {
    let v1::GetAuthorizationUrlRequest { site, redirect_uri } = message;
    let secret = Secret::generate_bare()?.reveal().to_owned();
    let attempt = SignInAttempt::of(secret.clone());
    let url = state.identity_providers.authorization_url(&site, redirect_uri, &attempt).await;
    let url = url.map_err(|failure| refused(&site, &failure))?;
    Ok(v1::GetAuthorizationUrlResponse { url, attempt: secret })
}

/// Makes a session for whoever the identity provider says has come back, if they are an active Admin.
pub(super) async fn complete(
    state: &AppState,
    metadata: ArrivalMetadata,
    message: v1::CreateAdminSessionRequest,
) -> Result<v1::CreateAdminSessionResponse, Failure> {
    let v1::CreateAdminSessionRequest { site, redirect_uri, attempt, code, state: sent, issuer } =
        message;
    let response = AuthorizationResponse { redirect_uri, code, state: sent, issuer };
    let providers = &state.identity_providers;
    let user_name = providers.user_name(&site, &SignInAttempt::of(attempt), response).await;
    let user_name = user_name.map_err(|failure| refused(&site, &failure))?;
    let site = state.authenticator.site(&SiteName::parse(&site)?).await?;
    record_site(&site.name);
    let user = match UserName::parse(&user_name) {
        Ok(name) => named(state.users.named(&site, UserScope::All, &name.key()).await)?,
        Err(_) => None,
    };
    let user = admit_admin(user.as_deref())?;
    let secret = Secret::generate_for_admin()?;
    let hash = *state.authenticator.admin_session_hash(&secret).as_bytes();
    let ArrivalMetadata { trace_id, deadline } = metadata;
    let command = Command {
        site: Some(site.id),
        caller: Caller::Admin { user: user.id },
        token: None,
        on_behalf_of: None,
        action: Action::Session(SessionAction::Create {
            kind: SessionKind::SignedIn,
            hash,
            code: None,
        }),
        expected_version: None,
        request: None,
        reason: None,
        validate_only: false,
        trace_id,
    };
    // The law looks at the user again, as they are then.
    let Decision { answer, revision, .. } = state.writer.submit(command, deadline).await?;
    let session = sessions::encoded(&answers::session(answer)?, Some((&site, user)));
    let token = secret.reveal().to_owned();
    Ok(v1::CreateAdminSessionResponse { session: Some(session), token, revision })
}

/// Whoever has a user name, if there is somebody.
fn named(found: Result<Arc<User>, Failure>) -> Result<Option<Arc<User>>, Failure> {
    match found {
        Ok(user) => Ok(Some(user)),
        Err(Failure::Refused(refusal)) if refusal.reason == Reason::UserNotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What is told; what is the provider's or its settings' is also for whoever reads the log.
fn refused(site: &str, failure: &SignInFailure) -> Failure {
    let is_of_browser = matches!(
        failure,
        SignInFailure::NotSetUp | SignInFailure::RedirectUri | SignInFailure::OtherSignIn
    );
    if !is_of_browser {
        let detail = failure.detail();
        tracing::warn!(site, cause = %failure, detail, "the site's identity provider let nobody in");
    }
    let reason = if failure.is_of_provider() {
        Reason::IdentityProviderFailed
    } else {
        Reason::SignInRefused
    };
    Refusal::new(reason, failure.to_string()).into()
}
