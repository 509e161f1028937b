//! Commands about which group gives which role, and what follows from that, a few users at a time.

use super::Context;
use super::group_roles::{begin_run, follow};
use super::permit::permit_rule;
use super::site::event;
use crate::group_rule::unknown_rule;
use crate::{
    Answer, Command, Decision, EventBody, Group, GroupRule, Reason, Refusal, Role, RuleRun,
    RuledGroup, RunStep, Site, State, unknown_group,
};

/// Says which role a group gives. Where it does so already nothing changes, and roles follow once more.
pub(super) fn set(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    group: &RuledGroup,
    role: Role,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.clone();
    if role == Role::Registered {
        let message =
            "everybody is at least Registered; name Moderator or Admin, or delete the rule";
        return Err(Refusal::about(Reason::ValueInvalid, "role", message));
    }
    if let RuledGroup::Id(id) = group {
        state.group(site.id, *id).ok_or_else(unknown_group)?;
    }
    let known = site.group_rules.about(group);
    let version = known.map_or(0, |rule| rule.version);
    command.check_version("rule", version)?;
    let was = known.map(|rule| rule.role);
    permit_rule(state, command, &site, was.map_or(role, |was| was.max(role)))?;
    let changed = was != Some(role);
    let decided = match known {
        Some(known) if !changed => known.clone(),
        _ => {
            let (group, version) = (group.clone(), version + 1);
            GroupRule { group, role, version, updated_at: context.now }
        }
    };
    let group_rules = site.group_rules.with(decided.clone())?;
    if !command.validate_only {
        if changed {
            let body = EventBody::GroupRuleChanged {
                group: group.clone(),
                before: was,
                after: Some(role),
            };
            state.record(event(context, command, site.id, body));
        }
        follow_rule(state, context, command, &site, group);
        state.put_site(Site { group_rules, ..site.clone() });
    }
    let revision = state.head(site.id);
    let answer = Answer::GroupRule(decided);
    Ok(Decision { answer, changed, notices: Vec::new(), revision })
}

/// Has a group give no role any more.
pub(super) fn delete(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    group: &RuledGroup,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.clone();
    let rule = site.group_rules.about(group).ok_or_else(unknown_rule)?;
    command.check_version("rule", rule.version)?;
    permit_rule(state, command, &site, rule.role)?;
    if !command.validate_only {
        let body = EventBody::GroupRuleChanged {
            group: rule.group.clone(),
            before: Some(rule.role),
            after: None,
        };
        state.record(event(context, command, site.id, body));
        follow_rule(state, context, command, &site, group);
        let group_rules = site.group_rules.without(group);
        state.put_site(Site { group_rules, ..site.clone() });
    }
    let revision = state.head(site.id);
    Ok(Decision { answer: Answer::Deleted, changed: true, notices: Vec::new(), revision })
}

fn follow_rule(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    site: &Site,
    group: &RuledGroup,
) {
    if let Some(group) = state.ruled_group(site.id, group) {
        begin_run(state, command, site.id, group, context.now);
    }
}

/// Deletes the rule about a group that is deleted, and has the roles of those follow who were in it.
pub(super) fn take_group(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    group: &Group,
) -> Result<(), Refusal> {
    let site = state.site(command.site)?;
    if site.group_rules.roles(group.id, &group.display_name).is_empty() {
        return Ok(());
    }
    let (site, by_id) = (site.clone(), RuledGroup::Id(group.id));
    begin_run(state, command, site.id, group.id, context.now);
    if let Some(rule) = site.group_rules.about(&by_id) {
        let (before, after) = (Some(rule.role), None);
        let body = EventBody::GroupRuleChanged { group: by_id.clone(), before, after };
        state.record(event(context, command, site.id, body));
        let group_rules = site.group_rules.without(&by_id);
        state.put_site(Site { group_rules, ..site });
    }
    Ok(())
}

/// Has the roles of some users follow, and keeps how far the run is. One that is elsewhere by now was begun
/// anew, or another core was faster.
pub(super) fn step(
    state: &mut State,
    context: &Context<'_>,
    command: &Command,
    step: &RunStep,
) -> Result<Decision, Refusal> {
    let site = state.site(command.site)?.id;
    let is_meant = |run: &&RuleRun| run.place == step.from && run.started_at == step.started_at;
    let run = state.rule_run(site, step.group).filter(is_meant).cloned();
    let changed = run.is_some();
    let mut notices = Vec::new();
    if let Some(run) = run {
        let followed = follow(state, context, command, site, &step.users);
        notices = followed.map_err(|failed| failed.refusal)?;
        match step.next {
            Some(place) => {
                let done = run.done.saturating_add_unsigned(step.users.len() as u64);
                state.put_rule_run(RuleRun { place, done, ..run });
            }
            None => state.remove_rule_run(&run),
        }
    }
    let revision = state.head(site);
    Ok(Decision { answer: Answer::Followed, changed, notices, revision })
}
