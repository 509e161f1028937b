//! Users as they are written and looked up: objects of a statement's parameter.
//!
//! Must never know which statement.

use super::role_code;
use crate::store::parameter::hex;
use provost_domain::{
    DirectoryStatus, ExternalId, Hold, Profile, RecordedRefusal, SiteId, Subject, Timestamp, User,
    UserId,
};
use serde::Serialize;
use uuid::Uuid;

/// A user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(in crate::store) struct UserRow<'a> {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
    user_name: &'a str,
    external_id: Option<&'a str>,
    directory_active: bool,
    directory_deleted: bool,
    role: i16,
    holds: &'a [Hold],
    profile: &'a Profile,
    unmet: &'a [RecordedRefusal],
    last_event: i64,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    subject: Option<&'a str>,
    base_role: Option<i16>,
    user_name_key: String,
    active: bool,
    profile_folded: Option<Profile>,
    next_hold_expiry: Option<Timestamp>,
}

impl<'a> From<&'a User> for UserRow<'a> {
    fn from(user: &'a User) -> Self {
        let User {
            site,
            id,
            user_name,
            external_id,
            subject,
            directory_status,
            holds,
            role,
            base_role,
            profile,
            recorded_refusals,
            last_event,
            version,
            created_at,
            updated_at,
        } = user;
        Self {
            site_id: *site,
            id: id.0,
            user_name: user_name.as_str(),
            external_id: external_id.as_ref().map(ExternalId::as_str),
            directory_active: *directory_status == DirectoryStatus::Active,
            directory_deleted: user.is_deleted(),
            role: role_code(*role),
            base_role: base_role.map(role_code),
            holds,
            profile,
            unmet: recorded_refusals,
            last_event: *last_event,
            version: *version,
            created_at: *created_at,
            updated_at: *updated_at,
            subject: subject.as_ref().map(Subject::as_str),
            user_name_key: user_name.key().as_str().to_owned(),
            active: user.is_active(),
            profile_folded: profile.folded_beyond_ascii(),
            next_hold_expiry: user.next_hold_expiry(),
        }
    }
}

/// The standing of a user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(in crate::store) struct StandingRow<'a> {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
    directory_active: bool,
    directory_deleted: bool,
    active: bool,
    role: i16,
    base_role: Option<i16>,
    unmet: &'a [RecordedRefusal],
    last_event: i64,
    version: i64,
    updated_at: Timestamp,
}

/// Standing and profile of a user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(in crate::store) struct ProfileRow<'a> {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    id: Uuid,
    holds: &'a [Hold],
    profile: &'a Profile,
    profile_folded: Option<Profile>,
    directory_active: bool,
    directory_deleted: bool,
    active: bool,
    role: i16,
    base_role: Option<i16>,
    unmet: &'a [RecordedRefusal],
    last_event: i64,
    version: i64,
    updated_at: Timestamp,
}

impl<'a> From<&'a User> for StandingRow<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            site_id: user.site,
            id: user.id.0,
            directory_active: user.directory_status == DirectoryStatus::Active,
            directory_deleted: user.is_deleted(),
            active: user.is_active(),
            role: role_code(user.role),
            base_role: user.base_role.map(role_code),
            unmet: &user.recorded_refusals,
            last_event: user.last_event,
            version: user.version,
            updated_at: user.updated_at,
        }
    }
}

impl<'a> From<&'a User> for ProfileRow<'a> {
    fn from(user: &'a User) -> Self {
        let StandingRow {
            site_id,
            id,
            directory_active,
            directory_deleted,
            active,
            role,
            base_role,
            unmet,
            last_event,
            version,
            updated_at,
        } = user.into();
        Self {
            site_id,
            id,
            holds: &user.holds,
            profile: &user.profile,
            profile_folded: user.profile.folded_beyond_ascii(),
            directory_active,
            directory_deleted,
            active,
            role,
            base_role,
            unmet,
            last_event,
            version,
            updated_at,
        }
    }
}

/// What a user of a site is looked up by, as an object of the parameter of a statement.
#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::store) enum UserKeyRow<'a> {
    Id {
        site_id: SiteId,
        #[serde(serialize_with = "hex")]
        id: Uuid,
    },
    UserName {
        site_id: SiteId,
        user_name_key: &'a str,
    },
    ExternalId {
        site_id: SiteId,
        external_id: &'a str,
    },
    Subject {
        site_id: SiteId,
        subject: &'a Subject,
    },
}

impl<'a> UserKeyRow<'a> {
    /// Of a user's key.
    pub(in crate::store) fn id((site, user): &(SiteId, UserId)) -> Self {
        Self::Id { site_id: *site, id: user.0 }
    }

    /// None for a text that nobody can have and PostgreSQL can't even be asked about.
    pub(in crate::store) fn user_name(site: SiteId, key: &'a str) -> Option<Self> {
        is_possible(key).then_some(Self::UserName { site_id: site, user_name_key: key })
    }

    /// Of a user's subject.
    pub(in crate::store) fn subject((site, subject): &'a (SiteId, Subject)) -> Self {
        Self::Subject { site_id: *site, subject }
    }

    /// None for a text that nobody can have and PostgreSQL can't even be asked about.
    pub(in crate::store) fn external_id(site: SiteId, external_id: &'a str) -> Option<Self> {
        is_possible(external_id).then_some(Self::ExternalId { site_id: site, external_id })
    }
}

fn is_possible(text: &str) -> bool {
    !text.contains('\0')
}
