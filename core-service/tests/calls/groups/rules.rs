//! Groups that carry roles, as callers see them.

use super::super::fixture::*;
use super::super::signing_in::sign_in;
use super::{add, change_group, crowd, delete_group, make, people, remove, rename};
use futures::future::join_all;
use provost_proto::v1;
use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{Permission, Role};
use tonic::{Code, Status};

on_both_databases!(
    a_thousand_follow_by_one_change,
    a_rule_is_followed_behind_the_answer_and_after_a_restart,
    it_is_said_beforehand_whom_a_rule_would_move,
    all_are_counted_whom_a_rule_would_move_and_a_hundred_named,
    whom_another_name_would_move_is_said_to_whoever_may_know,
    another_name_that_gives_the_same_roles_is_told_of_too,
    a_rule_is_listed_with_the_group_that_it_is_about,
    somebody_stays_in_charge_whoever_leaves_at_once,
    a_service_moves_nobody_beyond_its_grants,
    a_word_and_a_group_stand_beside_each_other,
    runs_go_with_their_site,
    no_more_rules_than_a_hundred,
);

fn named(name: &str) -> v1::RuledGroup {
    v1::RuledGroup { by: Some(By::DisplayName(name.to_owned())) }
}

async fn set(
    groups: &mut Groups,
    group: v1::RuledGroup,
    role: Role,
    options: Option<v1::WriteOptions>,
) -> Result<v1::SetGroupRuleResponse, Status> {
    let (site, group, role) = (SITE.to_owned(), Some(group), role.into());
    let request = v1::SetGroupRuleRequest { site, group, role, options };
    Ok(groups.set_group_rule(request).await?.into_inner())
}

async fn delete(
    groups: &mut Groups,
    group: v1::RuledGroup,
    options: Option<v1::WriteOptions>,
) -> Result<v1::DeleteGroupRuleResponse, Status> {
    let (site, group) = (SITE.to_owned(), Some(group));
    let request = v1::DeleteGroupRuleRequest { site, group, options };
    Ok(groups.delete_group_rule(request).await?.into_inner())
}

async fn rules(groups: &mut Groups) -> v1::ListGroupRulesResponse {
    let request = v1::ListGroupRulesRequest { site: SITE.to_owned(), on_behalf_of: String::new() };
    groups.list_group_rules(request).await.unwrap().into_inner()
}

/// Waits until roles are as the rules say.
async fn followed(fixture: &Fixture) {
    while !rules(&mut fixture.groups()).await.runs.is_empty() {}
}

fn tried() -> v1::WriteOptions {
    v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() }
}

async fn open_switches(fixture: &Fixture) {
    let (on, unchanged) = (Some(true), v1::UpdateScimSettingsRequest::default());
    let (moderator, admin) = (on, on);
    fixture
        .settings(v1::UpdateScimSettingsRequest {
            allow_moderator_promotion: moderator,
            allow_admin_promotion: admin,
            ..unchanged
        })
        .await;
}

/// How many users have each role, besides which from groups.
async fn roles(fixture: &Fixture) -> Vec<Vec<String>> {
    let sql = "SELECT cast(role AS text), coalesce(cast(base_role AS text), '-'), \
        cast(count(*) AS text) FROM users GROUP BY role, base_role ORDER BY role, base_role";
    fixture.rows(sql).await
}

async fn lines_about_users(fixture: &Fixture) -> usize {
    fixture.rows("SELECT kind FROM events WHERE kind = 'user_changed'").await.len()
}

async fn a_thousand_follow_by_one_change(fixture: Fixture) {
    open_switches(&fixture).await;
    let people = crowd(&fixture, 1000).await;
    let group = make(&fixture, "Moderators", &[]).await;
    let mut groups = fixture.groups();
    set(&mut groups, named("moderators"), Role::Moderator, None).await.unwrap();
    followed(&fixture).await;
    let token = fixture.token(SITE).await;
    let mut by_directory = super::super::fixture::groups(&fixture.core, &token);
    let before = fixture.lines().await;
    let added = change_group(&mut by_directory, &group.id, vec![add(&people)]).await.unwrap();
    assert!(added.changed && added.notices.is_empty());
    assert_eq!(roles(&fixture).await, [["2", "1", "1000"]]);
    // The group, and each of them.
    assert_eq!(fixture.lines().await, before + 1001);
    let event = fixture.event(added.revision).await;
    assert_eq!((&*event.asked.join(","), &*event.caller), ("follow_groups", "connection:scim"));
    change_group(&mut by_directory, &group.id, vec![remove(&people)]).await.unwrap();
    assert_eq!(roles(&fixture).await, [["1", "-", "1000"]]);
}

async fn a_rule_is_followed_behind_the_answer_and_after_a_restart(fixture: Fixture) {
    open_switches(&fixture).await;
    let people = crowd(&fixture, 1500).await;
    let group = make(&fixture, "Moderators", &[]).await;
    let mut groups = fixture.groups();
    change_group(&mut groups, &group.id, vec![add(&people)]).await.unwrap();
    let by_id = v1::RuledGroup { by: Some(By::GroupId(group.id.clone())) };
    let answer = set(&mut groups, by_id, Role::Moderator, None).await.unwrap();
    assert!(answer.changed);
    let event = fixture.event(answer.revision).await;
    assert_eq!(event.kind, "group_rule_changed");
    // Whatever was done until now is not done again.
    let fixture = fixture.restarted().await;
    let mut groups = fixture.groups();
    let listed = rules(&mut groups).await;
    assert_eq!((listed.rules.len(), listed.rules[0].role()), (1, Role::Moderator));
    for run in &listed.runs {
        assert_eq!(run.group_id, group.id);
        assert!(run.start_time.is_some() && run.left + run.done > 0, "{run:?}");
    }
    followed(&fixture).await;
    assert_eq!(roles(&fixture).await, [["2", "1", "1500"]]);
    assert_eq!(lines_about_users(&fixture).await, 1500);
    // All of them leave at once, and that are more than follow in one transaction.
    change_group(&mut groups, &group.id, vec![remove(&people)]).await.unwrap();
    followed(&fixture).await;
    assert_eq!(roles(&fixture).await, [["1", "-", "1500"]]);
    // The rule goes with its group.
    change_group(&mut groups, &group.id, vec![add(&people[..2])]).await.unwrap();
    delete_group(&mut groups, &group.id).await.unwrap();
    followed(&fixture).await;
    assert_eq!(roles(&fixture).await, [["1", "-", "1500"]]);
    assert!(rules(&mut groups).await.rules.is_empty());
}

async fn it_is_said_beforehand_whom_a_rule_would_move(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob", "cid"]).await;
    let admin = fixture.user("eve", Role::Admin).await.id;
    make(&fixture, "Moderators", &[&people[0], &people[1], &admin]).await;
    let (mut groups, lines) = (fixture.groups(), fixture.lines().await);
    let answer =
        set(&mut groups, named("MODERATORS"), Role::Moderator, Some(tried())).await.unwrap();
    let preview = answer.preview.unwrap();
    assert_eq!((answer.changed, preview.moved, preview.refused), (true, 0, 2));
    let closed = v1::ErrorReason::ModeratorPromotionClosed;
    let (registered, moderator) = (Role::Registered, Role::Moderator);
    assert_eq!(counted(&preview), (3, vec![(registered, registered, closed, 2)]));
    let [ada, bob] = &preview.moves[..] else { panic!("{preview:?}") };
    assert_eq!((&*ada.user_name, &*bob.user_name), ("ada", "bob"));
    assert!(ada.refusal.contains("allow_moderator_promotion"), "{ada:?}");
    open_switches(&fixture).await;
    let answer =
        set(&mut groups, named("MODERATORS"), Role::Moderator, Some(tried())).await.unwrap();
    let preview = answer.preview.unwrap();
    assert_eq!((preview.moved, preview.refused), (2, 0));
    let nothing = v1::ErrorReason::Unspecified;
    assert_eq!(counted(&preview), (3, vec![(registered, moderator, nothing, 2)]));
    assert_eq!((ada.from(), preview.moves[0].to()), (Role::Registered, Role::Moderator));
    assert!(rules(&mut groups).await.rules.is_empty());
    assert_eq!(fixture.lines().await, lines + 1);
    set(&mut groups, named("Moderators"), Role::Moderator, None).await.unwrap();
    followed(&fixture).await;
    let answer = delete(&mut groups, named("moderators"), Some(tried())).await.unwrap();
    assert_eq!(answer.preview.unwrap().moved, 2);
    assert_eq!(fixture.get(&people[0]).await.role(), Role::Moderator);
    let unknown = delete(&mut groups, named("others"), None).await.unwrap_err();
    assert_eq!(reason(&unknown), (Code::NotFound, "GROUP_NOT_FOUND".to_owned()));
}

/// How many members were looked at, and how many fare alike.
fn counted(preview: &v1::GroupRulePreview) -> (i64, Vec<(Role, Role, v1::ErrorReason, i64)>) {
    let alike = |it: &v1::ForeseenMoveCount| (it.from(), it.to(), it.reason(), it.users);
    (preview.members, preview.counts.iter().map(alike).collect())
}

async fn all_are_counted_whom_a_rule_would_move_and_a_hundred_named(fixture: Fixture) {
    let on = Some(true);
    let half = v1::UpdateScimSettingsRequest { allow_admin_promotion: on, ..Default::default() };
    fixture.settings(half).await;
    let people = crowd(&fixture, 130).await;
    let moderator = fixture.user("mod", Role::Moderator).await.id;
    let admin = fixture.user("eve", Role::Admin).await.id;
    let everybody: Vec<_> = people.iter().chain([&moderator, &admin]).map(String::as_str).collect();
    make(&fixture, "Admins", &everybody).await;
    let mut groups = fixture.groups();
    let answer = set(&mut groups, named("Admins"), Role::Admin, Some(tried())).await.unwrap();
    let preview = answer.preview.unwrap();
    assert_eq!((preview.moved, preview.refused, preview.moves.len()), (130, 1, 100));
    let (nothing, closed) =
        (v1::ErrorReason::Unspecified, v1::ErrorReason::ModeratorPromotionClosed);
    let expected = vec![
        (Role::Registered, Role::Admin, nothing, 130),
        // To become Admin is to leave Moderator.
        (Role::Moderator, Role::Moderator, closed, 1),
    ];
    assert_eq!(counted(&preview), (132, expected));
    // Where nobody is there to be moved, nobody is counted.
    let answer = set(&mut groups, named("Nobody"), Role::Admin, Some(tried())).await.unwrap();
    assert_eq!(answer.preview.unwrap(), v1::GroupRulePreview::default());
}

async fn whom_another_name_would_move_is_said_to_whoever_may_know(fixture: Fixture) {
    open_switches(&fixture).await;
    fixture.user("chief", Role::Admin).await;
    let people = people(&fixture, &["ada", "bob"]).await;
    let group = make(&fixture, "Guides", &[&people[0], &people[1]]).await.id;
    let mut own = fixture.groups();
    set(&mut own, named("Moderators"), Role::Moderator, None).await.unwrap();
    let renamed = async |groups: &mut Groups, names: &[&str], options: v1::WriteOptions| {
        let changes = names.iter().map(|name| v1::GroupChange { change: Some(rename(name)) });
        let request = v1::ChangeGroupRequest {
            site: SITE.to_owned(),
            group_id: group.clone(),
            changes: changes.collect(),
            options: Some(options),
        };
        let answer = groups.change_group(request).await.unwrap().into_inner();
        assert!(answer.preview.is_none() || answer.renamed_roles.is_some());
        answer.preview
    };
    let (registered, moderator) = (Role::Registered, Role::Moderator);
    let nothing = v1::ErrorReason::Unspecified;
    let up = (2, vec![(registered, moderator, nothing, 2)]);
    let foreseen = renamed(&mut own, &["MODERATORS"], tried()).await.unwrap();
    assert_eq!((counted(&foreseen), &*foreseen.moves[0].user_name), (up.clone(), "ada"));
    // The last name counts, and no rule is about this one.
    assert_eq!(renamed(&mut own, &["Moderators", "Pilots"], tried()).await, None);
    let manages = [Permission::ManageGroups, Permission::ChangeRoles];
    let knows = [Permission::ManageGroups, Permission::ChangeRoles, Permission::ManageSettings];
    for (name, permissions, is_told) in
        [("groups", &manages[..], false), ("rules", &knows[..], true)]
    {
        let grant = grant(Some(SITE), permissions, Role::Moderator);
        let token = fixture.service(name, vec![grant]).await;
        let told = renamed(&mut groups(&fixture.core, &token), &["Moderators"], tried()).await;
        assert_eq!(told, is_told.then(|| foreseen.clone()), "{name}");
    }
    let signed_in = sign_in(&fixture.core, SITE, "chief").await.unwrap().token;
    let told = renamed(&mut groups(&fixture.core, &signed_in), &["Moderators"], tried()).await;
    assert_eq!(told.as_ref(), Some(&foreseen));
    let okta = fixture.token(SITE).await;
    let told = renamed(&mut groups(&fixture.core, &okta), &["Moderators"], tried()).await;
    assert_eq!(told, None);
    assert_eq!(fixture.get(&people[0]).await.role(), Role::Registered, "nothing was done");

    // What is done is not foretold, and then it is the other way round.
    assert_eq!(renamed(&mut own, &["Moderators"], v1::WriteOptions::default()).await, None);
    followed(&fixture).await;
    assert_eq!(fixture.get(&people[0]).await.role(), Role::Moderator);
    let foreseen = renamed(&mut own, &["Guides"], tried()).await.unwrap();
    assert_eq!(counted(&foreseen), (2, vec![(moderator, registered, nothing, 2)]));
    assert_eq!(renamed(&mut own, &["moderators"], tried()).await, None);
}

async fn another_name_that_gives_the_same_roles_is_told_of_too(fixture: Fixture) {
    let (mut own, okta) = (fixture.groups(), fixture.token(SITE).await);
    let group = make(&fixture, "Guides", &[]).await.id;
    let renamed = async |groups: &mut Groups, name: &str, options: v1::WriteOptions| {
        let request = v1::ChangeGroupRequest {
            site: SITE.to_owned(),
            group_id: group.clone(),
            changes: vec![v1::GroupChange { change: Some(rename(name)) }],
            options: Some(options),
        };
        let answer = groups.change_group(request).await.unwrap().into_inner();
        (answer.renamed_roles, answer.preview)
    };
    let told = |lost: Role, gained: Role| {
        let (lost, gained) = (lost.into(), gained.into());
        Some(v1::RenamedGroupRoles { lost, gained })
    };
    let (same, nobody) =
        (told(Role::Unspecified, Role::Unspecified), v1::GroupRulePreview::default());
    assert_eq!(renamed(&mut own, "Pilots", tried()).await, (same, None), "without rules");
    set(&mut own, named("Moderators"), Role::Moderator, None).await.unwrap();
    assert_eq!(renamed(&mut own, "Pilots", tried()).await, (same, None));
    let gained = told(Role::Unspecified, Role::Moderator);
    assert_eq!(renamed(&mut own, "Moderators", tried()).await, (gained, Some(nobody)));
    // Who may not know it, and who has it done, is told nothing.
    let mut provider = groups(&fixture.core, &okta);
    assert_eq!(renamed(&mut provider, "Pilots", tried()).await, (None, None));
    let done = v1::WriteOptions::default();
    assert_eq!(renamed(&mut own, "Pilots", done).await, (None, None));
}

async fn a_rule_is_listed_with_the_group_that_it_is_about(fixture: Fixture) {
    let mut groups = fixture.groups();
    let own = make(&fixture, "Tour Guides", &[]).await;
    let by_id = v1::RuledGroup { by: Some(By::GroupId(own.id.clone())) };
    set(&mut groups, by_id, Role::Moderator, None).await.unwrap();
    set(&mut groups, named("tour GUIDES"), Role::Admin, None).await.unwrap();
    set(&mut groups, named("Pilots"), Role::Admin, None).await.unwrap();
    let about = |listed: v1::ListGroupRulesResponse| -> Vec<_> {
        let both = |it: v1::GroupRule| (it.current_group_id, it.current_display_name);
        listed.rules.into_iter().map(both).collect()
    };
    let found = (own.id.clone(), "Tour Guides".to_owned());
    let nobody = (String::new(), String::new());
    let listed = about(rules(&mut groups).await);
    assert_eq!(listed, [found.clone(), found, nobody.clone()]);
    change_group(&mut groups, &own.id, vec![super::rename("Pilots")]).await.unwrap();
    let found = (own.id.clone(), "Pilots".to_owned());
    assert_eq!(about(rules(&mut groups).await), [found.clone(), nobody, found]);
}

async fn somebody_stays_in_charge_whoever_leaves_at_once(fixture: Fixture) {
    open_switches(&fixture).await;
    let names: Vec<_> = (0..8).map(|number| format!("user-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let people = people(&fixture, &names).await;
    let group = make(&fixture, "Admins", &[]).await;
    let mut groups = fixture.groups();
    set(&mut groups, named("Admins"), Role::Admin, None).await.unwrap();
    change_group(&mut groups, &group.id, vec![add(&people)]).await.unwrap();
    followed(&fixture).await;
    let second = open(&fixture.url).await;
    let asked = people.iter().enumerate().map(async |(number, user)| {
        let core = if number % 2 == 0 { &fixture.core } else { &second };
        let mut groups = super::super::fixture::groups(core, OPERATOR);
        change_group(&mut groups, &group.id, vec![remove(&[user])]).await.unwrap()
    });
    let notices = join_all(asked).await.into_iter().flat_map(|decision| decision.notices);
    let told: Vec<_> = notices.map(|notice| notice.reason()).collect();
    second.close().await;
    assert_eq!(told, [v1::ErrorReason::LastAdmin]);
    assert_eq!(roles(&fixture).await, [["1", "-", "7"], ["3", "1", "1"]]);
}

async fn a_service_moves_nobody_beyond_its_grants(fixture: Fixture) {
    open_switches(&fixture).await;
    let people = people(&fixture, &["ada", "bob"]).await;
    let moderators = make(&fixture, "Moderators", &[]).await;
    let admins = make(&fixture, "Admins", &[]).await;
    let mut groups = fixture.groups();
    set(&mut groups, named("Moderators"), Role::Moderator, None).await.unwrap();
    set(&mut groups, named("Admins"), Role::Admin, None).await.unwrap();
    followed(&fixture).await;
    let permissions = [Permission::ManageGroups, Permission::ManageSettings];
    let grants = vec![grant(Some(SITE), &permissions, Role::Unspecified)];
    let token = fixture.service("desk", grants).await;
    let mut desk = super::super::fixture::groups(&fixture.core, &token);
    let all = |id: &str| vec![add(&[people[0].as_str(), id])];
    let refused = change_group(&mut desk, &moderators.id, all(&people[1])).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    assert_eq!(fixture.get(&people[0]).await.role(), Role::Registered);
    let refused = set(&mut desk, named("Friends"), Role::Moderator, None).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    // Nor do roles that follow behind the answer.
    let own = make(&fixture, "Desk", &[&people[0], &people[1]]).await;
    let rename = |name| vec![super::rename(name)];
    let dropped = delete_group(&mut desk, &admins.id).await.unwrap_err();
    assert_eq!(reason(&dropped), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    let away = change_group(&mut desk, &admins.id, rename("Bosses")).await.unwrap_err();
    assert_eq!(reason(&away), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    let many = vec![add(&crowd(&fixture, 1_001).await)];
    let many = change_group(&mut desk, &admins.id, many).await.unwrap_err();
    assert_eq!(reason(&many), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    change_group(&mut groups, &admins.id, rename("Bosses")).await.unwrap();
    let into = change_group(&mut desk, &own.id, rename("Admins")).await.unwrap_err();
    assert_eq!(reason(&into), (Code::PermissionDenied, "GRANT_MISSING".to_owned()));
    change_group(&mut groups, &admins.id, rename("Admins")).await.unwrap();
    followed(&fixture).await;
    let permissions =
        [Permission::ManageGroups, Permission::ManageSettings, Permission::ChangeRoles];
    fixture.give("desk", grant(Some(SITE), &permissions, Role::Moderator)).await;
    change_group(&mut desk, &moderators.id, all(&people[1])).await.unwrap();
    assert_eq!(fixture.get(&people[1]).await.role(), Role::Moderator);
    assert!(change_group(&mut desk, &admins.id, all(&people[1])).await.is_err());
    assert!(delete_group(&mut desk, &admins.id).await.is_err());
    assert!(set(&mut desk, named("Friends"), Role::Admin, None).await.is_err());
    assert!(set(&mut desk, named("Friends"), Role::Moderator, None).await.is_ok());
    assert!(delete(&mut desk, named("Admins"), None).await.is_err());
}

async fn a_word_and_a_group_stand_beside_each_other(fixture: Fixture) {
    open_switches(&fixture).await;
    let ada = fixture.user("ada", Role::Registered).await.id;
    fixture.user("eve", Role::Admin).await;
    let group = make(&fixture, "Admins", &[]).await;
    let mut groups = fixture.groups();
    set(&mut groups, named("Admins"), Role::Admin, None).await.unwrap();
    followed(&fixture).await;
    change_group(&mut groups, &group.id, vec![add(&[&ada])]).await.unwrap();
    let mut directory = fixture.connection().await;
    let say = |role| vec![set_role(role)];
    let word = say(Role::Moderator);
    let said = change(&mut directory, &ada, word, v1::WriteOptions::default()).await.unwrap();
    let user = said.user.unwrap();
    assert_eq!((user.role(), user.base_role()), (Role::Admin, Role::Moderator));
    let word = say(Role::Moderator);
    let said = change(&mut directory, &ada, word, v1::WriteOptions::default()).await.unwrap();
    assert!(!said.changed && said.notices.is_empty());
    change_group(&mut groups, &group.id, vec![remove(&[&ada])]).await.unwrap();
    let user = fixture.get(&ada).await;
    assert_eq!((user.role(), user.base_role()), (Role::Moderator, Role::Unspecified));
}

async fn runs_go_with_their_site(fixture: Fixture) {
    let people = crowd(&fixture, 300).await;
    let group = make(&fixture, "Moderators", &[]).await;
    let mut groups = fixture.groups();
    change_group(&mut groups, &group.id, vec![add(&people)]).await.unwrap();
    set(&mut groups, named("Moderators"), Role::Moderator, None).await.unwrap();
    let request = v1::DeleteSiteRequest { site: SITE.to_owned(), options: None };
    fixture.sites().delete_site(request).await.unwrap();
    let left = "SELECT 'run' FROM rule_runs UNION ALL SELECT 'user' FROM users";
    while !fixture.rows(left).await.is_empty() {}
}

async fn no_more_rules_than_a_hundred(fixture: Fixture) {
    let mut groups = fixture.groups();
    let asked = (0..100).map(async |number| {
        let name = named(&format!("group-{number}"));
        set(&mut fixture.groups(), name, Role::Moderator, None).await.unwrap()
    });
    join_all(asked).await;
    let refused = set(&mut groups, named("one more"), Role::Admin, None).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
    assert!(set(&mut groups, named("GROUP-7"), Role::Admin, None).await.unwrap().changed);
    assert_eq!(rules(&mut groups).await.rules.len(), 100);
}
