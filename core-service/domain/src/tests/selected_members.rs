//! Members of a group who are picked by a condition: only those whom the caller sees, and among no more than
//! are looked at.

use super::court::*;
use crate::{
    Action, Answer, Caller, Changes, Context, DirectoryStatus, Filter, FoundMember, Group,
    GroupAction, GroupChange, GroupId, GroupName, Loaded, MemberFilter, MemberTest, Needs,
    Presence, Reason, Refusal, State, TextOperator, User, UserId, decide, needs,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

const GUIDES: GroupId = GroupId(Uuid::from_u128(500));

fn guides() -> Group {
    Group {
        site: SITE,
        id: GUIDES,
        display_name: GroupName::parse("Guides").unwrap(),
        external_id: None,
        version: 4,
        created_at: BEFORE,
        updated_at: BEFORE,
    }
}

fn called(number: u128, display_name: Option<&str>) -> User {
    let mut user =
        User { id: id(number), user_name: name(&format!("User-{number}")), ..super::court::user() };
    let shown = display_name.map(text);
    Arc::make_mut(&mut user.profile).set(&attribute_name("display_name"), shown);
    user
}

fn display(operator: TextOperator, asked: &str) -> MemberFilter {
    Filter::Is(MemberTest::Display(operator, asked.to_owned()))
}

fn user(operator: TextOperator, asked: UserId) -> MemberFilter {
    Filter::Is(MemberTest::User(operator, asked.0.to_string()))
}

/// What is found where all of these are members.
fn loaded(members: &[User], needs: &Needs) -> Loaded {
    let found = |user: &User| FoundMember {
        site: SITE,
        group: Some(GUIDES),
        user: user.id,
        presence: Presence::from(Some(user)),
        is_member: true,
    };
    let is_asked = |user: &&User| needs.users.contains(&(SITE, user.id));
    let named = |user: &&User| needs.members.contains(&(SITE, Some(GUIDES), user.id));
    let all = needs.members_of.contains(&(SITE, GUIDES));
    Loaded {
        sites: needs.sites.iter().map(|_| Court::default().site).collect(),
        groups: needs.groups.iter().map(|_| guides()).collect(),
        members: members.iter().filter(|user| all || named(user)).map(found).collect(),
        users: members.iter().filter(is_asked).cloned().collect(),
        ..Loaded::default()
    }
}

fn changed(
    members: &[User],
    caller: &Caller,
    changes: Vec<GroupChange>,
) -> (Result<bool, Refusal>, Changes) {
    let action = Action::Group(GroupAction::Change { group: GUIDES, changes });
    let command = ask(caller, action);
    let mut state = State::default();
    loop {
        let missing = needs(&state, std::iter::once(&command));
        if missing.is_empty() {
            break;
        }
        let found = loaded(members, &missing);
        state.take_in(missing, found);
    }
    let context = Context { now: NOW, fresh_id: &|| id(99).0 };
    let answer = decide(&mut state, &context, &command).map(|decision| {
        assert!(matches!(decision.answer, Answer::Group { .. }));
        decision.changed
    });
    (answer, state.into_changes())
}

fn gone(members: &[User], caller: &Caller, condition: MemberFilter) -> Vec<UserId> {
    let (answer, changes) = changed(members, caller, vec![GroupChange::RemoveSelected(condition)]);
    assert_eq!(answer.unwrap(), !changes.gone_members.is_empty());
    changes.gone_members.iter().map(|member| member.user).collect()
}

#[test]
fn a_condition_picks_members_by_id_and_by_what_is_shown() {
    use TextOperator::{Contains, Equal, Greater, StartsWith};
    let members = [called(1, Some("Ada")), called(2, Some("Émile")), called(3, None)];
    let not = |condition| Filter::Not(Box::new(condition));
    for (condition, expected) in [
        (display(Equal, "ADA"), vec![1]),
        (display(Equal, "E\u{301}MILE"), vec![2]),
        (display(StartsWith, "user-"), vec![3]),
        (display(Greater, "b"), vec![2, 3]),
        (not(display(Contains, "a")), vec![2, 3]),
        (user(Equal, id(2)), vec![2]),
        (not(user(Equal, id(2))), vec![1, 3]),
        (Filter::All(vec![not(user(Equal, id(2))), display(Contains, "a")]), vec![1]),
        (Filter::Any(vec![user(Equal, id(3)), display(Equal, "ada")]), vec![1, 3]),
        (Filter::All(vec![]), vec![1, 2, 3]),
        (display(Equal, "Grace"), vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        assert_eq!(gone(&members, &okta(), condition.clone()), expected, "{condition:?}");
    }
}

#[test]
fn whom_the_directory_deleted_it_does_not_pick() {
    let deleted = User { directory_status: DirectoryStatus::Deleted, ..called(2, Some("Grace")) };
    let members = [called(1, Some("Ada")), deleted];
    let all = || Filter::All(vec![]);
    assert_eq!(gone(&members, &okta(), all()), [id(1)]);
    assert_eq!(gone(&members, &Caller::Operator, all()), [id(1), id(2)]);
}

#[test]
fn who_comes_by_the_same_request_is_picked_as_well() {
    let members = [called(1, Some("Ada")), called(2, Some("Grace"))];
    let select = |asked| GroupChange::RemoveSelected(display(TextOperator::Equal, asked));
    let (answer, changes) = changed(
        &members,
        &okta(),
        vec![
            GroupChange::RemoveMembers(vec![id(1), id(2)]),
            GroupChange::AddMembers(vec![id(1), id(2)]),
            select("ada"),
        ],
    );
    assert_eq!(answer, Ok(true));
    let gone: Vec<_> = changes.gone_members.iter().map(|member| member.user).collect();
    assert_eq!(gone, [id(1)]);
}

#[test]
fn a_group_that_is_too_large_is_not_gone_through() {
    let many: Vec<_> = (1..=1001).map(|number| called(number, None)).collect();
    let condition = || user(TextOperator::Equal, id(1));
    let select = || vec![GroupChange::RemoveSelected(condition())];
    let (answer, changes) = changed(&many, &okta(), select());
    let refusal = answer.unwrap_err();
    assert_eq!((refusal.reason, &*refusal.attribute), (Reason::TooMuchWork, "members"));
    assert!(changes.gone_members.is_empty());
    assert_eq!(gone(&many[..1000], &okta(), condition()), [id(1)]);
    // Nor a smaller one, by too many conditions.
    let long = Filter::Any(vec![condition(); 21]);
    let (answer, _) = changed(&many[..1000], &okta(), vec![GroupChange::RemoveSelected(long)]);
    assert_eq!(answer.unwrap_err().reason, Reason::TooMuchWork);
}

proptest! {
    /// As an evaluator of names would.
    #[test]
    fn who_stays_does_not_satisfy_the_condition(
        shown in proptest::collection::vec(proptest::option::of("[abAB]{1,3}"), 1..8),
        asked in "[abAB]{1,2}",
        negated in any::<bool>(),
    ) {
        let members: Vec<_> =
            (1..).zip(&shown).map(|(number, shown)| called(number, shown.as_deref())).collect();
        let contains = display(TextOperator::Contains, &asked);
        let condition = if negated { Filter::Not(Box::new(contains)) } else { contains };
        let picked: BTreeSet<_> = gone(&members, &okta(), condition).into_iter().collect();
        for (member, shown) in members.iter().zip(&shown) {
            let shown = shown.clone().unwrap_or_else(|| member.user_name.as_str().to_owned());
            let holds = shown.to_lowercase().contains(&asked.to_lowercase()) != negated;
            prop_assert_eq!(picked.contains(&member.id), holds, "{}", shown);
        }
    }
}
