//! Changes: what a group of decisions leaves to be kept, row by row and table by table.

use super::{
    Connection, Event, Group, GroupId, KeptRequest, Membership, NewServiceToken, NewSession,
    NewToken, RuleRun, RunPlace, Service, ServiceToken, SessionId, Site, SiteId, Timestamp, Token,
    User, UserId,
};
use std::collections::BTreeMap;

/// Rows to be kept, each at most once, in one transaction.
#[derive(Debug, Default)]
pub struct Changes {
    /// Users that are new or changed.
    pub saved_users: Vec<Saved>,
    /// Users that are gone, as they were found.
    pub deleted_users: Vec<User>,
    /// Sites that are new.
    pub new_sites: Vec<Site>,
    /// Sites whose settings or rules changed.
    pub changed_sites: Vec<Site>,
    /// Sites that are deleted, and when.
    pub deleted_sites: Vec<(SiteId, Timestamp)>,
    /// Connections that are new.
    pub new_connections: Vec<Connection>,
    /// Connections that are understood otherwise.
    pub changed_connections: Vec<Connection>,
    /// Keys of connections that are gone, and their tokens with them.
    pub deleted_connections: Vec<i64>,
    /// Tokens that are new.
    pub new_tokens: Vec<NewToken>,
    /// Tokens that were revoked.
    pub changed_tokens: Vec<Token>,
    /// Services that are new, changed or deleted. One that is deleted has no token any more.
    pub saved_services: Vec<SavedService>,
    /// Tokens of services that are new.
    pub new_service_tokens: Vec<NewServiceToken>,
    /// Tokens of services that were revoked.
    pub changed_service_tokens: Vec<ServiceToken>,
    /// Sessions and codes that are new.
    pub new_sessions: Vec<NewSession>,
    /// Sessions that were ended, and codes that were used.
    pub deleted_sessions: Vec<SessionId>,
    /// Admins who are no active ones any more, whose sessions are over.
    pub former_admins: Vec<(SiteId, UserId)>,
    /// Requests with ids that were decided.
    pub new_requests: Vec<KeptRequest>,
    /// Groups that are new or changed.
    pub saved_groups: Vec<Group>,
    /// Groups that are gone. Nobody sees their members any more.
    pub deleted_groups: Vec<(SiteId, GroupId)>,
    /// Who came to groups that were not deleted.
    pub new_members: Vec<Membership>,
    /// Who left them.
    pub gone_members: Vec<Membership>,
    /// Runs of rules that begin or go on.
    pub saved_rule_runs: Vec<RuleRun>,
    /// Runs of rules that are over.
    pub deleted_rule_runs: Vec<(SiteId, GroupId)>,
    /// By how many groups sites have more.
    pub group_counts: BTreeMap<SiteId, i64>,
    /// Whether by this a site has its first group, or none any more.
    pub first_or_last_group: bool,
    /// Users who are gone, or who went or came back in the eyes of the directory, and may be in groups, each as
    /// often as that was and with the time.
    pub leavers: Vec<(SiteId, UserId, Timestamp)>,
    /// Lines of the ledgers, each behind the last one of its site.
    pub events: Vec<Event>,
}

/// A user to be kept.
#[derive(Debug)]
pub struct Saved {
    /// As it was found; absent for a new one.
    pub before: Option<User>,
    /// As it is now.
    pub after: User,
}

/// A service to be kept.
#[derive(Debug)]
pub struct SavedService {
    /// As it was found; absent for a new one.
    pub before: Option<Service>,
    /// As it is now.
    pub after: Service,
}

impl Changes {
    /// Whether nothing is to be kept.
    pub fn is_empty(&self) -> bool {
        let Self {
            saved_users,
            deleted_users,
            new_sites,
            changed_sites,
            deleted_sites,
            new_connections,
            changed_connections,
            deleted_connections,
            new_tokens,
            changed_tokens,
            changed_service_tokens,
            new_requests,
            new_service_tokens,
            saved_services,
            saved_groups,
            deleted_groups,
            new_members,
            gone_members,
            saved_rule_runs,
            deleted_rule_runs,
            new_sessions,
            deleted_sessions,
            former_admins: _,
            group_counts,
            first_or_last_group: _,
            leavers,
            events,
        } = self;
        saved_users.is_empty()
            && deleted_users.is_empty()
            && new_sites.is_empty()
            && changed_sites.is_empty()
            && deleted_sites.is_empty()
            && new_connections.is_empty()
            && changed_connections.is_empty()
            && deleted_connections.is_empty()
            && new_tokens.is_empty()
            && changed_tokens.is_empty()
            && saved_services.is_empty()
            && new_service_tokens.is_empty()
            && changed_service_tokens.is_empty()
            && new_sessions.is_empty()
            && deleted_sessions.is_empty()
            && new_requests.is_empty()
            && saved_groups.is_empty()
            && deleted_groups.is_empty()
            && new_members.is_empty()
            && gone_members.is_empty()
            && saved_rule_runs.is_empty()
            && deleted_rule_runs.is_empty()
            && group_counts.is_empty()
            && leavers.is_empty()
            && events.is_empty()
    }

    /// Whether a hold ends otherwise than before, and some time by itself.
    pub fn sets_hold_expiry(&self) -> bool {
        self.saved_users.iter().any(|Saved { before, after }| {
            let next = after.next_hold_expiry();
            next.is_some() && before.as_ref().and_then(User::next_hold_expiry) != next
        })
    }

    /// Whether a run of rules begins.
    pub fn begins_rule_run(&self) -> bool {
        self.saved_rule_runs.iter().any(|run| run.place == RunPlace::START)
    }

    /// Whether it alters what is known of sites and tokens: what decides who is let in.
    pub fn alters_access(&self) -> bool {
        // Who revokes a token of a service, or changes its grants, changes the service.
        let Self {
            new_sites,
            changed_sites,
            deleted_sites,
            changed_connections,
            deleted_connections,
            changed_tokens,
            saved_services,
            first_or_last_group,
            ..
        } = self;
        // Whether a site has groups is known with the site.
        *first_or_last_group
            || !(new_sites.is_empty()
                && changed_sites.is_empty()
                && deleted_sites.is_empty()
                && changed_connections.is_empty()
                && deleted_connections.is_empty()
                && changed_tokens.is_empty()
                && saved_services.is_empty())
    }
}
