//! From messages to the domain's values: what is malformed is refused here, so that nobody
//! checks again further in.

use provost_domain::{
    Element, ListName, Profile, Reason, Refusal, Role, SubName, TextName, Timestamp, UserId,
};
use provost_proto::v1;
use std::collections::BTreeMap;
use uuid::Uuid;

/// An id that is no UUID names no user, which is what the caller is told.
pub(super) fn user_id(text: &str) -> Result<UserId, Refusal> {
    Uuid::try_parse(text)
        .map(UserId)
        .map_err(|_| Refusal::new(Reason::UserNotFound, "there is no such user in this site"))
}

pub(super) fn some<T>(value: Option<T>, field: &'static str) -> Result<T, Refusal> {
    value.ok_or_else(|| missing(field))
}

pub(super) fn missing(field: &'static str) -> Refusal {
    Refusal::about(Reason::ValueInvalid, field, format!("the field {field} is missing; set it"))
}

/// A role, or none for the unspecified one.
pub(super) fn role(number: i32) -> Result<Option<Role>, Refusal> {
    match v1::Role::try_from(number) {
        Ok(v1::Role::Unspecified) => Ok(None),
        Ok(v1::Role::Registered) => Ok(Some(Role::Registered)),
        Ok(v1::Role::Moderator) => Ok(Some(Role::Moderator)),
        Ok(v1::Role::Admin) => Ok(Some(Role::Admin)),
        Err(_) => Err(Refusal::about(
            Reason::RoleUnknown,
            "role",
            "there is no role of this number; the roles are Registered, Moderator and Admin",
        )),
    }
}

pub(super) fn time(time: &prost_types::Timestamp) -> Timestamp {
    let micros = i64::from(time.nanos) / 1_000;
    Timestamp(time.seconds.saturating_mul(1_000_000).saturating_add(micros))
}

pub(super) fn profile(profile: Option<v1::Profile>) -> Result<Profile, Refusal> {
    let v1::Profile { texts, lists } = profile.unwrap_or_default();
    Ok(Profile {
        texts: texts
            .into_iter()
            .map(|(name, text)| Ok((TextName::parse(&name)?, text)))
            .collect::<Result<_, Refusal>>()?,
        lists: lists
            .into_iter()
            .map(|(name, list)| Ok((ListName::parse(&name)?, elements(list)?)))
            .collect::<Result<_, Refusal>>()?,
    })
}

pub(super) fn elements(list: v1::Elements) -> Result<Vec<Element>, Refusal> {
    list.elements
        .into_iter()
        .map(|v1::Element { texts, primary }| Ok(Element { texts: subs(texts)?, primary }))
        .collect()
}

pub(super) fn subs(texts: BTreeMap<String, String>) -> Result<BTreeMap<SubName, String>, Refusal> {
    texts.into_iter().map(|(name, text)| Ok((SubName::parse(&name)?, text))).collect()
}
