//! State: what was loaded for a group of commands, and what the earlier ones left. The law reads
//! and changes it as values.

mod access;
mod external_ids;
mod groups;
mod kept;
mod loaded;
mod requests;
mod rule_runs;
mod savepoint;
mod services;
mod sessions;

use external_ids::ExternalIds;
use groups::KnownGroups;
pub use loaded::Loaded;

use super::{
    CallerToken, CertificateName, Connection, ConnectionName, Event, GroupId, KeptRequest,
    NameHolder, Needs, NewServiceToken, NewSession, NewToken, Reason, Refusal, RequestKey, RuleRun,
    Service, ServiceCaller, ServiceName, ServiceToken, ServiceTokenKind, Session, SessionId, Site,
    SiteId, SiteName, Subject, Timestamp, Token, TokenHash, TokenId, TokenName, User, UserId,
    UserName, UserNameKey,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A row as it was loaded, and what became of it.
#[derive(Debug)]
pub struct Tracked<T> {
    /// As it was found; absent where there was none.
    pub before: Option<T>,
    /// As it is now.
    pub current: Current<T>,
}

/// What became of a row.
#[derive(Debug, Clone)]
pub enum Current<T> {
    /// Nothing.
    Unchanged,
    /// It is new, or another.
    Changed(T),
    /// It is no more.
    Gone,
}

impl<T> Tracked<T> {
    const fn loaded(before: Option<T>) -> Self {
        Self { before, current: Current::Unchanged }
    }

    /// The row in force.
    pub const fn now(&self) -> Option<&T> {
        match &self.current {
            Current::Unchanged => self.before.as_ref(),
            Current::Changed(row) => Some(row),
            Current::Gone => None,
        }
    }
}

/// Everything that a group of commands turns on. A later command sees what an earlier one left.
#[derive(Debug, Default)]
pub struct State {
    pub(super) sites: BTreeMap<SiteId, Tracked<Site>>,
    pub(super) users: BTreeMap<(SiteId, UserId), Tracked<User>>,
    pub(super) callers: BTreeMap<(SiteId, TokenId), Option<CallerToken>>,
    pub(super) requests: HashMap<RequestKey, Tracked<KeptRequest>>,
    pub(super) user_names: HashMap<(SiteId, UserNameKey), Option<UserId>>,
    pub(super) subjects: HashMap<(SiteId, Subject), Option<UserId>>,
    pub(super) external_ids: ExternalIds,
    pub(super) active_admins: HashMap<SiteId, u64>,
    pub(super) site_names: HashMap<SiteName, Option<NameHolder>>,
    pub(super) connections: BTreeMap<(SiteId, ConnectionName), Tracked<Connection>>,
    pub(super) tokens: BTreeMap<(SiteId, TokenId), Tracked<Token>>,
    pub(super) tokens_named: BTreeSet<(SiteId, TokenName)>,
    pub(super) tokens_of: BTreeSet<(SiteId, ConnectionName)>,
    pub(super) token_ids: HashMap<TokenId, bool>,
    pub(super) token_hashes: HashMap<TokenHash, bool>,
    pub(super) next_site: Option<i64>,
    pub(super) next_connection: Option<i64>,
    pub(super) service_callers: BTreeMap<TokenId, Option<ServiceCaller>>,
    pub(super) services: BTreeMap<ServiceName, Tracked<Service>>,
    pub(super) grant_sites: BTreeMap<SiteId, String>,
    pub(super) service_tokens: BTreeMap<TokenId, Tracked<ServiceToken>>,
    pub(super) service_tokens_named: BTreeSet<(ServiceName, TokenName)>,
    pub(super) service_tokens_of: BTreeSet<(ServiceName, ServiceTokenKind)>,
    pub(super) certificates: BTreeSet<CertificateName>,
    pub(super) next_service: Option<i64>,
    pub(super) living_services: u64,
    pub(super) grants_about: BTreeSet<SiteId>,
    pub(super) groups: KnownGroups,
    pub(super) rule_runs: BTreeMap<(SiteId, GroupId), Tracked<RuleRun>>,
    pub(super) sessions: BTreeMap<SessionId, Tracked<Session>>,
    new_sessions: Vec<NewSession>,
    new_service_tokens: Vec<NewServiceToken>,
    new_tokens: Vec<NewToken>,
    deleted_sites: Vec<(SiteId, Timestamp)>,
    events: Vec<Event>,
    revisions: BTreeMap<SiteId, i64>,
    work: u64,
}

/// What the law's [`needs`](crate::needs) must have named. To take it for absent would give a name
/// away twice or leave a site without an Admin: it is a fault of ours, and its command fails by it.
pub(super) fn asked_for<T>(found: Option<T>, what: &str) -> T {
    found.unwrap_or_else(|| unreachable!("{what} that a command turns on was not asked for"))
}

impl State {
    /// What was gone through for the commands decided so far, and is to be stored of them, in
    /// elements of lists.
    pub const fn work(&self) -> u64 {
        self.work
    }

    pub(super) const fn add_work(&mut self, work: u64) {
        self.work = self.work.saturating_add(work);
    }

    /// Takes in what was found of what was needed. What was not found is known to be absent.
    pub fn take_in(&mut self, needs: Needs, loaded: Loaded) {
        let Loaded {
            sites,
            users,
            callers,
            requests,
            active_admins,
            site_names,
            connections,
            tokens,
            token_ids,
            token_hashes,
            next_site,
            next_connection,
            service_callers,
            services,
            grant_sites,
            service_tokens,
            next_service,
            living_services,
            groups,
            members,
            memberships,
            rule_runs,
            sessions,
        } = loaded;
        self.note_absent(needs);
        self.groups.take_in(groups, members, memberships);
        let runs = rule_runs.into_iter();
        self.rule_runs.extend(runs.map(|run| ((run.site, run.group), Tracked::loaded(Some(run)))));
        self.sites.extend(sites.into_iter().map(|site| (site.id, Tracked::loaded(Some(site)))));
        for user in users {
            self.user_names.insert((user.site, user.user_name.key()), Some(user.id));
            self.subjects
                .extend(user.subject.clone().map(|known| ((user.site, known), Some(user.id))));
            self.external_ids.finds(&user);
            self.users.insert((user.site, user.id), Tracked::loaded(Some(user)));
        }
        let callers = callers.into_iter().map(|token| ((token.site, token.id), Some(token)));
        self.callers.extend(callers);
        let requests = requests.into_iter();
        self.requests.extend(requests.map(|kept| (kept.key.clone(), Tracked::loaded(Some(kept)))));
        self.active_admins.extend(active_admins);
        self.site_names.extend(site_names.into_iter().map(|(name, who)| (name, Some(who))));
        self.connections.extend(connections.into_iter().map(|connection| {
            ((connection.site, connection.name.clone()), Tracked::loaded(Some(connection)))
        }));
        self.tokens.extend(
            tokens.into_iter().map(|token| ((token.site, token.id), Tracked::loaded(Some(token)))),
        );
        self.token_ids.extend(token_ids.into_iter().map(|id| (id, true)));
        self.token_hashes.extend(token_hashes.into_iter().map(|hash| (hash, true)));
        self.next_site = self.next_site.or(next_site);
        self.next_connection = self.next_connection.or(next_connection);
        let callers = service_callers.into_iter().map(|caller| (caller.token, Some(caller)));
        self.service_callers.extend(callers);
        let services = services.into_iter();
        self.services.extend(services.map(|it| (it.name.clone(), Tracked::loaded(Some(it)))));
        self.grant_sites.extend(grant_sites);
        let tokens = service_tokens.into_iter();
        self.service_tokens.extend(tokens.map(|it| (it.id, Tracked::loaded(Some(it)))));
        let sessions = sessions.into_iter();
        self.sessions.extend(sessions.map(|it| (it.id, Tracked::loaded(Some(it)))));
        if self.next_service.is_none() {
            (self.next_service, self.living_services) = (next_service, living_services);
        }
    }

    fn note_absent(&mut self, needs: Needs) {
        let Needs {
            sites,
            users,
            callers,
            requests,
            user_names,
            subjects,
            external_ids,
            active_admins,
            site_names,
            connections,
            tokens,
            tokens_named,
            tokens_of,
            token_ids,
            token_hashes,
            next_site: _,
            next_connection: _,
            service_callers,
            services,
            service_tokens,
            service_tokens_named,
            service_tokens_of,
            certificates,
            next_service: _,
            grants_about,
            groups,
            group_names,
            members,
            members_of,
            groups_of,
            movers,
            among: _,
            rule_runs,
            sessions,
        } = needs;
        self.groups.note_absent(groups, group_names, members, members_of, groups_of, movers);
        self.rule_runs.extend(rule_runs.into_iter().map(|key| (key, Tracked::loaded(None))));
        self.sites.extend(sites.into_iter().map(|id| (id, Tracked::loaded(None))));
        self.users.extend(users.into_iter().map(|key| (key, Tracked::loaded(None))));
        self.callers.extend(callers.into_iter().map(|key| (key, None)));
        self.requests.extend(requests.into_iter().map(|key| (key, Tracked::loaded(None))));
        self.user_names.extend(user_names.into_iter().map(|key| (key, None)));
        self.subjects.extend(subjects.into_iter().map(|key| (key, None)));
        let known = self.users.values().filter_map(Tracked::now);
        self.external_ids.ask(external_ids, known);
        self.active_admins.extend(active_admins.into_iter().map(|site| (site, 0)));
        self.site_names.extend(site_names.into_iter().map(|name| (name, None)));
        self.connections.extend(connections.into_iter().map(|key| (key, Tracked::loaded(None))));
        self.tokens.extend(tokens.into_iter().map(|key| (key, Tracked::loaded(None))));
        self.tokens_named.extend(tokens_named);
        self.tokens_of.extend(tokens_of);
        self.token_ids.extend(token_ids.into_iter().map(|id| (id, false)));
        self.token_hashes.extend(token_hashes.into_iter().map(|hash| (hash, false)));
        self.service_callers.extend(service_callers.into_iter().map(|token| (token, None)));
        self.service_tokens_named.extend(service_tokens_named);
        self.service_tokens_of.extend(service_tokens_of);
        self.grants_about.extend(grants_about);
        self.sessions.extend(sessions.into_iter().map(|id| (id, Tracked::loaded(None))));
        self.certificates.extend(certificates);
        self.services.extend(services.into_iter().map(|name| (name, Tracked::loaded(None))));
        self.service_tokens
            .extend(service_tokens.into_iter().map(|id| (id, Tracked::loaded(None))));
    }

    /// The site of a command.
    pub(super) fn site(&self, id: Option<SiteId>) -> Result<&Site, Refusal> {
        id.and_then(|id| self.sites.get(&id)?.now()).ok_or_else(|| {
            Refusal::about(Reason::SiteNotFound, "site", "the site was removed a moment ago")
        })
    }

    pub(super) fn user(&self, site: SiteId, id: UserId) -> Option<&User> {
        asked_for(self.users.get(&(site, id)), "a user").now()
    }

    /// Who in the site has a user name.
    pub(super) fn owner(&self, site: SiteId, name: &UserName) -> Option<&User> {
        let id = (*asked_for(self.user_names.get(&(site, name.key())), "a user name"))?;
        self.user(site, id)
    }

    /// Who in the site has a subject.
    pub(super) fn known_as(&self, site: SiteId, subject: &Subject) -> Option<&User> {
        let id = (*asked_for(self.subjects.get(&(site, subject.clone())), "a subject"))?;
        self.user(site, id)
    }

    /// Puts a user in the place of what was there.
    pub(super) fn put_user(&mut self, user: User) {
        let key = (user.site, user.id);
        let tracked = self.users.entry(key).or_insert(const { Tracked::loaded(None) });
        let old = tracked.now();
        if old.is_none_or(|old| old.user_name != user.user_name) {
            if let Some(old) = old {
                self.user_names.insert((old.site, old.user_name.key()), None);
            }
            self.user_names.insert((user.site, user.user_name.key()), Some(user.id));
        }
        if let Some(old) = old.filter(|old| old.subject != user.subject) {
            self.subjects.extend(old.subject.clone().map(|known| ((old.site, known), None)));
        }
        self.subjects.extend(user.subject.clone().map(|known| ((user.site, known), Some(user.id))));
        if let Some(old) = old {
            self.external_ids.ends(old);
        }
        self.external_ids.begins(&user);
        let (was, is) = (old.is_some_and(User::is_active_admin), user.is_active_admin());
        tracked.current = Current::Changed(user);
        self.recount_admins(key.0, was, is);
    }

    /// Takes a user away.
    pub(super) fn remove_user(&mut self, site: SiteId, id: UserId) {
        let Some(tracked) = self.users.get_mut(&(site, id)) else { return };
        let Some(old) = tracked.now() else { return };
        self.user_names.insert((site, old.user_name.key()), None);
        self.subjects.extend(old.subject.clone().map(|known| ((site, known), None)));
        self.external_ids.ends(old);
        let was = old.is_active_admin();
        tracked.current = Current::Gone;
        self.recount_admins(site, was, false);
    }

    /// How many active Admins a site has.
    pub(super) fn active_admins(&self, site: SiteId) -> u64 {
        *asked_for(self.active_admins.get(&site), "the number of Admins")
    }

    fn recount_admins(&mut self, site: SiteId, was: bool, is: bool) {
        if let Some(count) = self.active_admins.get_mut(&site) {
            *count = count.saturating_sub(u64::from(was)) + u64::from(is);
        }
    }

    /// Who has the name of a site.
    pub(super) fn holder(&self, name: &SiteName) -> Option<NameHolder> {
        *asked_for(self.site_names.get(name), "the name of a site")
    }

    pub(super) fn put_site(&mut self, site: Site) {
        let tracked = self.sites.entry(site.id).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(site);
    }

    /// Takes a site away, and with it whoever asks by a token of it.
    pub(super) fn remove_site(&mut self, site: SiteId, at: Timestamp) {
        let Some(tracked) = self.sites.get_mut(&site) else { return };
        tracked.current = Current::Gone;
        self.deleted_sites.push((site, at));
        for ((of, _), token) in &mut self.callers {
            if *of == site {
                *token = None;
            }
        }
    }

    /// Gives an event the next position in its site's ledger.
    pub(super) fn record(&mut self, mut event: Event) -> i64 {
        let revision = self.head(event.site) + 1;
        self.revisions.insert(event.site, revision);
        event.revision = revision;
        self.events.push(event);
        revision
    }

    /// The last position in the ledger of a site.
    pub(super) fn head(&self, site: SiteId) -> i64 {
        let found = || self.sites.get(&site).and_then(Tracked::now).map_or(0, |site| site.revision);
        self.revisions.get(&site).copied().unwrap_or_else(found)
    }

    /// The moment of what is decided in a site: the present, or behind its last event, which may be of
    /// a core whose clock is ahead.
    pub(super) fn moment(&self, site: Option<SiteId>, present: Timestamp) -> Timestamp {
        let found = site.and_then(|id| self.sites.get(&id)?.before.as_ref()?.last_event_at);
        found.map_or(present, |Timestamp(last)| present.max(Timestamp(last.saturating_add(1))))
    }
}
