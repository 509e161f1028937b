//! The law beside a slow and obvious model of it: who is active, who is held until when, and that
//! somebody stays in charge, over long runs of what anybody may ask while time passes.

use super::court::*;
use crate::{
    Action, Caller, Change, Context, DirectoryStatus, HoldExpiration, Loaded, Needs, RefusalPolicy,
    Role, State, Timestamp, User, decide,
};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

const USERS: u128 = 3;
const HOLDS: [&str; 2] = ["legal", "security"];

/// What somebody asks about a user.
#[derive(Debug, Clone)]
enum Step {
    /// By the operator, or by the directory.
    SetRole { by_directory: bool, role: Role },
    /// By the directory.
    SetActive(bool),
    /// By the operator: for so long, or for good.
    Place { name: &'static str, ttl: Option<i64> },
    /// By the operator, or in vain by the directory.
    Lift { by_directory: bool, name: &'static str },
    /// By the core.
    LiftExpired,
    /// By the operator.
    Delete,
}

/// All that the model knows of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    active: bool,
    role: Role,
    /// Each with its end.
    holds: BTreeMap<&'static str, Option<i64>>,
}

type Model = BTreeMap<u128, Person>;

fn in_charge(model: &Model) -> usize {
    let is =
        |person: &&Person| person.role == Role::Admin && person.active && person.holds.is_empty();
    model.values().filter(is).count()
}

/// What becomes of everybody: each step by itself, and none that takes the last one out of charge.
fn after(model: &Model, number: u128, step: &Step, now: i64) -> Model {
    let mut next = model.clone();
    let Some(person) = next.get_mut(&number) else { return next };
    match step {
        Step::SetRole { role, .. } => person.role = *role,
        Step::SetActive(active) => person.active = *active,
        Step::Place { name, ttl } => {
            person.holds.insert(name, ttl.map(|span| now + span));
        }
        Step::Lift { by_directory: true, .. } => {}
        Step::Lift { by_directory: false, name } => {
            person.holds.remove(name);
        }
        Step::LiftExpired => person.holds.retain(|_, end| end.is_none_or(|end| end > now)),
        Step::Delete => {
            next.remove(&number);
        }
    }
    if in_charge(model) > 0 && in_charge(&next) == 0 { model.clone() } else { next }
}

fn asked(number: u128, step: &Step) -> (Caller, Action) {
    let by = |directory: &bool| if *directory { okta() } else { Caller::Operator };
    let (caller, change) = match step {
        Step::SetRole { by_directory, role } => (by(by_directory), Change::SetRole(*role)),
        Step::SetActive(active) => (okta(), set_active(*active)),
        Step::Place { name, ttl } => {
            let (name, note) = (hold_name(name), String::new());
            let expiration = ttl.map(HoldExpiration::After);
            (Caller::Operator, Change::PlaceHold { name, note, expiration })
        }
        Step::Lift { by_directory, name } => (by(by_directory), lift(name)),
        Step::LiftExpired => (Caller::Core, Change::LiftExpiredHolds),
        Step::Delete => return (Caller::Operator, Action::DeleteUser { user: id(number) }),
    };
    (caller, Action::ChangeUser { user: id(number), changes: vec![change] })
}

fn seen(user: &User) -> Person {
    let end = |hold: &crate::Hold| hold.expires_at.map(|at| at.0);
    let name = |hold: &crate::Hold| HOLDS.into_iter().find(|name| *name == hold.name.as_str());
    Person {
        active: user.directory_status == DirectoryStatus::Active,
        role: user.role,
        holds: user.holds.iter().map(|hold| (name(hold).unwrap(), end(hold))).collect(),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let role = || select(Role::ALL.to_vec());
    let name = || select(HOLDS.to_vec());
    prop_oneof![
        4 => (any::<bool>(), role())
            .prop_map(|(by_directory, role)| Step::SetRole { by_directory, role }),
        3 => any::<bool>().prop_map(Step::SetActive),
        4 => (name(), proptest::option::of(1..6_i64))
            .prop_map(|(name, ttl)| Step::Place { name, ttl }),
        3 => (any::<bool>(), name())
            .prop_map(|(by_directory, name)| Step::Lift { by_directory, name }),
        4 => Just(Step::LiftExpired),
        1 => Just(Step::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_law_does_what_the_model_does(
        steps in proptest::collection::vec((0..USERS, step(), 0..3_i64), 1..60),
        roles in proptest::collection::vec(select(Role::ALL.to_vec()), USERS as usize),
    ) {
        let people = (0..USERS).zip(&roles).map(|(number, role)| User {
            id: id(number),
            user_name: name(&format!("user-{number}")),
            ..with_role(*role)
        });
        let people: Vec<_> = people.collect();
        let mut model: Model = (0..USERS).zip(people.iter().map(seen)).collect();
        let mut state = State::default();
        let loaded = Loaded {
            sites: vec![Court::open(RefusalPolicy::Notice).site],
            users: people,
            active_admins: vec![(SITE, in_charge(&model) as u64)],
            ..Loaded::default()
        };
        state.take_in(Needs::default(), loaded);
        let mut now = NOW.0;
        for (number, step, passed) in steps {
            now += passed;
            let (caller, action) = asked(number, &step);
            let context = Context { now: Timestamp(now), fresh_id: &|| id(99).0 };
            let answer = decide(&mut state, &context, &ask(&caller, action));
            let expected = after(&model, number, &step, now);
            if let Ok(answer) = &answer {
                prop_assert_eq!(answer.changed, expected != model, "{:?}", step);
            } else {
                prop_assert_eq!(&expected, &model, "refused: {:?} {:?}", step, answer);
            }
            model = expected;
            for number in 0..USERS {
                let found = state.user(SITE, id(number)).map(seen);
                prop_assert_eq!(found.as_ref(), model.get(&number), "after {:?}", step);
            }
            prop_assert_eq!(state.active_admins[&SITE], in_charge(&model) as u64);
        }
    }
}
