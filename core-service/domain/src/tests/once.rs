//! Requests with ids: what a copy finds that is decided in the same group, and what it needs where
//! it comes later.

use super::court::*;
use crate::{
    Action, Answer, BatchPart, Caller, Change, Command, ConnectionPolicy, Context, Creation,
    DecidedUser, DeletionPolicy, Loaded, Needs, Notice, Reason, RequestClaim, RequestId,
    RequestOutcome, State, TokenId, User, decide, needs,
};
use uuid::Uuid;

fn claimed(id: &str, asked: &str, action: Action) -> Command {
    let id = RequestId::parse(id).unwrap();
    let request = Some(RequestClaim { id, fingerprint: asked.to_owned() });
    Command { request, ..ask(&Caller::Operator, action) }
}

fn creation(text: &str) -> Action {
    let changes = vec![Change::SetRole(crate::Role::Moderator)];
    Action::CreateUser(Creation { user_name: name(text), changes })
}

/// The state of a site where nothing else is, after one round of loading for a command.
fn state_for(command: &Command) -> State {
    let mut state = State::default();
    let site = Court::with(ConnectionPolicy::default()).site;
    let loaded = Loaded { sites: vec![site], ..Loaded::default() };
    state.take_in(Needs { sites: [SITE].into(), ..Needs::default() }, loaded);
    let missing = needs(&state, [command].into_iter());
    state.take_in(missing, Loaded::default());
    state
}

const CONTEXT: Context<'static> = Context { now: NOW, fresh_id: &|| Uuid::from_u128(99) };

#[test]
fn a_copy_in_the_same_group_is_answered_alike_and_does_nothing() {
    let command = claimed("1", "7", creation("ada@example.com"));
    let mut state = state_for(&command);
    let first = decide(&mut state, &CONTEXT, &command).unwrap();
    let again = decide(&mut state, &CONTEXT, &command).unwrap();
    for decision in [&first, &again] {
        let Answer::User { user, created, .. } = &decision.answer else { panic!("{decision:?}") };
        assert_eq!((user.id, *created, decision.changed), (id(99), true, true));
    }
    assert_eq!(first.revision, again.revision);
    let other = claimed("1", "8", creation("eve@example.com"));
    let refused = decide(&mut state, &CONTEXT, &other).unwrap_err();
    assert_eq!(refused.reason, Reason::RequestIdReused);
    // And what is refused only because somebody was faster with another request.
    let late = claimed("2", "7", creation("ada@example.com"));
    state.take_in(needs(&state, [&late].into_iter()), Loaded::default());
    let refused = decide(&mut state, &CONTEXT, &late).unwrap_err();
    assert_eq!(refused.reason, Reason::UserNameTaken);

    let changes = state.into_changes();
    assert_eq!((changes.saved_users.len(), changes.events.len()), (1, 1));
    let kept: Vec<_> = changes.new_requests.iter().map(|kept| kept.key.id.as_str()).collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
}

#[test]
fn a_copy_that_comes_later_needs_what_it_was_about() {
    let command = claimed("1", "7", creation("ada@example.com"));
    let mut before = state_for(&command);
    decide(&mut before, &CONTEXT, &command).unwrap();
    let kept = before.into_changes().new_requests;
    let mut state = state_for(&command);
    state.take_in(Needs::default(), Loaded { requests: kept, ..Loaded::default() });
    let missing = needs(&state, [&command].into_iter());
    assert_eq!(missing, Needs { users: [(SITE, id(99))].into(), ..Needs::default() });
}

fn telling(number: u128, notices: usize) -> BatchPart {
    let notice = |at: usize| Notice {
        reason: Reason::AttributeNotKept,
        attribute: format!("shoe{at}"),
        message: "is not kept here".to_owned(),
        metadata: Vec::new(),
    };
    let told = (0..notices).map(|at| Change::Ignored(notice(at)));
    let changes = told.chain([set_title("x")]).collect();
    let action = Action::ChangeUser { user: id(number), changes };
    BatchPart { action, expected_version: None }
}

/// A hundred notices are kept of all its parts.
#[test]
fn a_repeated_batch_is_answered_for_each_of_its_users() {
    let command = claimed("1", "7", Action::Batch(vec![telling(1, 80), telling(2, 80)]));
    let mut state = state_for(&command);
    let users = vec![user(), User { id: id(2), user_name: name("eve"), ..user() }];
    state.take_in(Needs::default(), Loaded { users, ..Loaded::default() });
    ask_for_the_rest(&mut state, &command);
    let told = |decision: crate::Decision| {
        let Answer::Users(users) = decision.answer else { panic!("{:?}", decision.answer) };
        let one = |it: &DecidedUser| {
            (it.user.as_ref().map(|user| user.id), it.changed, it.revision, it.notices.len())
        };
        users.iter().map(one).collect::<Vec<_>>()
    };
    let first = told(decide(&mut state, &CONTEXT, &command).unwrap());
    assert_eq!(first, [(Some(id(1)), true, 41, 80), (Some(id(2)), true, 42, 80)]);
    let again = told(decide(&mut state, &CONTEXT, &command).unwrap());
    assert_eq!(again, [(Some(id(1)), true, 41, 80), (Some(id(2)), true, 42, 20)]);

    // Where it comes later, it needs them.
    let requests = state.into_changes().new_requests;
    let mut state = State::default();
    let sites = vec![Court::default().site];
    state.take_in(Needs::default(), Loaded { sites, requests, ..Loaded::default() });
    let later = claimed("1", "7", Action::Batch(Vec::new()));
    let missing = needs(&state, [&later].into_iter());
    let users = [(SITE, id(1)), (SITE, id(2))].into();
    assert_eq!(missing, Needs { users, ..Needs::default() });
}

/// Whoever asked for the deletion was told nothing of the user.
#[test]
fn a_repeated_deletion_is_a_deletion_where_the_user_stays() {
    let deletion = DeletionPolicy::Deactivate;
    let site = Court::with(ConnectionPolicy { deletion, ..ConnectionPolicy::default() }).site;
    let command = Command { caller: okta(), ..claimed("1", "7", deleting()) };
    let mut state = State::default();
    let loaded = Loaded { sites: vec![site], users: vec![user()], ..Loaded::default() };
    state.take_in(Needs::default(), loaded);
    ask_for_the_rest(&mut state, &command);
    let first = decide(&mut state, &CONTEXT, &command).unwrap();
    assert!(matches!(first.answer, Answer::User { deleted: false, .. }), "{first:?}");
    let again = decide(&mut state, &CONTEXT, &command).unwrap();
    assert!(matches!(again.answer, Answer::Deleted) && again.changed, "{again:?}");
}

#[test]
fn only_what_has_an_id_and_is_meant_needs_to_be_looked_up() {
    let revoke = || Action::RevokeToken { token: TokenId(Uuid::nil()) };
    let without = ask(&Caller::Operator, revoke());
    let tried = Command { validate_only: true, ..claimed("1", "7", revoke()) };
    for command in [without, tried] {
        let mut state = State::default();
        state.take_in(needs(&state, [&command].into_iter()), Loaded::default());
        assert!(needs(&state, [&command].into_iter()).requests.is_empty());
        let refused = decide(&mut state, &CONTEXT, &command);
        assert!(refused.is_err() && state.into_changes().is_empty());
    }
    let command = claimed("1", "7", revoke());
    let mut state = state_for(&command);
    let refused = decide(&mut state, &CONTEXT, &command).unwrap_err();
    let kept = state.into_changes().new_requests;
    let outcome = RequestOutcome::Refused { refusal: (&refused).into() };
    assert_eq!(kept.first().map(|kept| &kept.outcome), Some(&outcome));
}
