//! Who may ask what: the one look at the caller of every command, over its token and grants as they are
//! in this transaction.

use super::Context;
use super::user_context::UserContext;
use crate::{
    Action, Caller, Command, ConnectionPolicy, Grant, GrantScope, Grants, Permission, Refusal,
    Requirement, Role, ServiceName, Site, State, admit_acting, connections_act_for_nobody,
    for_the_operator, grant_missing, policy_out_of_reach, role_out_of_reach, token_opens_nothing,
};

/// Whether this command may be asked by its caller. A token that was good when its caller came may have
/// been revoked since, and a grant taken away, also by way of another core.
pub(super) fn permit(
    state: &State,
    context: &Context<'_>,
    command: &Command,
) -> Result<(), Refusal> {
    match &command.caller {
        Caller::Operator | Caller::Core => permit_acting(state, command),
        Caller::Connection { .. } => {
            admit_token(state, context, command)?;
            if command.on_behalf_of.is_some() {
                return Err(connections_act_for_nobody());
            }
            admit_connection(&command.action)
        }
        Caller::Service { name } => {
            admit_service_token(state, context, command, name)?;
            permit_service(state, command, name)
        }
    }
}

fn admit_token(state: &State, context: &Context<'_>, command: &Command) -> Result<(), Refusal> {
    if command.token.is_none() {
        return Ok(());
    }
    let token = command.caller_token().and_then(|key| state.callers.get(&key)?.as_ref());
    match token {
        Some(token) if token.expires_at.is_none_or(|end| context.now < end) => Ok(()),
        _ => Err(token_opens_nothing()),
    }
}

/// Sites, settings, connections, tokens and services are not for connections.
fn admit_connection(action: &Action) -> Result<(), Refusal> {
    match action {
        Action::ChangeUser { .. }
        | Action::CreateUser(_)
        | Action::RegisterSignIn(_)
        | Action::DeleteUser { .. }
        | Action::Batch(_) => Ok(()),
        _ => Err(for_the_operator("send the operator's token")),
    }
}

/// A service is heard by a token of its own only.
fn admit_service_token(
    state: &State,
    context: &Context<'_>,
    command: &Command,
    name: &ServiceName,
) -> Result<(), Refusal> {
    let token = command.service_token().and_then(|id| state.service_callers.get(&id)?.as_ref());
    let token = token.filter(|token| token.service == *name);
    match token {
        Some(token) if token.expires_at.is_none_or(|end| context.now < end) => Ok(()),
        _ => Err(token_opens_nothing()),
    }
}

/// On behalf of a user as much as that user may, whose row is as it is in this transaction.
fn permit_acting(state: &State, command: &Command) -> Result<(), Refusal> {
    let Some(user) = command.on_behalf_of else { return Ok(()) };
    command.action.admit_acting()?;
    let site = state.site(command.site)?;
    admit_acting(state.user(site.id, user))
}

fn permit_service(state: &State, command: &Command, name: &ServiceName) -> Result<(), Refusal> {
    let grants = state.grants(name);
    if command.on_behalf_of.is_some() {
        command.action.admit_acting()?;
        let site = state.site(command.site)?;
        let acting = grants.allowing(GrantScope::Site(site.id), Permission::ActForUsers);
        acting.ok_or_else(|| grant_missing(name, Permission::ActForUsers, Some(&site.name)))?;
        return permit_acting(state, command);
    }
    match command.action.requirement() {
        Requirement::Operator => {
            Err(for_the_operator("no grant covers it, so send the operator's token"))
        }
        Requirement::Permissions(needed) => {
            let site = state.site(command.site)?;
            let scope = GrantScope::Site(site.id);
            let missing = needed.into_iter().find(|one| grants.allowing(scope, *one).is_none());
            match missing {
                Some(missing) => Err(grant_missing(name, missing, Some(&site.name))),
                None => Ok(()),
            }
        }
        Requirement::AccessTo(scope) => match grants.allowing(scope, Permission::ManageAccess) {
            Some(_) => Ok(()),
            None => Err(missing_in(state, name, Permission::ManageAccess, scope)),
        },
    }
}

/// Nobody gives or takes away what they don't have themselves.
pub(super) fn permit_grants<'g>(
    state: &State,
    caller: &Caller,
    grants: impl IntoIterator<Item = &'g Grant>,
) -> Result<(), Refusal> {
    let Caller::Service { name } = caller else { return Ok(()) };
    let own = state.grants(name);
    for grant in grants {
        if let Some(missing) = own.lack(grant) {
            return Err(missing_in(state, name, missing, grant.scope));
        }
    }
    Ok(())
}

/// Nobody opens to others what they may not do themselves: whoever opens a switch for promotions, or
/// says who is protected, decides who becomes what.
pub(super) fn permit_policy(
    state: &State,
    command: &Command,
    site: &Site,
    after: &ConnectionPolicy,
) -> Result<(), Refusal> {
    // Who asks on behalf of an Admin may what an Admin may.
    let Command { caller: Caller::Service { name }, on_behalf_of: None, .. } = command else {
        return Ok(());
    };
    let highest = after.decides_up_to(&site.policy);
    let grants = state.grants(name);
    let reaches = grants.allowing_step(GrantScope::Site(site.id), Role::Registered, highest);
    if highest == Role::Registered || reaches.is_some() {
        return Ok(());
    }
    Err(policy_out_of_reach(name, &site.name, highest))
}

fn missing_in(
    state: &State,
    service: &ServiceName,
    permission: Permission,
    scope: GrantScope,
) -> Refusal {
    let site = match scope {
        GrantScope::AllSites => None,
        GrantScope::Site(id) => state.site(Some(id)).ok(),
    };
    grant_missing(service, permission, site.map(|site| site.name.as_str()))
}

impl State {
    /// What a service may do now.
    pub(super) fn grants(&self, service: &ServiceName) -> &Grants {
        static NONE: Grants = Grants::none();
        let service = self.service(service);
        service.map_or(&NONE, |service| &service.grants)
    }
}

impl UserContext<'_> {
    /// Whether the caller is a service with this permission, and asks on behalf of nobody.
    pub(super) fn may(&self, permission: Permission) -> bool {
        let Command { caller: Caller::Service { name }, on_behalf_of: None, .. } = self.command
        else {
            return false;
        };
        let scope = GrantScope::Site(self.site.id);
        self.state.grants(name).allowing(scope, permission).is_some()
    }

    /// Whether the caller's grants, where it has some, reach a step between roles.
    pub(super) fn reaches(&self, from: Role, to: Role) -> Result<(), Refusal> {
        match &self.command.caller {
            // Who asks on behalf of an Admin may what an Admin may.
            Caller::Service { name } if from != to && self.command.on_behalf_of.is_none() => {
                let scope = GrantScope::Site(self.site.id);
                let allowing = self.state.grants(name).allowing_step(scope, from, to);
                allowing
                    .map(|_| ())
                    .ok_or_else(|| role_out_of_reach(name, &self.site.name, from, to))
            }
            _ => Ok(()),
        }
    }
}
