//! The judge: owns user life cycle and role rules behind gRPC.
//!
//! A request enters by `grpc`. What it asks to read is a query of the `store`; everything else is a
//! command, which the `writer` has the `domain` decide and the `store` keep before it is answered. Must never know the words of any
//! provisioning protocol, configuration, sockets or the gateway.

mod authenticator;
mod clock;
mod consumers;
mod failure;
mod grpc;
mod health;
mod metrics;
mod page_key;
mod queries;
mod refused_requests;
mod sealing;
mod secret;
pub mod store;
mod store_error;
mod trace;
mod upkeep;
mod watches;
mod writer;

pub use authenticator::ClientCertificate;
pub use failure::Failure;
pub use grpc::{
    message_took_too_long, published_metadata, published_reasons, too_many_failed_tokens,
    too_many_large_messages,
};
pub use health::CoreHealth;
pub use page_key::{PageKey, PageTokenProblem, PagedQuestion};
pub use provost_domain::{AttributeType, ProfileAttribute, ProfileSchema, SiteName};
pub use provost_openid::IdentityProviders;
pub use sealing::TokenKey;
pub use secret::{NoRandomness, Secret};
pub use store::{OpenError, migrate};
pub use store_error::{DocumentProblem, StoreError};

use authenticator::Authenticator;
use consumers::Consumers;
use grpc::ToldEvent;
use metrics::{
    CallerCounts, KnownFigures, RequestsByConnection, SiteCounts, keep_figures, observe_waits,
};
use provost_domain::Changes;
use provost_telemetry::Meters;
use queries::{
    GroupQueries, LedgerQueries, RuleQueries, SCANS, ServiceQueries, SiteQueries, StatusQueries,
    Turns, UserQueries,
};
use refused_requests::RefusedRequests;
use std::sync::Arc;
use store::Store;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use upkeep::UpkeepNews;
use watches::{OtherCores, Watches, hear_other_cores, keep_heads_known, tell_other_cores};
use writer::Writer;

/// What the core is given to begin with.
#[derive(Debug)]
pub struct CoreSettings {
    /// `sqlite://…` or `postgres://…`.
    pub database_url: String,
    /// The value that opens everything.
    pub operator_token: Secret,
    /// The command that runs the core, which is told to operators.
    pub command: &'static str,
    /// The attributes that are kept of a person.
    pub profile: ProfileSchema,
    /// By whom Admins sign in to their sites.
    pub identity_providers: IdentityProviders,
    /// Where its numbers are told.
    pub meters: Meters,
    /// The key under which values of tokens are kept that may be shown again; none: none are kept.
    pub token_key: Option<TokenKey>,
}

/// What requests share.
pub(crate) struct AppState {
    authenticator: Arc<Authenticator>,
    writer: Writer,
    profile: ProfileSchema,
    page_key: PageKey,
    users: UserQueries,
    groups: GroupQueries,
    rules: RuleQueries,
    sites: SiteQueries,
    ledgers: LedgerQueries,
    consumers: Arc<Consumers>,
    services: ServiceQueries,
    refused: Arc<RefusedRequests>,
    status: StatusQueries,
    watches: Watches<ToldEvent>,
    identity_providers: IdentityProviders,
    token_key: Option<TokenKey>,
}

/// A core at work.
pub struct Core {
    state: Arc<AppState>,
    store: Store,
    stopping: CancellationToken,
    writer: JoinHandle<()>,
    keepers: Vec<JoinHandle<()>>,
    health: watch::Receiver<CoreHealth>,
}

impl Core {
    /// Opens the store, brings its schema up to date and starts the writer.
    pub async fn open(settings: CoreSettings) -> Result<Self, OpenError> {
        let store = Store::open_with(&settings.database_url, settings.profile).await?;
        let meters = &settings.meters;
        observe_waits(meters, &store);
        let counts = CallerCounts::new(meters, grpc::reason_names());
        let connections = RequestsByConnection::new(meters);
        let figures = KnownFigures::new(meters);
        let site_counts = SiteCounts::new(meters, &figures);
        let refused = Arc::<RefusedRequests>::default();
        let authenticator = Arc::new(Authenticator::new(
            store.clone(),
            &settings.operator_token,
            Arc::clone(&counts),
            Arc::clone(&refused),
            Arc::clone(&connections),
        ));
        let stopping = CancellationToken::new();
        let (listener, news) = (Arc::clone(&authenticator), UpkeepNews::default());
        let told_to_upkeep = news.clone();
        let watches = Watches::new(store.clone(), stopping.child_token());
        let heads = Arc::clone(&watches.heads);
        let others = store.is_shared().then(Arc::<OtherCores>::default);
        let told_to_others = others.clone();
        let committed = move |changes: &Changes| {
            heads.committed(changes);
            site_counts.committed(changes);
            if let Some(others) = &told_to_others {
                others.committed(changes);
            }
            if changes.alters_access() {
                listener.forget();
            }
            told_to_upkeep.committed(changes);
        };
        let (door, writer) = Writer::start(&store, committed, counts, meters, &stopping);
        let (told, health) = watch::channel(CoreHealth::GOOD);
        let stored = upkeep::keep_stored(
            Arc::clone(&authenticator),
            store.clone(),
            meters,
            stopping.clone(),
        );
        let looked = health::keep_watch(store.clone(), told, stopping.clone());
        let UpkeepNews { deletions, holds, rule_runs } = news;
        let cleared = upkeep::keep_cleared(store.clone(), deletions, stopping.clone());
        let timely =
            upkeep::keep_holds_timely(store.clone(), door.clone(), holds, stopping.clone());
        let followed =
            upkeep::keep_rules_followed(store.clone(), door.clone(), rule_runs, stopping.clone());
        let scans = Arc::new(Turns::new(SCANS.0, SCANS.1));
        let ledgers = LedgerQueries::new(store.clone(), Arc::clone(&scans));
        let filled = upkeep::keep_standings_filled(
            store.clone(),
            ledgers.clone(),
            Arc::clone(&ledgers.standings_missed),
            stopping.clone(),
        );
        let counted = keep_figures(store.clone(), figures, connections, stopping.clone());
        watches.places.observe(meters);
        let consumers = Arc::new(Consumers::new(store.clone()));
        let mut keepers = vec![
            tokio::spawn(counted),
            tokio::spawn(Arc::clone(&refused).keep(store.clone(), stopping.clone())),
            tokio::spawn(Arc::clone(&consumers).write(stopping.clone())),
            tokio::spawn(stored),
            tokio::spawn(looked),
            tokio::spawn(cleared),
            tokio::spawn(timely),
            tokio::spawn(followed),
            tokio::spawn(upkeep::keep_trimmed(store.clone(), stopping.clone())),
            tokio::spawn(filled),
            tokio::spawn(keep_heads_known(Arc::clone(&watches.heads), stopping.clone())),
        ];
        if let Some(others) = others {
            let heads = Arc::clone(&watches.heads);
            keepers.extend([
                tokio::spawn(tell_other_cores(others, store.clone(), stopping.clone())),
                tokio::spawn(hear_other_cores(heads, store.clone(), stopping.clone())),
            ]);
        }
        let state = Arc::new(AppState {
            profile: settings.profile,
            page_key: PageKey::of(&settings.operator_token.hash()),
            groups: GroupQueries::new(store.clone(), Arc::clone(&scans)),
            rules: RuleQueries::new(store.clone(), Arc::clone(&scans)),
            users: UserQueries::new(store.clone(), scans),
            ledgers,
            consumers,
            sites: SiteQueries::new(store.clone(), Arc::clone(&authenticator)),
            services: ServiceQueries::new(store.clone(), Arc::clone(&authenticator)),
            status: StatusQueries::new(store.clone(), settings.command, clock::now()),
            authenticator,
            watches,
            writer: door,
            refused,
            identity_providers: settings.identity_providers,
            token_key: settings.token_key,
        });
        Ok(Self { state, store, stopping, writer, keepers, health })
    }

    /// The services of the contract, to be called in process or served over a socket.
    pub fn services(&self) -> Routes {
        grpc::routes(&self.state)
    }

    /// Whether the core has what it works with. Where its database is missing, calls are refused.
    pub fn health(&self) -> watch::Receiver<CoreHealth> {
        self.health.clone()
    }

    /// Ends the watches, each with its cursor, and so those that begin from now on. They would last for as
    /// long as somebody follows them.
    pub fn end_watches(&self) {
        self.state.watches.ending.cancel();
    }

    /// Ends the core. Writes that wait are decided first, later ones are refused.
    pub async fn close(self) {
        let Self { state, store, stopping, writer, keepers, health: _ } = self;
        drop(state);
        stopping.cancel();
        for task in keepers.into_iter().chain([writer]) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the core failed");
            }
        }
        if let Err(error) = store.close().await {
            tracing::warn!(%error, "the store did not close in order");
        }
    }
}
