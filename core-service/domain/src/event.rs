//! Events: the lines of the ledger, each one decision.

use super::unspoken::unspoken;
use super::{
    Asked, Caller, CertificateSnapshot, ConnectionName, ConnectionPolicy, ConnectionSettings,
    ConnectionSnapshot, GrantSnapshot, GroupId, GroupSnapshot, Notice, ProfileSchema, Role,
    RuledGroup, ServiceName, ServiceSnapshot, ServiceTokenSnapshot, SessionSnapshot, SiteId,
    StandingChange, Timestamp, TokenSnapshot, UnreadDocument, UserId, UserSnapshot,
};
use serde::{Deserialize, Serialize};

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

/// One line of a site's ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose ledger.
    pub site: SiteId,
    /// Its position, without gaps from 1; 0 until it is given one.
    pub revision: i64,
    /// The user decided about, if there is one.
    pub user: Option<UserId>,
    /// The revision of the event before this one about the same user: 0 where none is known. Absent
    /// where it is about no user.
    pub previous: Option<i64>,
    /// What it changes of the standing of somebody who is more than Registered, or was.
    pub standing: Option<StandingChange>,
    /// When.
    pub at: Timestamp,
    /// By whose wish.
    pub caller: Caller,
    /// The user on whose behalf the caller asked, if any.
    pub on_behalf_of: Option<UserId>,
    /// What was decided.
    pub outcome: Outcome,
    /// What was asked and not done, and why.
    pub notices: Vec<Notice>,
    /// What it was about.
    pub body: EventBody,
    /// The trace in which it was asked.
    pub trace_id: Option<String>,
    /// Why it was asked, in the caller's words.
    pub reason: Option<String>,
}

unspoken!(Event: site, revision, user, at, caller, outcome, notices, standing, body);

/// What an event is about: its kind, what was asked, what was before and what is after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventBody {
    /// A user came, or was refused.
    UserCreated {
        /// By what.
        asked: Vec<Asked>,
        /// The user; absent when refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<UserSnapshot>>,
    },
    /// A user changed, or a change was refused.
    UserChanged {
        /// In the order in which it was asked.
        asked: Vec<Asked>,
        /// What of the user was otherwise; absent when nothing changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<UserSnapshot>>,
        /// What it became.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<UserSnapshot>>,
    },
    /// A user went, or its deletion was refused.
    UserDeleted {
        /// By what.
        asked: Vec<Asked>,
        /// The last of it; absent when refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<UserSnapshot>>,
    },
    /// What connections may do in the site changed.
    SettingsChanged {
        /// As it was.
        before: ConnectionPolicy,
        /// As it is.
        after: ConnectionPolicy,
    },
    /// A connection was made.
    ConnectionCreated {
        /// The connection.
        after: ConnectionSnapshot,
    },
    /// A connection is understood otherwise.
    ConnectionChanged {
        /// Which.
        connection: ConnectionName,
        /// As it was understood.
        before: ConnectionSettings,
        /// As it is understood.
        after: ConnectionSettings,
    },
    /// A connection was deleted.
    ConnectionDeleted {
        /// The connection.
        before: ConnectionSnapshot,
    },
    /// A token was made.
    TokenCreated {
        /// The token.
        after: TokenSnapshot,
    },
    /// A token was revoked.
    TokenRevoked {
        /// The token.
        before: TokenSnapshot,
    },
    /// The value of a token was shown again.
    TokenRevealed {
        /// The token.
        after: TokenSnapshot,
    },
    /// The site was made.
    SiteCreated {
        /// What connections may do in it.
        after: ConnectionPolicy,
    },
    /// The site was deleted.
    SiteDeleted {
        /// What connections might do in it.
        before: ConnectionPolicy,
    },
    /// A service was made.
    ServiceCreated {
        /// The service.
        after: ServiceSnapshot,
    },
    /// A service was deleted, with its tokens and grants.
    ServiceDeleted {
        /// The service.
        before: ServiceSnapshot,
    },
    /// A grant was given, changed or taken away.
    GrantChanged {
        /// Whose.
        service: ServiceName,
        /// As it was; absent where there was none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<GrantSnapshot>,
        /// As it is; absent where there is none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<GrantSnapshot>,
    },
    /// A token of a service was made.
    ServiceTokenCreated {
        /// The token.
        after: ServiceTokenSnapshot,
    },
    /// A token of a service was revoked.
    ServiceTokenRevoked {
        /// The token.
        before: ServiceTokenSnapshot,
    },
    /// A name of certificates was registered with a service.
    CertificateAdded {
        /// The name.
        after: CertificateSnapshot,
    },
    /// A name of certificates was removed from a service.
    CertificateRemoved {
        /// The name.
        before: CertificateSnapshot,
    },
    /// A group was created.
    GroupCreated {
        /// The group.
        group: GroupId,
        /// All of it.
        after: GroupSnapshot,
        /// Its first members; more come with further events.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<UserId>,
    },
    /// A group changed, or who is in it.
    GroupChanged {
        /// The group.
        group: GroupId,
        /// What of it was otherwise.
        before: GroupSnapshot,
        /// What it became.
        after: GroupSnapshot,
        /// Who came.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<UserId>,
        /// Who left.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<UserId>,
    },
    /// A group was deleted, and nobody is in it any more.
    GroupDeleted {
        /// The group.
        group: GroupId,
        /// The last of it.
        before: GroupSnapshot,
    },
    /// Another role is given by a group, or none any more.
    GroupRuleChanged {
        /// Which.
        group: RuledGroup,
        /// The role that it gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Role>,
        /// The role that it gives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Role>,
    },
    /// Somebody signed in.
    SessionCreated {
        /// The session.
        after: SessionSnapshot,
    },
    /// Somebody signed out, or was.
    SessionEnded {
        /// The session.
        before: SessionSnapshot,
    },
    /// A code was made, by which somebody may sign in.
    SignInCodeCreated {
        /// The code.
        after: SessionSnapshot,
    },
    /// A body that a newer version wrote, as it is.
    #[serde(skip)]
    Unknown {
        /// Its kind.
        kind: String,
        /// The version of its form.
        version: u32,
        /// All of it.
        document: UnreadDocument,
    },
}

impl EventBody {
    /// The kinds, each with the version of its form. A form that changes gets the next one; those before are read.
    const FORMS: [(&str, u32); 26] = [
        ("user_created", 2),
        ("user_changed", 5),
        ("user_deleted", 4),
        ("settings_changed", 4),
        ("connection_created", 1),
        ("connection_changed", 1),
        ("connection_deleted", 1),
        ("token_created", 1),
        ("token_revoked", 1),
        ("token_revealed", 1),
        ("site_created", 4),
        ("site_deleted", 4),
        ("service_created", 1),
        ("service_deleted", 2),
        ("grant_changed", 1),
        ("service_token_created", 1),
        ("service_token_revoked", 1),
        ("certificate_added", 1),
        ("certificate_removed", 1),
        ("group_created", 1),
        ("group_changed", 1),
        ("group_deleted", 1),
        ("group_rule_changed", 1),
        ("session_created", 1),
        ("session_ended", 1),
        ("sign_in_code_created", 1),
    ];

    /// Whether a body of this kind and version can be read; any other one is passed through.
    pub fn is_known(kind: &str, version: u32) -> bool {
        Self::current(kind).is_some_and(|current| (1..=current).contains(&version))
    }

    /// The version of the form of this body.
    pub fn version(&self) -> u32 {
        match self {
            Self::Unknown { version, .. } => *version,
            known => Self::current(known.kind()).unwrap_or_default(),
        }
    }

    fn current(kind: &str) -> Option<u32> {
        Self::FORMS.iter().find(|(known, _)| *known == kind).map(|(_, version)| *version)
    }

    /// What was read without a schema of profiles, with the types that it gives to values.
    #[must_use]
    pub fn typed(mut self, schema: ProfileSchema) -> Self {
        let users = match &mut self {
            Self::UserCreated { after: user, .. } | Self::UserDeleted { before: user, .. } => {
                [Some(user), None]
            }
            Self::UserChanged { before, after, .. } => [Some(before), Some(after)],
            _ => [None, None],
        };
        for user in users.into_iter().flatten() {
            *user = user.take().map(|user| Box::new(user.typed(schema)));
        }
        self
    }

    /// How much there is to tell of it, in bytes.
    pub(super) fn size(&self) -> usize {
        let of = |user: &Option<Box<UserSnapshot>>| user.as_ref().map_or(0, |user| user.size());
        let policy = |policy: &ConnectionPolicy| {
            let protected: usize = policy.protected.iter().map(String::len).sum();
            protected + policy.user_name_assertion.as_str().len()
        };
        // Each is told as text.
        let of_ids = |users: &Vec<UserId>| users.len() * 40;
        match self {
            Self::UserCreated { after: user, .. } | Self::UserDeleted { before: user, .. } => {
                of(user)
            }
            Self::UserChanged { before, after, .. } => of(before) + of(after),
            Self::SettingsChanged { before, after } => {
                let [before, after]: [usize; 2] = [before, after].map(policy);
                before + after
            }
            Self::SiteCreated { after: only } | Self::SiteDeleted { before: only } => policy(only),
            Self::ConnectionCreated { .. }
            | Self::ConnectionChanged { .. }
            | Self::ConnectionDeleted { .. }
            | Self::TokenCreated { .. }
            | Self::TokenRevoked { .. }
            | Self::TokenRevealed { .. }
            | Self::ServiceCreated { .. }
            | Self::GrantChanged { .. }
            | Self::ServiceTokenCreated { .. }
            | Self::ServiceTokenRevoked { .. }
            | Self::CertificateAdded { .. }
            | Self::CertificateRemoved { .. }
            | Self::SessionCreated { .. }
            | Self::SessionEnded { .. }
            | Self::SignInCodeCreated { .. } => 0,
            Self::ServiceDeleted { before } => {
                let grants = before.grants.iter();
                let permissions = grants.flat_map(|grant| &grant.permissions);
                permissions.map(|permission| permission.as_str().len()).sum()
            }
            Self::GroupCreated { after, added, group: _ } => after.size() + of_ids(added),
            Self::GroupChanged { before, after, added, removed, group: _ } => {
                before.size() + after.size() + of_ids(added) + of_ids(removed)
            }
            Self::GroupDeleted { before, group: _ } => before.size(),
            Self::GroupRuleChanged { group, .. } => match group {
                RuledGroup::Id(_) => 0,
                RuledGroup::Name(name) => name.as_str().len(),
            },
            Self::Unknown { document, .. } => document.0.len(),
        }
    }

    /// The kind as a word.
    pub const fn kind(&self) -> &str {
        match self {
            Self::UserCreated { .. } => "user_created",
            Self::UserChanged { .. } => "user_changed",
            Self::UserDeleted { .. } => "user_deleted",
            Self::SettingsChanged { .. } => "settings_changed",
            Self::ConnectionCreated { .. } => "connection_created",
            Self::ConnectionChanged { .. } => "connection_changed",
            Self::ConnectionDeleted { .. } => "connection_deleted",
            Self::TokenCreated { .. } => "token_created",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::TokenRevealed { .. } => "token_revealed",
            Self::SiteCreated { .. } => "site_created",
            Self::SiteDeleted { .. } => "site_deleted",
            Self::ServiceCreated { .. } => "service_created",
            Self::ServiceDeleted { .. } => "service_deleted",
            Self::GrantChanged { .. } => "grant_changed",
            Self::ServiceTokenCreated { .. } => "service_token_created",
            Self::ServiceTokenRevoked { .. } => "service_token_revoked",
            Self::CertificateAdded { .. } => "certificate_added",
            Self::CertificateRemoved { .. } => "certificate_removed",
            Self::GroupCreated { .. } => "group_created",
            Self::GroupChanged { .. } => "group_changed",
            Self::GroupDeleted { .. } => "group_deleted",
            Self::GroupRuleChanged { .. } => "group_rule_changed",
            Self::SessionCreated { .. } => "session_created",
            Self::SessionEnded { .. } => "session_ended",
            Self::SignInCodeCreated { .. } => "sign_in_code_created",
            Self::Unknown { kind, .. } => kind.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttributeType, ProfileAttribute, Value, shown_after, shown_before};

    #[test]
    fn a_body_is_read_in_every_version_up_to_the_one_that_is_written() {
        for (kind, current) in EventBody::FORMS {
            assert!(!EventBody::is_known(kind, 0), "{kind}");
            assert!((1..=current).all(|version| EventBody::is_known(kind, version)), "{kind}");
            assert!(!EventBody::is_known(kind, current + 1), "{kind}");
        }
        assert!(!EventBody::is_known("user_merged", 1));
    }

    #[test]
    fn a_body_says_its_kind_and_version() {
        let known = EventBody::SiteCreated { after: ConnectionPolicy::default() };
        let written = serde_json::to_value(&known).unwrap();
        assert_eq!(written["kind"], known.kind());
        assert!(EventBody::FORMS.contains(&(known.kind(), known.version())));
        let document = UnreadDocument(String::new());
        let newer = EventBody::Unknown { kind: "user_merged".to_owned(), version: 9, document };
        assert_eq!((newer.kind(), newer.version()), ("user_merged", 9));
    }

    #[test]
    fn a_body_is_given_the_types_of_a_schema_wherever_it_shows_a_user() {
        const BORN: &[ProfileAttribute] = &[ProfileAttribute::new("born", AttributeType::DateTime)];
        let user = r#"{"version":1,"attributes":{"born":17}}"#;
        let expected = Value::DateTime(Timestamp(17));
        for (kind, parts) in [
            ("user_created", &["after"][..]),
            ("user_changed", &["before", "after"]),
            ("user_deleted", &["before"]),
        ] {
            let shown: Vec<_> = parts.iter().map(|part| format!(r#""{part}":{user}"#)).collect();
            let document = format!(r#"{{"kind":"{kind}","asked":[],{}}}"#, shown.join(","));
            let body = serde_json::from_str::<EventBody>(&document).unwrap();
            let body = body.typed(ProfileSchema::new(BORN));
            let shown = [shown_before(&body), shown_after(&body)];
            let born = shown.iter().flatten().map(|user| user.attributes["born"].as_ref());
            assert_eq!(born.collect::<Vec<_>>(), vec![Some(&expected); parts.len()], "{kind}");
        }
    }
}
