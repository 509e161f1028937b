//! Who is calling: bearer tokens verified, and the site they may ask about.
//!
//! Owns the memory of recently seen tokens and sites and of their last use. Must never keep or
//! show a token's value.

use crate::secret::{Secret, SecretHash};
use crate::store::Store;
use crate::{Failure, StoreError, clock};
use moka::sync::Cache;
use provost_domain::{
    Caller, Reason, Refusal, Site, SiteName, Timestamp, TokenId, token_opens_nothing, unknown_site,
};
use provost_telemetry::{record_caller, record_site};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long another core's revocation or change of settings may stay unnoticed by reads here.
/// Writes read token and settings anew, and what this core does itself is noticed at once.
const MEMORY: Duration = Duration::from_secs(1);
const REMEMBERED: u64 = 10_000;

/// What a caller shows, and where.
#[derive(Debug)]
pub struct Credential {
    hash: SecretHash,
    door: Door,
}

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// For identity providers. The operator's token opens nothing here, or a slip of the hand
    /// would let a directory past every rule for directories.
    Connections,
    /// For everybody else.
    Services,
}

impl Credential {
    /// A bearer token as it was shown at a door; empty where there was none.
    pub fn shown(token: &str, door: Door) -> Result<Self, Refusal> {
        if token.is_empty() {
            return Err(Refusal::new(
                Reason::TokenMissing,
                "no token came with the request; send Authorization: Bearer and the token",
            ));
        }
        match token.split_once(' ') {
            Some((word, _)) if word.eq_ignore_ascii_case("bearer") => Err(Refusal::new(
                Reason::TokenInvalid,
                "the word Bearer stands twice in front of the token, because the sender adds it \
                 by itself; enter the token alone",
            )),
            Some(_) => Err(Refusal::new(
                Reason::TokenInvalid,
                "what came in Authorization is not a bearer token, which has no spaces; send \
                 Authorization: Bearer and the token",
            )),
            None => Ok(Self { hash: Secret::from_text(token).hash(), door }),
        }
    }
}

/// Whoever carries a good token. Which site they ask about is another question.
#[derive(Debug, Clone)]
pub struct Bearer(Holder);

#[derive(Debug, Clone)]
enum Holder {
    Operator,
    Connection(KnownToken),
}

impl Bearer {
    /// Admits nobody but the operator.
    pub fn admit_operator(&self) -> Result<(), Refusal> {
        match &self.0 {
            Holder::Operator => {
                record_caller(&Caller::Operator);
                Ok(())
            }
            Holder::Connection(key) => {
                record_site(&key.site.name);
                record_caller(&key.caller());
                Err(not_for_connections())
            }
        }
    }
}

/// Who was let in, and where.
#[derive(Debug)]
pub struct Admitted {
    /// Who asks.
    pub caller: Caller,
    /// The token that was shown; absent where it was the operator's.
    pub token: Option<TokenId>,
    /// The site that is asked about.
    pub site: Arc<Site>,
}

/// A token as it was found.
#[derive(Debug, Clone)]
struct KnownToken {
    id: TokenId,
    hash: SecretHash,
    connection: String,
    expires_at: Option<Timestamp>,
    site: Arc<Site>,
}

impl KnownToken {
    fn caller(&self) -> Caller {
        Caller::Connection { site: self.site.id, name: self.connection.clone() }
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// The authenticator of callers.
#[derive(Debug)]
pub struct Authenticator {
    store: Store,
    operator: SecretHash,
    keys: Cache<SecretHash, KnownToken>,
    sites: Cache<SiteName, Arc<Site>>,
    /// How often everything was forgotten.
    forgotten: AtomicU64,
    uses: Mutex<HashMap<TokenId, Timestamp>>,
}

impl Authenticator {
    /// An authenticator that knows the operator's token.
    pub fn new(store: Store, operator: &Secret) -> Self {
        Self {
            store,
            operator: operator.hash(),
            keys: Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build(),
            sites: Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build(),
            forgotten: AtomicU64::default(),
            uses: Mutex::default(),
        }
    }

    /// Whoever carries this token.
    pub async fn authenticate(&self, credential: &Credential) -> Result<Bearer, Failure> {
        self.store.as_seen_last()?;
        let Credential { hash, door } = *credential;
        if door == Door::Services && self.operator.matches(&hash) {
            return Ok(Bearer(Holder::Operator));
        }
        let key = self.key(hash).await?.ok_or_else(token_opens_nothing)?;
        if key.is_expired(clock::now()) {
            return Err(token_opens_nothing().into());
        }
        Ok(Bearer(Holder::Connection(key)))
    }

    /// The same caller, admitted to this site.
    pub async fn admit(&self, bearer: Bearer, site: &str) -> Result<Admitted, Failure> {
        let key = match bearer.0 {
            Holder::Operator => {
                record_caller(&Caller::Operator);
                let site = self.site(&SiteName::parse(site)?).await?;
                record_site(&site.name);
                return Ok(Admitted { caller: Caller::Operator, token: None, site });
            }
            Holder::Connection(key) => key,
        };
        // A token of another site is as good as none: nothing here tells that the site exists.
        if SiteName::parse(site).is_ok_and(|site| site.as_str() == key.site.name) {
            self.uses.lock().unwrap_or_else(PoisonError::into_inner).insert(key.id, clock::now());
            let caller = key.caller();
            record_site(&key.site.name);
            record_caller(&caller);
            key.site.admits(&caller)?;
            return Ok(Admitted { caller, token: Some(key.id), site: key.site });
        }
        Err(token_opens_nothing().into())
    }

    /// The site of this name.
    pub async fn site(&self, name: &SiteName) -> Result<Arc<Site>, Failure> {
        if let Some(site) = self.sites.get(name) {
            return Ok(site);
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let found = self.store.site_named(name).await?.ok_or_else(|| unknown_site(name))?;
        let site = Arc::new(found);
        self.sites.insert(name.clone(), Arc::clone(&site));
        if self.is_outdated(forgotten) {
            self.sites.invalidate(name);
        }
        Ok(site)
    }

    /// Forgets what was remembered, because settings or tokens changed.
    pub fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.keys.invalidate_all();
        self.sites.invalidate_all();
    }

    /// Whether something has changed since so much was forgotten. To be asked once what was read
    /// since then is remembered: either it is taken back here, or [`Self::forget`] comes upon it.
    fn is_outdated(&self, forgotten: u64) -> bool {
        self.forgotten.load(Ordering::SeqCst) != forgotten
    }

    /// Stores when tokens were last used.
    pub async fn flush_uses(&self) -> Result<(), StoreError> {
        let uses: Vec<_> = {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.drain().collect()
        };
        if uses.is_empty() {
            return Ok(());
        }
        let stored = self.store.touch(&uses).await;
        if stored.is_err() {
            // For the next time, unless a later use has come meanwhile.
            let mut waiting = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            for (token, at) in uses {
                waiting.entry(token).or_insert(at);
            }
        }
        stored
    }

    /// The token of this hash, unless it is unknown or revoked.
    async fn key(&self, hash: SecretHash) -> Result<Option<KnownToken>, Failure> {
        if let Some(key) = self.keys.get(&hash) {
            return Ok(key.hash.matches(&hash).then_some(key));
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let Some((token, site)) = self.store.token_by_hash(hash.as_bytes()).await? else {
            return Ok(None);
        };
        if token.revoked_at.is_some() {
            return Ok(None);
        }
        let key = KnownToken {
            id: token.id,
            hash,
            connection: token.connection.into_string(),
            expires_at: token.expires_at,
            site: Arc::new(site),
        };
        self.keys.insert(hash, key.clone());
        if self.is_outdated(forgotten) {
            self.keys.invalidate(&hash);
        }
        Ok(Some(key))
    }
}

fn not_for_connections() -> Refusal {
    Refusal::new(
        Reason::CallerNotPermitted,
        "only the operator may do this; send the operator's token",
    )
}
