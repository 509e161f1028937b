//! Law 6: all or nothing, in order; and where refusals give notice, the rest.

use super::court::*;
use crate::{
    Asked, Caller, Change, EventBody, ListOperation, Outcome, Profile, Reason, RefusalPolicy,
    Replacement, Role, Value,
};

fn numbered(number: usize) -> Value {
    element(&[("value", &format!("{number}@example.com"))], false)
}

/// Mistakes that no policy forgives, with the reason that is told.
fn mistakes() -> Vec<(Change, Reason)> {
    let long = "x".repeat(5_000);
    let crowd: Vec<_> = (0..101).map(numbered).collect();
    let emails = (attribute_name("emails"), Value::List(crowd.clone()));
    let profile = Profile { attributes: [emails].into_iter().collect() };
    let replacement = Replacement { profile, ..Replacement::default() };
    vec![
        (Change::SetUserName(name("taken@example.com")), Reason::UserNameTaken),
        (set_text("nick_name", Some(&long)), Reason::LimitExceeded),
        (edit_emails(None, ListOperation::Add(crowd.clone())), Reason::LimitExceeded),
        (edit_emails(None, ListOperation::Replace(crowd)), Reason::LimitExceeded),
        (Change::Replace(Box::new(replacement)), Reason::LimitExceeded),
    ]
}

#[test]
fn a_list_with_one_mistake_leaves_nothing() {
    for caller in callers() {
        for refusals in REFUSALS {
            for (mistake, reason) in mistakes() {
                let mut court = Court::open(refusals);
                court.taken = vec![name("taken@example.com")];
                for changes in [
                    vec![set_title("x"), Change::SetRole(Role::Moderator), mistake.clone()],
                    vec![mistake.clone(), set_title("x")],
                ] {
                    let verdict = court.change(&caller, &user(), changes);
                    assert_eq!(verdict.event, None, "a mistake is no decision");
                    assert_eq!(verdict.refused().reason, reason);
                }
            }
        }
    }
}

/// Elements are compared each with each, so a list may not outgrow its limit even for a moment.
#[test]
fn a_list_that_is_too_long_on_the_way_is_too_long() {
    let hundred =
        |from| edit_emails(None, ListOperation::Add((from..from + 100).map(numbered).collect()));
    let court = Court::default();
    let full = court.change(&okta(), &user(), vec![hundred(0), hundred(0)]).accepted().user;
    assert_eq!(full.profile.list("emails").len(), 100);
    let over = vec![hundred(0), hundred(1), edit_emails(None, ListOperation::Remove)];
    let refusal = court.change(&okta(), &user(), over).refused();
    assert_eq!((refusal.reason, refusal.attribute.as_str()), (Reason::LimitExceeded, "emails"));
}

#[test]
fn a_refused_last_change_takes_the_whole_list_with_it_or_only_itself() {
    let changes = || vec![set_title("x"), set_active(false), Change::SetRole(Role::Admin)];
    let mut strict = Court::default();
    strict.site.policy.refusals = RefusalPolicy::Reject;
    let verdict = strict.change(&okta(), &user(), changes());
    let event = verdict.event.as_ref().unwrap();
    assert_eq!(event.outcome, Outcome::Refused);
    let asked = vec![Asked::SetAttribute, Asked::SetActive, Asked::SetRole];
    assert_eq!(event.body, EventBody::UserChanged { asked, before: None, after: None });
    assert_eq!(verdict.refused().reason, Reason::AdminPromotionClosed);

    let answer = Court::default().change(&okta(), &user(), changes()).accepted();
    assert_eq!((title(&answer.user), answer.user.is_active()), (Some("x"), false));
    assert_eq!(answer.told(), [(Reason::AdminPromotionClosed, "role")]);

    let changes = vec![set_title("x"), place("legal"), Change::SetRole(Role::Registered)];
    let mut last = Court::open(RefusalPolicy::Notice);
    last.other_active_admins = 0;
    let refusal = last.change(&Caller::Operator, &with_role(Role::Admin), changes).refused();
    assert_eq!(refusal.reason, Reason::LastAdmin, "the operator is always told");
}

#[test]
fn changes_apply_in_order() {
    let changes = vec![
        set_title("first"),
        Change::Replace(Box::default()),
        set_text("nick_name", Some("Ada")),
        set_title("second"),
        set_text("nick_name", None),
    ];
    let user = Court::default().change(&okta(), &user(), changes).accepted().user;
    assert_eq!(
        user.profile.attributes,
        [(attribute_name("title"), text("second"))].into_iter().collect()
    );
    assert_eq!(user.version, 4, "one request, one version");
}

/// Every value is small enough, and the whole is not.
#[test]
fn a_profile_that_is_too_large_as_a_whole_is_refused() {
    let long = "x".repeat(4_000);
    let large =
        |number| element(&[("value", &format!("{number}@example.com")), ("display", &long)], false);
    let add = |count| edit_emails(None, ListOperation::Add((0..count).map(large).collect()));
    let court = Court::default();
    let mut known = court.change(&okta(), &user(), vec![add(16)]).accepted().user;
    let refusal = court.change(&okta(), &known, vec![add(17)]).refused();
    assert_eq!((refusal.reason, refusal.attribute.as_str()), (Reason::LimitExceeded, "profile"));
    let creation = court.create(&Caller::Operator, "bob", vec![add(17)]).refused();
    assert_eq!(creation.reason, Reason::LimitExceeded);

    // Somebody from before there was a limit stays, and does not grow.
    let emails = (attribute_name("emails"), Value::List((0..90).map(large).collect()));
    known.profile = std::sync::Arc::new(Profile { attributes: [emails].into_iter().collect() });
    let refusal = court.change(&okta(), &known, vec![set_title("x")]).refused();
    assert_eq!(refusal.attribute, "profile");
    for changes in [
        vec![set_active(false)],
        vec![edit_emails(None, ListOperation::Replace((0..80).map(large).collect()))],
        vec![edit_emails(None, ListOperation::Remove), set_title("x")],
    ] {
        assert!(court.change(&okta(), &known, changes).accepted().changed);
    }
}

#[test]
fn what_is_recorded_of_refusals_has_an_end() {
    let ignored = |attribute: String| {
        let message = String::new();
        Change::Ignored(crate::Notice {
            reason: Reason::RoleUnknown,
            attribute,
            message,
            metadata: Vec::new(),
        })
    };
    let changes = (0..1_000).map(|number| ignored(format!("{}", number % 500))).collect();
    let answer = Court::default().change(&okta(), &user(), changes).accepted();
    assert_eq!(answer.told().len(), 1_000);
    assert_eq!(answer.user.recorded_refusals.len(), 32);
}
