//! Who may ask what: the one look at the caller of every command, over its token and grants as they are
//! in this transaction.

use super::Context;
use super::user_context::UserContext;
use crate::service_access::no_grant_covers;
use crate::{
    Action, AskingService, Caller, Command, ConnectionPolicy, Grant, GrantScope, Grants, Group,
    Permission, Place, Refusal, Requirement, Role, ServiceName, Site, State, UserId,
    admins_act_for_nobody, admit_acting, admit_admin, connections_act_for_nobody, for_the_operator,
    token_opens_nothing,
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
        Caller::Admin { user } => permit_admin(state, command, *user),
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
        Action::Group(action) if action.is_about_rules() => {
            Err(for_the_operator("send the operator's token"))
        }
        Action::ChangeUser { .. }
        | Action::CreateUser(_)
        | Action::RegisterSignIn(_)
        | Action::DeleteUser { .. }
        | Action::Batch(_)
        | Action::Group(_) => Ok(()),
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

/// Who is signed in may have lost what they were when they signed in.
fn permit_admin(state: &State, command: &Command, user: UserId) -> Result<(), Refusal> {
    if command.on_behalf_of.is_some() {
        return Err(admins_act_for_nobody());
    }
    command.action.admit_signed_in()?;
    let site = state.site(command.site)?;
    admit_admin(state.user(site.id, user)).map(|_| ())
}

fn permit_service(state: &State, command: &Command, name: &ServiceName) -> Result<(), Refusal> {
    let service = state.asking(name);
    if command.on_behalf_of.is_some() {
        command.action.admit_acting()?;
        service.grant(Permission::ActForUsers, state.site(command.site)?.place())?;
        return permit_acting(state, command);
    }
    match command.action.requirement() {
        Requirement::Operator => Err(no_grant_covers()),
        Requirement::Permissions(needed) => {
            let place = state.site(command.site)?.place();
            needed.into_iter().try_for_each(|one| service.grant(one, place).map(|_| ()))
        }
        Requirement::AccessTo(scope) => {
            service.grant(Permission::ManageAccess, state.place(scope)).map(|_| ())
        }
    }
}

/// Nobody gives or takes away what they don't have themselves.
pub(super) fn permit_grants<'g>(
    state: &State,
    caller: &Caller,
    grants: impl IntoIterator<Item = &'g Grant>,
) -> Result<(), Refusal> {
    let Caller::Service { name } = caller else { return Ok(()) };
    let service = state.asking(name);
    for grant in grants {
        let place = state.place(grant.scope);
        for permission in &grant.permissions {
            service.part(*permission, grant, place)?;
        }
    }
    Ok(())
}

/// A service makes tokens for itself alone.
pub(super) fn permit_token(
    state: &State,
    caller: &Caller,
    service: &ServiceName,
) -> Result<(), Refusal> {
    match caller {
        Caller::Service { name } => state.asking(name).makes_tokens_of(service),
        Caller::Connection { .. } | Caller::Admin { .. } | Caller::Operator | Caller::Core => {
            Ok(())
        }
    }
}

/// Nobody has a ledger forget what they did.
pub(super) fn permit_retention(
    command: &Command,
    before: &ConnectionPolicy,
    after: &ConnectionPolicy,
) -> Result<(), Refusal> {
    let is_operator = matches!(command.caller, Caller::Operator) && command.on_behalf_of.is_none();
    if is_operator || after.ledger_retention == before.ledger_retention {
        return Ok(());
    }
    Err(for_the_operator("leave ledger_retention_days out, or send the operator's token"))
}

/// Whoever opens a switch for promotions, or says who is protected, decides who becomes what.
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
    match after.decides_up_to(&site.policy) {
        Role::Registered => Ok(()),
        highest => state.asking(name).policy(highest, site.place()).map(|_| ()),
    }
}

/// Whoever says which role a group gives decides who becomes what.
pub(super) fn permit_rule(
    state: &State,
    command: &Command,
    site: &Site,
    highest: Role,
) -> Result<(), Refusal> {
    // Who asks on behalf of an Admin may what an Admin may.
    let Command { caller: Caller::Service { name }, on_behalf_of: None, .. } = command else {
        return Ok(());
    };
    state.asking(name).policy(highest, site.place()).map(|_| ())
}

/// Whoever has roles follow behind the transaction asks for more than can be looked at one by one.
pub(super) fn permit_followers(
    state: &State,
    command: &Command,
    site: &Site,
    groups: &[&Group],
) -> Result<(), Refusal> {
    // Who asks on behalf of an Admin may what an Admin may.
    let Command { caller: Caller::Service { name }, on_behalf_of: None, .. } = command else {
        return Ok(());
    };
    let given = |group: &&Group| site.group_rules.roles(group.id, &group.display_name);
    match groups.iter().flat_map(given).max() {
        Some(highest) => {
            state.asking(name).step((Role::Registered, highest), site.place()).map(|_| ())
        }
        None => Ok(()),
    }
}

impl Site {
    const fn place(&self) -> Place<'_> {
        Place { scope: GrantScope::Site(self.id), name: Some(self.name.as_str()) }
    }
}

impl State {
    /// A service with what it may do now.
    fn asking<'s>(&'s self, name: &'s ServiceName) -> AskingService<'s> {
        static NONE: Grants = Grants::none();
        let grants = self.service(name).map_or(&NONE, |service| &service.grants);
        AskingService { name, grants }
    }

    /// The sites of a scope, by the name of the one.
    fn place(&self, scope: GrantScope) -> Place<'_> {
        let name = match scope {
            GrantScope::AllSites => None,
            GrantScope::Site(id) => self.site_name(id),
        };
        Place { scope, name }
    }
}

impl UserContext<'_> {
    /// Whether the caller is a service with this permission, and asks on behalf of nobody.
    pub(super) fn may(&self, permission: Permission) -> bool {
        let Command { caller: Caller::Service { name }, on_behalf_of: None, .. } = self.command
        else {
            return false;
        };
        let grants = self.state.asking(name).grants;
        grants.allowing(GrantScope::Site(self.site.id), permission).is_some()
    }

    /// Whether the caller's grants, where it has some, reach a step between roles.
    pub(super) fn reaches(&self, from: Role, to: Role) -> Result<(), Refusal> {
        match &self.command.caller {
            // Who asks on behalf of an Admin may what an Admin may.
            Caller::Service { name } if from != to && self.command.on_behalf_of.is_none() => {
                self.state.asking(name).step((from, to), self.site.place()).map(|_| ())
            }
            _ => Ok(()),
        }
    }
}
