//! What becomes of the roles of whoever comes to a group or leaves it, where the site has a rule for it.

use super::user_context::CommandPart;
use super::{Context, user};
use crate::work::Work;
use crate::{
    Action, Change, Command, Event, Group, GroupId, Notice, Refusal, RuleRun, RunPlace, Site,
    SiteId, State, Timestamp, UserId,
};

/// The most users whose roles follow in the same transaction. More follow behind it, a few at a time.
pub(crate) const MAX_FOLLOWERS: usize = 1000;

/// Whose roles follow from a change of a group.
pub(super) enum Followers {
    /// Nobody's, as where there are no rules.
    Nobody,
    /// Those of these users.
    Of(Vec<UserId>),
    /// Those of more than are decided together, or of all members.
    OfMany,
}

/// Whose roles follow from what was decided about a group. Before, there was none where it is new.
pub(super) fn followers(
    state: &State,
    site: &Site,
    before: Option<&Group>,
    group: &Group,
    members: &[(UserId, bool)],
) -> Followers {
    if site.group_rules.is_empty() {
        return Followers::Nobody;
    }
    let roles = |group: &Group| site.group_rules.roles(group.id, &group.display_name);
    let given = roles(group);
    if before.is_some_and(|before| roles(before) != given) {
        return Followers::OfMany;
    }
    if given.is_empty() || members.is_empty() {
        return Followers::Nobody;
    }
    let mut users = members.iter().map(|(user, _)| *user);
    if members.len() > MAX_FOLLOWERS || !users.all(|user| state.knows_groups_of(site.id, user)) {
        return Followers::OfMany;
    }
    Followers::Of(members.iter().map(|(user, _)| *user).collect())
}

/// Why not all roles could follow: the refusal, and the line about it where it is a judgement.
pub(super) struct NotFollowed {
    pub(super) refusal: Refusal,
    pub(super) is_judged: bool,
}

/// Has the roles of users follow from their groups, each with an event, and tells what they keep.
pub(super) fn follow(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    site: SiteId,
    users: &[UserId],
) -> Result<Vec<Notice>, NotFollowed> {
    let mut told = Vec::<(Notice, usize)>::new();
    for user in users {
        // Gone since it was found.
        if state.user(site, *user).is_none() {
            continue;
        }
        let action = Action::ChangeUser { user: *user, changes: vec![Change::FollowGroups] };
        let part = CommandPart { command, action: &action, expected_version: None, is_kept: true };
        let recorded = state.recorded();
        let decided = user::decide_part(state, context, &part, &Work::default());
        let decision = decided
            .map_err(|refusal| NotFollowed { refusal, is_judged: state.recorded() > recorded })?;
        for notice in decision.notices {
            match told.iter_mut().find(|(known, _)| known.message == notice.message) {
                Some((_, users)) => *users += 1,
                None => told.push((notice, 1)),
            }
        }
    }
    Ok(told.into_iter().map(of_several).collect())
}

/// One notice for all who keep their role for the same reason.
fn of_several((notice, users): (Notice, usize)) -> Notice {
    if users == 1 {
        return notice;
    }
    Notice { message: format!("of {users} members {}", notice.message), ..notice }
}

/// Writes down that not all roles could follow, in the line about the user who was in the way.
pub(super) fn record_not_followed(state: &mut State, command: &Command, line: Option<Event>) {
    if let Some(line) = line.filter(|_| !command.validate_only) {
        user::record_refusal(state, line);
    }
}

/// Has the roles of all who are in a group, or were, follow behind this transaction.
pub(super) fn begin_run(
    state: &mut State,
    command: &Command,
    site: SiteId,
    group: GroupId,
    started_at: Timestamp,
) {
    state.put_rule_run(RuleRun {
        site,
        group,
        place: RunPlace::START,
        done: 0,
        started_at,
        trace_id: command.trace_id.clone(),
    });
}
