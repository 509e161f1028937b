//! The gateway of a process: SCIM in front of its own core, or of one that it dials.

use super::entrance::Entrance;
use super::http::HttpServer;
use super::{CoreCheck, Running};
use crate::admin::watch_core;
use crate::channel;
use crate::config::Config;
use crate::telemetry;

impl Running {
    pub(super) fn open_gateway(&mut self, config: &Config, incoming: Entrance) {
        let settings = provost_gateway::GatewaySettings {
            body_limit: config.http.body_limit_bytes,
            rpc_timeout: config.core.timeout,
            public_url: self.public_url(config),
            core: match &self.core {
                Some(_) => "in this process".to_owned(),
                None => config.core_address().to_string(),
            },
            hosts: config.http.hosts.clone(),
            users: provost_gateway::translate::Vocabulary::user(),
            groups: provost_gateway::translate::Vocabulary::group(),
        };
        let meters = self.metrics.meters();
        let router = if let Some(core) = &self.core {
            let spans = telemetry::grpc_spans(&config.telemetry, &meters);
            provost_gateway::router(channel::in_process(core, &spans), settings, &meters)
        } else {
            let way = config.way_to_core();
            let channel = channel::remote(&way);
            let asked = watch_core(channel.clone(), way, self.drain.clone());
            self.readiness.knows_core(CoreCheck::Remote(asked));
            provost_gateway::router(channel, settings, &meters)
        };
        let scheme = if config.http_tls().is_some() { "https" } else { "http" };
        let spans = telemetry::http_spans(&config.telemetry, &meters, scheme);
        let layers = self.layers(spans);
        let (hops, drain) = (config.http.trusted_hops, self.drain.clone());
        self.http = Some(HttpServer::of_scim(incoming, router, layers, hops, drain));
    }
}
