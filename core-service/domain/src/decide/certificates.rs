//! Commands about names of certificates, by which services show who they are instead of a token.

use super::Context;
use super::permit::{permit_grants, permit_token};
use super::services::{decided, found, permit_one_more, record};
use crate::{
    Answer, CertificateName, CertificateRegistration, CertificateSnapshot, Command, Decision,
    EventBody, NewServiceToken, Reason, Refusal, Service, ServiceName, ServiceToken,
    ServiceTokenKind, State, TokenId, unknown_certificate,
};

/// A certificate is the service, as a token is: a service registers none for another.
pub(super) fn add(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    registration: &CertificateRegistration,
) -> Result<Decision, Refusal> {
    let CertificateRegistration { service, certificate, hash } = registration;
    let owner = found(state, service)?;
    permit_token(state, &command.caller, service)?;
    command.check_version("certificate", 0)?;
    if let Some(known) = state.certificate(certificate) {
        if known.service == *service {
            let known = known.clone();
            return Ok(decided(state, Answer::ServiceToken(known), false));
        }
        return Err(Refusal::about(
            Reason::CertificateExists,
            "certificate_name",
            "a certificate of this name is registered with another service; remove it there first, \
             or issue one with another name",
        ));
    }
    permit_one_more(state, context, service, ServiceTokenKind::Certificate)?;
    let token = ServiceToken {
        id: TokenId((context.fresh_id)()),
        service: service.clone(),
        name: certificate.as_str().to_owned(),
        certificate: Some(certificate.clone()),
        created_at: context.now,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    if !command.validate_only {
        let new = NewServiceToken { token: token.clone(), service: owner.id, hash: *hash };
        state.put_new_service_token(new);
        state.put_service(Service { version: owner.version + 1, ..owner });
        let body = EventBody::CertificateAdded { after: shown(service, certificate) };
        record(state, context, command, body);
    }
    Ok(decided(state, Answer::ServiceToken(token), true))
}

/// Whoever asks by it is heard no more.
pub(super) fn remove(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    service: &ServiceName,
    certificate: &CertificateName,
) -> Result<Decision, Refusal> {
    let owner = found(state, service)?;
    let known = state.certificate(certificate).filter(|known| known.service == *service);
    let known = known.cloned().ok_or_else(unknown_certificate)?;
    permit_grants(state, &command.caller, owner.grants.iter())?;
    command.check_version("certificate", known.version())?;
    let removed = ServiceToken { revoked_at: Some(context.now), ..known };
    if !command.validate_only {
        state.put_service_token(removed.clone());
        state.put_service(Service { version: owner.version + 1, ..owner });
        let body = EventBody::CertificateRemoved { before: shown(service, certificate) };
        record(state, context, command, body);
    }
    Ok(decided(state, Answer::ServiceToken(removed), true))
}

fn shown(service: &ServiceName, certificate: &CertificateName) -> CertificateSnapshot {
    CertificateSnapshot { service: service.clone(), certificate: certificate.clone() }
}
