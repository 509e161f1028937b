//! Commands that are decided one after the other over one state: each sees what those before it
//! left, and what is kept is where they came to.

use super::court::*;
use crate::{
    Action, Answer, BatchPart, Caller, Change, Changes, ConnectionPolicy, Context, Creation,
    Decision, DirectoryStatus, ExternalId, FoundMember, Group, GroupAction, GroupChange,
    GroupCreation, GroupId, GroupName, GroupSnapshot, Loaded, Needs, Presence, Reason, Refusal,
    Role, SettingsChange, State, User, decide,
};

/// A site in which these users are, and as many active Admins as are among them.
fn state_of(users: &[User]) -> State {
    let mut state = State::default();
    let admins = users.iter().filter(|user| user.is_active_admin()).count();
    let loaded = Loaded {
        sites: vec![Court::with(ConnectionPolicy::default()).site],
        users: users.to_vec(),
        active_admins: vec![(SITE, u64::try_from(admins).unwrap())],
        ..Loaded::default()
    };
    state.take_in(Needs::default(), loaded);
    state
}

fn decided(state: &mut State, action: Action) -> Result<Decision, Refusal> {
    let context = Context { now: NOW, fresh_id: &|| id(99).0 };
    let command = ask(&Caller::Operator, action);
    ask_for_the_rest(state, &command);
    decide(state, &context, &command)
}

fn changing_of(user: &User, change: Change) -> Action {
    Action::ChangeUser { user: user.id, changes: vec![change] }
}

fn eve() -> User {
    User { id: id(2), user_name: name("eve@example.com"), ..user() }
}

fn saved(changes: &Changes) -> Vec<(&str, Role)> {
    changes
        .saved_users
        .iter()
        .map(|saved| (saved.after.user_name.as_str(), saved.after.role))
        .collect()
}

#[test]
fn a_name_that_was_given_up_is_free_and_one_that_was_taken_is_not() {
    let (ada, eve) = (user(), eve());
    let rename = |text| Change::SetUserName(name(text));
    let mut state = state_of(&[ada.clone(), eve.clone()]);
    let taken = decided(&mut state, changing_of(&eve, rename("ADA@example.com"))).unwrap_err();
    assert_eq!(taken.reason, Reason::UserNameTaken);
    decided(&mut state, changing_of(&ada, rename("ida@example.com"))).unwrap();
    let taken = decided(&mut state, changing_of(&eve, rename("IDA@example.com"))).unwrap_err();
    assert_eq!(taken.reason, Reason::UserNameTaken);
    decided(&mut state, changing_of(&eve, rename("ada@example.com"))).unwrap();
    let changes = state.into_changes();
    let expected = [("ida@example.com", Role::Registered), ("ada@example.com", Role::Registered)];
    assert_eq!(saved(&changes), expected);
}

#[test]
fn the_size_of_a_user_is_that_of_its_texts() {
    let bare = user();
    let name_bytes = "ada@example.com".len();
    assert_eq!(bare.size(), name_bytes);
    let external_id = crate::ExternalId::parse("Ext-1").unwrap();
    assert_eq!(User { external_id, ..user() }.size(), name_bytes + 5);
    let note = "left".to_owned();
    let held = User { holds: vec![crate::Hold { note, ..hold("legal") }], ..user() };
    assert_eq!(held.size(), name_bytes + "legal".len() + "operator".len() + "left".len());
    let mut profile = crate::Profile::default();
    profile.set(&attribute_name("title"), Some(text("Countess")));
    let size = profile.size();
    assert!(size >= "titleCountess".len());
    assert_eq!(User { profile: profile.into(), ..user() }.size(), name_bytes + size);
}

#[test]
fn what_changes_nothing_leaves_nothing() {
    let mut state = state_of(&[user()]);
    let same = vec![set_active(true), Change::SetRole(Role::Registered)];
    let decision = decided(&mut state, changing(same)).unwrap();
    assert_eq!((decision.changed, decision.revision), (false, 40));
    assert!(state.into_changes().is_empty());
}

#[test]
fn the_name_of_who_was_deleted_is_free() {
    let mut state = state_of(&[user()]);
    decided(&mut state, deleting()).unwrap();
    let creation = Creation { user_name: name("ADA@example.com"), changes: Vec::new() };
    let decision = decided(&mut state, Action::CreateUser(creation)).unwrap();
    let Answer::User { user, created, .. } = decision.answer else { panic!("a user") };
    assert!(created && user.id == id(99));
    let changes = state.into_changes();
    assert_eq!(changes.deleted_users, [self::user()]);
    assert_eq!(saved(&changes), [("ADA@example.com", Role::Registered)]);
}

/// The name stays with the person, also where the caller doesn't find them any more.
#[test]
fn the_name_of_whom_the_directory_deleted_is_taken() {
    let deleted = User { directory_status: DirectoryStatus::Deleted, ..user() };
    for (caller, told) in [(okta(), "the directory deleted"), (Caller::Operator, "already")] {
        let mut state = state_of(&[deleted.clone(), eve()]);
        let rename = changing_of(&eve(), Change::SetUserName(name("ada@example.com")));
        let context = Context { now: NOW, fresh_id: &|| id(99).0 };
        let command = ask(&caller, rename);
        ask_for_the_rest(&mut state, &command);
        let refusal = decide(&mut state, &context, &command).unwrap_err();
        assert_eq!(refusal.reason, Reason::UserNameTaken);
        assert!(refusal.message.contains(told), "{}", refusal.message);
    }
}

#[test]
fn admins_are_counted_from_command_to_command() {
    let [ada, eve] = [user(), eve()].map(|user| User { role: Role::Admin, ..user });
    let demote = || Change::SetRole(Role::Registered);
    let third = User { id: id(3), user_name: name("joe@example.com"), ..user() };
    let mut state = state_of(&[ada.clone(), eve.clone(), third.clone()]);
    decided(&mut state, changing_of(&ada, demote())).unwrap();
    let last = decided(&mut state, changing_of(&eve, demote())).unwrap_err();
    assert_eq!(last.reason, Reason::LastAdmin);
    // Another one is promoted, and then she may go; and he is the last one.
    decided(&mut state, changing_of(&third, Change::SetRole(Role::Admin))).unwrap();
    decided(&mut state, Action::DeleteUser { user: eve.id }).unwrap();
    let last = decided(&mut state, changing_of(&third, set_active(false))).unwrap_err();
    assert_eq!(last.reason, Reason::LastAdmin);
}

#[test]
fn settings_that_come_back_to_what_they_were_are_not_saved_again() {
    let switch = |enabled| {
        Action::UpdateSettings(SettingsChange {
            enabled: Some(enabled),
            ..SettingsChange::default()
        })
    };
    let mut state = state_of(&[]);
    for enabled in [false, true] {
        assert!(decided(&mut state, switch(enabled)).unwrap().changed);
    }
    let changes = state.into_changes();
    assert!(changes.changed_sites.is_empty() && changes.new_sites.is_empty());
    assert_eq!((changes.events.len(), &*last_revisions(&changes)), (2, &[(SITE, 42)][..]));
    let mut state = state_of(&[]);
    decided(&mut state, switch(false)).unwrap();
    let versions = state.into_changes().changed_sites.into_iter().map(|site| site.version);
    assert_eq!(versions.collect::<Vec<_>>(), [2]);
}

/// By it a transaction ends before it holds others up.
#[test]
fn the_work_of_a_group_is_that_of_its_commands() {
    let held = |user| held_by(user, &["legal", "hr", "fraud"]);
    let mut state = state_of(&[held(user()), held(eve())]);
    assert_eq!(state.work(), 0);
    // A step of the status goes through all holds, and a profile is stored as a whole.
    decided(&mut state, changing_of(&user(), place("manual"))).unwrap();
    assert_eq!(state.work(), 3);
    decided(&mut state, changing_of(&user(), set_title(&"x".repeat(64)))).unwrap();
    assert_eq!(state.work(), 3 + 2);
    let part = |user: User| BatchPart {
        action: changing_of(&user, place("manual2")),
        expected_version: None,
    };
    decided(&mut state, Action::Batch(vec![part(eve()), part(user())])).unwrap();
    assert_eq!(state.work(), 5 + 3 + (4 + 2));
}

/// Whether a site has groups is known with the site, and only that alters what is kept in mind of it.
#[test]
fn only_the_first_group_and_the_last_alter_what_is_known_of_a_site() {
    let state_with = |group_count| {
        let site = Court::with(ConnectionPolicy::default()).site;
        let mut state = State::default();
        let sites = vec![crate::Site { group_count, ..site }];
        let loaded = Loaded { sites, groups: vec![guides()], ..Loaded::default() };
        state.take_in(Needs::default(), loaded);
        state
    };
    let display_name = GroupName::parse("Pilots").unwrap();
    let creation = GroupCreation { display_name, changes: Vec::new() };
    let creating = Action::Group(GroupAction::Create(creation));
    let deleting = Action::Group(GroupAction::Delete { group: guides().id });
    for (group_count, actions, alters) in [
        (0, vec![creating.clone()], true),
        (1, vec![creating.clone()], false),
        (1, vec![deleting.clone()], true),
        (2, vec![deleting.clone()], false),
        (1, vec![creating, deleting], false),
    ] {
        let mut state = state_with(group_count);
        for action in &actions {
            decided(&mut state, action.clone()).unwrap();
        }
        assert_eq!(state.into_changes().alters_access(), alters, "{group_count}: {actions:?}");
    }
}

#[test]
fn a_group_that_came_and_went_leaves_only_its_lines() {
    let mut state = state_of(&[]);
    let display_name = GroupName::parse("Pilots").unwrap();
    let creation = GroupCreation { display_name, changes: Vec::new() };
    decided(&mut state, Action::Group(GroupAction::Create(creation))).unwrap();
    let group = GroupId(id(99).0);
    decided(&mut state, Action::Group(GroupAction::Delete { group })).unwrap();
    let changes = state.into_changes();
    assert_eq!((changes.saved_groups.len(), changes.deleted_groups.len()), (0, 0));
    assert!(changes.group_counts.values().all(|more| *more == 0), "{:?}", changes.group_counts);
    assert_eq!(changes.events.len(), 2);
}

#[test]
fn an_event_shows_of_a_group_what_differs() {
    let guides = guides();
    let [named, coded] = [
        Group {
            display_name: GroupName::parse("Tour Guides").unwrap(),
            version: 2,
            ..guides.clone()
        },
        Group { external_id: ExternalId::parse("g-1").unwrap(), version: 3, ..guides.clone() },
    ];
    let shown = |version, name: Option<&str>, external_id: Option<&str>| GroupSnapshot {
        version,
        display_name: name.map(|name| GroupName::parse(name).unwrap()),
        external_id: external_id.map(str::to_owned),
    };
    for (snapshot, expected) in [
        (GroupSnapshot::of(&guides), shown(1, Some("Guides"), None)),
        (GroupSnapshot::of(&coded), shown(3, Some("Guides"), Some("g-1"))),
        (GroupSnapshot::of_difference(&named, &guides), shown(2, Some("Tour Guides"), None)),
        (GroupSnapshot::of_difference(&guides, &named), shown(1, Some("Guides"), None)),
        (GroupSnapshot::of_difference(&coded, &guides), shown(3, None, Some("g-1"))),
        // That there is none is shown, too.
        (GroupSnapshot::of_difference(&guides, &coded), shown(1, None, Some(""))),
        (GroupSnapshot::of_difference(&guides, &guides), shown(1, None, None)),
    ] {
        assert_eq!(snapshot, expected);
    }
}

#[test]
fn who_was_deleted_by_the_directory_is_there_and_not_seen() {
    let deleted = User { directory_status: DirectoryStatus::Deleted, ..user() };
    for (found, presence) in [
        (None, Presence::Absent),
        (Some(&user()), Presence::Present),
        (Some(&deleted), Presence::Deleted),
    ] {
        assert_eq!(Presence::from(found), presence);
    }
}

#[test]
fn whom_a_connection_does_not_see_stays_a_member_when_it_replaces_them() {
    for (caller, leaves) in [(okta(), vec![id(1)]), (Caller::Operator, vec![id(1), id(2)])] {
        let mut state = state_of(&[]);
        let changes = vec![GroupChange::ReplaceMembers(Vec::new())];
        let action = Action::Group(GroupAction::Change { group: guides().id, changes });
        let found = |user, presence| FoundMember {
            site: SITE,
            group: Some(guides().id),
            user,
            presence,
            is_member: true,
        };
        let members = vec![found(id(1), Presence::Present), found(id(2), Presence::Deleted)];
        let loaded = Loaded { groups: vec![guides()], members, ..Loaded::default() };
        state.take_in(Needs::default(), loaded);
        let command = ask(&caller, action);
        ask_for_the_rest(&mut state, &command);
        let context = Context { now: NOW, fresh_id: &|| id(99).0 };
        decide(&mut state, &context, &command).unwrap();
        let gone = state.into_changes().gone_members;
        assert_eq!(gone.iter().map(|gone| gone.user).collect::<Vec<_>>(), leaves);
    }
}

fn guides() -> Group {
    Group {
        site: SITE,
        id: GroupId(id(60).0),
        display_name: GroupName::parse("Guides").unwrap(),
        external_id: None,
        version: 1,
        created_at: BEFORE,
        updated_at: BEFORE,
    }
}
