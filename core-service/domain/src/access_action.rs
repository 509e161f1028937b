//! Actions about services, their tokens and grants. They are the installation's, not a site's.

use super::{
    CertificateName, CertificateRegistration, Grant, GrantScope, ServiceName, ServiceTokenCreation,
    SiteId, TokenId,
};

/// What is asked about services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessAction {
    /// Makes a service, which may do nothing yet.
    CreateService {
        /// Its name.
        name: ServiceName,
    },
    /// Deletes a service with its tokens and grants.
    DeleteService {
        /// Its name.
        name: ServiceName,
    },
    /// Gives a service a grant, in the place of the one about the same sites.
    PutGrant {
        /// The service.
        service: ServiceName,
        /// The grant.
        grant: Grant,
    },
    /// Takes a grant from a service.
    RemoveGrant {
        /// The service.
        service: ServiceName,
        /// The sites that it is about.
        scope: GrantScope,
    },
    /// Makes a token.
    CreateToken(ServiceTokenCreation),
    /// Registers a name of certificates.
    AddCertificate(CertificateRegistration),
    /// Removes one.
    RemoveCertificate {
        /// Whose it is.
        service: ServiceName,
        /// The name.
        certificate: CertificateName,
    },
    /// Revokes a token.
    RevokeToken {
        /// Whose it is.
        service: ServiceName,
        /// The token.
        token: TokenId,
    },
}

impl AccessAction {
    /// The service that it is about.
    pub(super) const fn service(&self) -> &ServiceName {
        match self {
            Self::CreateService { name } | Self::DeleteService { name } => name,
            Self::PutGrant { service, .. }
            | Self::RemoveGrant { service, .. }
            | Self::RemoveCertificate { service, .. }
            | Self::RevokeToken { service, .. } => service,
            Self::AddCertificate(registration) => &registration.service,
            Self::CreateToken(creation) => &creation.service,
        }
    }

    /// The sites for which its caller must manage access.
    pub(super) const fn scope(&self) -> GrantScope {
        match self {
            Self::PutGrant { grant, .. } => grant.scope,
            Self::RemoveGrant { scope, .. } => *scope,
            Self::CreateService { .. }
            | Self::DeleteService { .. }
            | Self::CreateToken(_)
            | Self::AddCertificate(_)
            | Self::RemoveCertificate { .. }
            | Self::RevokeToken { .. } => GrantScope::AllSites,
        }
    }

    /// The site that it names.
    pub(super) const fn site(&self) -> Option<SiteId> {
        self.scope().site()
    }

    /// Whether somebody loses access by it.
    pub(super) const fn cuts_off(&self) -> bool {
        matches!(
            self,
            Self::DeleteService { .. }
                | Self::RemoveGrant { .. }
                | Self::RemoveCertificate { .. }
                | Self::RevokeToken { .. }
        )
    }
}
