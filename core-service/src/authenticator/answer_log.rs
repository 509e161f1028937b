//! What is taken down of answers: how many there were of each kind, and which calls of services were refused.
//!
//! Must never know what is asked.

use super::bearer::KnownService;
use crate::metrics::CallerCounts;
use crate::refused_requests::RefusedRequests;
use crate::store::Store;
use moka::sync::Cache;
use provost_domain::{Caller, GrantScope, RefusedRequest, Site, SiteId, SiteName};
use std::sync::Arc;

/// The longest name of a site, in bytes.
const LONGEST_NAME: usize = 63;

/// Where answers are taken down.
#[derive(Debug)]
pub(super) struct AnswerLog {
    /// How many there were.
    pub counts: Arc<CallerCounts>,
    /// Those that refused something.
    pub refused: Arc<RefusedRequests>,
    /// The sites that are remembered, and where the others are.
    pub sites: Cache<SiteName, Arc<Site>>,
    pub store: Store,
}

/// A call of a service, which is noted if it is refused.
#[derive(Debug)]
pub struct ServiceCall {
    log: Arc<AnswerLog>,
    service: Arc<KnownService>,
    site: Option<String>,
}

impl ServiceCall {
    /// Of a service, about the site that it names.
    pub(super) fn new(
        log: &Arc<AnswerLog>,
        service: &Arc<KnownService>,
        site: Option<&str>,
    ) -> Self {
        // A longer one names no site.
        let site = site.filter(|name| name.len() <= LONGEST_NAME).map(str::to_owned);
        Self { log: Arc::clone(log), service: Arc::clone(service), site }
    }

    /// The service.
    pub fn caller(&self) -> Caller {
        self.service.caller()
    }

    /// Notes that it was refused, in the log where that belongs.
    pub async fn note(self, refused: RefusedRequest) {
        let site = self.place().await;
        self.log.refused.note(RefusedRequest { site, ..refused });
    }

    /// Whose log it is noted in: that of the site, where the service has a grant for it. Who has none could fill
    /// the logs of strangers, so that is the installation's, and so is what is about no site.
    async fn place(&self) -> SiteId {
        let Some(name) = self.site.as_deref().and_then(|name| SiteName::parse(name).ok()) else {
            return SiteId::INSTALLATION;
        };
        let KnownService { sites, grants, .. } = &*self.service;
        if let Some((site, _)) = sites.iter().find(|(_, known)| known.as_str() == name.as_str()) {
            return *site;
        }
        if !grants.reach(GrantScope::AllSites) {
            return SiteId::INSTALLATION;
        }
        if let Some(site) = self.log.sites.get(&name) {
            return site.id;
        }
        let found = self.log.store.site_named(&name).await;
        found.ok().flatten().map_or(SiteId::INSTALLATION, |site| site.id)
    }
}
