//! Explanations: whether the grants of a service would let it make a call, by the rules that decide.

use super::{AskingService, Grant, Permission, Place, Refusal, Role, ServiceAccess, ServiceName};

/// A call that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct AskedCall<'q> {
    /// Which services may make it.
    pub access: ServiceAccess,
    /// The sites that it is about.
    pub place: Place<'q>,
    /// What more is known of it.
    pub matter: CallMatter<'q>,
}

/// What a call asks, as far as grants decide about that too.
#[derive(Debug, Clone, Copy)]
pub enum CallMatter<'q> {
    /// Nothing, or it is not known.
    Unknown,
    /// A step of a user from a role to another one. Who is created was Registered.
    Step(Role, Role),
    /// Settings about who becomes what, up to this role.
    Policy(Role),
    /// Grants that are given, or taken away.
    Grants(&'q [(&'q Grant, Place<'q>)]),
    /// A new token of this service.
    TokenOf(&'q ServiceName),
}

/// What the grants of a service say of a call.
#[derive(Debug, PartialEq, Eq)]
pub struct Explanation<'s> {
    /// Whether the call is let in, as far as what it asks is known.
    pub outcome: Result<(), Refusal>,
    /// The permissions that it takes, each with the grant by which the service has it. Where it depends on
    /// what the call asks, those that it may take.
    pub permissions: Vec<(Permission, Result<&'s Grant, Refusal>)>,
}

/// What the grants of a service say of a call.
pub fn explain<'s>(service: AskingService<'s>, call: &AskedCall<'_>) -> Explanation<'s> {
    let AskedCall { access, place, matter } = *call;
    let own = |permission| match (permission, matter) {
        (Permission::ChangeRoles, CallMatter::Step(from, to)) if from != to => {
            service.step((from, to), place)
        }
        (permission, _) => service.grant(permission, place),
    };
    let admitted = service.admit(access, place);
    let mut permissions: Vec<_> = match access {
        ServiceAccess::None | ServiceAccess::Every => Vec::new(),
        ServiceAccess::AnyGrant(each) => each.iter().map(|one| (*one, own(*one))).collect(),
        ServiceAccess::Permission(one) => vec![(one, own(one))],
        ServiceAccess::InAllSites(one) => vec![(one, service.grant(one, Place::ALL))],
    };
    let (found, missing): (Vec<_>, Vec<_>) = permissions.iter().partition(|(_, it)| it.is_ok());
    let first = missing.first().and_then(|(_, it)| it.as_ref().err().cloned());
    let taken = match first {
        // One of several is enough.
        Some(refusal) if found.is_empty() => Err(refusal),
        _ => Ok(()),
    };
    let mut outcome = admitted.and(taken);
    for (permission, allowed) in more(service, call) {
        outcome = outcome.and_then(|()| allowed.as_ref().map(|_| ()).map_err(Refusal::clone));
        match permissions.iter_mut().find(|(known, _)| *known == permission) {
            Some((_, known)) if known.is_ok() => *known = allowed,
            Some(_) => {}
            None => permissions.push((permission, allowed)),
        }
    }
    if let CallMatter::TokenOf(other) = matter {
        outcome = outcome.and_then(|()| service.makes_tokens_of(other));
    }
    Explanation { outcome, permissions }
}

/// What a call takes besides what it takes in any case.
fn more<'s>(
    service: AskingService<'s>,
    call: &AskedCall<'_>,
) -> Vec<(Permission, Result<&'s Grant, Refusal>)> {
    let AskedCall { access, place, matter } = *call;
    match matter {
        // Where it depends on what is asked, it is among what the call may take.
        CallMatter::Step(from, to)
            if from != to && !matches!(access, ServiceAccess::AnyGrant(_)) =>
        {
            vec![(Permission::ChangeRoles, service.step((from, to), place))]
        }
        CallMatter::Policy(highest) if highest > Role::Registered => {
            vec![(Permission::ChangeRoles, service.policy(highest, place))]
        }
        CallMatter::Grants(grants) => {
            let parts = grants.iter().flat_map(|(grant, place)| {
                let permissions = grant.permissions.iter();
                permissions.map(|one| (*one, service.part(*one, grant, *place)))
            });
            parts.collect()
        }
        CallMatter::Unknown
        | CallMatter::Step(..)
        | CallMatter::Policy(_)
        | CallMatter::TokenOf(_) => Vec::new(),
    }
}
