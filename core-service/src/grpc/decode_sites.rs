//! From messages about sites to what they ask of the law.

use super::decode;
use super::decode_expiration::{expire_time, ttl};
use crate::Failure;
use crate::secret::{SERVICE_PREFIX, Secret};
use provost_domain::{
    AssertionName, ConnectionChange, ConnectionDialect, ConnectionName, CreationPolicy,
    DeletionPolicy, Expiration, KnownUserPolicy, LedgerRetention, Reason, Refusal, RefusalPolicy,
    SettingsChange, StatusAuthority, TokenCreation, TokenId, TokenName, UserName, UserNameKey,
    accept_typed_token, unknown_connection,
};
use provost_proto::v1;
use provost_proto::v1::create_token_request::Expiration as SentExpiration;
use uuid::Uuid;

/// What the message asks for, and the value that is shown this once.
pub(super) fn token_creation(
    message: v1::CreateTokenRequest,
) -> Result<(TokenCreation, Secret), Failure> {
    let v1::CreateTokenRequest {
        site: _,
        name,
        connection,
        expiration,
        value,
        options: _,
        token_id,
        keep_value: _,
    } = message;
    let name = TokenName::parse(&name)?;
    let is_typed = value.is_some();
    let secret = match value {
        Some(value) => {
            accept_typed_token(&value)?;
            if value.starts_with(SERVICE_PREFIX) {
                let message = "a token that begins like those of services would be looked for among \
                               them; choose another value";
                return Err(Refusal::about(Reason::TokenWeak, "value", message).into());
            }
            Secret::from_text(&value)
        }
        None => Secret::generate()?,
    };
    let connection = match connection.as_str() {
        "" => ConnectionName::first(),
        other => connection_name(other)?,
    };
    let expiration = expiration.map(self::expiration).transpose()?;
    let id = (!token_id.is_empty()).then(|| new_id(&token_id)).transpose()?;
    let hash = *secret.hash().as_bytes();
    let creation = TokenCreation { name, connection, hash, is_typed, sealed: None, expiration, id };
    Ok((creation, secret))
}

/// How the message has a connection understood.
pub(super) fn connection_change(
    message: v1::UpdateConnectionRequest,
) -> Result<ConnectionChange, Refusal> {
    let v1::UpdateConnectionRequest { site: _, connection, dialect, options: _ } = message;
    let dialect = match decode::known(dialect, "dialect")? {
        v1::ConnectionDialect::Unspecified => None,
        v1::ConnectionDialect::Auto => Some(ConnectionDialect::Auto),
        v1::ConnectionDialect::Strict => Some(ConnectionDialect::Strict),
    };
    Ok(ConnectionChange { name: connection_name(&connection)?, dialect })
}

fn expiration(expiration: SentExpiration) -> Result<Expiration, Refusal> {
    match expiration {
        SentExpiration::ExpireTime(at) => expire_time(&at),
        SentExpiration::Ttl(span) => ttl(span),
    }
}

fn new_id(text: &str) -> Result<TokenId, Refusal> {
    let invalid = |_| {
        let message = "the id of a token is a UUID; send one, or leave it out";
        Refusal::about(Reason::ValueInvalid, "token_id", message)
    };
    Ok(TokenId(Uuid::try_parse(text).map_err(invalid)?))
}

/// No connection has a name that can't be one.
pub(super) fn connection_name(text: &str) -> Result<ConnectionName, Refusal> {
    ConnectionName::parse(text).map_err(|_| unknown_connection(text))
}

pub(super) fn settings_change(
    message: v1::UpdateScimSettingsRequest,
) -> Result<SettingsChange, Refusal> {
    let v1::UpdateScimSettingsRequest {
        site: _,
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protect_user_names,
        unprotect_user_names,
        options: _,
        status_authority,
        single_sign_on,
        user_name_assertion,
        ledger_retention_days,
        known_users,
    } = message;
    let creation = match decode::known(creation, "creation")? {
        v1::CreationPolicy::Unspecified => None,
        v1::CreationPolicy::Refuse => Some(CreationPolicy::Refuse),
        v1::CreationPolicy::Create => Some(CreationPolicy::Create),
    };
    let known_users = match decode::known(known_users, "known_users")? {
        v1::KnownUserPolicy::Unspecified => None,
        v1::KnownUserPolicy::Refuse => Some(KnownUserPolicy::Refuse),
        v1::KnownUserPolicy::Link => Some(KnownUserPolicy::Link),
    };
    let deletion = match decode::known(deletion, "deletion")? {
        v1::DeletionPolicy::Unspecified => None,
        v1::DeletionPolicy::Refuse => Some(DeletionPolicy::Refuse),
        v1::DeletionPolicy::Deactivate => Some(DeletionPolicy::Deactivate),
        v1::DeletionPolicy::Delete => Some(DeletionPolicy::Delete),
    };
    let refusals = match decode::known(refusals, "refusals")? {
        v1::RefusalPolicy::Unspecified => None,
        v1::RefusalPolicy::Notice => Some(RefusalPolicy::Notice),
        v1::RefusalPolicy::Reject => Some(RefusalPolicy::Reject),
    };
    let status_authority = match decode::known(status_authority, "status_authority")? {
        v1::StatusAuthority::Unspecified => None,
        v1::StatusAuthority::Both => Some(StatusAuthority::Both),
        v1::StatusAuthority::Directory => Some(StatusAuthority::Directory),
        v1::StatusAuthority::Local => Some(StatusAuthority::Local),
    };
    let assertion = user_name_assertion.map(|name| AssertionName::parse(&name));
    let protect = protect_user_names.iter().map(|name| UserName::parse(name));
    Ok(SettingsChange {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protect: protect.collect::<Result<_, _>>()?,
        unprotect: unprotect_user_names.iter().map(|name| UserNameKey::of(name)).collect(),
        status_authority,
        single_sign_on,
        user_name_assertion: assertion.transpose()?,
        ledger_retention: ledger_retention_days.map(LedgerRetention::of_days).transpose()?,
        known_users,
    })
}
