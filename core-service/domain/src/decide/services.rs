//! Commands about services, their tokens and grants.

use super::grants::{put_grant, remove_grant, shown};
use super::permit::{permit_grants, permit_token};
use super::site::event;
use super::{Context, certificates};
use crate::{
    AccessAction, Answer, Command, Decision, EventBody, Grant, Grants, MAX_SERVICE_TOKENS,
    MAX_SERVICES, MetadataKey, NewServiceToken, Reason, Refusal, Service, ServiceName,
    ServiceSnapshot, ServiceToken, ServiceTokenCreation, ServiceTokenKind, ServiceTokenSnapshot,
    SiteId, State, TokenId, unknown_service, unknown_service_token,
};

/// Decides a command about a service.
pub(super) fn decide(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    action: &AccessAction,
) -> Result<Decision, Refusal> {
    // Only where its ledger is.
    if command.site != Some(SiteId::INSTALLATION) {
        return Err(Refusal::new(Reason::ValueInvalid, "services belong to no site"));
    }
    match action {
        AccessAction::CreateService { name } => create(state, context, command, name),
        AccessAction::DeleteService { name } => delete(state, context, command, name),
        AccessAction::PutGrant { service, grant } => {
            put_grant(state, context, command, service, grant)
        }
        AccessAction::RemoveGrant { service, scope } => {
            remove_grant(state, context, command, service, *scope)
        }
        AccessAction::CreateToken(creation) => create_token(state, context, command, creation),
        AccessAction::AddCertificate(registration) => {
            certificates::add(state, context, command, registration)
        }
        AccessAction::RemoveCertificate { service, certificate } => {
            certificates::remove(state, context, command, service, certificate)
        }
        AccessAction::RevokeToken { service, token } => {
            revoke_token(state, context, command, service, *token)
        }
    }
}

fn create(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    name: &ServiceName,
) -> Result<Decision, Refusal> {
    if let Some(holder) = state.service_or_deleted(name) {
        let name = name.as_str();
        let message = match holder.deleted_at {
            None => format!("a service named {name} exists; choose another name"),
            Some(_) => format!(
                "a service named {name} was deleted, and what it did stays under the name; choose \
                 another name"
            ),
        };
        return Err(Refusal::about(Reason::ServiceExists, "name", message)
            .naming(MetadataKey::Service, name));
    }
    if state.living_services >= MAX_SERVICES {
        let message = format!(
            "there are {MAX_SERVICES} services, which is the most; delete one that is not needed any \
             more"
        );
        return Err(Refusal::about(Reason::LimitExceeded, "name", message)
            .naming(MetadataKey::Limit, &MAX_SERVICES));
    }
    command.check_version("service", 0)?;
    let mut service = Service {
        id: 0,
        name: name.clone(),
        version: 1,
        created_at: context.now,
        grants: Grants::default(),
        deleted_at: None,
    };
    if !command.validate_only {
        service.id = state.take_service_key();
        state.put_service(service.clone());
        let after = ServiceSnapshot { service: name.clone(), grants: Vec::new() };
        record(state, context, command, EventBody::ServiceCreated { after });
    }
    Ok(decided(state, Answer::Service(service), true))
}

fn delete(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    name: &ServiceName,
) -> Result<Decision, Refusal> {
    let service = found(state, name)?;
    command.check_version("service", service.version)?;
    permit_grants(state, &command.caller, service.grants.iter())?;
    if !command.validate_only {
        let named = |grant: &Grant| {
            let site = grant.scope.site().and_then(|site| state.site_name(site));
            shown(grant, site)
        };
        let grants = service.grants.iter().map(named).collect();
        let before = ServiceSnapshot { service: name.clone(), grants };
        state.remove_service(service, context.now);
        record(state, context, command, EventBody::ServiceDeleted { before });
    }
    Ok(decided(state, Answer::Deleted, true))
}

fn create_token(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    creation: &ServiceTokenCreation,
) -> Result<Decision, Refusal> {
    let ServiceTokenCreation { service, name, hash, expiration } = creation;
    let expires_at = expiration.map(|end| end.seen_from(context.now, "token")).transpose()?;
    let owner = found(state, service)?;
    permit_token(state, &command.caller, service)?;
    if state.service_tokens_named(service, name).any(|token| token.is_live(context.now)) {
        let message = "a token of this service has this name already; choose another name, or revoke \
                       that one";
        return Err(Refusal::about(Reason::TokenNameTaken, "name", message)
            .naming(MetadataKey::TokenName, name.as_str()));
    }
    permit_one_more(state, context, service, ServiceTokenKind::Bearer)?;
    command.check_version("token", 0)?;
    let token = ServiceToken {
        id: TokenId((context.fresh_id)()),
        service: service.clone(),
        name: name.as_str().to_owned(),
        certificate: None,
        created_at: context.now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    if !command.validate_only {
        let new = NewServiceToken { token: token.clone(), service: owner.id, hash: *hash };
        state.put_new_service_token(new);
        state.put_service(Service { version: owner.version + 1, ..owner });
        let body = EventBody::ServiceTokenCreated { after: snapshot(&token) };
        record(state, context, command, body);
    }
    Ok(decided(state, Answer::ServiceToken(token), true))
}

/// Whether a service may have one more token of a kind.
pub(super) fn permit_one_more(
    state: &State,
    context: &Context<'_>,
    service: &ServiceName,
    kind: ServiceTokenKind,
) -> Result<(), Refusal> {
    if state.live_service_tokens(service, kind, context.now) < MAX_SERVICE_TOKENS {
        return Ok(());
    }
    let (things, remedy) = match kind {
        ServiceTokenKind::Bearer => ("tokens", "revoke"),
        ServiceTokenKind::Certificate => ("certificates", "remove"),
    };
    let message = format!(
        "the service has {MAX_SERVICE_TOKENS} {things}, which is the most; {remedy} one that is not \
         needed any more"
    );
    let refusal = Refusal::about(Reason::LimitExceeded, "service", message);
    Err(refusal.naming(MetadataKey::Limit, &MAX_SERVICE_TOKENS))
}

/// The first time counts.
fn revoke_token(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    service: &ServiceName,
    id: TokenId,
) -> Result<Decision, Refusal> {
    let owner = found(state, service)?;
    let is_of = |token: &&ServiceToken| token.service == *service && token.certificate.is_none();
    let token = state.service_token(id).filter(is_of);
    let token = token.cloned().ok_or_else(unknown_service_token)?;
    permit_grants(state, &command.caller, owner.grants.iter())?;
    command.check_version("token", token.version())?;
    let changed = token.revoked_at.is_none();
    let token = ServiceToken { revoked_at: token.revoked_at.or(Some(context.now)), ..token };
    if changed && !command.validate_only {
        state.put_service_token(token.clone());
        state.put_service(Service { version: owner.version + 1, ..owner });
        let body = EventBody::ServiceTokenRevoked { before: snapshot(&token) };
        record(state, context, command, body);
    }
    Ok(decided(state, Answer::ServiceToken(token), changed))
}

pub(super) fn found(state: &State, name: &ServiceName) -> Result<Service, Refusal> {
    state.service(name).cloned().ok_or_else(|| unknown_service(name.as_str()))
}

pub(super) fn record(state: &mut State, context: &Context<'_>, command: &Command, body: EventBody) {
    state.record(event(context, command, SiteId::INSTALLATION, body));
}

pub(super) fn decided(state: &State, answer: Answer, changed: bool) -> Decision {
    let revision = state.head(SiteId::INSTALLATION);
    Decision { answer, changed, notices: Vec::new(), revision }
}

fn snapshot(token: &ServiceToken) -> ServiceTokenSnapshot {
    ServiceTokenSnapshot {
        token: token.id,
        name: token.name.clone(),
        service: token.service.clone(),
        expires_at: token.expires_at,
    }
}
