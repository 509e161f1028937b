//! One identity provider: what it says of itself, and the flow with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken,
    CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, OAuth2TokenResponse as _,
    PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope, TokenResponse as _,
};
use tokio::sync::Mutex;

use crate::AuthorizationResponse;
use crate::attempt::SiteAttempt;
use crate::failure::{SignInFailure, redirect_uri};
use crate::provider_channel::ProviderChannel;
use crate::provider_settings::ProviderSettings;
use crate::user_name::{self, Claims};

/// How long it counts what a provider said of itself.
const REMEMBERED: Duration = Duration::from_mins(1);
/// How long a provider is left alone that did not answer.
const PAUSE: Duration = Duration::from_secs(3);

/// What tokens may be signed by: keys of which the provider shows half. With the client's secret, which more
/// than the provider know, none is.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a provider says of itself, or that it says nothing, and when it was asked.
#[derive(Debug)]
struct Discovery {
    at: Instant,
    said: Result<Arc<CoreProviderMetadata>, String>,
}

/// An identity provider.
#[derive(Debug)]
pub struct KnownProvider {
    settings: ProviderSettings,
    channel: ProviderChannel,
    /// Held while it is asked, so that it is asked once, however many wait.
    asked: Mutex<Option<Discovery>>,
}

impl KnownProvider {
    pub fn new(settings: ProviderSettings, channel: ProviderChannel) -> Self {
        Self { settings, channel, asked: Mutex::default() }
    }

    /// Where a browser is sent.
    pub async fn authorization_url(
        &self,
        redirect_uri: RedirectUrl,
        attempt: &SiteAttempt<'_>,
    ) -> Result<String, SignInFailure> {
        let metadata = self.metadata(None).await?;
        let client = CoreClient::from_provider_metadata(
            metadata.as_ref().clone(),
            ClientId::new(self.settings.client_id.clone()),
            None,
        )
        .set_redirect_uri(redirect_uri);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&attempt.code_verifier());
        let (state, nonce) = (attempt.state(), attempt.nonce());
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || nonce,
            )
            .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.into())
    }

    /// The user name of whoever it says it is.
    pub async fn user_name(
        &self,
        attempt: &SiteAttempt<'_>,
        response: AuthorizationResponse,
    ) -> Result<String, SignInFailure> {
        let AuthorizationResponse { redirect_uri: back, code, state, issuer } = response;
        if !attempt.has_state(&state) {
            return Err(SignInFailure::OtherSignIn);
        }
        if !issuer.is_empty() && issuer != self.settings.issuer.as_str() {
            return Err(SignInFailure::OtherProvider);
        }
        let metadata = self.metadata(None).await?;
        let (token, access_token) =
            self.redeemed(&metadata, (code, redirect_uri(back)?), attempt).await?;
        match self.verified(&metadata, &token, attempt) {
            // It may have new keys since it was asked.
            Err(SignInFailure::TokenKeyUnknown) => {
                let renewed = self.metadata(Some(&metadata)).await?;
                self.verified(&renewed, &token, attempt)?;
            }
            verified => verified?,
        }
        let (claims, claim) =
            (user_name::claims_of(&token.to_string())?, &self.settings.user_name_claim);
        match user_name::among(&claims, claim) {
            // Providers need not say all in the token (OpenID Connect Core 1.0 section 5.4).
            Err(SignInFailure::NoUserName(_)) => {
                let more = self.user_info(&metadata, &access_token).await?;
                // Section 5.3.2.
                if more.get("sub") != claims.get("sub") {
                    return Err(SignInFailure::NoUserName(claim.clone()));
                }
                user_name::among(&more, claim)
            }
            told => told,
        }
    }

    /// What else it says of whoever signs in (OpenID Connect Core 1.0 section 5.3); nothing where it has nobody to ask, or
    /// answers otherwise.
    async fn user_info(
        &self,
        metadata: &CoreProviderMetadata,
        access_token: &str,
    ) -> Result<Claims, SignInFailure> {
        let Some(endpoint) = metadata.userinfo_endpoint() else { return Ok(Claims::new()) };
        let request = http::Request::get(endpoint.as_str())
            .header(http::header::ACCEPT, "application/json")
            .header(http::header::AUTHORIZATION, format!("Bearer {access_token}"))
            .body(Vec::new());
        let unsendable = |_| SignInFailure::ProviderFailed("its address can't be asked".to_owned());
        let answer = self.channel.ask(request.map_err(unsendable)?).await;
        let answer = answer.map_err(|error| SignInFailure::ProviderFailed(error.to_string()))?;
        Ok(serde_json::from_slice(answer.body()).unwrap_or_default())
    }

    /// Exchanges a code for an ID token and an access token (OpenID Connect Core 1.0 section 3.1.3).
    async fn redeemed(
        &self,
        metadata: &CoreProviderMetadata,
        (code, redirect_uri): (String, RedirectUrl),
        attempt: &SiteAttempt<'_>,
    ) -> Result<(CoreIdToken, String), SignInFailure> {
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            Some(ClientSecret::new(self.settings.client_secret.clone())),
        )
        .set_redirect_uri(redirect_uri)
        .set_auth_type(auth_type(metadata));
        let no_endpoint = |_| SignInFailure::ProviderFailed("it has no token endpoint".to_owned());
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(no_endpoint)?;
        let exchange = exchange.set_pkce_verifier(attempt.code_verifier());
        let answer = exchange.request_async(&self.channel).await;
        let answer = answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(error) => match error.error() {
                // The code is none of the reasons.
                CoreErrorResponseType::InvalidClient
                | CoreErrorResponseType::UnauthorizedClient => SignInFailure::ProviderFailed(
                    "it does not take this client: compare client_id and client_secret".to_owned(),
                ),
                error => SignInFailure::CodeRefused(error.to_string()),
            },
            RequestTokenError::Request(error) => SignInFailure::ProviderFailed(error.to_string()),
            // What it says may hold the answer.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                SignInFailure::ProviderFailed("it answered a code with no tokens".to_owned())
            }
        })?;
        let token = answer.id_token().cloned().ok_or(SignInFailure::NoToken)?;
        Ok((token, answer.access_token().secret().clone()))
    }

    /// OpenID Connect Core 1.0 section 3.1.3.7.
    fn verified(
        &self,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        attempt: &SiteAttempt<'_>,
    ) -> Result<(), SignInFailure> {
        let verifier = CoreIdTokenVerifier::new_public_client(
            ClientId::new(self.settings.client_id.clone()),
            self.settings.issuer.clone(),
            metadata.jwks().clone(),
        )
        .set_allowed_algs(ALGORITHMS);
        token.claims(&verifier, &attempt.nonce())?;
        Ok(())
    }

    /// What the provider says of itself; asked anew where it is not what is meant.
    async fn metadata(
        &self,
        outdated: Option<&Arc<CoreProviderMetadata>>,
    ) -> Result<Arc<CoreProviderMetadata>, SignInFailure> {
        let mut asked = self.asked.lock().await;
        if let Some(Discovery { at, said }) = &*asked {
            match said {
                Ok(known) => {
                    let is_outdated = outdated.is_some_and(|old| Arc::ptr_eq(old, known));
                    if !is_outdated && at.elapsed() < REMEMBERED {
                        return Ok(Arc::clone(known));
                    }
                }
                Err(problem) if at.elapsed() < PAUSE => {
                    return Err(SignInFailure::ProviderFailed(problem.clone()));
                }
                Err(_) => {}
            }
        }
        let issuer = self.settings.issuer.clone();
        let said = CoreProviderMetadata::discover_async(issuer, &self.channel).await;
        let said = said.map(Arc::new).map_err(|error| told(&error));
        let answer = said.clone().map_err(SignInFailure::ProviderFailed);
        *asked = Some(Discovery { at: Instant::now(), said });
        answer
    }
}

/// The way in which it wants to see the secret: in `Authorization`, unless it takes that in the form only.
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_some_and(|methods| methods.contains(&method));
    let is_form_only = takes(CoreClientAuthMethod::ClientSecretPost)
        && !takes(CoreClientAuthMethod::ClientSecretBasic);
    if is_form_only { AuthType::RequestBody } else { AuthType::BasicAuth }
}

/// An error with all that is behind it.
fn told(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(behind) = source {
        told = format!("{told}: {behind}");
        source = behind.source();
    }
    told
}
