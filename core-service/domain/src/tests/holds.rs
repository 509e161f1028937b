//! Law 1: holds are placed and lifted by the operator, never by a connection, and stand whatever
//! the directory says.

use super::court::*;
use crate::{
    Caller, Change, Changes, ConnectionPolicy, DirectoryStatus, Expiration, Hold, HoldNote, Reason,
    Saved, Timestamp, User,
};

/// Places a hold that ends, or gives one that stands another end.
fn end(name: &str, expiration: Option<Expiration>) -> Change {
    Change::PlaceHold { name: hold_name(name), note: HoldNote(String::new()), expiration }
}

fn ending(name: &str, at: i64) -> Hold {
    Hold { expires_at: Some(Timestamp(at)), ..hold(name) }
}

#[test]
fn the_operator_places_and_lifts() {
    let court = Court::default();
    let answer = court.change(&Caller::Operator, &user(), vec![place("legal")]).accepted();
    let held = answer.user;
    assert!(!held.is_active());
    assert_eq!(held.directory_status, DirectoryStatus::Active);
    let [placed] = held.holds.as_slice() else { panic!("one hold: {:?}", held.holds) };
    assert_eq!((placed.name.as_str(), placed.owner.as_str()), ("legal", "operator"));
    assert_eq!((placed.note.as_str(), placed.placed_at), ("why", NOW));

    let answer = court.change(&Caller::Operator, &held, vec![lift("legal")]).accepted();
    assert!(answer.user.is_active());
    assert_eq!(answer.user.holds, []);
}

#[test]
fn a_connection_neither_places_nor_lifts() {
    let held = held_by(user(), &["manual", "legal"]);
    for (user, change, reason) in [
        (user(), place("legal"), Reason::CallerNotPermitted),
        (held.clone(), place("other"), Reason::CallerNotPermitted),
        (held.clone(), lift("legal"), Reason::HoldNotOwned),
        (held.clone(), lift("manual"), Reason::HoldNotOwned),
        (held.clone(), Change::Activate, Reason::HoldNotOwned),
    ] {
        // Whatever becomes of other refusals: no identity provider asks for this by mistake.
        for refusals in REFUSALS {
            let changes = vec![set_title("Countess"), change.clone()];
            let refusal = Court::open(refusals).change(&okta(), &user, changes).refused();
            let told = (refusal.reason, refusal.attribute.as_str());
            assert_eq!(told, (reason, "holds"), "{change:?}");
        }
    }
}

#[test]
fn a_manual_deactivation_survives_every_word_of_the_directory() {
    let held = held_by(user(), &["manual"]);
    for change in [set_active(true), replace(Some(true), None), replace(None, None)] {
        for refusals in REFUSALS {
            let answer =
                Court::open(refusals).change(&okta(), &held, vec![change.clone()]).accepted();
            assert_eq!(answer.user.holds, held.holds, "{change:?}");
            assert!(!answer.user.is_active(), "{change:?}");
            assert!(!answer.changed, "{change:?}");
        }
    }
}

#[test]
fn who_asks_for_an_open_account_hears_which_hold_keeps_it_shut() {
    let held = held_by(user(), &["legal", "security"]);
    for (caller, change) in [
        (okta(), set_active(true)),
        (okta(), replace(Some(true), None)),
        (Caller::Operator, set_active(true)),
        (Caller::Operator, Change::Activate),
    ] {
        let verdict = Court::default().change(&caller, &held, vec![change.clone()]);
        // It explains the state; nothing was asked that the ledger would have to keep.
        assert_eq!(verdict.event, None, "{change:?}");
        let answer = verdict.accepted();
        assert_eq!(answer.told(), [(Reason::HoldInForce, "active")], "{change:?}");
        let message = &answer.notices[0].message;
        assert!(message.contains("legal") && message.contains("operator"), "{message}");
    }
    for change in [set_active(false), replace(None, None), set_title("x")] {
        let answer = Court::default().change(&okta(), &held, vec![change.clone()]).accepted();
        assert_eq!(answer.told(), [], "nobody asked for an active account: {change:?}");
    }
}

/// In what state, with connections on or off, activating leaves which state.
#[test]
fn activating_lifts_the_manual_hold_and_speaks_for_the_directory_only_where_nobody_else_does() {
    let inactive = DirectoryStatus::Inactive;
    let active = DirectoryStatus::Active;
    for (enabled, status, holds, left_status, left_holds, told) in [
        (true, active, &["manual"][..], active, &[][..], None),
        (true, active, &["manual", "legal"], active, &["legal"], Some(Reason::HoldInForce)),
        (true, active, &["legal"], active, &["legal"], Some(Reason::HoldInForce)),
        (true, inactive, &["manual"], inactive, &[], Some(Reason::DirectoryInactive)),
        (true, inactive, &[], inactive, &[], Some(Reason::DirectoryInactive)),
        (true, active, &[], active, &[], None),
        (false, inactive, &["manual"], active, &[], None),
        (false, inactive, &[], active, &[], None),
        (false, inactive, &["legal"], active, &["legal"], Some(Reason::HoldInForce)),
    ] {
        let court = Court::with(ConnectionPolicy { enabled, ..ConnectionPolicy::default() });
        let mut before = held_by(user(), holds);
        before.directory_status = status;
        let case = format!("connections {enabled}, {status:?}, {holds:?}");
        let verdict = court.change(&Caller::Operator, &before, vec![Change::Activate]);
        let after = verdict.accepted();
        let names: Vec<_> = after.user.holds.iter().map(|hold| hold.name.as_str()).collect();
        assert_eq!(
            (after.user.directory_status, names.as_slice()),
            (left_status, left_holds),
            "{case}"
        );
        let reasons: Vec<_> = after.notices.iter().map(|notice| notice.reason).collect();
        assert_eq!(reasons, told.into_iter().collect::<Vec<_>>(), "{case}");
    }
}

#[test]
fn placing_what_stands_and_lifting_what_does_not_change_nothing() {
    let court = Court::default();
    let held = held_by(user(), &["legal"]);
    let noted = User { holds: vec![Hold { note: "why".to_owned(), ..hold("legal") }], ..user() };
    for (user, change) in [
        (&noted, place("legal")),
        (&noted, end("legal", None)),
        (&held, lift("security")),
        (&held, Change::LiftExpiredHolds),
        (&user(), lift("legal")),
        (&user(), Change::Activate),
    ] {
        let verdict = court.change(&Caller::Operator, user, vec![change.clone()]);
        assert_eq!(verdict.event, None, "{change:?}");
        let answer = verdict.accepted();
        assert!(!answer.changed, "{change:?}");
        // Also the time at which it was placed.
        assert_eq!(answer.user, *user, "{change:?}");
    }
    // A connection that lifts what does not stand asks for nothing.
    let answer = court.change(&okta(), &user(), vec![lift("legal")]).accepted();
    assert_eq!((answer.changed, answer.told()), (false, vec![]));
}

#[test]
fn several_holds_are_lifted_one_by_one() {
    let held = held_by(user(), &["legal", "manual", "security"]);
    let court = Court::default();
    let two = court.change(&Caller::Operator, &held, vec![lift("manual")]).accepted().user;
    assert_eq!(
        two,
        User { version: 4, updated_at: NOW, ..held_by(user(), &["legal", "security"]) }
    );
    let none = vec![lift("security"), lift("legal")];
    assert!(court.change(&Caller::Operator, &two, none).accepted().user.is_active());
}

#[test]
fn a_user_has_only_so_many_holds() {
    let names: Vec<String> = (0..33).map(|number| format!("hold-{number}")).collect();
    let (court, operator) = (Court::default(), Caller::Operator);
    let places: Vec<_> = names.iter().map(|name| place(name)).collect();
    let held = court.change(&operator, &user(), places[..32].to_vec()).accepted().user;
    let refusal = court.change(&operator, &held, vec![places[32].clone()]).refused();
    assert_eq!((refusal.reason, refusal.attribute.as_str()), (Reason::LimitExceeded, "holds"));
    let again = court.change(&operator, &held, vec![places[0].clone()]).accepted();
    assert!(!again.changed, "it stands already");
    let other = vec![lift("hold-0"), places[32].clone()];
    assert_eq!(court.change(&operator, &held, other).accepted().user.holds.len(), 32);
}

#[test]
fn a_hold_that_stands_gets_another_note_and_end_and_keeps_owner_and_time() {
    let court = Court::default();
    let standing = Hold { owner: "service:guard".to_owned(), ..hold("legal") };
    let held = User { holds: vec![standing.clone(), hold("manual")], ..user() };
    let expiration = Some(Expiration::After(500));
    let changes = vec![place("legal"), end("legal", expiration)];
    let answer = court.change(&Caller::Operator, &held, changes).accepted();
    let expires_at = Some(Timestamp(NOW.0 + 500));
    let renewed = Hold { note: "why".to_owned(), expires_at, ..standing };
    assert_eq!(answer.user.holds, [renewed, hold("manual")]);
    assert_eq!(answer.user.next_hold_expiry(), expires_at);
    // Without an end it stands for good.
    let answer = court.change(&Caller::Operator, &answer.user, vec![end("legal", None)]).accepted();
    assert_eq!((answer.user.holds[0].note.as_str(), answer.user.next_hold_expiry()), ("why", None));
}

#[test]
fn the_core_lifts_what_has_expired_and_nothing_else() {
    let court = Court::default();
    let before = User {
        holds: vec![ending("a", NOW.0 - 1), ending("b", NOW.0), ending("c", NOW.0 + 1), hold("d")],
        directory_status: DirectoryStatus::Inactive,
        ..user()
    };
    let verdict = court.change(&Caller::Core, &before, vec![Change::LiftExpiredHolds]);
    let event = verdict.event.as_ref().unwrap();
    assert_eq!((event.caller.to_string().as_str(), event.notices.len()), ("core", 0));
    let answer = verdict.accepted();
    assert_eq!(answer.user.holds, [ending("c", NOW.0 + 1), hold("d")]);
    assert_eq!(answer.user.directory_status, DirectoryStatus::Inactive, "that is not the core's");
    let again = court.change(&Caller::Core, &answer.user, vec![Change::LiftExpiredHolds]);
    assert_eq!(again.event, None);
    // Until it is lifted, a hold is in force.
    let late = court.change(&okta(), &before, vec![set_active(true)]).accepted();
    assert!(!late.user.is_active() && late.user.holds.len() == 4);
}

#[test]
fn a_new_end_of_a_hold_is_known_from_what_is_kept() {
    for (before, after, sets) in [
        (Some(vec![]), vec![], false),
        (Some(vec![]), vec![hold("a")], false),
        (Some(vec![]), vec![hold("a"), ending("b", 5)], true),
        (None, vec![ending("a", 5)], true),
        (None, vec![], false),
        (Some(vec![ending("a", 5)]), vec![ending("a", 5)], false),
        (Some(vec![ending("a", 5)]), vec![ending("a", 9)], true),
        (Some(vec![ending("a", 5)]), vec![], false),
        (Some(vec![ending("a", 5), ending("b", 9)]), vec![ending("b", 9)], true),
    ] {
        let held = |holds: &Vec<Hold>| User { holds: holds.clone(), ..user() };
        let saved = Saved { before: before.as_ref().map(held), after: held(&after) };
        let changes = Changes { saved_users: vec![saved], ..Changes::default() };
        assert_eq!(changes.sets_hold_expiry(), sets, "{before:?} {after:?}");
    }
    assert!(!Changes::default().sets_hold_expiry());
}

/// Another core's clock may be ahead.
#[test]
fn a_decision_is_later_than_the_last_one_of_its_site() {
    let mut court = Court::default();
    for (last, moment) in
        [(None, NOW.0), (Some(NOW.0 - 1), NOW.0), (Some(NOW.0 + 500), NOW.0 + 501)]
    {
        court.site.last_event_at = last.map(Timestamp);
        let verdict = court.change(&Caller::Operator, &user(), vec![set_title("Countess")]);
        assert_eq!(verdict.event.as_ref().map(|event| event.at), Some(Timestamp(moment)));
        assert_eq!(verdict.accepted().user.updated_at, Timestamp(moment));
    }
}
