//! Between messages about rules from groups to roles and what the law knows of them.

use super::decode_groups::group_id;
use super::encode::{role, time};
use super::status::published;
use super::{answers, decode};
use crate::Failure;
use crate::queries::{ForeseenMoves, ForeseenName, MovedAlike, SiteRules};
use crate::store::RunProgress;
use provost_domain::{
    Decision, ForeseenRole, Group, GroupName, GroupRule, Reason, Refusal, RenamedRoles, Role,
    RuleRun, RuledGroup, User,
};
use provost_proto::v1;
use provost_proto::v1::ruled_group::By;

/// Which group a rule is about.
pub(super) fn group(message: Option<v1::RuledGroup>) -> Result<RuledGroup, Refusal> {
    match decode::some(message.and_then(|group| group.by), "group")? {
        By::GroupId(id) => Ok(RuledGroup::Id(group_id(&id)?)),
        By::DisplayName(name) => Ok(RuledGroup::Name(GroupName::parse(&name)?)),
    }
}

/// What is asked of the role that a group gives.
pub(super) fn setting(
    group: Option<v1::RuledGroup>,
    number: i32,
) -> Result<(RuledGroup, Role), Refusal> {
    let missing = || {
        let message = "the role is missing; send Moderator or Admin";
        Refusal::about(Reason::ValueInvalid, "role", message)
    };
    let role = decode::role(number)?.ok_or_else(missing)?;
    Ok((self::group(group)?, role))
}

pub(super) fn ruled_group(group: RuledGroup) -> v1::RuledGroup {
    let by = match group {
        RuledGroup::Id(id) => By::GroupId(id.0.to_string()),
        RuledGroup::Name(name) => By::DisplayName(name.into_string()),
    };
    v1::RuledGroup { by: Some(by) }
}

fn rule(rule: GroupRule) -> v1::GroupRule {
    let GroupRule { group, role: given, version, updated_at } = rule;
    v1::GroupRule {
        group: Some(ruled_group(group)),
        role: role(given).into(),
        version,
        update_time: Some(time(updated_at)),
        current_group_id: String::new(),
        current_display_name: String::new(),
    }
}

/// A rule with the group that it is about at present, if there is one among these.
fn listed_rule(listed: GroupRule, groups: &[Group]) -> v1::GroupRule {
    let is_meant = |group: &&Group| listed.group.means(group.id, &group.display_name);
    let current = groups.iter().find(is_meant);
    let current_group_id = current.map(|group| group.id.0.to_string()).unwrap_or_default();
    let current_display_name = current.map(name).unwrap_or_default();
    v1::GroupRule { current_group_id, current_display_name, ..rule(listed) }
}

fn name(group: &Group) -> String {
    group.display_name.as_str().to_owned()
}

fn run(progress: RunProgress, groups: &[Group]) -> v1::GroupRuleRun {
    let RunProgress { run, left } = progress;
    let RuleRun { site: _, group, place: _, done, started_at, trace_id: _ } = run;
    let current = groups.iter().find(|known| known.id == group);
    v1::GroupRuleRun {
        group_id: group.0.to_string(),
        done,
        left: left.cast_signed(),
        start_time: Some(time(started_at)),
        display_name: current.map(name).unwrap_or_default(),
    }
}

pub(super) fn rules(listed: SiteRules) -> v1::ListGroupRulesResponse {
    let SiteRules { rules, runs, groups } = listed;
    v1::ListGroupRulesResponse {
        rules: rules.into_iter().map(|rule| listed_rule(rule, &groups)).collect(),
        runs: runs.into_iter().map(|progress| run(progress, &groups)).collect(),
    }
}

pub(super) fn decision(
    decision: Decision,
    preview: Option<ForeseenMoves>,
) -> Result<v1::SetGroupRuleResponse, Failure> {
    let Decision { answer, changed, notices: _, revision } = decision;
    let rule = Some(rule(answers::group_rule(answer)?));
    let preview = preview.map(self::preview);
    Ok(v1::SetGroupRuleResponse { rule, changed, revision, preview })
}

pub(super) fn preview(moves: ForeseenMoves) -> v1::GroupRulePreview {
    let ForeseenMoves { moved, refused, first, members, counts } = moves;
    let moves = first.into_iter().map(foreseen).collect();
    let counts = counts.iter().map(alike).collect();
    v1::GroupRulePreview { moved, refused, moves, members, counts }
}

/// What is told of another name of a group.
pub(super) fn renamed(
    foreseen: Option<ForeseenName>,
) -> (Option<v1::RenamedGroupRoles>, Option<v1::GroupRulePreview>) {
    let Some(ForeseenName { roles, moves }) = foreseen else { return (None, None) };
    let [lost, gained] = roles.map_or([None; 2], |roles| {
        let RenamedRoles { lost, gained, given: _ } = roles;
        [lost, gained]
    });
    let [lost, gained] = [lost, gained].map(|given| given.map(role).unwrap_or_default().into());
    (Some(v1::RenamedGroupRoles { lost, gained }), moves.map(preview))
}

fn alike(moved: &MovedAlike) -> v1::ForeseenMoveCount {
    let &MovedAlike { from, to, reason, users } = moved;
    let reason = reason.map(published).unwrap_or_default();
    v1::ForeseenMoveCount {
        from: role(from).into(),
        to: role(to).into(),
        reason: reason.into(),
        users,
    }
}

fn foreseen((user, becomes): (User, ForeseenRole)) -> v1::ForeseenMove {
    let ForeseenRole { role: to, refusal } = becomes;
    v1::ForeseenMove {
        user_id: user.id.0.to_string(),
        user_name: user.user_name.into_string(),
        from: role(user.role).into(),
        to: role(to).into(),
        refusal: refusal.map(|refusal| refusal.message).unwrap_or_default(),
    }
}
