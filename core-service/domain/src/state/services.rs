//! Services in the state of a group: what becomes of them and of their tokens.

use super::{Current, State, Tracked};
use crate::{Changes, NewServiceToken, SavedService, Service, ServiceName, ServiceToken, TokenId};
use std::collections::BTreeMap;

impl State {
    /// A key for a new service.
    pub(crate) fn take_service_key(&mut self) -> i64 {
        let key = self.next_service.unwrap_or(1);
        self.next_service = Some(key + 1);
        key
    }

    pub(crate) fn put_service(&mut self, service: Service) {
        let tracked =
            self.services.entry(service.name.clone()).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(service);
    }

    /// Takes a service away; what it asks later in the group is not heard.
    pub(crate) fn remove_service(&mut self, name: &ServiceName) {
        if let Some(tracked) = self.services.get_mut(name) {
            tracked.current = Current::Gone;
        }
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

    /// A token of a service, of those that were needed or made here.
    pub(crate) fn service_token(&self, id: TokenId) -> Option<&ServiceToken> {
        let new = || self.new_service_tokens.iter().map(|new| &new.token);
        let known = self.service_tokens.get(&id).and_then(Tracked::now);
        known.or_else(|| new().find(|token| token.id == id))
    }

    pub(crate) fn put_new_service_token(&mut self, token: NewServiceToken) {
        self.new_service_tokens.push(token);
    }

    pub(crate) fn put_service_token(&mut self, token: ServiceToken) {
        if token.revoked_at.is_some() {
            self.service_callers.insert(token.id, None);
        }
        let tracked = self.service_tokens.entry(token.id);
        tracked.or_insert(const { Tracked::loaded(None) }).current = Current::Changed(token);
    }
}

/// What of the services is to be kept.
pub(super) fn keep(services: BTreeMap<ServiceName, Tracked<Service>>, changes: &mut Changes) {
    for Tracked { before, current } in services.into_values() {
        match (before, current) {
            (_, Current::Unchanged) | (None, Current::Gone) => {}
            (before, Current::Changed(after)) => {
                changes.saved_services.push(SavedService { before, after });
            }
            (Some(before), Current::Gone) => changes.deleted_services.push(before),
        }
    }
}
