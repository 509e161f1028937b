//! Services in the state of a group: what becomes of them and of their tokens.

use super::{Current, State, Tracked};
use crate::{Changes, NewServiceToken, SavedService, Service, ServiceName, ServiceToken};
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
