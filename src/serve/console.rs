//! The console of a process: pages in front of its own core, or of one that it dials.

use std::net::SocketAddr;
use std::time::Duration;

use super::entrance::Entrance;
use super::http::{HttpServer, Served};
use super::throttle::{ConsoleListener, HttpPeer};
use super::{CoreCheck, Running};
use crate::admin::watch_core;
use crate::channel;
use crate::config::{Config, reachable};
use crate::first_run;
use crate::run_error::RunError;
use crate::telemetry;

/// How long a page may take beyond the calls that it waits for: several, and a form that comes slowly.
const LONGEST_PAGE: Duration = Duration::from_secs(20);

impl Running {
    pub(super) fn open_console(&mut self, config: &Config, incoming: Entrance) {
        let settings = provost_console::ConsoleSettings {
            rpc_timeout: config.core.timeout,
            request_timeout: config.core.timeout + LONGEST_PAGE,
            core: match &self.core {
                Some(_) => "in this process".to_owned(),
                None => config.core_address().to_string(),
            },
            public_url: self.public_url(config),
            own_url: self.console_url(config).unwrap_or_default(),
            hosts: config.http.hosts.clone(),
        };
        let router = if let Some(core) = &self.core {
            let spans = telemetry::grpc_spans(&config.telemetry, &self.metrics.meters());
            provost_console::router(channel::in_process(core, &spans), settings)
        } else {
            let way = config.way_to_core();
            let channel = channel::remote(&way);
            let asked = watch_core(channel.clone(), way, self.drain.clone());
            self.readiness.knows_core(CoreCheck::Remote(asked));
            provost_console::router(channel, settings)
        };
        let scheme = if config.console_tls().is_some() { "https" } else { "http" };
        let spans = telemetry::http_spans(&config.telemetry, &self.metrics.meters(), scheme);
        let layers = self.layers(spans);
        let trusted_hops = config.console.trusted_hops;
        let listener = move |address| ConsoleListener(HttpPeer { address, trusted_hops });
        let served = Served { router, listener, words: provost_console::unreadable };
        self.console = Some(HttpServer::start(incoming, served, layers, self.drain.clone()));
    }

    /// A code by which somebody signs in at the console once, where this was the first start of a process that serves it.
    /// It is made for whoever watches that start: nobody else could use it.
    pub async fn first_sign_in_code(&self, config: &Config) -> Result<Option<String>, RunError> {
        let is_first = self.first_scim_token.is_some() && self.console_addr.is_some();
        let (Some(core), Some(token)) = (&self.core, &self.operator_token) else { return Ok(None) };
        if !is_first {
            return Ok(None);
        }
        let spans = telemetry::grpc_spans(&config.telemetry, &self.metrics.meters());
        first_run::sign_in_code(channel::in_process(core, &spans), token).await.map(Some)
    }

    /// Where people open the console, if it is served here. By itself: browsers take `localhost` and the loopback for
    /// safe, and keep the session over plain HTTP there.
    pub fn console_url(&self, config: &Config) -> Option<String> {
        let (set, is_tls) = (&config.console.public_url, config.console_tls().is_some());
        let scheme = if is_tls { "https" } else { "http" };
        let local = |address: SocketAddr| format!("{scheme}://{}", reachable(address));
        self.console_addr.map(|address| if set.is_empty() { local(address) } else { set.clone() })
    }
}

/// What is said where the pages alone are to be served, and nowhere.
pub(super) fn nothing_to_serve() -> RunError {
    let sentence = "[console] listen is empty, so there is nothing to serve: name an address with \
                    --console-listen, for example 127.0.0.1:8081.";
    RunError::Usage(sentence.to_owned())
}
