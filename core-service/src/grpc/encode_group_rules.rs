//! Between messages about rules from groups to roles and what the law knows of them.

use super::decode_groups::group_id;
use super::encode::{role, time};
use super::{answers, decode};
use crate::Failure;
use crate::queries::{ForeseenMoves, SiteRules};
use crate::store::RunProgress;
use provost_domain::{
    Decision, ForeseenRole, GroupName, GroupRule, Reason, Refusal, Role, RuleRun, RuledGroup, User,
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
    }
}

fn run(progress: RunProgress) -> v1::GroupRuleRun {
    let RunProgress { run, left } = progress;
    let RuleRun { site: _, group, place: _, done, started_at, trace_id: _ } = run;
    v1::GroupRuleRun {
        group_id: group.0.to_string(),
        done,
        left: left.cast_signed(),
        start_time: Some(time(started_at)),
    }
}

pub(super) fn rules(listed: SiteRules) -> v1::ListGroupRulesResponse {
    let SiteRules { rules, runs } = listed;
    v1::ListGroupRulesResponse {
        rules: rules.into_iter().map(rule).collect(),
        runs: runs.into_iter().map(run).collect(),
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
    let ForeseenMoves { moved, refused, first } = moves;
    v1::GroupRulePreview { moved, refused, moves: first.into_iter().map(foreseen).collect() }
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
