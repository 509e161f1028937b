//! From sites, their settings, connections and tokens to messages.

use super::encode::time;
use provost_domain::{
    Connection, ConnectionDialect, ConnectionName, ConnectionPolicy, ConnectionSettings,
    CreationPolicy, DeletionPolicy, KnownUserPolicy, LedgerRetention, RefusalPolicy, Site,
    StatusAuthority, Timestamp, Token, TokenId,
};
use provost_proto::v1;
use uuid::Uuid;

/// Where a token stands among those of its site, or of its service, oldest first.
pub(super) fn token_position(created_at: Timestamp, id: TokenId) -> [u8; 24] {
    let (at, id) = (created_at.0.to_be_bytes(), id.0.into_bytes());
    std::array::from_fn(|index| if index < 8 { at[index] } else { id[index - 8] })
}

/// The other way.
pub(super) fn position_behind(position: [u8; 24]) -> (Timestamp, TokenId) {
    let at = std::array::from_fn(|index| position[index]);
    let id = std::array::from_fn(|index| position[index + 8]);
    (Timestamp(i64::from_be_bytes(at)), TokenId(Uuid::from_bytes(id)))
}

pub(super) fn site(site: Site) -> v1::Site {
    v1::Site { name: site.name, create_time: Some(time(site.created_at)) }
}

pub(super) fn connection(connection: Connection) -> v1::Connection {
    let Connection { id: _, site: _, name, settings, version, created_at } = connection;
    let create_time = Some(time(created_at));
    v1::Connection { create_time, version, ..understood(name, settings) }
}

/// How a connection is understood.
pub(super) fn understood(name: ConnectionName, settings: ConnectionSettings) -> v1::Connection {
    let ConnectionSettings { dialect } = settings;
    let dialect = match dialect {
        ConnectionDialect::Auto => v1::ConnectionDialect::Auto,
        ConnectionDialect::Strict => v1::ConnectionDialect::Strict,
    };
    v1::Connection {
        name: name.into_string(),
        dialect: dialect.into(),
        ..v1::Connection::default()
    }
}

pub(super) fn token(token: Token) -> v1::Token {
    let version = token.version();
    let Token {
        id,
        site: _,
        connection,
        name,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
        is_revealable,
    } = token;
    v1::Token {
        id: id.0.to_string(),
        name,
        connection: connection.into_string(),
        create_time: Some(time(created_at)),
        expire_time: expires_at.map(time),
        last_use_time: last_used_at.map(time),
        revoke_time: revoked_at.map(time),
        version,
        is_revealable,
    }
}

/// For how many days a ledger is kept.
pub(super) fn days(retention: LedgerRetention) -> i32 {
    i32::try_from(retention.days()).unwrap_or(i32::MAX)
}

pub(super) fn settings(policy: ConnectionPolicy, version: i64) -> v1::ScimSettings {
    let ConnectionPolicy {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation,
        deletion,
        refusals,
        protected,
        status_authority,
        single_sign_on,
        user_name_assertion,
        ledger_retention,
        known_users,
    } = policy;
    let authority = match status_authority {
        StatusAuthority::Both => v1::StatusAuthority::Both,
        StatusAuthority::Directory => v1::StatusAuthority::Directory,
        StatusAuthority::Local => v1::StatusAuthority::Local,
    };
    let creation = match creation {
        CreationPolicy::Refuse => v1::CreationPolicy::Refuse,
        CreationPolicy::Create => v1::CreationPolicy::Create,
    };
    let known_users = match known_users {
        KnownUserPolicy::Refuse => v1::KnownUserPolicy::Refuse,
        KnownUserPolicy::Link => v1::KnownUserPolicy::Link,
    };
    let deletion = match deletion {
        DeletionPolicy::Refuse => v1::DeletionPolicy::Refuse,
        DeletionPolicy::Deactivate => v1::DeletionPolicy::Deactivate,
        DeletionPolicy::Delete => v1::DeletionPolicy::Delete,
    };
    let refusals = match refusals {
        RefusalPolicy::Notice => v1::RefusalPolicy::Notice,
        RefusalPolicy::Reject => v1::RefusalPolicy::Reject,
    };
    v1::ScimSettings {
        enabled,
        allow_moderator_promotion,
        allow_admin_promotion,
        creation: creation.into(),
        deletion: deletion.into(),
        refusals: refusals.into(),
        protected_user_names: protected,
        status_authority: authority.into(),
        single_sign_on,
        user_name_assertion: user_name_assertion.into_string(),
        ledger_retention_days: days(ledger_retention),
        known_users: known_users.into(),
        version,
    }
}
