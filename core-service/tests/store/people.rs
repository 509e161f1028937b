//! Users to test with.

use provost_core::StoreError;
use provost_core::store::Store;
use provost_domain::{
    Changes, DirectoryStatus, ExternalId, Hold, HoldName, ProfileAttribute, ProfileSchema, Reason,
    RecordedReason, RecordedRefusal, Role, Saved, SiteId, Subject, Timestamp, User, UserId,
    UserName, Value,
};
use std::sync::Arc;
use uuid::Uuid;

/// A plain user; the number is its id.
pub fn person(site: SiteId, number: u128, user_name: &str) -> User {
    User {
        site,
        id: id(number),
        user_name: UserName::parse(user_name).unwrap(),
        external_id: None,
        subject: None,
        directory_status: DirectoryStatus::Active,
        holds: Vec::new(),
        role: Role::Registered,
        base_role: None,
        profile: Arc::default(),
        recorded_refusals: Vec::new(),
        last_event: 0,
        version: 1,
        created_at: Timestamp(1_000_000),
        updated_at: Timestamp(1_000_000),
    }
}

/// A user with something in every field, and with everything that JSON and SQL have to escape.
pub fn somebody(site: SiteId, number: u128, user_name: &str) -> User {
    let hold = |name: &str, note: &str| Hold {
        name: HoldName::parse(name).unwrap(),
        owner: "connection:okta".to_owned(),
        note: note.to_owned(),
        placed_at: Timestamp(7),
        expires_at: (name == "legal").then_some(Timestamp(9)),
    };
    let reason = RecordedReason::Known(Reason::RoleUnknown);
    let mut user = User {
        external_id: Some(ExternalId::as_stored("Ext-'\"\\-é".to_owned())),
        subject: Some(Subject::as_stored(format!("Sub-'\"\\-é{number}"))),
        directory_status: DirectoryStatus::Inactive,
        holds: vec![hold("manual", ""), hold("legal", "see \"case\" 7\n")],
        role: Role::Admin,
        base_role: Some(Role::Moderator),
        recorded_refusals: vec![RecordedRefusal(reason, "userType".to_owned())],
        version: 41,
        created_at: Timestamp(-5),
        updated_at: Timestamp(1_767_225_600_123_456),
        ..person(site, number, user_name)
    };
    set_text(&mut user, "display_name", "Ada \"the\" Łovelace \u{1F600} \u{1}\\ '%_");
    set_text(&mut user, "title", "Countess");
    set_list(
        &mut user,
        "emails",
        vec![
            element("emails", &[("value", "Ada@Example.com"), ("type", "work")], true),
            element("emails", &[("value", "ada@home.example"), ("type", "home")], false),
        ],
    );
    let home = element("addresses", &[("locality", "København"), ("country", "DK")], false);
    set_list(&mut user, "addresses", vec![home]);
    user
}

pub fn id(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

pub fn attribute(name: &str) -> &'static ProfileAttribute {
    ProfileSchema::STANDARD.attribute(name).unwrap()
}

pub fn set_text(user: &mut User, name: &str, value: &str) {
    let value = Value::Text(value.to_owned());
    Arc::make_mut(&mut user.profile).attributes.insert(attribute(name).name(), value);
}

/// A list as it is kept: never an empty one.
pub fn set_list(user: &mut User, name: &str, elements: Vec<Value>) {
    let attributes = &mut Arc::make_mut(&mut user.profile).attributes;
    if elements.is_empty() {
        attributes.remove(name);
    } else {
        attributes.insert(attribute(name).name(), Value::List(elements));
    }
}

pub fn set_emails(user: &mut User, addresses: &[&str]) {
    let elements = addresses.iter().map(|address| element("emails", &[("value", address)], false));
    set_list(user, "emails", elements.collect());
}

pub fn element(list: &str, texts: &[(&str, &str)], primary: bool) -> Value {
    let name = |name| attribute(list).sub_attribute(name).unwrap().name();
    let texts = texts.iter().map(|(sub, text)| (name(sub), Value::Text((*text).to_owned())));
    let primary = primary.then(|| (name("primary"), Value::Boolean(true)));
    Value::Complex(texts.chain(primary).collect())
}

/// Saves users that were not there before.
pub async fn move_in(store: &Store, users: &[User]) {
    let users = users.iter().map(|user| Saved { before: None, after: user.clone() });
    save(store, Changes { saved_users: users.collect(), ..Changes::default() }).await;
}

/// Saves in a group of its own.
pub async fn save(store: &Store, changes: Changes) {
    try_to_save(store, &changes).await.unwrap();
}

/// Saves in a group of its own, if that can be.
pub async fn try_to_save(store: &Store, changes: &Changes) -> Result<(), StoreError> {
    let mut writer = store.group_writer();
    let (group, _) = writer.begin(&[].into(), &[].into(), &[].into()).await?;
    group.commit(changes).await
}
