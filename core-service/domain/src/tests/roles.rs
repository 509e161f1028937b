//! Law 2 and 3: every step between roles, under every setting of the switches, by every caller
//! and by every path.

use super::court::*;
use crate::{
    Caller, Change, ConnectionPolicy, CreationPolicy, Outcome, Reason, RefusalPolicy, Role,
};
use Role::{Admin, Moderator, Registered};

/// Whether a connection may take the step: with neither switch open, with
/// `allow_moderator_promotion` only, with `allow_admin_promotion` only, with both.
const STEPS: [(Role, Role, [bool; 4]); 9] = [
    (Registered, Registered, [true, true, true, true]),
    (Registered, Moderator, [false, true, false, true]),
    (Registered, Admin, [false, false, true, true]),
    (Moderator, Registered, [false, true, false, true]),
    (Moderator, Moderator, [true, true, true, true]),
    (Moderator, Admin, [false, false, false, true]),
    (Admin, Registered, [false, false, true, true]),
    (Admin, Moderator, [false, false, false, true]),
    (Admin, Admin, [true, true, true, true]),
];

/// `allow_moderator_promotion` and `allow_admin_promotion`, in the order of the table.
const SWITCHES: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

/// The sentence of the law: for every privileged role that is left or entered, that role's switch
/// is open. These are the reasons that may be given when it is not.
fn closed_by_the_sentence(from: Role, to: Role, (moderator, admin): (bool, bool)) -> Vec<Reason> {
    let switches = [
        (Moderator, moderator, Reason::ModeratorPromotionClosed),
        (Admin, admin, Reason::AdminPromotionClosed),
    ];
    let left_or_entered = |role: Role| from != to && (role == from || role == to);
    switches
        .into_iter()
        .filter(|(role, open, _)| left_or_entered(*role) && !open)
        .map(|(_, _, reason)| reason)
        .collect()
}

fn court((moderator, admin): (bool, bool), refusals: RefusalPolicy) -> Court {
    Court::with(ConnectionPolicy {
        allow_moderator_promotion: moderator,
        allow_admin_promotion: admin,
        creation: CreationPolicy::Create,
        refusals,
        ..ConnectionPolicy::default()
    })
}

#[test]
fn the_table_and_the_sentence_say_the_same() {
    for (from, to, admitted) in STEPS {
        for (switches, admitted) in SWITCHES.into_iter().zip(admitted) {
            let closed = closed_by_the_sentence(from, to, switches);
            assert_eq!(closed.is_empty(), admitted, "{from:?} to {to:?}, {switches:?}");
        }
    }
    for from in Role::ALL {
        for to in Role::ALL {
            assert_eq!(STEPS.iter().filter(|step| (step.0, step.1) == (from, to)).count(), 1);
        }
    }
}

#[test]
fn every_step_is_admitted_or_refused_as_the_table_says() {
    for (from, to, admitted) in STEPS {
        for (switches, admitted) in SWITCHES.into_iter().zip(admitted) {
            for caller in callers() {
                for refusals in REFUSALS {
                    for path in [Change::SetRole(to), replace(None, Some(to))] {
                        let case = format!(
                            "{caller} from {from:?} by {path:?} with {switches:?} and {refusals:?}"
                        );
                        let court = court(switches, refusals);
                        let changes = vec![path, set_title("Countess")];
                        let verdict = court.change(&caller, &with_role(from), changes);
                        if admitted || caller == Caller::Operator {
                            assert_taken(verdict, from, to, &case);
                        } else {
                            let closed = closed_by_the_sentence(from, to, switches);
                            assert_not_taken(verdict, from, &closed, refusals, &case);
                        }
                    }
                }
            }
        }
    }
}

fn assert_taken(verdict: Verdict, from: Role, to: Role, case: &str) {
    let event = verdict.event.as_ref().unwrap();
    assert_eq!(event.outcome, Outcome::Accepted, "{case}");
    let left = shown_after(event).unwrap().role;
    assert_eq!(left, (from != to).then_some(to), "{case}");
    let answer = verdict.accepted();
    assert_eq!((answer.user.role, title(&answer.user)), (to, Some("Countess")), "{case}");
    assert_eq!(answer.told(), [], "{case}");
}

fn assert_not_taken(
    verdict: Verdict,
    from: Role,
    closed: &[Reason],
    refusals: RefusalPolicy,
    case: &str,
) {
    let event = verdict.event.as_ref().unwrap();
    assert!(closed.contains(&event.notices[0].reason), "{case}");
    match refusals {
        RefusalPolicy::Reject => {
            assert_eq!(event.outcome, Outcome::Refused, "{case}");
            assert_eq!((shown_before(event), shown_after(event)), (None, None), "{case}");
            let refusal = verdict.refused();
            assert!(closed.contains(&refusal.reason), "{case}");
            assert_eq!(refusal.attribute, "role", "{case}");
        }
        RefusalPolicy::Notice => {
            assert_eq!(event.outcome, Outcome::PartlyAccepted, "{case}");
            let answer = verdict.accepted();
            // The rest of the request is in force.
            assert_eq!((answer.user.role, title(&answer.user)), (from, Some("Countess")), "{case}");
            assert_eq!(answer.notices.len(), 1, "{case}");
            assert!(closed.contains(&answer.notices[0].reason), "{case}");
            assert_eq!(answer.notices[0].attribute, "role", "{case}");
        }
    }
}

#[test]
fn a_user_is_created_with_a_role_that_a_step_from_registered_would_reach() {
    for to in Role::ALL {
        for switches in SWITCHES {
            let closed = closed_by_the_sentence(Registered, to, switches);
            for refusals in REFUSALS {
                let court = court(switches, refusals);
                let case = format!("{to:?} with {switches:?} and {refusals:?}");
                let changes = || vec![replace(None, Some(to))];
                let by_operator = court.create(&Caller::Operator, "eve", changes()).accepted();
                assert_eq!(by_operator.user.role, to, "{case}");
                let by_connection = court.create(&okta(), "eve", changes());
                if closed.is_empty() {
                    assert_eq!(by_connection.accepted().user.role, to, "{case}");
                } else if refusals == RefusalPolicy::Reject {
                    assert!(closed.contains(&by_connection.refused().reason), "{case}");
                } else {
                    let answer = by_connection.accepted();
                    assert_eq!((answer.created, answer.user.role), (true, Registered), "{case}");
                    assert!(closed.contains(&answer.notices[0].reason), "{case}");
                }
            }
        }
    }
}

/// Two steps in one request are two steps: neither borrows the other's switch.
#[test]
fn a_closed_step_is_not_reached_by_way_of_another_role() {
    let moderators_only = court((true, false), RefusalPolicy::Notice);
    let by_way = vec![Change::SetRole(Moderator), Change::SetRole(Admin)];
    let answer = moderators_only.change(&okta(), &user(), by_way).accepted();
    assert_eq!(answer.user.role, Moderator);
    assert_eq!(answer.told(), [(Reason::AdminPromotionClosed, "role")]);
}

#[test]
fn a_refused_promotion_never_blocks_a_deactivation() {
    for changes in [
        vec![Change::SetRole(Admin), set_active(false)],
        vec![set_active(false), Change::SetRole(Admin)],
        vec![replace(Some(false), Some(Admin))],
    ] {
        let answer = Court::default().change(&okta(), &user(), changes).accepted();
        assert!(!answer.user.is_active());
        assert_eq!(answer.user.role, Registered);
        assert_eq!(answer.told(), [(Reason::AdminPromotionClosed, "role")]);
    }
}
