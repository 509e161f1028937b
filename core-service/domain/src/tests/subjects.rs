//! Subjects: whom a sign-in brings to which account, whatever they are called.

use super::court::*;
use crate::{
    Action, Asked, Caller, Change, Context, DirectoryStatus, EventBody, Loaded, Needs, Outcome,
    Profile, Reason, SignIn, State, Subject, User, decide,
};

fn subject(text: &str) -> Option<Subject> {
    Subject::parse(text).unwrap()
}

fn signing_in(user_name: &str, subject: Option<Subject>) -> Action {
    let (user_name, profile) = (name(user_name), Profile::default());
    Action::RegisterSignIn(SignIn { user_name, subject, profile })
}

fn known_as(text: &str) -> User {
    User { subject: subject(text), ..user() }
}

fn sign_in(before: &User, user_name: &str, subject: Option<Subject>) -> Verdict {
    let court = Court { taken: vec![name("eve@example.com")], ..Court::default() };
    court.decide(Some(before), &ask(&Caller::Operator, signing_in(user_name, subject)))
}

#[test]
fn who_is_known_by_a_subject_is_found_by_it_and_called_as_it_says() {
    for (user_name, called, changed) in [
        ("ida@example.com", "ida@example.com", true),
        ("ada@example.com", "ada@example.com", false),
        // It is the same name.
        ("ADA@example.com", "ada@example.com", false),
    ] {
        let answer = sign_in(&known_as("sub-1"), user_name, subject("sub-1")).accepted();
        assert_eq!((answer.user.id, answer.created, answer.changed), (id(1), false, changed));
        assert_eq!(answer.user.user_name.as_str(), called);
    }
}

#[test]
fn a_name_brings_nobody_to_the_account_of_another_subject() {
    for (user_name, asked) in [
        ("ada@example.com", subject("sub-2")),
        ("ada@example.com", None),
        // Known by the subject, and called like somebody else.
        ("eve@example.com", subject("sub-1")),
    ] {
        let verdict = sign_in(&known_as("sub-1"), user_name, asked);
        let event = verdict.event.clone().unwrap();
        assert_eq!((event.outcome, event.user), (Outcome::Refused, Some(id(1))), "{user_name}");
        let asked = vec![Asked::SignIn];
        assert_eq!(event.body, EventBody::UserChanged { asked, before: None, after: None });
        assert_eq!(verdict.refused().reason, Reason::SubjectMismatch, "{user_name}");
    }
}

/// Who is not let in may be somebody else, who was given the name.
#[test]
fn the_first_subject_is_kept_of_who_is_active() {
    let inactive = User { directory_status: DirectoryStatus::Inactive, ..user() };
    for (before, kept) in [(user(), subject("sub-1")), (inactive, None)] {
        let answer = sign_in(&before, "ada@example.com", subject("sub-1")).accepted();
        assert_eq!((answer.user.id, answer.user.subject), (id(1), kept));
    }
    let new = sign_in(&user(), "new@example.com", subject("sub-1")).accepted();
    assert_eq!((new.created, new.user.subject), (true, subject("sub-1")));
}

#[test]
fn a_subject_that_was_forgotten_is_anybodys() {
    let mut state = State::default();
    let (sites, users) = (vec![Court::default().site], vec![known_as("sub-1")]);
    state.take_in(Needs::default(), Loaded { sites, users, ..Loaded::default() });
    for action in
        [changing(vec![Change::ForgetSubject]), signing_in("new@example.com", subject("sub-1"))]
    {
        let command = ask(&Caller::Operator, action);
        ask_for_the_rest(&mut state, &command);
        decide(&mut state, &Context { now: NOW, fresh_id: &|| id(99).0 }, &command).unwrap();
    }
    let saved = state.into_changes().saved_users;
    let known: Vec<_> = saved.into_iter().map(|it| (it.after.id, it.after.subject)).collect();
    assert_eq!(known, [(id(1), None), (id(99), subject("sub-1"))]);
}

#[test]
fn a_connection_forgets_no_subject() {
    let verdict = Court::default().change(&okta(), &known_as("s"), vec![Change::ForgetSubject]);
    assert_eq!(verdict.refused().reason, Reason::CallerNotPermitted);
}
