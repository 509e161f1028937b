//! Events: the lines of the ledger, each one decision.

use super::document::attributes_or_null;
use super::{
    AttributeName, Attributes, Caller, ConnectionPolicy, DirectoryStatus, Hold, Notice, Role,
    SiteId, Timestamp, TokenId, User, UserId, Value,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the decision was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum EventKind {
    UserCreated,
    UserChanged,
    UserDeleted,
    SettingsChanged,
    ConnectionCreated,
    TokenCreated,
    TokenRevoked,
    SiteCreated,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that was asked.
    Accepted,
    /// Some of it; the notices say what not.
    PartlyAccepted,
    /// Nothing of it.
    Refused,
}

impl EventKind {
    /// The word in the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UserCreated => "user_created",
            Self::UserChanged => "user_changed",
            Self::UserDeleted => "user_deleted",
            Self::SettingsChanged => "settings_changed",
            Self::ConnectionCreated => "connection_created",
            Self::TokenCreated => "token_created",
            Self::TokenRevoked => "token_revoked",
            Self::SiteCreated => "site_created",
        }
    }
}

impl Outcome {
    /// The word in the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::PartlyAccepted => "partly_accepted",
            Self::Refused => "refused",
        }
    }
}

/// One line of a site's ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose ledger.
    pub site: SiteId,
    /// Its position, without gaps from 1; 0 until it is given one.
    pub revision: i64,
    /// The user decided about, if there is one.
    pub user: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// By whose wish.
    pub caller: Caller,
    /// What it was about.
    pub kind: EventKind,
    /// What was decided.
    pub outcome: Outcome,
    /// What was asked, as words: `set_role`, `set_active`.
    pub asked: Vec<&'static str>,
    /// What was asked and not done, and why.
    pub notices: Vec<Notice>,
    /// What the change found; absent for a creation.
    pub before: Option<Picture>,
    /// What it left; absent for a deletion.
    pub after: Option<Picture>,
    /// The trace in which it was asked.
    pub trace_id: Option<String>,
}

/// What an event shows of what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Picture {
    /// Of a user.
    User(Portrait),
    /// Of what connections may do in the site.
    Policy(ConnectionPolicy),
    /// Of a connection, by its name.
    Connection {
        /// Unique in the site.
        connection: String,
    },
    /// Of a token, never its value.
    Token {
        /// Its id.
        token: TokenId,
        /// For people.
        name: String,
        /// The connection that it belongs to.
        connection: String,
        /// From when on it opens nothing, if ever.
        expires_at: Option<Timestamp>,
    },
}

impl Picture {
    /// The portrait, if this is one of a user.
    pub const fn user(&self) -> Option<&Portrait> {
        match self {
            Self::User(portrait) => Some(portrait),
            Self::Policy(_) | Self::Connection { .. } | Self::Token { .. } => None,
        }
    }
}

/// A user, or what of a user a change touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Portrait {
    /// Always there.
    pub version: i64,
    /// Each of the others only where it is part of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Empty text: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Effective status, which follows from the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The directory's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_status: Option<DirectoryStatus>,
    /// All holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<Vec<Hold>>,
    /// Privileges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Values of the profile; an absent one, `null` in the ledger, is none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "attributes_or_null")]
    pub attributes: BTreeMap<AttributeName, Option<Value>>,
}

impl Portrait {
    /// The whole user.
    pub fn of(user: &User) -> Self {
        let User {
            site: _,
            id: _,
            user_name,
            external_id,
            directory_status,
            holds,
            role,
            profile,
            unmet: _,
            version,
            created_at: _,
            updated_at: _,
        } = user;
        Self {
            version: *version,
            user_name: Some(user_name.as_str().to_owned()),
            external_id: external_id.as_ref().map(|id| id.as_str().to_owned()),
            active: Some(user.is_active()),
            directory_status: Some(*directory_status),
            holds: (!holds.is_empty()).then(|| holds.clone()),
            role: Some(*role),
            attributes: profile
                .attributes
                .iter()
                .map(|(name, value)| (name.clone(), Some(value.clone())))
                .collect(),
        }
    }

    /// What of `this` is not so in `other`. Two of these, each way, show a change.
    pub fn of_difference(this: &User, other: &User) -> Self {
        fn differing<T: PartialEq, R>(this: &T, other: &T, show: impl Fn(&T) -> R) -> Option<R> {
            (this != other).then(|| show(this))
        }
        let attributes = differing(&this.profile, &other.profile, |profile| {
            attributes_that_differ(&profile.attributes, &other.profile.attributes)
        });
        Self {
            version: this.version,
            user_name: differing(&this.user_name, &other.user_name, |name| {
                name.as_str().to_owned()
            }),
            external_id: differing(&this.external_id, &other.external_id, |id| {
                id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned())
            }),
            active: differing(&this.is_active(), &other.is_active(), |active| *active),
            directory_status: differing(&this.directory_status, &other.directory_status, |s| *s),
            holds: differing(&this.holds, &other.holds, Clone::clone),
            role: differing(&this.role, &other.role, |role| *role),
            attributes: attributes.unwrap_or_default(),
        }
    }
}

/// The values of `this` that `other` has not; none for those that only `other` has.
fn attributes_that_differ(
    this: &Attributes,
    other: &Attributes,
) -> BTreeMap<AttributeName, Option<Value>> {
    let changed = this.iter().filter(|(name, value)| other.get(*name) != Some(value));
    let gone = other.keys().filter(|name| !this.contains_key(*name));
    changed
        .map(|(name, value)| (name.clone(), Some(value.clone())))
        .chain(gone.map(|name| (name.clone(), None)))
        .collect()
}
