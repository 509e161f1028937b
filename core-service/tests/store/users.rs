//! Users and the ledger: what is saved is what is found, in its site only.

use super::fixture::{Fixture, on_both_databases};
use super::people::{attribute, id, move_in, person, save, set_emails, set_text, somebody};
use futures::FutureExt as _;
use provost_core::StoreError;
use provost_core::store::{Store, WriteGroup};
use provost_domain::{
    Asked, Caller, Changes, Comparison, ConnectionPolicy, ConnectionSettings, DirectoryStatus,
    ElementPart, ElementTest, Event, EventBody, EventFilter, EventOrder, ExternalId, Filter, Needs,
    Notice, Outcome, Page, Reason, RecordedEvent, RecordedNotice, RecordedOutcome, RecordedReason,
    Role, Saved, SiteId, TextOperator, Timestamp, TokenId, User, UserFilter, UserName, UserNameKey,
    UserScope, UserSnapshot, UserTest,
};
use std::cell::Cell;
use std::collections::BTreeSet;

on_both_databases!(
    every_field_comes_back,
    a_saved_user_is_replaced_whole,
    look_ups_find_by_each_key,
    look_ups_that_wait_together_each_get_their_own,
    nothing_is_seen_from_another_site,
    deleted_users_are_gone,
    whom_the_directory_deleted_is_counted_apart,
    of_all_who_are_known_alike_the_law_is_told_of_the_eldest_three,
    the_ledger_keeps_every_field,
    a_dropped_group_leaves_nothing_behind,
    a_group_that_is_left_in_the_middle_is_all_or_nothing,
    a_group_that_fails_leaves_no_trace,
    a_store_closes_while_look_ups_keep_coming,
    a_taken_user_name_is_told_apart,
    user_names_may_move_on_within_a_group,
    a_large_group_is_saved_at_once,
    of_a_large_group_everything_is_saved_that_changed,
    active_admins_are_counted_in_their_site,
    the_email_index_follows_the_profile,
    texts_with_nul_find_nobody,
    a_refusal_that_a_newer_core_recorded_is_passed_through,
);

const EVERYBODY: Page = Page { after: None, skip: 0, limit: 1000 };

async fn every_field_comes_back(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let users = [somebody(site, 1, "Ada@Example.com"), person(site, 2, "bob")];
    move_in(&fixture.store, &users).await;
    for user in &users {
        assert_eq!(fixture.store.user(site, user.id).await.unwrap().as_deref(), Some(user));
    }
    assert_eq!(fixture.store.list(site, UserScope::All, None, EVERYBODY).await.unwrap(), users);
    let mut writer = fixture.store.group_writer();
    let keys: Vec<_> = users.iter().map(|user| (site, user.id)).collect();
    let (mut group, found) =
        writer.begin(&[site].into(), &keys.into_iter().collect(), &[].into()).await.unwrap();
    assert_eq!(by_id(found.users), users);
    let keys: Vec<_> = users.iter().map(|user| (site, user.user_name.key())).collect();
    assert_eq!(by_id(users_named(&mut group, keys.into_iter().collect()).await), users);
    assert_eq!(users_named(&mut group, [].into()).await, []);
}

async fn a_refusal_that_a_newer_core_recorded_is_passed_through(fixture: &Fixture) {
    const RECORDED: &str = r#"[["USER_FROZEN","active"],["ROLE_UNKNOWN","userType"]]"#;
    let site = fixture.site("acme").await.id;
    let before = somebody(site, 1, "Ada");
    move_in(&fixture.store, std::slice::from_ref(&before)).await;
    fixture.rows(&format!("UPDATE users SET unmet = '{RECORDED}'")).await;
    let found = fixture.store.user(site, before.id).await.unwrap().unwrap();
    assert_eq!(fixture.store.list(site, UserScope::All, None, EVERYBODY).await.unwrap().len(), 1);
    let after = User { version: 42, ..User::clone(&found) };
    let saved_users = vec![Saved { before: Some(User::clone(&found)), after }];
    save(&fixture.store, Changes { saved_users, ..Changes::default() }).await;
    assert_eq!(
        fixture.rows("SELECT CAST(version AS TEXT), unmet FROM users").await,
        [["42", RECORDED]]
    );
}

async fn a_saved_user_is_replaced_whole(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let before = somebody(site, 1, "Ada");
    move_in(&fixture.store, std::slice::from_ref(&before)).await;
    let after = User { version: 42, created_at: before.created_at, ..person(site, 1, "Countess") };
    let saved_users = vec![Saved { before: Some(before), after: after.clone() }];
    save(&fixture.store, Changes { saved_users, ..Changes::default() }).await;
    assert_eq!(fixture.store.user(site, id(1)).await.unwrap().as_deref(), Some(&after));
    let old_name = UserNameKey::of("ada");
    assert_eq!(fixture.store.user_named(site, &old_name).await.unwrap(), None);
}

async fn look_ups_find_by_each_key(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let mut twin = person(site, 9, "Twin");
    twin.external_id = Some(ExternalId::as_stored("Ext-'\"\\-é".to_owned()));
    let user = somebody(site, 3, "\u{c9}mile");
    move_in(&fixture.store, &[twin, user.clone()]).await;
    let store = &fixture.store;
    let named = store.user_named(site, &UserNameKey::of("e\u{301}MILE")).await.unwrap();
    assert_eq!(named.as_deref(), Some(&user));
    let external = store.user_with_external_id(site, "Ext-'\"\\-é").await.unwrap();
    assert_eq!(external.as_deref(), Some(&user), "the eldest of two");
    assert_eq!(store.user_with_external_id(site, "ext-'\"\\-é").await.unwrap(), None, "exact");
    assert_eq!(store.user(site, id(4)).await.unwrap(), None);
    assert_eq!(store.user_named(site, &UserNameKey::of("nobody")).await.unwrap(), None);
}

async fn look_ups_that_wait_together_each_get_their_own(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let users: Vec<User> =
        (0..40).map(|number| person(site, number, &format!("user{number}"))).collect();
    move_in(&fixture.store, &users).await;
    // Twice as many as there are users, each asked twice, by three kinds of key.
    let asked = (0..160u128).map(|number| async move {
        let number = number % 80;
        let expected = (number < 40).then(|| id(number));
        let found = match number % 3 {
            0 => fixture.store.user(site, id(number)).await,
            1 => fixture.store.user_named(site, &UserNameKey::of(&format!("USER{number}"))).await,
            _ => {
                fixture.store.user_with_external_id(site, "nobody's").await.unwrap();
                fixture.store.user(site, id(number)).await
            }
        };
        assert_eq!(found.unwrap().map(|user| user.id), expected);
    });
    futures::future::join_all(asked).await;
}

async fn nothing_is_seen_from_another_site(fixture: &Fixture) {
    let (acme, other) = (fixture.site("acme").await.id, fixture.site("other").await.id);
    let user = somebody(acme, 1, "Ada");
    // The same id, name and address may live in both.
    let double = User { role: Role::Moderator, ..somebody(other, 1, "Ada") };
    let only_here = person(acme, 2, "Bob");
    move_in(&fixture.store, &[user.clone(), double.clone(), only_here]).await;
    let store = &fixture.store;
    assert_eq!(store.user(acme, id(1)).await.unwrap().as_deref(), Some(&user));
    assert_eq!(store.user(other, id(1)).await.unwrap().as_deref(), Some(&double));
    assert_eq!(store.user(other, id(2)).await.unwrap(), None);
    assert_eq!(store.user_named(other, &UserNameKey::of("bob")).await.unwrap(), None);
    assert_eq!(
        store.list(other, UserScope::All, None, EVERYBODY).await.unwrap(),
        std::slice::from_ref(&double)
    );
    assert_eq!(store.count(acme, UserScope::All, None).await.unwrap(), 2);
    assert_eq!(
        store.count(other, UserScope::All, Some(&has_address("ada@example.com"))).await.unwrap(),
        1
    );
    let gone =
        Changes { deleted_users: vec![double, person(other, 2, "nobody")], ..Changes::default() };
    save(store, gone).await;
    assert_eq!(store.count(acme, UserScope::All, None).await.unwrap(), 2);
    assert_eq!(
        store.count(acme, UserScope::All, Some(&has_address("ada@example.com"))).await.unwrap(),
        1
    );
}

async fn deleted_users_are_gone(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let ada = somebody(site, 1, "Ada");
    move_in(&fixture.store, &[ada.clone(), person(site, 2, "Bob")]).await;
    // The name is free again within the same group.
    let heir = person(site, 3, "ADA");
    let saved_users = vec![Saved { before: None, after: heir.clone() }];
    save(&fixture.store, Changes { saved_users, deleted_users: vec![ada], ..Changes::default() })
        .await;
    assert_eq!(fixture.store.user(site, id(1)).await.unwrap(), None);
    let named = fixture.store.user_named(site, &UserNameKey::of("ada")).await.unwrap();
    assert_eq!(named.as_deref(), Some(&heir));
    assert_eq!(fixture.rows("SELECT value_key FROM user_emails").await, Vec::<Vec<String>>::new());
}

async fn whom_the_directory_deleted_is_counted_apart(fixture: &Fixture) {
    let store = &fixture.store;
    let site = fixture.site("acme").await.id;
    let external_id = Some(ExternalId::as_stored("Ext-1".to_owned()));
    let people = [1, 2, 3].map(|number| User {
        external_id: external_id.clone(),
        ..person(site, number, &format!("user{number}"))
    });
    move_in(store, &people).await;
    let said = |user: &User, directory_status| User { directory_status, ..user.clone() };
    let counted = async |all, not_deleted| {
        let population = store.population(site).await.unwrap();
        for (scope, count) in [(UserScope::All, all), (UserScope::NotDeleted, not_deleted)] {
            assert_eq!(population.within(scope), count, "{scope:?}");
            assert_eq!(store.list(site, scope, None, EVERYBODY).await.unwrap().len() as u64, count);
        }
        population.membership_version
    };
    let came = counted(3, 3).await;
    let deleted = said(&people[0], DirectoryStatus::Deleted);
    let eldest = async || store.user_with_external_id(site, "Ext-1").await.unwrap().unwrap().id;
    assert_eq!(eldest().await, id(1));
    save_change(store, &people[0], &deleted).await;
    let went = counted(3, 2).await;
    assert!(went > came, "positions in the list have shifted");
    assert_eq!(store.user(site, id(1)).await.unwrap().as_deref(), Some(&deleted));
    assert_eq!(eldest().await, id(2), "of those that the directory has");
    let inactive = said(&people[1], DirectoryStatus::Inactive);
    save_change(store, &people[1], &inactive).await;
    assert_eq!(counted(3, 2).await, went, "a deactivation moves nobody");
    save_change(store, &deleted, &people[0]).await;
    assert!(counted(3, 3).await > went);
    save_change(store, &people[0], &deleted).await;
    save(store, Changes { deleted_users: vec![deleted], ..Changes::default() }).await;
    counted(2, 2).await;
}

async fn of_all_who_are_known_alike_the_law_is_told_of_the_eldest_three(fixture: &Fixture) {
    let store = &fixture.store;
    let (site, other) = (fixture.site("acme").await.id, fixture.site("globex").await.id);
    let known = ExternalId::as_stored("Ext-1".to_owned());
    let people = [(site, 1), (site, 2), (site, 3), (site, 4), (other, 5)].map(|(site, number)| {
        User { external_id: Some(known.clone()), ..person(site, number, &format!("user{number}")) }
    });
    move_in(store, &people).await;
    move_in(store, &[person(site, 6, "user6")]).await;
    let told = async |of: SiteId, external_id: &str| {
        let mut writer = store.group_writer();
        let (mut group, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
        let asked = (of, ExternalId::as_stored(external_id.to_owned()));
        let needs = Needs { external_ids: [asked].into(), ..Needs::default() };
        let found = group.load(&needs).await.unwrap().users;
        found.into_iter().map(|user| user.id).collect::<BTreeSet<_>>()
    };
    assert_eq!(told(site, "Ext-1").await, [id(1), id(2), id(3)].into());
    assert_eq!(told(other, "Ext-1").await, [id(5)].into());
    assert_eq!(told(site, "ext-1").await, [].into());
    let deleted = User { directory_status: DirectoryStatus::Deleted, ..people[0].clone() };
    save_change(store, &people[0], &deleted).await;
    assert_eq!(told(site, "Ext-1").await, [id(2), id(3), id(4)].into());
}

async fn save_change(store: &Store, before: &User, after: &User) {
    let saved_users = vec![Saved { before: Some(before.clone()), after: after.clone() }];
    save(store, Changes { saved_users, ..Changes::default() }).await;
}

/// An event as it is read back.
fn recorded(event: Event) -> RecordedEvent {
    let Event {
        site,
        revision,
        user,
        at,
        caller,
        on_behalf_of,
        outcome,
        notices,
        body,
        trace_id,
        reason,
        previous: _,
        standing: _,
    } = event;
    let notice = |Notice { reason, attribute, message, metadata: _ }| RecordedNotice {
        reason: RecordedReason::Known(reason),
        attribute,
        message,
    };
    RecordedEvent {
        site,
        revision,
        user,
        at,
        caller: caller.to_string(),
        on_behalf_of,
        outcome: RecordedOutcome::Known(outcome),
        notices: notices.into_iter().map(notice).collect(),
        body,
        trace_id,
        reason,
    }
}

async fn the_ledger_keeps_every_field(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let user = somebody(site, 0x0123_4567_89ab_cdef, "Ada");
    let full = Event {
        on_behalf_of: Some(user.id),
        site,
        revision: 1,
        user: Some(user.id),
        previous: None,
        standing: None,
        at: Timestamp(5),
        caller: Caller::Connection {
            site,
            name: "okta".to_owned(),
            settings: ConnectionSettings::USUAL,
        },
        outcome: Outcome::PartlyAccepted,
        notices: vec![Notice {
            reason: Reason::LastAdmin,
            attribute: "role".to_owned(),
            message: "the \"last\" one".to_owned(),
            metadata: Vec::new(),
        }],
        body: EventBody::UserChanged {
            asked: vec![Asked::SetActive, Asked::SetRole],
            before: Some(Box::new(UserSnapshot::of(&user))),
            after: Some(Box::new(UserSnapshot { version: 2, ..UserSnapshot::default() })),
        },
        trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        reason: Some("she asked".to_owned()),
    };
    let (before, after) = (ConnectionPolicy::default(), ConnectionPolicy::default());
    let bare = Event {
        revision: 2,
        user: None,
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::SettingsChanged { before, after },
        trace_id: None,
        ..full.clone()
    };
    let events = vec![full.clone(), bare.clone()];
    save(&fixture.store, Changes { events, ..Changes::default() }).await;
    let (full, bare) = (recorded(full), recorded(bare));
    let read = async |site, revisions, limit| {
        let (filter, order) = (EventFilter::default(), EventOrder::OldestFirst);
        fixture.store.events(site, revisions, &filter, order, limit).await.unwrap()
    };
    assert_eq!(read(site, 1..=10, 10).await, [full.clone(), bare.clone()]);
    assert_eq!(read(site, 1..=10, 1).await, [full]);
    assert_eq!(read(site, 2..=10, 10).await, [bare]);
    assert_eq!(read(SiteId(99), 1..=10, 10).await, []);
    let columns = fixture.rows("SELECT caller, kind, outcome FROM events ORDER BY revision").await;
    let full = ["connection:okta", "user_changed", "partly_accepted"];
    assert_eq!(columns, [full, ["operator", "settings_changed", "accepted"]]);
    let whose = fixture.rows("SELECT u.user_name FROM events e JOIN users u ON u.id = e.user_id");
    assert_eq!(whose.await.len(), 0, "the ledger does not need the user");
    move_in(&fixture.store, &[user]).await;
    let whose = fixture.rows("SELECT u.user_name FROM events e JOIN users u ON u.id = e.user_id");
    assert_eq!(whose.await, [["Ada"]]);
}

/// Nor does it keep others from writing, be they of the same process.
async fn a_dropped_group_leaves_nothing_behind(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let user = person(site, 1, "Ada");
    let mut writer = fixture.store.group_writer();
    let (mut group, found) =
        writer.begin(&[site].into(), &[(site, id(1))].into(), &[].into()).await.unwrap();
    assert_eq!((found.sites.len(), found.users.len()), (1, 0));
    assert_eq!(users_named(&mut group, [(site, user.user_name.key())].into()).await, []);
    drop(group);
    move_in(&fixture.store, std::slice::from_ref(&user)).await;
    let (group, found) =
        writer.begin(&[site].into(), &[(site, id(1))].into(), &[].into()).await.unwrap();
    assert_eq!(found.users, [user]);
    group.commit(&Changes::default()).await.unwrap();
    writer.release();
    fixture.store.touch(&[(TokenId(id(1).0), Timestamp(1))]).await.unwrap();
}

/// Whoever waited for it has gone away while a statement was under way: the first one as a rule,
/// but where the answers come at once it may be any, or the last answer is there already.
async fn a_group_that_is_left_in_the_middle_is_all_or_nothing(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let mut writer = fixture.store.group_writer();
    let (group, _) = writer.begin(&[site].into(), &[].into(), &[].into()).await.unwrap();
    let batch = |number: u128, revision| Changes {
        saved_users: vec![Saved {
            before: None,
            after: person(site, number, &format!("u{number}")),
        }],
        events: vec![line(site, revision)],
        ..Changes::default()
    };
    let left = batch(1, 1);
    let mut commit = Box::pin(group.commit(&left));
    let _ = (&mut commit).now_or_never();
    drop(commit);
    let (group, found) =
        writer.begin(&[site].into(), &[(site, id(1))].into(), &[].into()).await.unwrap();
    let revision = found.sites[0].revision;
    assert!(revision <= 1);
    assert_eq!(found.users.len(), usize::try_from(revision).unwrap(), "half of it was done");
    group.commit(&batch(2, revision + 1)).await.unwrap();
    let lines = fixture.rows("SELECT kind FROM events").await.len();
    assert_eq!(lines, usize::try_from(revision + 1).unwrap());
}

/// The user could be saved and the line could not: its position in the ledger is taken.
async fn a_group_that_fails_leaves_no_trace(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let before = person(site, 1, "Ada");
    move_in(&fixture.store, std::slice::from_ref(&before)).await;
    let after = User { version: before.version + 1, role: Role::Moderator, ..before.clone() };
    let group = |revision| Changes {
        saved_users: vec![Saved { before: Some(before.clone()), after: after.clone() }],
        events: vec![line(site, revision)],
        ..Changes::default()
    };
    let first = Changes { saved_users: Vec::new(), ..group(1) };
    save(&fixture.store, first).await;
    let mut writer = fixture.store.group_writer();
    let (begun, _) = writer.begin(&[site].into(), &[].into(), &[].into()).await.unwrap();
    let failure = begun.commit(&group(1)).await.unwrap_err();
    assert!(matches!(failure, StoreError::Conflict(_)), "{failure}");
    assert_eq!(fixture.store.user(site, id(1)).await.unwrap().as_deref(), Some(&before));
    save(&fixture.store, group(2)).await;
    assert_eq!(fixture.store.user(site, id(1)).await.unwrap().as_deref(), Some(&after));
}

fn line(site: SiteId, revision: i64) -> Event {
    Event {
        on_behalf_of: None,
        site,
        revision,
        user: Some(id(1)),
        previous: None,
        standing: None,
        at: Timestamp(5),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::UserChanged { asked: vec![Asked::SetRole], before: None, after: None },
        trace_id: None,
        reason: None,
    }
}

/// More of them than a group holds, so that some wait whenever a group has been read.
async fn a_store_closes_while_look_ups_keep_coming(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    move_in(&fixture.store, &[person(site, 1, "Ada")]).await;
    let store = Store::open(&fixture.url).await.unwrap();
    let found = Cell::new(0);
    let look_ups = (0..600).map(|_| async {
        while store.user(site, id(1)).await.is_ok() {
            found.set(found.get() + 1);
        }
    });
    let closed = async {
        while found.get() < 600 {
            tokio::task::yield_now().await;
        }
        store.close().await
    };
    let (_, closed) = tokio::join!(futures::future::join_all(look_ups), closed);
    closed.unwrap();
}

async fn a_taken_user_name_is_told_apart(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    move_in(&fixture.store, &[person(site, 1, "Ada")]).await;
    let mut writer = fixture.store.group_writer();
    let (group, _) = writer.begin(&[site].into(), &[].into(), &[].into()).await.unwrap();
    let saved_users = vec![
        Saved { before: None, after: person(site, 2, "Bob") },
        Saved { before: None, after: person(site, 3, "ADA") },
    ];
    let refused = group.commit(&Changes { saved_users, ..Changes::default() }).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    assert_eq!(fixture.store.count(site, UserScope::All, None).await.unwrap(), 1, "all or nothing");
}

async fn user_names_may_move_on_within_a_group(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let (ada, bob) = (person(site, 1, "Ada"), person(site, 2, "Bob"));
    move_in(&fixture.store, &[ada.clone(), bob.clone()]).await;
    let renamed = |user: &User, name: &str| Saved {
        before: Some(user.clone()),
        after: User { user_name: UserName::parse(name).unwrap(), ..user.clone() },
    };
    let saved_users = vec![renamed(&ada, "Countess"), renamed(&bob, "Ada")];
    save(&fixture.store, Changes { saved_users, ..Changes::default() }).await;
    let named = fixture.store.user_named(site, &UserNameKey::of("ada")).await.unwrap();
    assert_eq!(named.map(|user| user.id), Some(bob.id));
}

async fn a_large_group_is_saved_at_once(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let users: Vec<User> =
        (0..700).map(|number| somebody(site, number, &format!("user{number}"))).collect();
    move_in(&fixture.store, &users).await;
    assert_eq!(fixture.store.list(site, UserScope::All, None, EVERYBODY).await.unwrap(), users);
    let keys: Vec<_> = users.iter().map(|user| (site, user.id)).collect();
    let mut writer = fixture.store.group_writer();
    let (_group, found) =
        writer.begin(&[site].into(), &keys.into_iter().collect(), &[].into()).await.unwrap();
    assert_eq!(found.users.len(), 700);
}

/// Of each sort of row more than one statement takes on SQLite, and of each another number.
async fn of_a_large_group_everything_is_saved_that_changed(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let mut users: Vec<User> =
        (0..300).map(|number| somebody(site, number, &format!("user{number}"))).collect();
    move_in(&fixture.store, &users).await;
    let mut saved_users = Vec::new();
    for (user, number) in users.iter_mut().zip(0..) {
        let before = user.clone();
        user.version = number;
        match number % 10 {
            0..4 => set_text(user, "title", &format!("Number {number}")),
            4..5 => user.user_name = UserName::parse(&format!("person{number}")).unwrap(),
            _ => user.directory_status = DirectoryStatus::Active,
        }
        saved_users.push(Saved { before: Some(before), after: user.clone() });
    }
    let event = |revision: i64| Event {
        on_behalf_of: None,
        site,
        revision,
        user: None,
        previous: None,
        standing: None,
        at: Timestamp(revision),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::SiteCreated { after: ConnectionPolicy::default() },
        trace_id: None,
        reason: Some(format!("reason {revision}")),
    };
    let events: Vec<_> = (1..=200).map(event).collect();
    save(&fixture.store, Changes { saved_users, events, ..Changes::default() }).await;
    assert_eq!(fixture.store.list(site, UserScope::All, None, EVERYBODY).await.unwrap(), users);
    let (filter, order) = (EventFilter::default(), EventOrder::OldestFirst);
    let found = fixture.store.events(site, 1..=999, &filter, order, 999).await.unwrap();
    assert_eq!(found, (1..=200).map(|revision| recorded(event(revision))).collect::<Vec<_>>());
}

async fn active_admins_are_counted_in_their_site(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await.id, fixture.site("other").await.id);
    let admin = |site: SiteId, number| User {
        role: Role::Admin,
        ..person(site, number, &format!("admin{number}"))
    };
    let moderator = User { role: Role::Moderator, ..person(site, 4, "moderator") };
    let held_and_inactive = somebody(site, 3, "inactive");
    let users = [
        admin(site, 1),
        admin(site, 2),
        held_and_inactive,
        moderator,
        person(site, 5, "Bob"),
        admin(other, 1),
    ];
    move_in(&fixture.store, &users).await;
    let mut writer = fixture.store.group_writer();
    let (mut group, _) = writer.begin(&[site, other].into(), &[].into(), &[].into()).await.unwrap();
    assert_eq!(active_admins(&mut group, site).await, 2);
    assert_eq!(active_admins(&mut group, other).await, 1);
    assert_eq!(active_admins(&mut group, SiteId(0)).await, 0);
}

async fn the_email_index_follows_the_profile(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let keys = || fixture.rows("SELECT value_key FROM user_emails ORDER BY value_key");
    let mut user = person(site, 1, "Ada");
    set_emails(&mut user, &["B@x.example", "b@X.example", "a@x.example"]);
    move_in(&fixture.store, std::slice::from_ref(&user)).await;
    assert_eq!(keys().await, [["a@x.example"], ["b@x.example"]]);
    for addresses in [&["c@x.example"][..], &["c@x.example", "a@x.example"], &[]] {
        let before = user.clone();
        set_emails(&mut user, addresses);
        set_text(&mut user, "title", "Countess");
        let saved_users = vec![Saved { before: Some(before), after: user.clone() }];
        save(&fixture.store, Changes { saved_users, ..Changes::default() }).await;
        let mut expected: Vec<Vec<String>> =
            addresses.iter().map(|address| vec![(*address).to_owned()]).collect();
        expected.sort();
        assert_eq!(keys().await, expected);
        for address in ["a@x.example", "b@x.example", "C@X.EXAMPLE"] {
            let expected = u64::from(addresses.contains(&&*address.to_ascii_lowercase()));
            let found = fixture
                .store
                .count(site, UserScope::All, Some(&has_address(address)))
                .await
                .unwrap();
            assert_eq!(found, expected, "{address}");
        }
    }
    // Longer than any key of an index may be, and equal for longer than the index looks.
    let long = "x".repeat(4000);
    let before = user.clone();
    set_emails(&mut user, &[&format!("{long}@a"), &format!("{long}@b")]);
    let saved_users = vec![Saved { before: Some(before), after: user }];
    save(&fixture.store, Changes { saved_users, ..Changes::default() }).await;
    for (end, expected) in [("@a", 1), ("@b", 1), ("@c", 0)] {
        let filter = has_address(&format!("{long}{end}"));
        assert_eq!(
            fixture.store.count(site, UserScope::All, Some(&filter)).await.unwrap(),
            expected
        );
    }
}

async fn texts_with_nul_find_nobody(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    move_in(&fixture.store, &[somebody(site, 1, "Ada")]).await;
    let store = &fixture.store;
    assert_eq!(store.user_named(site, &UserNameKey::of("a\0a")).await.unwrap(), None);
    assert_eq!(store.user_with_external_id(site, "a\0a").await.unwrap(), None);
    assert_eq!(store.count(site, UserScope::All, Some(&has_address("a\0a"))).await.unwrap(), 0);
    let mut writer = store.group_writer();
    let (mut group, _) = writer.begin(&[site].into(), &[].into(), &[].into()).await.unwrap();
    let found = users_named(&mut group, [(site, UserNameKey::of("a\0a"))].into()).await;
    assert_eq!(found, []);
}

async fn users_named(
    group: &mut WriteGroup<'_>,
    user_names: BTreeSet<(SiteId, UserNameKey)>,
) -> Vec<User> {
    group.load(&Needs { user_names, ..Needs::default() }).await.unwrap().users
}

async fn active_admins(group: &mut WriteGroup<'_>, site: SiteId) -> u64 {
    let needs = Needs { active_admins: [site].into(), ..Needs::default() };
    let counts = group.load(&needs).await.unwrap().active_admins;
    assert_eq!(counts.len(), 1);
    counts[0].1
}

fn has_address(address: &str) -> UserFilter {
    let emails = attribute("emails");
    let value = ElementPart::Sub(emails.sub_attribute("value").unwrap().name());
    let equal = Comparison::Text(TextOperator::Equal, address.to_owned());
    let condition = Filter::Is(ElementTest::Value(value, equal));
    Filter::Is(UserTest::Element(emails.name(), condition))
}

fn by_id(mut users: Vec<User>) -> Vec<User> {
    users.sort_by_key(|user| user.id);
    users
}
