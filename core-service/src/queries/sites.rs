//! Sites, their settings, connections and tokens, as the operator sees them.

use crate::Failure;
use crate::authenticator::Authenticator;
use crate::store::Store;
use provost_domain::{Connection, ConnectionPolicy, Reason, Refusal, Site, SiteName, Token};
use std::sync::Arc;

/// All sites.
#[derive(Debug)]
pub struct SiteQueries {
    store: Store,
    authenticator: Arc<Authenticator>,
}

impl SiteQueries {
    /// Reads from the store, and from what the authenticator remembers.
    pub const fn new(store: Store, authenticator: Arc<Authenticator>) -> Self {
        Self { store, authenticator }
    }

    /// All sites, in the order of their names.
    pub async fn list(&self) -> Result<Vec<Site>, Failure> {
        Ok(self.store.sites().await?)
    }

    /// What connections may do in a site, read anew.
    pub async fn policy(&self, name: &SiteName) -> Result<ConnectionPolicy, Failure> {
        let id = self.authenticator.site(name).await?.id;
        let site = self.store.site_named(name).await?.filter(|site| site.id == id);
        let gone =
            || Refusal::about(Reason::SiteNotFound, "site", "the site was removed a moment ago");
        Ok(site.ok_or_else(gone)?.policy)
    }

    /// The connections of a site.
    pub async fn connections(&self, site: &SiteName) -> Result<Vec<Connection>, Failure> {
        let site = self.authenticator.site(site).await?;
        Ok(self.store.connections(site.id).await?)
    }

    /// The tokens of a site.
    pub async fn tokens(&self, site: &SiteName) -> Result<Vec<Token>, Failure> {
        // What this core knows and has not stored yet is part of the answer.
        self.authenticator.flush_uses().await?;
        let site = self.authenticator.site(site).await?;
        Ok(self.store.tokens(site.id).await?)
    }
}
