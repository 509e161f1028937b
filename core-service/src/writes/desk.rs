//! The desk: everything a group of asks is about, loaded once, and what became of it.

use super::{Job, Target, Write};
use crate::clock;
use crate::store::{Batch, Found, Group, GroupWriter, Saved, StoreError};
use crate::writes::Decided;
use provost_domain::{
    Answer, Case, Change, Event, Reason, Refusal, Role, Site, SiteId, Timestamp, User, UserId,
    UserName, UserNameKey, Verb, decide,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Named = (SiteId, UserNameKey);

/// What a group works on. A later ask of the group sees what an earlier one left.
pub(super) struct Desk {
    now: Timestamp,
    sites: HashMap<SiteId, Site>,
    users: BTreeMap<(SiteId, UserId), Sheet>,
    names: HashMap<Named, UserId>,
    active_admins: HashMap<SiteId, u64>,
    events: Vec<Event>,
}

/// A user as loaded, and as the group left it if it did anything.
#[derive(Default)]
struct Sheet {
    before: Option<User>,
    after: Option<Left>,
}

/// What a group left of a user.
enum Left {
    User(User),
    Nobody,
}

impl Sheet {
    fn now(&self) -> Option<&User> {
        match &self.after {
            None => self.before.as_ref(),
            Some(Left::User(user)) => Some(user),
            Some(Left::Nobody) => None,
        }
    }
}

impl Desk {
    /// Begins a group: locks the sites and loads what the jobs name. Those named by id come at
    /// once, then those named by name that are not there yet, then how many Admins there are in
    /// each site in which a job is about one.
    pub(super) async fn open<'w>(
        writer: &'w mut GroupWriter,
        jobs: &[Job],
    ) -> Result<(Group<'w>, Self), StoreError> {
        let sites: BTreeSet<SiteId> = jobs.iter().map(|job| job.write.site).collect();
        let ids: BTreeSet<_> = jobs.iter().filter_map(|job| job.write.id()).collect();
        let (sites, ids) = (Vec::from_iter(sites), Vec::from_iter(ids));
        let (mut group, Found { sites, users }) = writer.begin(&sites, &ids).await?;
        let mut desk = Self {
            now: clock::now(),
            sites: sites.into_iter().map(|site| (site.id, site)).collect(),
            users: BTreeMap::new(),
            names: HashMap::new(),
            active_admins: HashMap::new(),
            events: Vec::new(),
        };
        desk.lay_out(users);
        let names: BTreeSet<Named> = jobs
            .iter()
            .flat_map(|job| job.write.names())
            .filter(|name| !desk.names.contains_key(name))
            .collect();
        desk.lay_out(group.users_named(&Vec::from_iter(names)).await?);
        for site in desk.sites_concerned_with_admins(jobs) {
            let count = group.active_admins(site).await?;
            desk.active_admins.insert(site, count);
        }
        Ok((group, desk))
    }

    fn lay_out(&mut self, users: Vec<User>) {
        for user in users {
            self.names.insert((user.site, user.user_name.key()), user.id);
            let key = (user.site, user.id);
            self.users.entry(key).or_insert(Sheet { before: Some(user), after: None });
        }
    }

    fn sites_concerned_with_admins(&self, jobs: &[Job]) -> BTreeSet<SiteId> {
        let of_users = self.users.iter().filter_map(|((site, _), sheet)| {
            sheet.now().filter(|user| user.role == Role::Admin).map(|_| *site)
        });
        let of_asks = jobs
            .iter()
            .filter(|job| job.write.changes().iter().any(makes_admin))
            .map(|job| job.write.site);
        of_users.chain(of_asks).collect()
    }

    /// Decides one ask and lays what it left on the desk.
    pub(super) fn decide(&mut self, write: &Write) -> Result<Decided, Refusal> {
        let Some(site) = self.sites.get(&write.site) else {
            return Err(Refusal::new(
                Reason::SiteNotFound,
                "there is no such site; it was removed a moment ago",
            ));
        };
        let before = self.user(write);
        let admins = self.active_admins.get(&write.site).copied().unwrap_or_default();
        let case = Case {
            site,
            now: self.now,
            fresh_id: clock::fresh_user_id(),
            other_active_admins: admins
                .saturating_sub(u64::from(before.is_some_and(User::is_active_admin))),
            owner_of: &|key| self.names.get(&(write.site, key.clone())).copied(),
        };
        let verdict = decide(&case, before, &write.ask);
        if write.validate_only {
            return verdict.answer.map(|answer| Decided { answer, revision: 0 });
        }
        let revision = verdict.event.map_or(0, |event| self.enter(event));
        let answer = verdict.answer?;
        if revision > 0 {
            self.take(&answer);
        }
        Ok(Decided { answer, revision })
    }

    fn user(&self, write: &Write) -> Option<&User> {
        let id = match &write.target {
            Target::Id(id) => *id,
            Target::Name(key) => *self.names.get(&(write.site, key.clone()))?,
        };
        self.users.get(&(write.site, id))?.now()
    }

    /// Gives the event the next position in its site's ledger.
    fn enter(&mut self, mut event: Event) -> i64 {
        if let Some(site) = self.sites.get_mut(&event.site) {
            site.revision += 1;
            event.revision = site.revision;
        }
        let revision = event.revision;
        self.events.push(event);
        revision
    }

    fn take(&mut self, answer: &Answer) {
        let user = &answer.user;
        let key = (user.site, user.id);
        let sheet = self.users.entry(key).or_default();
        let was_admin = sheet.now().is_some_and(User::is_active_admin);
        if let Some(old) = sheet.now() {
            self.names.remove(&(old.site, old.user_name.key()));
        }
        let is_admin = !answer.deleted && user.is_active_admin();
        if answer.deleted {
            sheet.after = Some(Left::Nobody);
        } else {
            self.names.insert((user.site, user.user_name.key()), user.id);
            sheet.after = Some(Left::User(user.clone()));
        }
        let count = self.active_admins.entry(user.site).or_default();
        *count = count.saturating_sub(u64::from(was_admin)) + u64::from(is_admin);
    }

    /// What is to be stored.
    pub(super) fn into_batch(self) -> Batch {
        let mut batch = Batch { events: self.events, ..Batch::default() };
        let mut revisions = BTreeMap::new();
        for event in &batch.events {
            revisions.insert(event.site, event.revision);
        }
        batch.revisions = revisions.into_iter().collect();
        for (key, Sheet { before, after }) in self.users {
            match (before, after) {
                (_, None) | (None, Some(Left::Nobody)) => {}
                (before, Some(Left::User(after))) => batch.saved.push(Saved { before, after }),
                (Some(_), Some(Left::Nobody)) => batch.deleted.push(key),
            }
        }
        batch
    }
}

fn makes_admin(change: &Change) -> bool {
    match change {
        Change::SetRole(role) => *role == Role::Admin,
        Change::Replace(replacement) => replacement.role == Some(Role::Admin),
        _ => false,
    }
}

impl Write {
    fn id(&self) -> Option<(SiteId, UserId)> {
        match self.target {
            Target::Id(id) => Some((self.site, id)),
            Target::Name(_) => None,
        }
    }

    fn changes(&self) -> &[Change] {
        match &self.ask.verb {
            Verb::Change(changes) => changes,
            Verb::Create(creation) => &creation.changes,
            Verb::SignIn(_) | Verb::Delete => &[],
        }
    }

    /// Every user name that the decision may turn on.
    fn names(&self) -> Vec<Named> {
        let target = match &self.target {
            Target::Id(_) => None,
            Target::Name(key) => Some(key.clone()),
        };
        let asked = self.changes().iter().filter_map(|change| change.user_name());
        target.into_iter().chain(asked.map(UserName::key)).map(|key| (self.site, key)).collect()
    }
}
