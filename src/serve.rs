//! Composition: sockets, core, gateway and drain, from top to bottom.
//!
//! Owns which rooms a process holds and in which order they live and die. Must never know what
//! passes between them.

mod certified;
mod client_address;
mod coalescing;
mod console;
mod cut_off;
mod entrance;
mod failed_tokens;
mod first_byte_timeout;
mod gateway;
pub mod grpc;
pub mod http;
mod last_words;
mod message_limits;
mod message_shares;
mod observed;
mod socket_stream;
mod throttle;
mod unread;
mod untaken;
mod write_timeout;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use provost_core::Core;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use entrance::Entrance;
use failed_tokens::FailedTokens;

use crate::addresses::{Addresses, WrittenAddresses};
use crate::admin::{AdminServer, CoreCheck, Readiness};
use crate::channel::{self, Destination};
use crate::config::{Config, reachable};
use crate::first_run;
use crate::identity_providers;
use crate::metrics::Metrics;
use crate::mode::Mode;
use crate::operator;
use crate::run_error::RunError;
use crate::shutdown::StopSignals;
use crate::telemetry;
use crate::tls::{ServerTls, TlsFiles};
use crate::warnings;

/// The time that a connection may take for its first bytes, and over HTTP/1.1 for the head of its
/// next request, idle time included: longer than identity providers keep connections, short enough that
/// silent ones do not pile up. Over HTTP/2, how often a silent one is asked whether it is there.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How many requests over one connection of HTTP/2 may be taken back before anybody has looked at them,
/// until the connection ends (RFC 9113 section 10.5). A gateway asks for all its clients over one, as
/// does a proxy in front of it, and they may all leave at once: the library's 20 would end it for all.
const TAKEN_BACK: usize = 1_000;
/// The pause when no connection can be taken, because the process has too many files open.
const OUT_OF_FILES: Duration = Duration::from_millis(100);
/// The time that the core may take to close behind the last request.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A started service. Dropping it leaves its tasks running; [`Running::stop`] ends them.
pub struct Running {
    /// Where SCIM is served, with the port that was really taken.
    pub http_addr: Option<SocketAddr>,
    /// Where the console is served, with the port that was really taken.
    pub console_addr: Option<SocketAddr>,
    /// Where gRPC is served, with the port that was really taken.
    pub grpc_addr: Option<SocketAddr>,
    /// Where the process is asked about its health, with the port that was really taken.
    pub admin_addr: SocketAddr,
    /// Whether there is a core: in this process, or answering when a gateway started.
    pub has_core: bool,
    /// The token of the operator, where this process holds a core.
    pub operator_token: Option<String>,
    /// The SCIM token of the first start, where this was one.
    pub first_scim_token: Option<String>,
    http: Option<http::HttpServer>,
    console: Option<http::HttpServer>,
    grpc: Option<grpc::GrpcServer>,
    core: Option<Core>,
    addresses: Option<WrittenAddresses>,
    failed_tokens: Arc<FailedTokens>,
    admin: AdminServer,
    readiness: Readiness,
    metrics: Metrics,
    drain: CancellationToken,
    pause: Duration,
    grace: Duration,
}

/// What stands in front of a listener's services.
pub struct Layers<S> {
    spans: S,
    /// Of both listeners: an address has one account.
    failed_tokens: Arc<FailedTokens>,
}

/// Starts the rooms of a mode. Port 0 takes any free port; [`Running`] says which.
pub async fn start(mode: Mode, config: &Config) -> Result<Running, RunError> {
    // Sockets first: a taken port is noticed before anything is made.
    let http_socket = if mode.has_gateway() {
        Some(listen("SCIM", config.http.listen, "--http-listen").await?)
    } else {
        None
    };
    let grpc_socket = if mode.has_core() {
        Some(listen("gRPC", config.grpc.listen, "--grpc-listen").await?)
    } else {
        None
    };
    let console_socket = match config.console.listen.filter(|_| mode.has_console()) {
        Some(address) => Some(listen("console", address, "--console-listen").await?),
        None if mode == Mode::Console => return Err(console::nothing_to_serve()),
        None => None,
    };
    let admin_socket = listen("admin", config.admin_listen(mode), "--admin-listen").await?;
    let drain = CancellationToken::new();
    let metrics = Metrics::start(&config.telemetry.in_force, mode, config.admin.told_apart)?;
    let tls = |files: Option<TlsFiles>| {
        files.map(|files| ServerTls::kept_from(files, drain.clone())).transpose()
    };
    let http_tls = tls(config.http_tls().filter(|_| mode.has_gateway()))?;
    let grpc_tls = tls(config.grpc_tls().filter(|_| mode.has_core()))?;
    let console_tls = tls(config.console_tls().filter(|_| mode.has_console()))?;
    observed::certificates(
        &metrics,
        [("scim", http_tls.clone()), ("grpc", grpc_tls.clone()), ("console", console_tls.clone())],
    );
    let failed_tokens = Arc::new(FailedTokens::new());
    observed::throttled(&metrics, &failed_tokens);
    let admin_addr = admin_socket.local_addr()?;
    let readiness = Readiness::default();
    readiness.observe(&metrics.meters());
    let mut running = Running {
        http_addr: address(http_socket.as_ref())?,
        console_addr: address(console_socket.as_ref())?,
        grpc_addr: address(grpc_socket.as_ref())?,
        admin_addr,
        has_core: mode.has_core(),
        operator_token: None,
        first_scim_token: None,
        http: None,
        console: None,
        grpc: None,
        core: None,
        addresses: None,
        failed_tokens,
        // It answers while the rest starts.
        admin: AdminServer::start(admin_socket, readiness.clone(), metrics.clone()),
        readiness,
        metrics,
        drain,
        pause: config.shutdown.pause,
        grace: config.shutdown.grace,
    };
    if let Some(tls) = config.way_to_core().tls.filter(|_| !mode.has_core()) {
        tls.check()?;
    }
    if let Some(socket) = grpc_socket {
        running.open_core(mode, config, Entrance::new(socket, grpc_tls)).await?;
    }
    if let Some(socket) = http_socket {
        running.open_gateway(config, Entrance::new(socket, http_tls));
    }
    if let Some(socket) = console_socket {
        running.open_console(config, Entrance::new(socket, console_tls));
    }
    if !running.has_core {
        running.look_for_core(&config.way_to_core()).await;
    }
    running.write_addresses(config).await;
    running.warn_of_listeners(config);
    running.readiness.has_started();
    let threads = tokio::runtime::Handle::current().metrics().num_workers();
    tracing::info!(
        %mode,
        threads,
        http = running.http_addr.map(tracing::field::display),
        grpc = running.grpc_addr.map(tracing::field::display),
        console = running.console_addr.map(tracing::field::display),
        admin = %running.admin_addr,
        "started"
    );
    Ok(running)
}

impl<S> Layers<S> {
    /// For a listener that counts by itself.
    pub fn behind(spans: S) -> Self {
        Self { spans, failed_tokens: Arc::new(FailedTokens::new()) }
    }
}

impl Running {
    async fn open_core(
        &mut self,
        mode: Mode,
        config: &Config,
        incoming: Entrance,
    ) -> Result<(), RunError> {
        let file = config.console.identity_providers.as_deref();
        let identity_providers = identity_providers::kept_from(file, self.drain.clone())?;
        warnings::of_data_elsewhere(config);
        operator::prepare_data_folder(&config.data_dir)?;
        let token = operator::token_kept_in(&config.operator_token_file())?;
        let key_file = config.tokens.key_file.as_deref();
        let core = Core::open(provost_core::CoreSettings {
            database_url: config.database_url(),
            operator_token: provost_core::Secret::from_text(&token),
            command: mode.command(),
            profile: provost_core::ProfileSchema::STANDARD,
            identity_providers,
            meters: self.metrics.meters(),
            token_key: key_file.map(operator::token_key_in).transpose()?,
        })
        .await?;
        let spans = telemetry::grpc_spans(&config.telemetry, &self.metrics.meters());
        let operator = channel::in_process(&core, &spans);
        let prepared = first_run::prepare(operator, &token).await?;
        warnings::of_unknown_sites(config, &prepared.sites);
        self.first_scim_token = prepared.token;
        self.operator_token = Some(token);
        let (services, drain) = (core.services(), self.drain.clone());
        let (layers, health) = (self.layers(spans), core.health());
        self.readiness.knows_core(CoreCheck::Own(health.clone()));
        let server = grpc::GrpcServer::start(incoming, services, health, layers, drain);
        self.grpc = Some(server.await);
        self.core = Some(core);
        Ok(())
    }

    fn layers<S>(&self, spans: S) -> Layers<S> {
        Layers { spans, failed_tokens: Arc::clone(&self.failed_tokens) }
    }

    fn warn_of_listeners(&self, config: &Config) {
        let remedy = "let only those who run it reach the port";
        warnings::of_clear_listener("The health of this process", self.admin_addr, remedy);
        if let Some(address) = self.http_addr.filter(|_| config.http_tls().is_none()) {
            warnings::of_clear_listener("SCIM", address, "let only a proxy with TLS reach it");
        }
        if let Some(address) = self.grpc_addr.filter(|_| config.grpc_tls().is_none()) {
            warnings::of_clear_listener("gRPC", address, "keep the port inside your network");
        }
        if let Some(address) = self.console_addr.filter(|_| config.console_tls().is_none()) {
            warnings::of_clear_listener(
                "The console",
                address,
                "let only a proxy with TLS reach it",
            );
        }
    }

    /// A gateway may start before its core, but whoever starts it should know.
    async fn look_for_core(&mut self, way: &Destination) {
        self.has_core = channel::answers(way).await;
        if !self.has_core {
            tracing::warn!(address = %way, "no core answers yet: requests are answered once it does");
        }
    }

    /// Leaves word for the commands in this folder, which go to the first core of it; on a folder
    /// that can't be written to they have to be told.
    async fn write_addresses(&mut self, config: &Config) {
        let Some(grpc) = self.grpc_addr.map(reachable) else {
            return;
        };
        let public_url = self.http_addr.map(|_| self.public_url(config));
        let certificate = config.grpc.tls_certificate.as_ref();
        let certificate = certificate.and_then(|path| std::path::absolute(path).ok());
        let console_url = self.console_url(config);
        let addresses = Addresses { grpc, certificate, public_url, console_url };
        match addresses.write(&config.data_dir).await {
            Ok((written, others)) => {
                if let Some(first) = others.first() {
                    warnings::of_another_core(first.grpc, &config.data_dir);
                }
                self.addresses = Some(written);
            }
            Err(error) => {
                tracing::warn!(%error, %grpc, "commands don't find this core by themselves: name it with --address");
            }
        }
    }

    /// What identity providers type in front of `/api/scim/v2`.
    pub fn public_url(&self, config: &Config) -> String {
        let set = &config.http.public_url;
        if set.is_empty() { self.local_url(config) } else { set.clone() }
    }

    /// The same for whoever is on this machine.
    pub fn local_url(&self, config: &Config) -> String {
        let scheme = if config.http_tls().is_some() { "https" } else { "http" };
        format!("{scheme}://{}", reachable(self.http_addr.unwrap_or(config.http.listen)))
    }

    /// Serves until told to stop, or until a listener ends by itself. Told again, it ends the pause.
    pub async fn until(self, StopSignals { now, at_once }: StopSignals) -> Result<(), RunError> {
        tokio::select! {
            () = now.cancelled() => tracing::info!("told to stop: draining"),
            () = self.drain.cancelled() => tracing::error!("a listener ended: stopping"),
        }
        let drain = self.drain.clone();
        tokio::spawn(async move {
            at_once.cancelled().await;
            drain.cancel();
        });
        self.stop().await
    }

    /// Says that it ends, and after a pause takes no new requests, lets those in flight finish within the
    /// grace, closes the core.
    pub async fn stop(mut self) -> Result<(), RunError> {
        self.readiness.is_ending();
        if let Some(grpc) = &mut self.grpc {
            grpc.announce_end().await;
        }
        // Where a listener has ended by itself, or somebody is in a hurry, there is nothing to pause for.
        self.drain.run_until_cancelled(tokio::time::sleep(self.pause)).await;
        if let Some(grpc) = &self.grpc {
            grpc.end_health().await;
        }
        if let Some(core) = &self.core {
            core.end_watches();
        }
        self.drain.cancel();
        if let Some(addresses) = self.addresses {
            addresses.remove();
        }
        let drained = async {
            if let Some(http) = self.http {
                http.drained().await?;
            }
            if let Some(console) = self.console {
                console.drained().await?;
            }
            if let Some(grpc) = self.grpc {
                grpc.drained().await?;
            }
            Ok::<(), RunError>(())
        };
        let outcome = tokio::time::timeout(self.grace, drained).await;
        if outcome.is_err() {
            tracing::warn!("requests were still in flight when the grace was over");
        }
        if let Some(core) = self.core {
            // The core waits for every call; those that outlived the grace are not waited for.
            let closed = tokio::time::timeout(CLOSE_TIMEOUT, core.close()).await;
            if closed.is_err() {
                tracing::warn!("the core was left before it had closed");
            }
        }
        self.admin.end().await;
        self.metrics.end().await;
        outcome.unwrap_or(Ok(()))
    }
}

async fn listen(
    what: &'static str,
    address: SocketAddr,
    flag: &'static str,
) -> Result<TcpListener, RunError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| RunError::Listen { what, address, flag, source })
}

fn address(socket: Option<&TcpListener>) -> std::io::Result<Option<SocketAddr>> {
    socket.map(TcpListener::local_addr).transpose()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;
