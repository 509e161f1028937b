//! Groups that carry roles: what follows for whoever comes, leaves, or is in one.

use super::court::*;
use super::town::*;
use crate::{
    Action, Asked, Caller, Change, Command, DirectoryStatus, EventBody, GroupAction, GroupChange,
    GroupCreation, Reason, RefusalPolicy, Role, RuledGroup, User, UserSnapshot,
};
use Role::{Admin, Moderator, Registered};

fn word(number: u128, role: Role) -> Command {
    let changes = vec![Change::SetRole(role)];
    ask(&okta(), Action::ChangeUser { user: id(number), changes })
}

/// Admins and Moderators by group, users 1 to 4, and user 9, who stays in charge.
fn town() -> Town {
    let mut town = Town::of(9, &["Admins", "Moderators", "Others"])
        .with_rule(named("admins"), Admin)
        .with_rule(RuledGroup::Id(gid(2)), Moderator);
    town.users.get_mut(&id(9)).unwrap().role = Admin;
    town
}

#[test]
fn whoever_comes_has_the_role_and_whoever_leaves_loses_it() {
    let mut town = town();
    let decision = town.decide(add(1, &[1, 2])).unwrap();
    assert!(decision.changed && decision.notices.is_empty());
    assert_eq!((town.role(1), town.role(2), town.role(3)), (Admin, Admin, Registered));
    assert_eq!(town.user(1).base_role, Some(Registered));
    let kinds: Vec<_> = town.ledger.iter().map(|event| event.body.kind()).collect();
    assert_eq!(kinds, ["group_changed", "user_changed", "user_changed"]);
    let event = &town.ledger[1];
    assert_eq!((event.user, event.caller.to_string()), (Some(id(1)), "connection:okta".to_owned()));
    let EventBody::UserChanged { asked, before, after } = &event.body else { panic!("{event:?}") };
    assert_eq!(asked, &[Asked::FollowGroups]);
    let shown = |version, role| {
        let (role, base_role) = (Some(role), Some(Registered));
        Some(Box::new(UserSnapshot { version, role, base_role, ..UserSnapshot::default() }))
    };
    assert_eq!((before, after), (&shown(3, Registered), &shown(4, Admin)));
    assert!(event.standing.is_some());
    town.decide(remove(1, &[1])).unwrap();
    assert_eq!((town.role(1), town.user(1).base_role), (Registered, None));
    assert_eq!(town.role(2), Admin);
}

#[test]
fn the_highest_of_all_groups_and_of_what_is_said_of_the_user_counts() {
    let mut town = town();
    town.decide(word(1, Moderator)).unwrap();
    town.decide(add(1, &[1])).unwrap();
    assert_eq!((town.role(1), town.user(1).base_role), (Admin, Some(Moderator)));
    town.decide(add(2, &[1])).unwrap();
    town.decide(word(1, Registered)).unwrap();
    assert_eq!((town.role(1), town.user(1).base_role), (Admin, Some(Registered)));
    town.decide(remove(1, &[1])).unwrap();
    assert_eq!((town.role(1), town.user(1).base_role), (Moderator, Some(Registered)));
    town.decide(word(1, Moderator)).unwrap();
    assert_eq!((town.role(1), town.user(1).base_role), (Moderator, None));
    town.decide(remove(2, &[1])).unwrap();
    assert_eq!(town.role(1), Moderator);
}

/// Who is an Admin by a group, and then by a word, stays one without the group.
#[test]
fn a_word_that_is_in_force_by_a_group_stands_although_its_switch_is_off() {
    let mut town = town();
    town.decide(add(1, &[1])).unwrap();
    town.site.policy.allow_admin_promotion = false;
    assert_eq!(town.decide(word(1, Admin)).unwrap().notices, []);
    assert_eq!((town.role(1), town.user(1).base_role), (Admin, None));
    assert_eq!(town.decide(word(2, Admin)).unwrap().notices.len(), 1);
    town.site.policy.allow_admin_promotion = true;
    town.decide(remove(1, &[1])).unwrap();
    assert_eq!(town.role(1), Admin);
}

/// Of whoever is in many groups, those that give no role are not read.
#[test]
fn only_groups_that_give_roles_are_looked_into() {
    let mut town = town().with_members(2, &[1]).with_members(3, &[1]);
    town.decide(add(1, &[1])).unwrap();
    assert_eq!(town.looked_into, [gid(1), gid(2)].into());
    // One that is about to have a name may give a role.
    let renaming = change(3, vec![GroupChange::SetDisplayName(group_name("Moderators"))]);
    town.decide_all(&[renaming, word(1, Admin)]);
    assert!(town.looked_into.contains(&gid(3)));
}

#[test]
fn groups_without_a_rule_and_sites_without_rules_need_nothing_more() {
    let mut town = town();
    town.decide(add(3, &[1])).unwrap();
    assert_eq!(town.ledger.len(), 1);
    let mut bare = Town::of(3, &["Admins"]);
    bare.decide(add(1, &[1])).unwrap();
    assert_eq!((bare.role(1), bare.ledger.len()), (Registered, 1));
}

#[test]
fn the_switches_govern_it_whoever_changes_the_group() {
    for caller in callers() {
        let mut town = town();
        town.site.policy.allow_admin_promotion = false;
        let by = |command| Command { caller: caller.clone(), ..command };
        let decision = town.decide(by(add(1, &[1, 2, 3]))).unwrap();
        assert!(decision.changed);
        let [notice] = &decision.notices[..] else { panic!("{:?}", decision.notices) };
        assert_eq!((notice.reason, &*notice.attribute), (Reason::AdminPromotionClosed, "role"));
        assert!(notice.message.starts_with("of 3 members the role stays Registered"), "{notice:?}");
        assert_eq!((town.role(1), town.members.len()), (Registered, 3));
        // Once for each, also where it is asked again.
        assert_eq!(town.ledger.len(), 4);
        assert!(town.ledger[1..].iter().all(|event| event.notices.len() == 1));
        town.decide(set_rule(named("Admins"), Admin)).unwrap();
        town.follow_up();
        assert_eq!(town.ledger.len(), 4);
        // What is lower and open is given.
        town.decide(by(add(2, &[1]))).unwrap();
        assert_eq!(town.role(1), Moderator);
        // What was refused follows when the rule is applied again.
        town.site.policy.allow_admin_promotion = true;
        assert!(!town.decide(set_rule(named("Admins"), Admin)).unwrap().changed);
        town.follow_up();
        assert_eq!((town.role(1), town.role(2), town.role(3)), (Admin, Admin, Admin));
        // Whoever leaves keeps what can't be left.
        town.site.policy.allow_admin_promotion = false;
        let decision = town.decide(by(remove(1, &[1]))).unwrap();
        assert_eq!((town.role(1), decision.notices.len()), (Admin, 1));
    }
}

#[test]
fn where_a_site_wants_refusals_the_whole_change_is_refused() {
    let mut town = town();
    town.site.policy.allow_admin_promotion = false;
    town.site.policy.refusals = RefusalPolicy::Reject;
    for command in [add(1, &[1, 2]), Command { validate_only: true, ..add(1, &[1, 2]) }] {
        let (before, is_tried) = (town.ledger.len(), command.validate_only);
        let refusal = town.decide(command).unwrap_err();
        assert_eq!(refusal.reason, Reason::AdminPromotionClosed);
        assert!(town.members.is_empty() && town.groups[&gid(1)].version == 1);
        assert_eq!(town.ledger.len() - before, usize::from(!is_tried));
    }
    assert_eq!(town.ledger[0].user, Some(id(1)));
    // Others say who is in a group, and the rest follows as far as it may.
    town.decide(Command { caller: Caller::Operator, ..add(1, &[1]) }).unwrap();
    assert_eq!((town.role(1), town.members.len()), (Registered, 1));
}

#[test]
fn what_is_only_tried_tells_what_would_be_refused_and_leaves_nothing() {
    let mut town = town();
    town.site.policy.allow_admin_promotion = false;
    let decision = town.decide(Command { validate_only: true, ..add(1, &[1]) }).unwrap();
    assert_eq!((decision.changed, decision.notices.len()), (true, 1));
    assert!(town.members.is_empty() && town.ledger.is_empty());
    assert_eq!(*town.user(1), Town::of(1, &[]).user(1).clone());
    let creation = GroupCreation {
        display_name: group_name("New"),
        changes: vec![GroupChange::AddMembers(ids(&[2]))],
    };
    let tried = Command { validate_only: true, ..about(GroupAction::Create(creation)) };
    let later = add(1, &[3]);
    assert!(town.decide_all(&[tried, later]).iter().all(Result::is_ok));
    assert_eq!((town.groups.len(), town.members.len()), (3, 1));
}

#[test]
fn the_last_admin_and_protected_users_stay_as_they_are() {
    let mut town = town().with_members(1, &[1, 2]);
    town.users.remove(&id(9));
    town.site.policy.protected = vec!["user-3".to_owned()];
    for number in [1, 2] {
        let user = town.users.get_mut(&id(number)).unwrap();
        user.take_role(Admin, Registered);
    }
    let decision = town.decide(remove(1, &[1, 2])).unwrap();
    let told: Vec<_> = decision.notices.iter().map(|notice| notice.reason).collect();
    assert_eq!(told, [Reason::LastAdmin]);
    assert_eq!((town.role(1), town.role(2)), (Registered, Admin));
    for caller in callers() {
        let decision = town.decide(Command { caller, ..add(1, &[3]) }).unwrap();
        assert_eq!(decision.notices[0].reason, Reason::UserProtected);
        assert_eq!(town.role(3), Registered);
        town.decide(remove(1, &[3])).unwrap();
    }
}

#[test]
fn a_role_that_the_operator_gives_stands_until_the_directory_speaks() {
    let mut town = town().with_members(1, &[1]);
    let by_hand = |role| Command { caller: Caller::Operator, ..word(1, role) };
    town.decide(by_hand(Moderator)).unwrap();
    assert_eq!((town.role(1), town.user(1).base_role), (Moderator, None));
    // A group that says nothing about roles changes nothing.
    town.decide(add(3, &[1])).unwrap();
    assert_eq!(town.role(1), Moderator);
    town.decide(remove(1, &[1])).unwrap();
    assert_eq!(town.role(1), Moderator);
    town.decide(add(1, &[1])).unwrap();
    assert_eq!((town.role(1), town.user(1).base_role), (Admin, Some(Moderator)));
}

#[test]
fn a_rule_is_applied_a_few_users_at_a_time() {
    let mut town = Town::of(9, &["Admins"]).with_members(1, &[1, 2, 3, 4, 5]);
    let decision = town.decide(set_rule(named("ADMINS"), Moderator)).unwrap();
    assert!(decision.changed);
    assert_eq!((town.role(1), town.ledger.len()), (Registered, 1));
    assert_eq!(town.ledger[0].body.kind(), "group_rule_changed");
    let mut runs = 0;
    while town.runs.contains_key(&gid(1)) {
        let before = town.ledger.len();
        town.step(gid(1));
        assert!(town.ledger.len() - before <= 2);
        runs += 1;
    }
    assert!(runs > 2);
    assert_eq!((1..=6).map(|number| town.role(number)).max(), Some(Moderator));
    assert_eq!(town.ledger.len(), 6);
    assert!(town.ledger[1..].iter().all(|event| event.caller == Caller::Core));
    // Another role, and none any more.
    town.decide(set_rule(named("Admins"), Admin)).unwrap();
    town.follow_up();
    assert_eq!((town.role(5), town.role(6)), (Admin, Registered));
    town.decide(delete_rule(named("admins"))).unwrap();
    town.follow_up();
    // Somebody stays in charge.
    assert_eq!(town.users.values().filter(|user| user.role == Admin).count(), 1);
    let refusal = town.decide(delete_rule(named("admins"))).unwrap_err();
    assert_eq!(refusal.reason, Reason::GroupNotFound);
}

#[test]
fn a_step_of_a_run_that_is_elsewhere_does_nothing() {
    let mut town = Town::of(9, &["Admins"]).with_members(1, &[1, 2, 3, 4, 5]);
    town.decide(set_rule(named("Admins"), Moderator)).unwrap();
    let run = town.runs[&gid(1)].clone();
    let users = ids(&[1, 2]);
    let next = Some(crate::RunPlace { stage: crate::RunStage::Members, after: id(2) });
    let (started_at, from) = (run.started_at, run.place);
    let step = || crate::RunStep { group: gid(1), started_at, from, users: users.clone(), next };
    // It began anew since, and nobody is done.
    let old = crate::RunStep { started_at: crate::Timestamp(started_at.0 - 1), ..step() };
    assert!(!town.decide(Command::follow_groups(&run, old)).unwrap().changed);
    let twice = [step(), step()].map(|step| Command::follow_groups(&run, step));
    let changed: Vec<_> =
        town.decide_all(&twice).iter().map(|it| it.as_ref().unwrap().changed).collect();
    assert_eq!(changed, [true, false]);
    assert_eq!((town.ledger.len(), town.runs[&gid(1)].done), (3, 2));
}

#[test]
fn a_thousand_follow_at_once_and_more_behind() {
    for (number, at_once) in [(1000, true), (1001, false)] {
        let many: Vec<u128> = (1..=number).collect();
        let mut town = Town::of(number, &["Moderators"]).with_rule(named("Moderators"), Moderator);
        town.at_once = 100;
        town.decide(add(1, &many)).unwrap();
        assert_eq!(town.role(1) == Moderator, at_once);
        assert_eq!(town.runs.is_empty(), at_once);
        town.follow_up();
        assert!(town.users.values().all(|user| user.role == Moderator));
        town.decide(remove(1, &many)).unwrap();
        town.follow_up();
        assert!(
            town.users.values().all(|user| user.role == Registered && user.base_role.is_none())
        );
        let members = 2 * many.len().div_ceil(1000);
        assert_eq!(town.ledger.len(), 2 * many.len() + members);
    }
}

#[test]
fn a_group_that_is_renamed_or_deleted_gives_what_its_name_says() {
    let mut town = town().with_members(3, &[1, 2]);
    let rename = |name: &str| change(3, vec![GroupChange::SetDisplayName(group_name(name))]);
    town.decide(delete_rule(named("admins"))).unwrap();
    town.decide(set_rule(named("Chiefs"), Admin)).unwrap();
    town.decide(rename("CHIEFS")).unwrap();
    town.follow_up();
    assert_eq!((town.role(1), town.role(2)), (Admin, Admin));
    town.decide(rename("Others")).unwrap();
    town.follow_up();
    assert_eq!((town.role(1), town.role(2)), (Registered, Registered));
    town.decide(add(2, &[3])).unwrap();
    town.decide(about(GroupAction::Delete { group: gid(2) })).unwrap();
    town.follow_up();
    assert_eq!(town.role(3), Registered);
    // The rule about its id went with it, the one about a name stays.
    assert_eq!(town.site.group_rules.list().len(), 1);
    let creation = GroupCreation {
        display_name: group_name("chiefs"),
        changes: vec![GroupChange::AddMembers(ids(&[4]))],
    };
    town.decide(about(GroupAction::Create(creation))).unwrap();
    assert_eq!(town.role(4), Admin);
}

#[test]
fn what_an_earlier_command_of_the_group_left_counts() {
    let mut town = Town::of(9, &["Admins", "Others"]);
    town.users.get_mut(&id(9)).unwrap().role = Admin;
    let commands = [
        set_rule(named("Admins"), Admin),
        add(1, &[1]),
        word(1, Moderator),
        remove(1, &[1]),
        change(2, vec![GroupChange::ReplaceMembers(ids(&[2, 3]))]),
        word(3, Moderator),
    ];
    assert!(town.decide_all(&commands).iter().all(Result::is_ok));
    town.follow_up();
    assert_eq!((town.role(1), town.role(2), town.role(3)), (Moderator, Registered, Moderator));
}

#[test]
fn who_may_say_which_role_a_group_gives() {
    let mut town = town();
    let by_okta = |command| Command { caller: okta(), ..command };
    for command in [set_rule(named("x"), Admin), delete_rule(named("admins"))] {
        let refusal = town.decide(by_okta(command)).unwrap_err();
        assert_eq!(refusal.reason, Reason::CallerNotPermitted);
    }
    let refusal = town.decide(set_rule(named("x"), Registered)).unwrap_err();
    assert_eq!((refusal.reason, &*refusal.attribute), (Reason::ValueInvalid, "role"));
    let refusal = town.decide(set_rule(RuledGroup::Id(gid(77)), Admin)).unwrap_err();
    assert_eq!(refusal.reason, Reason::GroupNotFound);
}

#[test]
fn whom_the_directory_deleted_loses_the_role_too() {
    let mut town = town().with_members(1, &[1]);
    let user = town.users.get_mut(&id(1)).unwrap();
    user.directory_status = DirectoryStatus::Deleted;
    user.take_role(Admin, Registered);
    town.decide(remove(1, &[1])).unwrap();
    assert_eq!(town.role(1), Registered);
}

#[test]
fn a_snapshot_shows_the_role_besides_groups_only_where_there_is_one() {
    let mut raised = user();
    raised.take_role(Admin, Moderator);
    assert_eq!(UserSnapshot::of(&raised).base_role, Some(Moderator));
    assert_eq!(UserSnapshot::of(&user()).base_role, None);
    let (before, after) = UserSnapshot::of_change(&user(), &User { role: Admin, ..user() });
    assert_eq!((before.base_role, after.base_role), (None, None));
}
