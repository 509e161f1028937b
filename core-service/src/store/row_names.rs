//! Rows that are written have a field for each column that their statement writes, and no others: a
//! forgotten one would be stored as NULL without a word.

use super::consumers::{self, ConsumerRow};
use super::events::{self, EventRow};
use super::group_members::{self, LeaverRow, MemberRow};
use super::groups::{self, GroupKeyRow, GroupRow};
use super::requests::{self, RequestKeyRow, RequestRow};
use super::row_sql::{keyed, keys};
use super::sites::rows::HeadRow;
use super::sites::{self, membership_version};
use super::standing_changes::{self, StandingChangeRow};
use super::statements::{PROFILE, STANDING};
use super::user_emails::{self, EmailsOf, email_rows};
use super::users::rows::{ProfileRow, StandingRow, UserRow};
use super::{tokens, users};
use provost_domain::{
    Caller, ConnectionPolicy, Consumer, ConsumerName, DirectoryStatus, Event, EventBody, Group,
    GroupId, GroupName, KeptRequest, Membership, Outcome, ProfileSchema, RequestId, RequestKey,
    RequestOutcome, RequestSubject, Role, Saved, SiteId, StandingChange, Timestamp, TokenId, User,
    UserId, UserName,
};
use sea_orm::{EntityTrait, IdenStatic as _, Iterable as _};
use serde::Serialize;
use serde::de::DeserializeSeed as _;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

fn ada() -> User {
    let document = r#"{"emails":[{"value":"ada@x"}]}"#;
    let mut document = serde_json::Deserializer::from_str(document);
    let profile = ProfileSchema::STANDARD.deserialize(&mut document).unwrap();
    User {
        site: SiteId(1),
        id: UserId(Uuid::nil()),
        user_name: UserName::as_stored("ada".to_owned()),
        external_id: None,
        subject: None,
        directory_status: DirectoryStatus::Active,
        holds: Vec::new(),
        role: Role::Registered,
        base_role: None,
        profile: Arc::new(profile),
        recorded_refusals: Vec::new(),
        last_event: 0,
        version: 1,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    }
}

#[track_caller]
fn assert_fields<E: EntityTrait>(
    row: &impl Serialize,
    columns: impl IntoIterator<Item = E::Column>,
) {
    let columns: BTreeSet<_> =
        columns.into_iter().map(|column| column.as_str().to_owned()).collect();
    let row = serde_json::to_value(row).unwrap();
    let fields: BTreeSet<_> = row.as_object().unwrap().keys().cloned().collect();
    let table = E::default();
    let differing: Vec<_> = fields.symmetric_difference(&columns).collect();
    assert!(
        differing.is_empty(),
        "rows of {} and the columns that are written of it differ in {differing:?}; give the row \
         that field, or take it out of both",
        table.table_name()
    );
}

/// The same, in the order of the columns, which SQLite takes the fields in.
#[track_caller]
fn assert_order<E: EntityTrait>(
    row: &impl Serialize,
    columns: impl IntoIterator<Item = E::Column>,
) {
    let columns: Vec<_> = columns.into_iter().collect();
    let written = serde_json::to_string(row).unwrap();
    let place = |column: &E::Column| written.find(&format!("\"{}\":", column.as_str()));
    let names = columns.iter().map(sea_orm::IdenStatic::as_str).collect::<Vec<_>>().join(", ");
    assert!(
        columns.is_sorted_by_key(place),
        "the fields of {written} must stand in the order {names}"
    );
    assert_fields::<E>(row, columns);
}

#[test]
fn rows_have_the_columns_of_their_statements() {
    let user = ada();
    assert_order::<users::Entity>(&UserRow::from(&user), users::Column::iter());
    let standing = keyed::<users::Entity>(&STANDING);
    assert_order::<users::Entity>(&StandingRow::from(&user), standing);
    let profile = keyed::<users::Entity>(&[&PROFILE[..], &STANDING].concat());
    assert_order::<users::Entity>(&ProfileRow::from(&user), profile);
    let email = email_rows(&user).next().unwrap();
    assert_fields::<user_emails::Entity>(&email, user_emails::Column::iter());
    let of = [user_emails::Column::SiteId, user_emails::Column::UserId];
    assert_fields::<user_emails::Entity>(&EmailsOf::from(&user), of);

    let standing = StandingChange { user_name: String::new(), role: None, active: None };
    let event = Event {
        on_behalf_of: None,
        site: SiteId(1),
        revision: 1,
        user: Some(user.id),
        previous: None,
        standing: Some(standing),
        at: Timestamp(1),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::SiteCreated { after: ConnectionPolicy::default() },
        trace_id: None,
        reason: None,
    };
    assert_order::<events::Entity>(&EventRow::from(&event), events::Column::iter());
    let consumer = Consumer {
        site: SiteId(1),
        caller: "operator".to_owned(),
        name: ConsumerName::as_stored("mail".to_owned()),
        since: 0,
        passed: Vec::new(),
    };
    assert_fields::<consumers::Entity>(&ConsumerRow::from(&consumer), consumers::Column::iter());
    let change = StandingChangeRow::of(&event).unwrap();
    assert_order::<standing_changes::Entity>(&change, standing_changes::Column::iter());
    let key = RequestKey {
        site: SiteId(1),
        caller: "operator".to_owned(),
        id: RequestId::as_stored("1".to_owned()),
    };
    assert_fields::<requests::Entity>(&RequestKeyRow::from(&key), keys::<requests::Entity>());
    let outcome = RequestOutcome::Decided {
        subject: RequestSubject::Settings,
        changed: false,
        notices: Vec::new(),
        revision: 1,
    };
    let kept = KeptRequest { key, fingerprint: String::new(), outcome, decided_at: Timestamp(1) };
    assert_order::<requests::Entity>(&RequestRow::from(&kept), requests::Column::iter());
    let group = Group {
        site: SiteId(1),
        id: GroupId(Uuid::nil()),
        display_name: GroupName::as_stored("Guides".to_owned()),
        external_id: None,
        version: 1,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    };
    assert_fields::<groups::Entity>(&GroupRow::from(&group), groups::Column::iter());
    let key = GroupKeyRow::from(&(group.site, group.id));
    assert_fields::<groups::Entity>(&key, keys::<groups::Entity>());
    let member = Membership { site: SiteId(1), group: group.id, user: user.id };
    let member = MemberRow::from(&member);
    assert_fields::<group_members::Entity>(&member, group_members::Column::iter());
    let counts = keyed::<sites::Entity>(&[sites::Column::GroupCount]);
    assert_fields::<sites::Entity>(&sites::GroupCountRow::from((&SiteId(1), &1)), counts);
    let leaver = LeaverRow::from(&(SiteId(1), user.id, Timestamp(1)));
    let of_leaver = [users::Column::UpdatedAt];
    assert_fields::<users::Entity>(&leaver, keyed::<users::Entity>(&of_leaver));
    let head = keyed::<sites::Entity>(&sites::HEAD);
    assert_fields::<sites::Entity>(&HeadRow::from(&event), head);
    let saved = Saved { before: None, after: user };
    let members = keyed::<sites::Entity>(&sites::MEMBERS);
    assert_fields::<sites::Entity>(&membership_version(&[saved], &[])[0], members);
    let touched = keyed::<tokens::Entity>(&[tokens::Column::LastUsedAt]);
    assert_fields::<tokens::Entity>(
        &tokens::UseRow::from((TokenId(Uuid::nil()), Timestamp(1))),
        touched,
    );
}
