//! What commands about services, their tokens and grants turn on.

use super::Needs;
use crate::{
    AccessAction, CertificateRegistration, ServiceTokenCreation, ServiceTokenKind, State, TokenId,
};

impl Needs {
    pub(super) fn add_access(&mut self, state: &State, action: &AccessAction) {
        if !state.services.contains_key(action.service()) {
            self.services.insert(action.service().clone());
        }
        let made = match action {
            AccessAction::CreateToken(ServiceTokenCreation { service, .. }) => {
                Some((service.clone(), ServiceTokenKind::Bearer))
            }
            AccessAction::AddCertificate(CertificateRegistration { service, .. }) => {
                Some((service.clone(), ServiceTokenKind::Certificate))
            }
            _ => None,
        };
        self.service_tokens_of.extend(made.filter(|of| !state.service_tokens_of.contains(of)));
        match action {
            AccessAction::CreateService { .. } => self.next_service |= state.next_service.is_none(),
            AccessAction::RevokeToken { token, .. } => self.add_service_token(state, *token),
            AccessAction::CreateToken(ServiceTokenCreation { service, name, .. }) => {
                let named = (service.clone(), name.clone());
                if !state.service_tokens_named.contains(&named) {
                    self.service_tokens_named.insert(named);
                }
            }
            AccessAction::AddCertificate(CertificateRegistration { certificate, .. })
            | AccessAction::RemoveCertificate { certificate, .. }
                if !state.certificates.contains(certificate) =>
            {
                self.certificates.insert(certificate.clone());
            }
            _ => {}
        }
    }

    pub(super) fn add_service_token(&mut self, state: &State, token: TokenId) {
        if !state.service_tokens.contains_key(&token) {
            self.service_tokens.insert(token);
        }
    }
}
