//! What holds for every decision, whoever asks whatever of whomever.

use super::court::*;
use super::generated;
use crate::{
    Action, Caller, Change, Event, Outcome, Reason, RefusalPolicy, Timestamp, User, Value,
};
use proptest::prelude::*;

const LATER: Timestamp = Timestamp(3_000);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_change_asked_for_twice_is_asked_for_once(
        before in generated::user(),
        change in generated::change(),
        caller in generated::caller(),
        policy in generated::policy(),
        others in 0..2_u64,
    ) {
        let mut court = Court { other_active_admins: others, ..Court::with(policy) };
        let Ok(once) = court.change(&caller, &before, vec![change.clone()]).answer else {
            return Ok(());
        };
        court.now = LATER;
        let twice = match court.change(&caller, &once.user, vec![change]).answer {
            Ok(twice) => twice,
            // What was selected once may have been changed so that it is not selected any more.
            Err(refusal) => {
                prop_assert_eq!(refusal.reason, Reason::NoTarget);
                return Ok(());
            }
        };
        prop_assert!(!twice.changed, "{:?}", twice.user);
        prop_assert_eq!(twice.user, once.user);
    }

    /// A full sync that repeats itself writes nothing, whatever is refused in it.
    #[test]
    fn what_is_asked_again_is_not_written_again(
        before in generated::user(),
        changes in proptest::collection::vec(generated::change(), 0..4),
        caller in generated::caller(),
        policy in generated::policy(),
        others in 0..2_u64,
    ) {
        let court = Court { other_active_admins: others, ..Court::with(policy) };
        let mut user = before;
        // The first time may change the user, and the second what is refused because of that.
        for _ in 0..3 {
            let Ok(answer) = court.change(&caller, &user, changes.clone()).answer else {
                return Ok(());
            };
            user = answer.user;
        }
        let again = court.change(&caller, &user, changes);
        let told = again.answer.is_ok_and(|answer| !answer.changed);
        prop_assert!(!told || again.event.is_none(), "{:?}", again.event);
    }

    #[test]
    fn every_verdict_is_sound(
        before in generated::user(),
        ask in generated::ask(),
        policy in generated::policy(),
        others in 0..2_u64,
    ) {
        let court = Court { other_active_admins: others, ..Court::with(policy) };
        let Verdict { answer, event } = court.decide(Some(&before), &ask);
        match &answer {
            Ok(answer) => {
                check_version(&before, answer)?;
                check_event(answer, event.as_ref())?;
                check_holds(&before, answer, &ask.caller)?;
                // Whoever was in charge alone still is.
                let in_charge = answer.user.is_active_admin() && !answer.deleted;
                prop_assert!(others > 0 || !before.is_active_admin() || in_charge);
                check_leniency(&court, answer, &ask.caller, &ask.action)?;
            }
            Err(refusal) => {
                prop_assert_eq!(event.is_some(), refusal.reason.is_judgement());
                prop_assert!(event.as_ref().is_none_or(|event| event.outcome == Outcome::Refused
                    && shown_before(event).is_none() && shown_after(event).is_none()));
                prop_assert!(!refusal.message.is_empty());
            }
        }
    }

    /// The same question always has the same answer.
    #[test]
    fn the_law_is_a_function(
        before in generated::user(),
        ask in generated::ask(),
        policy in generated::policy(),
    ) {
        let court = Court::with(policy);
        let [one, other] = [(), ()].map(|()| court.decide(Some(&before), &ask));
        prop_assert_eq!(one, other);
    }
}

type Checked = Result<(), TestCaseError>;

fn check_version(before: &User, answer: &Decided) -> Checked {
    if answer.deleted || !answer.changed {
        let recorded_refusals = before.recorded_refusals.clone();
        prop_assert_eq!(&User { recorded_refusals, ..answer.user.clone() }, before);
        return Ok(());
    }
    let moved = User {
        version: before.version,
        updated_at: before.updated_at,
        recorded_refusals: before.recorded_refusals.clone(),
        ..answer.user.clone()
    };
    prop_assert!(moved != *before, "something else than version and time changed");
    prop_assert_eq!(answer.user.version, before.version + 1);
    prop_assert_eq!(answer.user.updated_at, NOW);
    prop_assert_eq!(answer.user.created_at, before.created_at);
    prop_assert_eq!((answer.user.site, answer.user.id), (before.site, before.id));
    Ok(())
}

fn check_event(answer: &Decided, event: Option<&Event>) -> Checked {
    let recorded = answer.notices.iter().any(|notice| notice.reason.is_recorded());
    prop_assert_eq!(event.is_some(), answer.changed || recorded);
    let Some(event) = event else { return Ok(()) };
    let outcome = match (answer.changed, recorded) {
        (true, false) => Outcome::Accepted,
        (true, true) => Outcome::PartlyAccepted,
        (false, _) => Outcome::Refused,
    };
    prop_assert_eq!(event.outcome, outcome);
    prop_assert_eq!(event.user, Some(answer.user.id));
    prop_assert_eq!(&event.notices, &answer.notices);
    prop_assert_eq!(shown_before(event).is_some(), answer.changed);
    prop_assert_eq!(shown_after(event).is_some(), answer.changed && !answer.deleted);
    Ok(())
}

fn check_holds(before: &User, answer: &Decided, caller: &Caller) -> Checked {
    if *caller != Caller::Operator {
        prop_assert_eq!(&answer.user.holds, &before.holds);
    }
    let mut names: Vec<_> = answer.user.holds.iter().map(|hold| hold.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    prop_assert_eq!(names.len(), answer.user.holds.len(), "a hold stands once");
    for value in answer.user.profile.attributes.values() {
        prop_assert!(!value.is_empty());
        let Value::List(list) = value else { continue };
        prop_assert!(list.iter().filter(|element| element.is_primary()).count() <= 1);
    }
    Ok(())
}

/// Without leniency a notice never tells of something refused: that would have been an error.
fn check_leniency(court: &Court, answer: &Decided, caller: &Caller, action: &Action) -> Checked {
    if is_lenient(caller, court.site.policy.refusals) {
        return Ok(());
    }
    let ignored = match action {
        Action::ChangeUser { changes, .. } => {
            let ignored = |change: &&Change| match change {
                Change::Ignored(notice) => notice.reason != Reason::RoleUnknown,
                _ => false,
            };
            changes.iter().filter(ignored).count()
        }
        _ => 0,
    };
    let told = answer.notices.iter().filter(|notice| notice.reason.is_recorded()).count();
    prop_assert_eq!(told, ignored, "{:?}", RefusalPolicy::Reject);
    Ok(())
}
