//! Commands about grants, and what becomes of grants that go with something else.

use super::Context;
use super::permit::permit_grants;
use super::services::{decided, found, record};
use crate::{
    Answer, Command, Decision, EventBody, Grant, GrantScope, GrantSnapshot, Grants, MAX_GRANTS,
    MetadataKey, Reason, Refusal, Service, ServiceName, Site, State,
};

/// Gives a service a grant, in the place of the one about the same sites.
pub(super) fn put_grant(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    name: &ServiceName,
    grant: &Grant,
) -> Result<Decision, Refusal> {
    let site = named(state, grant.scope)?;
    let service = found(state, name)?;
    command.check_version("service", service.version)?;
    let before = service.grants.about(grant.scope);
    permit_grants(state, &command.caller, before.into_iter().chain([grant]))?;
    if before.is_none() && service.grants.len() >= MAX_GRANTS {
        let message = format!(
            "the service has {MAX_GRANTS} grants, which is the most; give it one for all sites, or \
             remove others first"
        );
        return Err(Refusal::about(Reason::LimitExceeded, "grant", message)
            .naming(MetadataKey::Limit, &MAX_GRANTS));
    }
    let changed = before != Some(grant);
    let (before, after) =
        (before.map(|it| shown(it, site.as_deref())), Some(shown(grant, site.as_deref())));
    let grants = service.grants.with(grant.clone());
    let service = regrant(state, context, command, service, (grants, before, after), changed);
    Ok(decided(state, Answer::Service(service), changed))
}

/// Takes a grant from a service.
pub(super) fn remove_grant(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    name: &ServiceName,
    scope: GrantScope,
) -> Result<Decision, Refusal> {
    let site = named(state, scope)?;
    let service = found(state, name)?;
    command.check_version("service", service.version)?;
    let before = service.grants.about(scope);
    permit_grants(state, &command.caller, before)?;
    let changed = before.is_some();
    let before = before.map(|it| shown(it, site.as_deref()));
    let grants = service.grants.without(scope);
    let service = regrant(state, context, command, service, (grants, before, None), changed);
    Ok(decided(state, Answer::Service(service), changed))
}

/// Takes from services what they might do in a site that is deleted.
pub(super) fn take_grants_about(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    site: &Site,
) {
    let scope = GrantScope::Site(site.id);
    let granted = state.services_with_grants_about(site.id).filter_map(|service| {
        let before = shown(service.grants.about(scope)?, Some(&site.name));
        Some((service.clone(), before))
    });
    for (service, before) in granted.collect::<Vec<_>>() {
        let grants = service.grants.without(scope);
        regrant(state, context, command, service, (grants, Some(before), None), true);
    }
}

/// The service with other grants, kept where that is a change.
fn regrant(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    service: Service,
    (grants, before, after): (Grants, Option<GrantSnapshot>, Option<GrantSnapshot>),
    changed: bool,
) -> Service {
    if !changed {
        return service;
    }
    let service = Service { version: service.version + 1, grants, ..service };
    if !command.validate_only {
        state.put_service(service.clone());
        let body = EventBody::GrantChanged { service: service.name.clone(), before, after };
        record(state, context, command, body);
    }
    service
}

/// The name of the site of a scope; none where that is all sites.
fn named(state: &State, scope: GrantScope) -> Result<Option<String>, Refusal> {
    match scope {
        GrantScope::AllSites => Ok(None),
        GrantScope::Site(id) => Ok(Some(state.site(Some(id))?.name.clone())),
    }
}

/// A grant as an event shows it.
pub(super) fn shown(grant: &Grant, site: Option<&str>) -> GrantSnapshot {
    let Grant { scope: _, permissions, highest_role } = grant;
    let (site, permissions) = (site.map(str::to_owned), permissions.clone());
    GrantSnapshot { site, permissions, highest_role: *highest_role }
}
