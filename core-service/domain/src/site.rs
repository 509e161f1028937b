//! Sites, and what connections may do in them.

use super::connection::is_lower_case_word;
use super::unspoken::unspoken;
use super::{
    AssertionName, Caller, GroupRules, LedgerRetention, MetadataKey, Reason, Refusal, SiteId,
    Timestamp, UserNameKey,
};
use serde::{Deserialize, Serialize};

/// The connection that every site has from the start.
pub const FIRST_CONNECTION: &str = "scim";

/// The name of a site: part of its base URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteName(String);

impl SiteName {
    /// The site of an installation that has only one.
    pub const DEFAULT: &'static str = "default";

    /// Reads a name: 1 to 63 lower-case letters, digits and hyphens, no hyphen at an end. The
    /// empty text means the site `default`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() {
            return Ok(Self(Self::DEFAULT.to_owned()));
        }
        if is_lower_case_word(text) && !text.starts_with('-') && !text.ends_with('-') {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::about(
            Reason::ValueInvalid,
            "site",
            "a site's name is 1 to 63 lower-case letters, digits and hyphens, for example acme",
        ))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who has the name of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameHolder {
    /// A site.
    Site,
    /// One that was deleted. Its ledger stays, so nobody else gets the name.
    DeletedSite,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its key here.
    pub id: SiteId,
    /// Its name outside.
    pub name: String,
    /// Position of the last event in its ledger; 0 before the first.
    pub revision: i64,
    /// When that was, also where another core recorded it; none before the first.
    pub last_event_at: Option<Timestamp>,
    /// Grows by one with every change of its settings; 1 when it was made.
    pub version: i64,
    /// What connections may do in it.
    pub policy: ConnectionPolicy,
    /// Which groups give which roles.
    pub group_rules: GroupRules,
    /// When it was made.
    pub created_at: Timestamp,
    /// How many groups it had when it was read. Who keeps a site in mind is told only when it gets its first
    /// one or loses its last.
    pub group_count: i64,
}

impl Site {
    /// Whether it has groups. Where it has none, nobody looks for those of users.
    pub const fn has_groups(&self) -> bool {
        self.group_count > 0
    }
}

/// What connections may do in a site.
///
/// Events keep it; one that was written before there was a setting is read with its default.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that people know by its name")]
pub struct ConnectionPolicy {
    /// The master switch.
    pub enabled: bool,
    /// Registered to Moderator and back.
    pub allow_moderator_promotion: bool,
    /// Registered to Admin and back.
    pub allow_admin_promotion: bool,
    /// Whether users are created.
    pub creation: CreationPolicy,
    /// What becomes of deleted users.
    pub deletion: DeletionPolicy,
    /// What becomes of the rest of a request in which one change is refused.
    pub refusals: RefusalPolicy,
    /// User names of break-glass accounts, as they were typed.
    pub protected: Vec<String>,
    /// Which side is in charge of status.
    pub status_authority: StatusAuthority,
    /// Whether single sign-on is set up, without which connections are not switched on.
    pub single_sign_on: bool,
    /// What the value that identifies users is called when they sign in.
    pub user_name_assertion: AssertionName,
    /// For how many days the ledger is kept. Only the operator says so.
    #[serde(rename = "ledger_retention_days")]
    pub ledger_retention: LedgerRetention,
    /// What the creation of a user does whom the site has already.
    pub known_users: KnownUserPolicy,
}

unspoken!(
    ConnectionPolicy: enabled, allow_moderator_promotion, allow_admin_promotion, creation,
    deletion, refusals, status_authority, single_sign_on, user_name_assertion, ledger_retention,
    known_users
);

/// Which side is in charge of status. Holds stand above both; only the one of a manual deactivation
/// doesn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusAuthority {
    /// The directory says what the status is, and so does whoever activates and deactivates here.
    #[default]
    Both,
    /// Only the directory.
    Directory,
    /// Only this side.
    Local,
}

/// Whether a connection creates users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreationPolicy {
    /// Users come at their first sign-in.
    #[default]
    Refuse,
    /// A connection creates users.
    Create,
}

/// What a connection's creation of a user does whom the site has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownUserPolicy {
    /// Nothing: the user name is taken.
    #[default]
    Refuse,
    /// It becomes a change of that user.
    Link,
}

/// What a deletion asked by a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionPolicy {
    /// Nothing.
    #[default]
    Refuse,
    /// Sets the directory status to deleted.
    Deactivate,
    /// Deletes the user.
    Delete,
}

/// What becomes of the rest of a request in which one change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalPolicy {
    /// The rest is applied and notice is given.
    #[default]
    Notice,
    /// The whole request is refused.
    Reject,
}

impl Default for ConnectionPolicy {
    /// On, with single sign-on taken to be set up, every promotion switch off and every policy at its
    /// strictest.
    fn default() -> Self {
        Self {
            enabled: true,
            allow_moderator_promotion: false,
            allow_admin_promotion: false,
            creation: CreationPolicy::default(),
            deletion: DeletionPolicy::default(),
            refusals: RefusalPolicy::default(),
            protected: Vec::new(),
            status_authority: StatusAuthority::default(),
            single_sign_on: true,
            user_name_assertion: AssertionName::default(),
            ledger_retention: LedgerRetention::default(),
            known_users: KnownUserPolicy::default(),
        }
    }
}

impl ConnectionPolicy {
    /// Whether the user of this name is a break-glass account.
    pub fn protects(&self, key: &UserNameKey) -> bool {
        self.protected.iter().any(|name| UserNameKey::of(name) == *key)
    }
}

impl Site {
    /// Whether the caller may ask anything about this site.
    pub fn admits(&self, caller: &Caller) -> Result<(), Refusal> {
        let Caller::Connection { site, .. } = caller else { return Ok(()) };
        if *site != self.id {
            return Err(Refusal::new(
                Reason::TokenInvalid,
                "the token is not valid for this site; check the base URL and the token",
            ));
        }
        if !self.policy.enabled {
            return Err(Refusal::new(
                Reason::ConnectionsDisabled,
                "provisioning is switched off for this site; an administrator of the site can \
                 switch it on in its settings",
            )
            .naming(MetadataKey::Site, &self.name));
        }
        Ok(())
    }
}

/// The refusal of a site that there is not.
pub fn unknown_site(name: &SiteName) -> Refusal {
    let message = format!("there is no site named {}", name.as_str());
    Refusal::about(Reason::SiteNotFound, "site", message).naming(MetadataKey::Site, name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_label_of_lower_case_letters() {
        for good in ["a", "acme", "acme-2", "2nd", &"x".repeat(63)] {
            assert_eq!(SiteName::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(SiteName::parse("").unwrap().as_str(), SiteName::DEFAULT);
        for bad in ["Acme", "a_b", "a b", "é", "-acme", "acme-", "-", &"x".repeat(64)] {
            let refusal = SiteName::parse(bad).unwrap_err();
            assert_eq!((refusal.reason, &*refusal.attribute), (Reason::ValueInvalid, "site"));
        }
    }
}
