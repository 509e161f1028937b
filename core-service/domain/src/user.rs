//! A user: the directory's word, the holds, the role and the profile.

use super::unspoken::unspoken;
use super::{
    Hold, HoldName, MetadataKey, Profile, Reason, Refusal, Role, SiteId, Subject, Timestamp,
    UserId, UserName,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the identity provider last said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryStatus {
    /// May be in, as far as the directory is concerned.
    #[default]
    Active,
    /// Deactivated by the directory.
    Inactive,
    /// Deleted by the directory, where the site keeps whom it deletes: deactivated, and for the
    /// directory as good as gone until it creates the user again.
    Deleted,
}

impl From<bool> for DirectoryStatus {
    fn from(active: bool) -> Self {
        if active { Self::Active } else { Self::Inactive }
    }
}

/// The identifier that the identity provider keeps for a user. Compared with case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExternalId(String);

unspoken!(ExternalId);

impl ExternalId {
    /// Reads an external id; empty text means none.
    pub fn parse(text: &str) -> Result<Option<Self>, Refusal> {
        if text.len() > 512 {
            return Err(Refusal::about(
                Reason::LimitExceeded,
                "external_id",
                "the external id is longer than 512 bytes; send a shorter one",
            )
            .naming(MetadataKey::Limit, &512));
        }
        if text.contains('\0') {
            return Err(Refusal::about(
                Reason::ValueInvalid,
                "external_id",
                "the external id contains a NUL character; send it without",
            ));
        }
        Ok((!text.trim().is_empty()).then(|| Self(text.to_owned())))
    }

    /// Takes over one that was parsed before it was stored.
    pub fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it was sent, taken out.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Something that was asked and not done: why, and what it was about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRefusal(pub RecordedReason, pub String);

unspoken!(RecordedRefusal);

/// The reason of a recorded refusal, which may have been recorded by a newer version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RecordedReason {
    /// One of this version.
    Known(Reason),
    /// One that is not known here, as it is.
    Unknown(String),
}

/// An account in one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The site it belongs to.
    pub site: SiteId,
    /// Its id.
    pub id: UserId,
    /// The sign-in identifier.
    pub user_name: UserName,
    /// The directory's identifier.
    pub external_id: Option<ExternalId>,
    /// By what the identity provider knows it, once a sign-in has said so.
    pub subject: Option<Subject>,
    /// The directory's word.
    pub directory_status: DirectoryStatus,
    /// Why it is deactivated whatever the directory says.
    pub holds: Vec<Hold>,
    /// Its privileges.
    pub role: Role,
    /// The role that it has besides groups, where that is another one: what the directory said of the user
    /// alone, or a service or the operator decided.
    pub base_role: Option<Role>,
    /// What is known of the person. Shared by the states of a user that do not differ in it.
    pub profile: Arc<Profile>,
    /// What the last event about the user says was asked and not done. Asked again, it is told
    /// the caller again, but not written down again: a full sync that changes nothing writes
    /// nothing, also where a switch is closed.
    pub recorded_refusals: Vec<RecordedRefusal>,
    /// The revision of the last event about the user, which the next one will name; 0 where no
    /// event was written that names the one before.
    pub last_event: i64,
    /// Grows by one with every applied change; 1 when created.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the last change was applied.
    pub updated_at: Timestamp,
}

impl User {
    /// Effective: the directory says active and no hold is in force.
    pub fn is_active(&self) -> bool {
        self.directory_status == DirectoryStatus::Active && self.holds.is_empty()
    }

    /// Whether the directory deleted it.
    pub fn is_deleted(&self) -> bool {
        self.directory_status == DirectoryStatus::Deleted
    }

    /// Whether it is one of those who keep the site in charge.
    pub fn is_active_admin(&self) -> bool {
        self.role == Role::Admin && self.is_active()
    }

    /// The role that it has besides groups.
    pub fn base_role(&self) -> Role {
        self.base_role.unwrap_or(self.role)
    }

    /// Gives it a role, and one that it has besides groups.
    pub(super) fn take_role(&mut self, role: Role, base: Role) {
        self.role = role;
        self.base_role = (base != role).then_some(base);
    }

    /// How much there is to tell of it: the bytes of its names, its profile and its holds.
    pub fn size(&self) -> usize {
        let external_id = self.external_id.as_ref().map_or(0, |id| id.as_str().len());
        let subject = self.subject.as_ref().map_or(0, |subject| subject.as_str().len());
        let holds: usize = self.holds.iter().map(Hold::size).sum();
        self.user_name.as_str().len() + external_id + subject + self.profile.size() + holds
    }

    /// When the first of its holds expires, if any does.
    pub fn next_hold_expiry(&self) -> Option<Timestamp> {
        self.holds.iter().filter_map(|hold| hold.expires_at).min()
    }

    /// The hold of this name, if it is in force.
    pub fn hold(&self, name: &HoldName) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.name == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_is_kept_as_it_was_sent() {
        for text in ["Ext-1", &"x".repeat(512)] {
            let id = ExternalId::parse(text).unwrap().unwrap();
            assert_eq!((id.as_str(), id.clone().into_string().as_str()), (text, text));
        }
        assert_eq!(ExternalId::parse("").unwrap(), None);
        for (text, reason) in
            [("x".repeat(513), Reason::LimitExceeded), ("a\0b".to_owned(), Reason::ValueInvalid)]
        {
            assert_eq!(ExternalId::parse(&text).unwrap_err().reason, reason);
        }
    }
}
