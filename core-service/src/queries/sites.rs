//! Sites, their settings, connections and tokens, as the operator sees them.

use crate::authenticator::Authenticator;
use crate::store::Store;
use crate::{Failure, clock};
use provost_domain::{
    Connection, MetadataKey, Reason, Refusal, SealedValue, Site, SiteName, Timestamp, Token,
    TokenHash, TokenId,
};
use std::sync::Arc;

/// All sites.
#[derive(Debug)]
pub struct SiteQueries {
    store: Store,
    authenticator: Arc<Authenticator>,
}

/// Rows of a list, from some position on.
#[derive(Debug)]
pub struct ListPage<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// Whether more follow.
    more: bool,
}

impl<T> ListPage<T> {
    /// From what was found of one more than a page has.
    pub(super) fn of_page(mut rows: Vec<T>, limit: u64) -> Self {
        let more = rows.len() as u64 > limit;
        if more {
            rows.pop();
        }
        Self { rows, more }
    }

    /// What stands for the position behind the page; empty where nothing follows.
    pub fn next(&self, token: impl FnOnce(&T) -> String) -> String {
        self.rows.last().filter(|_| self.more).map(token).unwrap_or_default()
    }
}

impl SiteQueries {
    /// Reads from the store, and from what the authenticator remembers.
    pub const fn new(store: Store, authenticator: Arc<Authenticator>) -> Self {
        Self { store, authenticator }
    }

    /// Sites in the order of their names, behind one of them.
    pub async fn list(&self, after: Option<&str>, limit: u64) -> Result<ListPage<Site>, Failure> {
        Ok(ListPage::of_page(self.store.sites(after, limit + 1).await?, limit))
    }

    /// A site with its settings, read anew.
    pub async fn get(&self, known: &Site) -> Result<Site, Failure> {
        let name = SiteName::as_stored(known.name.clone());
        let site = self.store.site_named(&name).await?.filter(|site| site.id == known.id);
        let gone = || {
            let message = "the site was removed a moment ago";
            let refusal = Refusal::about(Reason::SiteNotFound, "site", message);
            refusal.naming(MetadataKey::Site, name.as_str())
        };
        Ok(site.ok_or_else(gone)?)
    }

    /// The connections of a site in the order of their names, behind one of them.
    pub async fn connections(
        &self,
        site: &Site,
        after: Option<&str>,
        limit: u64,
    ) -> Result<ListPage<Connection>, Failure> {
        Ok(ListPage::of_page(self.store.connections(site.id, after, limit + 1).await?, limit))
    }

    /// The value of a token that opens its site, as it is sealed, where it is kept, and its hash.
    pub async fn sealed_value(
        &self,
        site: &Site,
        token: TokenId,
    ) -> Result<Option<(SealedValue, TokenHash)>, Failure> {
        Ok(self.store.sealed_value(site.id, token, clock::now()).await?)
    }

    /// The tokens of a site, oldest or newest first, all or those that open it, behind one of them.
    pub async fn tokens(
        &self,
        site: &Site,
        after: Option<(Timestamp, TokenId)>,
        (newest_first, active_only): (bool, bool),
        limit: u64,
    ) -> Result<ListPage<Token>, Failure> {
        // What this core knows and has not stored yet is part of the answer.
        self.authenticator.flush_uses().await?;
        let active_at = active_only.then(clock::now);
        Ok(ListPage::of_page(
            self.store.tokens(site.id, after, newest_first, active_at, limit + 1).await?,
            limit,
        ))
    }
}
