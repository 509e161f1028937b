//! Groups, their members and decisions about them, as people and scripts read them.

use provost_proto::v1::{Group, GroupDecision, GroupMember};
use serde::Serialize;

use super::super::core::{Form, Output};
use super::super::print::{Head, NoticeView};
use super::super::{print, time};
use crate::run_error::RunError;

#[derive(Serialize)]
struct GroupView {
    id: String,
    site: String,
    display_name: String,
    external_id: Option<String>,
    version: i64,
    create_time: Option<String>,
    update_time: Option<String>,
}

#[derive(Serialize)]
struct MemberView {
    user_id: String,
    display: String,
}

#[derive(Serialize)]
struct GroupDecisionView {
    group: GroupView,
    changed: bool,
    notices: Vec<NoticeView>,
    revision: i64,
}

#[derive(Serialize)]
struct DeletedGroupView {
    id: String,
    display_name: String,
    revision: i64,
}

/// Prints one group.
pub fn say_group(group: Group, form: Form) -> Result<(), RunError> {
    let [created, updated] = [group.create_time, group.update_time].map(time::short);
    let group = GroupView::new(group);
    if form.output == Output::Json {
        return print::say_json(&group);
    }
    let pairs = [
        ("id", group.id),
        ("site", group.site),
        ("display_name", group.display_name),
        ("external_id", group.external_id.unwrap_or_default()),
        ("version", group.version.to_string()),
        ("create_time", created),
        ("update_time", updated),
    ];
    print::say_pairs(form, &pairs)
}

/// Prints many groups; without any, the sentence that says so.
pub fn say_groups(groups: Vec<Group>, form: Form, nothing: &str) -> Result<(), RunError> {
    if form.output == Output::Json {
        return print::say_json(&groups.into_iter().map(GroupView::new).collect::<Vec<_>>());
    }
    let row = |group: Group| {
        let [updated, created] = [group.update_time, group.create_time].map(time::short);
        let Group { id, display_name, external_id, .. } = group;
        vec![display_name, updated, created, external_id.unwrap_or_default(), id]
    };
    let head = Head { always: &["name", "updated"], wide: &["created", "external id", "id"] };
    print::say_table(form, &head, groups.into_iter().map(row).collect(), nothing)
}

/// Prints who is in a group.
pub fn say_members(members: Vec<GroupMember>, form: Form) -> Result<(), RunError> {
    if form.output == Output::Json {
        let view = |GroupMember { user_id, display }| MemberView { user_id, display };
        return print::say_json(&members.into_iter().map(view).collect::<Vec<_>>());
    }
    let row = |GroupMember { user_id, display }| vec![display, user_id];
    let head = Head { always: &["name", "id"], wide: &[] };
    let nothing = "Nobody is in this group.";
    print::say_table(form, &head, members.into_iter().map(row).collect(), nothing)
}

/// Prints that a group is no more.
pub fn say_deleted(group: Group, revision: i64, form: Form) -> Result<(), RunError> {
    let Group { id, display_name, .. } = group;
    match form.output {
        Output::Json => print::say_json(&DeletedGroupView { id, display_name, revision }),
        Output::Table => print::say(&format!(
            "{display_name} ({id}) is deleted. Its members stay users, and the ledger keeps what was decided about it."
        )),
    }
}

/// Prints what was decided: what the group is or does now, with notices beside it.
pub fn say_decision(decision: GroupDecision, now: &str, form: Form) -> Result<(), RunError> {
    print::warn_of(&decision.notices);
    let GroupDecision { group, changed, notices, revision } = decision;
    let group = GroupView::new(group.unwrap_or_default());
    if form.output == Output::Json {
        let notices = notices.into_iter().map(NoticeView::new).collect();
        return print::say_json(&GroupDecisionView { group, changed, notices, revision });
    }
    let GroupView { id, display_name, .. } = group;
    let unchanged = if changed { "" } else { " Nothing had to change." };
    print::say(&format!("{display_name} ({id}) {now}.{unchanged}"))
}

impl GroupView {
    fn new(group: Group) -> Self {
        let Group {
            id,
            site,
            display_name,
            external_id,
            version,
            create_time,
            update_time,
            // Nobody asked for them.
            members: _,
            next_member_page_token: _,
        } = group;
        let [create_time, update_time] = [create_time, update_time].map(|at| at.map(time::written));
        Self { id, site, display_name, external_id, version, create_time, update_time }
    }
}
