//! The index of e-mail addresses: by which of them users are found. It is derived from profiles.

use super::parameter::hex;
use provost_domain::{Saved, SiteId, User, fold};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;

/// An address of a user, as it is looked up by.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_emails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub value_key: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}

/// The longest key in characters: more than any address has, and little enough for every index.
const MAX_EMAIL_KEY: usize = 320;

/// Whether the index must follow.
pub(super) fn changes_emails(saved: &Saved) -> bool {
    let before = saved.before.as_ref().map_or(&[][..], |user| user.profile.list("emails"));
    before != saved.after.profile.list("emails")
}

/// The address of a user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct EmailRow {
    site_id: SiteId,
    value_key: String,
    #[serde(serialize_with = "hex")]
    user_id: Uuid,
}

/// The rows of the e-mail index for a user.
pub(super) fn email_rows(user: &User) -> impl Iterator<Item = EmailRow> {
    let keys: BTreeSet<String> = user
        .profile
        .list("emails")
        .iter()
        .filter_map(|element| element.text("value"))
        .map(email_key)
        .collect();
    let (site_id, user_id) = (user.site, user.id.0);
    keys.into_iter().map(move |value_key| EmailRow { site_id, value_key, user_id })
}

/// What e-mail addresses are looked up by. Different addresses may share a key when they are
/// longer than any real one, so a look-up by it only narrows.
pub(super) fn email_key(address: &str) -> String {
    fold(address).chars().take(MAX_EMAIL_KEY).collect()
}

/// All addresses of a user as an object of the parameter of a statement.
#[derive(Serialize)]
pub(super) struct EmailsOf {
    site_id: SiteId,
    #[serde(serialize_with = "hex")]
    user_id: Uuid,
}

impl From<&User> for EmailsOf {
    fn from(user: &User) -> Self {
        Self { site_id: user.site, user_id: user.id.0 }
    }
}
