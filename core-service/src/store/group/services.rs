//! Services in a group: the callers among them, and those that it is about.

use super::super::{StoreError, consumers, grants, service_tokens, services, sites};
use super::{WriteGroup, number};
use provost_domain::{Changes, Grant, GrantScope, Grants, Loaded, Needs, SavedService, SiteId};
use std::collections::BTreeSet;

impl WriteGroup<'_> {
    pub(super) async fn load_services(
        &mut self,
        needs: &Needs,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let Needs { service_callers, services, service_tokens, next_service, .. } = needs;
        let Needs { service_tokens_named, service_tokens_of, certificates, grants_about, .. } =
            needs;
        if !service_callers.is_empty() {
            let callers = service_tokens::callers(service_callers.iter());
            for row in self.run("SELECT service_tokens services", &callers).await? {
                let (caller, service) = service_tokens::caller(&row)?;
                loaded.service_callers.push(caller);
                loaded.services.push(service);
            }
        }
        if !services.is_empty() {
            let found = self.run("SELECT services", &services::named(services.iter())).await?;
            for row in found {
                loaded.services.push(services::read(&row)?);
            }
        }
        if !grants_about.is_empty() {
            let granted = services::granted(grants_about.iter());
            for row in self.run("SELECT services", &granted).await? {
                loaded.services.push(services::read(&row)?);
            }
        }
        if !loaded.services.is_empty() {
            // Behind the lock, so that they are as whoever changed them last has left them.
            let of = grants::of(loaded.services.iter().map(|service| service.id));
            let found = self.run("SELECT grants", &of).await?;
            let found = found.iter().map(grants::read).collect::<Result<Vec<_>, _>>()?;
            grants::distribute(&mut loaded.services, &found);
            self.load_grant_sites(needs, loaded).await?;
        }
        if !service_tokens.is_empty() {
            let by_id = service_tokens::by_id(service_tokens.iter());
            let found = self.run("SELECT service_tokens", &by_id).await?;
            let found = found.iter().map(service_tokens::read);
            loaded.service_tokens = found.collect::<Result<_, _>>()?;
        }
        if !service_tokens_named.is_empty() {
            let named = service_tokens::unrevoked(service_tokens_named.iter());
            for row in self.run("SELECT service_tokens", &named).await? {
                loaded.service_tokens.push(service_tokens::read(&row)?);
            }
        }
        for (service, kind) in service_tokens_of {
            let of = service_tokens::longest_live(service, *kind);
            for row in self.run("SELECT service_tokens", &of).await? {
                loaded.service_tokens.push(service_tokens::read(&row)?);
            }
        }
        if !certificates.is_empty() {
            let named = service_tokens::certified(certificates.iter());
            for row in self.run("SELECT service_tokens", &named).await? {
                loaded.service_tokens.push(service_tokens::read(&row)?);
            }
        }
        if *next_service {
            let found = self.run("SELECT services", &services::last_key()).await?;
            loaded.next_service = Some(number(&found)? + 1);
            let found = self.run("SELECT services", &services::number_of_living()).await?;
            loaded.living_services = number(&found)?.unsigned_abs();
        }
        Ok(())
    }

    /// The names of the sites of the grants that it is about. Those of callers are not told of.
    async fn load_grant_sites(
        &mut self,
        needs: &Needs,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let about = loaded.services.iter().filter(|it| needs.services.contains(&it.name));
        let scopes = about.flat_map(|service| service.grants.iter()).map(|grant| grant.scope);
        let ids: BTreeSet<SiteId> = scopes.filter_map(GrantScope::site).collect();
        if !ids.is_empty() {
            let found = self.run("SELECT sites", &sites::names(ids.iter())).await?;
            loaded.grant_sites = found.iter().map(sites::id_and_name).collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    pub(super) async fn save_services(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let Changes { saved_services, new_service_tokens, changed_service_tokens, .. } = changes;
        for SavedService { before, after } in saved_services {
            match before {
                None => self.run("INSERT services", &services::insert(after)).await?,
                Some(_) => self.run("UPDATE services", &services::update(after)).await?,
            };
            if after.deleted_at.is_some() {
                let of = service_tokens::delete_of(after);
                self.run("DELETE service_tokens", &of).await?;
                self.run("SELECT consumers", &consumers::hold_of(after)).await?;
                self.run("DELETE consumers", &consumers::delete_of(after)).await?;
            }
            // Only what differs, so that each change is one statement.
            let had = before.as_ref().map(|before| before.grants.clone()).unwrap_or_default();
            let differing = |one: &Grants, other: &Grants| -> Vec<Grant> {
                let is_in = |grant: &Grant| other.about(grant.scope) == Some(grant);
                one.iter().filter(|grant| !is_in(grant)).cloned().collect()
            };
            for gone in differing(&had, &after.grants) {
                self.run("DELETE grants", &grants::delete(after, gone.scope)).await?;
            }
            for new in differing(&after.grants, &had) {
                self.run("INSERT grants", &grants::insert(after, &new)).await?;
            }
        }
        // First, because the name of a certificate is free once its token is revoked.
        for token in changed_service_tokens {
            self.run("UPDATE service_tokens", &service_tokens::revoke(token)).await?;
        }
        if !new_service_tokens.is_empty() {
            let insert = service_tokens::insert(new_service_tokens);
            self.run("INSERT service_tokens", &insert).await?;
        }
        Ok(())
    }
}
