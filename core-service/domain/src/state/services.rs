//! Services in the state of a group: what becomes of them and of their tokens.

use super::{Current, State, Tracked, asked_for};
use crate::{
    CertificateName, Changes, GrantScope, Grants, NewServiceToken, SavedService, Service,
    ServiceName, ServiceToken, ServiceTokenKind, SiteId, Timestamp, TokenId, TokenName,
};
use std::collections::BTreeMap;

impl State {
    /// A key for a new service.
    pub(crate) fn take_service_key(&mut self) -> i64 {
        let key = asked_for(self.next_service, "the key of the next service");
        self.next_service = Some(key + 1);
        self.living_services += 1;
        key
    }

    pub(crate) fn put_service(&mut self, service: Service) {
        let tracked =
            self.services.entry(service.name.clone()).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(service);
    }

    /// The service of this name, unless it is deleted.
    pub(crate) fn service(&self, name: &ServiceName) -> Option<&Service> {
        self.service_or_deleted(name).filter(|service| service.deleted_at.is_none())
    }

    /// The services that may do something in this site by a grant about it.
    pub(crate) fn services_with_grants_about(
        &self,
        site: SiteId,
    ) -> impl Iterator<Item = &Service> {
        let known = self.grants_about.get(&site);
        asked_for(known, "who may do something in a site");
        let services = self.services.values().filter_map(Tracked::now);
        services.filter(move |service| service.grants.about(GrantScope::Site(site)).is_some())
    }

    /// Who has or had this name.
    pub(crate) fn service_or_deleted(&self, name: &ServiceName) -> Option<&Service> {
        asked_for(self.services.get(name), "a service").now()
    }

    /// The name of a site that grants of services are about.
    pub(crate) fn site_name(&self, id: SiteId) -> Option<&str> {
        let known = self.sites.get(&id).and_then(Tracked::now).map(|site| site.name.as_str());
        known.or_else(|| self.grant_sites.get(&id).map(String::as_str))
    }

    /// Takes a service away, and leaves its name; what it asks later in the group is not heard.
    pub(crate) fn remove_service(&mut self, service: Service, at: Timestamp) {
        let name = &service.name.clone();
        self.living_services = self.living_services.saturating_sub(1);
        self.put_service(Service {
            version: service.version + 1,
            grants: Grants::none(),
            deleted_at: Some(at),
            ..service
        });
        self.new_service_tokens.retain(|new| new.token.service != *name);
        for caller in self.service_callers.values_mut() {
            caller.take_if(|caller| caller.service == *name);
        }
        for tracked in self.service_tokens.values_mut() {
            if tracked.now().is_some_and(|token| token.service == *name) {
                tracked.current = Current::Gone;
            }
        }
    }

    /// Tokens of a service that are not revoked and have this name.
    pub(crate) fn service_tokens_named(
        &self,
        service: &ServiceName,
        name: &TokenName,
    ) -> impl Iterator<Item = &ServiceToken> {
        let named = self.service_tokens_named.get(&(service.clone(), name.clone()));
        asked_for(named, "the name of a service's token");
        let known = self.service_tokens.values().filter_map(Tracked::now);
        let tokens = known.chain(self.new_service_tokens.iter().map(|new| &new.token));
        tokens.filter(move |token| {
            token.service == *service && token.name == name.as_str() && token.revoked_at.is_none()
        })
    }

    /// How many tokens of this kind a service has that open something.
    pub(crate) fn live_service_tokens(
        &self,
        service: &ServiceName,
        kind: ServiceTokenKind,
        now: Timestamp,
    ) -> usize {
        let known = self.service_tokens_of.get(&(service.clone(), kind));
        asked_for(known, "how many tokens a service has");
        let known = self.service_tokens.values().filter_map(Tracked::now);
        let tokens = known.chain(self.new_service_tokens.iter().map(|new| &new.token));
        let of_kind = |token: &&ServiceToken| {
            let is_certificate = token.certificate.is_some();
            token.service == *service && is_certificate == (kind == ServiceTokenKind::Certificate)
        };
        tokens.filter(of_kind).filter(|token| token.is_live(now)).count()
    }

    /// The token that stands for certificates of this name, whosever it is, unless it was revoked.
    pub(crate) fn certificate(&self, name: &CertificateName) -> Option<&ServiceToken> {
        asked_for(self.certificates.get(name), "the name of a certificate");
        let known = self.service_tokens.values().filter_map(Tracked::now);
        let mut tokens = known.chain(self.new_service_tokens.iter().map(|new| &new.token));
        tokens.find(|token| token.certificate.as_ref() == Some(name) && token.revoked_at.is_none())
    }

    /// A token of a service, of those that were needed or made here.
    pub(crate) fn service_token(&self, id: TokenId) -> Option<&ServiceToken> {
        let new = self.new_service_tokens.iter().map(|new| &new.token).find(|token| token.id == id);
        new.or_else(|| asked_for(self.service_tokens.get(&id), "the token of a service").now())
    }

    pub(crate) fn put_new_service_token(&mut self, token: NewServiceToken) {
        self.new_service_tokens.push(token);
    }

    pub(crate) fn put_service_token(&mut self, token: ServiceToken) {
        if token.revoked_at.is_some() {
            self.service_callers.insert(token.id, None);
        }
        if let Some(new) = self.new_service_tokens.iter_mut().find(|new| new.token.id == token.id) {
            new.token = token;
            return;
        }
        let tracked = self.service_tokens.entry(token.id);
        tracked.or_insert(const { Tracked::loaded(None) }).current = Current::Changed(token);
    }
}

/// What of the services is to be kept.
pub(super) fn keep(services: BTreeMap<ServiceName, Tracked<Service>>, changes: &mut Changes) {
    for Tracked { before, current } in services.into_values() {
        // None is ever gone: one that is deleted keeps its row.
        if let Current::Changed(after) = current {
            changes.saved_services.push(SavedService { before, after });
        }
    }
    // In the order in which callers are locked, or two cores could wait for one another.
    changes.saved_services.sort_by_key(|saved| saved.after.id);
}
