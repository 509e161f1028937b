//! From the domain's values to messages.

use super::status::{named, published};
use crate::Failure;
use provost_domain::{
    Answer, Attributes, Decision, DirectoryStatus, ExternalId, Hold, Notice, Profile, Role,
    Timestamp, User, Value,
};
use provost_proto::v1;
use provost_proto::v1::value::Kind;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn user(user: User, site: &str) -> v1::User {
    let active = user.is_active();
    let User {
        site: _,
        id,
        user_name,
        external_id,
        subject: _,
        directory_status,
        holds,
        role,
        base_role,
        profile: known,
        recorded_refusals: _,
        last_event: _,
        version,
        created_at,
        updated_at,
    } = user;
    v1::User {
        id: id.0.to_string(),
        site: site.to_owned(),
        user_name: user_name.into_string(),
        external_id: external_id.map(ExternalId::into_string),
        active,
        directory_status: status(directory_status).into(),
        holds: holds.into_iter().map(hold).collect(),
        role: self::role(role).into(),
        profile: Some(profile(Arc::unwrap_or_clone(known))),
        version,
        create_time: Some(time(created_at)),
        update_time: Some(time(updated_at)),
        groups: Vec::new(),
        has_more_groups: false,
        base_role: base_role.map_or(v1::Role::Unspecified, self::role).into(),
    }
}

pub(super) fn decision(decision: Decision, site: &str) -> Result<v1::Decision, Failure> {
    let Decision { answer, changed, notices, revision } = decision;
    let Answer::User { user: decided, .. } = answer else { return Err(Failure::OtherAnswer) };
    Ok(v1::Decision {
        user: Some(user(decided, site)),
        changed,
        notices: notices.into_iter().map(notice).collect(),
        revision,
    })
}

pub(super) fn time(at: Timestamp) -> prost_types::Timestamp {
    const MICROS: i64 = 1_000_000;
    let nanos = i32::try_from(at.0.rem_euclid(MICROS) * 1_000).unwrap_or_default();
    prost_types::Timestamp { seconds: at.0.div_euclid(MICROS), nanos }
}

pub(super) fn profile(profile: Profile) -> v1::Profile {
    v1::Profile { attributes: attributes(profile.attributes) }
}

fn attributes(attributes: Attributes) -> BTreeMap<String, v1::Value> {
    attributes.into_iter().map(|(name, value)| (name.into_string(), self::value(value))).collect()
}

pub(super) fn value(value: Value) -> v1::Value {
    let kind = match value {
        Value::Text(text) => Kind::Text(text),
        Value::Boolean(boolean) => Kind::Boolean(boolean),
        Value::Integer(number) => Kind::Integer(number),
        Value::Decimal(number) => Kind::Decimal(number.get()),
        Value::DateTime(at) => Kind::DateTime(time(at)),
        Value::Reference(uri) => Kind::Reference(uri),
        Value::Binary(bytes) => Kind::Binary(bytes),
        Value::Complex(subs) => Kind::Complex(v1::Complex { attributes: attributes(subs) }),
        Value::List(elements) => {
            Kind::List(v1::List { elements: elements.into_iter().map(self::value).collect() })
        }
    };
    v1::Value { kind: Some(kind) }
}

pub(super) fn hold(hold: Hold) -> v1::Hold {
    let Hold { name, owner, note, placed_at, expires_at } = hold;
    v1::Hold {
        name: name.as_str().to_owned(),
        owner,
        note,
        create_time: Some(time(placed_at)),
        expire_time: expires_at.map(time),
    }
}

/// What keeps a user out who signs in, if anything does.
pub(super) fn denial(user: &User) -> Option<v1::Denial> {
    let name = |hold: &Hold| hold.name.as_str().to_owned();
    (!user.is_active()).then(|| v1::Denial {
        holds: user.holds.iter().map(name).collect(),
        directory_status: status(user.directory_status).into(),
    })
}

pub(super) fn notice(notice: Notice) -> v1::Notice {
    let Notice { reason, attribute, message, metadata } = notice;
    let metadata = named(&attribute, metadata);
    v1::Notice { reason: published(reason).into(), attribute, message, metadata }
}

pub(super) const fn status(status: DirectoryStatus) -> v1::DirectoryStatus {
    match status {
        DirectoryStatus::Active => v1::DirectoryStatus::Active,
        DirectoryStatus::Inactive => v1::DirectoryStatus::Inactive,
        DirectoryStatus::Deleted => v1::DirectoryStatus::Deleted,
    }
}

pub(super) const fn role(role: Role) -> v1::Role {
    match role {
        Role::Registered => v1::Role::Registered,
        Role::Moderator => v1::Role::Moderator,
        Role::Admin => v1::Role::Admin,
    }
}
