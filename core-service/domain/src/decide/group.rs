//! Commands about groups: what they are called, and who is in them.

mod selected;

use super::group_roles::{Followers, begin_run, follow, followers, record_not_followed};
use super::permit::permit_followers;
use super::site::event;
use super::{Context, group_rules};
use crate::work::Work;
use crate::{
    Answer, Command, Decision, Event, EventBody, ExternalId, Group, GroupAction, GroupChange,
    GroupCreation, GroupId, GroupName, GroupSnapshot, Membership, MetadataKey, Notice, Outcome,
    Reason, Refusal, SiteId, State, UserId, UserScope, unknown_group, unknown_members,
};
use std::collections::BTreeMap;

/// The most members who come or go with one event, so that whoever follows the ledger gets messages of a
/// bounded size. More of one decision are further events.
const MEMBERS_OF_EVENT: usize = 1000;

pub(crate) use selected::MAX_SELECTED_AMONG;

/// Decides a command about a group.
pub(super) fn decide(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    action: &GroupAction,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?;
    site.admits(&command.caller)?;
    let site = site.id;
    match action {
        GroupAction::Create(creation) => create(state, context, command, site, creation),
        GroupAction::Change { group, changes } => {
            let before = state.group(site, *group).cloned().ok_or_else(unknown_group)?;
            change(state, context, command, &before, changes)
        }
        GroupAction::Delete { group } => {
            let group = state.group(site, *group).cloned().ok_or_else(unknown_group)?;
            delete(state, context, command, &group)
        }
        GroupAction::SetRule { group, role } => {
            group_rules::set(state, context, command, group, *role)
        }
        GroupAction::DeleteRule { group } => group_rules::delete(state, context, command, group),
        GroupAction::Follow(step) => group_rules::step(state, context, command, step),
    }
}

fn create(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    site: SiteId,
    creation: &GroupCreation,
) -> Result<Decision, Refusal> {
    let group = Group {
        site,
        id: GroupId((context.fresh_id)()),
        display_name: creation.display_name.clone(),
        external_id: None,
        version: 1,
        created_at: context.now,
        updated_at: context.now,
    };
    let mut draft = GroupDraft::of_new(state, command, group);
    draft.check_name()?;
    command.check_version("group", 0)?;
    draft.apply(&creation.changes)?;
    let ChangedGroup { group, members, notices } = draft.settled();
    let bodies = creation_bodies(&group, &members);
    let decided = ChangedGroup { group, members, notices };
    keep(state, context, command, None, decided, bodies)
}

fn change(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    before: &Group,
    changes: &[GroupChange],
) -> Result<Decision, Refusal> {
    command.check_version("group", before.version)?;
    let mut draft = GroupDraft::of(state, command, before.clone());
    draft.apply(changes)?;
    let ChangedGroup { mut group, members, notices } = draft.settled();
    if group == *before && members.is_empty() {
        let (answer, revision) = (Answer::Group { group, created: false }, state.head(before.site));
        return Ok(Decision { answer, changed: false, notices, revision });
    }
    group.version += 1;
    group.updated_at = context.now;
    let bodies = change_bodies(before, &group, &members);
    let decided = ChangedGroup { group, members, notices };
    keep(state, context, command, Some(before), decided, bodies)
}

fn delete(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    group: &Group,
) -> Result<Decision, Refusal> {
    command.check_version("group", group.version)?;
    permit_followers(state, command, state.site(command.site)?, &[group])?;
    if !command.validate_only {
        group_rules::take_group(state, context, command, group)?;
        state.remove_group(group);
        let body = EventBody::GroupDeleted { group: group.id, before: GroupSnapshot::of(group) };
        state.record(event(context, command, group.site, body));
    }
    let revision = state.head(group.site);
    Ok(Decision { answer: Answer::Deleted, changed: true, notices: Vec::new(), revision })
}

/// Leaves in the state what was decided, unless it is only tried, and answers with it. Before, there was
/// none where the group is new.
fn keep(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    before: Option<&Group>,
    changed: ChangedGroup,
    bodies: Vec<EventBody>,
) -> Result<Decision, Refusal> {
    state.add_work(changed.members.len() as u64);
    let site = state.site(command.site)?;
    let mut notices = changed.notices.clone();
    match followers(state, site, before, &changed.group, &changed.members) {
        Followers::Of(users) => {
            let kept = keep_followed(state, context, command, &changed, bodies, &users)?;
            notices.extend(kept);
        }
        Followers::Nobody if command.validate_only => {}
        Followers::Nobody => put(state, context, command, &changed, bodies),
        Followers::OfMany => {
            let groups: Vec<_> = before.into_iter().chain([&changed.group]).collect();
            permit_followers(state, command, site, &groups)?;
            if !command.validate_only {
                let (site, group) = (changed.group.site, changed.group.id);
                put(state, context, command, &changed, bodies);
                begin_run(state, command, site, group, context.now);
            }
        }
    }
    let group = changed.group;
    let revision = state.head(group.site);
    let answer = Answer::Group { group, created: before.is_none() };
    Ok(Decision { answer, changed: true, notices, revision })
}

/// Leaves in the state what was decided, and what follows for these users, or nothing at all.
fn keep_followed(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    changed: &ChangedGroup,
    bodies: Vec<EventBody>,
    users: &[UserId],
) -> Result<Vec<Notice>, Refusal> {
    let ChangedGroup { group, members, .. } = changed;
    let group_before = state.group_savepoint(group, members);
    let before = state.savepoint(group.site, users.iter().copied(), std::iter::empty());
    put(state, context, command, changed, bodies);
    let followed = follow(state, context, command, group.site, users);
    if followed.is_ok() && !command.validate_only {
        return followed.map_err(|failed| failed.refusal);
    }
    state.restore_group(group_before);
    let line = state.restore(before).pop();
    followed.map_err(|failed| {
        record_not_followed(state, command, line.filter(|_| failed.is_judged));
        failed.refusal
    })
}

fn put(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    changed: &ChangedGroup,
    bodies: Vec<EventBody>,
) {
    let ChangedGroup { group, members, notices } = changed;
    for (user, is) in members {
        state.put_member(Membership { site: group.site, group: group.id, user: *user }, *is);
    }
    state.put_group(group.clone());
    let mut told = notices.clone();
    for body in bodies {
        // All of it is told with the first event.
        let notices = std::mem::take(&mut told);
        let is_partly = notices.iter().any(|notice| notice.reason.is_recorded());
        let outcome = if is_partly { Outcome::PartlyAccepted } else { Outcome::Accepted };
        let line = event(context, command, group.site, body);
        state.record(Event { outcome, notices, ..line });
    }
}

/// A group while changes are applied to it.
struct GroupDraft<'a> {
    state: &'a State,
    scope: UserScope,
    /// Whether the caller is held to the published protocol.
    is_strict: bool,
    group: Group,
    is_new: bool,
    /// Whether each user who was named is a member then.
    members: BTreeMap<UserId, bool>,
    notices: Vec<Notice>,
    /// What its conditions have gone through so far.
    work: Work,
}

/// What became of it.
struct ChangedGroup {
    group: Group,
    /// Whoever was no member and is one now, or the other way round.
    members: Vec<(UserId, bool)>,
    notices: Vec<Notice>,
}

impl<'a> GroupDraft<'a> {
    fn of(state: &'a State, command: &Command, group: Group) -> Self {
        let (scope, is_strict) = (command.caller.scope(), command.caller.is_strict());
        let (members, notices) = (BTreeMap::new(), Vec::new());
        let work = Work::default();
        Self { state, scope, is_strict, group, is_new: false, members, notices, work }
    }

    fn of_new(state: &'a State, command: &Command, group: Group) -> Self {
        Self { is_new: true, ..Self::of(state, command, group) }
    }

    fn apply(&mut self, changes: &[GroupChange]) -> Result<(), Refusal> {
        for change in changes {
            match change {
                GroupChange::SetDisplayName(name) => self.rename(name)?,
                GroupChange::SetExternalId(id) => self.set_external_id(id.as_ref()),
                GroupChange::KeepMembers { users, .. } | GroupChange::RequireMember(users)
                    if self.is_strict =>
                {
                    self.check_selected(users)?;
                }
                GroupChange::RequireMember(_) => {}
                GroupChange::KeepMembers { others: Some(refusal), .. } => {
                    return Err(refusal.clone());
                }
                GroupChange::AddMembers(users)
                | GroupChange::KeepMembers { users, others: None } => {
                    self.check_present(users)?;
                    self.set_members(users, true);
                }
                GroupChange::RemoveMembers(users) => self.set_members(users, false),
                GroupChange::RemoveSelected(condition) => self.remove_selected(condition)?,
                GroupChange::ReplaceMembers(users) => {
                    self.check_present(users)?;
                    self.empty();
                    self.set_members(users, true);
                }
                GroupChange::Ignored(notice) => self.notices.push(notice.clone()),
            }
        }
        Ok(())
    }

    fn rename(&mut self, name: &GroupName) -> Result<(), Refusal> {
        self.group.display_name = name.clone();
        self.check_name()
    }

    fn check_name(&self) -> Result<(), Refusal> {
        let Group { site, id, display_name, .. } = &self.group;
        match self.state.group_named(*site, display_name) {
            Some(other) if other != *id => Err(taken(display_name)),
            _ => Ok(()),
        }
    }

    fn set_external_id(&mut self, id: Option<&ExternalId>) {
        self.group.external_id = id.cloned();
    }

    fn check_present(&self, users: &[UserId]) -> Result<(), Refusal> {
        let is_there = |user: &UserId| self.scope.has(self.state.presence(self.group.site, *user));
        let missing: Vec<_> = users.iter().filter(|user| !is_there(user)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(unknown_members(missing.iter().map(|user| user.0.to_string())))
    }

    fn set_members(&mut self, users: &[UserId], is: bool) {
        self.members.extend(users.iter().map(|user| (*user, is)));
    }

    /// Removes all members whom the caller sees.
    fn empty(&mut self) {
        self.members.values_mut().for_each(|is| *is = false);
        if !self.is_new {
            let (site, scope, state) = (self.group.site, self.scope, self.state);
            let seen = state.members_of(site, self.group.id);
            let seen = seen.filter(|user| scope.has(state.presence(site, *user)));
            self.members.extend(seen.map(|user| (user, false)));
        }
    }

    fn settled(self) -> ChangedGroup {
        let Self { state, group, is_new, members, notices, .. } = self;
        let was = |user: UserId| {
            !is_new && state.is_member(&Membership { site: group.site, group: group.id, user })
        };
        let members = members.into_iter().filter(|(user, is)| was(*user) != *is).collect();
        ChangedGroup { group, members, notices }
    }
}

/// The lines about a new group: the first one with all of it and the first of its members.
fn creation_bodies(group: &Group, members: &[(UserId, bool)]) -> Vec<EventBody> {
    let mut chunks = members.chunks(MEMBERS_OF_EVENT);
    let (added, _) = parted(chunks.next().unwrap_or_default());
    let first = EventBody::GroupCreated { group: group.id, after: GroupSnapshot::of(group), added };
    std::iter::once(first).chain(chunks.map(|chunk| of_members(group, chunk))).collect()
}

/// The lines about a change: the first one with what differs and the first of the members.
fn change_bodies(before: &Group, after: &Group, members: &[(UserId, bool)]) -> Vec<EventBody> {
    let mut chunks = members.chunks(MEMBERS_OF_EVENT);
    let (added, removed) = parted(chunks.next().unwrap_or_default());
    let first = EventBody::GroupChanged {
        group: after.id,
        before: GroupSnapshot::of_difference(before, after),
        after: GroupSnapshot::of_difference(after, before),
        added,
        removed,
    };
    std::iter::once(first).chain(chunks.map(|chunk| of_members(after, chunk))).collect()
}

/// A further line about a decision, of which the version has been told.
fn of_members(group: &Group, members: &[(UserId, bool)]) -> EventBody {
    let (added, removed) = parted(members);
    let [before, after] = [GroupSnapshot::bare(group), GroupSnapshot::bare(group)];
    EventBody::GroupChanged { group: group.id, before, after, added, removed }
}

/// Who came, and who left.
fn parted(members: &[(UserId, bool)]) -> (Vec<UserId>, Vec<UserId>) {
    let of = |wanted| {
        let members = members.iter().filter(move |(_, is)| *is == wanted);
        members.map(|(user, _)| *user).collect()
    };
    (of(true), of(false))
}

fn taken(name: &GroupName) -> Refusal {
    let name = name.as_str();
    let message = format!(
        "another group of this site is called {name}; choose another name, or change that group"
    );
    Refusal::about(Reason::GroupNameTaken, "display_name", message)
        .naming(MetadataKey::DisplayName, name)
}
