//! What was found for a group of commands, before it is part of its state.

use crate::{
    CallerToken, Connection, FoundMember, Group, KeptRequest, Membership, NameHolder, RuleRun,
    Service, ServiceCaller, ServiceToken, Session, Site, SiteId, SiteName, Token, TokenHash,
    TokenId, User,
};

/// What was found of what was needed.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The sites by id.
    pub sites: Vec<Site>,
    /// The users, by id and by name.
    pub users: Vec<User>,
    /// The tokens of callers that have not been revoked.
    pub callers: Vec<CallerToken>,
    /// The requests that were decided before.
    pub requests: Vec<KeptRequest>,
    /// How many active Admins sites have.
    pub active_admins: Vec<(SiteId, u64)>,
    /// The names of sites that are taken, and by whom.
    pub site_names: Vec<(SiteName, NameHolder)>,
    /// The connections.
    pub connections: Vec<Connection>,
    /// The tokens, by id, name and connection.
    pub tokens: Vec<Token>,
    /// The ids of tokens that are taken.
    pub token_ids: Vec<TokenId>,
    /// The hashes that are in use.
    pub token_hashes: Vec<TokenHash>,
    /// The key of the next site, if it was needed.
    pub next_site: Option<i64>,
    /// The key of the next connection, if it was needed.
    pub next_connection: Option<i64>,
    /// The tokens of services that ask, unless they have been revoked.
    pub service_callers: Vec<ServiceCaller>,
    /// The services, by name, by token and by grant.
    pub services: Vec<Service>,
    /// The sites that grants of these services are about, by name.
    pub grant_sites: Vec<(SiteId, String)>,
    /// The tokens of services.
    pub service_tokens: Vec<ServiceToken>,
    /// The key of the next service, if it was needed.
    pub next_service: Option<i64>,
    /// How many services there are, if that was needed.
    pub living_services: u64,
    /// The groups, by id and by name.
    pub groups: Vec<Group>,
    /// The users who were named as members, and all members of groups of which these were needed.
    pub members: Vec<FoundMember>,
    /// All groups of users of whom these were needed.
    pub memberships: Vec<Membership>,
    /// The runs of rules.
    pub rule_runs: Vec<RuleRun>,
    /// The sessions and codes.
    pub sessions: Vec<Session>,
}
