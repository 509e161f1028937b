//! The user name among claims, of an ID token that was looked at or of the provider itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::failure::SignInFailure;

/// Addresses are often typed by whoever they name.
const EMAIL: &str = "email";
/// Whether they are not (OpenID Connect Core 1.0 section 5.1).
const EMAIL_VERIFIED: &str = "email_verified";

/// What a provider says of somebody.
pub type Claims = Map<String, Value>;

/// The claims of a token that was verified.
pub fn claims_of(token: &str) -> Result<Claims, SignInFailure> {
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    claims.ok_or(SignInFailure::TokenUnfit)
}

/// The user name among claims, by the one that carries it.
pub fn among(claims: &Claims, claim: &str) -> Result<String, SignInFailure> {
    let name = claims.get(claim).and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| SignInFailure::NoUserName(claim.to_owned()))?;
    if claim == EMAIL && claims.get(EMAIL_VERIFIED) != Some(&Value::Bool(true)) {
        return Err(SignInFailure::EmailNotVerified);
    }
    Ok(name.to_owned())
}
