//! Metadata: what a refusal names, for machines, by keys that are published with its reason.

use super::Reason;
use serde::{Deserialize, Serialize};

/// What a value in the metadata of a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MetadataKey {
    /// The name of a connection.
    Connection,
    /// The name of a consumer.
    Consumer,
    /// The role in force.
    CurrentRole,
    /// The version in force.
    CurrentVersion,
    /// The display name that was asked for.
    DisplayName,
    /// The versions that the caller expected, with commas; left out where it only excluded some.
    ExpectedVersion,
    /// The name of a hold.
    Hold,
    /// Which of several was refused, from 0 on; of any reason.
    Item,
    /// The most that is allowed.
    Limit,
    /// The permission that a service lacks.
    MissingPermission,
    /// The caller that placed a hold.
    Owner,
    /// The id of a request.
    RequestId,
    /// The role that was asked for.
    RequestedRole,
    /// The name of a service.
    Service,
    /// The setting of the site that decided.
    Setting,
    /// The name of a site; left out where only its key is known.
    Site,
    /// The id of a token.
    TokenId,
    /// The name of a token.
    TokenName,
    /// Ids that are no users', with commas, at most ten.
    UserIds,
    /// The user name that was asked for, or that is protected.
    UserName,
}

impl MetadataKey {
    /// The key as it is published.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the value is about a person.
    pub const fn is_of_person(self) -> bool {
        matches!(self, Self::UserName)
    }
}

impl Reason {
    /// What refusals with this reason name.
    pub const fn metadata(self) -> &'static [MetadataKey] {
        use MetadataKey as Key;
        match self {
            Self::ConnectionsDisabled
            | Self::SiteNotFound
            | Self::SiteExists
            | Self::CursorDiverged
            | Self::CursorAhead
            | Self::CursorTrimmed => &[Key::Site],
            Self::ConnectionNotFound | Self::ConnectionExists => &[Key::Connection],
            Self::ConsumerNotFound => &[Key::Consumer],
            Self::GroupNameTaken => &[Key::DisplayName],
            Self::MemberNotFound => &[Key::UserIds],
            Self::TokenNameTaken => &[Key::TokenName],
            Self::TokenIdTaken => &[Key::TokenId],
            Self::UserNameTaken | Self::UserProtected | Self::SubjectMismatch => &[Key::UserName],
            Self::RequestIdReused | Self::OutcomeUnreadable => &[Key::RequestId],
            Self::VersionMismatch => &[Key::CurrentVersion, Key::ExpectedVersion],
            Self::UserLinked
            | Self::CreationRefused
            | Self::DeletionRefused
            | Self::StatusNotInCharge
            | Self::SingleSignOnRequired => &[Key::Setting],
            Self::ModeratorPromotionClosed | Self::AdminPromotionClosed => {
                &[Key::Setting, Key::CurrentRole, Key::RequestedRole]
            }
            Self::HoldNotOwned | Self::HoldInForce => &[Key::Hold, Key::Owner],
            Self::GrantMissing => &[Key::MissingPermission, Key::Service, Key::Site],
            Self::ServiceNotFound | Self::ServiceExists => &[Key::Service],
            Self::LimitExceeded | Self::TooMuchWork | Self::TooManyWatches => &[Key::Limit],
            Self::TokenMissing
            | Self::TokenInvalid
            | Self::CertificateInvalid
            | Self::CertificateNotFound
            | Self::CertificateExists
            | Self::CallerNotPermitted
            | Self::ActorNotPermitted
            | Self::SignInRefused
            | Self::IdentityProviderFailed
            | Self::UserNotFound
            | Self::GroupNotFound
            | Self::TokenNotFound
            | Self::EventNotFound
            | Self::TokenExists
            | Self::DefaultNotDeletable
            | Self::LastAdmin
            | Self::DirectoryInactive
            | Self::TokenValueNotKept
            | Self::RoleUnknown
            | Self::RoleEmpty
            | Self::AttributeNotKept
            | Self::ValueInvalid
            | Self::FilterInvalid
            | Self::NoTarget
            | Self::PageTokenInvalid
            | Self::PageTokenExpired
            | Self::CursorInvalid
            | Self::TokenWeak => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a request that is repeated was kept with the same words.
    #[test]
    fn a_key_is_kept_by_the_word_that_is_published() {
        for (key, word) in [
            (MetadataKey::Site, "site"),
            (MetadataKey::MissingPermission, "missing_permission"),
            (MetadataKey::UserIds, "user_ids"),
        ] {
            assert_eq!(key.as_str(), word);
            assert_eq!(serde_json::to_value(key).unwrap(), word);
        }
    }

    #[test]
    fn a_user_name_is_of_a_person_and_the_name_of_a_site_is_not() {
        assert!(MetadataKey::UserName.is_of_person());
        assert!(!MetadataKey::Site.is_of_person());
    }
}
