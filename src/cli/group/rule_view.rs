//! Rules from groups to roles, how far they are followed, and whom one would move, as people and scripts read
//! them.

use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    ErrorReason, ForeseenMove, ForeseenMoveCount, GroupRule, GroupRulePreview, GroupRuleRun,
    ListGroupRulesResponse, Role, RuledGroup,
};
use serde::Serialize;

use super::super::core::{Form, Output};
use super::super::print::Head;
use super::super::{print, time};
use crate::run_error::RunError;

/// What was decided about a rule, or would be.
pub struct RuleDecision {
    /// As it was typed.
    pub group: String,
    /// The role that it gives; none any more.
    pub role: Option<Role>,
    /// Whether anything was otherwise.
    pub changed: bool,
    /// Of the site's ledger.
    pub revision: i64,
    /// Whether it was only tried.
    pub is_tried: bool,
    /// Whom it would move, where it was only tried and that could be said.
    pub preview: Option<GroupRulePreview>,
}

#[derive(Serialize)]
struct RulesView {
    rules: Vec<RuleView>,
    runs: Vec<RunView>,
}

#[derive(Serialize)]
struct RuleView {
    group_id: Option<String>,
    display_name: Option<String>,
    current_group_id: Option<String>,
    current_display_name: Option<String>,
    role: &'static str,
    version: i64,
    update_time: Option<String>,
}

#[derive(Serialize)]
struct RunView {
    group_id: String,
    display_name: Option<String>,
    done: i64,
    left: i64,
    start_time: Option<String>,
}

#[derive(Serialize)]
struct RuleDecisionView {
    group: String,
    role: Option<&'static str>,
    changed: bool,
    revision: i64,
    dry_run: bool,
    preview: Option<PreviewView>,
}

#[derive(Serialize)]
struct PreviewView {
    members: i64,
    moved: i64,
    refused: i64,
    counts: Vec<MoveCountView>,
    moves: Vec<MoveView>,
}

#[derive(Serialize)]
struct MoveCountView {
    from: &'static str,
    to: &'static str,
    reason: Option<&'static str>,
    users: i64,
}

#[derive(Serialize)]
struct MoveView {
    user_id: String,
    user_name: String,
    from: &'static str,
    to: &'static str,
    refusal: String,
}

/// Prints the rules of a site, and below them what is about to follow.
pub fn say_rules(listed: ListGroupRulesResponse, form: Form) -> Result<(), RunError> {
    let ListGroupRulesResponse { rules, runs } = listed;
    if form.output == Output::Json {
        let rules = rules.into_iter().map(RuleView::new).collect();
        let runs = runs.into_iter().map(RunView::new).collect();
        return print::say_json(&RulesView { rules, runs });
    }
    let head = Head { always: &["group", "gives", "told by", "updated"], wide: &["id", "version"] };
    let nothing = "No rule yet: provost group rule set GROUP ROLE";
    print::say_table(form, &head, rules.into_iter().map(row).collect(), nothing)?;
    for GroupRuleRun { group_id, display_name, done, left, .. } in runs {
        let name = if display_name.is_empty() { &group_id } else { &display_name };
        print::say(&format!(
            "The roles of whoever is, or was, in {name} follow: {done} done, {left} left."
        ))?;
    }
    Ok(())
}

fn row(rule: GroupRule) -> Vec<String> {
    let (gives, updated): (&str, _) = (rule.role().into(), time::short(rule.update_time));
    let current = rule.current_display_name;
    let (name, told_by) = match rule.group.and_then(|group| group.by) {
        Some(By::GroupId(id)) => (if current.is_empty() { id } else { current }, "id"),
        Some(By::DisplayName(name)) if current.is_empty() => (name, "name (no group yet)"),
        Some(By::DisplayName(name)) => (name, "name"),
        None => (String::new(), "-"),
    };
    let (gives, told_by) = (gives.to_owned(), told_by.to_owned());
    vec![name, gives, told_by, updated, rule.current_group_id, rule.version.to_string()]
}

/// Prints what was decided about a rule; where it was only tried, whom it would move.
pub fn say_decision(decision: RuleDecision, form: Form) -> Result<(), RunError> {
    if form.output == Output::Json {
        return print::say_json(&RuleDecisionView::new(decision));
    }
    let RuleDecision { group, role, changed, revision: _, is_tried, preview } = decision;
    if let Some(preview) = preview {
        return say_preview(preview, form);
    }
    if is_tried {
        return print::say(
            "Nothing was changed. It would be accepted, but whom it would move can't be said now: too many look through \
             members. Try again in a minute.",
        );
    }
    let now = match role {
        Some(role) if changed => format!("gives {}", Into::<&str>::into(role)),
        Some(role) => {
            format!("gives {} already, which is applied once more", Into::<&str>::into(role))
        }
        None => "gives no role any more".to_owned(),
    };
    print::say(&format!("{group} {now}. Roles follow in the background: provost group rule list"))
}

fn say_preview(preview: GroupRulePreview, form: Form) -> Result<(), RunError> {
    let GroupRulePreview { moved, refused, moves, members, counts } = preview;
    print::say(&format!(
        "Nothing was changed. Of {members} members {moved} would be moved, and {refused} refused a step."
    ))?;
    let all: i64 = counts.iter().map(|count| count.users).sum();
    let count = |count: ForeseenMoveCount| {
        let [from, to]: [&str; 2] = [count.from(), count.to()].map(Role::into);
        let reason = reason(count.reason()).unwrap_or("-").to_owned();
        vec![count.users.to_string(), from.to_owned(), to.to_owned(), reason]
    };
    if counts.is_empty() {
        return Ok(());
    }
    let head = Head { always: &["users", "from", "to", "refused because of"], wide: &[] };
    print::say_table(form, &head, counts.into_iter().map(count).collect(), "")?;
    let shown = moves.len();
    let one = |it: ForeseenMove| {
        let [from, to]: [&str; 2] = [it.from(), it.to()].map(Role::into);
        vec![it.user_name, from.to_owned(), to.to_owned(), it.refusal, it.user_id]
    };
    let head = Head { always: &["name", "from", "to", "why not otherwise"], wide: &["id"] };
    print::say_table(form, &head, moves.into_iter().map(one).collect(), "")?;
    if i64::try_from(shown).is_ok_and(|shown| shown < all) {
        print::say(&format!("These are the first {shown} of {all}."))?;
    }
    Ok(())
}

/// The published name of a reason, where there is one.
fn reason(reason: ErrorReason) -> Option<&'static str> {
    (reason != ErrorReason::Unspecified).then(|| reason.name())
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl RuleView {
    fn new(rule: GroupRule) -> Self {
        let gives = rule.role().into();
        let GroupRule {
            group,
            role: _,
            version,
            update_time,
            current_group_id,
            current_display_name,
        } = rule;
        let (group_id, display_name) = match group {
            Some(RuledGroup { by: Some(By::GroupId(id)) }) => (Some(id), None),
            Some(RuledGroup { by: Some(By::DisplayName(name)) }) => (None, Some(name)),
            Some(RuledGroup { by: None }) | None => (None, None),
        };
        let update_time = update_time.map(time::written);
        let current_group_id = some(current_group_id);
        let current_display_name = some(current_display_name);
        Self {
            group_id,
            display_name,
            current_group_id,
            current_display_name,
            role: gives,
            version,
            update_time,
        }
    }
}

impl RunView {
    fn new(run: GroupRuleRun) -> Self {
        let GroupRuleRun { group_id, done, left, start_time, display_name } = run;
        let (display_name, start_time) = (some(display_name), start_time.map(time::written));
        Self { group_id, display_name, done, left, start_time }
    }
}

impl RuleDecisionView {
    fn new(decision: RuleDecision) -> Self {
        let RuleDecision { group, role, changed, revision, is_tried, preview } = decision;
        let (role, preview) = (role.map(Role::into), preview.map(PreviewView::new));
        Self { group, role, changed, revision, dry_run: is_tried, preview }
    }
}

impl PreviewView {
    fn new(preview: GroupRulePreview) -> Self {
        let GroupRulePreview { moved, refused, moves, members, counts } = preview;
        let counts = counts.into_iter().map(MoveCountView::new).collect();
        let moves = moves.into_iter().map(MoveView::new).collect();
        Self { members, moved, refused, counts, moves }
    }
}

impl MoveCountView {
    fn new(count: ForeseenMoveCount) -> Self {
        let [from, to] = [count.from(), count.to()].map(Role::into);
        let reason = reason(count.reason());
        let ForeseenMoveCount { from: _, to: _, reason: _, users } = count;
        Self { from, to, reason, users }
    }
}

impl MoveView {
    fn new(foreseen: ForeseenMove) -> Self {
        let [from, to] = [foreseen.from(), foreseen.to()].map(Role::into);
        let ForeseenMove { user_id, user_name, from: _, to: _, refusal } = foreseen;
        Self { user_id, user_name, from, to, refusal }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dry_run_is_no_deed_also_where_it_says_nothing() {
        for is_tried in [true, false] {
            let decision = RuleDecision {
                group: "Guides".to_owned(),
                role: Some(Role::Moderator),
                changed: true,
                revision: 7,
                is_tried,
                preview: None,
            };
            let expected = json!({
                "group": "Guides",
                "role": "Moderator",
                "changed": true,
                "revision": 7,
                "dry_run": is_tried,
                "preview": null,
            });
            let view = serde_json::to_value(RuleDecisionView::new(decision)).unwrap();
            assert_eq!(view, expected);
        }
    }
}
