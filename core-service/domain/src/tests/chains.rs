//! How the events about a user name one another.

use super::court::*;
use crate::{
    Action, BatchPart, Caller, Change, Command, ConnectionPolicy, Context, Loaded, Needs, Outcome,
    Role, State, User, decide,
};

const CONTEXT: Context<'static> = Context { now: NOW, fresh_id: &|| id(99).0 };

fn state() -> State {
    let ada = User { role: Role::Admin, last_event: 17, ..user() };
    let bob = User { id: id(2), user_name: name("bob"), ..user() };
    let loaded = Loaded {
        sites: vec![Court::with(ConnectionPolicy::default()).site],
        users: vec![ada, bob],
        active_admins: vec![(SITE, 1)],
        ..Loaded::default()
    };
    let mut state = State::default();
    state.take_in(Needs::default(), loaded);
    state
}

fn change(number: u128, changes: Vec<Change>) -> Action {
    Action::ChangeUser { user: id(number), changes }
}

fn demotion() -> Action {
    change(1, vec![Change::SetRole(Role::Registered)])
}

fn batch(actions: Vec<Action>) -> Action {
    let part = |action| BatchPart { action, expected_version: None };
    Action::Batch(actions.into_iter().map(part).collect())
}

fn titled(number: u128, title: &str) -> Action {
    change(number, vec![set_title(title)])
}

/// The user, the event that a line names, its own revision and what was decided.
type Line = (u128, i64, i64, Outcome);

/// The lines, and which one users have for their last.
fn lines(asked: Vec<(Caller, Action)>) -> (Vec<Line>, Vec<(u128, i64)>) {
    let mut state = state();
    for (caller, action) in asked {
        let dry = Command { validate_only: true, ..ask(&caller, action.clone()) };
        for command in [dry, ask(&caller, action)] {
            // Whether it was refused shows in the line.
            drop(decide(&mut state, &CONTEXT, &command));
        }
    }
    let changes = state.into_changes();
    let lines = changes.events.iter().map(|event| {
        let user = event.user.unwrap().0.as_u128();
        (user, event.previous.unwrap(), event.revision, event.outcome)
    });
    let users = changes.saved_users.iter();
    let users = users.map(|saved| (saved.after.id.0.as_u128(), saved.after.last_event));
    (lines.collect(), users.collect())
}

#[test]
fn each_event_names_the_one_before_and_the_user_the_last() {
    use Outcome::{Accepted, Refused};
    let operator = || Caller::Operator;
    let promotion = change(2, vec![Change::SetRole(Role::Admin)]);
    let (found, users) = lines(vec![
        (operator(), titled(1, "Countess")),
        (operator(), titled(1, "Countess")),
        (operator(), demotion()),
        (okta(), promotion.clone()),
        (okta(), promotion),
        (operator(), titled(2, "Poet")),
        (operator(), Action::DeleteUser { user: id(2) }),
    ]);
    let expected = [
        (1, 17, 41, Accepted),
        (1, 41, 42, Refused),
        (2, 0, 43, Refused),
        (2, 43, 44, Accepted),
        (2, 44, 45, Accepted),
    ];
    assert_eq!((found.as_slice(), users.as_slice()), (&expected[..], &[(1, 42)][..]));
}

#[test]
fn what_is_taken_back_is_named_by_none() {
    let (found, users) = lines(vec![
        (Caller::Operator, batch(vec![titled(1, "x"), titled(2, "x"), demotion()])),
        (Caller::Operator, batch(vec![titled(2, "y"), titled(1, "y"), titled(2, "z")])),
    ]);
    let expected = [
        (1, 17, 41, Outcome::Refused),
        (2, 0, 42, Outcome::Accepted),
        (1, 41, 43, Outcome::Accepted),
        (2, 42, 44, Outcome::Accepted),
    ];
    assert_eq!(found, expected);
    assert_eq!(users, [(1, 43), (2, 44)]);
}
