//! Commands about several users: what stands when all are decided, and what when one is refused.

use super::court::*;
use crate::{
    Action, Answer, BatchPart, Caller, Change, Command, ConnectionPolicy, Context, DecidedUser,
    Decision, ExpectedVersion, ListOperation, Loaded, MetadataKey, Needs, Outcome, Reason, Refusal,
    Role, State, User, decide, needs,
};

const CONTEXT: Context<'static> = Context { now: NOW, fresh_id: &|| id(99).0 };

fn person(number: u128, text: &str, role: Role) -> User {
    User { id: id(number), user_name: name(text), role, ..user() }
}

/// Two Admins and two others.
fn people() -> Vec<User> {
    vec![
        person(1, "ada", Role::Admin),
        person(2, "eve", Role::Admin),
        person(3, "ida", Role::Registered),
        person(4, "joe", Role::Registered),
    ]
}

fn part(number: u128, changes: Vec<Change>) -> BatchPart {
    let action = Action::ChangeUser { user: id(number), changes };
    BatchPart { action, expected_version: None }
}

fn batch(parts: Vec<BatchPart>) -> Command {
    ask(&Caller::Operator, Action::Batch(parts))
}

fn state_for(command: &Command, users: &[User]) -> State {
    let mut state = State::default();
    let admins = users.iter().filter(|user| user.is_active_admin()).count() as u64;
    let loaded = Loaded {
        sites: vec![Court::with(ConnectionPolicy::default()).site],
        users: users.to_vec(),
        active_admins: vec![(SITE, admins)],
        ..Loaded::default()
    };
    state.take_in(Needs::default(), loaded);
    let missing = needs(&state, [command].into_iter());
    state.take_in(missing, Loaded::default());
    state
}

fn decided(decision: Decision) -> (Vec<DecidedUser>, bool, i64) {
    let Decision { answer, changed, revision, .. } = decision;
    let Answer::Users(users) = answer else { panic!("{answer:?}") };
    (users, changed, revision)
}

type NameAndRole = (String, Role);

/// What would be kept: names and roles of users, and lines with their outcome.
fn kept(state: State) -> (Vec<NameAndRole>, Vec<(i64, Outcome)>) {
    let changes = state.into_changes();
    let users = changes.saved_users.iter();
    let users = users.map(|saved| (saved.after.user_name.as_str().to_owned(), saved.after.role));
    let lines = changes.events.iter().map(|event| (event.revision, event.outcome));
    (users.collect(), lines.collect())
}

fn set_role(role: Role) -> Change {
    Change::SetRole(role)
}

fn rename(text: &str) -> Change {
    Change::SetUserName(name(text))
}

#[test]
fn each_part_sees_what_those_before_it_left() {
    let command = batch(vec![
        part(3, vec![rename("kim")]),
        part(4, vec![rename("ida")]),
        part(4, vec![set_role(Role::Moderator)]),
        part(1, vec![set_role(Role::Admin)]),
    ]);
    let mut state = state_for(&command, &people());
    let (users, changed, revision) = decided(decide(&mut state, &CONTEXT, &command).unwrap());
    let told: Vec<_> = users.iter().map(|user| (user.changed, user.revision)).collect();
    assert_eq!(told, [(true, 41), (true, 42), (true, 43), (false, 43)]);
    assert_eq!((changed, revision), (true, 43));
    let (users, lines) = kept(state);
    let expected = [("kim", Role::Registered), ("ida", Role::Moderator)];
    assert_eq!(users, expected.map(|(name, role)| (name.to_owned(), role)));
    assert_eq!(lines, [41, 42, 43].map(|revision| (revision, Outcome::Accepted)));
}

fn refused_at(command: &Command, users: &[User]) -> (Refusal, State) {
    let mut state = state_for(command, users);
    let refusal = decide(&mut state, &CONTEXT, command).unwrap_err();
    (refusal, state)
}

fn item(refusal: &Refusal) -> Option<&str> {
    let named = refusal.metadata.iter().find(|(key, _)| *key == MetadataKey::Item);
    named.map(|(_, value)| value.as_str())
}

#[test]
fn nothing_stands_when_one_is_refused_but_the_refusal() {
    let command = batch(vec![
        part(3, vec![rename("kim")]),
        part(4, vec![rename("ida")]),
        part(1, vec![set_role(Role::Registered)]),
        part(2, vec![set_role(Role::Registered)]),
    ]);
    let (refusal, mut state) = refused_at(&command, &people());
    assert_eq!((refusal.reason, item(&refusal)), (Reason::LastAdmin, Some("3")));
    // What comes next in the group finds everything as it was: names, Admins, positions.
    let next = batch(vec![part(2, vec![set_role(Role::Registered)]), part(3, vec![rename("max")])]);
    let missing = needs(&state, [&next].into_iter());
    state.take_in(missing, Loaded::default());
    let (_, _, revision) = decided(decide(&mut state, &CONTEXT, &next).unwrap());
    let taken = batch(vec![part(1, vec![rename("JOE")])]);
    let refusal = decide(&mut state, &CONTEXT, &taken).unwrap_err();
    assert_eq!((refusal.reason, item(&refusal)), (Reason::UserNameTaken, Some("0")));
    assert_eq!(revision, 43);
    let (users, lines) = kept(state);
    let expected = [("eve", Role::Registered), ("max", Role::Registered)];
    assert_eq!(users, expected.map(|(name, role)| (name.to_owned(), role)));
    let outcomes = [(41, Outcome::Refused), (42, Outcome::Accepted), (43, Outcome::Accepted)];
    assert_eq!(lines, outcomes);
}

#[test]
fn a_mistake_in_one_is_told_by_its_place_and_leaves_no_line() {
    let outdated = ExpectedVersion { any_of: vec![9], ..ExpectedVersion::default() };
    let first = || part(3, vec![set_title("x")]);
    for (second, reason) in [
        (BatchPart { expected_version: Some(outdated), ..first() }, Reason::VersionMismatch),
        (part(77, vec![set_title("x")]), Reason::UserNotFound),
        (part(4, vec![rename("ADA")]), Reason::UserNameTaken),
    ] {
        let (refusal, state) = refused_at(&batch(vec![first(), second]), &people());
        assert_eq!((refusal.reason, item(&refusal)), (reason, Some("1")));
        assert!(state.into_changes().is_empty(), "{reason:?}");
    }
}

#[test]
fn what_is_only_tried_is_decided_as_if_it_were_meant() {
    let both =
        vec![part(1, vec![set_role(Role::Registered)]), part(2, vec![set_role(Role::Registered)])];
    let tried = |parts| Command { validate_only: true, ..batch(parts) };
    let (refusal, state) = refused_at(&tried(both.clone()), &people());
    assert_eq!((refusal.reason, item(&refusal)), (Reason::LastAdmin, Some("1")));
    assert!(state.into_changes().is_empty());
    let command = tried(both[..1].to_vec());
    let mut state = state_for(&command, &people());
    let (users, changed, revision) = decided(decide(&mut state, &CONTEXT, &command).unwrap());
    assert_eq!((users[0].revision, changed, revision), (40, true, 40));
    assert_eq!(users[0].user.as_ref().unwrap().role, Role::Registered);
    assert!(state.into_changes().is_empty());
}

#[test]
fn all_parts_have_one_budget() {
    // Each goes through a list of a hundred.
    let addresses = (0..100).map(|number| {
        let address = format!("{number}@example.com");
        element(&[("value", &address)], false)
    });
    let all = ListOperation::Replace(addresses.collect());
    let made = Court::default().change(&okta(), &user(), vec![edit_emails(None, all)]);
    let listed = User { id: id(3), ..made.accepted().user };
    let merge = |number: usize| {
        let kind = ListOperation::Merge(texts(&[("type", &number.to_string())]));
        part(3, vec![edit_emails(None, kind)])
    };
    let edits = |count| batch((0..count).map(merge).collect());
    let few = edits(100);
    decide(&mut state_for(&few, std::slice::from_ref(&listed)), &CONTEXT, &few).unwrap();
    let (refusal, state) = refused_at(&edits(1000), &[listed]);
    assert_eq!(refusal.reason, Reason::TooMuchWork);
    assert!(item(&refusal).is_some() && state.into_changes().is_empty());
}

#[test]
fn it_takes_its_turn_by_the_number_of_its_parts() {
    let cost = |count| batch(vec![part(3, vec![set_title("x")]); count]).turn().cost();
    let single = ask(&Caller::Operator, part(3, vec![set_title("x")]).action).turn().cost();
    assert!(cost(1000) >= 1000 * single && cost(1) >= single);
}
