//! A user of the contract as a SCIM resource.

use super::{names, role};
use provost_proto::v1;
use provost_scim::{ElementView, Meta, UserResource};
use std::borrow::Cow;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::macros::format_description;

/// Looks at a user as a SCIM resource. `users` is the URL of the collection.
pub fn resource<'a>(user: &'a v1::User, users: &str) -> UserResource<'a> {
    let nothing = const { &v1::Profile { texts: BTreeMap::new(), lists: BTreeMap::new() } };
    let profile = user.profile.as_ref().unwrap_or(nothing);
    UserResource {
        id: &user.id,
        external_id: user.external_id.as_deref(),
        user_name: &user.user_name,
        active: user.active,
        user_type: role::word(user.role()),
        texts: texts(&profile.texts),
        lists: profile
            .lists
            .iter()
            .filter_map(|(name, list)| Some((names::path(name)?, elements(list))))
            .collect(),
        meta: Meta {
            created: instant(user.create_time.as_ref()),
            last_modified: instant(user.update_time.as_ref()),
            location: format!("{users}/{}", user.id).into(),
            version: format!("W/\"{}\"", user.version).into(),
        },
    }
}

/// Names that SCIM has no word for are left out.
fn texts(texts: &BTreeMap<String, String>) -> Vec<(&'static str, &str)> {
    texts.iter().filter_map(|(name, text)| Some((names::path(name)?, text.as_str()))).collect()
}

fn elements(list: &v1::Elements) -> Vec<ElementView<'_>> {
    list.elements.iter().map(element).collect()
}

fn element(element: &v1::Element) -> ElementView<'_> {
    let v1::Element { texts: parts, primary } = element;
    ElementView { texts: texts(parts), primary: *primary }
}

fn instant(time: Option<&prost_types::Timestamp>) -> Cow<'static, str> {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let time = time.copied().unwrap_or_default();
    let nanoseconds = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|at| at.format(format).ok())
        .unwrap_or_default()
        .into()
}
