//! The front door: SCIM 2.0 in, `provost.identity.v1` out.
//!
//! A request enters by `http`, is read by `scim`, put into the contract's words by `translate`
//! and answered by one RPC. Keeps no state, no secret and no rule; must never know the core
//! behind the channel.

mod client;
mod http;
pub mod translate;

use std::collections::BTreeMap;
use std::time::Duration;
use translate::Vocabulary;

pub use http::{Normalized, router, too_many_failed_tokens, unreadable};

/// What the gateway is given to begin with.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// How long one RPC may take.
    pub rpc_timeout: Duration,
    /// Where the core is, for the log.
    pub core: String,
    /// What identity providers type in front of the path: `https://id.example.com`.
    pub public_url: String,
    /// Sites by host name, in lower case. Other hosts mean the site `default`.
    pub hosts: BTreeMap<String, String>,
    /// What users are made of, in the words of both sides.
    pub users: &'static Vocabulary<'static>,
    /// What groups are made of, in the words of both sides.
    pub groups: &'static Vocabulary<'static>,
}
