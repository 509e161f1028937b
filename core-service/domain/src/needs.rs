//! Needs: which rows commands turn on, so that whoever loads them need not know what a command
//! means.

mod external_ids;
mod group_roles;
mod groups;
mod movers;
mod services;

pub use external_ids::MOST_KNOWN_ALIKE;

use group_roles::ruled_sites;

use super::{
    Action, CertificateName, Command, ConnectionName, ExternalId, GroupId, GroupNameKey,
    KeptRequest, RequestKey, RequestOutcome, RequestSubject, Role, ServiceName, ServiceTokenKind,
    SessionId, SiteId, SiteName, State, Subject, TokenHash, TokenId, TokenName, UserId,
    UserNameKey,
};
use std::collections::BTreeSet;

/// The rows that are still missing, each once. What is not found is an answer too.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Sites, to be held until the end. Asked for in the first round only.
    pub sites: BTreeSet<SiteId>,
    /// Users by id.
    pub users: BTreeSet<(SiteId, UserId)>,
    /// Tokens by which commands are asked. Asked for in the first round only.
    pub callers: BTreeSet<(SiteId, TokenId)>,
    /// Requests that may have been decided before.
    pub requests: BTreeSet<RequestKey>,
    /// Users by user name.
    pub user_names: BTreeSet<(SiteId, UserNameKey)>,
    /// Users by subject.
    pub subjects: BTreeSet<(SiteId, Subject)>,
    /// Users by external id: of several the eldest one whom the directory has not deleted.
    pub external_ids: BTreeSet<(SiteId, ExternalId)>,
    /// Sites whose active Admins are counted.
    pub active_admins: BTreeSet<SiteId>,
    /// Names of sites that may be taken.
    pub site_names: BTreeSet<SiteName>,
    /// Connections by name.
    pub connections: BTreeSet<(SiteId, ConnectionName)>,
    /// Tokens by id.
    pub tokens: BTreeSet<(SiteId, TokenId)>,
    /// Tokens that were not revoked, by site and name.
    pub tokens_named: BTreeSet<(SiteId, TokenName)>,
    /// Tokens that were not revoked, by connection.
    pub tokens_of: BTreeSet<(SiteId, ConnectionName)>,
    /// Ids of tokens that may be taken, in whichever site.
    pub token_ids: BTreeSet<TokenId>,
    /// Hashes that may be in use.
    pub token_hashes: BTreeSet<TokenHash>,
    /// The key of the next site.
    pub next_site: bool,
    /// The key of the next connection.
    pub next_connection: bool,
    /// Tokens by which services ask; with each comes its service.
    pub service_callers: BTreeSet<TokenId>,
    /// Services by name.
    pub services: BTreeSet<ServiceName>,
    /// Tokens of services by id.
    pub service_tokens: BTreeSet<TokenId>,
    /// Tokens of services that were not revoked, by service and name.
    pub service_tokens_named: BTreeSet<(ServiceName, TokenName)>,
    /// Services whose tokens are counted, and of which kind.
    pub service_tokens_of: BTreeSet<(ServiceName, ServiceTokenKind)>,
    /// Tokens of services that stand for certificates and were not revoked, by the names of these.
    pub certificates: BTreeSet<CertificateName>,
    /// The key of the next service, and how many there are.
    pub next_service: bool,
    /// Services with grants about these sites.
    pub grants_about: BTreeSet<SiteId>,
    /// Groups by id.
    pub groups: BTreeSet<(SiteId, GroupId)>,
    /// Groups by name.
    pub group_names: BTreeSet<(SiteId, GroupNameKey)>,
    /// Whether users are there, and members of these groups; of none where a group is to be made.
    pub members: BTreeSet<(SiteId, Option<GroupId>, UserId)>,
    /// All members of these groups.
    pub members_of: BTreeSet<(SiteId, GroupId)>,
    /// In which of the groups of `among` these users are.
    pub groups_of: BTreeSet<(SiteId, UserId)>,
    /// The same of users who may come or go. Asked for in the last round only.
    pub movers: BTreeSet<(SiteId, UserId)>,
    /// The groups that may give roles, or those that are known. Asked for where `groups_of` is, or `movers`.
    pub among: BTreeSet<(SiteId, GroupId)>,
    /// Runs of rules about groups.
    pub rule_runs: BTreeSet<(SiteId, GroupId)>,
    /// Sessions and codes by id.
    pub sessions: BTreeSet<SessionId>,
}

impl Needs {
    /// Whether everything is there.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is to be loaded next, before these commands are decided: first the sites and the users
/// that are named by id, then whatever is named otherwise, then how many Admins there are, but
/// only where a command is about one.
pub fn needs<'a>(state: &State, commands: impl Iterator<Item = &'a Command> + Clone) -> Needs {
    let mut needs = Needs::default();
    for (site, action) in commands.clone().filter_map(in_site) {
        if !state.sites.contains_key(&site) {
            needs.sites.insert(site);
        }
        if let Action::Access(access) = action
            && let Some(other) = access.site().filter(|other| !state.sites.contains_key(other))
        {
            needs.sites.insert(other);
        }
        // In whose ledger it stands what services lose by it.
        if let Action::DeleteSite = action
            && !state.sites.contains_key(&SiteId::INSTALLATION)
        {
            needs.sites.insert(SiteId::INSTALLATION);
        }
        for user in action.parts().filter_map(Action::user) {
            if !state.users.contains_key(&(site, user)) {
                needs.users.insert((site, user));
            }
        }
    }
    for key in commands.clone().filter_map(|command| Some((command.site?, command.admin()?))) {
        if !state.users.contains_key(&key) {
            needs.users.insert(key);
        }
    }
    for key in commands.clone().filter_map(Command::caller_token) {
        if !state.callers.contains_key(&key) {
            needs.callers.insert(key);
        }
    }
    if needs.is_empty() {
        for command in commands.clone() {
            needs.add_named(state, command);
        }
    }
    if needs.is_empty() {
        let ruled = ruled_sites(state, commands.clone());
        needs.add_roles(state, &ruled, commands.clone());
        if needs.is_empty() {
            needs.add_admins(state, &ruled, commands.clone());
        }
        if needs.is_empty() {
            needs.add_movers(state, commands);
        }
    }
    needs
}

fn in_site(command: &Command) -> Option<(SiteId, &Action)> {
    Some((command.site?, &command.action))
}

impl Needs {
    fn add_named(&mut self, state: &State, command: &Command) {
        if let Some(token) = command.service_token()
            && !state.service_callers.contains_key(&token)
        {
            self.service_callers.insert(token);
        }
        if let Some((key, _)) = command.claimed() {
            match state.requests.get(&key) {
                None => drop(self.requests.insert(key)),
                Some(known) => self.add_subject(state, known.now()),
            }
        }
        if let Action::CreateSite { name } = &command.action {
            if !state.site_names.contains_key(name) {
                self.site_names.insert(name.clone());
            }
            self.next_site |= state.next_site.is_none();
            self.next_connection |= state.next_connection.is_none();
        }
        let Some((site, action)) = in_site(command) else { return };
        let names = action.parts().flat_map(Action::user_names).map(|name| (site, name.key()));
        self.user_names.extend(names.filter(|name| !state.user_names.contains_key(name)));
        self.add_external_ids(state, site, command);
        let subject = action.subject().map(|subject| (site, subject.clone()));
        self.subjects.extend(subject.filter(|subject| !state.subjects.contains_key(subject)));
        match action {
            Action::UpdateConnection(change) => self.add_connection(state, site, &change.name),
            Action::CreateConnection { name } => {
                self.add_connection(state, site, name);
                self.next_connection |= state.next_connection.is_none();
            }
            Action::DeleteConnection { name } => {
                self.add_connection(state, site, name);
                let connection = (site, name.clone());
                if !state.tokens_of.contains(&connection) {
                    self.tokens_of.insert(connection);
                }
            }
            Action::CreateToken(creation) => {
                self.add_connection(state, site, &creation.connection);
                if !state.token_hashes.contains_key(&creation.hash) {
                    self.token_hashes.insert(creation.hash);
                }
                let name = (site, creation.name.clone());
                if !state.tokens_named.contains(&name) {
                    self.tokens_named.insert(name);
                }
                if let Some(id) = creation.id {
                    self.add_token(state, site, id);
                    if !state.token_ids.contains_key(&id) {
                        self.token_ids.insert(id);
                    }
                }
            }
            Action::RevokeToken { token } | Action::RevealToken { token } => {
                self.add_token(state, site, *token);
            }
            Action::Group(action) => self.add_group_action(state, site, action),
            Action::Access(action) => self.add_access(state, action),
            Action::Session(action) => self.add_session(state, action.known()),
            Action::DeleteSite => {
                self.grants_about.extend(Some(site).filter(|it| !state.grants_about.contains(it)));
            }
            Action::ChangeUser { .. }
            | Action::CreateUser(_)
            | Action::RegisterSignIn(_)
            | Action::DeleteUser { .. }
            | Action::Batch(_)
            | Action::CreateSite { .. }
            | Action::UpdateSettings(_) => {}
        }
    }

    /// What is answered with where a request was decided before.
    fn add_subject(&mut self, state: &State, known: Option<&KeptRequest>) {
        let Some(KeptRequest { key, outcome: RequestOutcome::Decided { subject, .. }, .. }) = known
        else {
            return;
        };
        match subject {
            RequestSubject::User { user, .. } if !state.users.contains_key(&(key.site, *user)) => {
                self.users.insert((key.site, *user));
            }
            RequestSubject::Users(users) => {
                let users = users.iter().map(|kept| (key.site, kept.user));
                self.users.extend(users.filter(|user| !state.users.contains_key(user)));
            }
            RequestSubject::Group { group, .. } => self.add_group(state, key.site, *group),
            RequestSubject::Token(token) => self.add_token(state, key.site, *token),
            RequestSubject::ServiceToken(token) => self.add_service_token(state, *token),
            RequestSubject::Session(session) => self.add_session(state, Some(*session)),
            RequestSubject::Connection { connection, .. } => {
                self.add_connection(state, key.site, connection);
            }
            RequestSubject::User { .. }
            | RequestSubject::Deleted
            | RequestSubject::GroupRule(_)
            | RequestSubject::Site { .. }
            | RequestSubject::Settings
            | RequestSubject::Service(_) => {}
        }
    }

    fn add_token(&mut self, state: &State, site: SiteId, token: TokenId) {
        if !state.tokens.contains_key(&(site, token)) {
            self.tokens.insert((site, token));
        }
    }

    fn add_session(&mut self, state: &State, session: Option<SessionId>) {
        self.sessions.extend(session.filter(|session| !state.sessions.contains_key(session)));
    }

    fn add_connection(&mut self, state: &State, site: SiteId, name: &ConnectionName) {
        let key = (site, name.clone());
        if !state.connections.contains_key(&key) {
            self.connections.insert(key);
        }
    }

    fn add_admins<'a>(
        &mut self,
        state: &State,
        ruled: &BTreeSet<SiteId>,
        commands: impl Iterator<Item = &'a Command>,
    ) {
        let are = state.users.iter().filter_map(|((site, _), user)| {
            user.now().filter(|user| user.role == Role::Admin).map(|_| *site)
        });
        let become_so = commands
            .filter(|command| {
                let is_ruled = || command.site.is_some_and(|site| ruled.contains(&site));
                command.action.parts().any(Action::makes_admin)
                    || is_ruled() && command.may_follow_groups()
            })
            .filter_map(|command| command.site);
        let concerned = are.chain(become_so);
        self.active_admins.extend(concerned.filter(|site| !state.active_admins.contains_key(site)));
    }
}
