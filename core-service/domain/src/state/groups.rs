//! Groups in the state of a group of commands: what becomes of them and of who is in them.

use super::{Current, State, Tracked, asked_for};
use crate::{
    Changes, FoundMember, Group, GroupId, GroupName, GroupNameKey, Membership, Presence, Role,
    RuledGroup, Site, SiteId, Timestamp, User, UserId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::replace;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// All that is known of groups.
#[derive(Debug, Default)]
pub(crate) struct KnownGroups {
    pub(crate) groups: BTreeMap<(SiteId, GroupId), Tracked<Group>>,
    pub(crate) names: BTreeMap<(SiteId, GroupNameKey), Option<GroupId>>,
    pub(crate) people: BTreeMap<(SiteId, UserId), Presence>,
    pub(crate) members: BTreeMap<Membership, TrackedMember>,
    /// Groups of which all members are known.
    pub(crate) whole: BTreeSet<(SiteId, GroupId)>,
    /// Users of whom it is known in which groups they are that may give roles.
    pub(crate) of: BTreeSet<(SiteId, UserId)>,
    /// Users of whom it is known in which of the groups above they are, because they may come or go.
    pub(crate) movers: BTreeSet<(SiteId, UserId)>,
    moves: Vec<UserMove>,
}

/// That a user came or went, as groups see it.
#[derive(Debug)]
struct UserMove {
    site: SiteId,
    user: UserId,
    at: Timestamp,
    /// The groups that got the next version by it, as they were.
    before: Vec<(GroupId, Current<Group>)>,
}

/// Whether somebody was a member when it was loaded, and whether they are one now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrackedMember {
    was: bool,
    is: bool,
}

impl TrackedMember {
    /// Whether they are one now.
    pub(crate) const fn is(self) -> bool {
        self.is
    }
}

impl KnownGroups {
    /// Takes note that nothing was found, unless it was.
    pub(super) fn note_absent(
        &mut self,
        groups: BTreeSet<(SiteId, GroupId)>,
        names: BTreeSet<(SiteId, GroupNameKey)>,
        members: BTreeSet<(SiteId, Option<GroupId>, UserId)>,
        whole: BTreeSet<(SiteId, GroupId)>,
        of: BTreeSet<(SiteId, UserId)>,
        movers: BTreeSet<(SiteId, UserId)>,
    ) {
        self.groups.extend(groups.into_iter().map(|key| (key, Tracked::loaded(None))));
        self.names.extend(names.into_iter().map(|key| (key, None)));
        for (site, group, user) in members {
            self.people.entry((site, user)).or_insert(Presence::Absent);
            self.note_member(site, group, user, false);
        }
        self.whole.extend(whole);
        self.of.extend(of);
        self.movers.extend(movers);
    }

    fn note_member(&mut self, site: SiteId, group: Option<GroupId>, user: UserId, is: bool) {
        let member = group.map(|group| Membership { site, group, user });
        self.members.extend(member.map(|member| (member, TrackedMember { was: is, is })));
    }

    /// Takes in what was found.
    pub(super) fn take_in(
        &mut self,
        groups: Vec<Group>,
        members: Vec<FoundMember>,
        memberships: Vec<Membership>,
    ) {
        for group in groups {
            self.names.insert((group.site, group.display_name.key()), Some(group.id));
            self.groups.insert((group.site, group.id), Tracked::loaded(Some(group)));
        }
        for FoundMember { site, group, user, presence, is_member } in members {
            self.people.insert((site, user), presence);
            self.note_member(site, group, user, is_member);
        }
        let found = TrackedMember { was: true, is: true };
        self.members.extend(memberships.into_iter().map(|member| (member, found)));
    }

    /// What of all this is to be kept. Whoever is gone is a member of none: their rows go with theirs.
    pub(super) fn keep(
        self,
        users: &BTreeMap<(SiteId, UserId), Tracked<User>>,
        sites: &BTreeMap<SiteId, Tracked<Site>>,
        changes: &mut Changes,
    ) {
        let had_groups = |site: SiteId| {
            let site = sites.get(&site).and_then(|site| site.before.as_ref());
            site.is_some_and(Site::has_groups)
        };
        let moves = self.moves.into_iter().filter(|one| had_groups(one.site));
        changes.leavers.extend(moves.map(|one| (one.site, one.user, one.at)));
        let is_gone = |member: &Membership| {
            let user = users.get(&(member.site, member.user));
            user.is_some_and(|user| user.now().is_none())
        };
        for (key, Tracked { before, current }) in self.groups {
            match current {
                Current::Changed(group) => {
                    if before.is_none() {
                        *changes.group_counts.entry(key.0).or_default() += 1;
                    }
                    changes.saved_groups.push(group);
                }
                Current::Gone if before.is_some() => {
                    *changes.group_counts.entry(key.0).or_default() -= 1;
                    changes.deleted_groups.push(key);
                }
                Current::Unchanged | Current::Gone => {}
            }
        }
        changes.first_or_last_group = changes.group_counts.iter().any(|(site, more)| {
            let site = sites.get(site).and_then(|site| site.before.as_ref());
            site.is_none_or(|site| site.has_groups() != (site.group_count + more > 0))
        });
        for (member, TrackedMember { was, is }) in self.members {
            if is_gone(&member) {
                continue;
            }
            match (was, is) {
                (false, true) => changes.new_members.push(member),
                (true, false) => changes.gone_members.push(member),
                _ => {}
            }
        }
    }
}

impl State {
    pub(crate) fn group(&self, site: SiteId, id: GroupId) -> Option<&Group> {
        asked_for(self.groups.groups.get(&(site, id)), "a group").now()
    }

    /// Which group of the site has a name.
    pub(crate) fn group_named(&self, site: SiteId, name: &GroupName) -> Option<GroupId> {
        *asked_for(self.groups.names.get(&(site, name.key())), "the name of a group")
    }

    /// Puts a group in the place of what was there.
    pub(crate) fn put_group(&mut self, group: Group) {
        let KnownGroups { groups, names, .. } = &mut self.groups;
        let key = (group.site, group.id);
        let tracked = groups.entry(key).or_insert(const { Tracked::loaded(None) });
        if let Some(old) = tracked.now() {
            names.insert((old.site, old.display_name.key()), None);
        }
        names.insert((group.site, group.display_name.key()), Some(group.id));
        tracked.current = Current::Changed(group);
    }

    /// Takes a group away. Nobody asks for its members any more.
    pub(crate) fn remove_group(&mut self, group: &Group) {
        let KnownGroups { groups, names, members, .. } = &mut self.groups;
        names.insert((group.site, group.display_name.key()), None);
        if let Some(tracked) = groups.get_mut(&(group.site, group.id)) {
            tracked.current = Current::Gone;
        }
        for (_, member) in members.range_mut(all_of(group.site, group.id)) {
            // They are removed when nobody waits for it.
            member.is = member.was;
        }
    }

    /// Whether a site has a user, who may have gone by an earlier command.
    pub(crate) fn presence(&self, site: SiteId, user: UserId) -> Presence {
        match self.users.get(&(site, user)) {
            Some(tracked) => tracked.now().into(),
            None => *asked_for(self.groups.people.get(&(site, user)), "a member"),
        }
    }

    pub(crate) fn is_member(&self, member: &Membership) -> bool {
        let known = self.groups.members.get(member);
        // Of a group of which all members are known, whoever is not is none.
        let is_whole = self.groups.whole.contains(&(member.site, member.group));
        let none = is_whole.then_some(TrackedMember { was: false, is: false });
        asked_for(known.copied().or(none), "whether somebody is a member").is
            && self.presence(member.site, member.user) != Presence::Absent
    }

    /// All members of a group, as far as they are users still.
    pub(crate) fn members_of(
        &self,
        site: SiteId,
        group: GroupId,
    ) -> impl Iterator<Item = UserId> + '_ {
        asked_for(self.groups.whole.get(&(site, group)), "who is in a group");
        let members = self.groups.members.range(all_of(site, group));
        let members = members.filter(|(_, member)| member.is).map(|(member, _)| member.user);
        members.filter(move |user| self.presence(site, *user) != Presence::Absent)
    }

    /// A user, as far as the state has the row: one who came to a group by an earlier command may be named
    /// only.
    pub(crate) fn known_user(&self, site: SiteId, user: UserId) -> Option<&User> {
        self.users.get(&(site, user))?.now()
    }

    /// Whether the state has a user, and all groups of that user that may give roles.
    pub(crate) fn knows_groups_of(&self, site: SiteId, user: UserId) -> bool {
        self.users.contains_key(&(site, user)) && self.groups.of.contains(&(site, user))
    }

    /// The group that a rule is about, as far as the site has it.
    pub(crate) fn ruled_group(&self, site: SiteId, group: &RuledGroup) -> Option<GroupId> {
        match group {
            // Of one that an earlier command deleted there are members for a while.
            RuledGroup::Id(group) => {
                let is_gone = |known: &Tracked<Group>| known.now().is_none();
                let known = self.groups.groups.get(&(site, *group));
                (!known.is_some_and(is_gone)).then_some(*group)
            }
            RuledGroup::Name(name) => self.group_named(site, name),
        }
    }

    /// The roles that the groups of a user give. Who is new is in none.
    pub(crate) fn roles_of_groups(&self, site: &Site, user: UserId) -> BTreeSet<Role> {
        let key = (site.id, user);
        let is_known = |user: &Tracked<User>| user.before.is_some();
        if site.group_rules.is_empty() || !self.users.get(&key).is_some_and(is_known) {
            return BTreeSet::new();
        }
        asked_for(self.groups.of.get(&key), "the groups of a user");
        let given = site.group_rules.list().iter().filter_map(|rule| {
            let group = self.ruled_group(site.id, &rule.group)?;
            let member = self.groups.members.get(&Membership { site: site.id, group, user });
            member.is_some_and(|member| member.is).then_some(rule.role)
        });
        given.collect()
    }

    /// What is there before a decision about a group and these of its members.
    pub(crate) fn group_savepoint(
        &self,
        group: &Group,
        members: &[(UserId, bool)],
    ) -> GroupSavepoint {
        let KnownGroups { groups, names, members: known, .. } = &self.groups;
        let key = (group.site, group.id);
        let before = groups.get(&key).map(|tracked| tracked.current.clone());
        let old = groups.get(&key).and_then(Tracked::now);
        let named = old.into_iter().chain([group]);
        let named = named.map(|group| {
            let name = (group.site, group.display_name.key());
            let owner = names.get(&name).copied();
            (name, owner)
        });
        let members = members.iter().map(|(user, _)| {
            let member = Membership { site: group.site, group: group.id, user: *user };
            (member, known.get(&member).copied())
        });
        GroupSavepoint { key, before, names: named.collect(), members: members.collect() }
    }

    /// Makes a group and its members as they were.
    pub(crate) fn restore_group(&mut self, before: GroupSavepoint) {
        let KnownGroups { groups, names, members, .. } = &mut self.groups;
        let GroupSavepoint { key, before, names: named, members: known } = before;
        match before {
            Some(current) => {
                groups.entry(key).and_modify(|tracked| tracked.current = current);
            }
            None => drop(groups.remove(&key)),
        }
        for (name, owner) in named {
            put_back(names, name, owner);
        }
        for (member, was) in known {
            put_back(members, member, was);
        }
    }

    /// Takes note that a user may have come or gone, and gives the groups that are known the next version, each once
    /// for each of its members. Whom the directory deleted stays a member, but not in its eyes.
    pub(crate) fn note_presence(
        &mut self,
        site: SiteId,
        user: UserId,
        was: Presence,
        at: Timestamp,
    ) {
        if was == Presence::Absent || was == self.presence(site, user) {
            return;
        }
        let KnownGroups { groups, members, moves, .. } = &mut self.groups;
        let all = (site, GroupId(Uuid::nil()))..=(site, GroupId(Uuid::max()));
        let mut before = Vec::new();
        for ((_, id), tracked) in groups.range_mut(all) {
            let member = members.get(&Membership { site, group: *id, user });
            let Some(group) = tracked.now().filter(|_| member.is_some_and(|it| it.is)) else {
                continue;
            };
            let next = Group { version: group.version + 1, updated_at: at, ..group.clone() };
            before.push((*id, replace(&mut tracked.current, Current::Changed(next))));
        }
        moves.push(UserMove { site, user, at, before });
    }

    /// How many times somebody came or went.
    pub(super) const fn moves(&self) -> usize {
        self.groups.moves.len()
    }

    /// Makes groups as they were before all but so many came or went.
    pub(super) fn undo_moves(&mut self, left: usize) {
        let KnownGroups { groups, moves, .. } = &mut self.groups;
        for UserMove { site, before, .. } in moves.drain(left..).rev() {
            for (id, current) in before {
                groups.entry((site, id)).and_modify(|tracked| tracked.current = current);
            }
        }
    }

    pub(crate) fn put_member(&mut self, member: Membership, is: bool) {
        let unknown = TrackedMember { was: false, is: false };
        self.groups.members.entry(member).or_insert(unknown).is = is;
    }
}

/// A name, and which group has it, as far as that is known.
type KnownName = ((SiteId, GroupNameKey), Option<Option<GroupId>>);

/// What a decision about a group leaves in the state, as it was before.
pub(crate) struct GroupSavepoint {
    key: (SiteId, GroupId),
    before: Option<Current<Group>>,
    names: Vec<KnownName>,
    members: Vec<(Membership, Option<TrackedMember>)>,
}

fn put_back<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

fn all_of(site: SiteId, group: GroupId) -> RangeInclusive<Membership> {
    let of = |user| Membership { site, group, user: UserId(user) };
    of(Uuid::nil())..=of(Uuid::max())
}
