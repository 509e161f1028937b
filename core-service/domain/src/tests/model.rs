//! The law beside a slow and obvious model of it: who is active, who is held by whom until when, what a
//! service may do, what was asked before under the same id, and that somebody stays in charge, over long runs of what anybody may ask while time
//! passes.

use super::court::*;
use crate::{
    AccessAction, Action, Caller, Change, Command, Context, DirectoryStatus, Expiration, Grant,
    GrantScope, Grants, HoldNote, Loaded, Needs, Permission, RefusalPolicy, RequestClaim,
    RequestId, Role, Service, ServiceCaller, ServiceName, Site, SiteId, State, Timestamp, TokenId,
    User, decide,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::{BTreeMap, BTreeSet};

const USERS: u128 = 3;
const HOLDS: [&str; 2] = ["legal", "security"];
const HERE: GrantScope = GrantScope::Site(SITE);
/// What a step may take of a service.
const PERMISSIONS: [Permission; 5] = [
    Permission::ChangeStatus,
    Permission::PlaceHolds,
    Permission::ChangeRoles,
    Permission::DeleteUsers,
    Permission::LiftHolds,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Operator,
    Directory,
    Service,
}

/// What somebody asks about a user.
#[derive(Debug, Clone)]
enum Step {
    SetRole(Role),
    SetActive(bool),
    /// For so long, or for good.
    Place {
        name: &'static str,
        ttl: Option<i64>,
    },
    Lift(&'static str),
    Delete,
}

/// What happens.
#[derive(Debug, Clone)]
enum Happening {
    /// Somebody asks about a user, with an id of the request or without.
    Asked(Who, u128, Step, Option<u8>),
    /// The core lifts the holds of a user whose time has come.
    LiftExpired(u128),
    /// The operator says what the service may do, and up to which role.
    Granted(BTreeSet<Permission>, Role),
}

/// All that the model knows of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    active: bool,
    role: Role,
    /// Each with its owner and its end.
    holds: BTreeMap<&'static str, (Who, Option<i64>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Model {
    people: BTreeMap<u128, Person>,
    may: BTreeSet<Permission>,
    highest: Role,
}

fn in_charge(people: &BTreeMap<u128, Person>) -> usize {
    let is =
        |person: &&Person| person.role == Role::Admin && person.active && person.holds.is_empty();
    people.values().filter(is).count()
}

/// What becomes of everybody: each step by itself, by whom it is for, and none that takes the last one
/// out of charge.
fn after(model: &Model, happening: &Happening, now: i64) -> Model {
    let mut next = model.clone();
    match happening {
        Happening::Granted(may, highest) => {
            (next.may, next.highest) = (may.clone(), *highest);
            return next;
        }
        Happening::LiftExpired(number) => {
            if let Some(person) = next.people.get_mut(number) {
                person.holds.retain(|_, (_, end)| end.is_none_or(|end| end > now));
            }
        }
        Happening::Asked(who, number, step, _) => {
            let Some(person) = model.people.get(number) else { return next };
            if !model.admits(*who, person, step) {
                return next;
            }
            match step.apply(person.clone(), *who, now) {
                Some(person) => next.people.insert(*number, person),
                None => next.people.remove(number),
            };
        }
    }
    let nobody_is_left = in_charge(&model.people) > 0 && in_charge(&next.people) == 0;
    if nobody_is_left { model.clone() } else { next }
}

impl Model {
    fn admits(&self, who: Who, person: &Person, step: &Step) -> bool {
        let is_of_another =
            |name: &str| person.holds.get(name).is_some_and(|(owner, _)| *owner != who);
        let may = |permission| who == Who::Operator || self.may.contains(&permission);
        match (who, step) {
            (Who::Operator, _) | (Who::Directory, Step::SetRole(_) | Step::SetActive(_)) => true,
            (Who::Directory, _) => false,
            (Who::Service, Step::SetRole(role)) => {
                may(Permission::ChangeRoles)
                    && (person.role == *role || person.role.max(*role) <= self.highest)
            }
            (Who::Service, Step::SetActive(_)) => may(Permission::ChangeStatus),
            (Who::Service, Step::Place { name, .. }) => {
                may(Permission::PlaceHolds) && !is_of_another(name)
            }
            (Who::Service, Step::Lift(name)) => {
                let may_lift = may(Permission::LiftHolds) || !is_of_another(name);
                may(Permission::PlaceHolds) && may_lift
            }
            (Who::Service, Step::Delete) => may(Permission::DeleteUsers),
        }
    }
}

impl Step {
    fn apply(&self, mut person: Person, who: Who, now: i64) -> Option<Person> {
        match self {
            Self::SetRole(role) => person.role = *role,
            Self::SetActive(active) => person.active = *active,
            Self::Place { name, ttl } => {
                let owner = person.holds.get(name).map_or(who, |(owner, _)| *owner);
                person.holds.insert(name, (owner, ttl.map(|span| now + span)));
            }
            Self::Lift(name) => {
                person.holds.remove(name);
            }
            Self::Delete => return None,
        }
        Some(person)
    }
}

fn billing() -> ServiceName {
    ServiceName::parse("billing").unwrap()
}

fn token() -> TokenId {
    TokenId(id(50).0)
}

fn command(happening: &Happening) -> Command {
    let (who, number, change) = match happening {
        Happening::Granted(permissions, highest_role) => {
            let (service, permissions) = (billing(), permissions.clone());
            let action = if permissions.is_empty() {
                AccessAction::RemoveGrant { service, scope: HERE }
            } else {
                let grant = Grant { scope: HERE, permissions, highest_role: *highest_role };
                AccessAction::PutGrant { service, grant }
            };
            let site = Some(SiteId::INSTALLATION);
            return Command { site, ..ask(&Caller::Operator, Action::Access(action)) };
        }
        Happening::LiftExpired(number) => {
            let action =
                Action::ChangeUser { user: id(*number), changes: vec![Change::LiftExpiredHolds] };
            return ask(&Caller::Core, action);
        }
        Happening::Asked(who, number, step, _) => (who, id(*number), step.change()),
    };
    let action = match change {
        Some(change) => Action::ChangeUser { user: number, changes: vec![change] },
        None => Action::DeleteUser { user: number },
    };
    match who {
        Who::Operator => ask(&Caller::Operator, action),
        Who::Directory => ask(&okta(), action),
        Who::Service => {
            let caller = Caller::Service { name: billing() };
            Command { token: Some(token()), ..ask(&caller, action) }
        }
    }
}

impl Happening {
    /// By whom it is asked and under which id, and what.
    fn claim(&self) -> Option<((Who, u8), String)> {
        let Self::Asked(who, number, step, Some(request)) = self else { return None };
        Some(((*who, *request), format!("{number} {step:?}")))
    }
}

impl Step {
    /// None: it is a deletion.
    fn change(&self) -> Option<Change> {
        Some(match self {
            Self::SetRole(role) => Change::SetRole(*role),
            Self::SetActive(active) => set_active(*active),
            Self::Place { name, ttl } => {
                let (name, note) = (hold_name(name), HoldNote(String::new()));
                Change::PlaceHold {
                    name,
                    note,
                    expiration: ttl.map(|span| Expiration::After(span.unsigned_abs())),
                }
            }
            Self::Lift(name) => lift(name),
            Self::Delete => return None,
        })
    }
}

fn seen(user: &User) -> Person {
    let owner = |hold: &crate::Hold| match hold.owner.as_str() {
        "operator" => Who::Operator,
        "service:billing" => Who::Service,
        other => panic!("{other}"),
    };
    let end = |hold: &crate::Hold| hold.expires_at.map(|at| at.0);
    let name = |hold: &crate::Hold| HOLDS.into_iter().find(|name| *name == hold.name.as_str());
    let hold = |hold| (name(hold).unwrap(), (owner(hold), end(hold)));
    Person {
        active: user.directory_status == DirectoryStatus::Active,
        role: user.role,
        holds: user.holds.iter().map(hold).collect(),
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let who = select(vec![Who::Operator, Who::Directory, Who::Service, Who::Service]);
    let highest = select(vec![Role::Moderator, Role::Admin]);
    let grant = (subsequence(PERMISSIONS.to_vec(), 0..=PERMISSIONS.len()), highest);
    prop_oneof![
        12 => (who, 0..USERS, step(), proptest::option::of(0..4_u8))
            .prop_map(|(who, user, step, request)| Happening::Asked(who, user, step, request)),
        3 => (0..USERS).prop_map(Happening::LiftExpired),
        2 => grant.prop_map(|(may, highest)| {
            let changes_roles = may.contains(&Permission::ChangeRoles);
            let highest = if changes_roles { highest } else { Role::Registered };
            Happening::Granted(may.into_iter().collect(), highest)
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let name = || select(HOLDS.to_vec());
    prop_oneof![
        4 => select(Role::ALL.to_vec()).prop_map(Step::SetRole),
        3 => any::<bool>().prop_map(Step::SetActive),
        4 => (name(), proptest::option::of(1..6_i64))
            .prop_map(|(name, ttl)| Step::Place { name, ttl }),
        3 => name().prop_map(Step::Lift),
        1 => Just(Step::Delete),
    ]
}

/// These users in the site, and a service that may do nothing yet.
fn begun(people: Vec<User>, in_charge: usize) -> State {
    let site = Court::open(RefusalPolicy::Notice).site;
    let installation = Site { id: SiteId::INSTALLATION, name: String::new(), ..site.clone() };
    let service = Service {
        id: 1,
        name: billing(),
        version: 1,
        created_at: BEFORE,
        grants: Grants::default(),
        deleted_at: None,
    };
    let caller = ServiceCaller { token: token(), service: billing(), expires_at: None };
    let mut state = State::default();
    let loaded = Loaded {
        sites: vec![site, installation],
        users: people,
        active_admins: vec![(SITE, in_charge as u64)],
        services: vec![service],
        service_callers: vec![caller],
        ..Loaded::default()
    };
    state.take_in(Needs::default(), loaded);
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_law_does_what_the_model_does(
        happenings in proptest::collection::vec((happening(), 0..3_i64), 1..60),
        roles in proptest::collection::vec(select(Role::ALL.to_vec()), USERS as usize),
    ) {
        let people = (0..USERS).zip(&roles).map(|(number, role)| User {
            id: id(number),
            user_name: name(&format!("user-{number}")),
            ..with_role(*role)
        });
        let users: Vec<_> = people.collect();
        let people = (0..USERS).zip(users.iter().map(seen)).collect();
        let mut state = begun(users, in_charge(&people));
        let mut model = Model { people, may: BTreeSet::new(), highest: Role::Registered };
        // What was asked first, and whether it changed anything; none where it was refused.
        let mut kept: BTreeMap<(Who, u8), (String, Option<bool>)> = BTreeMap::new();
        let mut now = NOW.0;
        for (happening, passed) in happenings {
            now += passed;
            let context = Context { now: Timestamp(now), fresh_id: &|| id(99).0 };
            let claim = happening.claim();
            let request = claim.as_ref().map(|((_, request), fingerprint)| RequestClaim {
                id: RequestId::parse(&request.to_string()).unwrap(),
                fingerprint: fingerprint.clone(),
            });
            let command = Command { request, ..command(&happening) };
            ask_for_the_rest(&mut state, &command);
            let answer = decide(&mut state, &context, &command);
            let before = claim.as_ref().and_then(|(key, _)| kept.get(key).cloned());
            // What comes again has no effect, and neither has something else under its id.
            let expected = match before {
                Some(_) => model.clone(),
                None => after(&model, &happening, now),
            };
            match (&answer, &before, &claim) {
                (Ok(answer), Some((first, changed)), Some((_, again))) => {
                    prop_assert_eq!(first, again);
                    prop_assert_eq!(Some(answer.changed), *changed, "{:?}", happening);
                }
                (Ok(answer), ..) => {
                    prop_assert_eq!(answer.changed, expected != model, "{:?}", happening);
                }
                (Err(_), ..) => {
                    prop_assert_eq!(&expected, &model, "refused: {:?} {:?}", happening, answer);
                }
            }
            if before.is_none() && let Some((key, asked)) = claim {
                let refusal = answer.as_ref().err();
                if refusal.is_none_or(|refusal| !refusal.reason.is_of_permission()) {
                    kept.insert(key, (asked, answer.ok().map(|answer| answer.changed)));
                }
            }
            model = expected;
            for number in 0..USERS {
                let found = state.user(SITE, id(number)).map(seen);
                prop_assert_eq!(
                    found.as_ref(), model.people.get(&number), "after {:?}", happening
                );
            }
            prop_assert_eq!(state.active_admins[&SITE], in_charge(&model.people) as u64);
        }
    }
}
