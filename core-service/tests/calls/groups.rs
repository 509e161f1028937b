//! Groups and who is in them, as callers see them.

use super::fixture::*;
use futures::future::join_all;
use provost_proto::v1;
use provost_proto::v1::Role;
use provost_proto::v1::filter::Node;
use provost_proto::v1::group_change::Change;
use std::collections::BTreeSet;
use tonic::{Code, Status};

mod filters;
mod of_users;
mod pages;
mod rules;

on_both_databases!(
    a_group_lives_from_its_creation_to_its_deletion,
    what_changes_nothing_leaves_version_and_ledger,
    unknown_members_are_refused_by_their_ids,
    a_display_name_belongs_to_one_group_of_the_site,
    a_group_of_another_site_is_not_there,
    connections_manage_groups_where_scim_is_on,
    whom_the_directory_deleted_is_hidden_from_it,
    a_user_who_is_deleted_is_in_no_group,
    groups_go_with_their_site,
    members_of_a_deleted_group_are_removed_a_little_at_a_time,
    members_of_one_group_come_from_many_at_once,
    many_members_are_replaced_at_once,
    more_members_than_may_be_are_refused,
);

/// A new group of `acme`.
pub async fn make(fixture: &Fixture, name: &str, members: &[&str]) -> v1::Group {
    let request = v1::CreateGroupRequest {
        site: SITE.to_owned(),
        display_name: name.to_owned(),
        user_ids: members.iter().map(|id| (*id).to_owned()).collect(),
        ..v1::CreateGroupRequest::default()
    };
    create_group(&mut fixture.groups(), request).await.unwrap().group.unwrap()
}

async fn create_group(
    groups: &mut Groups,
    request: v1::CreateGroupRequest,
) -> Result<v1::GroupDecision, Status> {
    Ok(groups.create_group(request).await?.into_inner().decision.unwrap())
}

async fn change_group(
    groups: &mut Groups,
    id: &str,
    changes: Vec<Change>,
) -> Result<v1::GroupDecision, Status> {
    let changes = changes.into_iter().map(|change| v1::GroupChange { change: Some(change) });
    let request = v1::ChangeGroupRequest {
        site: SITE.to_owned(),
        group_id: id.to_owned(),
        changes: changes.collect(),
        options: None,
    };
    Ok(groups.change_group(request).await?.into_inner().decision.unwrap())
}

async fn delete_group(groups: &mut Groups, id: &str) -> Result<v1::DeleteGroupResponse, Status> {
    let request = v1::DeleteGroupRequest {
        site: SITE.to_owned(),
        group_id: id.to_owned(),
        ..v1::DeleteGroupRequest::default()
    };
    Ok(groups.delete_group(request).await?.into_inner())
}

/// A group with all its members.
async fn whole(groups: &mut Groups, id: &str) -> Result<v1::Group, Status> {
    let request = v1::GetGroupRequest {
        site: SITE.to_owned(),
        group_id: id.to_owned(),
        member_limit: 10_000,
        ..v1::GetGroupRequest::default()
    };
    Ok(groups.get_group(request).await?.into_inner().group.unwrap())
}

fn owned<I: AsRef<str>>(ids: &[I]) -> Vec<String> {
    ids.iter().map(|id| id.as_ref().to_owned()).collect()
}

fn add<I: AsRef<str>>(ids: &[I]) -> Change {
    Change::AddMembers(v1::AddMembers { user_ids: owned(ids), selected: false })
}

fn remove<I: AsRef<str>>(ids: &[I]) -> Change {
    Change::RemoveMembers(v1::RemoveMembers { user_ids: owned(ids), selected: false })
}

fn replace<I: AsRef<str>>(ids: &[I]) -> Change {
    Change::ReplaceMembers(v1::ReplaceMembers { user_ids: owned(ids) })
}

fn rename(name: &str) -> Change {
    Change::SetDisplayName(v1::SetDisplayName { display_name: name.to_owned() })
}

fn member_ids(group: &v1::Group) -> Vec<&str> {
    group.members.iter().map(|member| member.user_id.as_str()).collect()
}

async fn people(fixture: &Fixture, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(fixture.user(name, Role::Registered).await.id);
    }
    ids
}

fn shown(state: Option<v1::EventState>) -> v1::GroupSnapshot {
    match state.unwrap().state.unwrap() {
        v1::event_state::State::Group(group) => group,
        other => panic!("{other:?}"),
    }
}

async fn a_group_lives_from_its_creation_to_its_deletion(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob", "cid"]).await;
    let [ada, bob, cid] = &people[..] else { panic!() };
    let mut groups = fixture.groups();
    let request = v1::CreateGroupRequest {
        site: SITE.to_owned(),
        display_name: "Tour Guides".to_owned(),
        external_id: Some("Ext-1".to_owned()),
        user_ids: vec![bob.clone(), ada.clone(), ada.clone()],
        ..v1::CreateGroupRequest::default()
    };
    let made = create_group(&mut groups, request).await.unwrap();
    let group = made.group.unwrap();
    assert_eq!((made.changed, group.version, &*group.site), (true, 1, SITE));
    assert_eq!((&*group.display_name, group.external_id()), ("Tour Guides", "Ext-1"));
    let id = group.id.clone();
    let found = whole(&mut groups, &id).await.unwrap();
    assert_eq!(member_ids(&found), [ada, bob]);
    assert_eq!(found.members[0].display, "ada");
    assert_eq!(v1::Group { members: Vec::new(), ..found }, group);
    let told = fixture.event(made.revision).await;
    assert_eq!((&*told.kind, &*told.caller, &*told.user_id), ("group_created", "operator", ""));
    let after = shown(told.after);
    assert_eq!((&*after.id, after.display_name()), (&*id, "Tour Guides"));
    assert_eq!(after.user_ids, [ada.clone(), bob.clone()]);

    let changes = vec![rename("Guides"), add(&[cid]), remove(&[ada])];
    let decided = change_group(&mut groups, &id, changes).await.unwrap();
    assert_eq!((decided.changed, decided.revision), (true, made.revision + 1));
    let group = decided.group.unwrap();
    assert_eq!((group.version, &*group.display_name), (2, "Guides"));
    let told = fixture.event(decided.revision).await;
    let [before, after] = [told.before, told.after].map(shown);
    assert_eq!((before.version, before.display_name()), (1, "Tour Guides"));
    assert_eq!((after.version, after.display_name()), (2, "Guides"));
    assert_eq!((before.user_ids, after.user_ids), (owned(&[ada]), owned(&[cid])));
    assert_eq!(member_ids(&whole(&mut groups, &id).await.unwrap()), [bob, cid]);

    change_group(&mut groups, &id, vec![replace(&[ada])]).await.unwrap();
    assert_eq!(member_ids(&whole(&mut groups, &id).await.unwrap()), [ada]);
    change_group(&mut groups, &id, vec![replace::<&str>(&[])]).await.unwrap();
    assert!(whole(&mut groups, &id).await.unwrap().members.is_empty());

    let gone = delete_group(&mut groups, &id).await.unwrap();
    assert!(gone.changed);
    let told = fixture.event(gone.revision).await;
    assert_eq!((&*told.kind, shown(told.before).display_name()), ("group_deleted", "Guides"));
    for refused in [
        whole(&mut groups, &id).await.map(drop),
        delete_group(&mut groups, &id).await.map(drop),
        change_group(&mut groups, &id, vec![add(&[ada])]).await.map(drop),
    ] {
        let refused = reason(&refused.unwrap_err());
        assert_eq!(refused, (Code::NotFound, "GROUP_NOT_FOUND".to_owned()));
    }
    make(&fixture, "guides", &[]).await;
}

async fn what_changes_nothing_leaves_version_and_ledger(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob"]).await;
    let group = make(&fixture, "Guides", &[&people[0]]).await;
    let before = whole(&mut fixture.groups(), &group.id).await.unwrap();
    let lines = fixture.lines().await;
    for changes in [
        vec![add(&people[..1])],
        vec![remove(&people[1..]), remove(&["nobody", &group.id])],
        vec![replace(&people[..1]), rename("Guides")],
        vec![],
    ] {
        let decision = change_group(&mut fixture.groups(), &group.id, changes).await.unwrap();
        assert!(!decision.changed);
        assert_eq!(decision.group.unwrap(), group);
    }
    assert_eq!(fixture.lines().await, lines);
    assert_eq!(whole(&mut fixture.groups(), &group.id).await.unwrap(), before);
}

async fn unknown_members_are_refused_by_their_ids(fixture: Fixture) {
    fixture.site("other").await;
    let stranger = v1::CreateUserRequest {
        site: "other".to_owned(),
        user_name: "eve".to_owned(),
        ..v1::CreateUserRequest::default()
    };
    let stranger = fixture.users().create_user(stranger).await.unwrap().into_inner();
    let stranger = stranger.decision.unwrap().user.unwrap().id;
    let people = people(&fixture, &["ada", "bob"]).await;
    let group = make(&fixture, "Guides", &[&people[0]]).await;
    let lines = fixture.lines().await;
    let long = "x".repeat(1_000_000);
    for (unknown, told) in [
        (stranger.as_str(), stranger.as_str()),
        (group.id.as_str(), group.id.as_str()),
        ("ada", "ada"),
        ("", ""),
        ("a\nb", "a\\nb"),
        (&*long, &long[..64]),
    ] {
        let mixed = [people[1].as_str(), unknown];
        for changes in [vec![rename("New"), add(&mixed)], vec![replace(&mixed)]] {
            let asked = change_group(&mut fixture.groups(), &group.id, changes).await;
            let refusal = asked.unwrap_err();
            let expected = (Code::InvalidArgument, "MEMBER_NOT_FOUND".to_owned());
            assert_eq!(reason(&refusal), expected);
            assert!(refusal.message().contains(&format!(": {told}; ")), "{}", refusal.message());
        }
    }
    assert_eq!(fixture.lines().await, lines);
    let found = whole(&mut fixture.groups(), &group.id).await.unwrap();
    assert_eq!((&*found.display_name, member_ids(&found)), ("Guides", vec![&*people[0]]));
}

async fn a_display_name_belongs_to_one_group_of_the_site(fixture: Fixture) {
    let guides = make(&fixture, "Éclaireurs", &[]).await;
    let pilots = make(&fixture, "Pilots", &[]).await;
    let taken = (Code::AlreadyExists, "GROUP_NAME_TAKEN".to_owned());
    let again = v1::CreateGroupRequest {
        site: SITE.to_owned(),
        display_name: "éCLAIREURS".to_owned(),
        ..v1::CreateGroupRequest::default()
    };
    let mut groups = fixture.groups();
    assert_eq!(reason(&create_group(&mut groups, again.clone()).await.unwrap_err()), taken);
    let asked = change_group(&mut groups, &pilots.id, vec![rename("éclaireurs")]).await;
    assert_eq!(reason(&asked.unwrap_err()), taken);
    change_group(&mut groups, &guides.id, vec![rename("ÉCLAIREURS")]).await.unwrap();
    fixture.site("other").await;
    let elsewhere = v1::CreateGroupRequest { site: "other".to_owned(), ..again.clone() };
    create_group(&mut groups, elsewhere).await.unwrap();
    for (name, told) in [("", "VALUE_INVALID"), (&*"x".repeat(257), "LIMIT_EXCEEDED")] {
        let request = v1::CreateGroupRequest { display_name: name.to_owned(), ..again.clone() };
        let refused = create_group(&mut groups, request).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, told.to_owned()));
    }
}

async fn a_group_of_another_site_is_not_there(fixture: Fixture) {
    let group = make(&fixture, "Guides", &[]).await;
    fixture.site("other").await;
    let mut groups = fixture.groups();
    let (site, group_id) = ("other".to_owned(), group.id.clone());
    let get = v1::GetGroupRequest {
        site: site.clone(),
        group_id: group_id.clone(),
        ..v1::GetGroupRequest::default()
    };
    let members = v1::ListGroupMembersRequest {
        site: site.clone(),
        group_id: group_id.clone(),
        ..v1::ListGroupMembersRequest::default()
    };
    let change = v1::ChangeGroupRequest {
        site: site.clone(),
        group_id: group_id.clone(),
        changes: vec![v1::GroupChange { change: Some(rename("Taken")) }],
        options: None,
    };
    let deletion = v1::DeleteGroupRequest { site: site.clone(), group_id, options: None };
    for refused in [
        groups.get_group(get).await.map(drop),
        groups.list_group_members(members).await.map(drop),
        groups.change_group(change).await.map(drop),
        groups.delete_group(deletion).await.map(drop),
    ] {
        assert_eq!(reason(&refused.unwrap_err()).1, "GROUP_NOT_FOUND");
    }
    let list = v1::ListGroupsRequest { site, ..v1::ListGroupsRequest::default() };
    assert!(groups.list_groups(list).await.unwrap().into_inner().groups.is_empty());
    assert_eq!(whole(&mut groups, &group.id).await.unwrap(), group);
}

async fn connections_manage_groups_where_scim_is_on(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let mut own = groups(&fixture.core, &fixture.token(SITE).await);
    let request = || v1::CreateGroupRequest {
        site: SITE.to_owned(),
        display_name: "Guides".to_owned(),
        ..v1::CreateGroupRequest::default()
    };
    let made = create_group(&mut own, request()).await.unwrap();
    assert_eq!(fixture.event(made.revision).await.caller, "connection:scim");
    let id = made.group.unwrap().id;
    change_group(&mut own, &id, vec![add(&[&ada])]).await.unwrap();
    assert_eq!(member_ids(&whole(&mut own, &id).await.unwrap()), [&ada]);
    let off = v1::UpdateScimSettingsRequest {
        enabled: Some(false),
        ..v1::UpdateScimSettingsRequest::default()
    };
    fixture.settings(off).await;
    for refused in [
        whole(&mut own, &id).await.map(drop),
        create_group(&mut own, request()).await.map(drop),
        change_group(&mut own, &id, vec![remove(&[&ada])]).await.map(drop),
        delete_group(&mut own, &id).await.map(drop),
    ] {
        assert_eq!(reason(&refused.unwrap_err()).1, "SCIM_DISABLED");
    }
}

async fn whom_the_directory_deleted_is_hidden_from_it(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob"]).await;
    let group = make(&fixture, "Guides", &[&people[0], &people[1]]).await;
    let deactivate = v1::UpdateScimSettingsRequest {
        deletion: v1::DeletionPolicy::Deactivate.into(),
        ..v1::UpdateScimSettingsRequest::default()
    };
    fixture.settings(deactivate).await;
    let token = fixture.token(SITE).await;
    let deletion =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: people[0].clone(), options: None };
    users(&fixture.core, &token).delete_user(deletion).await.unwrap();
    let mut own = groups(&fixture.core, &token);
    assert_eq!(member_ids(&whole(&mut own, &group.id).await.unwrap()), [&people[1]]);
    let all = whole(&mut fixture.groups(), &group.id).await.unwrap();
    assert_eq!(member_ids(&all), [&people[0], &people[1]]);
    // To the directory it is another group now, and one more when she is back.
    assert_eq!(all.version, 2);
    assert!(time(&all) > time(&group), "{all:?}");
    let refused = change_group(&mut own, &group.id, vec![add(&people)]).await.unwrap_err();
    assert_eq!(reason(&refused).1, "MEMBER_NOT_FOUND");
    let back = v1::CreateUserRequest {
        site: SITE.to_owned(),
        user_name: "ada".to_owned(),
        active: Some(true),
        ..v1::CreateUserRequest::default()
    };
    users(&fixture.core, &token).create_user(back).await.unwrap();
    let found = whole(&mut own, &group.id).await.unwrap();
    assert_eq!((found.version, member_ids(&found).len()), (3, 2));
    let title = v1::Change { change: Some(set_title("x")) };
    let retitle = v1::ChangeUserRequest {
        site: SITE.to_owned(),
        user_id: people[0].clone(),
        changes: vec![title],
        ..v1::ChangeUserRequest::default()
    };
    users(&fixture.core, &token).change_user(retitle).await.unwrap();
    assert_eq!(whole(&mut own, &group.id).await.unwrap(), found);
}

fn time(group: &v1::Group) -> (i64, i32) {
    let at = group.update_time.unwrap();
    (at.seconds, at.nanos)
}

async fn a_user_who_is_deleted_is_in_no_group(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob"]).await;
    let group = make(&fixture, "Guides", &[&people[0], &people[1]]).await;
    let other = make(&fixture, "Pilots", &[]).await;
    let deletion =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: people[0].clone(), options: None };
    fixture.users().delete_user(deletion).await.unwrap();
    let found = whole(&mut fixture.groups(), &group.id).await.unwrap();
    assert_eq!(member_ids(&found), [&people[1]]);
    // It is another group now, as whoever has its version may see.
    assert_eq!(found.version, 2);
    assert!(time(&found) > time(&group), "{found:?}");
    assert_eq!(whole(&mut fixture.groups(), &other.id).await.unwrap(), other);
    let rows = fixture.rows("SELECT cast(count(*) AS text) FROM group_members").await;
    assert_eq!(rows, [["1"]]);
}

async fn groups_go_with_their_site(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob"]).await;
    make(&fixture, "Guides", &[&people[0], &people[1]]).await;
    make(&fixture, "Pilots", &[&people[0]]).await;
    let request = v1::DeleteSiteRequest { site: SITE.to_owned(), options: None };
    fixture.sites().delete_site(request).await.unwrap();
    let left = "SELECT cast(count(*) AS text) FROM groups \
        UNION ALL SELECT cast(count(*) AS text) FROM group_members \
        UNION ALL SELECT cast(count(*) AS text) FROM users";
    // The core is told of it and removes what is left, a little at a time.
    while fixture.rows(left).await.concat() != ["0", "0", "0"] {}
}

/// Nobody waits for them, and nobody sees them: whoever deletes a group removes its own row alone.
async fn members_of_a_deleted_group_are_removed_a_little_at_a_time(fixture: Fixture) {
    let people = crowd(&fixture, 1_200).await;
    let everybody = make(&fixture, "Everybody", &[]).await;
    let mut groups = fixture.groups();
    change_group(&mut groups, &everybody.id, vec![replace(&people)]).await.unwrap();
    let two = make(&fixture, "Two", &[&people[0], &people[1]]).await;
    let one = make(&fixture, "One", &[&people[1]]).await;
    // As a core does of which this one doesn't hear at once.
    fixture.rows("DELETE FROM groups WHERE display_name = 'Everybody'").await;
    let members = "SELECT cast(count(*) AS text) FROM group_members";
    assert_eq!(fixture.rows(members).await, [["1203"]]);
    let refused = whole(&mut groups, &everybody.id).await.unwrap_err();
    assert_eq!(reason(&refused).1, "GROUP_NOT_FOUND");
    let mut users = fixture.users();
    let request = v1::GetUserRequest {
        site: SITE.to_owned(),
        user_id: people[2].clone(),
        include_groups: true,
        ..v1::GetUserRequest::default()
    };
    let user = users.get_user(request).await.unwrap().into_inner().user.unwrap();
    assert!(user.groups.is_empty(), "{:?}", user.groups);
    delete_group(&mut groups, &two.id).await.unwrap();
    let left = format!("{members} UNION ALL SELECT cast(count(*) AS text) FROM deleted_groups");
    while fixture.rows(&left).await.concat() != ["1", "0"] {}
    assert_eq!(member_ids(&whole(&mut groups, &one.id).await.unwrap()), [&people[1]]);
}

async fn members_of_one_group_come_from_many_at_once(fixture: Fixture) {
    let names: Vec<_> = (0..24).map(|number| format!("user-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let people = people(&fixture, &names).await;
    let group = make(&fixture, "Guides", &[]).await;
    let second = open(&fixture.url).await;
    let asked = people.iter().enumerate().map(async |(number, user)| {
        let core = if number % 2 == 0 { &fixture.core } else { &second };
        let mut groups = groups(core, OPERATOR);
        change_group(&mut groups, &group.id, vec![add(&[user])]).await.unwrap()
    });
    let versions: BTreeSet<_> =
        join_all(asked).await.into_iter().map(|it| it.group.unwrap().version).collect();
    assert_eq!(versions, (2..26).collect());
    second.close().await;
    let found = whole(&mut fixture.groups(), &group.id).await.unwrap();
    assert_eq!((found.version, member_ids(&found)), (25, people.iter().map(|id| &**id).collect()));
}

/// So many users of `acme`, past the core, and their ids in their order.
async fn crowd(fixture: &Fixture, number: usize) -> Vec<String> {
    let is_sqlite = fixture.url.starts_with("sqlite");
    let (id, shown) = if is_sqlite {
        ("randomblob(16)", "lower(hex(id))")
    } else {
        ("gen_random_uuid()", "replace(id::text, '-', '')")
    };
    let insert = format!(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {number}) \
         INSERT INTO users (site_id, id, user_name, user_name_key, directory_active, active, role, \
         holds, profile, unmet, version, created_at, updated_at) \
         SELECT sites.id, {id}, 'u' || x, 'u' || x, true, true, 1, '[]', '{{}}', '[]', 1, 1, 1 \
         FROM n, sites WHERE sites.name = '{SITE}'"
    );
    fixture.rows(&insert).await;
    let rows = fixture.rows(&format!("SELECT {shown} FROM users ORDER BY users.id")).await;
    let id = |row: &Vec<String>| uuid::Uuid::try_parse(&row[0]).unwrap().to_string();
    rows.iter().map(id).collect()
}

async fn many_members_are_replaced_at_once(fixture: Fixture) {
    let people = crowd(&fixture, 20_500).await;
    let group = make(&fixture, "Everybody", &[]).await;
    let mut groups = fixture.groups();
    let (some, all) = (vec![replace(&people[..500])], vec![replace(&people[500..])]);
    let first = change_group(&mut groups, &group.id, some).await.unwrap();
    let decision = change_group(&mut groups, &group.id, all).await.unwrap();
    assert_eq!(decision.group.unwrap().version, 3);
    // 500 left and 20,000 came, a thousand with an event.
    assert_eq!(decision.revision, first.revision + 21);
    let mut came = Vec::new();
    for revision in first.revision + 1..=decision.revision {
        let event = fixture.event(revision).await;
        came.extend(shown(event.after).user_ids);
    }
    assert_eq!(came, people[500..]);
    let found = whole(&mut groups, &group.id).await.unwrap();
    let request = v1::ListGroupMembersRequest {
        site: SITE.to_owned(),
        group_id: group.id.clone(),
        page_size: 10_000,
        page_token: found.next_member_page_token.clone(),
        ..v1::ListGroupMembersRequest::default()
    };
    let rest = groups.list_group_members(request).await.unwrap().into_inner();
    let rest = rest.members.iter().map(|member| member.user_id.as_str());
    let seen: Vec<_> = member_ids(&found).into_iter().chain(rest).collect();
    assert_eq!(seen, people[500..]);
    // One more costs one row, however many there are.
    let one = change_group(&mut groups, &group.id, vec![add(&people[..1])]).await.unwrap();
    assert_eq!(one.revision, decision.revision + 1);
}

async fn more_members_than_may_be_are_refused(fixture: Fixture) {
    let group = make(&fixture, "Guides", &[]).await;
    let nobody = || "00000000-0000-0000-0000-000000000001".to_owned();
    let at = |count| vec![remove(&vec![nobody(); count]), remove(&[nobody()])];
    let mut groups = fixture.groups();
    change_group(&mut groups, &group.id, at(49_999)).await.unwrap();
    let refused = change_group(&mut groups, &group.id, at(50_000)).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
    let request = v1::CreateGroupRequest {
        site: SITE.to_owned(),
        display_name: "New".to_owned(),
        user_ids: vec![nobody(); 50_001],
        ..v1::CreateGroupRequest::default()
    };
    let refused = create_group(&mut groups, request).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
    let ignored = Change::Ignored(v1::Ignored {
        attribute: "colour".to_owned(),
        reason: v1::ErrorReason::AttributeNotKept.into(),
        message: "it is not kept".to_owned(),
    });
    let told = change_group(&mut groups, &group.id, vec![ignored.clone()]).await.unwrap();
    assert_eq!((told.changed, told.notices.len()), (false, 1));
    let refused = change_group(&mut groups, &group.id, vec![ignored; 1_001]).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
}
