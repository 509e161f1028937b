//! `provost ledger who`: who had a role at a time, and by whose decision.

use clap::Args;
use provost_proto::v1::{ListRoleHoldersRequest, Role, RoleDecision, RoleHolder};
use serde::Serialize;

use super::super::core::{Form, Output, RemoteCore};
use super::super::point::PointInTime;
use super::super::print::Head;
use super::super::words::words;
use super::super::{print, time};
use super::Whose;
use crate::run_error::RunError;

/// Whom to list.
#[derive(Debug, Args)]
pub struct RoleHoldersArgs {
    /// The role: Moderator or Admin
    #[arg(long, default_value = "Admin", value_parser = words::<Role>())]
    role: Role,
    /// At this day, in its first moment, or at this time; now where it is left out
    #[arg(long, value_name = "TIME")]
    as_of: Option<PointInTime>,
}

#[derive(Serialize)]
struct RoleHolderView {
    user_id: String,
    user_name: String,
    role_decision: RoleDecisionView,
    active: bool,
    status_decision: RoleDecisionView,
}

#[derive(Serialize)]
struct RoleDecisionView {
    revision: i64,
    time: Option<String>,
    caller: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    on_behalf_of: String,
}

/// Fetches all pages and prints the users.
pub async fn run(
    core: &mut RemoteCore,
    Whose { site, installation }: Whose,
    RoleHoldersArgs { role, as_of }: RoleHoldersArgs,
    form: Form,
) -> Result<(), RunError> {
    // It has no users.
    if installation {
        return say(Vec::new(), form);
    }
    let mut question = ListRoleHoldersRequest {
        site,
        role: role.into(),
        as_of_time: as_of.map(|PointInTime(at)| time::stamp(at)),
        page_size: 0,
        page_token: String::new(),
    };
    let mut holders = Vec::new();
    loop {
        let request = core.request(question.clone());
        let answered = core.ledgers.list_role_holders(request).await;
        let page = core.answer(answered)?;
        holders.extend(page.holders);
        question.page_token = page.next_page_token;
        if question.page_token.is_empty() {
            return say(holders, form);
        }
    }
}

fn say(holders: Vec<RoleHolder>, form: Form) -> Result<(), RunError> {
    if form.output == Output::Json {
        let views = holders.into_iter().map(RoleHolderView::new);
        return print::say_json(&views.collect::<Vec<_>>());
    }
    let row = |holder: RoleHolder| {
        let RoleHolder { user_id, user_name, role_decision, active, status_decision } = holder;
        let [role, status] = [role_decision, status_decision].map(Option::unwrap_or_default);
        vec![
            user_name,
            time::short(role.time),
            role.caller,
            if active { "active" } else { "deactivated" }.to_owned(),
            time::short(status.time),
            status.caller,
            user_id,
            role.revision.to_string(),
            role.on_behalf_of,
            status.revision.to_string(),
            status.on_behalf_of,
        ]
    };
    let head = Head {
        always: &["user name", "role since", "by", "status", "since", "by"],
        wide: &["user id", "role event", "on behalf of", "status event", "on behalf of"],
    };
    print::say_table(form, &head, holders.into_iter().map(row).collect(), "Nobody.")
}

impl RoleHolderView {
    fn new(holder: RoleHolder) -> Self {
        let RoleHolder { user_id, user_name, role_decision, active, status_decision } = holder;
        let [role_decision, status_decision] = [role_decision, status_decision]
            .map(|decision| RoleDecisionView::new(decision.unwrap_or_default()));
        Self { user_id, user_name, role_decision, active, status_decision }
    }
}

impl RoleDecisionView {
    fn new(RoleDecision { revision, time: at, caller, on_behalf_of }: RoleDecision) -> Self {
        Self { revision, time: at.map(time::written), caller, on_behalf_of }
    }
}
