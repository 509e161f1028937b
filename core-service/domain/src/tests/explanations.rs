//! Whether a service would be let in to a call, and by which of its grants.

use super::court::SITE;
use crate::Permission::{
    ChangeRoles, CreateUsers, DeleteUsers, ManageAccess, ManageSettings, ReadUsers,
};
use crate::{
    AskedCall, AskingService, CallMatter, Explanation, Grant, GrantScope, Grants, MetadataKey,
    Permission, Place, Reason, Refusal, Role, ServiceAccess, ServiceName, SiteId, explain,
};

const HERE: Place<'_> = Place { scope: GrantScope::Site(SITE), name: Some("acme") };
const ELSEWHERE: Place<'_> = Place { scope: GrantScope::Site(SiteId(8)), name: Some("umbrella") };
const UNKNOWN: CallMatter<'_> = CallMatter::Unknown;

/// A grant for one site, up to Moderator where it is about roles.
fn grant(place: Place<'_>, permissions: &[Permission]) -> Grant {
    let role = permissions.contains(&ChangeRoles).then_some(Role::Moderator);
    Grant::new(place.scope, permissions.iter().copied().collect(), role).unwrap()
}

fn name(text: &str) -> ServiceName {
    ServiceName::parse(text).unwrap()
}

/// Which permission is missing in which site, where one is.
fn missing(refusal: &Refusal) -> Option<(&str, Option<&str>)> {
    let of = |key| {
        let found = refusal.metadata.iter().find(|(known, _)| *known == key);
        found.map(|(_, value)| value.as_str())
    };
    Some((of(MetadataKey::MissingPermission)?, of(MetadataKey::Site)))
}

/// What billing is told of a call about one site when it has these permissions there: what it lacks, and
/// what the call takes and whether billing has it.
fn told(
    has: &[Permission],
    access: ServiceAccess,
    matter: CallMatter<'_>,
) -> (Option<Permission>, Vec<(Permission, bool)>) {
    let (service, grants) = (name("billing"), granted(has));
    let asking = AskingService { name: &service, grants: &grants };
    let Explanation { outcome, permissions } =
        explain(asking, &AskedCall { access, place: HERE, matter });
    let lacks = outcome.err().map(|refusal| {
        assert_eq!(refusal.reason, Reason::GrantMissing, "{}", refusal.message);
        let (word, _) = missing(&refusal).unwrap();
        Permission::all().find(|permission| permission.as_str() == word).unwrap()
    });
    (lacks, permissions.into_iter().map(|(one, by)| (one, by.is_ok())).collect())
}

fn granted(permissions: &[Permission]) -> Grants {
    (!permissions.is_empty()).then(|| grant(HERE, permissions)).into_iter().collect()
}

#[test]
fn a_call_takes_what_it_asks_for() {
    use ServiceAccess::{AnyGrant, InAllSites, Permission as One};
    const STEPS: ServiceAccess = AnyGrant(&[ReadUsers, ChangeRoles]);
    let step = |from, to| CallMatter::Step(from, to);
    let enter = step(Role::Registered, Role::Moderator);
    let beyond = step(Role::Moderator, Role::Admin);
    let stay = step(Role::Admin, Role::Admin);
    for (has, access, matter, lacks, takes) in [
        (&[][..], ServiceAccess::Every, UNKNOWN, None, &[][..]),
        (&[ReadUsers], One(ReadUsers), UNKNOWN, None, &[(ReadUsers, true)]),
        (&[], One(ReadUsers), UNKNOWN, Some(ReadUsers), &[(ReadUsers, false)]),
        (&[ReadUsers], InAllSites(ReadUsers), UNKNOWN, Some(ReadUsers), &[(ReadUsers, false)]),
        // Any of these is enough, but one of them it must be.
        (
            &[ReadUsers],
            AnyGrant(&[CreateUsers, ReadUsers]),
            UNKNOWN,
            None,
            &[(CreateUsers, false), (ReadUsers, true)],
        ),
        (
            &[ReadUsers],
            AnyGrant(&[CreateUsers, DeleteUsers]),
            UNKNOWN,
            Some(CreateUsers),
            &[(CreateUsers, false), (DeleteUsers, false)],
        ),
        // A step between roles takes a grant that reaches both, and to stay is no step.
        (&[ChangeRoles], One(ChangeRoles), enter, None, &[(ChangeRoles, true)]),
        (&[ChangeRoles], One(ChangeRoles), beyond, Some(ChangeRoles), &[(ChangeRoles, false)]),
        (&[ChangeRoles], One(ChangeRoles), stay, None, &[(ChangeRoles, true)]),
        (&[CreateUsers], One(CreateUsers), stay, None, &[(CreateUsers, true)]),
        (
            &[CreateUsers],
            One(CreateUsers),
            enter,
            Some(ChangeRoles),
            &[(CreateUsers, true), (ChangeRoles, false)],
        ),
        (
            &[ReadUsers, ChangeRoles],
            STEPS,
            beyond,
            None,
            &[(ReadUsers, true), (ChangeRoles, false)],
        ),
        (&[ReadUsers], AnyGrant(&[ReadUsers]), enter, None, &[(ReadUsers, true)]),
        // Settings that open roles to others take what those roles take.
        (
            &[ManageSettings],
            One(ManageSettings),
            CallMatter::Policy(Role::Registered),
            None,
            &[(ManageSettings, true)],
        ),
        (
            &[ManageSettings],
            One(ManageSettings),
            CallMatter::Policy(Role::Moderator),
            Some(ChangeRoles),
            &[(ManageSettings, true), (ChangeRoles, false)],
        ),
        (
            &[ManageSettings, ChangeRoles],
            One(ManageSettings),
            CallMatter::Policy(Role::Moderator),
            None,
            &[(ManageSettings, true), (ChangeRoles, true)],
        ),
    ] {
        let told = told(has, access, matter);
        assert_eq!(told, (lacks, takes.to_vec()), "{has:?} {access:?} {matter:?}");
    }
}

#[test]
fn a_grant_takes_each_of_its_permissions_where_it_is_about() {
    use ServiceAccess::{InAllSites, Permission as One};
    let here = grant(HERE, &[ReadUsers, ManageAccess]);
    let elsewhere = grant(ELSEWHERE, &[ManageAccess]);
    let of_here = [(&here, HERE)];
    let of_elsewhere = [(&elsewhere, ELSEWHERE)];
    for (has, access, grants, lacks, takes) in [
        (
            &[ManageAccess][..],
            One(ManageAccess),
            &of_here[..],
            Some(ReadUsers),
            &[(ManageAccess, true), (ReadUsers, false)][..],
        ),
        (
            &[ReadUsers, ManageAccess],
            One(ManageAccess),
            &of_here,
            None,
            &[(ManageAccess, true), (ReadUsers, true)],
        ),
        // What it has for the call, it may lack for the grant, and the other way round.
        (
            &[ManageAccess],
            One(ManageAccess),
            &of_elsewhere,
            Some(ManageAccess),
            &[(ManageAccess, false)],
        ),
        (
            &[ReadUsers, ManageAccess],
            InAllSites(ManageAccess),
            &of_here,
            Some(ManageAccess),
            &[(ManageAccess, false), (ReadUsers, true)],
        ),
    ] {
        let told = told(has, access, CallMatter::Grants(grants));
        assert_eq!(told, (lacks, takes.to_vec()), "{has:?} {access:?} {grants:?}");
    }
}

#[test]
fn a_call_is_explained_by_the_grant_that_lets_it_in() {
    let service = name("billing");
    let grants: Grants =
        [grant(ELSEWHERE, &[ReadUsers]), grant(HERE, &[ReadUsers])].into_iter().collect();
    let asking = AskingService { name: &service, grants: &grants };
    let access = ServiceAccess::Permission(ReadUsers);
    for place in [HERE, ELSEWHERE] {
        let call = AskedCall { access, place, matter: UNKNOWN };
        let expected = vec![(ReadUsers, Ok(grants.about(place.scope).unwrap()))];
        assert_eq!(explain(asking, &call).permissions, expected);
    }
    let call = AskedCall { access, place: Place::ALL, matter: UNKNOWN };
    let refusal = explain(asking, &call).outcome.unwrap_err();
    assert_eq!(missing(&refusal), Some(("read_users", None)));
}

#[test]
fn what_no_grant_covers_is_the_operators() {
    let service = name("billing");
    let grants = granted(&[ManageAccess]);
    let asking = AskingService { name: &service, grants: &grants };
    let others = name("other");
    let tokens = ServiceAccess::Permission(ManageAccess);
    for (access, matter, good) in [
        (ServiceAccess::None, UNKNOWN, false),
        (tokens, CallMatter::TokenOf(&service), true),
        (tokens, CallMatter::TokenOf(&others), false),
    ] {
        let outcome = explain(asking, &AskedCall { access, place: HERE, matter }).outcome;
        let reason = outcome.err().map(|refusal| refusal.reason);
        assert_eq!(reason, (!good).then_some(Reason::CallerNotPermitted), "{matter:?}");
    }
}

/// What is about several sites is about those in which a service has all that it takes.
#[test]
fn a_service_reaches_the_sites_in_which_it_has_all_that_is_asked() {
    const BOTH: &[Permission] = &[ReadUsers, ManageAccess];
    let (here, elsewhere) = (SITE, SiteId(8));
    let everywhere = Place::ALL;
    for (grants, asked, reached) in [
        (vec![grant(everywhere, BOTH)], BOTH, Ok(None)),
        (vec![grant(HERE, BOTH)], BOTH, Ok(Some(vec![here]))),
        (vec![grant(HERE, BOTH), grant(ELSEWHERE, &[ReadUsers])], BOTH, Ok(Some(vec![here]))),
        (
            vec![grant(HERE, BOTH), grant(ELSEWHERE, &[ReadUsers])],
            &[ReadUsers][..],
            Ok(Some(vec![here, elsewhere])),
        ),
        // What it has nowhere is named, and where it lacks none altogether, the first.
        (vec![grant(HERE, &[ReadUsers])], BOTH, Err("manage_access")),
        (
            vec![grant(HERE, &[ReadUsers]), grant(ELSEWHERE, &[ManageAccess])],
            BOTH,
            Err("read_users"),
        ),
        (vec![], BOTH, Err("read_users")),
    ] {
        let (service, grants) = (name("billing"), grants.into_iter().collect::<Grants>());
        let asking = AskingService { name: &service, grants: &grants };
        let found = asking.reach(asked, [here, elsewhere].into_iter());
        let found = found.map(|sites| sites.map(|sites| sites.into_iter().collect::<Vec<_>>()));
        let found = found.map_err(|refusal| missing(&refusal).unwrap().0.to_owned());
        assert_eq!(found, reached.map_err(str::to_owned), "{grants:?}");
    }
}
