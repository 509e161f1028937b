//! A creation with the external id of somebody else, where the site links known users: nobody comes to be known by it,
//! under whichever name they are created.

use super::court::*;
use super::town::Town;
use crate::{
    Action, Change, Command, ConnectionPolicy, Creation, CreationPolicy, Decision, DirectoryStatus,
    ExternalId, KnownUserPolicy, Reason, Refusal, SettingsChange,
};

fn external(text: &str) -> Option<ExternalId> {
    ExternalId::parse(text).unwrap()
}

/// Users 1 and 2, of whom the first is known as `X-1`.
fn town(known_users: KnownUserPolicy) -> Town {
    let mut town = Town::of(2, &[]);
    let creation = CreationPolicy::Create;
    town.site.policy = ConnectionPolicy { creation, known_users, ..ConnectionPolicy::default() };
    town.users.get_mut(&id(1)).unwrap().external_id = external("X-1");
    town
}

fn create(user_name: &str, external_id: &str) -> Command {
    let changes = vec![Change::SetExternalId(external(external_id))];
    ask(&okta(), Action::CreateUser(Creation { user_name: name(user_name), changes }))
}

/// Refused because of the external id.
fn is_taken(decided: Result<Decision, Refusal>) -> bool {
    let refusal = decided.unwrap_err();
    (refusal.reason, &*refusal.attribute) == (Reason::UserNameTaken, "external_id")
}

#[test]
fn nobody_comes_to_be_known_by_the_external_id_of_somebody_else() {
    // Whether there is an account of this name or not.
    for user_name in ["user-2", "nobody-yet"] {
        let mut town = town(KnownUserPolicy::Link);
        let before = town.users.clone();
        assert!(is_taken(town.decide(create(user_name, "X-1"))), "{user_name}");
        assert_eq!(town.users, before);
        // With regard to case, as external ids compare.
        assert!(town.decide(create(user_name, "x-1")).is_ok(), "{user_name}");
    }
    // Whoever is known by it stays so, also where somebody else is.
    let mut town = town(KnownUserPolicy::Link);
    assert!(town.decide(create("user-1", "X-1")).is_ok());
    town.users.get_mut(&id(2)).unwrap().external_id = external("X-1");
    assert!(town.decide(create("user-2", "X-1")).is_ok());
}

#[test]
fn whom_the_directory_deleted_stands_in_nobodys_way() {
    let mut town = town(KnownUserPolicy::Link);
    town.users.get_mut(&id(1)).unwrap().directory_status = DirectoryStatus::Deleted;
    assert!(town.decide(create("user-2", "X-1")).is_ok());
    assert_eq!(town.user(2).external_id, external("X-1"));
    assert!(is_taken(town.decide(create("nobody-yet", "X-1"))));
    // Whoever comes back is known as before.
    assert!(town.decide(create("user-1", "X-1")).is_ok());
}

#[test]
fn a_site_that_does_not_link_looks_at_names_alone() {
    let mut town = town(KnownUserPolicy::Refuse);
    assert!(town.decide(create("nobody-yet", "X-1")).is_ok());
}

#[test]
fn whom_nobody_creates_is_refused_alike_whoever_is_known_by_the_external_id() {
    let mut town = town(KnownUserPolicy::Link);
    town.site.policy.creation = CreationPolicy::Refuse;
    let told = |external_id| {
        let refusal = town.decide(create("nobody-yet", external_id)).unwrap_err();
        (refusal.reason, refusal.message, refusal.attribute)
    };
    let told = ["X-1", "X-9"].map(told);
    assert_eq!(told[0].0, Reason::CreationRefused);
    assert_eq!(told[0], told[1]);
    // Whoever is there already is not created.
    assert!(is_taken(town.decide(create("user-2", "X-1"))));
    assert!(town.decide(create("user-1", "X-1")).is_ok());
}

fn change(number: u128, external_id: &str) -> Command {
    let changes = vec![Change::SetExternalId(external(external_id))];
    ask(&okta(), Action::ChangeUser { user: id(number), changes })
}

#[test]
fn of_two_who_are_known_alike_one_stays_when_the_other_leaves() {
    let both = || {
        let mut town = town(KnownUserPolicy::Link);
        town.users.get_mut(&id(2)).unwrap().external_id = external("X-1");
        town
    };
    let last = || create("nobody-yet", "X-1");
    for leaving in [1, 2] {
        let staying = 3 - leaving;
        let delete = ask(&crate::Caller::Operator, Action::DeleteUser { user: id(leaving) });
        for leave in [change(leaving, "X-2"), delete] {
            // Whether a command is about whoever stays, or none.
            for others in [vec![], vec![change(staying, "X-1")]] {
                let mut commands = vec![leave.clone()];
                commands.extend(others.iter().cloned());
                commands.push(last());
                let mut decided = both().decide_all(&commands);
                assert!(is_taken(decided.pop().unwrap()), "{leaving}: {leave:?} {others:?}");
            }
        }
        let commands = [change(leaving, "X-2"), change(staying, "X-3"), last()];
        assert!(both().decide_all(&commands)[2].is_ok(), "then nobody is known by it");
    }
    // Somebody else comes to be known by it before whoever was leaves.
    let mut town = town(KnownUserPolicy::Link);
    let decided = town.decide_all(&[change(2, "X-1"), change(1, "X-2"), last()]);
    assert!(is_taken(decided.into_iter().next_back().unwrap()));
}

#[test]
fn of_many_who_are_known_alike_some_stay_whom_nobody_looked_for() {
    for alike in 3..=5 {
        let known = || {
            let mut town =
                Town { users: Town::of(alike, &[]).users, ..town(KnownUserPolicy::Link) };
            town.users.values_mut().for_each(|user| user.external_id = external("X-1"));
            town
        };
        let leave = (1..alike).map(|number| change(number, &format!("Y-{number}")));
        let mut town = known();
        let decided =
            town.decide_all(&leave.chain([create("nobody-yet", "X-1")]).collect::<Vec<_>>());
        assert!(is_taken(decided.into_iter().next_back().unwrap()), "{alike}");
        // The next command looks anew.
        assert!(is_taken(town.decide(create("nobody-yet", "X-1"))), "{alike}");
        town.decide(change(alike, "Y")).unwrap();
        assert!(town.decide(create("nobody-yet", "X-1")).is_ok(), "{alike}");
    }
}

#[test]
fn what_an_earlier_command_left_counts() {
    let mut town = town(KnownUserPolicy::Link);
    let decided = town.decide_all(&[
        create("user-2", "X-1"),
        change(1, "X-2"),
        create("user-2", "X-1"),
        create("user-1", "X-1"),
        create("nobody-yet", "X-1"),
        ask(&crate::Caller::Operator, Action::DeleteUser { user: id(2) }),
        create("nobody-yet", "X-1"),
    ]);
    let accepted: Vec<_> = decided.iter().map(Result::is_ok).collect();
    assert_eq!(accepted, [false, true, true, false, false, true, true]);

    // Nobody has looked for whom the site did not link when the commands came.
    let mut town = self::town(KnownUserPolicy::Refuse);
    let links =
        SettingsChange { known_users: Some(KnownUserPolicy::Link), ..SettingsChange::default() };
    let decided = town.decide_all(&[
        ask(&crate::Caller::Operator, Action::UpdateSettings(links)),
        create("user-2", "X-1"),
    ]);
    assert_eq!(decided[1].as_ref().unwrap_err().reason, Reason::UserNameTaken);
    assert!(is_taken(town.decide(create("user-2", "X-1"))));
}
