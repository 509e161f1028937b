//! Services and their tokens.

use super::sites::ListPage;
use crate::Failure;
use crate::authenticator::Authenticator;
use crate::store::Store;
use provost_domain::{
    Service, ServiceName, ServiceToken, ServiceTokenKind, SiteId, Timestamp, TokenId,
    unknown_service,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All services.
#[derive(Debug)]
pub struct ServiceQueries {
    store: Store,
    authenticator: Arc<Authenticator>,
}

impl ServiceQueries {
    /// Reads from the store; the authenticator knows last uses that are not stored yet.
    pub const fn new(store: Store, authenticator: Arc<Authenticator>) -> Self {
        Self { store, authenticator }
    }

    /// Services in the order of their names, behind one of them, and the names of the sites that their
    /// grants are about.
    pub async fn list(
        &self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(ListPage<Service>, BTreeMap<SiteId, String>), Failure> {
        let (services, sites) = self.store.services(after, limit + 1).await?;
        Ok((ListPage::of_page(services, limit), sites))
    }

    /// Services with a grant about a site, in the order of their names and behind one of them.
    pub async fn granted(
        &self,
        site: SiteId,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(ListPage<Service>, BTreeMap<SiteId, String>), Failure> {
        let (services, sites) = self.store.services_granted(site, after, limit + 1).await?;
        Ok((ListPage::of_page(services, limit), sites))
    }

    /// The service of this name, and the names of the sites that its grants are about.
    pub async fn named(
        &self,
        name: &ServiceName,
    ) -> Result<(Service, BTreeMap<SiteId, String>), Failure> {
        let (services, sites) = self.store.service_named(name).await?;
        let service = services.into_iter().next();
        Ok((service.ok_or_else(|| unknown_service(name.as_str()))?, sites))
    }

    /// The tokens of a service, oldest first, behind one of them.
    pub async fn tokens(
        &self,
        service: &ServiceName,
        kind: ServiceTokenKind,
        after: Option<(Timestamp, TokenId)>,
        limit: u64,
    ) -> Result<ListPage<ServiceToken>, Failure> {
        // What this core knows and has not stored yet is part of the answer.
        self.authenticator.flush_uses().await?;
        let (service, _) = self.named(service).await?;
        Ok(ListPage::of_page(
            self.store.service_tokens(&service, kind, after, limit + 1).await?,
            limit,
        ))
    }
}
