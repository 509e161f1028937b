//! Who is calling: bearer tokens verified, and the site they may ask about.
//!
//! Owns the memory of recently seen tokens and sites and of their last use. Must never keep or
//! show a token's value.

mod answer_log;
mod bearer;
mod client_certificate;
mod credential;
mod signed_in;

pub use answer_log::ServiceCall;
pub use bearer::{Arrivals, Bearer, CallAccess, SiteReach};
pub use client_certificate::ClientCertificate;
pub use credential::{Credential, Door};

use crate::metrics::{CallerCounts, ConnectionRequests, RequestsByConnection};
use crate::refused_requests::RefusedRequests;
use crate::secret::{Secret, SecretHash};
use crate::store::Store;
use crate::{Failure, StoreError, clock};
use answer_log::AnswerLog;
use bearer::{Holder, KnownAdmin, KnownService, KnownToken};
use credential::CredentialKind;
use moka::sync::Cache;
use provost_domain::{
    Caller, Permission, Refusal, SessionId, Site, SiteName, Timestamp, TokenId, UserId,
    certificate_opens_nothing, connections_act_for_nobody, token_opens_nothing, unknown_site,
};
use provost_telemetry::{record_caller, record_site};
use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long another core's revocation or change of settings may stay unnoticed by reads here.
/// Writes read token and settings anew, and what this core does itself is noticed at once.
const MEMORY: Duration = Duration::from_secs(1);
const REMEMBERED: u64 = 10_000;

/// Who was let in, and where.
#[derive(Debug)]
pub struct Admitted {
    /// Who asks.
    pub caller: Caller,
    /// The token that was shown; absent where it was the operator's.
    pub token: Option<TokenId>,
    /// The user of the site on whose behalf is asked, if any. Whether they may is another question.
    pub on_behalf_of: Option<UserId>,
    /// The site that is asked about.
    pub site: Arc<Site>,
    /// Of a connection, what is known of its requests.
    pub activity: Option<Arc<ConnectionRequests>>,
}

/// When tokens were last used, of connections, of services and of sessions.
#[derive(Debug, Default)]
struct Uses {
    connections: HashMap<TokenId, Timestamp>,
    services: HashMap<TokenId, Timestamp>,
    sessions: HashMap<SessionId, Timestamp>,
}

/// The authenticator of callers.
#[derive(Debug)]
pub struct Authenticator {
    store: Store,
    operator: SecretHash,
    keys: Cache<SecretHash, KnownToken>,
    services: Cache<SecretHash, Arc<KnownService>>,
    /// How often everything was forgotten.
    forgotten: AtomicU64,
    uses: Mutex<Uses>,
    log: Arc<AnswerLog>,
    connections: Arc<RequestsByConnection>,
}

impl Authenticator {
    /// An authenticator that knows the operator's token, has callers counted, and notes what services are refused.
    pub fn new(
        store: Store,
        operator: &Secret,
        counts: Arc<CallerCounts>,
        refused: Arc<RefusedRequests>,
        connections: Arc<RequestsByConnection>,
    ) -> Self {
        let sites = Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build();
        let log = AnswerLog { counts, refused, sites, store: store.clone() };
        Self {
            store,
            operator: operator.hash(),
            keys: Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build(),
            services: Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build(),
            forgotten: AtomicU64::default(),
            uses: Mutex::default(),
            log: Arc::new(log),
            connections,
        }
    }

    /// Whoever carries this token, and makes a call that these may make.
    pub async fn authenticate(
        &self,
        credential: &Credential,
        access: CallAccess,
    ) -> Result<Bearer, Failure> {
        self.store.as_seen_last()?;
        let Credential { hash, door, kind } = *credential;
        if door == Door::Services && kind == CredentialKind::Token && self.operator.matches(&hash) {
            return Ok(self.bearer(Holder::Operator, kind, access));
        }
        self.found(hash, kind, access).await
    }

    /// The same caller, as far as what they have shown is still good, with what it opens now.
    pub async fn renew(&self, bearer: &Bearer) -> Result<Bearer, Failure> {
        self.store.as_seen_last()?;
        match &bearer.holder {
            Holder::Operator | Holder::Admin(_) => match &bearer.session {
                Some(known) => self.found(known.hash, bearer.kind, bearer.access).await,
                None => Ok(bearer.clone()),
            },
            Holder::Connection(key) => self.found(key.hash, bearer.kind, bearer.access).await,
            Holder::Service(service) => {
                let renewed = self.found(service.hash, bearer.kind, bearer.access).await?;
                self.uses().services.insert(service.token, clock::now());
                Ok(renewed)
            }
        }
    }

    fn bearer(&self, holder: Holder, kind: CredentialKind, access: CallAccess) -> Bearer {
        let log = Arc::clone(&self.log);
        Bearer { holder, access, kind, session: None, on_behalf_of: None, log }
    }

    /// Counts a caller who was not let in.
    pub fn count_denial(&self, failure: &Failure) {
        self.log.counts.denied(failure);
    }

    /// Whoever carries the token or the certificate of this hash.
    async fn found(
        &self,
        hash: SecretHash,
        kind: CredentialKind,
        access: CallAccess,
    ) -> Result<Bearer, Failure> {
        let (holder, expires_at) = match kind {
            CredentialKind::Token => {
                let key = self.key(hash).await?.ok_or_else(token_opens_nothing)?;
                let expires_at = key.expires_at;
                (Holder::Connection(key), expires_at)
            }
            CredentialKind::ServiceToken => {
                let service = self.service(hash).await?.ok_or_else(token_opens_nothing)?;
                let expires_at = service.expires_at;
                (Holder::Service(service), expires_at)
            }
            // The certificate itself expires, and was looked at with the connection.
            CredentialKind::Certificate => {
                let service = self.service(hash).await?.ok_or_else(certificate_opens_nothing)?;
                (Holder::Service(service), None)
            }
            CredentialKind::SessionToken
            | CredentialKind::AdminToken
            | CredentialKind::SignInCode => {
                return rare(self.signed_in(hash, kind, access)).await;
            }
        };
        if expires_at.is_some_and(|end| end <= clock::now()) {
            return Err(token_opens_nothing().into());
        }
        Ok(self.bearer(holder, kind, access))
    }

    /// The same caller, admitted to this site.
    pub async fn admit(&self, bearer: Bearer, site: &str) -> Result<Admitted, Failure> {
        let Bearer { holder, access, on_behalf_of, .. } = bearer;
        match holder {
            Holder::Operator => {
                record_caller(&Caller::Operator);
                let site = self.site(&SiteName::parse(site)?).await?;
                record_site(&site.name);
                let caller = Caller::Operator;
                Ok(Admitted { caller, token: None, on_behalf_of, site, activity: None })
            }
            Holder::Connection(key) => {
                key.admit(access, site)?;
                self.uses().connections.insert(key.id, clock::now());
                let caller = key.caller();
                record_site(&key.site.name);
                record_caller(&caller);
                key.site.admits(&caller)?;
                if on_behalf_of.is_some() {
                    return Err(connections_act_for_nobody().into());
                }
                let (token, activity) = (Some(key.id), Some(key.activity));
                Ok(Admitted { caller, token, on_behalf_of, site: key.site, activity })
            }
            Holder::Admin(admin) => {
                admin.admit(access, on_behalf_of, &SiteName::parse(site)?)?;
                let caller = admin.caller();
                let KnownAdmin { user: _, site } = admin;
                Ok(Admitted { caller, token: None, on_behalf_of, site, activity: None })
            }
            Holder::Service(service) => {
                let caller = service.caller();
                record_caller(&caller);
                self.uses().services.insert(service.token, clock::now());
                let name = SiteName::parse(site)?;
                let access = if on_behalf_of.is_some() { CallAccess::ACTING } else { access };
                service.admit(access, &name)?;
                let site = self.site(&name).await?;
                record_site(&site.name);
                let token = Some(service.token);
                Ok(Admitted { caller, token, on_behalf_of, site, activity: None })
            }
        }
    }

    /// The caller, admitted to a call that is about no site.
    pub fn admit_everywhere(&self, bearer: &Bearer) -> Result<(Caller, Option<TokenId>), Refusal> {
        if let Holder::Service(service) = &bearer.holder {
            self.uses().services.insert(service.token, clock::now());
        }
        bearer.admit_everywhere()
    }

    /// The caller, admitted to what stays of the site of this name, whether or not it was deleted.
    pub fn admit_by_name(&self, bearer: &Bearer, site: &str) -> Result<SiteName, Refusal> {
        if let Holder::Service(service) = &bearer.holder {
            self.uses().services.insert(service.token, clock::now());
        }
        bearer.admit_by_name(site)
    }

    /// The sites in which the caller may do what takes all of these permissions.
    pub fn reach(&self, bearer: &Bearer, permissions: &[Permission]) -> Result<SiteReach, Refusal> {
        if let Holder::Service(service) = &bearer.holder {
            self.uses().services.insert(service.token, clock::now());
        }
        bearer.reach(permissions)
    }

    fn uses(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The site of this name.
    pub async fn site(&self, name: &SiteName) -> Result<Arc<Site>, Failure> {
        if let Some(site) = self.log.sites.get(name) {
            return Ok(site);
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let found = rare(self.store.site_named(name)).await?.ok_or_else(|| unknown_site(name))?;
        let site = Arc::new(found);
        self.log.sites.insert(name.clone(), Arc::clone(&site));
        if self.is_outdated(forgotten) {
            self.log.sites.invalidate(name);
        }
        Ok(site)
    }

    /// Forgets what was remembered, because settings or tokens changed.
    pub fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.keys.invalidate_all();
        self.services.invalidate_all();
        self.log.sites.invalidate_all();
    }

    /// Whether something has changed since so much was forgotten. To be asked once what was read
    /// since then is remembered: either it is taken back here, or [`Self::forget`] comes upon it.
    fn is_outdated(&self, forgotten: u64) -> bool {
        self.forgotten.load(Ordering::SeqCst) != forgotten
    }

    /// Stores when tokens were last used.
    pub async fn flush_uses(&self) -> Result<(), StoreError> {
        let Uses { connections, services, sessions } = std::mem::take(&mut *self.uses());
        let used = connections.iter().map(|(token, at)| (*token, *at)).collect::<Vec<_>>();
        let stored = self.store.touch(&used).await;
        if stored.is_err() {
            keep(&mut self.uses().connections, connections);
        }
        let used = services.iter().map(|(token, at)| (*token, *at)).collect::<Vec<_>>();
        let also_stored = self.store.touch_service_tokens(&used).await;
        if also_stored.is_err() {
            keep(&mut self.uses().services, services);
        }
        let used = sessions.iter().map(|(session, at)| (*session, *at)).collect::<Vec<_>>();
        let stored_too = self.store.touch_sessions(&used).await;
        if stored_too.is_err() {
            keep(&mut self.uses().sessions, sessions);
        }
        stored.and(also_stored).and(stored_too)
    }

    /// The token of this hash, unless it is unknown or revoked.
    async fn key(&self, hash: SecretHash) -> Result<Option<KnownToken>, Failure> {
        if let Some(key) = self.keys.get(&hash) {
            return Ok(key.hash.matches(&hash).then_some(key));
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let found = rare(self.store.token_by_hash(hash.as_bytes())).await?;
        let Some((token, settings, site)) = found else {
            return Ok(None);
        };
        if token.revoked_at.is_some() {
            return Ok(None);
        }
        let connection = token.connection.into_string();
        let key = KnownToken {
            id: token.id,
            hash,
            activity: self.connections.of((site.id, &site.name), &connection),
            connection,
            settings,
            expires_at: token.expires_at,
            site: Arc::new(site),
        };
        self.keys.insert(hash, key.clone());
        if self.is_outdated(forgotten) {
            self.keys.invalidate(&hash);
        }
        Ok(Some(key))
    }

    /// The service whose token has this hash, unless it is unknown or revoked.
    async fn service(&self, hash: SecretHash) -> Result<Option<Arc<KnownService>>, Failure> {
        if let Some(service) = self.services.get(&hash) {
            return Ok(service.hash.matches(&hash).then_some(service));
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let Some((token, (services, sites))) =
            rare(self.store.service_token_by_hash(hash.as_bytes())).await?
        else {
            return Ok(None);
        };
        let Some(service) = services.into_iter().next().filter(|_| token.revoked_at.is_none())
        else {
            return Ok(None);
        };
        let service = Arc::new(KnownService {
            token: token.id,
            hash,
            name: service.name,
            expires_at: token.expires_at,
            grants: service.grants,
            sites,
        });
        self.services.insert(hash, Arc::clone(&service));
        if self.is_outdated(forgotten) {
            self.services.invalidate(&hash);
        }
        Ok(Some(service))
    }
}

/// What only few calls wait for, in a box of its own: every call would carry it otherwise, and is
/// moved as a whole when it begins.
fn rare<F: Future>(look_up: F) -> Pin<Box<F>> {
    Box::pin(look_up)
}

/// Keeps uses for the next time, unless a later one has come meanwhile.
fn keep<K: Eq + Hash>(waiting: &mut HashMap<K, Timestamp>, uses: HashMap<K, Timestamp>) {
    for (used, at) in uses {
        waiting.entry(used).or_insert(at);
    }
}
