//! Groups: what becomes of them and of who is in them, against sets.

use super::court::*;
use crate::{
    Action, Answer, BatchPart, Caller, Command, Context, Decision, Event, EventBody, ExternalId,
    FoundMember, Group, GroupAction, GroupChange, GroupCreation, GroupId, GroupName, Loaded,
    Membership, Needs, Notice, Outcome, Presence, Reason, Refusal, State, Timestamp, User, UserId,
    decide, needs, unknown_members,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

const GUIDES: GroupId = GroupId(Uuid::from_u128(500));
const OTHERS: GroupId = GroupId(Uuid::from_u128(501));
const MADE: u128 = 900;

/// A site with two groups: who is in the first one, who is there at all, and whom the directory deleted.
#[derive(Default)]
struct Club {
    members: Vec<u128>,
    people: Vec<u128>,
    deleted: Vec<u128>,
}

struct Judged {
    answer: Result<Decision, Refusal>,
    events: Vec<Event>,
    changes: crate::Changes,
}

fn group_name(text: &str) -> GroupName {
    GroupName::parse(text).unwrap()
}

fn group(id: GroupId, name: &str) -> Group {
    Group {
        site: SITE,
        id,
        display_name: group_name(name),
        external_id: None,
        version: 4,
        created_at: BEFORE,
        updated_at: BEFORE,
    }
}

fn ids(numbers: &[u128]) -> Vec<UserId> {
    numbers.iter().map(|number| id(*number)).collect()
}

impl Club {
    fn of(members: &[u128], others: &[u128]) -> Self {
        let people = [members, others].concat();
        Self { members: members.to_vec(), people, deleted: Vec::new() }
    }

    fn found(&self, group: Option<GroupId>, user: UserId) -> FoundMember {
        let is = |numbers: &[u128]| numbers.iter().any(|number| id(*number) == user);
        let presence = match (is(&self.people), is(&self.deleted)) {
            (_, true) => Presence::Deleted,
            (true, false) => Presence::Present,
            (false, false) => Presence::Absent,
        };
        let is_member = group == Some(GUIDES) && is(&self.members);
        FoundMember { site: SITE, group, user, presence, is_member }
    }

    /// As the store would.
    fn loaded(&self, needs: &Needs) -> Loaded {
        let known = [group(GUIDES, "Guides"), group(OTHERS, "Others")];
        let is_asked = |group: &Group| {
            needs.groups.contains(&(SITE, group.id))
                || needs.group_names.contains(&(SITE, group.display_name.key()))
        };
        let named = needs.members.iter().map(|(_, group, user)| self.found(*group, *user));
        let named = named.filter(|found| found.presence != Presence::Absent);
        let all = needs.members_of.iter().filter(|(_, group)| *group == GUIDES);
        let all = all.flat_map(|_| ids(&self.members));
        let all = all.map(|user| self.found(Some(GUIDES), user));
        let people = self.people.iter().map(|number| User {
            id: id(*number),
            user_name: name(&format!("{number}@example.com")),
            ..user()
        });
        let moving = ids(&self.members).into_iter().filter(|user| {
            needs.movers.contains(&(SITE, *user)) && needs.among.contains(&(SITE, GUIDES))
        });
        Loaded {
            users: people.filter(|user| needs.users.contains(&(SITE, user.id))).collect(),
            memberships: moving
                .map(|user| Membership { site: SITE, group: GUIDES, user })
                .collect(),
            groups: known.into_iter().filter(is_asked).collect(),
            members: named.chain(all).collect(),
            ..Loaded::default()
        }
    }

    fn decide_all(&self, commands: &[Command]) -> (Vec<Result<Decision, Refusal>>, State) {
        let mut state = State::default();
        let sites = Loaded { sites: vec![Court::default().site], ..Loaded::default() };
        state.take_in(Needs::default(), sites);
        loop {
            let missing = needs(&state, commands.iter());
            if missing.is_empty() {
                break;
            }
            let loaded = self.loaded(&missing);
            state.take_in(missing, loaded);
        }
        let context = Context { now: NOW, fresh_id: &|| Uuid::from_u128(MADE) };
        let decided = commands.iter().map(|command| decide(&mut state, &context, command));
        (decided.collect(), state)
    }

    fn decide(&self, command: Command) -> Judged {
        let (mut answers, state) = self.decide_all(&[command]);
        let mut changes = state.into_changes();
        let events = std::mem::take(&mut changes.events);
        Judged { answer: answers.remove(0), events, changes }
    }

    fn change(&self, changes: Vec<GroupChange>) -> Judged {
        self.decide(changing(changes))
    }
}

fn about(action: GroupAction) -> Command {
    ask(&Caller::Operator, Action::Group(action))
}

fn changing(changes: Vec<GroupChange>) -> Command {
    about(GroupAction::Change { group: GUIDES, changes })
}

fn creating(name: &str, changes: Vec<GroupChange>) -> Command {
    about(GroupAction::Create(GroupCreation { display_name: group_name(name), changes }))
}

impl Judged {
    fn group(&self) -> &Group {
        match &self.answer {
            Ok(Decision { answer: Answer::Group { group, .. }, .. }) => group,
            other => panic!("{other:?}"),
        }
    }

    fn refused(&self) -> &Refusal {
        self.answer.as_ref().unwrap_err()
    }

    /// Who came and who left, as the store will keep it.
    fn moved(&self) -> (Vec<UserId>, Vec<UserId>) {
        let users = |members: &[crate::Membership]| members.iter().map(|one| one.user).collect();
        (users(&self.changes.new_members), users(&self.changes.gone_members))
    }
}

/// Who came and who left by these events.
fn told(events: &[Event]) -> (Vec<UserId>, Vec<UserId>) {
    let (mut came, mut left) = (Vec::new(), Vec::new());
    for event in events {
        match &event.body {
            EventBody::GroupCreated { added, .. } => came.extend(added),
            EventBody::GroupChanged { added, removed, .. } => {
                came.extend(added);
                left.extend(removed);
            }
            other => panic!("{other:?}"),
        }
    }
    (came, left)
}

#[test]
fn members_come_and_go_and_the_version_grows() {
    let club = Club::of(&[1, 2], &[3]);
    let add = GroupChange::AddMembers(ids(&[2, 3]));
    let judged = club.change(vec![add, GroupChange::RemoveMembers(ids(&[1, 9]))]);
    assert_eq!(judged.moved(), (ids(&[3]), ids(&[1])));
    assert_eq!(told(&judged.events), judged.moved());
    let group = judged.group();
    assert_eq!((group.version, group.updated_at, group.created_at), (5, NOW, BEFORE));
    assert_eq!(judged.events.len(), 1);
}

#[test]
fn what_changes_nothing_leaves_no_trace() {
    let club = Club::of(&[1, 2], &[3]);
    for changes in [
        vec![],
        vec![GroupChange::AddMembers(ids(&[1, 2]))],
        vec![GroupChange::RemoveMembers(ids(&[3, 9]))],
        vec![GroupChange::ReplaceMembers(ids(&[2, 1]))],
        vec![GroupChange::AddMembers(ids(&[3])), GroupChange::RemoveMembers(ids(&[3]))],
        vec![GroupChange::SetDisplayName(group_name("Guides"))],
        vec![GroupChange::SetExternalId(None)],
    ] {
        let judged = club.change(changes.clone());
        assert!(!judged.answer.as_ref().unwrap().changed, "{changes:?}");
        assert_eq!(*judged.group(), group(GUIDES, "Guides"), "{changes:?}");
        assert!(judged.events.is_empty() && judged.changes.is_empty(), "{changes:?}");
    }
}

#[test]
fn who_is_no_user_is_no_member() {
    let club = Club { deleted: vec![7], ..Club::of(&[1], &[3]) };
    let unknown: Vec<_> = (20..40).collect();
    for change in [
        GroupChange::AddMembers(ids(&[&[3], &*unknown].concat())),
        GroupChange::ReplaceMembers(ids(&[&[1], &*unknown].concat())),
    ] {
        let judged = club.change(vec![change]);
        let refusal = judged.refused();
        assert_eq!(refusal.reason, Reason::MemberNotFound);
        assert!(refusal.message.contains(&id(20).0.to_string()), "{refusal}");
        assert!(refusal.message.contains("and 10 more"), "{refusal}");
        assert!(judged.changes.is_empty() && judged.events.is_empty());
    }
    // For the directory whom it deleted is not there, for others it is.
    let add = GroupChange::AddMembers(ids(&[7]));
    assert_eq!(club.change(vec![add.clone()]).moved().0, ids(&[7]));
    let by_okta = Command { caller: okta(), ..changing(vec![add]) };
    assert_eq!(club.decide(by_okta).refused().reason, Reason::MemberNotFound);
}

/// RFC 7644 section 3.5.2.3: what selects nothing is refused, and puts nobody there.
#[test]
fn who_is_strict_selects_members_or_is_refused() {
    use GroupChange::{AddMembers, KeepMembers, RemoveMembers, RequireMember};
    let keep = |users: &[u128]| KeepMembers { users: ids(users), others: None };
    let unknown = unknown_members(["ada".to_owned()].into_iter());
    let keep_with_others =
        |users: &[u128]| KeepMembers { users: ids(users), others: Some(unknown.clone()) };
    let club = Club { deleted: vec![7], ..Club::of(&[1, 2, 7], &[3]) };
    let replaced = |old, new| {
        vec![RequireMember(ids(&[old])), RemoveMembers(ids(&[old])), AddMembers(ids(&[new]))]
    };
    for (changes, strictly, usually) in [
        (vec![keep(&[1])], Some((vec![], vec![])), Some((vec![], vec![]))),
        (vec![keep(&[1, 3])], Some((vec![], vec![])), Some((ids(&[3]), vec![]))),
        (vec![keep(&[3])], None, Some((ids(&[3]), vec![]))),
        (vec![keep(&[])], None, Some((vec![], vec![]))),
        // What is no id is nobody's.
        (vec![keep_with_others(&[])], None, None),
        (vec![keep_with_others(&[1])], Some((vec![], vec![])), None),
        // Whom the directory deleted is no member for it, and nobody whom it could add.
        (vec![keep(&[7])], None, None),
        (replaced(1, 3), Some((ids(&[3]), ids(&[1]))), Some((ids(&[3]), ids(&[1])))),
        (replaced(3, 2), None, Some((vec![], vec![]))),
        // What the request has done before counts.
        (
            vec![AddMembers(ids(&[3])), keep(&[3])],
            Some((ids(&[3]), vec![])),
            Some((ids(&[3]), vec![])),
        ),
        (vec![RemoveMembers(ids(&[1])), keep(&[1])], None, Some((vec![], vec![]))),
    ] {
        for (caller, expected, reason) in
            [(strict(), strictly, Reason::NoTarget), (okta(), usually, Reason::MemberNotFound)]
        {
            let judged = club.decide(Command { caller, ..changing(changes.clone()) });
            if let Some(expected) = expected {
                assert_eq!(judged.moved(), expected, "{changes:?}");
            } else {
                assert_eq!(judged.refused().reason, reason, "{changes:?}");
                assert!(judged.changes.is_empty(), "{changes:?}");
            }
        }
    }
}

#[test]
fn a_name_belongs_to_one_group() {
    let club = Club::of(&[1], &[]);
    for command in [
        creating("oTHERS ", vec![]),
        changing(vec![GroupChange::SetDisplayName(group_name("OTHERS"))]),
    ] {
        let judged = club.decide(command);
        assert_eq!(judged.refused().reason, Reason::GroupNameTaken);
        assert!(judged.changes.is_empty());
    }
    let rename = changing(vec![GroupChange::SetDisplayName(group_name("GUIDES"))]);
    assert_eq!(club.decide(rename.clone()).group().display_name.as_str(), "GUIDES");
    // Of one group of commands the later sees what the earlier left.
    let free = changing(vec![GroupChange::SetDisplayName(group_name("New"))]);
    let (answers, _) = club.decide_all(&[free, creating("Guides", vec![])]);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let (answers, _) = club.decide_all(&[creating("New", vec![]), rename_to("new")]);
    assert_eq!(answers[1].as_ref().unwrap_err().reason, Reason::GroupNameTaken);
}

fn rename_to(name: &str) -> Command {
    changing(vec![GroupChange::SetDisplayName(group_name(name))])
}

#[test]
fn a_group_that_is_deleted_takes_all_memberships_along() {
    let club = Club::of(&[1, 2], &[3]);
    let deletion = about(GroupAction::Delete { group: GUIDES });
    let add = changing(vec![GroupChange::AddMembers(ids(&[3]))]);
    let (answers, state) = club.decide_all(&[add.clone(), deletion, add]);
    assert!(matches!(answers[1].as_ref().unwrap().answer, Answer::Deleted));
    assert_eq!(answers[2].as_ref().unwrap_err().reason, Reason::GroupNotFound);
    let changes = state.into_changes();
    assert_eq!(changes.deleted_groups, [(SITE, GUIDES)]);
    assert!(changes.new_members.is_empty() && changes.gone_members.is_empty());
    let kinds: Vec<_> = changes.events.iter().map(|event| event.body.kind()).collect();
    assert_eq!(kinds, ["group_changed", "group_deleted"]);
}

#[test]
fn what_is_only_tried_leaves_nothing() {
    let club = Club::of(&[1], &[3]);
    for command in [
        creating("New", vec![GroupChange::AddMembers(ids(&[3]))]),
        changing(vec![GroupChange::AddMembers(ids(&[3]))]),
        about(GroupAction::Delete { group: GUIDES }),
    ] {
        let judged = club.decide(Command { validate_only: true, ..command });
        assert!(judged.answer.as_ref().unwrap().changed);
        assert!(judged.changes.is_empty() && judged.events.is_empty());
    }
}

#[test]
fn the_expected_version_is_that_of_the_group() {
    let club = Club::of(&[1], &[3]);
    let expecting = |version, command| {
        let expected = crate::ExpectedVersion { any_of: vec![version], none_of: Vec::new() };
        Command { expected_version: Some(expected), ..command }
    };
    let add = || changing(vec![GroupChange::AddMembers(ids(&[3]))]);
    assert_eq!(club.decide(expecting(4, add())).group().version, 5);
    for command in [
        expecting(3, add()),
        expecting(5, about(GroupAction::Delete { group: GUIDES })),
        expecting(1, creating("New", vec![])),
    ] {
        let judged = club.decide(command);
        assert_eq!(judged.refused().reason, Reason::VersionMismatch);
        assert!(judged.refused().message.starts_with("the group has"), "{}", judged.refused());
    }
}

fn deleting_user(number: u128) -> Action {
    Action::DeleteUser { user: id(number) }
}

/// As if each of them had gone in a transaction of its own.
#[test]
fn a_group_has_the_next_version_for_each_member_who_goes() {
    let club = Club::of(&[1, 2, 3], &[4, 5]);
    let goes = |number| ask(&Caller::Operator, deleting_user(number));
    let add = changing(vec![GroupChange::AddMembers(ids(&[4]))]);
    let rename = rename_to("Leaders");
    let (answers, state) =
        club.decide_all(&[goes(1), add, goes(4), goes(5), goes(2), goes(2), rename]);
    let version = |number: usize| match &answers[number].as_ref().unwrap().answer {
        Answer::Group { group, .. } => group.version,
        other => panic!("{other:?}"),
    };
    assert_eq!((version(1), version(6)), (6, 9));
    assert_eq!(answers[5].as_ref().unwrap_err().reason, Reason::UserNotFound);
    let changes = state.into_changes();
    let saved: Vec<_> = changes.saved_groups.iter().map(|group| group.version).collect();
    assert_eq!((saved, changes.saved_groups[0].updated_at), (vec![9], NOW));
    let gone: Vec<_> = changes.leavers.iter().map(|(_, user, _)| *user).collect();
    assert_eq!(gone, ids(&[1, 4, 5, 2]));
}

#[test]
fn who_does_not_go_after_all_leaves_the_version_alone() {
    let club = Club::of(&[1, 2], &[3]);
    let part = |action| BatchPart { action, expected_version: None };
    let parts = [1, 2, 9].map(|number| part(deleting_user(number)));
    let batch = ask(&Caller::Operator, Action::Batch(parts.to_vec()));
    let tried = ask(&Caller::Operator, deleting_user(1));
    let tried = Command { validate_only: true, ..tried };
    let (answers, state) = club.decide_all(&[batch, tried, rename_to("Leaders")]);
    assert!(answers[0].is_err() && answers[1].is_ok());
    let changes = state.into_changes();
    assert_eq!((changes.saved_groups[0].version, changes.leavers), (5, vec![]));
}

#[test]
fn many_members_are_told_a_thousand_at_a_time() {
    let many: Vec<_> = (1_000..3_500).collect();
    let club = Club::of(&[], &many);
    let name = GroupChange::SetDisplayName(group_name("Everybody"));
    let judged = club.change(vec![name, GroupChange::AddMembers(ids(&many))]);
    let numbers = judged.events.iter().map(|event| told(std::slice::from_ref(event)).0.len());
    let numbers: Vec<_> = numbers.collect();
    assert_eq!(numbers, [1000, 1000, 500]);
    let versions: Vec<_> = judged.events.iter().map(shown_versions).collect();
    assert_eq!(versions, [(4, 5), (5, 5), (5, 5)]);
    let judged = club.decide(creating("Everybody", vec![GroupChange::AddMembers(ids(&many))]));
    assert_eq!(judged.events.len(), 3);
    assert_eq!(told(&judged.events).0, ids(&many));
}

fn shown_versions(event: &Event) -> (i64, i64) {
    match &event.body {
        EventBody::GroupChanged { before, after, .. } => (before.version, after.version),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_ignored_is_told_with_what_was_done() {
    let notice = Notice {
        reason: Reason::AttributeNotKept,
        attribute: "colour".to_owned(),
        message: "it is not kept".to_owned(),
        metadata: Vec::new(),
    };
    let club = Club::of(&[1], &[3]);
    let ignored = || GroupChange::Ignored(notice.clone());
    let judged = club.change(vec![ignored(), GroupChange::AddMembers(ids(&[3]))]);
    assert_eq!(judged.answer.unwrap().notices.len(), 1);
    assert_eq!(judged.events[0].notices, std::slice::from_ref(&notice));
    assert_eq!(judged.events[0].outcome, Outcome::PartlyAccepted);
    let judged = club.change(vec![ignored()]);
    assert!(judged.events.is_empty());
    assert_eq!(judged.answer.unwrap().notices.len(), 1);
}

fn any_change() -> impl Strategy<Value = GroupChange> {
    let users = || proptest::collection::vec(1..12_u128, 0..6).prop_map(|users| ids(&users));
    prop_oneof![
        3 => users().prop_map(GroupChange::AddMembers),
        1 => users().prop_map(|users| GroupChange::KeepMembers { users, others: None }),
        1 => users().prop_map(GroupChange::RequireMember),
        3 => users().prop_map(GroupChange::RemoveMembers),
        2 => users().prop_map(GroupChange::ReplaceMembers),
        1 => (0..3_u8).prop_map(|name| {
            GroupChange::SetDisplayName(group_name(["Guides", "guides", "Pilots"][usize::from(name)]))
        }),
        1 => proptest::option::of("[ab]").prop_map(|id| {
            GroupChange::SetExternalId(id.map(ExternalId::as_stored))
        }),
    ]
}

proptest! {
    /// Commands that are decided together leave of the group and its members what sets say.
    #[test]
    fn any_changes_leave_what_sets_would(
        members in proptest::collection::btree_set(1..12_u128, 0..8),
        commands in proptest::collection::vec(proptest::collection::vec(any_change(), 0..4), 1..5),
    ) {
        let members: Vec<_> = members.into_iter().collect();
        let people: Vec<_> = (1..12).collect();
        let club = Club { members: members.clone(), people, deleted: Vec::new() };
        let asked: Vec<_> = commands.iter().cloned().map(changing).collect();
        let (answers, state) = club.decide_all(&asked);
        let changes = state.into_changes();
        let first: BTreeSet<_> = ids(&members).into_iter().collect();
        let (mut set, mut known) = (first.clone(), group(GUIDES, "Guides"));
        for (answer, wanted) in answers.into_iter().zip(&commands) {
            let (set_before, before) = (set.clone(), known.clone());
            for change in wanted {
                match change {
                    GroupChange::AddMembers(users) | GroupChange::KeepMembers { users, .. } => {
                        set.extend(users);
                    }
                    GroupChange::RemoveMembers(users) => set.retain(|one| !users.contains(one)),
                    GroupChange::ReplaceMembers(users) => set = users.iter().copied().collect(),
                    GroupChange::SetDisplayName(name) => known.display_name = name.clone(),
                    GroupChange::SetExternalId(id) => known.external_id = id.clone(),
                    GroupChange::RemoveSelected(_) => unreachable!("not drawn"),
                    GroupChange::RequireMember(_) | GroupChange::Ignored(_) => {}
                }
            }
            let changed = set != set_before || known != before;
            if changed {
                known.version += 1;
                known.updated_at = NOW;
            }
            let Decision { answer, changed: told, .. } = answer.unwrap();
            prop_assert_eq!(told, changed);
            let Answer::Group { group, created: false } = answer else { panic!("{answer:?}") };
            prop_assert_eq!(&group, &known);
        }
        let saved = (known.version > 4).then_some(known);
        prop_assert_eq!(changes.saved_groups, saved.into_iter().collect::<Vec<_>>());
        let mut kept = first.clone();
        kept.extend(changes.new_members.iter().map(|member| member.user));
        for member in &changes.gone_members {
            kept.remove(&member.user);
        }
        prop_assert_eq!(&kept, &set);
        // And whoever reads the ledger comes to the same.
        let mut read = first;
        for event in &changes.events {
            prop_assert_eq!(event.at, Timestamp(NOW.0));
            let (came, left) = told(std::slice::from_ref(event));
            read.extend(came);
            for user in &left {
                read.remove(user);
            }
        }
        prop_assert_eq!(read, set);
    }
}
